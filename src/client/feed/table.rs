//! What a reader knows of one topic, and whether it is what the daemon has.

use std::sync::Arc;

use ahash::AHashMap;

use super::error::TableError;
use super::incoming::{Changes, Checksum, Incoming, Page, Resumed};
use super::item::{Figures, Item};
use super::outgoing::Since;

/// The rows of one topic. A snapshot is gathered aside and replaces them when it is whole, so whoever reads meanwhile
/// sees the old table and never half of one.
#[derive(Debug)]
pub struct Table {
    topic: Arc<str>,
    rows: Rows,
    /// Where the rows stand; `None` until they were whole once.
    stand: Option<Stand>,
    gathered: Option<(Stand, Rows)>,
    conflated: u64,
}

/// A view and an offset in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stand {
    view: Box<str>,
    offset: u64,
}

#[derive(Debug, Default)]
struct Rows {
    by_sku: AHashMap<Arc<str>, Row>,
    sum: u32,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    figures: Figures,
    /// Kept so that a new figure costs one CRC and not two.
    crc: u32,
}

/// What a frame did to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Nothing: it is about another topic, or not about rows.
    Elsewhere,
    /// It is part of a snapshot that is not whole yet.
    Gathered,
    /// The table is whole: the snapshot's last page came.
    Whole,
    /// The daemon goes on where the table stands.
    Resumed,
    /// Rows were written.
    Changed,
    /// The checksum is the daemon's.
    Agreed,
}

impl Table {
    /// An empty table of a topic such as `channel:web-de`.
    #[must_use]
    pub fn new(topic: &str) -> Self {
        Self { topic: topic.into(), rows: Rows::default(), stand: None, gathered: None, conflated: 0 }
    }

    /// Takes a frame of the table's own subscription.
    ///
    /// # Errors
    /// The frame does not fit what came before, or the daemon's checksum is another. The table must then be emptied
    /// ([`Table::clear`]) and subscribed to again.
    pub fn apply(&mut self, frame: &Incoming<'_>) -> Result<Applied, TableError> {
        self.apply_telling(frame, |_, _| {})
    }

    /// Takes a frame and tells every row that is other than before; `None` is a row that is gone.
    ///
    /// # Errors
    /// As [`Table::apply`].
    pub fn apply_telling(
        &mut self,
        frame: &Incoming<'_>,
        tell: impl FnMut(&Arc<str>, Option<Figures>),
    ) -> Result<Applied, TableError> {
        if frame.topic() != Some(&*self.topic) {
            return Ok(Applied::Elsewhere);
        }
        match frame {
            Incoming::Snapshot(page) => self.page(page, tell),
            Incoming::Changes(changes) => self.changes(changes, tell),
            Incoming::Resumed(resumed) => self.resumed(resumed),
            Incoming::Checksum(checksum) => self.checksum(checksum),
            Incoming::Hello(_)
            | Incoming::Authenticated(_)
            | Incoming::Unsubscribed(_)
            | Incoming::Answer(_)
            | Incoming::Complaint(_)
            | Incoming::Other => Ok(Applied::Elsewhere),
        }
    }

    /// A new subscription begins: half a snapshot of the one before is dropped, the rows stay until they are replaced.
    pub fn begin(&mut self) {
        self.gathered = None;
    }

    /// Forgets where the table stands, so that the next subscription brings all of it. The rows stay readable until
    /// then, but are not whole.
    pub fn clear(&mut self) {
        self.gathered = None;
        self.stand = None;
    }

    /// Which topic.
    #[must_use]
    pub fn topic(&self) -> &Arc<str> {
        &self.topic
    }

    /// Whether the rows are those of one moment of the topic.
    #[must_use]
    pub fn whole(&self) -> bool {
        self.stand.is_some()
    }

