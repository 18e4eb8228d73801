//! The page at `/ui/` in a real browser, against the real daemon: what an operator sees.

use std::sync::Arc;
use std::time::Duration;

use lagerd::client::{Client, Method, Target};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::process::{Daemon, ONE, Store};
use crate::talk::{ask, get, post, receive, wish};
use crate::wait::wait_for;

/// A SKU whose name would run if it were read as HTML.
const HOSTILE: &str = "<img src=x onerror=\"window.canary=1\">";

/// Every view, by its place.
const VIEWS: [&str; 8] =
    ["#/", "#/stock", "#/sku/TEE-M", "#/orders", "#/order/web-1", "#/floor/BER", "#/alerts", "#/health"];

/// Waits until something is so in the page: `said` is an expression that becomes true.
pub(crate) async fn until(page: &mut Browser, said: &str) {
    let body = format!("return Boolean({said});");
    let last = wait_for(said, async || {
        let so = page.run(&body, Value::Null).await;
        (so == true).then_some(())
    });
    last.await;
}

/// Goes to a view.
pub(crate) async fn go(page: &mut Browser, place: &str) {
    page.run("location.hash = given;", json!(place)).await;
    // The view is there once its heading is.
    until(page, "document.querySelector('main h1')").await;
}

/// Opens the page and waits until it is live.
pub(crate) async fn open(page: &mut Browser, daemon: &Daemon) {
    page.open(&format!("{}/ui/", daemon.url())).await;
    page.run("Math.random = () => 0.1;", Value::Null).await;
    until(page, "document.querySelector('#standing.live')").await;
}

/// Nothing stood in red, and nothing was asked of anybody but the daemon.
pub(crate) async fn all_is_well(page: &mut Browser) {
    assert_eq!(page.complaints().await, Vec::<String>::new());
    let elsewhere = "const all = performance.getEntriesByType('resource').map((one) => one.name);
        return all.filter((url) => !url.startsWith(location.origin));";
    assert_eq!(page.run(elsewhere, Value::Null).await, json!([]));
    let canary = "return [window.canary ?? null, document.querySelectorAll('main img').length];";
    assert_eq!(page.run(canary, Value::Null).await, json!([null, 0]));
}

/// A card, with a name that would run if it were read as HTML.
pub(crate) async fn card(client: &mut Client, sku: &str) {
    let body = json!({"title": HOSTILE, "gtin": "4006381333931", "bins": {"BER": "A-7"}}).to_string();
    let path = format!("/v1/items/{sku}");
    let (status, said) = ask(client, (Method::Put, &path), Some("card"), Some(&body)).await;
    assert_eq!(status, 200, "{said}");
}

/// An order of two shirts.
pub(crate) async fn order(client: &mut Client, number: &str) -> Value {
    let body = json!({
        "order": number, "channel": "web", "prices": "gross", "payment": {"state": "paid"},
        "lines": [{"line": "1", "sku": "TEE-M", "quantity": 2, "title": HOSTILE}],
        "ship_to": {"country": "DE", "postal_code": "10115"},
    });
    let (status, order) = post(client, "/v1/orders", &format!("place-{number}"), &body.to_string()).await;
    assert_eq!(status, 201, "{order}");
    order
}

async fn with_stock() -> (Daemon, Client) {
    let daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "opening", &[("TEE-M", 9), (HOSTILE, 4), ("CAP", 1)]).await;
    card(&mut client, "TEE-M").await;
    (daemon, client)
}

/// What stands in the cell for sale of a SKU's row.
fn for_sale(sku: &str, units: i64) -> String {
    let sku = json!(sku);
    format!(
        "[...document.querySelectorAll('table.stock tbody tr')].some((row) => \
         row.querySelector('a').textContent === {sku} && row.querySelector('.strong').textContent === '{units}')"
    )
}

