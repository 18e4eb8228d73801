//! What one line says of stock, or what is wrong with it and what would be right.

use super::kind::Bad;
use super::source::Record;

/// Integers JSON readers everywhere keep exact; the contract's bound.
const UNITS_MAX: i64 = 1 << 53;

/// Longest SKU the contract allows, in bytes.
const SKU_BYTES_MAX: usize = 128;

/// Longest warehouse id the contract allows.
const ID_BYTES_MAX: usize = 32;

/// The columns a stock file may have, in the order they are best written.
pub(super) const COLUMNS: [&str; 10] =
    ["sku", "warehouse", "on_hand", "kind", "quantity", "into", "from", "reason", "ref", "occurred_at"];

/// What one line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) sku: String,
    pub(super) warehouse: String,
    pub(super) act: Act,
}

/// A count says what is there, a movement what changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Count {
        on_hand: i64,
    },
    Move {
        kind: String,
        quantity: i64,
        into: Option<String>,
        from: Option<String>,
        reason: Option<String>,
        reference: Option<String>,
        occurred_at: Option<String>,
    },
}

impl Entry {
    /// Reads a line.
    ///
    /// # Errors
    /// The first column that is missing or wrong.
    pub(super) fn read(record: &Record, warehouse: Option<&str>) -> Result<Self, Bad> {
        let texts = match record {
            Record::Fields(..) => Vec::new(),
            Record::Object(object) => texts(object)?,
        };
        let given = |column: &'static str| {
            let told = texts.iter().find(|(name, _)| *name == column).map(|(_, text)| text.trim());
            told.filter(|text| !text.is_empty()).or_else(|| record.field(column))
        };
        let own = |column| given(column).map(str::to_owned);
        let sku = sku(given("sku").ok_or_else(|| Bad::new("sku", "is empty; every line needs a SKU"))?)?;
        let place = given("warehouse").or(warehouse).ok_or_else(|| {
            Bad::new("warehouse", "is empty; fill it, or name one for all with --warehouse")
        })?;
        let act = match (given("on_hand"), given("kind"), given("quantity")) {
            (Some(on_hand), None, None) => Act::Count { on_hand: units("on_hand", on_hand)? },
            (None, Some(kind), Some(quantity)) => Act::Move {
                kind: kind.to_owned(),
                quantity: units("quantity", quantity)?,
                into: own("into"),
                from: own("from"),
                reason: own("reason"),
                reference: own("ref"),
                occurred_at: moment("occurred_at", given("occurred_at"))?,
            },
            (Some(_), ..) => {
                return Err(Bad::new(
                    "on_hand",
                    "stands beside kind or quantity; a line is a count or a movement",
                ));
            }
            (None, Some(_), None) => {
                return Err(Bad::new("quantity", "is empty; a movement needs whole units"));
            }
            (None, None, Some(_)) => {
                return Err(Bad::new("kind", "is empty; write for example receive or adjust"));
            }
            (None, None, None) => {
                return Err(Bad::new(
                    "on_hand",
                    "is empty; write a count, or kind and quantity for a movement",
                ));
            }
        };
        Ok(Self { sku, warehouse: id(place)?, act })
    }
}

/// An object's values as texts, by column.
fn texts(object: &serde_json::Map<String, serde_json::Value>) -> Result<Vec<(&'static str, String)>, Bad> {
    if let Some(unknown) = object.keys().find(|key| !COLUMNS.contains(&key.as_str())) {
        return Err(Bad::line(format!("has an unknown key {unknown:?}; known are {}", COLUMNS.join(", "))));
    }
    let mut texts = Vec::with_capacity(object.len());
    for column in COLUMNS {
        match object.get(column) {
            None | Some(serde_json::Value::Null) => {}
            Some(serde_json::Value::String(text)) => texts.push((column, text.clone())),
            Some(serde_json::Value::Number(number)) => texts.push((column, number.to_string())),
            Some(_) => return Err(Bad::new(column, "is neither text nor number")),
        }
    }
    Ok(texts)
}

fn sku(text: &str) -> Result<String, Bad> {
    if text.len() > SKU_BYTES_MAX {
        return Err(Bad::new("sku", format!("has {} bytes; at most {SKU_BYTES_MAX} fit", text.len())));
    }
    if text.chars().any(char::is_control) {
        return Err(Bad::new("sku", format!("{text:?} holds control characters; remove them")));
    }
    Ok(text.to_owned())
}

