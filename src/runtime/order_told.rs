//! An order as lines for people: where its units are, who works on it, what it still has to tell, what happened to it and
//! why it ships from where it does. Nothing of a person: only whether there is a contact.

use std::fmt::{self, Write as _};

use super::telling::time;
use crate::domain::desk::fact::DeskFactKind;
use crate::domain::order::{
    ClaimPart, Contact, Fulfilment, Happened, Line, Message, Order, Return, Routed, Task, TaskWork,
};
use crate::domain::routing::{Considered, Method};

/// Everything of an order.
pub(super) fn order(order: &Order) -> String {
    let mut text = String::new();
    head(order, &mut text);
    section(&mut text, "lines", order.lines.iter().map(line));
    let waits = order.waits.iter().map(|waits| {
        let (open, line, warehouse, booked) = (waits.open, &waits.line, &waits.warehouse, waits.booked);
        format!("{open} of line {line} at {warehouse}, {booked} served so far (claim {})", waits.id)
    });
    section(&mut text, "waiting for goods", waits);
    section(&mut text, "fulfilments", order.fulfilments.iter().map(|part| fulfilment(order, part)));
    section(&mut text, "returns", order.returns.iter().map(back));
    section(&mut text, "still to be told", order.tasks.open.iter().map(task));
    let blocked = order.blocked.iter().map(|blocked| {
        let goods = blocked.sku.as_ref().map_or(String::new(), |sku| format!(" for {sku}"));
        format!("{}{goods}: {}", blocked.warehouse, blocked.why)
    });
    section(&mut text, "not asked again", blocked);
    section(&mut text, "what happened", order.timeline.iter().map(happened));
    section(&mut text, "routing", order.routed.iter().flat_map(routed));
    text
}

fn head(order: &Order, text: &mut String) {
    let (number, channel, id, state) = (&order.number, &order.channel, &order.id, order.state);
    say(text, format_args!("order {number} of {channel}, id {id}: {state}"));
    let revision = order.revision.map_or(String::new(), |revision| format!(", revision {revision}"));
    let (placed, updated) = (time(order.placed_at), time(order.updated_at));
    let how = if order.told { "told" } else { "asked" };
    say(text, format_args!("  placed {placed}, changed {updated}{revision}, {how}"));
    let method = match &order.method {
        Method::Ship => "a parcel".to_owned(),
        Method::Pickup(place) => format!("pickup at {place}"),
    };
    let country = order.destination.country.map_or(String::new(), |country| format!(" to {country}"));
    let contact = match order.contact {
        Contact::None => "none".to_owned(),
        Contact::Kept => "kept".to_owned(),
        Contact::Erased(at) => format!("erased {}", time(at)),
    };
    say(text, format_args!("  {method}{country}, contact {contact}, payment {}", payment(order)));
    if let Some(hold) = &order.hold {
        let until = hold.until.map_or(String::new(), |until| format!(" until {}", time(until)));
        say(text, format_args!("  on hold: {}{until}", hold.reason));
    }
    if let Some(reason) = &order.cancelled_for {
        say(text, format_args!("  cancelled: {reason}"));
    }
    if let Some(reservation) = &order.reservation {
        say(text, format_args!("  takes over reservation {reservation}"));
    }
    if order.withdrawn {
        say(text, format_args!("  it was refused and only gives back what was claimed for it"));
    }
}

fn payment(order: &Order) -> String {
    let required = if order.payment.required { ", required" } else { "" };
    let until = order.terms.pay_until.filter(|_| order.payment.required && !order.payment.state.is_good());
    let until = until.map_or(String::new(), |until| format!(" until {}", time(until)));
    format!("{}{required}{until}", order.payment.state.name())
}

fn line(line: &Line) -> String {
    if !line.stock {
        return format!("{}  {} {} (no goods)", line.id, line.ordered, line.sku);
    }
    let counters = [
        ("unrouted", line.unrouted),
        ("backordered", line.backordered),
        ("allocated", line.allocated),
        ("shipped", line.shipped),
        ("cancelled", line.cancelled),
        ("returned", line.returned),
    ];
    let mut text = format!("{}  {} {}:", line.id, line.ordered, line.sku);
    for (name, units) in counters.iter().filter(|(_, units)| *units != 0) {
        put(&mut text, format_args!(" {name} {units}"));
    }
    if !line.adds_up() {
        text.push_str(" (THE COUNTERS DON'T ADD UP)");
    }
    text
}

fn fulfilment(order: &Order, part: &Fulfilment) -> String {
    let units = part.lines.iter().map(|line| format!("{} {} (line {})", line.quantity, line.sku, line.line));
    let units: Vec<String> = units.collect();
    let mut text =
        format!("{} at {}: {}, {}", part.id(&order.id), part.warehouse, part.state, units.join(", "));
    put(&mut text, format_args!(", asked {}", time(part.requested_at)));
    if let Some(by) = part.accept_by {
        put(&mut text, format_args!(", must answer by {}", time(by)));
    }
    for parcel in &part.parcels {
        let told = [parcel.carrier.as_ref(), parcel.tracking.as_ref()];
        let told: Vec<&str> = told.into_iter().flatten().map(|text| text.as_str()).collect();
        put(&mut text, format_args!(", parcel {}", told.join(" ")));
    }
    if let Some(carrier) = part.carrier {
        put(&mut text, format_args!(", carrier: {carrier}"));
    }
    if let Some(trouble) = &part.trouble {
        put(&mut text, format_args!(" ({trouble})"));
    }
    if let Some(left) = part.left_at {
        put(&mut text, format_args!(", left {}", time(left)));
    }
    text
}

