//! A store's records as lines for people: times as RFC 3339, one fact a line, nothing but what is set.

use std::fmt::Write as _;

use crate::domain::channel::{Channel, ChannelFact, ChannelPolicy};
use crate::domain::desk::{Desk, DeskFact};
use crate::domain::fact::{Crossed, Fact, FactKind};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::Sku;
use crate::domain::item::{ItemFact, Items};
use crate::domain::level::Level;
use crate::domain::machine::Cause;
use crate::domain::policy::{Scheduled, StockPolicy};
use crate::domain::time::Timestamp;
use crate::domain::warehouse::Warehouse;
use crate::journal::record::Recorded;

/// A machine whose facts people can read.
pub(super) trait Told: Recorded {
    /// The fact's name, and a text for each SKU it touches; at least one text.
    fn told(fact: &Self::Fact) -> (&'static str, Vec<String>);
}

impl Told for Warehouse {
    fn told(fact: &Fact) -> (&'static str, Vec<String>) {
        let about = about(fact);
        let mut lines: Vec<String> = fact
            .lines
            .iter()
            .map(|line| format!("{}  {:+}, then {}{about}", line.sku, line.change, figures(&line.after)))
            .collect();
        if lines.is_empty() {
            lines.push(about.trim_start_matches([',', ' ']).to_owned());
        }
        (fact.kind.name(), lines)
    }
}

impl Told for Channel {
    fn told(fact: &ChannelFact) -> (&'static str, Vec<String>) {
        let each = |lines: &[ClaimLine], about: &str| {
            let line = |line: &ClaimLine| format!("{}  {}, {about}", line.sku, line.quantity);
            lines.iter().map(line).collect::<Vec<_>>()
        };
        let name = fact.name();
        match fact {
            ChannelFact::PolicySet { sku, after } => {
                (name, vec![format!("{sku}  {}", channel_policy(after))])
            }
            ChannelFact::Backordered { id, owner, lines } => {
                (name, each(lines, &format!("order {owner}, backorder {id}")))
            }
            ChannelFact::Acknowledged { sku, available, at } => {
                (name, vec![format!("{sku}  shows {available}, at {}", time(*at))])
            }
            ChannelFact::BackorderKept { id, owner } => {
                (name, vec![format!("order {owner}, backorder {id}")])
            }
            ChannelFact::BackorderClosed { id, owner, lines, expired } => {
                let why = if *expired { ", its time had run out" } else { "" };
                (name, each(lines, &format!("order {owner}, backorder {id}{why}")))
            }
        }
    }
}

impl Told for Items {
    fn told(fact: &ItemFact) -> (&'static str, Vec<String>) {
        let ItemFact::Set { sku } = fact;
        ("item_set", vec![sku.to_string()])
    }
}

impl Told for Desk {
    fn told(fact: &DeskFact) -> (&'static str, Vec<String>) {
        let about = about_document(fact);
        let mut lines: Vec<String> = fact
            .lines
            .iter()
            .map(|line| {
                let of = line.line.as_ref().map(|line| format!(" of line {line}")).unwrap_or_default();
                format!("{}  {} {}{of}{about}", fact.document, line.quantity, line.sku)
            })
            .collect();
        if lines.is_empty() {
            lines.push(format!("{}{about}", fact.document));
        }
        (fact.kind.name(), lines)
    }
}

/// What a fact says beside its document and units. Begins with a comma unless there is nothing.
fn about_document(fact: &DeskFact) -> String {
    let mut text = String::new();
    let mut say = |word: &str, value: Option<&dyn std::fmt::Display>| {
        if let Some(value) = value {
            write_to(&mut text, format_args!(", {word} {value}"));
        }
    };
    say("channel", fact.channel.as_ref().map(|id| id as _));
    say("order", fact.number.as_ref().map(|number| number as _));
    say("part", fact.part.as_ref().map(|part| part as _));
    say("warehouse", fact.warehouse.as_ref().map(|id| id as _));
    say("reason", fact.reason.as_ref().map(|text| text as _));
    let time = fact.time.map(time);
    say("at", time.as_ref().map(|time| time as _));
    text
}

/// The change a fact made to one SKU, signed; the last where a fact touched it twice.
pub(super) fn change_of(fact: &Fact, sku: &Sku) -> Option<i64> {
    fact.lines.iter().rev().find(|line| line.sku == *sku).map(|line| line.change)
}

/// What a fact says beside its figures: for whom, why, until when. Begins with a comma unless there is nothing.
pub(super) fn about(fact: &Fact) -> String {
    let mut text = String::new();
    let mut say = |word: &str, value: Option<&dyn std::fmt::Display>| {
        if let Some(value) = value {
            write_to(&mut text, format_args!(", {word} {value}"));
        }
    };
    say("reservation", fact.reservation.as_ref().map(|id| id as _));
    say("channel", fact.channel.as_ref().map(|id| id as _));
    say("cart", fact.cart.as_ref().map(|id| id as _));
    say("order", fact.order.as_ref().map(|id| id as _));
    say("ref", fact.reference.as_ref().map(|text| text as _));
    say("reason", fact.reason.as_ref().map(|text| text as _));
    say("source", fact.source.as_ref().map(|id| id as _));
    let time = fact.time.map(time);
    let word = match fact.kind {
        FactKind::Reserved | FactKind::Amended | FactKind::Extended => "until",
        FactKind::Counted => "as of",
        FactKind::Waiting => "promised for",
        _ => "at",
    };
    say(word, time.as_ref().map(|time| time as _));
    if fact.covered {
        text.push_str(", known to a count already");
    }
    if let Some(Crossed { figure, limit }) = fact.crossed {
        write_to(&mut text, format_args!(", {figure} at a limit of {limit}"));
    }
    if let Some((from, to)) = fact.lost {
        write_to(&mut text, format_args!(", lost versions {from} to {to}"));
    }
    text
}

/// A level's figures; what is zero and rare is left out.
pub(super) fn figures(level: &Level) -> String {
    let mut text =
        format!("on_hand {} reserved {} allocated {}", level.on_hand, level.reserved, level.allocated);
    for (name, units) in [
        ("damaged", level.damaged),
        ("quality_control", level.quality_control),
        ("quarantine", level.quarantine),
        ("deficit", level.deficit()),
    ] {
        if units != 0 {
            write_to(&mut text, format_args!(" {name} {units}"));
        }
    }
    text
}

/// What is set aside, for people.
pub(super) fn stock_policy(policy: &StockPolicy) -> String {
    let mut parts = Vec::new();
    if let Some(safety) = &policy.safety_stock {
        parts.push(format!("safety_stock {}", scheduled(safety)));
    }
    for fence in &policy.fences {
        let set = scheduled(&fence.set);
        parts.push(format!("fence for {} {} left of {set}", fence.channel, fence.left));
    }
    parts.extend(policy.alerts.low_stock.map(|limit| format!("low_stock {limit}")));
    parts.extend(policy.alerts.overstock.map(|limit| format!("overstock {limit}")));
    parts.join(", ")
}

fn channel_policy(policy: &ChannelPolicy) -> String {
    let mut parts = Vec::new();
    parts.extend(policy.buffer.as_ref().map(|buffer| format!("buffer {}", scheduled(buffer))));
    parts.extend(policy.cap.as_ref().map(|cap| format!("cap {}", scheduled(cap))));
    parts.extend(policy.low_at.map(|low_at| format!("low_at {low_at}")));
    let limit = policy.backorder_limit.as_ref();
    parts.extend(limit.map(|limit| format!("backorder_limit {}", scheduled(limit))));
    parts.extend(policy.preorder.then(|| "preorder".to_owned()));
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

fn scheduled(figure: &Scheduled) -> String {
    let mut text = figure.value.to_string();
    if let Some(from) = figure.from {
        write_to(&mut text, format_args!(" from {}", time(from)));
    }
    if let Some(until) = figure.until {
        write_to(&mut text, format_args!(" until {}", time(until)));
    }
    text
}

/// Who caused something: the command, and the token it came with.
pub(super) fn cause(cause: Option<&Cause>) -> String {
    match cause {
        None => "time".to_owned(),
        Some(Cause { id, actor: None, .. }) => id.to_string(),
        Some(Cause { id, actor: Some(actor), .. }) => format!("{id} by {actor}"),
    }
}

/// A time in UTC; the domain's ends of time lie beyond the calendar's.
pub(super) fn time(time: Timestamp) -> String {
    let end = if time.as_millis() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    // Always with milliseconds, so that lines stand below each other.
    format!("{:.3}", jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or(end))
}

fn write_to(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing into a string does not fail.
    text.write_fmt(part).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::desk::DeskFactKind;
    use crate::domain::desk::fact::DeskLine;
    use crate::domain::fact::FactLine;
    use crate::domain::ids::{
        ChannelId, CommandId, LineId, OrderId, OrderNumber, Reason, Reference, WarehouseId,
    };

    fn line(sku: &str, change: i64, reserved: i64) -> FactLine {
        let after = Level { on_hand: 10, reserved, ..Level::default() };
        FactLine { sku: Sku::parse(sku).unwrap(), change, after, previous: 0 }
    }

    /// A hold reads as a sentence: the change, the figures, for whom and until when, the time as people write it.
    #[test]
    fn a_hold_reads_as_a_sentence() {
        let fact = Fact::new(FactKind::Reserved)
            .lines(vec![line("TEE-M", 2, 2)])
            .held_by(&CommandId::stored("walk-1"), &ChannelId::stored("web-de"), None)
            .at(Timestamp::from_millis(1_795_451_692_989));
        let (name, told) = Warehouse::told(&fact);
        assert_eq!(name, "stock_reserved");
        let expected = "TEE-M  +2, then on_hand 10 reserved 2 allocated 0, reservation walk-1, channel web-de, \
                        until 2026-11-23T16:34:52.989Z";
        assert_eq!(told, [expected]);
        assert_eq!(change_of(&fact, &Sku::parse("TEE-M").unwrap()), Some(2));
        assert_eq!(change_of(&fact, &Sku::parse("TEE-L").unwrap()), None);
    }

    /// Every SKU has its line, and a fact without any still says what it knows.
    #[test]
    fn nothing_is_left_out() {
        let mut fact = Fact::new(FactKind::Received).lines(vec![line("A", 1, 0), line("B", 2, 0)]);
        fact.reference = Some(Reference::stored("PO 4711"));
        let (_, told) = Warehouse::told(&fact);
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|line| line.ends_with(", ref PO 4711")), "{told:?}");
        let mut lost = Fact::new(FactKind::TailLost);
        lost.lost = Some((7, 9));
        assert_eq!(Warehouse::told(&lost).1, ["lost versions 7 to 9"]);
    }

