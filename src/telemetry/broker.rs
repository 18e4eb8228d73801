//! What is counted of commands that come from the broker.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::ReasonLabel;

/// The meters of commands that come from the broker.
#[derive(Debug, Default)]
pub struct CommandMeter {
    /// Deliveries taken, those delivered again included.
    pub taken: Counter,
    /// Deliveries that are not acknowledged yet.
    pub under_way: Gauge,
    /// Commands answered, refusals included.
    pub answered: Counter,
    /// Tries after one that was not final: busy, the store away, the outcome unknown, a panic.
    pub retried: Counter,
    /// Commands put back at the end of their queue after a long time without success.
    pub put_back: Counter,
    /// Replies nobody took.
    pub replies_lost: Counter,
    /// 1 while deliveries are taken, 0 while the store is away or there is no broker.
    pub taking: Gauge,
    dead: Family<ReasonLabel, Counter>,
}

impl CommandMeter {
    /// Counts a command that went to `lagerd.dead`; the reason is a problem's code.
    pub fn died(&self, reason: &'static str) {
        self.dead.get_or_create(&ReasonLabel { reason }).inc();
    }

    pub(super) fn register(&self, all: &mut Registry) {
        let taken = "Deliveries of commands taken from the broker";
        all.register("amqp_commands_taken", taken, self.taken.clone());
        let under_way = "Deliveries of commands that are not acknowledged yet";
        all.register("amqp_commands_under_way", under_way, self.under_way.clone());
        let answered = "Commands from the broker that were answered, refusals included";
        all.register("amqp_commands_answered", answered, self.answered.clone());
        let retried = "Tries of commands from the broker after one that was not final";
        all.register("amqp_commands_retried", retried, self.retried.clone());
        let put_back = "Commands put back at the end of their queue after a long time without success";
        all.register("amqp_commands_put_back", put_back, self.put_back.clone());
        all.register("amqp_replies_lost", "Replies that nobody took", self.replies_lost.clone());
        let taking = "1 while commands are taken from the broker";
        all.register("amqp_commands_taking", taking, self.taking.clone());
        let dead = "Commands that went to lagerd.dead, by reason";
        all.register("amqp_commands_dead", dead, self.dead.clone());
    }
}
