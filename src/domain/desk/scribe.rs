//! How a change of a document becomes facts and a line of its timeline, both at once.

use super::fact::{DeskFact, DeskFactKind, DeskLine};
use crate::domain::ids::{ActorName, OrderId, Reason, WarehouseId};
use crate::domain::machine::{Envelope, Moment};
use crate::domain::order::model::TIMELINE_MAX;
use crate::domain::order::{Begun, Fulfilment, Happened, Inbound, Order, Return, Sealed, Transfer};
use crate::domain::time::Timestamp;
use crate::domain::trace::Trace;

/// Notes what a command does to a document.
#[derive(Debug)]
pub struct Scribe {
    /// When it is decided.
    pub now: Timestamp,
    /// As which version of the journal.
    pub version: u64,
    /// Who asked.
    pub actor: Option<ActorName>,
    /// Whose trace that belongs to.
    pub trace: Option<Trace>,
    /// What happened.
    pub facts: Vec<DeskFact>,
    /// How many fulfilments more, or fewer, a warehouse was asked for on a day.
    pub asked: Vec<((WarehouseId, i64), i64)>,
    /// What becomes of the contact: set, or erased.
    pub contact: Option<Option<Sealed>>,
}

/// What a fact says beyond its kind.
#[derive(Debug, Default)]
pub struct Note {
    pub(super) warehouse: Option<WarehouseId>,
    pub(super) part: Option<u32>,
    pub(super) lines: Vec<DeskLine>,
    pub(super) reason: Option<Reason>,
    pub(super) time: Option<Timestamp>,
}

impl Note {
    /// With these units.
    #[must_use]
    pub fn lines(lines: Vec<DeskLine>) -> Self {
        Self { lines, ..Self::default() }
    }

    /// About a fulfilment.
    #[must_use]
    pub fn of(part: &Fulfilment) -> Self {
        let lines = part.lines.iter().map(|line| DeskLine {
            line: Some(line.line.clone()),
            sku: line.sku.clone(),
            quantity: line.quantity,
        });
        Self {
            warehouse: Some(part.warehouse.clone()),
            part: Some(part.number),
            lines: lines.collect(),
            ..Self::default()
        }
    }

    /// At a warehouse.
    #[must_use]
    pub fn at(warehouse: &WarehouseId, lines: Vec<DeskLine>) -> Self {
        Self { warehouse: Some(warehouse.clone()), lines, ..Self::default() }
    }

    /// About a part by its number.
    #[must_use]
    pub const fn part(mut self, number: u32) -> Self {
        self.part = Some(number);
        self
    }

    /// For this reason.
    #[must_use]
    pub fn reason(mut self, reason: Option<Reason>) -> Self {
        self.reason = reason;
        self
    }

    /// When it happened.
    #[must_use]
    pub const fn time(mut self, time: Option<Timestamp>) -> Self {
        self.time = time;
        self
    }
}

impl Scribe {
    /// Notes for one command, or for what time alone does.
    #[must_use]
    pub fn new(moment: &Moment, envelope: Option<&Envelope>) -> Self {
        Self {
            now: moment.now,
            version: moment.version,
            actor: envelope.and_then(|envelope| envelope.actor.clone()),
            trace: envelope.and_then(|envelope| envelope.trace),
            facts: Vec::new(),
            asked: Vec::new(),
            contact: None,
        }
    }

    /// Where tasks come from that are begun now.
    #[must_use]
    pub const fn begun(&self) -> Begun {
        Begun { at: self.now, trace: self.trace }
    }

    /// Notes what happened to an order.
    pub fn order(&mut self, order: &mut Order, kind: DeskFactKind, note: Note) {
        let happened = self.happened(kind, &note);
        push(&mut order.timeline, happened);
        let mut fact = fact(&order.id, kind, note);
        fact.channel = Some(order.channel.clone());
        fact.number = Some(order.number.clone());
        self.facts.push(fact);
    }

    /// Notes what happened to a return; `order` is the one it lives in.
    pub fn back(&mut self, back: &mut Return, kind: DeskFactKind, note: Note) {
        let happened = self.happened(kind, &note);
        push(&mut back.timeline, happened);
        let mut fact = fact(&back.id, kind, note);
        fact.channel.clone_from(&back.channel);
        fact.warehouse.get_or_insert_with(|| back.warehouse.clone());
        self.facts.push(fact);
    }

    /// Notes what happened to a transfer.
    pub fn transfer(&mut self, transfer: &mut Transfer, kind: DeskFactKind, note: Note) {
        let happened = self.happened(kind, &note);
        push(&mut transfer.timeline, happened);
        self.facts.push(fact(&transfer.id, kind, note));
    }

    /// Notes what happened to a receipt.
    pub fn inbound(&mut self, inbound: &mut Inbound, kind: DeskFactKind, note: Note) {
        let happened = self.happened(kind, &note);
        push(&mut inbound.timeline, happened);
        self.facts.push(fact(&inbound.id, kind, note));
    }

    fn happened(&self, kind: DeskFactKind, note: &Note) -> Happened {
        Happened {
            at: note.time.unwrap_or(self.now),
            kind,
            actor: self.actor.clone(),
            warehouse: note.warehouse.clone(),
            number: note.part,
            quantity: note.lines.iter().fold(0, |sum, line| sum.saturating_add(line.quantity)),
            reason: note.reason.clone(),
        }
    }
}

fn fact(document: &OrderId, kind: DeskFactKind, note: Note) -> DeskFact {
    DeskFact {
        kind,
        document: document.clone(),
        channel: None,
        number: None,
        warehouse: note.warehouse,
        part: note.part,
        lines: note.lines,
        reason: note.reason,
        time: note.time,
    }
}

/// The first line stays, however much happens: it says where the document came from.
fn push(timeline: &mut Vec<Happened>, happened: Happened) {
    if timeline.len() >= TIMELINE_MAX {
        timeline.remove(1);
    }
    timeline.push(happened);
}
