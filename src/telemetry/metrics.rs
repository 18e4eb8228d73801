//! What the daemon counts, as one typed struct: whoever counts names a field, and a metric nobody fills is seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::broker::CommandMeter;
use super::labels::{
    ActorLabel, CauseLabel, ChannelLabel, CodeLabel, CommandLabels, FactLabel, KindLabel, Outcome,
    ReasonLabel, RequestLabels, RouteLabel, StateLabel, StoreLabel, VersionLabel, WarehouseLabel, WorkLabels,
};
use super::meters::{
    ActorMeter, ChannelMeter, Decimal, DeskMeter, WarehouseMeter, batch, seconds, seconds_of,
};
use super::process::Process;

/// The content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// Every metric of the daemon. Cheap to count into from any thread; hot paths keep the handle of their label set
/// ([`Metrics::actor`] and [`Metrics::warehouse`] answer one).
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// What every process is watched by, under the names that are usual.
    process: Registry,
    store: StoreLabel,
    last_commit: Decimal,
    state_bytes_free: Gauge,
    orders: Family<StateLabel, Gauge>,
    orders_late: Gauge,
    fulfilments: Family<WorkLabels, Gauge>,
    document_facts: Family<FactLabel, Counter>,
    units_sold: Family<ChannelLabel, Counter>,
    promises_open: Family<WarehouseLabel, Gauge>,
    waiting_open: Family<WarehouseLabel, Gauge>,
    commands: Family<CommandLabels, Counter>,
    refusals: Family<CodeLabel, Counter>,
    commit_seconds: Histograms<ActorLabel>,
    batch_commands: Histograms<ActorLabel>,
    queue_commands: Family<ActorLabel, Gauge>,
    actor_restarts: Family<ActorLabel, Counter>,
    slow_commands: Family<ActorLabel, Counter>,
    slow_after_ms: Arc<AtomicU64>,
    resyncs: Family<CauseLabel, Counter>,
    reservations_open: Family<WarehouseLabel, Gauge>,
    channel_differing_skus: Family<ChannelLabel, Gauge>,
    channel_oldest_difference: Family<ChannelLabel, Gauge>,
    channel_lag_buffer: Family<ChannelLabel, Gauge>,
    http_requests: Family<RequestLabels, Counter>,
    http_request_seconds: Histograms<RouteLabel>,
    /// Panics of any thread.
    pub panics: Counter,
    /// Tails the store had lost, repaired or not.
    lost_tails: Counter,
    /// Claims that could not be kept after a store lost them: each is a customer to write to.
    oversold_incidents: Counter,
    /// Times a level's on-hand fell below zero: each is a mistake in some record.
    negative_stock: Counter,
    /// Reservations that ended by their deadline.
    reservations_expired: Counter,
    /// 1 while the store answers, else 0.
    pub store_reachable: Gauge<i64>,
    /// Connections to the HTTP door, open now, those of the feed included.
    pub http_connections: Gauge<i64>,
    /// Connections to the feed, open now.
    pub feed_connections: Gauge<i64>,
    /// Frames sent to readers of the feed.
    pub feed_frames: Counter,
    /// Changes that newer ones replaced before a reader was sent them.
    pub feed_conflated: Counter,
    feed_closed: Family<ReasonLabel, Counter>,
    alerts: Family<KindLabel, Counter>,
    /// Commands that come from the broker.
    pub amqp_commands: CommandMeter,
    /// Messages handed to the broker, those sent again included.
    pub amqp_published: Counter,
    /// 1 while the connection that publishes is there and takes messages, else 0.
    pub amqp_publishing: Gauge<i64>,
    /// 1 while the connection that takes commands is there, else 0.
    pub amqp_consuming: Gauge<i64>,
    /// Entries of journals that are not told to the broker yet.
    pub relay_lag_entries: Gauge<i64>,
    /// Age of the oldest of these.
    relay_lag_seconds: Decimal,
    /// Orders and other documents that are open.
    pub documents_open: Gauge<i64>,
    /// Of these, those that have something to tell a warehouse or a channel.
    pub documents_untold: Gauge<i64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All metrics at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("lagerd"),
            process: Registry::default(),
            store: StoreLabel::default(),
            last_commit: Decimal::default(),
            state_bytes_free: Gauge::default(),
            orders: Family::default(),
            orders_late: Gauge::default(),
            fulfilments: Family::default(),
            document_facts: Family::default(),
            units_sold: Family::default(),
            promises_open: Family::default(),
            waiting_open: Family::default(),
            commands: Family::default(),
            refusals: Family::default(),
            commit_seconds: Family::new_with_constructor(seconds),
            batch_commands: Family::new_with_constructor(batch),
            queue_commands: Family::default(),
            actor_restarts: Family::default(),
            slow_commands: Family::default(),
            slow_after_ms: Arc::default(),
            resyncs: Family::default(),
            reservations_open: Family::default(),
            channel_differing_skus: Family::default(),
            channel_oldest_difference: Family::default(),
            channel_lag_buffer: Family::default(),
            http_requests: Family::default(),
            http_request_seconds: Family::new_with_constructor(seconds),
            panics: Counter::default(),
            lost_tails: Counter::default(),
            oversold_incidents: Counter::default(),
            negative_stock: Counter::default(),
            reservations_expired: Counter::default(),
            store_reachable: Gauge::default(),
            http_connections: Gauge::default(),
            feed_connections: Gauge::default(),
            feed_frames: Counter::default(),
            feed_conflated: Counter::default(),
            feed_closed: Family::default(),
            alerts: Family::default(),
            amqp_commands: CommandMeter::default(),
            amqp_published: Counter::default(),
            amqp_publishing: Gauge::default(),
            amqp_consuming: Gauge::default(),
            relay_lag_entries: Gauge::default(),
            relay_lag_seconds: Decimal::default(),
            documents_open: Gauge::default(),
            documents_untold: Gauge::default(),
        };
        metrics.register_core();
        metrics.register_store();
        metrics.register_stock();
        metrics.register_documents();
        metrics.register_channels();
        metrics.register_edges();
        metrics.register_broker();
        metrics
    }

    fn register_core(&mut self) {
        let all = &mut self.registry;
        all.register("commands", "Commands answered, by kind and outcome", self.commands.clone());
        all.register("refusals", "Refusals, by code", self.refusals.clone());
        let commit = "Time from a batch's way to the store to its confirmation";
        all.register_with_unit("commit", commit, Unit::Seconds, self.commit_seconds.clone());
        all.register("batch_commands", "Commands written together", self.batch_commands.clone());
        let queue = "Commands queued or in flight, by actor";
        all.register("queue_commands", queue, self.queue_commands.clone());
        let slow = "Commands that took longer than log_slow_ms, by actor";
        all.register("slow_commands", slow, self.slow_commands.clone());
        all.register("actor_restarts", "Actors rebuilt from their journal", self.actor_restarts.clone());
        all.register("panics", "Panics of any thread", self.panics.clone());
        all.register("resyncs", "Journals read again, by cause", self.resyncs.clone());
        all.register("lost_tails", "Tails the store had lost", self.lost_tails.clone());
        all.register("alerts", "What somebody should look at, by kind", self.alerts.clone());
    }

    fn register_store(&mut self) {
        let all = &mut self.registry;
        all.register("build", "The version that runs", Info::new(VersionLabel::THIS));
        all.register("store", "Where stock is kept: embedded or redis", Info::new(self.store.clone()));
        let reachable = "1 while the store answers, else 0";
        all.register("store_reachable", reachable, self.store_reachable.clone());
        let last = "When a change was confirmed by the store last, since 1970; 0 = not yet";
        let at = self.last_commit.clone();
        all.register_with_unit("last_commit_timestamp", last, Unit::Seconds, at);
        let free = "Room left on the disk of the state directory";
        all.register_with_unit("state_dir_free", free, Unit::Bytes, self.state_bytes_free.clone());
    }

    fn register_stock(&mut self) {
        let all = &mut self.registry;
        let oversold = "Claims that could not be kept after a store lost them";
        all.register("oversold_incidents", oversold, self.oversold_incidents.clone());
        let negative = "Times a record became wrong: on hand below zero or less than unavailable";
        all.register("negative_stock", negative, self.negative_stock.clone());
        let open = "Reservations open now, by warehouse";
        all.register("reservations_open", open, self.reservations_open.clone());
        let expired = "Reservations that ended by their deadline";
        all.register("reservations_expired", expired, self.reservations_expired.clone());
        let promised = "Claims of orders and of shops that are promised and not shipped yet, by warehouse";
        all.register("allocations_open", promised, self.promises_open.clone());
        let waiting = "Claims of orders that wait for goods, by warehouse";
        all.register("waiting_claims_open", waiting, self.waiting_open.clone());
        let sold = "Units sold: ordered, promised without an order, or gone over the counter; what is cancelled later stays in";
        all.register("units_sold", sold, self.units_sold.clone());
    }

    fn register_documents(&mut self) {
        let all = &mut self.registry;
        let open = "Orders and other documents that are open";
        all.register("documents_open", open, self.documents_open.clone());
        let untold = "Documents that have something to tell a warehouse or a channel";
        all.register("documents_untold", untold, self.documents_untold.clone());
        let facts = "What happened to orders, returns, transfers and expected receipts, by fact";
        all.register("document_facts", facts, self.document_facts.clone());
        let orders = "Orders that are not settled, by state";
        all.register("orders_open", orders, self.orders.clone());
        let late = "Orders whose promise has passed and that have not left as a whole";
        all.register("orders_late", late, self.orders_late.clone());
        let parts = "Fulfilments that have not arrived, by warehouse and state";
        all.register("fulfilments_open", parts, self.fulfilments.clone());
    }

    /// Counts the end of a connection to the feed.
    pub fn feed_closed(&self, reason: &'static str) {
        self.feed_closed.get_or_create(&ReasonLabel { reason }).inc();
    }

    fn register_broker(&mut self) {
        let all = &mut self.registry;
        let published = "Messages handed to the broker, those sent again included";
        all.register("amqp_published", published, self.amqp_published.clone());
        let publishing = "1 while the broker takes what is published";
        all.register("amqp_publishing", publishing, self.amqp_publishing.clone());
        all.register(
            "amqp_consuming",
            "1 while commands are taken from the broker",
            self.amqp_consuming.clone(),
        );
        let entries = "Entries of journals that are not told to the broker yet";
        all.register("relay_lag_entries", entries, self.relay_lag_entries.clone());
        self.amqp_commands.register(all);
        let age = "Age of the oldest entry that is not told to the broker yet";
        all.register_with_unit("relay_lag", age, Unit::Seconds, self.relay_lag_seconds.clone());
    }

    /// Notes how far the relay lags.
    pub fn relay_lag(&self, entries: u64, age_ms: i64) {
        self.relay_lag_entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.relay_lag_seconds.set(seconds_of(age_ms.max(0)));
    }

    fn register_channels(&mut self) {
        let all = &mut self.registry;
        let differing = "SKUs of which a channel has not confirmed the figure it should show, by channel";
        all.register("channel_differing_skus", differing, self.channel_differing_skus.clone());
        let oldest = "Age of the oldest of these differences, by channel";
        let ages = self.channel_oldest_difference.clone();
        all.register_with_unit("channel_oldest_difference", oldest, Unit::Seconds, ages);
        let buffer = "Units kept back of every SKU because a channel is behind, by channel";
        all.register("channel_lag_buffer", buffer, self.channel_lag_buffer.clone());
    }

    fn register_edges(&mut self) {
        let all = &mut self.registry;
        let requests = "HTTP requests answered, by route and status";
        all.register("http_requests", requests, self.http_requests.clone());
        let spent = "Time to answer an HTTP request, by route";
        all.register_with_unit("http_request", spent, Unit::Seconds, self.http_request_seconds.clone());
        all.register("http_connections", "Connections open now", self.http_connections.clone());
        all.register("feed_connections", "Connections to the feed open now", self.feed_connections.clone());
        all.register("feed_frames", "Frames sent to readers of the feed", self.feed_frames.clone());
        let conflated = "Changes that newer ones replaced before a reader was sent them";
        all.register("feed_conflated", conflated, self.feed_conflated.clone());
        let closed = "Connections to the feed that ended, by reason";
        all.register("feed_closed", closed, self.feed_closed.clone());
    }

    /// Counts a command's answer; `kind` is the command's word (`reserve`, `count`).
    pub fn command(&self, kind: &'static str, outcome: Outcome) {
        self.commands.get_or_create(&CommandLabels { kind, outcome }).inc();
    }

    /// Counts a refusal by its stable code.
    pub fn refused(&self, code: &'static str) {
        self.refusals.get_or_create(&CodeLabel { code }).inc();
    }

    /// Counts something somebody should look at.
    pub fn alert(&self, kind: &'static str) {
        self.alerts.get_or_create(&KindLabel { kind }).inc();
    }

    /// The meters of one actor, to be kept by it.
    #[must_use]
    pub fn actor(&self, actor: &str) -> ActorMeter {
        let label = ActorLabel::of(actor);
        ActorMeter {
            commit_seconds: self.commit_seconds.get_or_create_owned(&label),
            batch_commands: self.batch_commands.get_or_create_owned(&label),
            queue_commands: self.queue_commands.get_or_create_owned(&label),
            restarts: self.actor_restarts.get_or_create_owned(&label),
            lost_tails: self.lost_tails.clone(),
            resyncs: self.resyncs.clone(),
            last_commit: self.last_commit.clone(),
            slow: self.slow_commands.get_or_create_owned(&label),
            slow_after_ms: self.slow_after_ms.clone(),
        }
    }

    /// The meters of one warehouse, to be kept by whoever follows it.
    #[must_use]
    pub fn warehouse(&self, warehouse: &str) -> WarehouseMeter {
        let label = WarehouseLabel { warehouse: warehouse.into() };
        WarehouseMeter {
            open: self.reservations_open.get_or_create_owned(&label),
            promised: self.promises_open.get_or_create_owned(&label),
            waiting: self.waiting_open.get_or_create_owned(&label),
            sold: self.units_sold.clone(),
            expired: self.reservations_expired.clone(),
            oversold: self.oversold_incidents.clone(),
            negative: self.negative_stock.clone(),
        }
    }

    /// The meters of the order desks.
    #[must_use]
    pub fn desks(&self) -> DeskMeter {
        DeskMeter { facts: self.document_facts.clone(), sold: self.units_sold.clone() }
    }

    /// So many orders are not settled and in this state.
    pub fn orders(&self, state: &'static str, count: i64) {
        self.orders.get_or_create(&StateLabel { state }).set(count);
    }

    /// So many orders that are not settled are late.
    pub fn orders_late(&self, count: i64) {
        self.orders_late.set(count);
    }

    /// So many fulfilments of a warehouse have not arrived and are in this state.
    pub fn fulfilments(&self, warehouse: &str, state: &'static str, count: i64) {
        self.fulfilments.get_or_create(&WorkLabels { warehouse: warehouse.into(), state }).set(count);
    }

    /// Which kind of store this process uses; counts once.
    pub fn store_kind(&self, kind: &'static str) {
        self.store.set(kind);
    }

    /// So many bytes are left on the disk of the state directory.
    pub fn state_dir_free(&self, bytes: u64) {
        self.state_bytes_free.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// From so many milliseconds on a command is slow; 0 = none is.
    pub fn slow_after(&self, millis: u64) {
        self.slow_after_ms.store(millis, Ordering::Relaxed);
    }

    /// When this process was started, in milliseconds since 1970; counts once.
    pub fn started(&mut self, at_ms: i64) {
        self.process.register_collector(Box::new(Process::started(at_ms)));
    }

    /// The meters of one channel somebody publishes for.
    #[must_use]
    pub fn channel(&self, channel: &str) -> ChannelMeter {
        let label = ChannelLabel { channel: channel.into() };
        ChannelMeter {
            differing: self.channel_differing_skus.get_or_create_owned(&label),
            oldest: self.channel_oldest_difference.get_or_create_owned(&label),
            buffer: self.channel_lag_buffer.get_or_create_owned(&label),
        }
    }

    /// Counts an answered HTTP request. `route` is the pattern (`/v1/stock/{sku}`), never the path.
    pub fn http_request(&self, route: &str, status: u16, spent: Duration) {
        let route: Arc<str> = route.into();
        self.http_request_seconds
            .get_or_create(&RouteLabel { route: Arc::clone(&route) })
            .observe(spent.as_secs_f64());
        self.http_requests.get_or_create(&RequestLabels { route, status }).inc();
    }

    /// Everything as OpenMetrics text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(16 * 1024);
        let written = text::encode_registry(&mut out, &self.registry)
            .and_then(|()| text::encode_registry(&mut out, &self.process))
            .and_then(|()| text::encode_eof(&mut out));
        match written {
            Ok(()) => out,
            // Writing into a string does not fail; an encoder that does has written nothing worth scraping.
            Err(_) => "# EOF\n".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted is rendered under its name with its labels, and the text ends as OpenMetrics wants.
    #[test]
    fn renders() {
        let metrics = Metrics::new();
        metrics.command("reserve", Outcome::Applied);
        metrics.refused("insufficient_stock");
        let meter = metrics.actor("w:BER");
        meter.committed(1_763_892_000_123, Duration::from_millis(2), 7);
        meter.waiting(3);
        metrics.http_request("/v1/stock/{sku}", 200, Duration::from_millis(1));
        let text = metrics.render();
        for line in [
            "lagerd_commands_total{kind=\"reserve\",outcome=\"applied\"} 1",
            "lagerd_refusals_total{code=\"insufficient_stock\"} 1",
            "lagerd_commit_seconds_count{actor=\"w:BER\"} 1",
            "lagerd_queue_commands{actor=\"w:BER\"} 3",
            "lagerd_http_requests_total{route=\"/v1/stock/{sku}\",status=\"200\"} 1",
            "lagerd_store_reachable 0",
            "lagerd_store_info{kind=\"unknown\"} 1",
            "lagerd_last_commit_timestamp_seconds 1763892000.123",
            concat!("lagerd_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
