//! What an outsider reads from facts: which goods moved for whom, and which states were seen after which.

use std::collections::BTreeMap;

use crate::domain::desk::Document;
use crate::domain::fact::FactKind;
use crate::domain::ids::{OrderId, Sku};
use crate::domain::machine::Closed;
use crate::domain::order::{Carrier, Commercial, FulfilmentState, Order, Step};
use crate::domain::warehouse::Warehouse;

type States = (Commercial, BTreeMap<u32, (FulfilmentState, FulfilmentState, Option<Carrier>)>);

#[derive(Debug, Default)]
pub(super) struct Books {
    /// Units told by warehouses, by kind, by whom they name, and by goods.
    units: BTreeMap<(FactKind, String, Sku), i64>,
    /// Units that counts had known of.
    covered: BTreeMap<Sku, i64>,
    /// On hand as changed outside of documents.
    by_hand: BTreeMap<Sku, i64>,
    /// Units reported as not found.
    pub(super) not_found: BTreeMap<Sku, i64>,
    seen: BTreeMap<OrderId, (u64, States)>,
}

impl Books {
    /// Reads a warehouse's batch; `by_hand` where no document is behind it.
    pub(super) fn read(&mut self, closed: &Closed<Warehouse>, by_hand: bool) {
        for (_, fact) in &closed.facts {
            for line in &fact.lines {
                let sku = line.sku.clone();
                if by_hand {
                    continue;
                }
                let order = fact.order.as_ref().map(|order| order.as_str().to_owned());
                let of_channel = fact.channel.as_ref().map_or("", |channel| channel.as_str());
                let reference = fact.reference.as_ref().map_or("", |reference| reference.as_str());
                let whom = match fact.kind {
                    FactKind::Sold => format!("{of_channel} {reference}"),
                    FactKind::Received | FactKind::Returned | FactKind::Scrapped => reference.to_owned(),
                    _ => order.unwrap_or_default(),
                };
                *self.units.entry((fact.kind, whom, sku.clone())).or_default() += line.change.abs();
                if fact.covered {
                    *self.covered.entry(sku).or_default() += line.change;
                }
            }
        }
    }

    /// Notes by how much staff changed what is on hand.
    pub(super) fn noted_by_hand(&mut self, sku: &Sku, by: i64) {
        *self.by_hand.entry(sku.clone()).or_default() += by;
    }

    /// Sees a document as confirmed: its states may only move as the tables say.
    pub(super) fn saw(&mut self, document: &Document) {
        let Document::Order(order) = document else { return };
        let parts = order.fulfilments.iter();
        let now: States = (
            order.state,
            parts.map(|part| (part.number, (part.state, part.held_in, part.carrier))).collect(),
        );
        // One that was refused and comes again begins anew.
        let known = self.seen.get(&order.id).filter(|(epoch, _)| *epoch == order.epoch);
        if let Some((_, (state, parts))) = known {
            let fits = *state == order.state || state.may_become(order.state);
            assert!(fits || order.withdrawn, "{}: {} became {}", order.id, state.name(), order.state.name());
            for (number, (before, held_in, carrier)) in parts {
                let Some((after, _, event)) = now.1.get(number) else {
                    assert!(*before == FulfilmentState::Proposed || order.withdrawn, "{number} is gone");
                    continue;
                };
                let fits = before == after || reaches(*before, *held_in, *after, 2);
                assert!(fits, "{}: fulfilment {number} was {before:?} and is {after:?}", order.id);
                let fits = carrier == event
                    || event.is_some_and(|event| carrier.is_none_or(|known| known.may_become(event)));
                assert!(fits, "{}: the carrier said {carrier:?}, then {event:?}", order.id);
            }
        }
        self.seen.insert(order.id.clone(), (order.epoch, now));
    }

    /// A document left: it settled, or was never taken.
    pub(super) fn gone(&mut self, id: &OrderId) {
        // What comes again under this id begins anew; a settled one is seen from the archive in the same batch.
        self.seen.remove(id);
    }

    fn units(&self, kind: FactKind, whom: &str, sku: &Sku) -> i64 {
        self.units.get(&(kind, whom.to_owned(), sku.clone())).copied().unwrap_or(0)
    }

