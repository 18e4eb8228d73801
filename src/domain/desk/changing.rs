//! Changes of an order: fewer or more units, another address, a pause, another place.

use super::along;
use super::claiming;
use super::command::NewLine;
use super::fact::DeskFactKind;
use super::placing::{LINES_MAX, PAYMENT, UNKNOWN_SKU, desk_line};
use super::scribe::{Note, Scribe};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{LineId, Reason, WarehouseId};
use crate::domain::order::{
    Contact, Destination, Fulfilment, FulfilmentState, Line, Message, OnHold, Order, Sealed, Step, TaskWork,
};
use crate::domain::quantity::UNITS_MAX;
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Blocked, Method, Why};
use crate::domain::time::Timestamp;

/// Why an order waits whose contact was erased while it was open.
const CONTACT_ERASED: &str = "contact_erased";

/// Changes the lines to these: only the difference is claimed or given back.
pub(super) fn amend(
    scribe: &mut Scribe,
    order: &mut Order,
    revision: Option<i64>,
    lines: &[NewLine],
) -> Result<bool, Refusal> {
    if let (Some(known), Some(said)) = (order.revision, revision)
        && said <= known
    {
        return Err(Refusal::OrderExists);
    }
    if order.state.is_over() {
        return Err(illegal("amend", order));
    }
    for line in lines {
        if !(0..=UNITS_MAX).contains(&line.quantity) {
            return Err(Refusal::OutOfRange);
        }
        if let Some(known) = order.line(&line.id) {
            if known.sku != line.sku || known.stock != line.stock {
                return Err(Refusal::LineIsOther { line: line.id.clone() });
            }
            must_be_reducible(order, known, line.quantity)?;
        }
    }
    let gone: Vec<Line> = order
        .lines
        .iter()
        .filter(|known| known.stock && !lines.iter().any(|line| line.id == known.id))
        .cloned()
        .collect();
    for known in &gone {
        must_be_reducible(order, known, 0)?;
    }
    let fresh = lines.iter().filter(|line| order.line(&line.id).is_none()).count();
    if order.lines.len().saturating_add(fresh) > LINES_MAX {
        return Err(Refusal::OutOfRange);
    }
    claiming::stop_routing(scribe, order);
    for known in &gone {
        set_ordered(scribe, order, &known.id, 0);
    }
    for line in lines {
        if order.line(&line.id).is_some() {
            set_ordered(scribe, order, &line.id, line.quantity);
        } else if line.quantity > 0 {
            order.lines.push(Line::from(line));
        }
    }
    if revision.is_some() {
        order.revision = revision;
    }
    let said = order.lines.iter().filter(|line| line.stock).map(|line| desk_line(line, line.ordered));
    let note = Note::lines(said.collect());
    scribe.order(order, DeskFactKind::OrderAmended, note);
    claiming::once_more(order);
    claiming::route(scribe, order);
    Ok(true)
}

/// Units that left, are packed or were cancelled before can't be taken out any more.
fn must_be_reducible(order: &Order, known: &Line, quantity: i64) -> Result<(), Refusal> {
    let wanted = known.ordered.saturating_sub(known.cancelled).saturating_sub(quantity);
    let possible = reducible(order, known, false);
    if known.stock && wanted > possible {
        return Err(Refusal::TooMany { line: known.id.clone(), asked: wanted, possible });
    }
    Ok(())
}

/// Units of a line that can still be taken back.
fn reducible(order: &Order, line: &Line, packed_too: bool) -> i64 {
    let of_open = order.fulfilments.iter().filter(|part| can_give(part, packed_too));
    let open = of_open.fold(0_i64, |sum, part| sum.saturating_add(part.quantity(&line.id)));
    line.unrouted.saturating_add(line.backordered).saturating_add(open)
}

const fn can_give(part: &Fulfilment, packed_too: bool) -> bool {
    let stage = part.stage();
    let early = stage.is_before_packing() || matches!(stage, FulfilmentState::AwaitingTransfer);
    early || (packed_too && part.state.is_allocated())
}

/// Sets how many units of a line are wanted, beside those cancelled before.
fn set_ordered(scribe: &mut Scribe, order: &mut Order, id: &LineId, quantity: i64) {
    let Some(line) = order.line_mut(id) else { return };
    if !line.stock {
        line.ordered = quantity;
        return;
    }
    let wanted = line.ordered.saturating_sub(line.cancelled);
    if quantity > wanted {
        let more = quantity.saturating_sub(wanted);
        line.ordered = line.ordered.saturating_add(more);
        line.unrouted = line.unrouted.saturating_add(more);
    } else {
        let less = wanted.saturating_sub(quantity);
        let taken = take_back(scribe, order, id, less, false);
        if let Some(line) = order.line_mut(id) {
            line.cancelled = line.cancelled.saturating_add(taken);
        }
    }
}

