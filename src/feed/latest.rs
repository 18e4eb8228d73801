//! The newest value of every SKU of one topic, ordered by the offset of its last change.
//!
//! Every change gets the next offset, and its SKU goes to the end of a doubly linked list through the rows themselves.
//! "Everything since offset X" is a walk from the end back to X: as many steps as SKUs changed, however often each did.

use super::skus::SkuId;

/// No row.
const NONE: u32 = u32::MAX;

/// One SKU's row: 24 bytes where the value has 8.
#[derive(Debug, Clone, Copy)]
struct Row<V> {
    value: V,
    /// When it changed last; 0 = not in this topic.
    offset: u64,
    before: u32,
    after: u32,
}

/// The newest value of every SKU, ordered by last change.
#[derive(Debug)]
pub struct Latest<V> {
    view: u64,
    rows: Vec<Row<V>>,
    empty: V,
    newest: u32,
    offset: u64,
    count: usize,
    sum: u32,
}

impl<V: Copy> Latest<V> {
    /// Nothing yet. `view` names this order of changes and must be new each time; `empty` fills rows not in use.
    #[must_use]
    pub const fn new(view: u64, empty: V) -> Self {
        Self { view, rows: Vec::new(), empty, newest: NONE, offset: 0, count: 0, sum: 0 }
    }

    /// Names this order of changes; offsets of another view mean nothing here.
    #[must_use]
    pub const fn view(&self) -> u64 {
        self.view
    }

    /// The offset of the newest change.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Rows in this topic.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The checksum over all rows.
    #[must_use]
    pub const fn sum(&self) -> u32 {
        self.sum
    }

    /// One past the highest number that may be in this topic.
    #[must_use]
    pub fn end(&self) -> usize {
        self.rows.len()
    }

    /// Makes room for SKUs up to a number, so that filling does not move rows again and again.
    pub fn reserve(&mut self, count: usize) {
        self.rows.reserve_exact(count.saturating_sub(self.rows.len()));
    }

    /// A SKU's value and the offset of its last change.
    #[must_use]
    pub fn get(&self, id: SkuId) -> Option<(V, u64)> {
        self.rows.get(id.index()).filter(|row| row.offset > 0).map(|row| (row.value, row.offset))
    }

    /// Sets a value: a change, at the next offset. `sums` says what the row added to the checksum before and adds now.
    pub fn put(&mut self, id: SkuId, value: V, sums: (u32, u32)) {
        if id.index() >= self.rows.len() {
            let empty = Row { value: self.empty, offset: 0, before: NONE, after: NONE };
            self.rows.resize(id.index().saturating_add(1), empty);
        }
        self.unlink(id);
        self.offset = self.offset.saturating_add(1);
        let (before, offset) = (self.newest, self.offset);
        if let Some(row) = self.rows.get_mut(id.index()) {
            self.count = self.count.saturating_add(usize::from(row.offset == 0));
            *row = Row { value, offset, before, after: NONE };
        }
        if let Some(last) = self.row_mut(before) {
            last.after = id.number();
        }
        self.newest = id.number();
        self.sum = self.sum.wrapping_sub(sums.0).wrapping_add(sums.1);
    }

    /// Takes a row out as if it had never been there; what it adds to the checksum must be nothing by then.
    pub fn forget(&mut self, id: SkuId) {
        self.unlink(id);
        let empty = self.empty;
        if let Some(row) = self.rows.get_mut(id.index()).filter(|row| row.offset > 0) {
            *row = Row { value: empty, offset: 0, before: NONE, after: NONE };
            self.count = self.count.saturating_sub(1);
        }
    }

    /// SKUs that changed after `from`, the one that changed longest ago first; `None` where they are more than `most`.
    #[must_use]
    pub fn since(&self, from: u64, most: usize) -> Option<Vec<SkuId>> {
        let mut found = Vec::new();
        let mut at = self.newest;
        while let Some(row) = self.row(at).filter(|row| row.offset > from) {
            if found.len() >= most {
                return None;
            }
            found.push(SkuId::of(at));
            at = row.before;
        }
        found.reverse();
        Some(found)
    }

    fn unlink(&mut self, id: SkuId) {
        let Some(Row { before, after, offset, .. }) = self.rows.get(id.index()).copied() else { return };
        if offset == 0 {
            return;
        }
        if let Some(row) = self.row_mut(before) {
            row.after = after;
        }
        match self.row_mut(after) {
            Some(row) => row.before = before,
            None => self.newest = before,
        }
    }

    fn row(&self, number: u32) -> Option<&Row<V>> {
        if number == NONE { None } else { self.rows.get(SkuId::of(number).index()) }
    }

    fn row_mut(&mut self, number: u32) -> Option<&mut Row<V>> {
        if number == NONE { None } else { self.rows.get_mut(SkuId::of(number).index()) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn id(number: u32) -> SkuId {
        SkuId::of(number)
    }

    /// A row is what §5 of the design promises: 24 bytes beside a value of 8.
    #[test]
    fn rows_are_small() {
        assert_eq!(size_of::<Row<u64>>(), 24);
    }

    /// A SKU nobody put is not there, and a hole below a put one neither.
    #[test]
    fn holes_are_not_rows() {
        let mut latest = Latest::new(1, 0_u64);
        latest.put(id(3), 7, (0, 0));
        assert_eq!((latest.get(id(1)), latest.get(id(3)), latest.get(id(9))), (None, Some((7, 1)), None));
        assert_eq!((latest.count(), latest.end(), latest.offset()), (1, 4, 1));
    }

    proptest! {
        /// Whatever is put in whatever order: since any offset, exactly what changed since is told, newest values only,
        /// in the order of last change.
        #[test]
        fn since_tells_exactly_what_changed(puts in prop::collection::vec((0_u32..20, 0_u64..9), 0..200), from in 0_u64..220) {
            let mut latest = Latest::new(1, 0_u64);
            let mut model: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
            for (offset, (sku, value)) in (1_u64..).zip(&puts) {
                latest.put(id(*sku), *value, (0, 0));
                model.insert(*sku, (*value, offset));
            }
            let mut expected: Vec<_> = model.iter().filter(|(_, (_, offset))| *offset > from).map(|(sku, (value, offset))| (*offset, *sku, *value)).collect();
            expected.sort_unstable();
            let found = latest.since(from, usize::MAX).unwrap();
            let told: Vec<_> = found.iter().map(|id| {
                let (value, offset) = latest.get(*id).unwrap();
                (offset, id.number(), value)
            }).collect();
            prop_assert_eq!(&told, &expected);
            prop_assert_eq!(latest.since(from, expected.len()).map(|found| found.len()), Some(expected.len()));
            prop_assert_eq!(latest.since(from, expected.len().saturating_sub(1)).is_none(), !expected.is_empty());
            prop_assert_eq!((latest.count(), latest.offset()), (model.len(), puts.len() as u64));
        }
    }
}
