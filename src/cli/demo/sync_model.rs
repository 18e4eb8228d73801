//! A model of the usual alternative: every channel sells from a copy of the stock that is refreshed every 15 minutes.
//!
//! It is a pure simulation fed with the demand the daemon gets, and is labelled so wherever it is shown. It is kind to
//! the alternative: one pool for all warehouses, nobody holds a cart, syncs take no time and never fail.

use std::collections::HashMap;

/// Seconds of demo that stand for the 15 minutes between two syncs: time is compressed a hundredfold.
pub(super) const SYNC_EVERY_S: u64 = 9;

/// Channel copies and the truth behind them.
#[derive(Debug, Default)]
pub(super) struct SyncModel {
    truth: HashMap<String, i64>,
    /// Units each channel believes in, where it sold some since the last sync.
    copies: HashMap<(&'static str, String), i64>,
    /// The truth at the last sync.
    synced: HashMap<String, i64>,
    /// Units sold that do not exist.
    pub(super) oversold: i64,
    /// Units sold.
    pub(super) sold: i64,
}

impl SyncModel {
    /// Goods arrive; channels learn of them at the next sync.
    pub(super) fn receive(&mut self, sku: &str, units: i64) {
        *self.truth.entry(sku.to_owned()).or_default() += units;
    }

    /// All copies become the truth.
    pub(super) fn sync(&mut self) {
        self.copies.clear();
        self.synced.clone_from(&self.truth);
    }

    /// A customer wants to buy; the channel decides by its copy.
    pub(super) fn demand(&mut self, channel: &'static str, sku: &str, units: i64) {
        let synced = self.synced.get(sku).copied().unwrap_or_default();
        let copy = self.copies.entry((channel, sku.to_owned())).or_insert(synced);
        if *copy < units {
            return;
        }
        *copy -= units;
        self.sold += units;
        let truth = self.truth.entry(sku.to_owned()).or_default();
        // What is not there is sold nevertheless, and has to be cancelled: the goods left stay for the others.
        let missing = (units - *truth).max(0);
        self.oversold += missing;
        *truth -= units - missing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two channels sell the last unit between two syncs; after the sync nobody does.
    #[test]
    fn last_unit_is_sold_twice() {
        let mut model = SyncModel::default();
        model.receive("A", 1);
        model.demand("shop", "A", 1);
        assert_eq!((model.sold, model.oversold), (0, 0), "nobody knows of it before the sync");
        model.sync();
        model.demand("shop", "A", 1);
        model.demand("shop", "A", 1);
        assert_eq!((model.sold, model.oversold), (1, 0), "a channel knows of its own sales");
        model.demand("ebay", "A", 1);
        assert_eq!((model.sold, model.oversold), (2, 1));
        model.sync();
        model.demand("amazon", "A", 1);
        assert_eq!((model.sold, model.oversold), (2, 1));
    }
}
