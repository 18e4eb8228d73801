//! The desk as a machine: one command at a time against one state.

use std::sync::Arc;

use super::command::{Answer, DeskCommand, Verb};
use super::fact::{DeskFact, DeskFactKind};
use super::scribe::{Note, Scribe};
use super::state::{Desk, DeskKey, DeskRow, DeskRules, Document, Refused, key_of};
use super::{
    along, carrying, changing, claiming, expecting, fulfilling, moving, paying, placing, reporting,
    returning, waking,
};
use crate::domain::ids::{CommandId, OrderId};
use crate::domain::machine::{Draft, Envelope, Machine, Moment};
use crate::domain::order::model::{KNOWN_MAX, Known};
use crate::domain::order::{Commercial, Contact, Order};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// What a command makes of a document.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It stands so now.
    Changed(Document),
    /// Nothing of it changed.
    Unchanged(Document),
    /// A newer revision was known already.
    Superseded(Document),
    /// The order is given up as if it had never been taken; its placing command is answered with this from now on.
    Withdrawn(Arc<Order>, Refusal),
}

impl Machine for Desk {
    type Command = DeskCommand;
    type Answer = Answer;
    type Fact = DeskFact;
    type Row = DeskRow;
    type Key = DeskKey;

    fn name(command: &DeskCommand) -> &'static str {
        command.verb.name()
    }

    fn refusal(answer: &Answer) -> Option<&Refusal> {
        if let Answer::Refused(refusal) = answer { Some(refusal) } else { None }
    }

    fn decide(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &DeskCommand,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let Some(id) = command.verb.document() else {
            if let Verb::Forget { documents } = &command.verb {
                self.forget(documents, draft);
            }
            return Ok(Answer::Done);
        };
        if let Some(refused) = self.refused.get(&envelope.id) {
            return if refused.fingerprint == envelope.fingerprint {
                Ok(Answer::Refused(refused.refusal.clone()))
            } else {
                Err(Refusal::IdempotencyConflict)
            };
        }
        let known = self.open.get(id).or_else(|| self.settling.get(id));
        if known.is_none() && self.lately.is_outdated(id, command.looked) {
            return Ok(Answer::LookAgain);
        }
        let known = known.or(command.archived.as_ref()).cloned();
        if let Verb::Look { .. } = command.verb {
            return Ok(known.map_or(Answer::Unknown, Answer::Document));
        }
        let remembers = !command.verb.is_internal();
        // What was refused is nobody's any more; it only gives back what it claimed.
        let withdrawn = |document: &Document| document.order().is_some_and(|order| order.withdrawn);
        let known =
            known.filter(|known| !remembers || matches!(command.verb, Verb::Place(_)) || !withdrawn(known));
        if known.is_none() && !remembers {
            // Whoever carries a document on may come twice, the second time after it was given up.
            return Ok(Answer::Unknown);
        }
        if remembers && let Some(document) = &known {
            match document.knows(&envelope.id) {
                Some(fingerprint) if fingerprint == envelope.fingerprint => {
                    return Ok(Answer::Document(document.clone()));
                }
                Some(_) => return Err(Refusal::IdempotencyConflict),
                None => {}
            }
        }
        let mut scribe = Scribe::new(moment, Some(envelope));
        match self.change(&mut scribe, known, command) {
            Ok(outcome) => Ok(self.carry_out(outcome, scribe, remembers.then_some(envelope), draft)),
            // Refusals of documents are facts: whoever asks again is told the same, whatever has changed since.
            Err(refusal) if command.verb.is_document() && is_lasting(&refusal) => {
                let fingerprint = envelope.fingerprint;
                self.remember_refusal(&envelope.id, fingerprint, &refusal, moment.now, draft);
                if let Verb::Place(place) = &command.verb {
                    draft.fact(DeskFact {
                        kind: DeskFactKind::OrderRefused,
                        document: place.id.clone(),
                        channel: Some(place.channel.clone()),
                        number: Some(place.number.clone()),
                        warehouse: None,
                        part: None,
                        lines: Vec::new(),
                        reason: Some(crate::domain::ids::Reason::stored(refusal.code())),
                        time: None,
                    });
                }
                Ok(Answer::Refused(refusal))
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn upkeep(&mut self, moment: &Moment, limit: usize, draft: &mut Draft<Self>) {
        let due: Vec<OrderId> = self
            .due
            .iter()
            .take_while(|(due, _)| *due <= moment.now)
            .take(limit)
            .map(|(_, id)| id.clone())
            .collect();
        for id in due {
            let Some(document) = self.open.get(&id).cloned() else { continue };
            let mut scribe = Scribe::new(moment, None);
            let document = waking::wake(&self.rules, &mut scribe, document);
            self.write(document, scribe, None, draft);
        }
        let old = moment.now.minus(self.rules.refusals_ms);
        let old: Vec<CommandId> = self
            .refused_ages
            .iter()
            .take_while(|(at, _)| *at <= old)
            .take(limit)
            .map(|(_, id)| id.clone())
            .collect();
        for id in old {
            draft.put(self, DeskRow::Refused(id, None));
        }
        waking::forget_days(self, moment.now, draft);
    }

    fn due(&self) -> Option<Timestamp> {
        let refusal = self.refused_ages.first().map(|(at, _)| at.plus(self.rules.refusals_ms));
        self.due.first().map(|(due, _)| *due).into_iter().chain(refusal).min()
    }

    fn put(&mut self, row: DeskRow) -> DeskRow {
        self.put_row(row)
    }

    fn key(row: &DeskRow) -> DeskKey {
        key_of(row)
    }

    fn row(&self, key: &DeskKey) -> DeskRow {
        self.row_of(key)
    }

    fn rows(&self) -> Vec<DeskRow> {
        self.all_rows()
    }

    /// Nothing lives in the log alone: documents are their own memory.
    fn floor(&self) -> Timestamp {
        Timestamp::MAX
    }

    fn loaded(&mut self, version: u64) {
        self.lately.begin(version);
    }

    fn settle(&mut self, confirmed: &[DeskRow], version: u64) {
        self.let_go(confirmed, version);
    }
}

impl Desk {
    fn change(
        &self,
        scribe: &mut Scribe,
        known: Option<Document>,
        command: &DeskCommand,
    ) -> Result<Outcome, Refusal> {
        let rules = &self.rules;
        let room = self.open.len() < rules.open_max;
        match &command.verb {
            Verb::Place(place) => placing::place(scribe, known, place, room),
            Verb::AnnounceReturn(announce) => returning::announce(rules, scribe, known, announce, room),
            Verb::ReceiveReturn { lines, warehouse, number, .. } => {
                returning::receive(scribe, known, *number, (warehouse.as_ref(), lines.as_deref()))
            }
            Verb::InspectReturn { number, lines, .. } => returning::inspect(scribe, known, *number, lines),
            Verb::CancelReturn { number, .. } => returning::cancel(scribe, known, *number),
            Verb::RequestTransfer(request) => moving::request(scribe, known, request, room),
            Verb::ShipTransfer { lines, eta, .. } => moving::ship(scribe, known, lines.as_deref(), *eta),
            Verb::ReceiveTransfer { lines, .. } => moving::receive(scribe, known, lines.as_deref()),
            Verb::CloseTransfer { .. } => moving::close(scribe, known),
            Verb::CancelTransfer { .. } => moving::cancel(scribe, known),
            Verb::Fewer { row, quantity, .. } => carrying::fewer(scribe, known, *row, *quantity),
            Verb::ExpectInbound(expect) => expecting::expect(scribe, known, expect, room),
            Verb::ReceiveInbound { lines, .. } => expecting::receive(scribe, known, lines.as_deref()),
            Verb::CloseInbound { .. } => expecting::close(scribe, known),
            Verb::Report { task, outcome, .. } => reporting::report(scribe, known, *task, outcome),
            Verb::Amend { .. }
            | Verb::Address { .. }
            | Verb::Hold { .. }
            | Verb::Resume { .. }
            | Verb::Cancel { .. }
            | Verb::Pay { .. }
            | Verb::Refund { .. }
            | Verb::Reroute { .. }
            | Verb::Fulfil { .. }
            | Verb::Retry { .. }
            | Verb::Decide { .. }
            | Verb::Served { .. }
            | Verb::Along { .. }
            | Verb::EraseContact { .. }
            | Verb::NoteContactRead { .. } => change_order(rules, scribe, known, &command.verb),
            Verb::Look { .. } | Verb::Forget { .. } => {
                known.map(Outcome::Unchanged).ok_or_else(unknown("document"))
            }
        }
    }

    fn carry_out(
        &mut self,
        outcome: Outcome,
        mut scribe: Scribe,
        envelope: Option<&Envelope>,
        draft: &mut Draft<Self>,
    ) -> Answer {
        match outcome {
            Outcome::Changed(document) => Answer::Document(self.write(document, scribe, envelope, draft)),
            Outcome::Unchanged(document) => Answer::Document(document),
            Outcome::Superseded(document) => Answer::Superseded(document),
            Outcome::Withdrawn(order, refusal) => {
                let mut order = Arc::unwrap_or_clone(order);
                let reason = crate::domain::ids::Reason::stored(refusal.code());
                scribe.order(&mut order, DeskFactKind::OrderRefused, Note::default().reason(Some(reason)));
                if let Some(placed) = order.known.first() {
                    let (id, fingerprint) = (placed.id.clone(), placed.fingerprint);
                    self.remember_refusal(&id, fingerprint, &refusal, scribe.now, draft);
                }
                if order.contact == Contact::Kept {
                    draft.aside(order.id.as_str().to_owned(), None);
                }
                self.note(scribe, &order.id, draft);
                if order.tasks.open.is_empty() {
                    draft.put(self, DeskRow::Open(order.id, None));
                } else {
                    // What was claimed for it must still be given back.
                    claiming::withdraw(&mut order);
                    draft.put(self, DeskRow::Open(order.id.clone(), Some(Document::Order(Arc::new(order)))));
                }
                Answer::Refused(refusal)
            }
        }
    }

    /// Writes a changed document where it belongs: open in memory, or into the archive.
    fn write(
        &mut self,
        document: Document,
        mut scribe: Scribe,
        envelope: Option<&Envelope>,
        draft: &mut Draft<Self>,
    ) -> Document {
        let document = finish(document, &mut scribe, envelope);
        let id = document.id().clone();
        self.note(scribe, &id, draft);
        let withdrawn = document.order().is_some_and(|order| order.withdrawn);
        if document.is_settled() && withdrawn {
            draft.put(self, DeskRow::Open(id, None));
        } else if document.is_settled() {
            if self.open.contains_key(&id) {
                draft.put(self, DeskRow::Open(id.clone(), None));
            }
            draft.put(self, DeskRow::Archived(id, Some(document.clone())));
        } else {
            if !self.open.contains_key(&id) {
                draft.put(self, DeskRow::Archived(id.clone(), None));
            }
            draft.put(self, DeskRow::Open(id, Some(document.clone())));
        }
        document
    }

    fn note(&mut self, scribe: Scribe, id: &OrderId, draft: &mut Draft<Self>) {
        for fact in scribe.facts {
            draft.fact(fact);
        }
        let oldest = waking::oldest_day(scribe.now);
        for (key, by) in scribe.asked.into_iter().filter(|((_, day), _)| *day >= oldest) {
            let count = self.asked.get(&key).copied().unwrap_or(0).saturating_add(by).max(0);
            draft.put(self, DeskRow::Asked(key, count));
        }
        if let Some(contact) = scribe.contact {
            draft.aside(id.as_str().to_owned(), contact.map(Into::into));
        }
    }

    fn remember_refusal(
        &mut self,
        id: &CommandId,
        fingerprint: u64,
        refusal: &Refusal,
        at: Timestamp,
        draft: &mut Draft<Self>,
    ) {
        let refused = Refused { at, fingerprint, refusal: refusal.clone() };
        draft.put(self, DeskRow::Refused(id.clone(), Some(refused)));
    }

    fn forget(&mut self, documents: &[OrderId], draft: &mut Draft<Self>) {
        for id in documents.iter().filter(|id| !self.open.contains_key(id)).collect::<Vec<_>>() {
            draft.put(self, DeskRow::Archived(id.clone(), None));
            draft.aside(id.as_str().to_owned(), None);
        }
    }
}

/// Commands about an order that must be known.
fn change_order(
    rules: &DeskRules,
    scribe: &mut Scribe,
    known: Option<Document>,
    verb: &Verb,
) -> Result<Outcome, Refusal> {
    let order = known.as_ref().and_then(Document::order).cloned().ok_or_else(unknown("order"))?;
    let mut order = Arc::unwrap_or_clone(order);
    let order = &mut order;
    let changed = match verb {
        Verb::Amend { revision, lines, carried, .. } => {
            let changed = changing::amend(scribe, order, *revision, lines)?;
            if let Some(carried) = carried {
                order.carried = carried.clone();
            }
            changed
        }
        Verb::Address { destination, contact, .. } => {
            changing::address(scribe, order, destination, contact.as_ref())?
        }
        Verb::Hold { reason, until, .. } => changing::hold(scribe, order, reason, *until)?,
        Verb::Resume { .. } => changing::resume(scribe, order)?,
        Verb::Cancel { lines, reason, .. } => changing::cancel(scribe, order, lines.as_deref(), reason)?,
        Verb::Pay { state, reference, .. } => paying::pay(scribe, order, *state, reference.as_ref()),
        Verb::Refund { refund, .. } => paying::refund(scribe, order, refund)?,
        Verb::Reroute { only, exclude, .. } => changing::reroute(scribe, order, only.as_ref(), exclude)?,
        Verb::Fulfil { number, lines, step, .. } => {
            fulfilling::step(rules, scribe, order, (*number, lines.as_deref(), step))?
        }
        Verb::Retry { .. } => claiming::retry(scribe, order),
        Verb::Decide { task, routing, .. } => match claiming::decide(scribe, order, *task, routing) {
            Ok(changed) => changed,
            Err(refusal) => return Ok(Outcome::Withdrawn(Arc::new(order.clone()), refusal)),
        },
        Verb::Served { wait, total, day, .. } => reporting::served(scribe, order, wait, *total, *day),
        Verb::Along { told, day, .. } => along::told(scribe, order, told, *day)?,
        Verb::EraseContact { force, .. } => changing::erase(scribe, order, *force)?,
        Verb::NoteContactRead { .. } => {
            scribe.order(order, DeskFactKind::ContactRead, Note::default());
            true
        }
        Verb::Place(_)
        | Verb::AnnounceReturn(_)
        | Verb::ReceiveReturn { .. }
        | Verb::InspectReturn { .. }
        | Verb::CancelReturn { .. }
        | Verb::RequestTransfer(_)
        | Verb::ShipTransfer { .. }
        | Verb::ReceiveTransfer { .. }
        | Verb::CloseTransfer { .. }
        | Verb::CancelTransfer { .. }
        | Verb::Fewer { .. }
        | Verb::ExpectInbound(_)
        | Verb::ReceiveInbound { .. }
        | Verb::CloseInbound { .. }
        | Verb::Report { .. }
        | Verb::Look { .. }
        | Verb::Forget { .. } => false,
    };
    let document = Document::Order(Arc::new(std::mem::replace(order, placing::nothing())));
    Ok(if changed { Outcome::Changed(document) } else { Outcome::Unchanged(document) })
}

/// What every change ends with: the state that follows, the command remembered.
fn finish(document: Document, scribe: &mut Scribe, envelope: Option<&Envelope>) -> Document {
    let known = envelope.map(|envelope| Known { id: envelope.id.clone(), fingerprint: envelope.fingerprint });
    match document {
        Document::Order(order) => {
            let mut order = Arc::unwrap_or_clone(order);
            let before = order.state;
            if order.lines.iter().all(|line| line.open() == 0) {
                order.hold = None;
            } else if order.unrouted() == 0 {
                // Paid late, and yet it has its place.
                order.cancelled_for = None;
            }
            changing::set_work(scribe, &mut order);
            order.state = order.settled_state();
            debug_assert!(
                before == order.state || before.may_become(order.state),
                "an order went from {} to {}",
                before.name(),
                order.state.name()
            );
            if order.accepted_at.is_none() && is_accepted(&order) {
                order.accepted_at = Some(scribe.now);
                scribe.order(&mut order, DeskFactKind::OrderAccepted, Note::default());
            }
            if before != order.state {
                match order.state {
                    Commercial::Shipped => {
                        scribe.order(&mut order, DeskFactKind::OrderShipped, Note::default());
                    }
                    Commercial::Delivered => {
                        scribe.order(&mut order, DeskFactKind::OrderDelivered, Note::default());
                    }
                    Commercial::Received
                    | Commercial::Held
                    | Commercial::Accepted
                    | Commercial::InFulfilment
                    | Commercial::PartiallyShipped
                    | Commercial::Closed
                    | Commercial::Cancelled => {}
                }
            }
            order.updated_at = scribe.now;
            push_known(&mut order.known, known);
            Document::Order(Arc::new(order))
        }
        Document::Return(back) => {
            let mut back = Arc::unwrap_or_clone(back);
            push_known(&mut back.known, known);
            Document::Return(Arc::new(back))
        }
        Document::Transfer(transfer) => {
            let mut transfer = Arc::unwrap_or_clone(transfer);
            push_known(&mut transfer.known, known);
            Document::Transfer(Arc::new(transfer))
        }
        Document::Inbound(inbound) => {
            let mut inbound = Arc::unwrap_or_clone(inbound);
            push_known(&mut inbound.known, known);
            Document::Inbound(Arc::new(inbound))
        }
    }
}

/// Nothing is under way that may still end in a refusal.
fn is_accepted(order: &Order) -> bool {
    !order.tasks.is_routing() && order.state != Commercial::Cancelled
}

/// A document remembers so many commands; the first, which made it, stays.
fn push_known(known: &mut Vec<Known>, new: Option<Known>) {
    if let Some(new) = new {
        if known.len() >= KNOWN_MAX {
            known.remove(1);
        }
        known.push(new);
    }
}

/// Whether a refusal says something about the document, not about the message.
const fn is_lasting(refusal: &Refusal) -> bool {
    !matches!(refusal, Refusal::IdempotencyConflict | Refusal::DeskFull | Refusal::UnknownDocument { .. })
}

/// The refusal of a command about something nobody knows.
pub(super) const fn unknown(kind: &'static str) -> impl Fn() -> Refusal {
    move || Refusal::UnknownDocument { kind }
}

impl Document {
    /// The fingerprint of a command that changed it, where it did.
    #[must_use]
    pub fn knows(&self, id: &CommandId) -> Option<u64> {
        let known = match self {
            Self::Order(order) => &order.known,
            Self::Return(back) => &back.known,
            Self::Transfer(transfer) => &transfer.known,
            Self::Inbound(inbound) => &inbound.known,
        };
        known.iter().find(|known| known.id == *id).map(|known| known.fingerprint)
    }
}
