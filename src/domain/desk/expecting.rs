//! Goods that are expected: purchase orders and ship notices, received in parts, late, closed short.

use std::sync::Arc;

use super::command::ExpectInbound;
use super::decide::{Outcome, unknown};
use super::fact::DeskFactKind;
use super::moving::desk_lines;
use super::scribe::{Note, Scribe};
use super::state::Document;
use crate::domain::hold::{ClaimLine, summed};
use crate::domain::order::{Inbound, InboundLine, InboundState, Message, TaskWork, Tasks};
use crate::domain::refusal::Refusal;
use crate::domain::warehouse::{Movement, MovementKind};

/// Takes an expectation in, or changes one.
pub(super) fn expect(
    scribe: &mut Scribe,
    known: Option<Document>,
    said: &ExpectInbound,
    room: bool,
) -> Result<Outcome, Refusal> {
    let lines = summed(&said.lines)?;
    if lines.is_empty() {
        return Err(Refusal::OutOfRange);
    }
    let mut inbound = match known {
        Some(Document::Inbound(inbound)) => {
            let mut inbound = Arc::unwrap_or_clone(inbound);
            if matches!(inbound.state, InboundState::Closed | InboundState::Cancelled) {
                return Err(Refusal::IllegalStep { act: "expect", found: inbound.state.name() });
            }
            if inbound.state == InboundState::Expected {
                inbound.warehouse = said.warehouse.clone();
                inbound.reference.clone_from(&said.reference);
            }
            inbound.lines.retain(|line| line.received > 0 || lines.iter().any(|said| said.sku == line.sku));
            for line in &mut inbound.lines {
                let said = lines.iter().find(|said| said.sku == line.sku);
                line.expected = said.map_or(0, |said| said.quantity);
            }
            inbound
        }
        Some(_) => return Err(unknown("inbound")()),
        None if !room => return Err(Refusal::DeskFull),
        None => Inbound {
            id: said.id.clone(),
            reference: said.reference.clone(),
            warehouse: said.warehouse.clone(),
            state: InboundState::Expected,
            lines: Vec::new(),
            eta: said.eta,
            late_told: false,
            told_at: scribe.now,
            tasks: Tasks::default(),
            known: Vec::new(),
            timeline: Vec::new(),
        },
    };
    for line in &lines {
        if !inbound.lines.iter().any(|known| known.sku == line.sku) {
            let (sku, expected) = (line.sku.clone(), line.quantity);
            inbound.lines.push(InboundLine { sku, expected, received: 0 });
        }
    }
    if inbound.eta != said.eta {
        inbound.eta = said.eta;
        inbound.late_told = false;
    }
    let note = Note::at(&inbound.warehouse, desk_lines(&lines)).time(inbound.eta);
    scribe.inbound(&mut inbound, DeskFactKind::InboundExpected, note);
    settle(&mut inbound);
    Ok(Outcome::Changed(Document::Inbound(Arc::new(inbound))))
}

fn settle(inbound: &mut Inbound) {
    inbound.state = if inbound.lines.iter().all(|line| line.open() == 0) {
        InboundState::Closed
    } else if inbound.lines.iter().any(|line| line.received > 0) {
        InboundState::PartlyReceived
    } else {
        InboundState::Expected
    };
}

/// Goods arrived; more than expected, or goods nobody expected, are received all the same.
pub(super) fn receive(
    scribe: &mut Scribe,
    known: Option<Document>,
    lines: Option<&[ClaimLine]>,
) -> Result<Outcome, Refusal> {
    let mut inbound = open(known, "receive")?;
    let lines = match lines {
        Some(lines) => summed(lines)?,
        None => {
            let open = |line: &InboundLine| ClaimLine { sku: line.sku.clone(), quantity: line.open() };
            inbound.lines.iter().map(open).filter(|line| line.quantity > 0).collect()
        }
    };
    for line in &lines {
        match inbound.lines.iter_mut().find(|known| known.sku == line.sku) {
            Some(known) => known.received = known.received.saturating_add(line.quantity),
            None => {
                let (sku, received) = (line.sku.clone(), line.quantity);
                inbound.lines.push(InboundLine { sku, expected: 0, received });
            }
        }
        let movement = Movement {
            sku: line.sku.clone(),
            kind: MovementKind::Receive(None),
            quantity: line.quantity,
            reference: inbound.reference.clone(),
            reason: None,
            occurred_at: Some(scribe.now),
        };
        let (warehouse, message) = (inbound.warehouse.clone(), Message::Move(movement));
        inbound.tasks.push(scribe.begun(), TaskWork::Tell { warehouse, message });
    }
    settle(&mut inbound);
    let note = Note::at(&inbound.warehouse, desk_lines(&lines));
    scribe.inbound(&mut inbound, DeskFactKind::InboundReceived, note);
    Ok(Outcome::Changed(Document::Inbound(Arc::new(inbound))))
}

/// No more arrives.
pub(super) fn close(scribe: &mut Scribe, known: Option<Document>) -> Result<Outcome, Refusal> {
    let mut inbound = open(known, "close")?;
    let some = inbound.lines.iter().any(|line| line.received > 0);
    inbound.state = if some { InboundState::Closed } else { InboundState::Cancelled };
    let note = Note::at(&inbound.warehouse, Vec::new());
    scribe.inbound(&mut inbound, DeskFactKind::InboundClosed, note);
    Ok(Outcome::Changed(Document::Inbound(Arc::new(inbound))))
}

fn open(known: Option<Document>, act: &'static str) -> Result<Inbound, Refusal> {
    let Some(Document::Inbound(inbound)) = known else { return Err(unknown("inbound")()) };
    if matches!(inbound.state, InboundState::Closed | InboundState::Cancelled) {
        return Err(Refusal::IllegalStep { act, found: inbound.state.name() });
    }
    Ok(Arc::unwrap_or_clone(inbound))
}
