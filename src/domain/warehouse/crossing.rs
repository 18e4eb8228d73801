//! Alerts: a SKU's figures have crossed a line somebody should know of. Each crossing is one fact.
//!
//! Compared are the figures before and after one command, with what it made free and was promised to those who wait, or
//! one round of upkeep: what is put right within it is not told. A hold counts like a sale, because what is held can't be
//! sold: the last unit in a cart is `sold_out`, and `back_in_stock` when it is given back. What is kept for single
//! channels does not count. Nothing is remembered for it but the safety stock that was last seen: the rest follows from
//! the rows that were replaced.

use std::collections::BTreeMap;

use super::state::{Row, Warehouse};
use crate::domain::fact::{Crossed, Fact, FactKind};
use crate::domain::ids::Sku;
use crate::domain::level::Level;
use crate::domain::machine::{Draft, Moment};
use crate::domain::policy::{AlertLimits, StockPolicy};
use crate::domain::refusal::Refusal;

/// What is compared.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    /// `None` where the SKU was never seen here.
    level: Option<Level>,
    safety: i64,
    limits: AlertLimits,
}

/// How much of a SKU may be sold, in the order in which it gets less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Supply {
    Enough,
    Low,
    Out,
}

/// A SKU as it was: what of it changed.
#[derive(Debug, Default)]
struct Was {
    level: Option<Option<Level>>,
    policy: Option<(i64, AlertLimits)>,
}

impl Figures {
    fn level(&self) -> Level {
        self.level.unwrap_or_default()
    }

    fn sellable(&self) -> i64 {
        self.level().net().saturating_sub(self.safety)
    }

    /// The limit of low stock, where there is one.
    fn low(&self) -> i64 {
        self.limits.low_stock.unwrap_or(0).max(0)
    }

    fn supply(&self) -> Supply {
        match self.sellable() {
            ..=0 => Supply::Out,
            few if few <= self.low() => Supply::Low,
            _ => Supply::Enough,
        }
    }

    fn overstock(&self) -> Option<Crossed> {
        let (figure, limit) = (self.level().on_hand, self.limits.overstock?);
        (figure > limit).then_some(Crossed { figure, limit })
    }

    /// On hand less unavailable; below zero the record is wrong, or on hand is.
    fn goods(&self) -> i64 {
        self.level().on_hand.saturating_sub(self.level().unavailable())
    }

    fn is_wrong(&self) -> bool {
        self.level().on_hand < 0 || self.goods() < 0
    }

    /// The lines crossed on the way from `before` to here. A SKU never seen before can't be back.
    fn crossings(self, before: Self) -> impl Iterator<Item = (FactKind, Crossed)> {
        let at = |figure, limit| Crossed { figure, limit };
        let (was, is) = (before.supply(), self.supply());
        let low = was == Supply::Enough && is > was && self.low() > 0;
        let back = before.level.is_some() && was == Supply::Out && is < was;
        let (was_short, short) = (before.level().deficit(), self.level().deficit());
        let (sellable, wrong) = (self.sellable(), self.is_wrong() && !before.is_wrong());
        let over = self.overstock().filter(|_| before.overstock().is_none());
        [
            low.then(|| (FactKind::LowStock, at(sellable, self.low()))),
            (is == Supply::Out && was < is).then(|| (FactKind::SoldOut, at(sellable, 0))),
            back.then(|| (FactKind::BackInStock, at(sellable, 0))),
            over.map(|crossed| (FactKind::Overstock, crossed)),
            (was_short == 0 && short > 0).then(|| (FactKind::Shortage, at(short, 0))),
            (was_short > 0 && short == 0).then(|| (FactKind::ShortageEnded, at(short, 0))),
            wrong.then(|| (FactKind::NegativeStock, at(self.goods(), 0))),
        ]
        .into_iter()
        .flatten()
    }
}

impl Warehouse {
    /// Tells which lines were crossed since the draft's mark.
    pub(super) fn tell_crossings(
        &mut self,
        moment: &Moment,
        since: usize,
        draft: &mut Draft<Self>,
    ) -> Result<(), Refusal> {
        for (sku, was) in replaced(draft.replaced(since)) {
            let policy = self.policies.get(&sku);
            let (seen, now) = policy.map_or((0, 0), |policy| (policy.safety_seen, policy.safety(moment.now)));
            let own = policy.map_or(AlertLimits::default(), |policy| policy.alerts);
            let level = self.levels.get(&sku).copied();
            let (safety, limits) = was.policy.unwrap_or((seen, own));
            let before =
                Figures { level: was.level.unwrap_or(level), safety, limits: limits.or(self.alerts) };
            let after = Figures { level, safety: now, limits: own.or(self.alerts) };
            self.see_safety(moment, &sku, draft);
            for (kind, crossed) in after.crossings(before) {
                let line = self.touch(draft, moment, &sku, 0, |_| Ok(()))?;
                let mut fact = Fact::new(kind).lines(vec![line]);
                fact.crossed = Some(crossed);
                draft.fact(fact);
            }
        }
        Ok(())
    }

    /// Looks at SKUs whose safety stock begins or ends by time.
    pub(super) fn turn_safety(&mut self, moment: &Moment, limit: usize, draft: &mut Draft<Self>) {
        let due = self.turns.iter().take_while(|(at, _)| *at <= moment.now).take(limit);
        for (at, sku) in due.cloned().collect::<Vec<_>>() {
            self.see_safety(moment, &sku, draft);
            self.turns.remove(&(at, sku));
        }
    }

