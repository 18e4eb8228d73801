//! The picture a terminal gets, as lines that fit it.

use tokio::time::Instant;

use super::args::Sort;
use super::board::{Board, Link, Row};
use super::text::{age, fit, state, words};
use crate::client::feed::{FeedCounts, Figures, StockState, Table};

/// Rows changed within this many seconds are set in bold.
const FRESH_S: u64 = 2;

/// Width of every number, and of an age.
const COLUMN: usize = 12;

/// Width of a state's words.
const STATE: usize = 10;

/// The SKU's column takes a quarter of the room within these widths, so that long SKUs do not push the figures out.
const SKU_MIN: usize = 8;
const SKU_MAX: usize = 40;

/// What a warehouse is told beside what is available, as far as there is room.
const DETAILS: [&str; 5] = ["ON HAND", "RESERVED", "ALLOCATED", "UNAVAILABLE", "SAFETY"];

/// Everything the picture shows.
#[derive(Debug)]
pub(super) struct Picture<'a> {
    pub(super) topic: &'a str,
    pub(super) url: &'a str,
    pub(super) table: Option<&'a Table>,
    pub(super) board: &'a Board,
    pub(super) counts: FeedCounts,
    pub(super) sort: Sort,
    pub(super) now: Instant,
}

/// How much room there is, and whether it may be coloured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) colour: bool,
}

/// A text with the colour it may have.
struct Ink<'a>(&'a str, String);

