//! The naked facts about actix 0.13.5.

#![expect(clippy::disallowed_methods, reason = "what the banned calls do is what is shown here")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::dev::SendError;
use actix::fut::wrap_future;
use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, MailboxError, Message, ResponseActFuture,
    Supervised, Supervisor,
};
use futures_util::future::join;
use tokio::sync::oneshot;

use super::world::{in_virtual_time, wait_for};

struct Bomb;

impl Message for Bomb {
    type Result = ();
}

struct Fragile {
    restarted: Arc<AtomicU64>,
    handled: Arc<AtomicU64>,
}

impl Actor for Fragile {
    type Context = Context<Self>;
}

impl Supervised for Fragile {
    fn restarting(&mut self, _ctx: &mut Context<Self>) {
        self.restarted.fetch_add(1, Ordering::Relaxed);
    }
}

impl Handler<Bomb> for Fragile {
    type Result = ();

    fn handle(&mut self, _bomb: Bomb, _ctx: &mut Context<Self>) {
        self.handled.fetch_add(1, Ordering::Relaxed);
        panic!("as ordered");
    }
}

/// A panic in a handler closes the mailbox and says so to nobody: the supervisor does not restart the actor, and what
/// is sent afterwards without waiting is lost without an error.
#[test]
fn a_panic_is_silent() {
    in_virtual_time(async || {
        let (restarted, handled) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let parts = (restarted.clone(), handled.clone());
        let address = Supervisor::start(move |_| Fragile { restarted: parts.0, handled: parts.1 });
        assert_eq!(address.send(Bomb).await, Err(MailboxError::Closed));
        wait_for("the mailbox to close", async || (!address.connected()).then_some(())).await;
        assert_eq!(restarted.load(Ordering::Relaxed), 0, "the supervisor restarted it");
        address.do_send(Bomb);
        assert_eq!(address.send(Bomb).await, Err(MailboxError::Closed));
        assert_eq!(handled.load(Ordering::Relaxed), 1);
    });
}

/// One of a flood: the handler sends the next itself, so that the mailbox is never empty.
struct Wave {
    left: u64,
    shore: Option<oneshot::Receiver<()>>,
}

impl Message for Wave {
    type Result = ();
}

#[derive(Default)]
struct Flooded {
    handled: u64,
    /// How many waves had come when the actor's own future was let through.
    noticed_after: Arc<AtomicU64>,
}

impl Actor for Flooded {
    type Context = Context<Self>;
}

impl Handler<Wave> for Flooded {
    type Result = ();

    fn handle(&mut self, wave: Wave, ctx: &mut Context<Self>) {
        self.handled += 1;
        if let Some(shore) = wave.shore {
            let noticed = wrap_future::<_, Self>(shore).map(|_, actor, _| {
                actor.noticed_after.store(actor.handled, Ordering::Relaxed);
            });
            ctx.spawn(noticed);
            ctx.run_later(Duration::ZERO, |actor, _| {
                actor.noticed_after.fetch_max(actor.handled, Ordering::Relaxed);
            });
        }
        if wave.left > 0 {
            ctx.address().do_send(Wave { left: wave.left - 1, shore: None });
        }
    }
}

/// As long as the mailbox holds something, futures and timers of the actor don't run, though they are ready at once.
#[test]
fn a_flood_starves_the_actors_own_futures() {
    in_virtual_time(async || {
        let actor = Flooded::default();
        let noticed = actor.noticed_after.clone();
        let address = actor.start();
        let (told, shore) = oneshot::channel();
        told.send(()).unwrap();
        address.do_send(Wave { left: 100_000, shore: Some(shore) });
        let after =
            wait_for("the actor's future", async || Some(noticed.load(Ordering::Relaxed)).filter(|n| *n > 0))
                .await;
        assert_eq!(after, 100_001, "it was let through in the middle of the flood");
    });
}

struct Parcel;

impl Message for Parcel {
    type Result = ();
}

struct Depot(Arc<AtomicU64>);

impl Actor for Depot {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(16);
    }
}

impl Handler<Parcel> for Depot {
    type Result = ();

    fn handle(&mut self, _parcel: Parcel, _ctx: &mut Context<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A mailbox of sixteen takes ten thousand messages that nobody waits for; only `try_send` minds the bound.
#[test]
fn a_bounded_mailbox_is_not() {
    in_virtual_time(async || {
        let handled = Arc::new(AtomicU64::new(0));
        let address = Depot(handled.clone()).start();
        let mut taken = 0;
        while !matches!(address.try_send(Parcel), Err(SendError::Full(_))) {
            taken += 1;
            assert!(taken <= 17, "the bound is not minded at all");
        }
        for _ in 0..10_000 {
            address.do_send(Parcel);
        }
        wait_for("all of them", async || (handled.load(Ordering::Relaxed) == 10_000 + taken).then_some(()))
            .await;
    });
}

struct Buy;

impl Message for Buy {
    type Result = bool;
}

struct Shelf {
    stock: i64,
    seen: Arc<AtomicU64>,
}

impl Actor for Shelf {
    type Context = Context<Self>;
}

impl Handler<Buy> for Shelf {
    type Result = ResponseActFuture<Self, bool>;

    fn handle(&mut self, _buy: Buy, _ctx: &mut Context<Self>) -> Self::Result {
        let enough = self.stock > 0;
        let payment = wrap_future::<_, Self>(tokio::time::sleep(Duration::from_millis(1)));
        Box::pin(payment.map(move |(), actor, _| {
            if enough {
                actor.stock -= 1;
                actor.seen.store(actor.stock.unsigned_abs(), Ordering::Relaxed);
            }
            enough
        }))
    }
}

/// A handler that checks, waits and then takes sells the last unit twice: other messages are handled meanwhile.
#[test]
fn check_then_act_around_an_await_sells_twice() {
    in_virtual_time(async || {
        let seen = Arc::new(AtomicU64::new(0));
        let address = Shelf { stock: 1, seen: seen.clone() }.start();
        let both = join(address.send(Buy), address.send(Buy)).await;
        assert_eq!(both, (Ok(true), Ok(true)));
        assert_eq!(seen.load(Ordering::Relaxed), 1, "the stock is -1");
    });
}
