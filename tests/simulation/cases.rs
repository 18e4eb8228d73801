//! Single stories, step by step: each was once told wrongly.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use lagerd::actor::Fault;
use lagerd::actor::house::reserve::Reserve;
use lagerd::actor::house::{House, Sender};
use lagerd::domain::hold::ClaimLine;
use lagerd::domain::ids::{CartId, ChannelId, CommandId, Sku, WarehouseId};
use lagerd::domain::refusal::Refusal;
use lagerd::domain::warehouse::{Movement, MovementKind};
use lagerd::journal::memory::{Fault as StoreFault, MemoryJournal};
use lagerd::journal::record::changes_of;
use lagerd::journal::{Batch, Head, Journal, JournalError, JournalId, JournalKind};

use crate::world::{VirtualClock, ground, open, opening, paused};

fn store() -> (Arc<MemoryJournal>, Arc<VirtualClock>) {
    let journal = MemoryJournal::new(changes_of, 1).with_latency(Duration::from_millis(2));
    (Arc::new(journal), Arc::new(VirtualClock::new()))
}

fn sender(id: &str) -> Sender {
    Sender { id: CommandId::parse(id).unwrap(), issued_at: None, fingerprint: 7, actor: None, trace: None }
}

fn wish(cart: Option<&str>, quantity: i64) -> Reserve {
    Reserve {
        channel: ChannelId::parse("shop").unwrap(),
        cart: cart.map(|cart| CartId::parse(cart).unwrap()),
        lines: vec![ClaimLine { sku: Sku::parse("tee").unwrap(), quantity }],
        ttl_ms: 5_000,
        partial: false,
    }
}

async fn receive(house: &House, id: &str, warehouse: &str, quantity: i64) {
    let movement = Movement {
        sku: Sku::parse("tee").unwrap(),
        kind: MovementKind::Receive(None),
        quantity,
        reference: None,
        reason: None,
        occurred_at: None,
    };
    house.move_goods(&sender(id), &WarehouseId::parse(warehouse).unwrap(), movement).await.unwrap();
}

/// A reservation over several warehouses that was refused leaves no trace: asked again with its id once goods have come,
/// it is decided anew, and the loser of a duel costs the store nothing.
#[test]
fn a_refusal_leaves_no_trace() {
    paused(async {
        let (journal, clock) = store();
        let (house, _stopping) = open(&journal, &clock, 1).await;
        receive(&house, "m-1", "BER", 1).await;
        let (first, second) = (sender("r-1"), sender("r-2"));
        let (won, lost) =
            tokio::join!(house.reserve(&first, wish(None, 1)), house.reserve(&second, wish(None, 1)));
        won.unwrap();
        assert!(matches!(lost, Err(Fault::Refused(Refusal::InsufficientStock(_)))), "{lost:?}");
        let written = house.heads().map(|(_, head)| head.version).collect::<Vec<_>>();
        assert_eq!(written, [2, 0, 0], "a receipt and a claim");
        receive(&house, "m-2", "BER", 5).await;
        house.reserve(&second, wish(None, 1)).await.unwrap();
    });
}

/// Once an amendment is claimed everywhere, a store that goes away before it is settled is no reason to say that nothing
/// was done; asked again with its id it is whole.
#[test]
fn a_claimed_amendment_is_never_told_as_not_done() {
    paused(async {
        let (journal, clock) = store();
        let (house, _stopping) = open(&journal, &clock, 1).await;
        receive(&house, "m-1", "BER", 1).await;
        receive(&house, "m-2", "VIE", 1).await;
        house.reserve(&sender("r-1"), wish(Some("c-1"), 2)).await.unwrap();
        receive(&house, "m-3", "VIE", 1).await;
        let away = StoreFault::Unavailable { calls: 3 };
        journal.faults().script([StoreFault::Pass, StoreFault::Pass, away]);
        let answer = house.reserve(&sender("r-2"), wish(Some("c-1"), 3)).await;
        assert_eq!(answer, Err(Fault::OutcomeUnknown));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let again = house.reserve(&sender("r-2"), wish(Some("c-1"), 3)).await.unwrap();
        assert_eq!(again.lines.iter().map(|line| line.quantity).sum::<i64>(), 3);
    });
}

/// A wall clock that is set while the daemon runs makes no command stale that came without a time of its own.
#[test]
fn a_wall_clock_may_be_set() {
    paused(async {
        let (journal, clock) = store();
        let (house, _stopping) = open(&journal, &clock, 1).await;
        clock.set_by.store(120_000, Ordering::Relaxed);
        receive(&house, "m-1", "BER", 9).await;
        // Time passes, so that ids are forgotten and the floor rises.
        for number in 0..4 {
            house.reserve(&sender(&format!("r-{number}")), wish(None, 1)).await.unwrap();
            tokio::time::sleep(Duration::from_secs(1_000)).await;
        }
        clock.set_by.store(-3_600_000, Ordering::Relaxed);
        house.reserve(&sender("r-9"), wish(None, 1)).await.unwrap();
    });
}

/// A house that can't be opened whole leaves no actor behind that would go on writing beside the next one.
#[test]
fn a_house_half_opened_is_closed() {
    paused(async {
        let (journal, clock) = store();
        let (house, stopping) = open(&journal, &clock, 1).await;
        receive(&house, "m-1", "BER", 1).await;
        house.reserve(&sender("r-1"), wish(None, 1)).await.unwrap();
        stopping.cancel();
        drop(house);
        let head = Head { version: 1, nonce: 5 };
        let entry = Bytes::from_static(b"no entry of ours");
        let batch = Batch { expected: Head::GENESIS, head, entry, changes: Vec::new() };
        let items = JournalId::new(JournalKind::Items, "items");
        journal.commit(&items, Arc::new(batch)).await.unwrap();
        let opened = House::open(&ground(&journal, &clock, 2), &opening()).await;
        assert!(matches!(opened, Err(JournalError::Damaged(_))), "{opened:?}");
        let ber = JournalId::new(JournalKind::Warehouse, "BER");
        let before = journal.span(&ber).await.unwrap().head;
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(journal.span(&ber).await.unwrap().head, before, "somebody let the hold expire");
    });
}
