//! The page at `/ui/`: an order worked off by its buttons.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::page::{all_is_well, card, go, open, order, until};
use crate::process::{Daemon, ONE, Store};
use crate::talk::{figures, get, receive};

/// Scans a text: types it and presses Enter.
const SCAN: &str =
    "const field = document.querySelector('#scan'); field.value = given; field.form.requestSubmit();";

/// Presses a step's button twice, as an impatient finger does.
const PRESS_TWICE: &str = "const button = document.querySelector(`.chosen-work [data-act='${given}']`); button.click(); button.click();";

/// On a phone, a scanned order is accepted, picked, packed and shipped with its tracking number. Each press has one effect,
/// however often; an unknown barcode is told, and the page ends where the daemon does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_worked_from_accept_to_ship() {
    let Some(mut page) = Browser::start().await else { return };
    let mut daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "opening", &[("TEE-M", 9)]).await;
    card(&mut client, "TEE-M").await;
    let first = order(&mut client, "w-1").await;
    order(&mut client, "w-2").await;
    page.be_a_phone().await;
    open(&mut page, &daemon).await;
    go(&mut page, "#/floor/BER").await;
    until(&mut page, "document.querySelectorAll('article.work').length === 2").await;
    // Work appears as it comes.
    order(&mut client, "w-3").await;
    until(&mut page, "document.querySelectorAll('article.work').length === 3").await;
    page.run(SCAN, json!("4711")).await;
    until(&mut page, "document.querySelector('.scan-said.bad')?.textContent.includes('4711')").await;
    // The barcode of goods in both orders selects one after the other, the number of an order that order.
    page.run(SCAN, json!("4006381333931")).await;
    until(&mut page, "document.querySelector('.chosen-work .bin')?.textContent === 'A-7'").await;
    page.run(SCAN, json!("w-1")).await;
    until(&mut page, "document.querySelector('.chosen-work h3')?.textContent === 'w-1'").await;
    for step in ["accept", "pick", "pack"] {
        until(&mut page, &format!("document.querySelector(\".chosen-work [data-act='{step}']\")")).await;
        page.run(PRESS_TWICE, json!(step)).await;
    }
    until(&mut page, "document.querySelector(\".chosen-work [data-act='ship']\")").await;
    page.run("document.querySelector(`.chosen-work [data-act='ship']`).click();", Value::Null).await;
    until(&mut page, "document.querySelectorAll('dialog input').length === 2").await;
    let ship = "const [carrier, tracking] = document.querySelectorAll('dialog input');
        carrier.value = 'dhl'; tracking.value = '00340434';
        const form = document.querySelector('dialog form'); form.requestSubmit(); form.requestSubmit();";
    page.run(ship, Value::Null).await;
    until(
        &mut page,
        "!document.querySelector('dialog') && document.querySelectorAll('article.work').length === 2",
    )
    .await;

    let id = first["id"].as_str().expect("an id");
    let (_, shipped) = get(&mut client, &format!("/v1/orders/{id}?timeline=true")).await;
    assert_eq!(shipped["state"], "shipped", "{shipped}");
    assert_eq!(shipped["fulfilments"][0]["parcels"], json!([{"carrier": "dhl", "tracking": "00340434"}]));
    let facts: Vec<&str> = shipped["timeline"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["fact"].as_str())
        .collect();
    for fact in ["fulfilment_accepted", "fulfilment_picked", "fulfilment_packed", "fulfilment_shipped"] {
        assert_eq!(facts.iter().filter(|told| **told == fact).count(), 1, "{facts:?}");
    }
    assert_eq!(figures(&mut client, "TEE-M", "BER").await, (7, 0, 4));

    go(&mut page, &format!("#/order/{id}")).await;
    until(&mut page, "document.querySelectorAll('.timeline li').length >= 6").await;
    until(&mut page, "document.querySelector('.routing tr.chosen')").await;
    all_is_well(&mut page).await;
    daemon.audit().await;
}
