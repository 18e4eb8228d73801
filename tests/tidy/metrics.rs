//! Metrics as an operator sees them.

use std::time::Duration;

use lagerd::telemetry::{Metrics, Outcome};

use crate::none;

/// Names begin with the program, are made of words, and end with their unit or `_total` where their kind has one.
#[test]
fn names_follow_the_convention() {
    let text = filled().render();
    let mut breaches = Vec::new();
    let mut seen = 0;
    for line in text.lines() {
        let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        seen += 1;
        let words = name.strip_prefix("lagerd_").unwrap_or_default();
        if words.is_empty() || !words.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_') {
            breaches.push(format!("{name}: not lagerd_ and words"));
        }
        if kind == "histogram" && !(name.ends_with("_seconds") || name.ends_with("_commands")) {
            breaches.push(format!("{name}: a histogram without its unit"));
        }
        if name.ends_with("_total") {
            breaches.push(format!("{name}: the exposition adds _total itself"));
        }
        if !text.contains(&format!("# HELP {name} ")) {
            breaches.push(format!("{name}: no help"));
        }
    }
    none(&breaches);
    assert_eq!(seen, 40, "a metric was added or lost; fill it below too:\n{text}");
}

/// A metric has few series for the whole life of a process, so none carries goods or people.
#[test]
fn labels_stay_few() {
    let text = filled().render();
    for label in ["sku=", "cart=", "token=", "reservation=", "id="] {
        assert!(!text.contains(&format!("{{{label}")) && !text.contains(&format!(",{label}")), "{label}");
    }
}

fn filled() -> Metrics {
    let metrics = Metrics::new();
    metrics.command("reserve", Outcome::Applied);
    metrics.refused("insufficient_stock");
    let actor = metrics.actor("w:BER");
    actor.committed(std::time::Duration::from_millis(1), 3);
    actor.waiting(1);
    actor.restarted();
    actor.resynced("conflict");
    metrics.warehouse("BER").open(1);
    metrics.channel("web-de").behind(1, 2_000, 3);
    metrics.http_request("/v1/stock/{sku}", 200, Duration::from_millis(1));
    metrics.feed_closed("bye");
    metrics.alert("order_late");
    metrics.amqp_commands.died("invalid");
    metrics
}
