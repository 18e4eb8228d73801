//! What a daemon tells an operator about itself.

use std::path::Path;

use lagerd::client::{Method, Request};
use serde_json::json;

use crate::orders_words::{Story, order};
use crate::talk::{metric, post, wish};
use crate::wait::wait_for;

/// Orders, sales and claims are counted as they stand, and whatever is exposed is in the README's table with its labels.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_follow_the_books() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("A", 20)]).await;
    story.tell("/v1/orders", &order("web", "o-1", &[("A", 3)])).await;
    story.tell("/v1/orders", &order("web", "o-2", &[("A", 5)])).await;
    story.act("web", "o-2", "cancel", &json!({})).await;
    story.refused("/v1/orders", &order("web", "o-3", &[("A", 99)]), "insufficient_stock").await;
    let sale = json!({"lines": [{"sku": "A", "kind": "sell", "quantity": 1, "channel": "app"}]}).to_string();
    let (status, told) = post(&mut story.client, "/v1/warehouses/BER/movements", "till-1", &sale).await;
    assert_eq!((status, &told["applied"]), (200, &json!(1)), "{told}");
    story.client.reserve("r-1", &wish("app", "", &[("A", 2)])).await.expect("two");
    let held = metric(&mut story.client, r#"lagerd_reservations_open{warehouse="BER"}"#).await;
    assert!((held - 1.0).abs() < f64::EPSILON, "{held}");
    story.client.allocate("r-1", "a-1").await.expect("promised");
    for (series, figure) in [
        (r#"lagerd_units_sold_total{channel="web"}"#, 8.0),
        (r#"lagerd_units_sold_total{channel="app"}"#, 3.0),
        (r#"lagerd_orders_open{state="accepted"}"#, 1.0),
        (r#"lagerd_orders_open{state="held"}"#, 0.0),
        ("lagerd_orders_late", 0.0),
        (r#"lagerd_fulfilments_open{warehouse="BER",state="requested"}"#, 1.0),
        (r#"lagerd_allocations_open{warehouse="BER"}"#, 2.0),
        (r#"lagerd_reservations_open{warehouse="BER"}"#, 0.0),
        (r#"lagerd_document_facts_total{fact="order_cancelled"}"#, 1.0),
        (r#"lagerd_store_info{kind="embedded"}"#, 1.0),
        ("lagerd_store_reachable", 1.0),
        ("lagerd_queue_commands", 0.0),
    ] {
        wait_for(series, async || {
            let text = exposition(&mut story).await;
            text.lines().any(|line| line.starts_with(series)).then_some(())?;
            ((metric(&mut story.client, series).await - figure).abs() < f64::EPSILON).then_some(())
        })
        .await;
    }
    let refused = r#"lagerd_refusals_total{code="insufficient_stock"}"#;
    assert!(metric(&mut story.client, refused).await >= 1.0, "an order's refusal is counted too");
    assert!(metric(&mut story.client, "lagerd_last_commit_timestamp_seconds").await > 1.0e9);
    assert!(metric(&mut story.client, "lagerd_state_dir_free_bytes").await > 0.0);
    assert!(metric(&mut story.client, "process_resident_memory_bytes").await > 1.0e6);
    assert!(metric(&mut story.client, "process_open_fds").await > 3.0);
    let text = exposition(&mut story).await;
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).expect("the README");
    let mut seen = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').expect("a value");
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|ending| name.strip_suffix(ending));
        let names = [Some(name), family].map(|name| name.map(|name| format!("| `{name}` | ")));
        let row = readme.lines().find(|line| names.iter().flatten().any(|name| line.starts_with(name)));
        let row = row.unwrap_or_else(|| panic!("{line} is not in the README"));
        for label in labels.split("\",").filter_map(|pair| pair.split_once('=')).map(|(label, _)| label) {
            assert!(label == "le" || row.contains(&format!("`{label}`")), "{line} has {label}; {row}");
        }
        seen += 1;
    }
    assert!(seen > 100, "{text}");
    story.end().await;
}

async fn exposition(story: &mut Story) -> String {
    let request = Request { method: Method::Get, path: "/metrics", id: None, body: None };
    let connection = story.client.connection();
    assert_eq!(connection.send(&request).await.expect("metrics"), 200);
    String::from_utf8(connection.body().to_vec()).expect("text")
}
