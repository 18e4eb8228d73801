//! What rows look like as text: JSON for programs, words and columns for people.

use std::time::Duration;

use serde::Serialize;

use crate::client::feed::{Figures, StockState};

/// One JSON line, ended. A SKU that is no longer in the table (`None`) is one nobody has stock of.
pub(super) fn json_line(
    sku: &str,
    figures: Option<Figures>,
    warehouse: bool,
) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Offer<'a> {
        sku: &'a str,
        available: i64,
        state: &'a str,
    }
    #[derive(Serialize)]
    struct Level<'a> {
        sku: &'a str,
        on_hand: i64,
        unavailable: Unavailable,
        reserved: i64,
        allocated: i64,
        safety_stock: i64,
    }
    #[derive(Serialize, Default)]
    struct Unavailable {
        damaged: i64,
        quality_control: i64,
        quarantine: i64,
    }
    let mut line = match figures {
        Some(Figures::Offer { available, state }) => {
            serde_json::to_string(&Offer { sku, available, state: state.word() })
        }
        Some(Figures::Level { on_hand, unavailable, reserved, allocated, safety_stock }) => {
            let unavailable = Unavailable {
                damaged: unavailable.damaged,
                quality_control: unavailable.quality_control,
                quarantine: unavailable.quarantine,
            };
            serde_json::to_string(&Level { sku, on_hand, unavailable, reserved, allocated, safety_stock })
        }
        None if warehouse => serde_json::to_string(&Level {
            sku,
            on_hand: 0,
            unavailable: Unavailable::default(),
            reserved: 0,
            allocated: 0,
            safety_stock: 0,
        }),
        None => serde_json::to_string(&Offer { sku, available: 0, state: StockState::SoldOut.word() }),
    }?;
    line.push('\n');
    Ok(line)
}

/// How much there is, in words. A warehouse says no word of its own, so it is told from the number.
pub(super) fn state(figures: &Figures) -> StockState {
    match figures {
        Figures::Offer { state, .. } => *state,
        Figures::Level { .. } if figures.available() > 0 => StockState::InStock,
        Figures::Level { .. } => StockState::SoldOut,
    }
}

/// The words people read.
pub(super) fn words(state: StockState) -> &'static str {
    match state {
        StockState::InStock => "in stock",
        StockState::Low => "low",
        StockState::SoldOut => "sold out",
        StockState::Backorder => "backorder",
        StockState::Preorder => "preorder",
        StockState::Other => "?",
    }
}

/// How long ago, in one unit.
pub(super) fn age(age: Option<Duration>) -> String {
    let Some(age) = age else { return "-".to_owned() };
    match age.as_secs() {
        0 => "now".to_owned(),
        seconds @ 1..60 => format!("{seconds} s ago"),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h ago", seconds / 3600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}

/// At most `width` letters of a text, none of which can move the cursor, colour the screen or turn the reading
/// direction: a SKU is data, and the terminal would obey it.
pub(super) fn fit(text: &str, width: usize) -> String {
    let harmless = |letter: char| if obeyed(letter) { '\u{fffd}' } else { letter };
    if text.chars().count() <= width {
        return text.chars().map(harmless).collect();
    }
    let mut fitted: String = text.chars().take(width.saturating_sub(1)).map(harmless).collect();
    if width > 0 {
        fitted.push('…');
    }
    fitted
}

fn obeyed(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Unavailable;

    /// Lines are the contract's items, and a row that is gone is one without stock.
    #[test]
    fn json_lines() {
        let line = |figures, warehouse| json_line("A\"\n", figures, warehouse).unwrap();
        let offer = Figures::Offer { available: 4, state: StockState::Low };
        assert_eq!(line(Some(offer), false), "{\"sku\":\"A\\\"\\n\",\"available\":4,\"state\":\"low\"}\n");
        assert!(line(None, false).ends_with("\"available\":0,\"state\":\"sold_out\"}\n"));
        let unavailable = Unavailable { damaged: 1, ..Unavailable::default() };
        let level = Figures::Level { on_hand: 9, unavailable, reserved: 2, allocated: 3, safety_stock: 4 };
        let told: serde_json::Value = serde_json::from_str(&line(Some(level), true)).unwrap();
        assert_eq!(told["unavailable"]["damaged"], 1);
        assert_eq!(told["allocated"], 3);
        assert!(line(None, true).contains("\"on_hand\":0,"));
        assert_eq!((state(&level), state(&offer)), (StockState::SoldOut, StockState::Low));
    }

    /// Nothing in a SKU reaches the terminal as an order, and what is too long says so.
    #[test]
    fn fitted() {
        assert_eq!(fit("TEE-M", 5), "TEE-M");
        assert_eq!(fit("TEE-XL", 5), "TEE-…");
        assert_eq!(fit("\u{1b}[2J\u{202e}x", 20), "\u{fffd}[2J\u{fffd}x");
        assert_eq!(fit("größe", 3), "gr…");
        assert_eq!(fit("x", 0), "");
    }

    /// Ages in the largest unit that fits.
    #[test]
    fn ages() {
        let told = |seconds| age(Some(Duration::from_secs(seconds)));
        assert_eq!(
            [told(0), told(59), told(60), told(7200), told(200_000)],
            ["now", "59 s ago", "1 min ago", "2 h ago", "2 d ago"]
        );
        assert_eq!(age(None), "-");
    }
}