/// Figures follow a sale by themselves; when the daemon is killed the page says so and keeps them, and when it is back the
/// page catches up. A hostile SKU is a text everywhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_is_live() {
    let Some(mut page) = Browser::start().await else { return };
    let (mut daemon, mut client) = with_stock().await;
    open(&mut page, &daemon).await;
    go(&mut page, "#/stock").await;
    until(&mut page, &for_sale("TEE-M", 9)).await;
    until(&mut page, &for_sale(HOSTILE, 4)).await;
    client.reserve("sale", &wish("web", "c-1", &[("TEE-M", 2)])).await.expect("two");
    until(&mut page, &for_sale("TEE-M", 7)).await;

    daemon.kill().await;
    until(&mut page, "document.querySelector('#standing.away')").await;
    daemon.again().await;
    receive(&mut client, "BER", "more", &[("TEE-M", 10)]).await;
    until(&mut page, "document.querySelector('#standing.live')").await;
    until(&mut page, &for_sale("TEE-M", 17)).await;

    page.run("document.querySelector('#search').value = 'CAP'; document.querySelector('#search').form.requestSubmit();", Value::Null).await;
    until(&mut page, "document.querySelectorAll('table.stock tbody tr').length === 1").await;
    until(&mut page, &for_sale("CAP", 1)).await;
    all_is_well(&mut page).await;
    daemon.audit().await;
}

/// The first screen has the figures of the daemon, and they follow a sale.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_screen_follows_sales() {
    let Some(mut page) = Browser::start().await else { return };
    let (mut daemon, mut client) = with_stock().await;
    open(&mut page, &daemon).await;
    let shows = |tile: &str, figure: &str| {
        format!("document.querySelector('#tile-{tile} .tile-figure')?.textContent === '{figure}'")
    };
    until(&mut page, &shows("sold", "0")).await;
    until(&mut page, &shows("oversold", "0")).await;
    until(&mut page, "document.querySelector('#tile-oversold.good')").await;
    order(&mut client, "web-1").await;
    until(&mut page, &shows("sold", "2")).await;
    client.reserve("last", &wish("web", "c-1", &[("CAP", 1)])).await.expect("the last");
    until(&mut page, &shows("out", "1")).await;
    page.run("document.querySelector('#tile-out').click();", Value::Null).await;
    until(&mut page, "document.querySelector('table.stock tbody .badge.bad')").await;
    until(&mut page, &for_sale("CAP", 0)).await;
    until(&mut page, "document.querySelectorAll('table.stock tbody tr').length === 1").await;
    all_is_well(&mut page).await;
    daemon.audit().await;
}

/// On a phone, in both languages, every view is there, fits the screen, and has a text for everything it says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_view_fits_a_phone_in_both_languages() {
    let Some(mut page) = Browser::start().await else { return };
    let (mut daemon, mut client) = with_stock().await;
    order(&mut client, "web-1").await;
    page.be_a_phone().await;
    open(&mut page, &daemon).await;
    for language in ["DE", "EN"] {
        let press = "[...document.querySelectorAll('#languages button')].find((one) => one.textContent === given).click();";
        page.run(press, json!(language)).await;
        for view in VIEWS {
            go(&mut page, view).await;
            let wide = "return [document.documentElement.lang.toUpperCase(), document.documentElement.scrollWidth <= innerWidth];";
            assert_eq!(page.run(wide, Value::Null).await, json!([language, true]), "{view}");
            // A key that has no text is shown as it is, and looks like `stock.free`.
            let bare = "const texts = document.querySelector('main').innerText.split(/\\s+/);
                return texts.filter((text) => /^[a-z_]+\\.[a-z_.]+$/.test(text));";
            assert_eq!(page.run(bare, Value::Null).await, json!([]), "{view}");
        }
    }
    let tables = "const [en, de] = await Promise.all(['en', 'de'].map(async (name) =>
            Object.keys((await import(`/ui/words.${name}.js`)).default).sort().join()));
        return [en.length > 1000, en === de];";
    assert_eq!(page.run(tables, Value::Null).await, json!([true, true]));
    all_is_well(&mut page).await;
    daemon.audit().await;
}

