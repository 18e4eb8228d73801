//! Metrics as an operator sees them.

use std::time::Duration;

use lagerd::telemetry::{Metrics, Outcome};

use crate::documents::compare;
use crate::none;
use crate::sources;

/// One metric as it is exposed.
pub(crate) struct Exposed {
    /// As queries name it: a counter with its `_total`, an info with its `_info`.
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) labels: Vec<String>,
    pub(crate) help: String,
}

/// Names begin with the program, or are those every process has, are made of words, and end with their unit or `_total`
/// where their kind has one.
#[test]
fn names_follow_the_convention() {
    let text = filled().render();
    let mut breaches = Vec::new();
    let mut own = 0;
    for line in text.lines() {
        let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        let usual = name.strip_prefix("process_");
        own += usize::from(usual.is_none());
        let words = usual.or_else(|| name.strip_prefix("lagerd_")).unwrap_or_default();
        if words.is_empty() || !words.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_') {
            breaches.push(format!("{name}: not lagerd_ and words"));
        }
        if kind == "histogram" && !(name.ends_with("_seconds") || name.ends_with("_commands")) {
            breaches.push(format!("{name}: a histogram without its unit"));
        }
        if name.ends_with("_total") || name.ends_with("_info") {
            breaches.push(format!("{name}: the exposition adds the ending itself"));
        }
        if !text.contains(&format!("# HELP {name} ")) {
            breaches.push(format!("{name}: no help"));
        }
    }
    none(&breaches);
    // What is registered and not seen here was not filled below.
    let registered: usize = sources::rust(&["src/telemetry"])
        .iter()
        .map(|source| {
            source.text.matches(".register(").count() + source.text.matches(".register_with_unit(").count()
        })
        .sum();
    let calls_of_parts = 1;
    assert_eq!(own, registered - calls_of_parts, "fill every metric below:\n{text}");
}

/// The README's table of metrics is what the daemon exposes.
#[test]
fn readme_lists_every_metric() {
    let rows = exposed().into_iter().map(|metric| {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        vec![format!("`{}`", metric.name), metric.kind, labels.join(", "), metric.help]
    });
    compare("### Metrics", &["metric", "kind", "labels", "what it is"], rows.collect());
}

/// A metric has few series for the whole life of a process, so none carries goods or people.
#[test]
fn labels_stay_few() {
    let text = filled().render();
    for label in ["sku=", "cart=", "token=", "reservation=", "order=", "address=", "id="] {
        assert!(!text.contains(&format!("{{{label}")) && !text.contains(&format!(",{label}")), "{label}");
    }
}

/// Every metric, in the order of exposition.
pub(crate) fn exposed() -> Vec<Exposed> {
    let text = filled().render();
    let mut all: Vec<Exposed> = Vec::new();
    let mut help = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').map_or("", |(_, help)| help).trim_end_matches('.');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let ending = match kind {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            let (name, kind, help) = (format!("{name}{ending}"), kind.to_owned(), help.to_owned());
            all.push(Exposed { name, kind, labels: Vec::new(), help });
        } else if let (Some(last), Some(labels)) = (all.last_mut(), inside_braces(line))
            && last.labels.is_empty()
        {
            let names = labels.split("\",").filter_map(|pair| pair.split_once('=').map(|(name, _)| name));
            last.labels = names.filter(|name| *name != "le").map(str::to_owned).collect();
        }
    }
    all
}

fn inside_braces(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once('{')?;
    rest.rsplit_once('}').map(|(labels, _)| labels)
}

fn filled() -> Metrics {
    let mut metrics = Metrics::new();
    metrics.started(1_763_892_000_000);
    metrics.store_kind("embedded");
    metrics.orders("held", 1);
    metrics.fulfilments("BER", "requested", 1);
    metrics.desks().fact("order_received");
    metrics.desks().sold("web-de", 2);
    metrics.command("reserve", Outcome::Applied);
    metrics.refused("insufficient_stock");
    let actor = metrics.actor("w:BER");
    actor.committed(1_763_892_000_000, Duration::from_millis(1), 3);
    actor.waiting(1);
    actor.restarted();
    actor.resynced("conflict");
    metrics.warehouse("BER").open(1, 2, 3);
    metrics.channel("web-de").behind(1, 2_000, 3);
    metrics.http_request("/v1/stock/{sku}", 200, Duration::from_millis(1));
    metrics.feed_closed("bye");
    metrics.alert("order_late");
    metrics.amqp_commands.died("invalid");
    metrics
}