    /// What happened to a document names the document, the units and whom it is about; nothing that is not known.
    #[test]
    fn a_document_reads_as_a_sentence() {
        let line = |id: Option<&str>| DeskLine {
            line: id.map(LineId::stored),
            sku: Sku::parse("TEE-M").unwrap(),
            quantity: 2,
        };
        let mut fact = DeskFact {
            kind: DeskFactKind::FulfilmentShortPicked,
            document: OrderId::stored("07-1"),
            channel: Some(ChannelId::stored("web-de")),
            number: Some(OrderNumber::stored("o-1")),
            warehouse: Some(WarehouseId::stored("BER")),
            part: Some(3),
            lines: vec![line(Some("1")), line(None)],
            reason: Some(Reason::stored("not_found")),
            time: Some(Timestamp::from_millis(1_795_451_692_989)),
        };
        let about = ", channel web-de, order o-1, part 3, warehouse BER, reason not_found, at 2026-11-23T16:34:52.989Z";
        let expected = [format!("07-1  2 TEE-M of line 1{about}"), format!("07-1  2 TEE-M{about}")];
        assert_eq!(Desk::told(&fact), ("fulfilment_short_picked", expected.to_vec()));
        fact = DeskFact {
            kind: DeskFactKind::TransferLate,
            channel: None,
            number: None,
            warehouse: None,
            part: None,
            lines: Vec::new(),
            reason: None,
            time: None,
            ..fact
        };
        assert_eq!(Desk::told(&fact), ("transfer_late", vec!["07-1".to_owned()]));
    }
}
