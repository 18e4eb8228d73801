//! Reading stock over the door.

use serde_json::json;

use super::shop::visit;

/// A SKU shows its levels, what each channel may sell, and up to which events that is so.
#[test]
fn stock_is_shown() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 42).await;
        let body = r#"{"channel":"web","lines":[{"sku":"TEE-M","quantity":2}]}"#;
        assert_eq!(shop.post("/v1/reservations", "r", body).await.status, 201);
        let stock = shop.get("/v1/stock/TEE-M").await.json();
        assert_eq!(
            stock["levels"],
            json!([{"warehouse":"BER","on_hand":42,"unavailable":{"damaged":0,"quality_control":0,"quarantine":0},
                "reserved":2,"allocated":0,"safety_stock":0,"fences":[],"deficit":0,"waiting":0,"inbound":0}])
        );
        let mut channels = stock["channels"].as_array().unwrap().clone();
        // What was published follows a moment later.
        channels.iter_mut().for_each(|channel| drop(channel.as_object_mut().unwrap().remove("published")));
        let web = json!({"channel":"web","available":40,"acknowledged":null,"state":"in_stock"});
        assert!(channels.contains(&web), "{stock}");
        let newest = shop.get("/v1/stock/TEE-M/history?warehouse=BER&limit=1").await.json();
        let head = stock["as_of"]["w:BER"].as_str().unwrap();
        assert!(
            newest["changes"][0]["event"].as_str().unwrap().starts_with(&format!("w:BER.{head}.")),
            "{newest}"
        );
        let list = shop.get("/v1/stock").await.json();
        assert_eq!((&list["items"][0]["sku"], &list["next"]), (&json!("TEE-M"), &json!(null)));
    });
}

/// Every change says what caused it and what the figures were before and after, page by page.
#[test]
fn history_tells_why() {
    visit(|shop| async move {
        for units in [3, 4, 5] {
            shop.stock("HAM", "A", units).await;
        }
        let body = r#"{"channel":"till","cart":"c","lines":[{"sku":"A","quantity":2}],"ttl_s":60}"#;
        assert_eq!(shop.post("/v1/reservations", "r", body).await.status, 201);
        let mut told = Vec::new();
        let mut path = "/v1/stock/A/history?warehouse=HAM&limit=1".to_owned();
        loop {
            let page = shop.get(&path).await.json();
            assert_eq!(page["complete_since"], 1);
            for change in page["changes"].as_array().unwrap() {
                let figure = |side: &str, name: &str| change[side][name].as_i64().unwrap();
                told.push((
                    change["fact"].as_str().unwrap().to_owned(),
                    change["command"].as_str().unwrap().to_owned(),
                    figure("before", "on_hand"),
                    figure("after", "on_hand"),
                    figure("after", "reserved"),
                ));
            }
            let Some(next) = page["next"].as_u64() else { break };
            path = format!("/v1/stock/A/history?warehouse=HAM&limit=1&before={next}");
        }
        let step = |fact: &str, command: &str, before, after, reserved| {
            (fact.to_owned(), command.to_owned(), before, after, reserved)
        };
        let expected = [
            step("stock_reserved", "r", 12, 12, 2),
            step("stock_received", "stock-HAM-1-5/0", 7, 12, 0),
            step("stock_received", "stock-HAM-1-4/0", 3, 7, 0),
            step("stock_received", "stock-HAM-1-3/0", 0, 3, 0),
        ];
        assert_eq!(told, expected);
    });
}

/// Availability follows the order asked, hides exact numbers where a cap is set, and lists stores for pickup.
#[test]
fn availability_is_shown() {
    visit(|shop| async move {
        shop.stock("BER", "A/1", 40).await;
        shop.stock("HAM", "A/1", 2).await;
        let answer = shop.get("/v1/channels/web/availability?sku=none&sku=A%2F1&pickup=true").await.json();
        assert_eq!(
            answer["items"],
            json!([{"sku":"none","available":0,"state":"sold_out","pickup":[]},
                {"sku":"A/1","available":42,"state":"in_stock","pickup":[{"warehouse":"HAM","name":"HAM 1","available":2}]}])
        );
        let capped = shop.get("/v1/channels/solo/availability?sku=A/1").await.json();
        assert_eq!(capped["items"][0], json!({"sku":"A/1","available":5,"state":"in_stock"}));
        let few = shop.get("/v1/channels/till/availability?sku=A%2F1").await.json();
        assert_eq!(few["items"][0]["state"], "low");
        let many: String = (0..501).map(|at| format!("sku=S{at}&")).collect();
        assert_eq!(shop.get(&format!("/v1/channels/web/availability?{many}")).await.status, 422);
    });
}

/// Supervisors hear that it lives and is ready, and what it counts.
#[test]
fn supervisors_are_told() {
    visit(|shop| async move {
        assert_eq!(shop.get("/livez").await.json(), json!({"status":"alive"}));
        assert_eq!(shop.get("/readyz").await.json()["warnings"].as_array().unwrap().len(), 1);
        let metrics = shop.get("/metrics").await;
        assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text"));
        let line = "lagerd_http_requests_total{route=\"/livez\",status=\"200\"} 1";
        assert!(metrics.body.contains(line), "{}", metrics.body);
    });
}