    /// Warehouses moved for each document exactly what it says.
    pub(super) fn check<'a>(&self, documents: impl Iterator<Item = &'a Document>) {
        for document in documents {
            match document {
                Document::Order(order) => self.check_order(order),
                Document::Return(back) => {
                    for line in &back.lines {
                        self.fits(FactKind::Returned, back.id.as_str(), (&line.sku, line.received));
                    }
                }
                Document::Transfer(transfer) => {
                    for line in &transfer.lines {
                        let id = transfer.id.as_str();
                        self.fits(FactKind::TransferredOut, id, (&line.sku, line.shipped));
                        self.fits(FactKind::TransferredIn, id, (&line.sku, line.received));
                    }
                }
                Document::Inbound(inbound) => {
                    let reference = inbound.reference.as_ref().map_or("", |reference| reference.as_str());
                    for line in &inbound.lines {
                        self.fits(FactKind::Received, reference, (&line.sku, line.received));
                    }
                }
            }
        }
    }

    fn check_order(&self, order: &Order) {
        let mut shipped: BTreeMap<&Sku, i64> = BTreeMap::new();
        for line in order.lines.iter().filter(|line| line.stock) {
            *shipped.entry(&line.sku).or_default() += line.shipped;
        }
        let (sold, left) = sold_and_shipped(order);
        for (sku, units) in shipped {
            let whom = format!("{} {}", order.channel, order.number);
            assert_eq!(units, sold.get(sku).unwrap_or(&0) + left.get(sku).unwrap_or(&0));
            self.fits(FactKind::Sold, &whom, (sku, sold.get(sku).copied().unwrap_or(0)));
            self.fits(FactKind::Shipped, order.id.as_str(), (sku, left.get(sku).copied().unwrap_or(0)));
        }
        for back in &order.returns {
            let mut units: BTreeMap<&Sku, (i64, i64)> = BTreeMap::new();
            for line in &back.lines {
                let (received, scrapped) = units.entry(&line.sku).or_default();
                *received += line.received;
                *scrapped += line.inspected.scrap;
            }
            for (sku, (received, scrapped)) in units {
                self.fits(FactKind::Returned, back.id.as_str(), (sku, received));
                self.fits(FactKind::Scrapped, back.id.as_str(), (sku, scrapped));
            }
        }
    }

    fn fits(&self, kind: FactKind, whom: &str, (sku, units): (&Sku, i64)) {
        let told = self.units(kind, whom, sku);
        assert_eq!(
            told,
            units,
            "{} of {sku} for {whom}: warehouses told {told}, its document {units}",
            kind.name()
        );
    }

    /// Units of each SKU on hand are what came less what went, all documents and hands together.
    pub(super) fn conserve<'a>(
        &self,
        documents: impl Iterator<Item = &'a Document>,
        on_hand: &BTreeMap<Sku, i64>,
    ) {
        let mut expected = self.by_hand.clone();
        let mut book = |sku: &Sku, by: i64| *expected.entry(sku.clone()).or_default() += by;
        for document in documents {
            match document {
                Document::Order(order) => {
                    for line in &order.lines {
                        book(&line.sku, -line.shipped);
                    }
                    for line in order.returns.iter().flat_map(|back| &back.lines) {
                        book(&line.sku, line.received - line.inspected.scrap);
                    }
                }
                Document::Return(back) => {
                    back.lines.iter().for_each(|line| book(&line.sku, line.received - line.inspected.scrap));
                }
                Document::Transfer(transfer) => {
                    transfer.lines.iter().for_each(|line| book(&line.sku, line.received - line.shipped));
                }
                Document::Inbound(inbound) => {
                    inbound.lines.iter().for_each(|line| book(&line.sku, line.received));
                }
            }
        }
        self.not_found.iter().for_each(|(sku, units)| book(sku, -units));
        self.covered.iter().for_each(|(sku, change)| book(sku, -change));
        expected.retain(|_, units| *units != 0);
        let mut found = on_hand.clone();
        found.retain(|_, units| *units != 0);
        assert_eq!(found, expected, "units came from nowhere, or went nowhere");
    }
}

/// Whether some steps lead from one state to the other.
fn reaches(from: FulfilmentState, held_in: FulfilmentState, to: FulfilmentState, steps: u32) -> bool {
    steps > 0
        && Step::ALL.iter().any(|step| {
            from.after(*step, held_in).is_some_and(|next| next == to || reaches(next, from, to, steps - 1))
        })
}

/// Units whose goods were gone when the order came, and units that left since.
fn sold_and_shipped(order: &Order) -> (BTreeMap<Sku, i64>, BTreeMap<Sku, i64>) {
    let (mut sold, mut left) = (BTreeMap::new(), BTreeMap::new());
    let asked = |part: &crate::domain::order::Fulfilment| part.claim == order.claim_at(&part.warehouse);
    for part in order.fulfilments.iter().filter(|part| part.state.has_left()) {
        let gone = part.number == 1 && order.attempt == 0 && asked(part);
        let units = if gone { &mut sold } else { &mut left };
        for line in &part.lines {
            *units.entry(line.sku.clone()).or_default() += line.quantity;
        }
    }
    (sold, left)
}