fn id(text: &str) -> Result<String, Bad> {
    let fits = text.len() <= ID_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if fits {
        return Ok(text.to_owned());
    }
    Err(Bad::new("warehouse", format!("{text:?} is no id; use up to {ID_BYTES_MAX} of A-Z a-z 0-9 _ -")))
}

pub(super) fn units(column: &'static str, text: &str) -> Result<i64, Bad> {
    if let Ok(units) = text.parse::<i64>() {
        if units.abs() <= UNITS_MAX {
            return Ok(units);
        }
        return Err(Bad::new(column, format!("{text} is beyond ±2^53; no warehouse holds that many")));
    }
    let right = match text.parse::<f64>() {
        Ok(figure) if figure.fract() == 0.0 && figure.abs() < 1e15 => format!("; write {figure:.0}"),
        Ok(_) => "; units are never split, write whole ones".to_owned(),
        Err(_) if text.contains([',', '.', '\'', ' ']) => {
            "; write it without separators, such as 1200".to_owned()
        }
        Err(_) => "; write digits, such as 12".to_owned(),
    };
    Err(Bad::new(column, format!("{text:?} is no whole number{right}")))
}

fn moment(column: &'static str, text: Option<&str>) -> Result<Option<String>, Bad> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<jiff::Timestamp>() {
        Ok(moment) => Ok(Some(moment.to_string())),
        Err(_) => Err(Bad::new(column, format!("{text:?} is no time; write it as 2026-11-23T10:00:00Z"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[(&str, &str)], warehouse: Option<&str>) -> Result<Entry, Bad> {
        let columns: Vec<String> = line.iter().map(|(name, _)| (*name).to_owned()).collect();
        let texts = line.iter().map(|(_, text)| (*text).to_owned()).collect();
        Entry::read(&Record::Fields(columns.into(), texts), warehouse)
    }

    /// Both forms are understood, blanks around fields included, and a default warehouse fills in.
    #[test]
    fn good_lines() {
        let count = read(&[("sku", " TEE-M "), ("warehouse", "BER"), ("on_hand", "-3")], None).unwrap();
        assert_eq!((count.sku.as_str(), count.act), ("TEE-M", Act::Count { on_hand: -3 }));
        let moved = read(
            &[
                ("sku", "Täs/se"),
                ("kind", "receive"),
                ("quantity", "+10"),
                ("occurred_at", "2026-11-23T10:00:00+01:00"),
            ],
            Some("VIE"),
        )
        .unwrap();
        assert_eq!(moved.warehouse, "VIE");
        let Act::Move { kind, quantity, reason, occurred_at, .. } = moved.act else { panic!("a movement") };
        assert_eq!((kind.as_str(), quantity, reason), ("receive", 10, None));
        assert_eq!(occurred_at.as_deref(), Some("2026-11-23T09:00:00Z"));
    }

    /// Each wrong line names its column and what would be right.
    #[test]
    fn bad_lines() {
        let figure = |text| read(&[("sku", "A"), ("warehouse", "B"), ("on_hand", text)], None).unwrap_err();
        assert_eq!(figure("3.0"), Bad::new("on_hand", "\"3.0\" is no whole number; write 3"));
        assert_eq!(
            figure("1,200").told,
            "\"1,200\" is no whole number; write it without separators, such as 1200"
        );
        assert_eq!(figure("2.5").told, "\"2.5\" is no whole number; units are never split, write whole ones");
        assert_eq!(figure("viele").told, "\"viele\" is no whole number; write digits, such as 12");
        assert_eq!(figure("NaN").column, "on_hand");
        assert_eq!(
            figure("99999999999999999").told,
            "99999999999999999 is beyond ±2^53; no warehouse holds that many"
        );
        assert_eq!(figure("").column, "on_hand");
        let column = |line: &[(&str, &str)]| read(line, None).unwrap_err().column;
        assert_eq!(column(&[("warehouse", "B"), ("on_hand", "1")]), "sku");
        assert_eq!(column(&[("sku", "A"), ("on_hand", "1")]), "warehouse");
        assert_eq!(column(&[("sku", "A"), ("warehouse", "B B"), ("on_hand", "1")]), "warehouse");
        assert_eq!(
            column(&[("sku", "A"), ("warehouse", "B"), ("on_hand", "1"), ("kind", "adjust")]),
            "on_hand"
        );
        assert_eq!(column(&[("sku", "A"), ("warehouse", "B"), ("kind", "adjust")]), "quantity");
        assert_eq!(column(&[("sku", "A\u{7}B"), ("warehouse", "B"), ("on_hand", "1")]), "sku");
    }
}
