//! Takes deliveries, lets each be worked on by itself, and lets it go when all is done.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, Consumer};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::super::link::Broken;
use super::super::topology::COMMANDS;
use super::letter::{self, Letter};
use super::patience::{End, Patience, Pause};
use super::post::{Post, Sent};
use super::{envelope, envelope::Envelope};
use crate::edge::command::{Asking, Signed};
use crate::edge::door::Door;
use crate::edge::fault::Problem;
use crate::telemetry::CommandMeter;

/// How long commands under way have when the daemon stops.
const FINISH: Duration = Duration::from_secs(5);

/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// How often a reply is sent again that its queue refuses: one that is moving does so for a moment, one that is full for
/// long.
const REFUSED_MAX: u32 = 5;

/// Takes commands from the broker.
#[derive(Debug)]
pub struct Intake {
    door: Arc<Door>,
    post: Arc<Post>,
    /// How many commands wait for a store that is away.
    away: watch::Sender<usize>,
    /// No more are taken.
    stopping: CancellationToken,
    /// And those under way have no time left.
    late: CancellationToken,
}

/// What a worked-off delivery left to do; an error ends the channel.
type Worked = Result<(), lapin::Error>;

impl Intake {
    /// An intake that takes nothing yet; `stopping` says when it takes no more.
    #[must_use]
    pub fn new(door: Arc<Door>, post: Arc<Post>, stopping: CancellationToken) -> Arc<Self> {
        let (away, late) = (watch::Sender::new(0), CancellationToken::new());
        Arc::new(Self { door, post, away, stopping, late })
    }

    /// Takes commands over this connection until it ends, or until no more are to be taken: then those under way are
    /// finished, and what is not in time is the broker's again.
    ///
    /// # Errors
    /// Why it can't go on.
    pub async fn take(self: Arc<Self>, connection: Arc<Connection>) -> Result<(), Broken> {
        let channel = connection.create_channel().await?;
        let prefetch = u16::try_from(self.door.settings().amqp.prefetch).unwrap_or(u16::MAX);
        channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
        let mut under_way = JoinSet::new();
        let _counted = Counted(self.meter());
        let end = self.listen(&channel, &mut under_way).await;
        if self.stopping.is_cancelled() {
            let finish = async { while under_way.join_next().await.is_some() {} };
            if tokio::time::timeout(FINISH, finish).await.is_err() {
                self.late.cancel();
                tracing::warn!("some commands did not finish in time; the broker hands them over again");
            }
        }
        under_way.shutdown().await;
        if end.is_ok() {
            drop(tokio::time::timeout(GOODBYE, channel.close(200, "bye".into())).await);
        }
        end
    }

    async fn listen(
        self: &Arc<Self>,
        channel: &Channel,
        under_way: &mut JoinSet<Worked>,
    ) -> Result<(), Broken> {
        let mut away = self.away.subscribe();
        loop {
            // Those that found the store away try on; the first that finds it again lets others in.
            while *away.borrow_and_update() > 0 {
                tokio::select! {
                    () = self.stopping.cancelled() => return Ok(()),
                    _ = away.changed() => {}
                    Some(worked) = under_way.join_next() => ended(worked)?,
                }
            }
            if self.stopping.is_cancelled() {
                return Ok(());
            }
            let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
            let consumer = channel.basic_consume(COMMANDS.into(), "".into(), options, none).await?;
            self.meter().taking.set(1);
            self.consume(channel, consumer, under_way).await?;
            self.meter().taking.set(0);
            if self.stopping.is_cancelled() {
                return Ok(());
            }
            tracing::warn!("the store is away; no commands are taken from the broker until it is back");
        }
    }

    /// Takes deliveries until it is time to stop, or the store is away.
    async fn consume(
        self: &Arc<Self>,
        channel: &Channel,
        mut consumer: Consumer,
        under_way: &mut JoinSet<Worked>,
    ) -> Result<(), Broken> {
        let mut away = self.away.subscribe();
        let mut cancelled = false;
        loop {
            let enough = async {
                tokio::select! {
                    () = self.stopping.cancelled() => {}
                    // The sender lives as long as we do.
                    _ = away.wait_for(|count| *count > 0) => {}
                }
            };
            tokio::select! {
                () = enough, if !cancelled => {
                    cancelled = true;
                    channel.basic_cancel(consumer.tag(), BasicCancelOptions::default()).await?;
                }
                Some(worked) = under_way.join_next() => ended(worked)?,
                delivery = consumer.next() => match delivery {
                    Some(delivery) => self.clone().begin(delivery?, under_way),
                    None if cancelled => return Ok(()),
                    None => return Err(Broken("the broker cancelled the consumer of commands".to_owned())),
                },
            }
        }
    }

