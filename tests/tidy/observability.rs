//! The example dashboard and alert rules, held against what the daemon exposes.

#![expect(
    clippy::string_slice,
    reason = "offsets come from searching the same text, so they lie between letters"
)]

use std::collections::BTreeSet;

use serde_json::Value;

use crate::metrics::{Exposed, exposed};
use crate::none;
use crate::sources;

/// Labels Prometheus itself puts on what it scrapes.
const SCRAPED: [&str; 2] = ["instance", "job"];

/// Every metric and every label the dashboard asks for is there, and every panel asks for something.
#[test]
fn dashboard_asks_for_what_there_is() {
    let board: Value = serde_json::from_str(&sources::read("config/observability/grafana.json"))
        .expect("the dashboard is JSON");
    let metrics = exposed();
    let mut breaches = Vec::new();
    let mut asked = BTreeSet::new();
    let mut queries = 0;
    each_string(&board, &mut |key, text| {
        if ["expr", "definition"].contains(&key) {
            queries += 1;
            asked.extend(check(key, text, &metrics, &mut breaches));
        }
    });
    let panels = board["panels"].as_array().expect("panels");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        if panel["targets"].as_array().is_none_or(Vec::is_empty) {
            breaches.push(format!("{}: asks for nothing", panel["title"]));
        }
        if panel["datasource"]["uid"] != "${datasource}" {
            breaches.push(format!("{}: has a data source of its own", panel["title"]));
        }
        legends(panel, &metrics, &mut breaches);
    }
    none(&breaches);
    assert!(queries > panels.len() / 2 && board["templating"]["list"][0]["type"] == "datasource");
    let unseen: Vec<_> = metrics.iter().filter(|metric| !asked.contains(&metric.name)).collect();
    let unseen: Vec<_> = unseen.iter().map(|metric| metric.name.as_str()).collect();
    assert!(unseen.len() < metrics.len() / 3, "the dashboard shows too little of it: {unseen:?}");
}

/// Every alert rule asks for metrics that are there, by labels they have, and says how bad it is and what to do.
#[test]
fn alerts_watch_what_there_is() {
    let text = sources::read("config/observability/alerts.yml");
    let metrics = exposed();
    let mut breaches = Vec::new();
    let rules: Vec<&str> = text.split("- alert: ").skip(1).collect();
    let mut names = BTreeSet::new();
    for rule in &rules {
        let name = rule.lines().next().unwrap_or_default();
        if !names.insert(name) {
            breaches.push(format!("{name}: twice"));
        }
        for word in ["expr: ", "severity: ", "summary: ", "description: "] {
            if rule.matches(word).count() != 1 {
                breaches.push(format!("{name}: {word} is not there once"));
            }
        }
        let expression = rule.split("expr: ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let asked = check(name, expression, &metrics, &mut breaches);
        let labels = labels_of(&asked, &metrics);
        for label in rule.split("$labels.").skip(1) {
            let label = leading_word(label);
            if !labels.contains(label) {
                breaches.push(format!("{name}: names the label {label}, which {asked:?} do not have"));
            }
        }
        for kind in rule.split("kind=").skip(1) {
            let kind = leading_word(kind.trim_start_matches('"'));
            if lagerd::actor::view::Alerts::kind(kind).is_none() {
                breaches.push(format!("{name}: {kind} is no kind of alert"));
            }
        }
    }
    none(&breaches);
    assert!(rules.len() >= 15, "{} rules", rules.len());
}

/// The reader of queries sees what it should.
#[test]
fn queries_are_read() {
    let metrics = exposed();
    let wrong = |query: &str| {
        let mut breaches = Vec::new();
        check("q", query, &metrics, &mut breaches);
        breaches.len()
    };
    assert_eq!(wrong(r#"sum by (le) (rate(lagerd_commit_seconds_bucket{actor="x",instance=~"y"}[5m]))"#), 0);
    assert_eq!(wrong("rate(lagerd_commands[5m])"), 1, "without its ending");
    assert_eq!(wrong(r#"lagerd_orders_open{status="held"}"#), 1);
    assert_eq!(wrong("sum by (route) (lagerd_orders_open)"), 1);
    assert_eq!(wrong("lagerd_commit_seconds"), 1, "a histogram has no series of its own name");
}

/// Names every metric of a query, and complains of those that are not there and of labels they do not have.
fn check(of: &str, query: &str, metrics: &[Exposed], breaches: &mut Vec<String>) -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for (start, name) in words(query).filter(|(_, word)| is_metric(word)) {
        let Some(metric) = metrics.iter().find(|metric| series(metric).iter().any(|series| series == name))
        else {
            breaches.push(format!("{of}: {name} is no metric"));
            continue;
        };
        asked.insert(metric.name.clone());
        let behind = &query[start + name.len()..];
        let matchers = behind.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(inner, _)| inner);
        for matcher in matchers.unwrap_or_default().split(',').filter(|matcher| !matcher.is_empty()) {
            let label = leading_word(matcher);
            let known = metric.labels.iter().any(|known| known == label) || SCRAPED.contains(&label);
            if !known {
                breaches.push(format!("{of}: {name} has no label {label}"));
            }
        }
    }
    let labels = labels_of(&asked, metrics);
    for (_, group) in
        query.match_indices(" by (").chain(query.match_indices(" on (")).map(|(start, found)| {
            let inner = query[start + found.len()..].split(')').next().unwrap_or_default();
            (start, inner)
        })
    {
        for label in group.split(',').map(str::trim) {
            if !labels.contains(label) && label != "le" {
                breaches.push(format!("{of}: grouped by {label}, which nothing there has"));
            }
        }
    }
    asked
}

/// The labels in a panel's legends are those its query leaves.
fn legends(panel: &Value, metrics: &[Exposed], breaches: &mut Vec<String>) {
    for target in panel["targets"].as_array().into_iter().flatten() {
        let (query, legend) = (target["expr"].as_str().unwrap_or_default(), &target["legendFormat"]);
        let asked = check("", query, metrics, &mut Vec::new());
        let labels = labels_of(&asked, metrics);
        for label in legend.as_str().unwrap_or_default().split("{{").skip(1).map(leading_word) {
            let kept = !query.contains(" by (") || query.contains(label);
            if !labels.contains(label) || !kept {
                breaches.push(format!("{}: the legend names {label}", panel["title"]));
            }
        }
    }
}

fn labels_of(asked: &BTreeSet<String>, metrics: &[Exposed]) -> BTreeSet<String> {
    let asked = metrics.iter().filter(|metric| asked.contains(&metric.name));
    asked.flat_map(|metric| metric.labels.clone()).chain(SCRAPED.map(str::to_owned)).collect()
}

/// The names under which a metric's series can be asked for.
fn series(metric: &Exposed) -> Vec<String> {
    if metric.kind == "histogram" {
        return ["_bucket", "_sum", "_count"].map(|ending| format!("{}{ending}", metric.name)).to_vec();
    }
    vec![metric.name.clone()]
}

fn is_metric(word: &str) -> bool {
    word.starts_with("lagerd_") || word.starts_with("process_")
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let starts = text.char_indices().filter(move |(at, letter)| {
        is_word(*letter) && !text[..*at].chars().next_back().is_some_and(is_word)
    });
    starts.map(|(at, _)| (at, leading_word(&text[at..])))
}

fn leading_word(text: &str) -> &str {
    let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    &text[..end.unwrap_or(text.len())]
}

fn each_string(value: &Value, told: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let Value::String(text) = value {
                    told(key, text);
                }
                each_string(value, told);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| each_string(value, told)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
