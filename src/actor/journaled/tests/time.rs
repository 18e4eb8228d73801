//! Logical time, and when holds expire.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::kiosk::Order;
use super::sale::{berlin, claim, receive, under, warehouse};
use super::world::{Blind, Hand, LATENCY, START, Shop, ground, in_virtual_time, kiosk_id, limits, wait_for};
use crate::actor::Fault;
use crate::actor::directory::{Ground, MakeWatch};
use crate::actor::journaled::Watch;
use crate::actor::logical::LogicalClock;
use crate::actor::mailbox::Mailbox;
use crate::domain::fact::Fact;
use crate::domain::ids::CommandId;
use crate::domain::memory::End;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{Answer, Command, PartState, Row, Warehouse};
use crate::journal::memory::MemoryJournal;
use crate::journal::record::{changes_of, entry_time};
use crate::journal::{Head, Journal};

/// A clock that starts behind the last entry goes on from that entry, and a wall clock that jumps moves nothing.
#[test]
fn logical_time_never_goes_back() {
    in_virtual_time(async || {
        let hand = Hand::new();
        let mut clock = LogicalClock::new(hand.clone(), START.plus(5_000));
        assert_eq!(clock.now(), START.plus(5_000));
        hand.turn(-3_600_000);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(clock.now(), START.plus(6_000));
        hand.turn(7_200_000);
        assert_eq!(clock.now(), START.plus(6_000));
        clock.lift(START.plus(5_500));
        assert_eq!(clock.now(), START.plus(6_000));
        clock.lift(START.plus(9_000));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(clock.now(), START.plus(10_000));
    });
}

/// Entries stand in the order of their times, though the wall clock goes back an hour in between, before a death and
/// over a restart.
#[test]
fn entries_stand_in_the_order_of_time() {
    in_virtual_time(async || {
        let journal = Arc::new(MemoryJournal::new(changes_of, 7).with_latency(LATENCY));
        let hand = Hand::new();
        let ground = ground(journal.clone(), hand.clone(), limits(64, 4), Handle::current());
        let shop = Shop::start(journal.clone(), ground.clone(), 9).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(shop.ask("a", Order::Take).await, Ok(1));
        hand.turn(-3_600_000);
        assert_eq!(shop.ask("b", Order::Take).await, Ok(1));
        assert_eq!(shop.ask("bomb", Order::Explode).await, Err(Fault::OutcomeUnknown));
        wait_for("a rebuilt actor", async || shop.ask("c", Order::Take).await.ok()).await;
        ground.stopping.cancel();
        let again = Ground { stopping: CancellationToken::new(), ..ground };
        let shop = Shop::start(journal.clone(), again, 9).await;
        assert_eq!(shop.ask("d", Order::Take).await, Ok(1));

        let entries = journal.read(&kiosk_id(), 1, 100).await.unwrap();
        let times: Vec<_> = entries.iter().map(|stored| entry_time(&stored.entry).unwrap()).collect();
        assert!(times.is_sorted() && times.len() >= 5, "{times:?}");
        assert!(times[1] >= START.plus(5_000));
    });
}

/// Panics at the next confirmation once it is armed: a death in the middle of a beat.
#[derive(Debug)]
struct Tripwire(Arc<AtomicBool>);

impl Watch<Warehouse> for Tripwire {
    fn loaded(&mut self, machine: &Warehouse, head: Head) {
        Blind.loaded(machine, head);
    }

    fn confirmed(&mut self, _: &Warehouse, _: &[Row], _: &[(Option<usize>, Fact)], _: Head, _: Timestamp) {
        assert!(!self.0.swap(false, Ordering::Relaxed), "as ordered");
    }
}

async fn start(ground: &Ground, armed: &Arc<AtomicBool>) -> Mailbox<Warehouse> {
    let armed = armed.clone();
    let watch: MakeWatch<Warehouse> = Arc::new(move || Box::new(Tripwire(armed.clone())));
    ground.start(berlin(), 0, Arc::new(warehouse), watch).await.unwrap().0
}

async fn state(mailbox: &Mailbox<Warehouse>, id: &str) -> Option<PartState> {
    let reservation = CommandId::parse(id).ok();
    let find = Command::Find { reservation, cart: None, command: None };
    match mailbox.ask(under("find"), find).await {
        Ok(Answer::Found(found)) => found.part.map(|part| part.state),
        Ok(other) => panic!("{other:?} is no answer to a question"),
        Err(_) => None,
    }
}

/// After a start a hold that was due long ago lives on through the grace period, so that its owner can still come back
/// to it; after the rebuild of one actor, whose owners were never gone, it ends at once.
#[test]
fn expiry_waits_after_a_start_and_not_after_a_rebuild() {
    in_virtual_time(async || {
        let journal = Arc::new(MemoryJournal::new(changes_of, 7).with_latency(LATENCY));
        let mut ground = ground(journal, Hand::new(), limits(64, 4), Handle::current());
        ground.grace_ms = 0;
        let armed = Arc::new(AtomicBool::new(false));
        let expired = Some(PartState::Ended(End::Expired));
        let second = Duration::from_secs(1);

        let mailbox = start(&ground, &armed).await;
        mailbox.ask(under("goods"), receive(9)).await.unwrap();
        mailbox.ask(under("first"), claim(1_000)).await.unwrap();
        ground.stopping.cancel();
        drop(mailbox);
        tokio::time::sleep(2 * second).await;

        let again = Ground { grace_ms: 60_000, stopping: CancellationToken::new(), ..ground };
        let mailbox = start(&again, &armed).await;
        mailbox.ask(under("second"), claim(1_000)).await.unwrap();
        tokio::time::sleep(50 * second).await;
        assert_eq!(state(&mailbox, "first").await, Some(PartState::Reserved));
        assert_eq!(state(&mailbox, "second").await, Some(PartState::Reserved));
        tokio::time::sleep(11 * second).await;
        assert_eq!(state(&mailbox, "first").await, expired);
        assert_eq!(state(&mailbox, "second").await, expired);

        mailbox.ask(under("third"), claim(1_000)).await.unwrap();
        armed.store(true, Ordering::Relaxed);
        assert_eq!(mailbox.ask(under("fourth"), claim(900_000)).await, Err(Fault::OutcomeUnknown));
        tokio::time::sleep(2 * second).await;
        assert_eq!(state(&mailbox, "third").await, expired);
        assert_eq!(state(&mailbox, "fourth").await, Some(PartState::Reserved));
    });
}
