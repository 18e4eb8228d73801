//! The thin shell that makes a core an actor.
//!
//! actix empties the mailbox before it polls anything else of the actor, and a timer or future of the actor starves
//! meanwhile. So the actor has none: every message it handles drains the core's own channel first, and whoever posts
//! there nudges the mailbox. A nudge that finds the mailbox full is not needed: the messages in it do the same.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::{Actor, AsyncContext, Context, Handler, Message};
use tokio::sync::oneshot;

use super::core::{Ask, Core, Parts, Stats};
use super::load::Loaded;
use super::watch::Watch;
use crate::journal::record::Recorded;

impl<M: Recorded> Message for Ask<M> {
    type Result = ();
}

/// Something came for the core, or time has passed.
#[derive(Debug)]
pub(crate) struct Nudge;

impl Message for Nudge {
    type Result = ();
}

/// Finish what was taken, take nothing more.
#[derive(Debug)]
pub(crate) struct Stop(pub(crate) oneshot::Sender<()>);

impl Message for Stop {
    type Result = ();
}

/// Everything in the mailbox was seen: decide what was gathered.
#[derive(Debug)]
struct Flush;

impl Message for Flush {
    type Result = ();
}

/// A journaled actor.
pub struct Journaled<M: Recorded> {
    core: Option<Box<Core<M>>>,
    start: Option<Box<Start<M>>>,
    mailbox: usize,
    batch: usize,
    stats: Arc<Stats>,
    flushing: bool,
}

struct Start<M: Recorded> {
    parts: Parts<M>,
    loaded: Loaded<M>,
    watch: Box<dyn Watch<M>>,
    rng: fastrand::Rng,
}

impl<M: Recorded> fmt::Debug for Journaled<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journaled").field("core", &self.core).finish_non_exhaustive()
    }
}

impl<M: Recorded> Journaled<M> {
    /// An actor that goes on from a loaded machine once it is started.
    pub fn new(parts: Parts<M>, loaded: Loaded<M>, watch: Box<dyn Watch<M>>, rng: fastrand::Rng) -> Self {
        let (mailbox, batch) = (parts.limits.queue, parts.limits.batch_commands);
        let stats = parts.stats.clone();
        let start = Some(Box::new(Start { parts, loaded, watch, rng }));
        Self { core: None, start, mailbox, batch, stats, flushing: false }
    }
}

impl<M: Recorded> Actor for Journaled<M> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(self.mailbox);
        let address = ctx.address().downgrade();
        let wake = Arc::new(move || {
            if let Some(address) = address.upgrade() {
                // Full: the messages in the mailbox do what the nudge would.
                drop(address.try_send(Nudge));
            }
        });
        if let Some(start) = self.start.take() {
            let Start { parts, loaded, watch, rng } = *start;
            self.core = Some(Box::new(Core::new(parts, loaded, watch, wake, rng)));
        }
    }
}

impl<M: Recorded> Handler<Ask<M>> for Journaled<M> {
    type Result = ();

    fn handle(&mut self, ask: Ask<M>, ctx: &mut Context<Self>) {
        let Some(core) = &mut self.core else { return };
        core.drain();
        core.gather(ask);
        if core.gathered() >= self.batch {
            core.pump();
        } else if !self.flushing {
            self.flushing = true;
            ctx.notify(Flush);
        }
    }
}

impl<M: Recorded> Handler<Flush> for Journaled<M> {
    type Result = ();

    fn handle(&mut self, _flush: Flush, _ctx: &mut Context<Self>) {
        self.flushing = false;
        if let Some(core) = &mut self.core {
            core.pump();
        }
    }
}

impl<M: Recorded> Handler<Nudge> for Journaled<M> {
    type Result = ();

    fn handle(&mut self, _nudge: Nudge, _ctx: &mut Context<Self>) {
        if let Some(core) = &mut self.core {
            core.pump();
        }
        // Behind the work: who hangs in it has not answered.
        self.stats.beats.fetch_add(1, Ordering::Relaxed);
    }
}

impl<M: Recorded> Handler<Stop> for Journaled<M> {
    type Result = ();

    fn handle(&mut self, stop: Stop, _ctx: &mut Context<Self>) {
        if let Some(core) = &mut self.core {
            core.stop(stop.0);
            core.pump();
        }
    }
}