    /// Notes the present safety stock as seen.
    fn see_safety(&mut self, moment: &Moment, sku: &Sku, draft: &mut Draft<Self>) {
        let turned = |policy: &&StockPolicy| policy.safety_seen != policy.safety(moment.now);
        if let Some(mut policy) = self.policies.get(sku).filter(turned).cloned() {
            policy.safety_seen = policy.safety(moment.now);
            draft.put(self, Row::Policy(sku.clone(), Some(policy)));
        }
    }
}

/// How the SKUs stood whose rows were replaced, in the SKUs' order.
fn replaced(rows: &[Row]) -> BTreeMap<Sku, Was> {
    let mut skus: BTreeMap<Sku, Was> = BTreeMap::new();
    for row in rows {
        match row {
            Row::Level(sku, level) => {
                skus.entry(sku.clone()).or_default().level.get_or_insert(*level);
            }
            Row::Policy(sku, policy) => {
                let seen = policy.as_ref().map(|policy| (policy.safety_seen, policy.alerts));
                skus.entry(sku.clone()).or_default().policy.get_or_insert(seen.unwrap_or_default());
            }
            Row::Hold(..)
            | Row::Allocation(..)
            | Row::Waiting(..)
            | Row::Mark(..)
            | Row::Bucket(..)
            | Row::Remembered(..)
            | Row::Totals(_)
            | Row::Floors(_) => {}
        }
    }
    skus
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(on_hand: i64, reserved: i64, damaged: i64) -> Figures {
        let level = Some(Level { on_hand, reserved, damaged, ..Level::default() });
        Figures { level, safety: 2, limits: AlertLimits { low_stock: Some(5), overstock: Some(50) } }
    }

    /// Both ways over each line, several at once, and none where figures stay on their side of it.
    #[test]
    fn crossings_follow_the_table() {
        for (before, after, expected) in [
            ((20, 0, 0), (8, 0, 0), ""),
            ((20, 0, 0), (7, 0, 0), "low_stock 5/5"),
            ((7, 0, 0), (3, 0, 0), ""),
            ((7, 0, 0), (2, 0, 0), "sold_out 0/0"),
            ((20, 0, 0), (2, 0, 0), "low_stock 0/5, sold_out 0/0"),
            ((20, 0, 0), (20, 15, 0), "low_stock 3/5"),
            ((2, 0, 0), (1, 0, 0), ""),
            ((2, 0, 0), (3, 0, 0), "back_in_stock 1/0"),
            ((2, 0, 0), (30, 0, 0), "back_in_stock 28/0"),
            ((50, 0, 0), (51, 0, 0), "overstock 51/50"),
            ((51, 0, 0), (60, 0, 0), ""),
            ((51, 0, 0), (50, 0, 0), ""),
            ((2, 2, 0), (1, 2, 0), "shortage 1/0"),
            ((1, 2, 0), (0, 2, 0), ""),
            ((0, 2, 0), (2, 2, 0), "shortage_ended 0/0"),
            ((0, 0, 0), (-1, 0, 0), "negative_stock -1/0"),
            ((-1, 0, 0), (-2, 0, 0), ""),
            ((1, 0, 1), (1, 0, 2), "negative_stock -1/0"),
            ((9, 2, 0), (-1, 2, 0), "sold_out -5/0, shortage 2/0, negative_stock -1/0"),
        ] {
            let (was, is) = (figures(before.0, before.1, before.2), figures(after.0, after.1, after.2));
            let found = is.crossings(was).map(|(kind, at)| format!("{kind} {}/{}", at.figure, at.limit));
            assert_eq!(found.collect::<Vec<_>>().join(", "), expected, "{before:?} -> {after:?}");
        }
    }

    /// The first goods of a SKU are not back; too many of them, or a wrong record, are told all the same.
    #[test]
    fn a_new_sku_is_not_back() {
        let unseen = Figures { level: None, ..figures(0, 0, 0) };
        for (after, expected) in
            [(30, vec![]), (51, vec![FactKind::Overstock]), (-1, vec![FactKind::NegativeStock])]
        {
            let found = figures(after, 0, 0).crossings(unseen).map(|(kind, _)| kind);
            assert_eq!(found.collect::<Vec<_>>(), expected, "{after}");
        }
    }

    /// A limit that is set, or moved, is crossed by goods that were there before; of what is gone none is low.
    #[test]
    fn limits_may_come_to_the_goods() {
        let none = AlertLimits::default();
        let kinds = |was: Figures, is: Figures| is.crossings(was).map(|(kind, _)| kind).collect::<Vec<_>>();
        let (few, gone, many) = (figures(4, 0, 0), figures(2, 0, 0), figures(60, 0, 0));
        assert_eq!(kinds(Figures { limits: none, ..few }, few), [FactKind::LowStock]);
        assert_eq!(kinds(Figures { limits: none, ..gone }, gone), []);
        assert_eq!(kinds(Figures { limits: none, ..many }, many), [FactKind::Overstock]);
        assert_eq!(kinds(many, Figures { limits: none, ..many }), []);
        let off = AlertLimits { low_stock: Some(0), ..none };
        let (enough, gone) = (Figures { limits: off, ..many }, Figures { limits: off, ..gone });
        assert_eq!(kinds(enough, gone), [FactKind::SoldOut]);
    }
}
