//! No decision around an await: the last units are sold once.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::runtime::Handle;

use super::world::{Blind, Hand, LATENCY, START, ground, in_virtual_time, limits};
use crate::actor::Fault;
use crate::actor::directory::MakeWatch;
use crate::actor::mailbox::Mailbox;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{ChannelId, CommandId, Sku, WarehouseId};
use crate::domain::machine::Envelope;
use crate::domain::memory::Windows;
use crate::domain::refusal::Refusal;
use crate::domain::warehouse::{ClaimStock, Command, Movement, MovementKind, Rules, Warehouse};
use crate::journal::memory::MemoryJournal;
use crate::journal::record::changes_of;
use crate::journal::{JournalId, JournalKind};

pub(super) const RULES: Rules = Rules {
    max_hold_ms: 3_600_000,
    count_horizon_ms: 48 * 3_600_000,
    windows: Windows { hold_ms: 900_000, movement_ms: 7 * 86_400_000, ids_max: 10_000 },
};

pub(super) fn tee() -> Sku {
    Sku::parse("TEE-M").unwrap()
}

pub(super) fn berlin() -> JournalId {
    JournalId::new(JournalKind::Warehouse, "BER")
}

pub(super) fn warehouse() -> Warehouse {
    Warehouse::new(WarehouseId::parse("BER").unwrap(), RULES)
}

pub(super) fn under(id: &str) -> Envelope {
    let id = CommandId::parse(id).unwrap();
    Envelope { id, time: START.plus(1), timed: false, fingerprint: 7, actor: None, trace: None }
}

/// Receives units of the SKU.
pub(super) fn receive(quantity: i64) -> Command {
    let kind = MovementKind::Receive(None);
    Command::Move(Movement { sku: tee(), kind, quantity, reference: None, reason: None, occurred_at: None })
}

/// Claims one unit of the SKU for so long.
pub(super) fn claim(ttl_ms: i64) -> Command {
    Command::Claim(ClaimStock {
        attempt: 1,
        channel: ChannelId::parse("web").unwrap(),
        cart: None,
        lines: vec![ClaimLine { sku: tee(), quantity: 1 }],
        plan: Arc::default(),
        ttl_ms,
        told: false,
        partial: false,
        owner: None,
        from: None,
        allocate: false,
    })
}

/// One thousand ask at once for five hundred units, each twice under its id: exactly five hundred have one, and every
/// resend is answered like its first.
#[test]
fn the_last_units_are_sold_once() {
    in_virtual_time(async || {
        let journal = Arc::new(MemoryJournal::new(changes_of, 7).with_latency(LATENCY));
        let ground = ground(journal, Hand::new(), limits(4_096, 64), Handle::current());
        let watch: MakeWatch<Warehouse> = Arc::new(|| Box::new(Blind));
        let started = ground.start(berlin(), 0, Arc::new(warehouse), watch).await;
        let (mailbox, _life): (Mailbox<Warehouse>, _) = started.unwrap();
        mailbox.ask(under("goods"), receive(500)).await.unwrap();

        let ids: Vec<String> = (0..1_000).map(|n| format!("claim-{n}")).collect();
        let asked = ids.iter().chain(&ids).map(|id| mailbox.ask(under(id), claim(600_000)));
        let answers = join_all(asked).await;
        let (first, second) = answers.split_at(1_000);
        assert_eq!(first.iter().filter(|answer| answer.is_ok()).count(), 500);
        for (answer, again) in first.iter().zip(second) {
            match (answer, again) {
                (Ok(_), Ok(_)) => {}
                (Err(refused), Err(again)) => {
                    assert!(matches!(refused, Fault::Refused(Refusal::InsufficientStock(_))));
                    assert_eq!(refused, again);
                }
                (answer, again) => panic!("told {answer:?}, then {again:?}"),
            }
        }
    });
}
