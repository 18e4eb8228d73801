//! The first screen of an operator, from outside: what is sold shows at once and is known after a kill.

use serde_json::{Value, json};

use crate::orders_words::{Story, order};
use crate::process::Store;
use crate::wait::wait_for;

/// A shop that asks and a marketplace that tells, where it is about noon: no test sees two days.
fn shop() -> String {
    let hour = i32::from(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour());
    // The sign of these names is that of the way to Greenwich.
    let zone = format!("Etc/GMT{:+}", hour - 12);
    format!(
        r#"
        [limits]
        restart_grace_s = 0
        [[warehouse]]
        id = "BER"
        [[channel]]
        id = "web"
        warehouses = ["BER"]
        timezone = "{zone}"
        [[channel]]
        id = "ebay"
        mode = "tells"
        warehouses = ["BER"]
        timezone = "{zone}"
        "#
    )
}

impl Story {
    /// The overview, once it is as wanted.
    async fn overview(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let client = &mut self.client;
        wait_for(what, async || {
            let (status, told) = crate::talk::get(client, "/v1/overview").await;
            (status == 200 && wanted(&told)).then_some(told)
        })
        .await
    }
}

/// What stands beside the clock.
fn figures(told: &Value) -> Value {
    let channels = told["sold_today"]["channels"].as_array().expect("channels").iter();
    let sold: Vec<_> = channels.map(|one| json!([one["channel"], one["units"], one["orders"]])).collect();
    json!([sold, told["oversold"], told["sold_out"], told["orders_late"], told["orders_by_state"]])
}

async fn survives_a_kill(store: &Store) {
    let mut story = Story::on(store, &shop()).await;
    story.stock("BER", &[("TEE", 5), ("CAP", 20)]).await;
    story.tell("/v1/orders", &order("web", "w-1", &[("TEE", 2), ("CAP", 1)])).await;
    story.refused("/v1/orders", &order("web", "w-2", &[("TEE", 9)]), "insufficient_stock").await;
    let told = story.overview("the sale", |told| told["sold_today"]["units"] == 3).await;
    assert_eq!((&told["sold_today"]["orders"], &told["oversold"]["today"]), (&json!(1), &json!(0)), "{told}");
    // A marketplace has sold five where three are left.
    story.tell("/v1/orders", &order("ebay", "e-1", &[("TEE", 5)])).await;
    let sold = |told: &Value| {
        told["sold_today"]["units"] == 8 && told["sold_out"]["skus"] == 1 && told["oversold"]["open"] == 2
    };
    let before = story.overview("the told sale", sold).await;
    let expected = json!([
        [["ebay", 5, 1], ["web", 3, 1]],
        {"today": 2, "open": 2}, {"skus": 1, "low": 0}, 0,
        {"received": 0, "held": 0, "accepted": 2, "in_fulfilment": 0, "partially_shipped": 0, "shipped": 0,
            "delivered": 0, "closed": 0, "cancelled": 0}
    ]);
    assert_eq!(figures(&before), expected, "{before}");
    assert_eq!(before["oldest_news"]["name"], "web", "{before}");

    story.daemon.kill().await;
    story.daemon.again().await;
    let after =
        story.overview("all of it to be counted", |told| told["sold_today"]["complete"] == true).await;
    assert_eq!(figures(&after), expected, "{after}");
    assert_eq!(
        (&after["oldest_news"]["kind"], &after["oldest_news"]["name"]),
        (&json!("channel"), &json!("web"))
    );

    story.stock("BER", &[("TEE", 2)]).await;
    let covered = story.overview("who waits to have goods", |told| told["oversold"]["open"] == 0).await;
    assert_eq!(covered["oversold"]["today"], 2, "it was sold without goods all the same");
    story.act("web", "w-1", "cancel", &json!({})).await;
    let cancelled =
        story.overview("the order to be over", |told| told["orders_by_state"]["accepted"] == 1).await;
    assert_eq!(cancelled["sold_today"]["units"], 8, "{cancelled}");
    story.end().await;
}

/// A sale shows, a refused one does not, a told one beyond stock is oversold; all of it is known after a kill.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_day_survives_a_kill() {
    survives_a_kill(&Store::Embedded).await;
}

/// The same on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_day_survives_a_kill_on_redis() {
    let Some(store) = Store::redis().await else { return };
    survives_a_kill(&store).await;
}
