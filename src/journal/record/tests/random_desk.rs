//! Random entries of a desk come back as they were. Documents are deep, so they are made from a number by rolling dice
//! instead of being put together from strategies.

use std::sync::Arc;

use proptest::prelude::*;

use super::desk::refusals;
use super::random::comes_back;
use crate::domain::desk::fact::DeskLine;
use crate::domain::desk::{Desk, DeskFact, DeskFactKind, DeskRow, Document, Refused};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{
    ActorName, ChannelId, CommandId, LineId, OrderId, OrderNumber, Reason, Reference, Sku, WarehouseId,
};
use crate::domain::machine::Cause;
use crate::domain::order::model::{Known, Waits};
use crate::domain::order::{
    Carrier, Commercial, Contact, Destination, Fulfilment, FulfilmentLine, FulfilmentState, Happened,
    Inbound, InboundLine, InboundState, Inspected, Journey, Line, OnHold, Order, Parcel, Payment,
    PaymentState, Refund, Return, ReturnLine, ReturnState, Routed, Terms, Transfer, TransferLine,
    TransferState,
};
use crate::domain::place::{Country, PostalPrefix};
use crate::domain::routing::{
    Blocked, Chosen, Considered, Decided, Dropped, Explanation, Filter, Method, Outcome, Sort, Way, Why,
};
use crate::domain::time::Timestamp;
use crate::domain::trace::Trace;
use crate::journal::record::Entry;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever a desk writes is read.
    #[test]
    fn a_desk_comes_back(entry in entry()) {
        comes_back(&entry)?;
    }
}

/// An entry of a desk.
pub(super) fn entry() -> impl Strategy<Value = Entry<Desk>> {
    any::<u64>().prop_map(|seed| {
        let mut dice = Dice(seed);
        Entry {
            at: dice.time(),
            causes: dice.few(|dice| {
                let (id, actor, trace) = (dice.id(), dice.maybe(Dice::actor), dice.maybe(Dice::trace));
                Cause { id, actor, trace }
            }),
            facts: dice.few(|dice| (dice.maybe(|dice| dice.below(4)), dice.fact())),
            rows: dice.few(Dice::row),
        }
    })
}

/// Names that come up again and again, so that a record names the same string twice, and odd ones.
const NAMES: [&str; 8] =
    ["BER", "web-de", "TEE-M", "Größe #1/ü", "1", "07-00aa", "x", "00340434161094021501"];