impl Picture<'_> {
    /// At most as many lines as there is room for; each is cut to the width.
    pub(super) fn lines(&self, room: Room) -> Vec<String> {
        let mut lines = vec![self.title(room), self.figures(room)];
        if let Some(table) = self.table.filter(|table| !table.is_empty()) {
            let warehouse = self.topic.starts_with("warehouse:");
            lines.push(room.names(warehouse));
            let room_left = room.height.saturating_sub(lines.len());
            let all = table.len() <= room_left;
            let shown = if all { room_left } else { room_left.saturating_sub(1) };
            let rows = self.board.rows(table, self.sort, shown, self.now);
            lines.extend(rows.iter().map(|row| room.row(row)));
            if !all {
                let hidden = table.len().saturating_sub(rows.len());
                lines.push(room.line([Ink("2", format!("and {hidden} more rows"))]));
            }
        }
        lines.truncate(room.height);
        lines
    }

    /// The same without colour and without an end, for printing once.
    pub(super) fn whole(&self, room: Room) -> String {
        let rows = self.table.map_or(0, Table::len);
        let mut text = String::new();
        for line in self.lines(Room { height: rows.saturating_add(3), ..room }) {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn title(&self, room: Room) -> String {
        let FeedCounts { connected, distrusted, .. } = self.counts;
        let link = match self.board.link() {
            Link::Connecting => Ink("33", "connecting".to_owned()),
            Link::Loading => Ink("33", "loading".to_owned()),
            Link::Live => Ink("32", "live".to_owned()),
            Link::Anew(why) => Ink("31", format!("beginning anew ({why})")),
            Link::Reconnecting(why) => Ink("31", format!("reconnecting ({why})")),
        };
        let mut rest = format!("  {}", self.url);
        if connected > 1 {
            rest.push_str(&format!("  came back {}x", connected - 1));
        }
        if distrusted > 0 {
            rest.push_str(&format!("  began anew {distrusted}x"));
        }
        room.line([Ink("1", format!("{}  ", self.topic)), link, Ink("2", rest)])
    }

    fn figures(&self, room: Room) -> String {
        let Some(table) = self.table else { return String::new() };
        let sold_out = table.rows().filter(|(_, figures)| state(figures) == StockState::SoldOut).count();
        let text = format!(
            "{} rows  {sold_out} sold out  {:.1} changes/s  {} conflated  checksum agreed {}x  offset {}",
            table.len(),
            self.board.per_second(self.now),
            table.conflated(),
            self.counts.agreed,
            table.offset(),
        );
        room.line([Ink("", text)])
    }
}

impl Room {
    fn sku(self) -> usize {
        (self.width / 4).clamp(SKU_MIN, SKU_MAX)
    }

    /// How many of the details fit beside the rest.
    fn details(self) -> usize {
        self.width.saturating_sub(self.sku() + COLUMN + 2 + STATE + COLUMN) / COLUMN
    }

    /// The names over the columns, set as the rows are.
    fn names(self, warehouse: bool) -> String {
        let sku = self.sku();
        let mut text =
            format!("{:<sku$}{:>COLUMN$}  {:<STATE$}{:<COLUMN$}", "SKU", "AVAILABLE", "STATE", "CHANGED");
        let details = if warehouse { self.details() } else { 0 };
        for name in DETAILS.iter().take(details) {
            text.push_str(&format!("{name:>COLUMN$}"));
        }
        self.line([Ink("2", text)])
    }

    fn row(self, row: &Row<'_>) -> String {
        let sku = self.sku();
        let fresh = row.age.is_some_and(|age| age.as_secs() < FRESH_S);
        let weight = if fresh { "1" } else { "" };
        let first =
            format!("{:<sku$}{:>COLUMN$}  ", fit(row.sku, sku.saturating_sub(1)), row.figures.available());
        let state = state(&row.figures);
        let colour = match state {
            StockState::InStock => "32",
            StockState::Low => "33",
            StockState::SoldOut => "31",
            StockState::Backorder | StockState::Preorder => "36",
            StockState::Other => "2",
        };
        let mut rest = format!("{:<COLUMN$}", age(row.age));
        if let Figures::Level { on_hand, unavailable, reserved, allocated, safety_stock } = row.figures {
            let details = [on_hand, reserved, allocated, unavailable.total(), safety_stock];
            for number in details.into_iter().take(self.details()) {
                rest.push_str(&format!("{number:>COLUMN$}"));
            }
        }
        self.line([Ink(weight, first), Ink(colour, format!("{:<STATE$}", words(state))), Ink(weight, rest)])
    }

    /// Puts pieces side by side, cut to the width.
    fn line<const N: usize>(self, pieces: [Ink<'_>; N]) -> String {
        let mut line = String::new();
        let mut left = self.width;
        for Ink(colour, text) in pieces {
            let text = fit(&text, left);
            left = left.saturating_sub(text.chars().count());
            if self.colour && !colour.is_empty() && !text.is_empty() {
                line.push_str(&format!("\u{1b}[{colour}m{text}\u{1b}[0m"));
            } else {
                line.push_str(&text);
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::client::feed::{Change, Event, Incoming};

    const PLAIN: Room = Room { width: 80, height: 24, colour: false };

    fn table(topic: &str, items: &serde_json::Value) -> Table {
        let mut table = Table::new(topic);
        let page = json!({"snapshot": {"topic": topic, "view": "v", "offset": 7, "items": items}});
        table.apply(&Incoming::read(&page.to_string()).unwrap()).unwrap();
        table
    }

    fn offers(count: usize) -> Table {
        let item = |n: usize| json!({"sku": format!("S-{n:03}"), "available": n, "state": if n == 0 { "sold_out" } else { "low" }});
        table("channel:web", &(0..count).map(item).collect())
    }

    fn picture<'a>(table: &'a Table, board: &'a Board, now: Instant) -> Picture<'a> {
        let counts = FeedCounts { connected: 2, agreed: 4, ..FeedCounts::default() };
        let (topic, url) = (&**table.topic(), "http://127.0.0.1:7070");
        Picture { topic, url, table: Some(table), board, counts, sort: Sort::Changed, now }
    }

    /// The picture says how the link is, what was counted, and puts the newest change first.
    #[test]
    fn whole_picture() {
        let now = Instant::now();
        let mut board = Board::new();
        board.take(&Event::Ready { topic: "t".into(), changes: Vec::new(), resumed: false }, now);
        let table = offers(3);
        let change = Change { sku: "S-002".into(), figures: table.get("S-002") };
        board.take(&Event::Changed { topic: "t".into(), changes: vec![change] }, now);
        let lines = picture(&table, &board, now + Duration::from_secs(5)).lines(PLAIN);
        let told: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
        assert_eq!(
            told,
            [
                "channel:web  live  http://127.0.0.1:7070  came back 1x",
                "3 rows  1 sold out  0.2 changes/s  0 conflated  checksum agreed 4x  offset 7",
                "SKU                    AVAILABLE  STATE     CHANGED",
                "S-002                          2  low       5 s ago",
                "S-000                          0  sold out  -",
                "S-001                          1  low       -",
            ]
        );
    }

    /// However small the terminal, the picture fits it, and says what it leaves out.
    #[test]
    fn fits() {
        let now = Instant::now();
        let (table, board) = (offers(100), Board::new());
        let picture = picture(&table, &board, now);
        for (width, height) in [(80, 24), (80, 103), (20, 5), (3, 2), (1, 1), (0, 0)] {
            let lines = picture.lines(Room { width, height, colour: false });
            assert!(lines.len() <= height, "{width}x{height}: {lines:?}");
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}x{height}: {lines:?}");
        }
        let lines = picture.lines(PLAIN);
        assert_eq!((lines.len(), lines[23].as_str()), (24, "and 80 more rows"));
        let all = picture.lines(Room { height: 103, ..PLAIN });
        assert_eq!(all.len(), 103);
        assert_eq!(picture.whole(PLAIN).lines().count(), 103, "printed once, nothing is left out");
    }

    /// Colour comes beside the words, and a SKU's own orders to the terminal do not come at all.
    #[test]
    fn colour_and_orders() {
        let now = Instant::now();
        let mut board = Board::new();
        board.take(&Event::Ready { topic: "t".into(), changes: Vec::new(), resumed: false }, now);
        let sku = "\u{1b}[31mX";
        let level = json!([{"sku": sku, "on_hand": 5, "reserved": 1, "allocated": 5}]);
        let table = table("warehouse:BER", &level);
        let lines = picture(&table, &board, now).lines(Room { width: 120, colour: true, ..PLAIN });
        assert!(lines[0].contains("\u{1b}[32mlive\u{1b}[0m"), "{}", lines[0]);
        assert!(lines[2].contains("UNAVAILABLE") && !lines[2].contains("SAFETY"), "{}", lines[2]);
        let row = &lines[3];
        assert!(
            row.starts_with("\u{fffd}[31mX") && row.contains("          -1  \u{1b}[31msold out"),
            "{row:?}"
        );
    }
}
