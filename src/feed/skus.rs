//! Every SKU's number.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use ahash::AHashMap;

use crate::domain::ids::Sku;

/// A SKU's number in this process: the order in which SKUs came up. It is never stored and never leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SkuId(u32);

impl SkuId {
    /// Where the SKU stands in a list of all of them.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The number of the SKU at a place in a list of all of them; `None` beyond what a number can say.
    #[must_use]
    pub fn at(index: usize) -> Option<Self> {
        // The last number means "none" where places are kept small.
        u32::try_from(index).ok().filter(|number| *number < u32::MAX).map(Self)
    }

    pub(super) const fn number(self) -> u32 {
        self.0
    }

    pub(super) const fn of(number: u32) -> Self {
        Self(number)
    }
}

#[derive(Debug, Default)]
struct Known {
    ids: AHashMap<Sku, SkuId>,
    skus: Vec<Sku>,
}

/// The SKUs of the house, each kept once. Only grows: by SKUs that have a level somewhere or that a channel
/// has confirmed to show, never by what a reader asks.
///
/// Invariant: locked before the values of any topic or view and never after: who holds [`Names`] may wait for values, so
/// whoever holds values must not wait for SKUs. One number for a new SKU is enough to turn the reverse into a standstill.
#[derive(Debug, Default)]
pub struct Skus(RwLock<Known>);

/// The SKUs, to be read by number.
#[derive(Debug)]
pub struct Names<'a>(RwLockReadGuard<'a, Known>);

impl Skus {
    /// A SKU's number, and the text all places share. A number is given where there was none.
    ///
    /// # Panics
    /// Beyond four billion SKUs, which no machine's memory holds.
    pub fn intern(&self, sku: &Sku) -> (SkuId, Sku) {
        if let Some(found) = self.found(sku) {
            return found;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some((sku, id)) = known.ids.get_key_value(sku) {
            return (*id, sku.clone());
        }
        #[expect(clippy::expect_used, reason = "four billion SKUs do not fit any memory")]
        let id = SkuId::at(known.skus.len()).expect("a SKU's number fits");
        known.skus.push(sku.clone());
        known.ids.insert(sku.clone(), id);
        (id, sku.clone())
    }

    /// A SKU's number, where it has one.
    #[must_use]
    pub fn find(&self, sku: &Sku) -> Option<SkuId> {
        self.found(sku).map(|(id, _)| id)
    }

    /// The SKUs by number; new ones wait while this is held, so hold it short.
    #[must_use]
    pub fn names(&self) -> Names<'_> {
        Names(self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn found(&self, sku: &Sku) -> Option<(SkuId, Sku)> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.ids.get_key_value(sku).map(|(sku, id)| (*id, sku.clone()))
    }
}

impl Names<'_> {
    /// The SKU of a number.
    #[must_use]
    pub fn get(&self, id: SkuId) -> Option<&Sku> {
        self.0.skus.get(id.index())
    }

    /// The number of a SKU, where it has one.
    #[must_use]
    pub fn find(&self, sku: &Sku) -> Option<SkuId> {
        self.0.ids.get(sku).copied()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.skus.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A SKU keeps its number, and its text is kept once.
    #[test]
    fn a_sku_has_one_number() {
        let skus = Skus::default();
        let (first, text) = skus.intern(&Sku::parse("A").unwrap());
        let (other, _) = skus.intern(&Sku::parse("B").unwrap());
        let (again, shared) = skus.intern(&Sku::parse("A").unwrap());
        assert_eq!((first, first == other), (again, false));
        assert!(std::ptr::eq(text.as_str(), shared.as_str()));
        assert_eq!(skus.names().get(other).map(Sku::as_str), Some("B"));
        assert_eq!(skus.find(&Sku::parse("C").unwrap()), None);
        assert_eq!(skus.names().count(), 2);
    }
}
