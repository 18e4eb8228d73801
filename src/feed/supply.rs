//! How many SKUs are sold out, or few: counted as channels change what they show, so that asking costs nothing.

use super::skus::SkuId;
use crate::domain::channel::StockState;
use crate::journal::locked::Locked;

/// SKUs that are short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Short {
    /// Sold out.
    pub out: usize,
    /// Few.
    pub low: usize,
}

/// A SKU whose state on a channel changed: what it was, where the channel had it, and what it is.
pub(super) type Turned = (SkuId, Option<StockState>, StockState);

impl Short {
    /// Takes in that a SKU's state on one channel changed.
    pub(super) const fn turn(&mut self, was: Option<StockState>, is: StockState) {
        if let Some(was) = was {
            match was {
                StockState::SoldOut => self.out = self.out.saturating_sub(1),
                StockState::Low => self.low = self.low.saturating_sub(1),
                StockState::InStock | StockState::Backorder | StockState::Preorder => {}
            }
        }
        match is {
            StockState::SoldOut => self.out = self.out.saturating_add(1),
            StockState::Low => self.low = self.low.saturating_add(1),
            StockState::InStock | StockState::Backorder | StockState::Preorder => {}
        }
    }

    /// A SKU that is sold out on one channel is not few on another.
    const fn worst(self) -> Self {
        if self.out > 0 {
            Self { out: 1, low: 0 }
        } else if self.low > 0 {
            Self { out: 0, low: 1 }
        } else {
            Self { out: 0, low: 0 }
        }
    }
}

#[derive(Debug, Default)]
struct Tallied {
    /// On how many channels each SKU is sold out, and few.
    rows: Vec<(u16, u16)>,
    all: Short,
}

/// SKUs that are short on any channel of the house.
#[derive(Debug, Default)]
pub struct Supply(Locked<Tallied>);

impl Supply {
    /// SKUs that are sold out on some channel, and those that are few on some and sold out on none.
    #[must_use]
    pub fn short(&self) -> Short {
        self.0.with(|tallied| tallied.all)
    }

    /// Takes in what has changed on one channel.
    pub(super) fn turn(&self, turned: &[Turned]) {
        if turned.is_empty() {
            return;
        }
        self.0.with(|Tallied { rows, all }| {
            for (id, was, is) in turned {
                if id.index() >= rows.len() {
                    rows.resize(id.index().saturating_add(1), (0, 0));
                }
                let Some(row) = rows.get_mut(id.index()) else { continue };
                let mut short = Short { out: usize::from(row.0), low: usize::from(row.1) };
                let before = short.worst();
                short.turn(*was, *is);
                let after = short.worst();
                let figure = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
                *row = (figure(short.out), figure(short.low));
                all.out = all.out.saturating_add(after.out).saturating_sub(before.out);
                all.low = all.low.saturating_add(after.low).saturating_sub(before.low);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const STATES: [StockState; 5] = [
        StockState::InStock,
        StockState::Low,
        StockState::SoldOut,
        StockState::Backorder,
        StockState::Preorder,
    ];

    proptest! {
        /// Whatever turns on whatever channel: the counts are those of a look at every SKU of every channel.
        #[test]
        fn counts_are_those_of_a_look(turns in prop::collection::vec((0_u32..3, 0_u32..6, 0_usize..5), 0..200)) {
            let (supply, mut model) = (Supply::default(), BTreeMap::<(u32, u32), StockState>::new());
            for (channel, sku, state) in turns {
                let was = model.insert((channel, sku), STATES[state]);
                supply.turn(&[(SkuId::of(sku), was, STATES[state])]);
            }
            let has = |sku: u32, state| model.iter().any(|((_, known), shown)| *known == sku && *shown == state);
            let out = (0..6).filter(|sku| has(*sku, StockState::SoldOut)).count();
            let low = (0..6).filter(|sku| !has(*sku, StockState::SoldOut) && has(*sku, StockState::Low)).count();
            prop_assert_eq!(supply.short(), Short { out, low });
        }
    }
}
