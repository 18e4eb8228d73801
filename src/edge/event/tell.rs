//! From what happened to messages.

use serde::Serialize;

use super::table::{Family, GAP, ITEM_SET};
use super::{desk, stock};
use crate::config::Settings;
use crate::domain::channel::ChannelFact;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{ChannelId, Sku};
use crate::domain::item::{Item, ItemFact};
use crate::edge::amqp::Message;
use crate::edge::wire::event::{
    BackorderEvent, ChannelPolicyEvent, EventHead, GapEvent, ItemEvent, UnitsLine,
};
use crate::edge::wire::item::ItemBody;
use crate::edge::wire::text::Text;
use crate::feed::happened::{Happened, What};

/// Finds the item card of a SKU.
pub(super) type Cards<'a> = &'a dyn Fn(&Sku) -> Option<Item>;

/// The messages about something that happened, in the order they are sent: the event, then alerts and documents.
#[must_use]
pub fn messages(settings: &Settings, cards: Cards<'_>, happened: &Happened) -> Vec<Message> {
    let teller = Teller { settings, cards, happened };
    match &happened.what {
        What::Stock(warehouse, fact) => stock::messages(&teller, warehouse, fact),
        What::Channel(channel, fact) => of_channel(&teller, channel, fact).into_iter().collect(),
        What::Item(ItemFact::Set { sku }) => vec![of_item(&teller, sku)],
        What::Document(told) => desk::messages(&teller, told),
        What::Gap { from, to } => vec![gap(&teller, *from, *to)],
    }
}

/// What is needed to tell something.
pub(super) struct Teller<'a> {
    pub(super) settings: &'a Settings,
    pub(super) cards: Cards<'a>,
    pub(super) happened: &'a Happened,
}

/// Where an event goes and what it is about.
pub(super) struct Outline<'a> {
    pub(super) family: Family,
    pub(super) fact: &'static str,
    /// What fills its routing key.
    pub(super) filled: &'a [Option<&'a str>],
    pub(super) subject: Option<String>,
}

impl Teller<'_> {
    /// The head of the event.
    pub(super) fn head(&self, fact: &'static str) -> EventHead {
        EventHead::of(self.happened, fact)
    }

    /// The event itself.
    pub(super) fn event(&self, outline: Outline<'_>, body: &impl Serialize) -> Message {
        let Outline { family, fact, filled, subject } = outline;
        let happened = self.happened;
        Message {
            key: family.key(filled),
            id: happened.id(),
            kind: family.kind(fact),
            subject,
            at: happened.at,
            partition: happened.journal.clone(),
            sequence: happened.sequence(),
            cause: happened.cause.as_ref().map(|cause| cause.id.as_str().to_owned()),
            trace: happened.cause.as_ref().and_then(|cause| cause.trace),
            // Shapes of strings and numbers always serialise.
            body: serde_json::to_vec(body).unwrap_or_default(),
            expires_ms: None,
        }
    }

    /// A message beside the event, with an id of its own.
    pub(super) fn beside(
        &self,
        (family, kind): (Family, &'static str),
        subject: Option<String>,
        body: &impl Serialize,
    ) -> Message {
        let filled = [Some(kind)];
        let mut message = self.event(Outline { family, fact: kind, filled: &filled, subject }, body);
        message.id = format!("{}/{kind}", message.id);
        message
    }
}

fn of_channel(teller: &Teller<'_>, channel: &ChannelId, fact: &ChannelFact) -> Option<Message> {
    let family = Family::of_channel(fact)?;
    let name = fact.name();
    let head = teller.head(name);
    let outline =
        |filled, subject: &str| Outline { family, fact: name, filled, subject: Some(subject.to_owned()) };
    let filled = [Some(channel.as_str()), Some(name)];
    let (id, owner, lines, expired) = match fact {
        ChannelFact::Acknowledged { .. } => return None,
        ChannelFact::PolicySet { sku, after } => {
            let subject = format!("{sku}/{channel}");
            let body = ChannelPolicyEvent::of(head, channel, sku, after);
            return Some(teller.event(outline(&filled, &subject), &body));
        }
        ChannelFact::Backordered { id, owner, lines } => (id, owner, lines.as_slice(), false),
        ChannelFact::BackorderKept { id, owner } => (id, owner, &[][..], false),
        ChannelFact::BackorderClosed { id, owner, lines, expired } => (id, owner, lines.as_slice(), *expired),
    };
    let line =
        |line: &ClaimLine| UnitsLine { line: None, sku: Text(line.sku.clone()), quantity: line.quantity };
    let body = BackorderEvent {
        head,
        channel: Text(channel.clone()),
        backorder: Text(id.clone()),
        document: Text(owner.clone()),
        expired,
        lines: lines.iter().map(line).collect(),
    };
    Some(teller.event(outline(&filled, owner.as_str()), &body))
}

fn of_item(teller: &Teller<'_>, sku: &Sku) -> Message {
    let card = (teller.cards)(sku).map(ItemBody::from);
    let body = ItemEvent { head: teller.head(ITEM_SET), sku: Text(sku.clone()), card };
    let filled = [Some(ITEM_SET)];
    let subject = Some(sku.to_string());
    teller.event(Outline { family: Family::Item, fact: ITEM_SET, filled: &filled, subject }, &body)
}

fn gap(teller: &Teller<'_>, from: u64, to: u64) -> Message {
    let journal = teller.happened.journal.to_string();
    // A key's words are parted by dots; a journal's name has none.
    let word = journal.replace(':', ".");
    let filled = [Some(word.as_str())];
    let subject = Some(journal.clone());
    // It stands before the entry whose place it has, and must not be taken for that entry's first event.
    let id = format!("{}/{GAP}", teller.happened.id());
    let head = EventHead { event: id.clone(), ..teller.head(GAP) };
    let body = GapEvent { head, journal, from, to };
    let message = teller.event(Outline { family: Family::Gap, fact: GAP, filled: &filled, subject }, &body);
    Message { id, ..message }
}