fn back(back: &Return) -> String {
    let lines = back.lines.iter().map(|line| {
        let (received, seen) = (line.received, line.inspected.units());
        format!("{} {}: {received} arrived, {seen} looked at", line.quantity, line.sku)
    });
    let lines: Vec<String> = lines.collect();
    let refund = if back.refunded {
        "refunded".to_owned()
    } else {
        format!("to be refunded by {}", time(back.refund_by))
    };
    format!("{} to {}: {}, {}, {refund}", back.id, back.warehouse, back.state, lines.join(", "))
}

fn task(task: &Task) -> String {
    let parts = |parts: &[ClaimPart]| {
        let parts: Vec<&str> = parts.iter().map(|part| part.warehouse.as_str()).collect();
        parts.join(", ")
    };
    let work = match &task.work {
        TaskWork::Route => "find places".to_owned(),
        TaskWork::Claim { attempt, parts: claimed } => {
            format!("claim at {} (attempt {attempt})", parts(claimed))
        }
        TaskWork::Allocate { attempt, parts: claimed } => {
            format!("make promises of the claims at {} (attempt {attempt})", parts(claimed))
        }
        TaskWork::Abandon { attempt, parts: claimed } => {
            format!("give the claims at {} back (attempt {attempt})", parts(claimed))
        }
        TaskWork::Tell { warehouse, message } => format!("tell {warehouse} {}", about(message)),
        TaskWork::Backorder { channel, line, warehouse, .. } => {
            format!("let line {line} wait at {warehouse}, in the room of {channel}")
        }
        TaskWork::CloseBackorder { channel, .. } => format!("tell {channel} what of a backorder is open"),
        TaskWork::Along { order, .. } => format!("tell order {order} of its units that go along"),
        TaskWork::Fewer { transfer, .. } => format!("tell transfer {transfer} that fewer units go along"),
    };
    format!("{}  {work}, since {}", task.number, time(task.since))
}

fn about(message: &Message) -> &'static str {
    match message {
        Message::Deallocate { .. } => "to take a promise back",
        Message::Ship { .. } => "that goods left",
        Message::WriteOff { .. } => "that goods are not there or broken",
        Message::SendAlong { .. } => "that goods left with a transfer",
        Message::Move(_) => "of a movement",
        Message::Unwait { .. } => "that fewer units wait",
        Message::GiveUpWait { .. } => "that nobody waits any more",
        Message::AckServed { .. } => "that served units are booked",
    }
}

fn happened(one: &Happened) -> String {
    let mut text = format!("{}  {}", time(one.at), one.kind);
    if let Some(number) = one.number {
        put(&mut text, format_args!(" {}{number}", part_letter(one.kind)));
    }
    if let Some(warehouse) = &one.warehouse {
        put(&mut text, format_args!(" at {warehouse}"));
    }
    if one.quantity != 0 {
        let units = if one.quantity == 1 { "unit" } else { "units" };
        put(&mut text, format_args!(", {} {units}", one.quantity));
    }
    if let Some(reason) = &one.reason {
        put(&mut text, format_args!(": {reason}"));
    }
    if let Some(actor) = &one.actor {
        put(&mut text, format_args!("  [{actor}]"));
    }
    text
}

/// Facts about returns count returns, the others fulfilments.
fn part_letter(kind: DeskFactKind) -> char {
    match kind {
        DeskFactKind::ReturnAnnounced
        | DeskFactKind::ReturnReceived
        | DeskFactKind::ReturnInspected
        | DeskFactKind::ReturnCancelled
        | DeskFactKind::RefundDueSoon
        | DeskFactKind::OrderRefunded => 'r',
        _ => 'f',
    }
}

fn routed(routed: &Routed) -> Vec<String> {
    let mut lines =
        vec![format!("attempt {} at {}: {}", routed.attempt, time(routed.at), routed.explanation.chosen)];
    lines.extend(routed.explanation.considered.iter().map(considered));
    lines
}

fn considered(one: &Considered) -> String {
    let mut text = format!("  {}: ", one.warehouse);
    match (&one.dropped, one.place, one.decided_by) {
        (Some(dropped), ..) => put(&mut text, format_args!("{}, {}", dropped.filter, dropped.detail)),
        (None, Some(place), Some(sort)) => put(&mut text, format_args!("place {place}, behind by {sort}")),
        (None, Some(place), None) => put(&mut text, format_args!("place {place}")),
        (None, None, _) => text.push_str("not ranked"),
    }
    text
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        say(text, format_args!("  {title}"));
        lines.for_each(|line| say(text, format_args!("    {line}")));
    }
}

fn say(text: &mut String, line: fmt::Arguments<'_>) {
    // Writing into a string does not fail.
    writeln!(text, "{line}").unwrap_or_default();
}

fn put(text: &mut String, part: fmt::Arguments<'_>) {
    text.write_fmt(part).unwrap_or_default();
}