    fn begin(self: Arc<Self>, delivery: Delivery, under_way: &mut JoinSet<Worked>) {
        self.meter().taken.inc();
        self.meter().under_way.inc();
        under_way.spawn(async move {
            let _counted = UnderWay(self.meter());
            self.work_off(delivery).await
        });
    }

    /// Carries a command out, sends what is to be sent for it, and lets it go; it stays with the broker where there was
    /// no time for that.
    async fn work_off(&self, delivery: Delivery) -> Worked {
        let Some(letters) = self.carry_out(&delivery).await else { return Ok(()) };
        for letter in &letters {
            if !self.send(letter).await {
                return Ok(());
            }
        }
        delivery.acker.ack(BasicAckOptions::default()).await.map(drop)
    }

    /// What is to be sent for a delivery, in this order, before it is let go; `None` where it is not.
    async fn carry_out(&self, delivery: &Delivery) -> Option<Vec<Letter>> {
        let bytes_max = self.door.settings().amqp.command_bytes_max;
        let envelope = match envelope::read(&delivery.properties, &delivery.data, bytes_max) {
            Ok(envelope) => envelope,
            Err(unreadable) => {
                let problem = unreadable.problem;
                return Some(self.buried(delivery, unreadable.id.as_deref(), problem.code, problem));
            }
        };
        let id = envelope.id.as_str();
        let patience = Patience {
            away: &self.away,
            stopping: &self.stopping,
            meter: self.meter(),
            delivered: letter::delivered(&delivery.properties),
        };
        match patience.until_answered(|| self.attempt(delivery, &envelope)).await {
            End::Answered(done) => {
                self.meter().answered.inc();
                if let Err(problem) = &done
                    && delivery.properties.reply_to().is_none()
                {
                    tracing::info!(%id, code = problem.code, "a command that wants no reply was refused");
                }
                Some(letter::reply(delivery, Some(id), done).into_iter().collect())
            }
            End::Dead(problem, reason) => Some(self.buried(delivery, Some(id), reason, problem)),
            End::Late => {
                tracing::warn!(%id, "a command could not be carried out for long; it goes to the end of its queue");
                self.meter().put_back.inc();
                Some(vec![letter::put_back(delivery)])
            }
            End::Stopped => None,
        }
    }

    async fn attempt(&self, delivery: &Delivery, envelope: &Envelope) -> Result<Vec<u8>, Problem> {
        let (inside, settings) = (self.door.inside()?, self.door.settings());
        let caller = envelope::caller(&delivery.properties, &settings.amqp.scopes);
        let trace = letter::trace(&delivery.properties).or(envelope.errand.trace);
        let signed = Signed { id: envelope.id.clone(), minted: false, actor: caller.name.clone(), trace };
        let asking = Asking { inside, settings, caller };
        envelope.errand.carry_out(&asking, signed).await
    }

    /// A command that can't be carried out: first it is kept where it can be looked at, then its sender is told.
    fn buried(
        &self,
        delivery: &Delivery,
        id: Option<&str>,
        reason: &'static str,
        problem: Problem,
    ) -> Vec<Letter> {
        self.meter().died(reason);
        tracing::warn!(id, reason, "a command can't be carried out; it goes to lagerd.dead");
        let dead = letter::dead(delivery, &problem, reason);
        [Some(dead), letter::reply(delivery, id, Err(problem))].into_iter().flatten().collect()
    }

    /// Sends a letter; false where there was no time. A reply that nobody takes is lost, anything else is not.
    async fn send(&self, letter: &Letter) -> bool {
        let mut pause = Pause::default();
        let mut refused = 0;
        loop {
            match self.post.send(letter, &self.late).await {
                Sent::Taken => return true,
                Sent::Stopped => return false,
                Sent::Refused if refused < REFUSED_MAX => refused += 1,
                Sent::Nobody | Sent::Refused if letter.passing => {
                    self.meter().replies_lost.inc();
                    return true;
                }
                Sent::Nobody | Sent::Refused => {
                    tracing::warn!(exchange = letter.exchange, key = %letter.key, "no queue takes it; trying again");
                }
            }
            if !pause.rest(&self.late).await {
                return false;
            }
        }
    }

    fn meter(&self) -> &CommandMeter {
        &self.door.metrics.amqp_commands
    }
}

/// Looks at what a worked-off delivery left to do.
fn ended(worked: Result<Worked, JoinError>) -> Result<(), Broken> {
    match worked {
        Ok(worked) => Ok(worked?),
        // A mistake of ours beside the command itself: the delivery can only go back with its channel.
        Err(error) => Err(Broken(format!("a command's task ended: {error}"))),
    }
}

/// Takes nothing any more, however that comes.
struct Counted<'m>(&'m CommandMeter);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.taking.set(0);
    }
}

/// One delivery less is under way, however that comes.
struct UnderWay<'m>(&'m CommandMeter);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.dec();
    }
}