    /// What to subscribe with to go on here.
    #[must_use]
    pub fn since(&self) -> Option<Since<'_>> {
        self.stand.as_ref().map(|stand| Since { view: &stand.view, offset: stand.offset })
    }

    /// The view the rows are of.
    #[must_use]
    pub fn view(&self) -> Option<&str> {
        self.stand.as_ref().map(|stand| &*stand.view)
    }

    /// Where in the view the rows stand; 0 before they are whole.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.stand.as_ref().map_or(0, |stand| stand.offset)
    }

    /// Changes the daemon did not send because newer ones replaced them.
    #[must_use]
    pub fn conflated(&self) -> u64 {
        self.conflated
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.by_sku.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.by_sku.is_empty()
    }

    /// The figures of a SKU; `None` where nobody ever had stock of it.
    #[must_use]
    pub fn get(&self, sku: &str) -> Option<Figures> {
        self.rows.by_sku.get(sku).map(|row| row.figures)
    }

    /// All rows, in no order.
    pub fn rows(&self) -> impl Iterator<Item = (&Arc<str>, Figures)> {
        self.rows.by_sku.iter().map(|(sku, row)| (sku, row.figures))
    }

    /// The checksum over the rows, kept with every change.
    #[must_use]
    pub fn sum(&self) -> u32 {
        self.rows.sum
    }

    /// Whether the daemon's checksum is that of the rows.
    #[must_use]
    pub fn agrees(&self, checksum: &Checksum<'_>) -> bool {
        checksum.sum == self.rows.sum && checksum.items == self.rows.len()
    }

    fn page(
        &mut self,
        page: &Page<'_>,
        mut tell: impl FnMut(&Arc<str>, Option<Figures>),
    ) -> Result<Applied, TableError> {
        // A page of another view begins a snapshot of its own.
        let (mut stand, mut rows) = match self.gathered.take() {
            Some((stand, rows)) if *stand.view == *page.view => (stand, rows),
            _ => (Stand { view: page.view.as_ref().into(), offset: page.offset }, Rows::default()),
        };
        stand.advance(page.offset)?;
        for item in &page.items {
            rows.put(item, |_, _| {});
        }
        if page.more {
            self.gathered = Some((stand, rows));
            return Ok(Applied::Gathered);
        }
        if let Some(known) = &self.stand
            && known.view == stand.view
            && known.offset > stand.offset
        {
            return Err(TableError::Backwards { had: known.offset, got: stand.offset });
        }
        let before = std::mem::replace(&mut self.rows, rows);
        self.stand = Some(stand);
        for (sku, row) in &self.rows.by_sku {
            if before.by_sku.get(sku).is_none_or(|old| old.figures != row.figures) {
                tell(sku, Some(row.figures));
            }
        }
        for sku in before.by_sku.keys().filter(|sku| !self.rows.by_sku.contains_key(*sku)) {
            tell(sku, None);
        }
        Ok(Applied::Whole)
    }

    fn changes(
        &mut self,
        changes: &Changes<'_>,
        mut tell: impl FnMut(&Arc<str>, Option<Figures>),
    ) -> Result<Applied, TableError> {
        self.conflated = self.conflated.saturating_add(changes.conflated);
        if let Some((stand, rows)) = &mut self.gathered {
            stand.advance(changes.offset)?;
            for item in &changes.items {
                rows.put(item, |_, _| {});
            }
            return Ok(Applied::Gathered);
        }
        self.stand.as_mut().ok_or(TableError::Early)?.advance(changes.offset)?;
        for item in &changes.items {
            self.rows.put(item, &mut tell);
        }
        Ok(Applied::Changed)
    }

    fn resumed(&mut self, resumed: &Resumed<'_>) -> Result<Applied, TableError> {
        let stand = self.stand.as_ref().ok_or(TableError::Early)?;
        stand.same_view(&resumed.view)?;
        if stand.offset != resumed.offset {
            return Err(TableError::OtherOffset { had: stand.offset, got: resumed.offset });
        }
        self.gathered = None;
        Ok(Applied::Resumed)
    }

    fn checksum(&mut self, checksum: &Checksum<'_>) -> Result<Applied, TableError> {
        if self.gathered.is_some() {
            return Err(TableError::Early);
        }
        let agrees = self.agrees(checksum);
        let stand = self.stand.as_mut().ok_or(TableError::Early)?;
        stand.same_view(&checksum.view)?;
        if !agrees {
            return Err(TableError::Disagrees {
                sum: self.rows.sum,
                rows: self.rows.len(),
                daemon_sum: checksum.sum,
                daemon_rows: checksum.items,
            });
        }
        // What happened up to here to SKUs outside a filter needs no telling: these rows are right at this offset too.
        stand.advance(checksum.offset)?;
        Ok(Applied::Agreed)
    }
}

