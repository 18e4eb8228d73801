//! Deaths: the guardian notices, rebuilds, counts, and gives up in the end.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::JoinHandle;

use super::kiosk::{Hook, Order};
use super::world::{Hand, Shop, envelope, ground, in_virtual_time, limits, wait_for};
use crate::actor::Fault;
use crate::journal::locked::Locked;
use crate::journal::memory::MemoryJournal;
use crate::journal::record::changes_of;

/// The asker of a command that kills the actor learns that nobody knows; the actor is rebuilt from its journal with
/// everything confirmed before, works on, and its death is counted.
#[test]
fn a_dead_actor_is_rebuilt_from_its_journal() {
    in_virtual_time(async || {
        let shop = Shop::open(5, limits(64, 4)).await;
        assert_eq!(shop.ask("a", Order::Take).await, Ok(1));
        assert_eq!(shop.ask("b", Order::Explode).await, Err(Fault::OutcomeUnknown));
        wait_for("a rebuilt actor", async || shop.ask("c", Order::Look).await.ok()).await;
        assert_eq!(shop.restarts(), 1);
        assert_eq!(shop.look().await, 4);
        // What was confirmed before the death is known to be done after it.
        assert_eq!(shop.ask("a", Order::Take).await, Ok(1));
        assert_eq!(shop.look().await, 4);
        assert_eq!(shop.ask("d", Order::Take).await, Ok(1));
        assert_eq!(shop.look().await, 3);
        assert!(!shop.ground.failed.is_cancelled());
    });
}

/// A command in flight when the actor dies is carried out all the same: its asker learns that nobody knows, and finds
/// it done when it asks again.
#[test]
fn what_was_in_flight_is_found_after_the_death() {
    in_virtual_time(async || {
        let shop = Shop::open(5, limits(64, 1)).await;
        let (taken, _) = futures_util::join!(shop.ask("a", Order::Take), shop.ask("b", Order::Explode));
        assert_eq!(taken, Err(Fault::OutcomeUnknown));
        let again = wait_for("a rebuilt actor", async || shop.ask("a", Order::Take).await.ok()).await;
        assert_eq!((again, shop.look().await), (1, 4));
    });
}

/// An actor that dies again and again ends the process instead of dying for ever.
#[test]
fn too_many_deaths_are_told() {
    in_virtual_time(async || {
        let shop = Shop::open(5, limits(64, 4)).await;
        wait_for("the end", async || {
            drop(shop.ask("bomb", Order::Explode).await);
            shop.ground.failed.is_cancelled().then_some(())
        })
        .await;
        assert_eq!(shop.restarts(), 6, "five deaths within a minute are forgiven");
    });
}

/// Five deaths with time between them end nothing.
#[test]
fn rare_deaths_are_forgiven() {
    in_virtual_time(async || {
        let shop = Shop::open(5, limits(64, 4)).await;
        for death in 1..=8 {
            assert_eq!(shop.ask("bomb", Order::Explode).await, Err(Fault::OutcomeUnknown));
            wait_for("a rebuilt actor", async || shop.ask("look", Order::Look).await.ok()).await;
            assert_eq!(shop.restarts(), death);
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
        assert!(!shop.ground.failed.is_cancelled());
        assert_eq!(shop.look().await, 5);
    });
}

/// An actor that hangs in a handler is noticed though its mailbox still takes messages. What it does when it wakes up
/// again, a zombie beside its successor, can't corrupt the journal: one of both meets a conflict and reads again.
#[test]
fn a_stuck_actor_is_noticed_and_replaced() {
    let _system = actix::System::new();
    let thread = actix::Arbiter::new();
    // Time stands still for the guardian unless the test moves it; the actor hangs on a thread of its own.
    let guarding = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let asking = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let step = |by| guarding.block_on(tokio::time::advance(Duration::from_millis(by)));

    let journal = Arc::new(MemoryJournal::new(changes_of, 7));
    let clock = guarding.block_on(async { Hand::new() });
    let mut ground = ground(journal.clone(), clock, limits(64, 4), guarding.handle().clone());
    ground.arbiters = vec![thread.handle()];
    ground.deadline = Duration::from_secs(60);
    let opening = asking.spawn(Shop::start(journal, ground, 5));
    let ended = |task: &JoinHandle<_>| task.is_finished();
    while !opening.is_finished() {
        step(0);
    }
    let shop = asking.block_on(opening).unwrap();
    let ask = |id: &'static str, order| {
        let mailbox = shop.mailbox.clone();
        asking.spawn(async move { mailbox.ask(envelope(id), order).await })
    };

    let (hook, hanging, release) = hang();
    let hung = ask("hang", Order::Call(hook));
    hanging.recv().unwrap();
    let zombie = ask("zombie", Order::Take);
    let mut steps = 0;
    while shop.restarts() == 0 {
        step(100);
        steps += 1;
        assert!(steps < 1_000, "nobody notices");
    }
    assert!(steps >= 100, "a busy actor was taken for a stuck one after {steps} nudges");
    release.send(()).unwrap();

    let successor = ask("successor", Order::Take);
    let asked = [hung, zombie, successor];
    while !asked.iter().all(ended) {
        step(0);
    }
    for (id, units) in [("successor", 1), ("zombie", 1), ("look", 3)] {
        let again = ask(id, if id == "look" { Order::Look } else { Order::Take });
        while !again.is_finished() {
            step(0);
        }
        assert_eq!(asking.block_on(again).unwrap(), Ok(units), "{id}");
    }
}

/// A hook that hangs, what tells that it does, and what lets it go.
fn hang() -> (Hook, Receiver<()>, Sender<()>) {
    let (hangs, hanging) = channel();
    let (release, released) = channel();
    let released = Locked::new(released);
    let hook = Hook(Arc::new(move || {
        hangs.send(()).unwrap();
        released.with(|released| released.recv()).unwrap();
    }));
    (hook, hanging, release)
}