/// Takes units of a line out of wherever they are, the least settled first: without a place, waiting, on the road with a
/// transfer, promised. What was promised is given back. How many it was.
pub(super) fn take_back(
    scribe: &mut Scribe,
    order: &mut Order,
    id: &LineId,
    quantity: i64,
    packed_too: bool,
) -> i64 {
    let mut left = quantity;
    if let Some(line) = order.line_mut(id) {
        let units = left.min(line.unrouted);
        line.unrouted = line.unrouted.saturating_sub(units);
        left = left.saturating_sub(units);
    }
    left = left.saturating_sub(take_waiting(scribe, order, id, left));
    left = left.saturating_sub(along::take_travelling(scribe, order, id, left));
    for at in (0..order.fulfilments.len()).rev() {
        if left == 0 {
            break;
        }
        left = left.saturating_sub(take_promised(scribe, order, at, id, (left, packed_too)));
    }
    quantity.saturating_sub(left)
}

fn take_waiting(scribe: &Scribe, order: &mut Order, id: &LineId, quantity: i64) -> i64 {
    let mut left = quantity;
    let mut changed = Vec::new();
    for waits in order.waits.iter_mut().filter(|waits| waits.line == *id) {
        let units = left.min(waits.open);
        if units == 0 {
            continue;
        }
        waits.open = waits.open.saturating_sub(units);
        left = left.saturating_sub(units);
        changed.push((waits.warehouse.clone(), waits.id.clone(), units));
    }
    for (warehouse, wait, quantity) in changed {
        let message = Message::Unwait { wait: wait.clone(), quantity };
        order.tasks.push(scribe.begun(), TaskWork::Tell { warehouse, message });
        order.close_backorder(scribe.begun(), &wait);
    }
    let taken = quantity.saturating_sub(left);
    if let Some(line) = order.line_mut(id) {
        line.backordered = line.backordered.saturating_sub(taken);
    }
    taken
}

fn take_promised(
    scribe: &mut Scribe,
    order: &mut Order,
    at: usize,
    id: &LineId,
    (quantity, packed_too): (i64, bool),
) -> i64 {
    let Some(part) = order.fulfilments.get_mut(at).filter(|part| can_give(part, packed_too)) else {
        return 0;
    };
    let mut left = quantity;
    let mut lines = Vec::new();
    for line in part.lines.iter_mut().filter(|line| line.line == *id) {
        let units = left.min(line.quantity);
        line.quantity = line.quantity.saturating_sub(units);
        left = left.saturating_sub(units);
        if units > 0 {
            lines.push(ClaimLine { sku: line.sku.clone(), quantity: units });
        }
    }
    part.lines.retain(|line| line.quantity > 0);
    if lines.is_empty() {
        return 0;
    }
    let message = Message::Deallocate { claim: part.claim.clone(), lines };
    let warehouse = part.warehouse.clone();
    let taken = quantity.saturating_sub(left);
    let was = part.clone();
    if part.lines.is_empty() {
        part.along = None;
        part.state = FulfilmentState::Cancelled;
        part.accept_by = None;
        let (day, number) = (part.day, part.number);
        scribe.asked.push(((warehouse.clone(), day), -1));
        let note = Note::at(&warehouse, Vec::new()).part(number);
        scribe.order(order, DeskFactKind::FulfilmentCancelled, note);
    }
    // The transfer is told first, so that it takes nothing along that is free.
    along::fewer(scribe, order, (&was, taken));
    order.tasks.push(scribe.begun(), TaskWork::Tell { warehouse, message });
    if let Some(line) = order.line_mut(id) {
        line.allocated = line.allocated.saturating_sub(taken);
    }
    taken
}

