//! Under a flood the outcomes of commits are still taken in: every message drains the core's own channel first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use actix::{Actor, Addr};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::kiosk::{Hook, Kiosk, Order, units_row};
use super::world::{Blind, Hand, LATENCY, envelope, ground, in_virtual_time, limits, parts};
use crate::actor::Fault;
use crate::actor::directory::Note;
use crate::actor::journaled::{Ask, Journaled, Loaded};
use crate::domain::machine::Machine;
use crate::domain::time::Timestamp;
use crate::journal::locked::Locked;
use crate::journal::memory::MemoryJournal;
use crate::journal::record::changes_of;
use crate::journal::{Head, Ring};

/// Messages of the flood in the mailbox at any time.
const WAVES: usize = 8;
/// Where the flood ends at last, some seconds, if it has starved what should end it.
const WAVES_MAX: u64 = 20_000_000;

type Answer = oneshot::Receiver<Result<i64, Fault>>;

/// A flood that feeds itself: each of its commands, while it is decided, sends the next, until `calm`.
struct Flood {
    address: Addr<Journaled<Kiosk>>,
    calm: Arc<AtomicBool>,
    waves: AtomicU64,
    /// A command whose asker is gone is dropped before it is decided, so the newest answers are waited for.
    answers: Locked<VecDeque<Answer>>,
}

impl Flood {
    fn wave(self: &Arc<Self>) {
        let waves = self.waves.fetch_add(1, Ordering::Relaxed);
        if self.calm.load(Ordering::Acquire) || waves > WAVES_MAX {
            return;
        }
        let flood = self.clone();
        let hook = Hook(Arc::new(move || flood.wave()));
        let (reply, answer) = oneshot::channel();
        self.answers.with(|answers| {
            answers.push_back(answer);
            if answers.len() > 10 * WAVES {
                answers.pop_front();
            }
        });
        let ask =
            Ask { envelope: envelope("wave"), command: Order::Call(hook), asked: Instant::now(), reply };
        assert!(self.address.try_send(ask).is_ok(), "the flood fills the mailbox");
        // Somebody else must find a processor to bring the outcome.
        std::thread::yield_now();
    }
}

/// A unit taken is confirmed and answered while a flood of refused commands keeps the mailbox from ever being empty:
/// only the confirmation ends this flood.
#[test]
fn outcomes_come_through_a_flood() {
    let elsewhere =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let io = elsewhere.handle().clone();
    in_virtual_time(async || {
        let journal = Arc::new(MemoryJournal::new(changes_of, 7).with_latency(LATENCY));
        let mut ground = ground(journal, Hand::new(), limits(64, 4), io);
        let calm = Arc::new(AtomicBool::new(false));
        let confirmed = calm.clone();
        ground.note = Note(Arc::new(move |_, head| {
            confirmed.store(head.version > 0, Ordering::Release);
        }));
        let mut machine = Kiosk::default();
        machine.put(units_row(1));
        let loaded = Loaded { machine, head: Head::GENESIS, at: Timestamp::MIN, ring: Ring::new(1 << 20) };
        let rng = fastrand::Rng::with_seed(7);
        let address = Journaled::new(parts(&ground), loaded, Box::new(Blind), rng).start();

        let (reply, taken) = oneshot::channel();
        let take = Ask { envelope: envelope("a"), command: Order::Take, asked: Instant::now(), reply };
        assert!(address.try_send(take).is_ok());
        let (waves, answers) = (AtomicU64::new(0), Locked::new(VecDeque::new()));
        let flood = Arc::new(Flood { address, calm, waves, answers });
        for _ in 0..WAVES {
            flood.wave();
        }
        assert_eq!(taken.await.unwrap(), Ok(1));
        let waves = flood.waves.load(Ordering::Relaxed);
        assert!(waves > WAVES as u64, "there was no flood");
        assert!(waves < WAVES_MAX, "the outcome was starved");
    });
    elsewhere.shutdown_background();
}
