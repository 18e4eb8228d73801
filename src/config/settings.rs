//! All settings together, and the checks that need more than one of them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::check;
use super::reader::{Findings, Table};
use super::store::UrlKeys;
use super::token::Scope;
use super::{
    Amqp, Channel, Feed, Http, Limits, LogFormat, Orders, Privacy, Problems, Routing, Store, StoreKind,
    Token, Warehouse,
};

/// Everything the daemon can be told. Values are within their ranges and fit each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// Which log lines are written: a level, or `target=level` pairs.
    pub log: String,
    /// How they look.
    pub log_format: LogFormat,
    /// Milliseconds from which on a command is told as slow; 0 = none is.
    pub log_slow_ms: u64,
    /// The HTTP door.
    pub http: Http,
    /// The live feed.
    pub feed: Feed,
    /// Where the journals live.
    pub store: Store,
    /// The broker.
    pub amqp: Amqp,
    /// What keeps memory and answers bounded.
    pub limits: Limits,
    /// Which warehouse ships an order.
    pub routing: Routing,
    /// How long an order may take, and how many are open at once.
    pub orders: Orders,
    /// How long people's data and orders are kept.
    pub privacy: Privacy,
    /// The places that hold stock, in the file's order.
    #[serde(rename = "warehouse", skip_serializing_if = "Vec::is_empty")]
    pub warehouses: Vec<Warehouse>,
    /// The places that sell, in the file's order.
    #[serde(rename = "channel", skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// Who may do what; empty = everybody may do everything, on loopback alone.
    #[serde(rename = "token", skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Token>,
}

/// Where else addresses may stand than in their own keys.
#[derive(Debug)]
pub(super) struct Addresses {
    pub(super) store: UrlKeys,
    pub(super) amqp: UrlKeys,
}

impl Default for Settings {
    /// One warehouse and one channel on the embedded store: enough to try everything.
    fn default() -> Self {
        let mut findings = Findings::default();
        let (mut settings, _) = Self::read(Table::top(&mut findings, [].into()));
        settings.warehouses = vec![Warehouse { country: Some("DE".to_owned()), ..Warehouse::named("BER") }];
        settings.channels = vec![Channel::named("web-de", vec!["BER".to_owned()])];
        settings
    }
}

impl Settings {
    pub(super) fn read(mut top: Table<'_>) -> (Self, Addresses) {
        let log = top.text("log", ("info", "info".to_owned()), check::FILTER, check::filter);
        let log_format = top.word("log_format", LogFormat::Auto);
        let log_slow_ms = top.whole("log_slow_ms", 1_000, 0..=600_000);
        let http = top.section("http", Http::read);
        let feed = top.section("feed", Feed::read);
        let (store, store_keys) = top.section("store", Store::read);
        let (amqp, amqp_keys) = top.section("amqp", Amqp::read);
        let limits = top.section("limits", Limits::read);
        let routing = top.section("routing", Routing::read);
        let orders = top.section("orders", Orders::read);
        let privacy = top.section("privacy", Privacy::read);
        let warehouses = top.sections("warehouse", Warehouse::read);
        let channels = top.sections("channel", Channel::read);
        let tokens = top.sections("token", Token::read);
        top.finish();
        let settings = Self {
            log,
            log_format,
            log_slow_ms,
            http,
            feed,
            store,
            amqp,
            limits,
            routing,
            orders,
            privacy,
            warehouses,
            channels,
            tokens,
        };
        (settings, Addresses { store: store_keys, amqp: amqp_keys })
    }

    /// Notes what is wrong between settings that are right each by itself.
    pub(super) fn check(&self, problems: &mut Problems) {
        self.check_limits(problems);
        self.routing.check(&self.limits, problems);
        self.orders.check(problems);
        self.privacy.check(problems);
        self.check_places(problems);
        self.check_tokens(problems);
        if self.store.kind == StoreKind::Embedded && self.store.url.is_some() {
            problems.add(
                "store.url",
                "found an address of Redis while store.kind is \"embedded\"",
                "set store.kind = \"redis\" or leave the address out",
            );
        }
        let open = self.http.listen.ip();
        if !open.is_loopback() && self.tokens.is_empty() {
            problems.add(
                "http.listen",
                format!("{open} can be reached from other machines and no [[token]] is configured"),
                "add a [[token]] (lagerd token new makes one) or listen on 127.0.0.1",
            );
        }
    }

    fn check_limits(&self, problems: &mut Problems) {
        let limits = &self.limits;
        if limits.default_ttl_s > limits.max_hold_s {
            problems.add(
                "limits.default_ttl_s",
                format!("{} is more than limits.max_hold_s = {}", limits.default_ttl_s, limits.max_hold_s),
                "a default that a reservation may have",
            );
        }
        if limits.batch_commands > limits.queue_commands {
            problems.add(
                "limits.batch_commands",
                format!(
                    "{} is more than limits.queue_commands = {}",
                    limits.batch_commands, limits.queue_commands
                ),
                "a batch that fits into the queue",
            );
        }
    }

    fn check_places(&self, problems: &mut Problems) {
        let warehouses: BTreeSet<&str> = self.warehouses.iter().map(|w| w.id.as_str()).collect();
        twice("warehouse", "id", self.warehouses.iter().map(|w| w.id.as_str()), problems);
        twice("channel", "id", self.channels.iter().map(|c| c.id.as_str()), problems);
        let channels: BTreeSet<&str> = self.channels.iter().map(|c| c.id.as_str()).collect();
        for (index, warehouse) in self.warehouses.iter().enumerate() {
            warehouse.check(&format!("warehouse[{index}]"), &channels, problems);
        }
        for (index, channel) in self.channels.iter().enumerate() {
            channel.check(&format!("channel[{index}]"), &warehouses, problems);
        }
    }

    fn check_tokens(&self, problems: &mut Problems) {
        // Two tokens may bear one name: while one takes the other's place, both are good.
        for (index, token) in self.tokens.iter().enumerate() {
            self.check_scopes(&format!("token[{index}].scopes"), &token.scopes, problems);
            if self.tokens.iter().take(index).any(|before| before.hash == token.hash) {
                let found = "the same token is there already (not shown)";
                problems.add(format!("token[{index}].hash"), found, "give each [[token]] a token of its own");
            }
        }
        self.check_scopes("amqp.scopes", &self.amqp.scopes, problems);
    }

    fn check_scopes(&self, path: &str, scopes: &[Scope], problems: &mut Problems) {
        let warehouses: BTreeSet<&str> = self.warehouses.iter().map(|w| w.id.as_str()).collect();
        let channels: BTreeSet<&str> = self.channels.iter().map(|c| c.id.as_str()).collect();
        for scope in scopes {
            let (of, ids) = match scope {
                Scope::Admin | Scope::ReadAll => continue,
                Scope::Read(id) | Scope::Sell(id) | Scope::Contact(id) => (id, &channels),
                Scope::Stock(id) | Scope::Fulfil(id) => (id, &warehouses),
            };
            if !ids.contains(of.as_str()) {
                let found = format!("\"{scope}\" names {of:?}, which is not there");
                problems.add(path, found, check::known(ids));
            }
        }
    }
}

fn twice<'a>(section: &str, key: &str, ids: impl Iterator<Item = &'a str>, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (index, id) in ids.enumerate() {
        if !seen.insert(id) {
            let path = format!("{section}[{index}].{key}");
            problems.add(path, format!("{id:?} is there already"), "give each one its own");
        }
    }
}