/// Cancels units, or all that has not left.
pub(super) fn cancel(
    scribe: &mut Scribe,
    order: &mut Order,
    lines: Option<&[(LineId, i64)]>,
    reason: &Reason,
) -> Result<bool, Refusal> {
    let open = |order: &Order| order.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.open()));
    if open(order) == 0 {
        return Err(illegal("cancel", order));
    }
    let lines: Vec<(LineId, i64)> = match lines {
        Some(lines) => lines.to_vec(),
        None => order.lines.iter().map(|line| (line.id.clone(), line.open())).collect(),
    };
    for (id, quantity) in &lines {
        let line = order.line(id).ok_or_else(|| Refusal::UnknownLine(id.clone()))?;
        let possible = reducible(order, line, true).max(line.unrouted);
        if *quantity > possible || *quantity < 0 {
            return Err(Refusal::TooMany { line: id.clone(), asked: *quantity, possible });
        }
    }
    claiming::stop_routing(scribe, order);
    let mut cancelled = Vec::new();
    for (id, quantity) in &lines {
        let taken = take_back(scribe, order, id, *quantity, true);
        if let Some(line) = order.line_mut(id).filter(|_| taken > 0) {
            line.cancelled = line.cancelled.saturating_add(taken);
            cancelled.push(desk_line(line, taken));
        }
    }
    let note = Note::lines(cancelled).reason(Some(reason.clone()));
    scribe.order(order, DeskFactKind::OrderCancelled, note);
    if open(order) == 0 {
        order.cancelled_for = Some(reason.clone());
    }
    claiming::once_more(order);
    claiming::route(scribe, order);
    Ok(true)
}

/// Changes where an order goes; nothing may be packed yet.
pub(super) fn address(
    scribe: &mut Scribe,
    order: &mut Order,
    destination: &Destination,
    contact: Option<&Sealed>,
) -> Result<bool, Refusal> {
    let packed = |state: FulfilmentState| state.has_left() || (state.is_open() && !state.is_before_packing());
    if order.state.is_over() || order.fulfilments.iter().any(|part| packed(part.stage())) {
        return Err(illegal("address", order));
    }
    order.destination = destination.clone();
    if let Some(contact) = contact {
        scribe.contact = Some(Some(contact.clone()));
        order.contact = Contact::Kept;
        if order.hold.as_ref().is_some_and(|hold| hold.reason.as_str() == CONTACT_ERASED) {
            resume(scribe, order)?;
        }
    }
    scribe.order(order, DeskFactKind::OrderAddressChanged, Note::default());
    Ok(true)
}

/// Lets nobody work on an order.
pub(super) fn hold(
    scribe: &mut Scribe,
    order: &mut Order,
    reason: &Reason,
    until: Option<Timestamp>,
) -> Result<bool, Refusal> {
    if order.state.is_over() || order.lines.iter().all(|line| line.open() == 0) {
        return Err(illegal("hold", order));
    }
    order.hold = Some(OnHold { reason: reason.clone(), until });
    scribe.order(order, DeskFactKind::OrderHeld, Note::default().reason(Some(reason.clone())));
    hold_work(scribe, order, |_| true);
    Ok(true)
}

/// Puts fulfilments on hold.
fn hold_work(scribe: &mut Scribe, order: &mut Order, which: fn(FulfilmentState) -> bool) {
    for at in 0..order.fulfilments.len() {
        let Some(part) = order.fulfilments.get_mut(at).filter(|part| which(part.state)) else { continue };
        if let Some(state) = part.state.after(Step::Hold, part.held_in) {
            part.held_in = part.state;
            part.state = state;
            part.accept_by = None;
            let note = Note::of(part);
            scribe.order(order, DeskFactKind::FulfilmentHeld, note);
        }
    }
}

/// Lets warehouses work, or wait, as the order says: what goes as a whole is begun when all of it has goods.
pub(super) fn set_work(scribe: &mut Scribe, order: &mut Order) {
    if order.hold.is_some() {
        return;
    }
    if order.holds_back() {
        hold_work(scribe, order, FulfilmentState::is_before_packing);
        return;
    }
    for at in 0..order.fulfilments.len() {
        let Some(part) = order.fulfilments.get_mut(at) else { continue };
        if let Some(state) = part.state.after(Step::Resume, part.held_in) {
            part.state = state;
            if state == FulfilmentState::Requested {
                part.accept_by = part.accept_within_ms.map(|within| scribe.now.plus(within));
            }
            let note = Note::of(part);
            scribe.order(order, DeskFactKind::FulfilmentResumed, note);
        }
    }
}

