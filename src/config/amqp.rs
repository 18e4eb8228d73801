//! `[amqp]`: the broker, what is told there and what is taken from there.

use serde::Serialize;

use super::Secret;
use super::reader::{Table, Words};
use super::store::UrlKeys;
use super::token::{SCOPES, Scope};

/// Who makes exchanges and queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// The daemon does.
    Declare,
    /// Somebody else did; the daemon looks whether they are there.
    Check,
    /// Somebody else did; the daemon uses them by their names.
    Off,
}

impl Words for Topology {
    const WORDS: &'static [(&'static str, Self)] =
        &[("declare", Self::Declare), ("check", Self::Check), ("off", Self::Off)];
}

/// The broker. Without an address nothing is told and nothing taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Amqp {
    /// Address of RabbitMQ, from `url`, `url_file` or `url_credential`. May hold a password.
    pub url: Option<Secret>,
    /// Who makes exchanges and queues.
    pub topology: Topology,
    /// Whether facts about carts (reserved, amended, extended, released, expired) are told too; they are many.
    pub holds: bool,
    /// Whether commands are taken from `lagerd.commands`.
    pub commands: bool,
    /// Commands under way at most: how many deliveries the broker hands over before the first is answered.
    pub prefetch: u64,
    /// Longest command, in bytes.
    pub command_bytes_max: u64,
    /// What commands from there may do. The broker knows who sends them; whoever may write to the queue may do this.
    pub scopes: Vec<Scope>,
    /// Messages sent and not yet confirmed, at most.
    pub window: u64,
    /// Seconds a confirmation may take until the connection counts as dead.
    pub confirm_timeout_s: u64,
    /// Hours messages may lie in `lagerd.unrouted` and `lagerd.dead`.
    pub dead_hours: u64,
    /// Messages these two hold at most; the oldest go first.
    pub dead_messages_max: u64,
    /// Hours a document with a name and an address may lie in a queue.
    pub contact_hours: u64,
}

impl Amqp {
    pub(super) fn read(table: &mut Table<'_>) -> (Self, UrlKeys) {
        let amqp = Self {
            url: table.secret_opt("url", URL, url),
            topology: table.word("topology", Topology::Declare),
            holds: table.flag("holds", false),
            commands: table.flag("commands", true),
            prefetch: table.whole("prefetch", 64, 1..=10_000),
            command_bytes_max: table.whole("command_bytes_max", 4_194_304, 1_024..=134_217_728),
            scopes: scopes(table),
            window: table.whole("window", 1_024, 1..=65_535),
            confirm_timeout_s: table.whole("confirm_timeout_s", 30, 1..=600),
            dead_hours: table.whole("dead_hours", 72, 1..=8_760),
            dead_messages_max: table.whole("dead_messages_max", 100_000, 1..=100_000_000),
            contact_hours: table.whole("contact_hours", 72, 1..=720),
        };
        let keys = UrlKeys::read(table);
        (amqp, keys)
    }
}

fn scopes(table: &mut Table<'_>) -> Vec<Scope> {
    let read = |text: &str| text.parse::<Scope>().map(|scope| scope.to_string());
    let names = table.names("scopes", &["admin"], SCOPES, read);
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// What an address of RabbitMQ looks like.
pub(super) const URL: &str = "an address that begins with amqp:// or amqps://";

/// An address of RabbitMQ, checked by its scheme alone: the rest is the client's business.
pub(super) fn url(text: &str) -> Option<Secret> {
    let text = text.trim();
    ["amqp://", "amqps://"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
        .then(|| Secret::new(text))
}