/// A SKU's stock is corrected with a reason, by keys alone; the history tells of it as a list and as a picture.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_is_adjusted_by_keys_alone() {
    let Some(mut page) = Browser::start().await else { return };
    let (mut daemon, mut client) = with_stock().await;
    open(&mut page, &daemon).await;
    go(&mut page, "#/sku/TEE-M").await;
    until(&mut page, "document.querySelectorAll('.history li').length === 1").await;
    // From the heading, which has the focus, to the button.
    until(&mut page, "document.activeElement.tagName === 'H1'").await;
    for _ in 0..8 {
        page.press(&["\u{E004}"]).await;
        if page.run("return document.activeElement.dataset.act === 'adjust';", Value::Null).await == true {
            break;
        }
    }
    page.press(&["\u{E007}"]).await;
    until(&mut page, "document.activeElement.closest('dialog')").await;
    page.press(&["-", "3", "\u{E004}", "l", "o", "s", "t", "\u{E007}"]).await;
    until(
        &mut page,
        "!document.querySelector('dialog') && document.querySelectorAll('.history li').length === 2",
    )
    .await;
    let (_, told) = get(&mut client, "/v1/stock/TEE-M/history?limit=1").await;
    let change = &told["changes"][0];
    assert_eq!(
        (&change["fact"], &change["change"], &change["reason"], &change["after"]["on_hand"]),
        (&json!("stock_adjusted"), &json!(-3), &json!("lost"), &json!(6))
    );
    // The focus is back where the question came from.
    until(&mut page, "document.activeElement.dataset.act === 'adjust'").await;
    let drawn = "const canvas = document.querySelector('.picture canvas');
        return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((one) => one > 0);";
    until(&mut page, "document.querySelector('.picture canvas')?.width > 0").await;
    assert_eq!(page.run(drawn, Value::Null).await, true);
    all_is_well(&mut page).await;
    daemon.audit().await;
}

/// Where tokens are needed the page asks for one, says plainly when it is wrong, keeps it in memory alone, and says what
/// it does not allow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_shows_what_it_allows() {
    let Some(mut page) = Browser::start().await else { return };
    let token = "a-token-of-the-page";
    let hash = lagerd::config::TokenHash::of(token).configured();
    let tokens = format!("[[token]]\nname = \"desk\"\nhash = \"{hash}\"\nscopes = [\"read:*\"]\n");
    let keeper = "a-token-of-the-keeper";
    let hash = lagerd::config::TokenHash::of(keeper).configured();
    let tokens =
        format!("{tokens}[[token]]\nname = \"keeper\"\nhash = \"{hash}\"\nscopes = [\"stock:BER\"]\n");
    let daemon = Daemon::start(&Store::Embedded.lines(), &format!("{ONE}\n{tokens}")).await;
    let target = Target::new(&daemon.url(), Some(keeper)).expect("a url");
    let mut client = Client::new(Arc::new(target), Duration::from_secs(20));
    receive(&mut client, "BER", "opening", &[("TEE-M", 9)]).await;
    page.open(&format!("{}/ui/", daemon.url())).await;
    let enter =
        "document.querySelector('#token').value = given; document.querySelector('.sign-in').requestSubmit();";
    until(&mut page, "document.querySelector('#token')").await;
    page.run(enter, json!("another")).await;
    until(
        &mut page,
        "document.querySelector('.sign-in .trouble') && !document.querySelector('#token').value",
    )
    .await;
    page.run(enter, json!(token)).await;
    until(&mut page, "document.querySelector('#standing.live')").await;
    let kept = "return [Object.values(localStorage), Object.values(sessionStorage), document.cookie].join();";
    assert!(!page.run(kept, Value::Null).await.as_str().expect("a text").contains(token));
    go(&mut page, "#/floor/BER").await;
    until(&mut page, "document.querySelector('.stages')").await;
    go(&mut page, "#/order/none").await;
    until(&mut page, "document.querySelector('main .trouble')").await;
    go(&mut page, "#/sku/TEE-M").await;
    until(&mut page, "document.querySelector('.history li')").await;
    page.run("document.querySelector(`[data-act='adjust']`).click();", Value::Null).await;
    let adjust = "const [by, reason] = document.querySelectorAll('dialog input');
        by.value = '-1'; reason.value = 'lost'; document.querySelector('dialog form').requestSubmit();";
    page.run(adjust, Value::Null).await;
    until(&mut page, "document.querySelector('dialog .trouble')?.textContent.includes('stock:<warehouse>')")
        .await;
    let shown = "return document.querySelectorAll('.history li').length;";
    assert_eq!(page.run(shown, Value::Null).await, 1);
}
