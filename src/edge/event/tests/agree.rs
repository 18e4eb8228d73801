//! What is sent and what the table says are the same.

use std::collections::BTreeSet;

use super::sample::{
    CANARY, ORDER, back, card, channel, contact, desk, desk_fact, fulfilment, full_fact, happened, inbound,
    noted, of_order, of_part, order, order_id, refund, settings, stock, tell, transfer,
};
use crate::domain::channel::{ChannelFact, ChannelPolicy};
use crate::domain::desk::{DeskFactKind, Document};
use crate::domain::fact::FactKind;
use crate::domain::ids::{CommandId, Sku};
use crate::domain::item::ItemFact;
use crate::domain::order::{FulfilmentState, Order};
use crate::edge::amqp::Message;
use crate::edge::event::document::DocumentKind;
use crate::edge::event::table::{Family, all};
use crate::edge::event::{messages, needs_contact};
use crate::feed::happened::{Happened, What};

/// Everything that may happen, to every document it may happen to.
fn everything() -> Vec<Happened> {
    let mut everything: Vec<Happened> = FactKind::ALL.iter().map(|kind| stock(full_fact(*kind))).collect();
    for kind in DeskFactKind::ALL {
        for document in documents(*kind) {
            let fact = match (&document, Family::of_desk(*kind, None)) {
                (Document::Order(_), Family::Fulfilment | Family::Return) => of_part(*kind),
                (Document::Order(_), _) => crate::domain::desk::DeskFact {
                    lines: vec![super::sample::units(1)],
                    time: Some(super::sample::AT),
                    ..desk_fact(*kind, ORDER)
                },
                (document, _) => desk_fact(*kind, document.id().as_str()),
            };
            everything.push(desk(fact, document));
        }
    }
    let sku = || Sku::stored("TEE-M");
    let (id, owner) = (CommandId::stored("b-1"), order_id(ORDER));
    for fact in [
        ChannelFact::PolicySet { sku: sku(), after: ChannelPolicy::default() },
        ChannelFact::Backordered { id: id.clone(), owner: owner.clone(), lines: Vec::new() },
        ChannelFact::BackorderKept { id: id.clone(), owner: owner.clone() },
        ChannelFact::BackorderClosed { id, owner, lines: Vec::new(), expired: true },
    ] {
        everything.push(happened("c:web-de", What::Channel(channel(), fact)));
    }
    everything.push(happened("i:all", What::Item(ItemFact::Set { sku: sku() })));
    everything.push(happened("w:BER", What::Gap { from: 7, to: 9 }));
    everything
}

fn documents(kind: DeskFactKind) -> Vec<Document> {
    let state = if kind == DeskFactKind::FulfilmentRequested {
        FulfilmentState::Requested
    } else {
        FulfilmentState::Shipped
    };
    let order = of_order(Order {
        fulfilments: vec![fulfilment(1, state)],
        refunds: vec![refund(None, 500)],
        timeline: vec![noted(DeskFactKind::ReturnInspected, 1)],
        ..order()
    });
    let alone = Document::Return(back(None).into());
    let moved = Document::Transfer(transfer().into());
    let expected = Document::Inbound(inbound().into());
    match Family::of_desk(kind, None) {
        Family::Return => vec![order, alone],
        Family::Transfer => vec![moved],
        Family::Inbound => vec![expected],
        _ if matches!(kind, DeskFactKind::TaskRefused | DeskFactKind::DocumentForgotten) => {
            vec![order, alone, moved, expected]
        }
        _ => vec![order],
    }
}

/// Whether a key is one of its family's.
fn fits(message: &Message, family: Family) -> bool {
    let (key, pattern): (Vec<&str>, Vec<&str>) =
        (message.key.split('.').collect(), family.pattern().split('.').collect());
    // A journal's name is two words of the key.
    let key = if family == Family::Gap { &key[..key.len() - 1] } else { &key[..] };
    key.len() == pattern.len()
        && key.iter().zip(&pattern).all(|(found, said)| said.starts_with('{') || found == said)
}

/// Every message that is sent is in the table under its family, every line of the table is sent, and no two have one
/// type.
#[test]
fn what_is_sent_is_what_is_documented() {
    let types: Vec<String> = all().iter().map(|(family, fact)| family.kind(fact)).collect();
    let mut documented: BTreeSet<String> = types.iter().cloned().collect();
    assert_eq!(documented.len(), types.len(), "two messages of one type");
    // What channels show is derived, so that no fact tells it: `edge::amqp::availability` does.
    assert!(documented.remove("lagerd.availability.changed.v1"));
    let mut sent = BTreeSet::new();
    for happened in everything() {
        let told = tell(&happened);
        assert!(!told.is_empty(), "{happened:?}");
        for (at, message) in told.iter().enumerate() {
            let family = Family::ALL
                .into_iter()
                .find(|family| message.key.starts_with(&format!("{}.", family.word())));
            let family = family.unwrap_or_else(|| panic!("{} is of no family", message.key));
            assert!(fits(message, family), "{} is not {}", message.key, family.pattern());
            let known = all().iter().any(|(of, fact)| *of == family && family.kind(fact) == message.kind);
            assert!(known, "{} is not documented for {}", message.kind, family.pattern());
            let own = at == 0 && family != Family::Gap;
            assert_eq!(own, message.id == happened.id(), "{}", message.key);
            assert!(message.id.starts_with(&happened.id()), "{}", message.id);
            assert_eq!(message.sequence, "00000000000000000042-000003");
            assert_eq!(message.cause.as_deref(), Some("cmd-1"));
            sent.insert(message.kind.clone());
        }
        let ids: BTreeSet<&String> = told.iter().map(|message| &message.id).collect();
        assert_eq!(ids.len(), told.len(), "two messages of one id: {ids:?}");
    }
    assert_eq!(
        documented.difference(&sent).collect::<Vec<_>>(),
        [] as [&String; 0],
        "documented, never sent"
    );
}

/// A contact is in the three documents that need it, which don't lie about for ever, and nowhere else; nothing else has
/// an address either.
#[test]
fn contacts_are_where_they_must_be() {
    assert!(str::from_utf8(&contact()).unwrap().contains(CANARY));
    let mut bearing = BTreeSet::new();
    for happened in everything() {
        for message in messages(&settings(), &card, &happened) {
            let text = format!("{message:?} {}", str::from_utf8(&message.body).unwrap());
            let bears = DocumentKind::ALL
                .into_iter()
                .any(|kind| kind.bears_contact() && message.key == format!("document.{}", kind.name()));
            let found = ["@", CANARY, "canary"].iter().any(|canary| text.contains(canary));
            assert_eq!(message.expires_ms, bears.then_some(7_200_000), "{}", message.key);
            assert!(bears || !found, "{text}");
            if found {
                bearing.insert(message.key);
            }
            if bears && let What::Document(told) = &happened.what {
                assert!(needs_contact(told.fact.kind), "{:?}", told.fact.kind);
            }
        }
    }
    let three = ["document.customer_notice", "document.invoice_request", "document.shipping_order"];
    assert_eq!(bearing.iter().map(String::as_str).collect::<Vec<_>>(), three);
}

/// Facts about carts are told only where that was asked for.
#[test]
fn holds_are_told_where_asked_for() {
    let mut quiet = settings();
    quiet.amqp.holds = false;
    for kind in FactKind::ALL {
        let told = messages(&quiet, &card, &stock(full_fact(*kind)));
        assert_eq!(told.is_empty(), Family::of_stock(*kind) == Family::Reservation, "{kind}");
    }
}
