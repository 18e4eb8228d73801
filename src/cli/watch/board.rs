//! What is remembered beside the table: when each row changed, how fast they change, and how the link is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ahash::AHashMap;
use tokio::time::Instant;

use super::args::Sort;
use crate::client::feed::{Change, Event, Figures, Table};

/// Over this time changes per second are averaged: long enough to be read, short enough to follow.
const RATE_OVER: Duration = Duration::from_secs(5);

/// Changes within this time are counted together.
const RATE_STEP: Duration = Duration::from_millis(100);

/// How the link to the daemon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    Connecting,
    /// Connected, and the table is not whole yet.
    Loading,
    Live,
    /// The table could not be trusted, with the reason, and comes anew.
    Anew(String),
    /// Lost, with the reason.
    Reconnecting(String),
}

/// When a row changed, and how many had changed before it.
#[derive(Debug, Clone, Copy)]
struct Touch {
    at: Instant,
    number: u64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Board {
    link: Link,
    touched: AHashMap<Arc<str>, Touch>,
    changes: u64,
    recent: VecDeque<(Instant, u64)>,
    /// Whether the first table came: its rows are not changes.
    began: Option<Instant>,
}

/// A row to be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) sku: &'a str,
    pub(super) figures: Figures,
    /// Since its last change, where one was seen.
    pub(super) age: Option<Duration>,
    number: u64,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            link: Link::Connecting,
            touched: AHashMap::new(),
            changes: 0,
            recent: VecDeque::new(),
            began: None,
        }
    }

    /// Remembers what an event says.
    pub(super) fn take(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Connected => self.link = Link::Loading,
            Event::Distrusted { why, .. } => self.link = Link::Anew(why.to_string()),
            Event::Away { error, .. } => self.link = Link::Reconnecting(error.to_string()),
            Event::Ready { changes, .. } => {
                self.link = Link::Live;
                match self.began {
                    Some(_) => self.touch(changes, now),
                    None => self.began = Some(now),
                }
            }
            Event::Changed { changes, .. } => self.touch(changes, now),
            Event::Agreed { .. } | Event::Refused { .. } => {}
        }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// Whether there ever was a whole table.
    pub(super) fn began(&self) -> bool {
        self.began.is_some()
    }

    /// Rows that changed after the first table.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Changes per second over the last moments.
    pub(super) fn per_second(&self, now: Instant) -> f64 {
        let Some(began) = self.began else { return 0.0 };
        let over = now.duration_since(began).clamp(Duration::from_secs(1), RATE_OVER);
        let fresh = self.recent.iter().filter(|(at, _)| now.duration_since(*at) <= over);
        let count: u64 = fresh.map(|(_, count)| count).sum();
        f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / over.as_secs_f64()
    }

    /// The first `most` rows in the order asked for.
    pub(super) fn rows<'a>(&self, table: &'a Table, sort: Sort, most: usize, now: Instant) -> Vec<Row<'a>> {
        let row = |(sku, figures): (&'a Arc<str>, Figures)| {
            let touch = self.touched.get(sku);
            Row {
                sku,
                figures,
                age: touch.map(|touch| now.duration_since(touch.at)),
                number: touch.map_or(0, |touch| touch.number),
            }
        };
        let mut rows: Vec<Row<'a>> = table.rows().map(row).collect();
        let order = |a: &Row<'a>, b: &Row<'a>| {
            let first = match sort {
                Sort::Changed => b.number.cmp(&a.number),
                Sort::Sku => std::cmp::Ordering::Equal,
                Sort::Available => a.figures.available().cmp(&b.figures.available()),
            };
            first.then_with(|| a.sku.cmp(b.sku))
        };
        // Only what is shown needs its order; a table may have far more rows than a terminal.
        if most < rows.len() {
            rows.select_nth_unstable_by(most, order);
            rows.truncate(most);
        }
        rows.sort_unstable_by(order);
        rows
    }

    fn touch(&mut self, changes: &[Change], now: Instant) {
        for change in changes {
            self.changes += 1;
            if change.figures.is_some() {
                let touch = Touch { at: now, number: self.changes };
                self.touched.insert(Arc::clone(&change.sku), touch);
            } else {
                self.touched.remove(&change.sku);
            }
        }
        let count = u64::try_from(changes.len()).unwrap_or(u64::MAX);
        match self.recent.back_mut() {
            Some((at, sum)) if now.duration_since(*at) < RATE_STEP => *sum += count,
            _ => self.recent.push_back((now, count)),
        }
        while self.recent.front().is_some_and(|(at, _)| now.duration_since(*at) > RATE_OVER) {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::feed::{Incoming, StockState};

    fn offer(available: i64) -> Option<Figures> {
        Some(Figures::Offer { available, state: StockState::InStock })
    }

    fn changes(rows: &[(&str, i64)]) -> Vec<Change> {
        rows.iter().map(|(sku, n)| Change { sku: (*sku).into(), figures: offer(*n) }).collect()
    }

    fn table(rows: &[(&str, i64)]) -> Table {
        let mut table = Table::new("channel:web");
        let items: serde_json::Value =
            rows.iter().map(|(sku, n)| json!({"sku": sku, "available": n, "state": "in_stock"})).collect();
        let page = json!({"snapshot": {"topic": "channel:web", "view": "v", "offset": 1, "items": items}});
        table.apply(&Incoming::read(&page.to_string()).unwrap()).unwrap();
        table
    }

    fn told(board: &Board, table: &Table, sort: Sort, most: usize, now: Instant) -> String {
        board.rows(table, sort, most, now).iter().map(|row| row.sku).collect()
    }

    /// Each order puts first what it says, ties by SKU, and what does not fit is left out of the same order.
    #[test]
    fn orders() {
        let now = Instant::now();
        let mut board = Board::new();
        let all = [("A", 5), ("B", 0), ("C", 9), ("D", 1)];
        board.take(&Event::Ready { topic: "t".into(), changes: changes(&all), resumed: false }, now);
        let later = now + Duration::from_secs(3);
        board.take(&Event::Changed { topic: "t".into(), changes: changes(&[("C", 9)]) }, now);
        board.take(&Event::Changed { topic: "t".into(), changes: changes(&[("B", 0)]) }, later);
        let table = table(&all);
        assert_eq!(told(&board, &table, Sort::Changed, 9, later), "BCAD");
        assert_eq!(told(&board, &table, Sort::Changed, 3, later), "BCA");
        assert_eq!(told(&board, &table, Sort::Sku, 4, later), "ABCD");
        assert_eq!(told(&board, &table, Sort::Available, 2, later), "BD");
        assert_eq!(told(&board, &table, Sort::Available, 0, later), "");
        let rows = board.rows(&table, Sort::Sku, 4, later);
        let ages: Vec<_> = rows.iter().map(|row| row.age.map(|age| age.as_secs())).collect();
        assert_eq!(ages, [None, Some(0), Some(3), None], "the first table is no change");
    }

    /// The rate follows what changed lately and forgets what did not.
    #[test]
    fn rate() {
        let now = Instant::now();
        let mut board = Board::new();
        assert!(board.per_second(now) < 0.01);
        board.take(&Event::Ready { topic: "t".into(), changes: changes(&[("A", 1)]), resumed: false }, now);
        assert!(board.per_second(now) < 0.01);
        for step in 0..20 {
            let at = now + Duration::from_millis(step * 500);
            board.take(&Event::Changed { topic: "t".into(), changes: changes(&[("A", 1), ("B", 1)]) }, at);
        }
        let rate = board.per_second(now + Duration::from_millis(9_700));
        assert!((3.5..4.5).contains(&rate), "{rate}");
        assert!(board.per_second(now + Duration::from_secs(20)) < 0.01);
        assert_eq!(board.changes(), 40);
    }
}