impl Stand {
    fn advance(&mut self, offset: u64) -> Result<(), TableError> {
        if offset < self.offset {
            return Err(TableError::Backwards { had: self.offset, got: offset });
        }
        self.offset = offset;
        Ok(())
    }

    fn same_view(&self, view: &str) -> Result<(), TableError> {
        if *self.view == *view {
            return Ok(());
        }
        Err(TableError::OtherView { had: self.view.to_string(), got: view.to_owned() })
    }
}

impl Rows {
    fn len(&self) -> u64 {
        u64::try_from(self.by_sku.len()).unwrap_or(u64::MAX)
    }

    fn put(&mut self, item: &Item<'_>, mut tell: impl FnMut(&Arc<str>, Option<Figures>)) {
        let row = Row { figures: item.figures, crc: item.figures.crc(&item.sku) };
        let key: Arc<str> = match self.by_sku.get_key_value(&*item.sku) {
            Some((_, old)) if old.figures == row.figures => return,
            Some((key, _)) => Arc::clone(key),
            None => item.sku.as_ref().into(),
        };
        tell(&key, Some(row.figures));
        let before = self.by_sku.insert(key, row).map_or(0, |old| old.crc);
        self.sum = self.sum.wrapping_sub(before).wrapping_add(row.crc);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TOPIC: &str = "channel:web";

    fn apply(table: &mut Table, frame: &serde_json::Value) -> Result<Applied, TableError> {
        table.apply(&Incoming::read(&frame.to_string()).unwrap())
    }

    /// Rows as `sku -> available`.
    fn items(rows: &[(&str, i64)]) -> serde_json::Value {
        rows.iter().map(|(sku, n)| json!({"sku": sku, "available": n, "state": "in_stock"})).collect()
    }

    fn page(view: &str, offset: u64, rows: &[(&str, i64)], more: bool) -> serde_json::Value {
        json!({"snapshot": {"topic": TOPIC, "view": view, "offset": offset, "items": items(rows), "more": more}})
    }

    fn changes(offset: u64, rows: &[(&str, i64)]) -> serde_json::Value {
        json!({"changes": {"topic": TOPIC, "offset": offset, "items": items(rows)}})
    }

    fn checksum(offset: u64, rows: &[(&str, i64)]) -> serde_json::Value {
        let sum = rows.iter().map(|(sku, n)| crc32fast::hash(format!("{sku}:{n}").as_bytes()));
        let sum = sum.fold(0, u32::wrapping_add);
        json!({"checksum": {"topic": TOPIC, "view": "v", "offset": offset, "sum": sum, "items": rows.len()}})
    }

    fn whole(rows: &[(&str, i64)]) -> Table {
        let mut table = Table::new(TOPIC);
        assert_eq!(apply(&mut table, &page("v", 10, rows, false)), Ok(Applied::Whole));
        table
    }

    /// The checksum follows every kind of change: new rows, other figures, the same again, and back.
    #[test]
    fn checksum_follows() {
        let mut table = whole(&[("A", 1), ("B", 2)]);
        assert_eq!(apply(&mut table, &checksum(10, &[("A", 1), ("B", 2)])), Ok(Applied::Agreed));
        assert_eq!(apply(&mut table, &changes(11, &[("A", 0), ("C", 9)])), Ok(Applied::Changed));
        assert_eq!(apply(&mut table, &changes(12, &[("A", 0), ("B", 3)])), Ok(Applied::Changed));
        let now = [("A", 0), ("B", 3), ("C", 9)];
        assert_eq!(apply(&mut table, &checksum(15, &now)), Ok(Applied::Agreed));
        assert_eq!(table.offset(), 15, "an agreed checksum is a resume point");
        assert_eq!(apply(&mut table, &changes(16, &[("A", 1), ("B", 2), ("C", 0)])), Ok(Applied::Changed));
        assert_eq!(apply(&mut table, &checksum(16, &[("A", 1), ("B", 2), ("C", 0)])), Ok(Applied::Agreed));
    }

    /// A lost change shows, also one that leaves the number of rows as it is, and a missing row.
    #[test]
    fn disagreement_shows() {
        let mut table = whole(&[("A", 1), ("B", 2)]);
        for daemon in [&[("A", 1), ("B", 3)][..], &[("A", 1)], &[("A", 1), ("B", 2), ("C", 0)]] {
            let told = apply(&mut table, &checksum(10, daemon));
            assert!(matches!(told, Err(TableError::Disagrees { rows: 2, .. })), "{told:?}");
        }
        table.clear();
        assert!(!table.whole() && table.since().is_none());
        assert_eq!(table.len(), 2, "the rows stay readable until new ones are whole");
    }

    /// Half a snapshot is never seen, changes between its pages count, and what differs is told once it is whole.
    #[test]
    fn snapshot_swap() {
        let mut table = whole(&[("A", 1), ("B", 2), ("C", 3)]);
        table.begin();
        assert_eq!(apply(&mut table, &page("w", 3, &[("A", 1), ("B", 5)], true)), Ok(Applied::Gathered));
        assert_eq!((table.view(), table.offset(), table.len()), (Some("v"), 10, 3));
        assert_eq!(apply(&mut table, &changes(4, &[("B", 6)])), Ok(Applied::Gathered));
        assert_eq!(
            table.since(),
            Some(Since { view: "v", offset: 10 }),
            "half a snapshot is no place to resume"
        );
        let mut told = Vec::new();
        let last = page("w", 4, &[("D", 7)], false).to_string();
        let applied = table.apply_telling(&Incoming::read(&last).unwrap(), |sku, figures| {
            told.push((sku.to_string(), figures.map(|figures| figures.available())));
        });
        assert_eq!(applied, Ok(Applied::Whole));
        told.sort();
        assert_eq!(told, [("B".into(), Some(6)), ("C".into(), None), ("D".into(), Some(7))]);
        assert_eq!(table.since(), Some(Since { view: "w", offset: 4 }));
    }

    /// Offsets may repeat and never go back within a view; another view begins anew.
    #[test]
    fn offsets() {
        let mut table = whole(&[("A", 1)]);
        assert_eq!(apply(&mut table, &changes(10, &[("A", 2)])), Ok(Applied::Changed));
        let back = Err(TableError::Backwards { had: 10, got: 9 });
        assert_eq!(apply(&mut table, &changes(9, &[])), back);
        assert_eq!(apply(&mut table, &page("v", 9, &[], false)), back);
        assert_eq!(apply(&mut table, &checksum(9, &[("A", 2)])), back);
        assert_eq!(apply(&mut table, &page("w", 1, &[], true)), Ok(Applied::Gathered));
        let back = Err(TableError::Backwards { had: 1, got: 0 });
        assert_eq!(apply(&mut table, &page("w", 0, &[], true)), back);
        assert_eq!(apply(&mut table, &page("w", 0, &[], false)), Ok(Applied::Whole));
    }

    /// Frames that need a table are refused before there is one, and a resume is only one at the table's own place.
    #[test]
    fn order_of_frames() {
        let mut table = Table::new(TOPIC);
        let resumed =
            |view: &str, offset: u64| json!({"resumed": {"topic": TOPIC, "view": view, "offset": offset}});
        for frame in [changes(1, &[]), checksum(1, &[]), resumed("v", 1)] {
            assert_eq!(apply(&mut table, &frame), Err(TableError::Early));
        }
        assert_eq!(apply(&mut table, &page("v", 10, &[("A", 1)], true)), Ok(Applied::Gathered));
        assert_eq!(apply(&mut table, &checksum(10, &[("A", 1)])), Err(TableError::Early));

        let mut table = whole(&[("A", 1)]);
        assert_eq!(apply(&mut table, &resumed("v", 10)), Ok(Applied::Resumed));
        assert!(matches!(apply(&mut table, &resumed("w", 10)), Err(TableError::OtherView { .. })));
        assert_eq!(apply(&mut table, &resumed("v", 11)), Err(TableError::OtherOffset { had: 10, got: 11 }));
        let elsewhere = json!({"changes": {"topic": "channel:app", "offset": 1, "items": []}});
        assert_eq!(apply(&mut table, &elsewhere), Ok(Applied::Elsewhere));
    }
}