/// SplitMix64.
pub(super) struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(super) fn flag(&mut self) -> bool {
        self.roll().is_multiple_of(2)
    }

    pub(super) fn trace(&mut self) -> Trace {
        Trace {
            id: [0; 16].map(|_: u8| self.byte()),
            parent: [0; 8].map(|_: u8| self.byte()),
            flags: self.byte(),
        }
    }

    pub(super) fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    pub(super) fn small(&mut self) -> u32 {
        if self.flag() {
            u32::try_from(self.below(5)).unwrap()
        } else {
            u32::try_from(self.roll() >> 32).unwrap()
        }
    }

    pub(super) fn units(&mut self) -> i64 {
        match self.below(4) {
            0 => 0,
            1 => self.roll().cast_signed(),
            _ => i64::from(self.byte()) - 20,
        }
    }

    pub(super) fn time(&mut self) -> Timestamp {
        Timestamp::from_millis(self.units())
    }

    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(super) fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| make(self))
    }

    pub(super) fn few<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| make(self)).collect()
    }

    fn text(&mut self) -> String {
        if self.flag() {
            NAMES[self.below(NAMES.len())].to_owned()
        } else {
            format!("n{}", self.roll() % 1_000)
        }
    }

    pub(super) fn id(&mut self) -> CommandId {
        CommandId::stored(&self.text())
    }

    pub(super) fn order_id(&mut self) -> OrderId {
        OrderId::stored(&self.text())
    }

    fn actor(&mut self) -> ActorName {
        ActorName::stored(&self.text())
    }

    pub(super) fn sku(&mut self) -> Sku {
        Sku::stored(&self.text())
    }

    pub(super) fn warehouse(&mut self) -> WarehouseId {
        WarehouseId::stored(if self.flag() { "BER" } else { "WIE" })
    }

    pub(super) fn channel(&mut self) -> ChannelId {
        ChannelId::stored(&self.text())
    }

    pub(super) fn line_id(&mut self) -> LineId {
        LineId::stored(&self.text())
    }

    pub(super) fn reason(&mut self) -> Reason {
        Reason::stored(&self.text())
    }

    pub(super) fn reference(&mut self) -> Reference {
        Reference::stored(&self.text())
    }

    pub(super) fn claim_line(&mut self) -> ClaimLine {
        ClaimLine { sku: self.sku(), quantity: self.units() }
    }

    fn fact(&mut self) -> DeskFact {
        DeskFact {
            kind: self.one_of(DeskFactKind::ALL),
            document: self.order_id(),
            channel: self.maybe(Self::channel),
            number: self.maybe(|dice| OrderNumber::stored(&dice.text())),
            warehouse: self.maybe(Self::warehouse),
            part: self.maybe(Self::small),
            lines: self.few(|dice| DeskLine {
                line: dice.maybe(Self::line_id),
                sku: dice.sku(),
                quantity: dice.units(),
            }),
            reason: self.maybe(Self::reason),
            time: self.maybe(Self::time),
        }
    }

    fn row(&mut self) -> DeskRow {
        match self.below(4) {
            0 => DeskRow::Open(self.order_id(), self.maybe(Self::document)),
            1 => DeskRow::Archived(self.order_id(), self.maybe(Self::document)),
            2 => {
                let known = refusals();
                let refused = self.maybe(|dice| Refused {
                    at: dice.time(),
                    fingerprint: dice.roll(),
                    refusal: known[dice.below(known.len())].clone(),
                });
                DeskRow::Refused(self.id(), refused)
            }
            _ => DeskRow::Asked((self.warehouse(), self.units()), self.units()),
        }
    }

    fn document(&mut self) -> Document {
        match self.below(5) {
            0 => Document::Return(Arc::new(self.back())),
            1 => Document::Transfer(Arc::new(self.transfer())),
            2 => Document::Inbound(Arc::new(self.inbound())),
            _ => Document::Order(Arc::new(self.order())),
        }
    }

    fn back(&mut self) -> Return {
        Return {
            id: self.order_id(),
            number: self.small(),
            order: self.maybe(Self::order_id),
            channel: self.maybe(Self::channel),
            reference: self.maybe(Self::reference),
            warehouse: self.warehouse(),
            state: self.one_of(ReturnState::ALL),
            lines: self.few(|dice| ReturnLine {
                line: dice.maybe(Self::line_id),
                sku: dice.sku(),
                quantity: dice.units(),
                reason: dice.maybe(Self::reason),
                received: dice.units(),
                inspected: Inspected {
                    sellable: dice.units(),
                    damaged: dice.units(),
                    quarantine: dice.units(),
                    scrap: dice.units(),
                },
            }),
            declared_at: self.time(),
            refund_by: self.time(),
            alert_at: self.time(),
            alerted: self.flag(),
            refunded: self.flag(),
            tasks: self.tasks(),
            known: self.known(),
            timeline: self.timeline(),
        }
    }

    fn transfer(&mut self) -> Transfer {
        Transfer {
            id: self.order_id(),
            reference: self.maybe(Self::reference),
            from: self.warehouse(),
            to: self.warehouse(),
            state: self.one_of(TransferState::ALL),
            lines: self.few(|dice| TransferLine {
                sku: dice.sku(),
                quantity: dice.units(),
                shipped: dice.units(),
                received: dice.units(),
                lost: dice.units(),
            }),
            along: self.few(Self::along),
            requested_at: self.time(),
            eta: self.maybe(Self::time),
            late_told: self.flag(),
            tasks: self.tasks(),
            known: self.known(),
            timeline: self.timeline(),
        }
    }

    fn inbound(&mut self) -> Inbound {
        Inbound {
            id: self.order_id(),
            reference: self.maybe(Self::reference),
            warehouse: self.warehouse(),
            state: self.one_of(InboundState::ALL),
            lines: self.few(|dice| InboundLine {
                sku: dice.sku(),
                expected: dice.units(),
                received: dice.units(),
            }),
            eta: self.maybe(Self::time),
            late_told: self.flag(),
            told_at: self.time(),
            tasks: self.tasks(),
            known: self.known(),
            timeline: self.timeline(),
        }
    }

    fn order(&mut self) -> Order {
        Order {
            id: self.order_id(),
            channel: self.channel(),
            number: OrderNumber::stored(&self.text()),
            revision: self.maybe(Self::units),
            content: self.roll(),
            told: self.flag(),
            state: self.one_of(Commercial::ALL),
            placed_at: self.time(),
            updated_at: self.time(),
            lines: self.few(Self::line),
            method: self.maybe(Self::warehouse).map_or(Method::Ship, Method::Pickup),
            destination: Destination {
                country: self.maybe(|dice| Country::parse(dice.one_of(&["DE", "AT", "CH"])).unwrap()),
                postal: self.maybe(|dice| PostalPrefix::of(dice.one_of(&["10115", "7", "SW1A"])).unwrap()),
            },
            terms: self.terms(),
            payment: Payment {
                state: self.one_of(PaymentState::ALL),
                required: self.flag(),
                reference: self.maybe(Self::reference),
            },
            refunds: self.few(Self::refund),
            hold: self.maybe(|dice| OnHold { reason: dice.reason(), until: dice.maybe(Self::time) }),
            reservation: self.maybe(Self::id),
            fulfilments: self.few(Self::fulfilment),
            returns: self.few(Self::back),
            journeys: self.few(|dice| Journey {
                transfer: dice.order_id(),
                row: dice.small(),
                line: dice.line_id(),
                quantity: dice.units(),
                shipped: dice.units(),
                received: dice.units(),
                over: dice.flag(),
            }),
            waits: self.few(|dice| Waits {
                id: dice.id(),
                line: dice.line_id(),
                warehouse: dice.warehouse(),
                open: dice.units(),
                booked: dice.units(),
            }),
            attempt: self.small(),
            only: self.maybe(Self::warehouse),
            blocked: self.few(|dice| Blocked {
                warehouse: dice.warehouse(),
                sku: dice.maybe(Self::sku),
                why: dice.one_of(Why::ALL),
            }),
            tasks: self.tasks(),
            routed: self.few(Self::routed),
            timeline: self.timeline(),
            known: self.known(),
            contact: match self.below(3) {
                0 => Contact::None,
                1 => Contact::Kept,
                _ => Contact::Erased(self.time()),
            },
            tracking: self.maybe(|dice| std::array::from_fn(|_| dice.byte())),
            cancelled_for: self.maybe(Self::reason),
            late_told: self.flag(),
            epoch: self.roll(),
            accepted_at: self.maybe(Self::time),
            withdrawn: self.flag(),
            carried: Arc::from(self.text()),
        }
    }

    fn line(&mut self) -> Line {
        Line {
            unit_value: self.units(),
            unrouted: self.units(),
            backordered: self.units(),
            allocated: self.units(),
            shipped: self.units(),
            cancelled: self.units(),
            unpaid: self.units(),
            returned: self.units(),
            ..Line::new(self.line_id(), self.sku(), self.flag(), self.units(), 0)
        }
    }

    fn terms(&mut self) -> Terms {
        Terms {
            ship_complete: self.flag(),
            priority: self.byte(),
            promise: self.maybe(Self::time),
            release_day: self.maybe(Self::units),
            release_at: self.maybe(Self::time),
            backorder: self.flag(),
            attempts_max: self.small(),
            pay_until: self.maybe(Self::time),
        }
    }

    fn refund(&mut self) -> Refund {
        Refund {
            at: self.time(),
            amount_minor: self.units(),
            currency: self.text(),
            of: self.maybe(Self::small),
            reason: self.maybe(Self::reason),
            reference: self.maybe(Self::reference),
        }
    }

    fn fulfilment(&mut self) -> Fulfilment {
        Fulfilment {
            number: self.small(),
            warehouse: self.warehouse(),
            claim: self.id(),
            state: self.one_of(FulfilmentState::ALL),
            held_in: self.one_of(FulfilmentState::ALL),
            lines: self.few(|dice| FulfilmentLine {
                line: dice.line_id(),
                sku: dice.sku(),
                quantity: dice.units(),
                serials: dice.few(Self::reference),
            }),
            requested_at: self.time(),
            accept_within_ms: self.maybe(Self::units),
            accept_by: self.maybe(Self::time),
            day: self.units(),
            parcels: self.few(|dice| Parcel {
                carrier: dice.maybe(Self::reference),
                tracking: dice.maybe(Self::reference),
            }),
            carrier: self.maybe(|dice| dice.one_of(Carrier::ALL)),
            trouble: self.maybe(Self::reason),
            left_at: self.maybe(Self::time),
            ends_at: self.maybe(Self::time),
            along: self.maybe(|dice| (dice.order_id(), dice.small())),
        }
    }

    fn known(&mut self) -> Vec<Known> {
        self.few(|dice| Known { id: dice.id(), fingerprint: dice.roll() })
    }

    fn timeline(&mut self) -> Vec<Happened> {
        self.few(|dice| Happened {
            at: dice.time(),
            kind: dice.one_of(DeskFactKind::ALL),
            actor: dice.maybe(Self::actor),
            warehouse: dice.maybe(Self::warehouse),
            number: dice.maybe(Self::small),
            quantity: dice.units(),
            reason: dice.maybe(Self::reason),
        })
    }

    fn routed(&mut self) -> Routed {
        let considered = self.few(|dice| Considered {
            warehouse: dice.warehouse(),
            dropped: dice.maybe(|dice| Dropped { filter: dice.one_of(Filter::ALL), detail: dice.text() }),
            place: dice.maybe(Self::small),
            decided_by: dice.maybe(|dice| dice.one_of(Sort::ALL)),
        });
        let chosen = Chosen {
            outcome: self.one_of(Outcome::ALL),
            warehouses: self.few(Self::warehouse),
            covered: self.units(),
            wanted: self.units(),
            passed: self.small(),
            way: self.maybe(|dice| dice.one_of(Way::ALL)),
            tried: self.small(),
            too_small: self.small(),
            bounded: self.flag(),
            decided: match self.below(5) {
                0 => Decided::Nothing,
                1 => Decided::NoChoice,
                2 => Decided::Units,
                3 => Decided::Sort(self.one_of(Sort::ALL)),
                _ => Decided::Id,
            },
        };
        let parts = self.few(|dice| (dice.warehouse(), dice.few(|dice| (dice.line_id(), dice.units()))));
        let (attempt, at) = (self.small(), self.time());
        Routed { attempt, at, explanation: Explanation { considered, chosen }, parts }
    }
}