/// Lets work go on.
pub(super) fn resume(scribe: &mut Scribe, order: &mut Order) -> Result<bool, Refusal> {
    let Some(ended) = order.hold.take() else { return Err(illegal("resume", order)) };
    scribe.order(order, DeskFactKind::OrderResumed, Note::default());
    // One hold may have covered another whose cause is still there.
    let still =
        if ended.reason.as_str() != PAYMENT && order.payment.required && !order.payment.state.is_good() {
            Some((PAYMENT, order.terms.pay_until))
        } else if ended.reason.as_str() != CONTACT_ERASED && matches!(order.contact, Contact::Erased(_)) {
            Some((CONTACT_ERASED, None))
        } else {
            None
        };
    if let Some((why, until)) = still.filter(|_| order.lines.iter().any(|line| line.open() > 0)) {
        let reason = Reason::stored(why);
        order.hold = Some(OnHold { reason: reason.clone(), until });
        scribe.order(order, DeskFactKind::OrderHeld, Note::default().reason(Some(reason)));
        return Ok(true);
    }
    set_work(scribe, order);
    // Whoever lets it go on wants it tried again, also after the routings it had.
    claiming::retry(scribe, order);
    Ok(true)
}

/// Ends the hold of an order that waited for an item card or a payment, and no other.
pub(super) fn resume_from(scribe: &mut Scribe, order: &mut Order, why: &str) {
    if order.hold.as_ref().is_some_and(|hold| hold.reason.as_str() == why) && resume(scribe, order).is_err() {
        debug_assert!(false, "a held order can be resumed");
    }
}

/// Finds other places for what no warehouse has begun to pick.
pub(super) fn reroute(
    scribe: &mut Scribe,
    order: &mut Order,
    only: Option<&WarehouseId>,
    exclude: &[WarehouseId],
) -> Result<bool, Refusal> {
    if order.state.is_over() || matches!(order.method, Method::Pickup(_)) {
        return Err(illegal("reroute", order));
    }
    claiming::stop_routing(scribe, order);
    for warehouse in exclude {
        order.blocked.push(Blocked { warehouse: warehouse.clone(), sku: None, why: Why::Operator });
    }
    if let Some(only) = only {
        // An operator's word undoes what a warehouse said before.
        order.blocked.retain(|blocked| blocked.warehouse != *only);
        for part in &order.fulfilments {
            if part.warehouse != *only && not_begun(part) {
                let (warehouse, why) = (part.warehouse.clone(), Why::Operator);
                order.blocked.push(Blocked { warehouse, sku: None, why });
            }
        }
    }
    order.only = only.cloned();
    for at in 0..order.fulfilments.len() {
        let Some(part) = order.fulfilments.get(at).filter(|part| not_begun(part)) else { continue };
        if only.is_some_and(|only| part.warehouse == *only) {
            continue;
        }
        if only.is_none() && !exclude.is_empty() && !exclude.contains(&part.warehouse) {
            continue;
        }
        let lines: Vec<(LineId, i64)> =
            part.lines.iter().map(|line| (line.line.clone(), line.quantity)).collect();
        for (id, quantity) in lines {
            let taken = take_promised(scribe, order, at, &id, (quantity, false));
            if let Some(line) = order.line_mut(&id) {
                line.unrouted = line.unrouted.saturating_add(taken);
            }
        }
    }
    claiming::once_more(order);
    claiming::lift(order);
    claiming::route(scribe, order);
    Ok(true)
}

const fn not_begun(part: &Fulfilment) -> bool {
    part.stage().is_unbegun()
}

/// Erases an order's personal data.
pub(super) fn erase(scribe: &mut Scribe, order: &mut Order, force: bool) -> Result<bool, Refusal> {
    if matches!(order.contact, Contact::Erased(_)) || order.contact == Contact::None {
        // Deleted once more: the store may have brought it back.
        order.tracking = None;
        scribe.contact = Some(None);
        return Ok(true);
    }
    let open = order.lines.iter().any(|line| line.open() > 0) && !order.state.is_over();
    if open && !force {
        return Err(Refusal::OrderOpen { state: order.state.name() });
    }
    if open {
        hold(scribe, order, &Reason::stored(CONTACT_ERASED), None)?;
    }
    order.contact = Contact::Erased(scribe.now);
    order.tracking = None;
    scribe.contact = Some(None);
    scribe.order(order, DeskFactKind::ContactErased, Note::default());
    Ok(true)
}

/// The refusal of an act the order's state does not allow.
pub(super) fn illegal(act: &'static str, order: &Order) -> Refusal {
    Refusal::IllegalStep { act, found: order.state.name() }
}

/// Whether an order waits for an item card.
#[must_use]
pub fn waits_for_card(order: &Order) -> bool {
    order.hold.as_ref().is_some_and(|hold| hold.reason.as_str() == UNKNOWN_SKU)
}

/// Whether an order waits for its payment.
#[must_use]
pub fn waits_for_payment(order: &Order) -> bool {
    order.hold.as_ref().is_some_and(|hold| hold.reason.as_str() == PAYMENT)
}
