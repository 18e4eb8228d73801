//! The feed in a shop's page: the published JavaScript client in a real browser, against the real daemon.

use lagerd::client::{Client, segment};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::browser::Browser;
use crate::process::{Daemon, ONE, Store};
use crate::talk::{figures, get, receive, wish};
use crate::wait::wait_for;

/// The file the daemon serves.
const CLIENT: &str = include_str!("../../src/edge/http/lagerd.js");

/// Remembers everything a shop's developer would see in red, but for what the browser itself says of lost connections.
/// The client draws its waits by chance; here it always draws a short one, so that no test waits for a long one.
const WATCH: &str = r#"
    window.faults = [];
    addEventListener("error", (event) => faults.push(event.message));
    addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
    console.error = (...words) => faults.push(words.join(" "));
    Math.random = () => 0.1;
    Object.assign(window, await import("/lagerd.js"));
"#;

const FOLLOW: &str = r#"
    window.feed = new Feed();
    window.table = feed.subscribe({ channel: "web" });
    feed.on("problem", (problem) => faults.push(problem.code));
    table.on("refused", (problem) => faults.push(problem.code));
    await new Promise((ready) => table.on("ready", ready));
"#;

/// A page of the daemon's own origin that knows the client.
async fn open(page: &mut Browser, daemon: &Daemon) {
    page.open(&format!("{}/livez", daemon.url())).await;
    page.run(WATCH, Value::Null).await;
}

/// A daemon with some stock, and a page that follows its channel.
async fn following(page: &mut Browser) -> (Daemon, Client) {
    let daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "opening", &[("TEE-M", 5), ("Größe L", 2)]).await;
    open(page, &daemon).await;
    page.run(FOLLOW, Value::Null).await;
    (daemon, client)
}

/// Waits until the page shows so many units.
async fn shows(page: &mut Browser, sku: &str, units: i64) {
    let what = format!("the page to show {units} of {sku}");
    wait_for(&what, async || {
        let shown = page.run("return table.ready && table.get(given)?.available;", json!(sku)).await;
        (shown == units).then_some(())
    })
    .await;
}

/// The page shows what the daemon says of these SKUs, no others, and nothing went wrong in it.
async fn agrees(page: &mut Browser, client: &mut Client, skus: &[&str]) {
    let query: Vec<String> = skus.iter().map(|sku| format!("sku={}", segment(sku))).collect();
    let path = format!("/v1/channels/web/availability?{}", query.join("&"));
    let (_, said) = get(client, &path).await;
    let shown = page.run("return given.map((sku) => table.get(sku));", json!(skus)).await;
    assert_eq!(shown, said["items"]);
    let besides =
        page.run("return [table.rows.size, table.mismatches, table.ready, faults];", Value::Null).await;
    assert_eq!(besides, json!([skus.len(), 0, true, []]));
}

/// A page sees what is there, and what a sale leaves. When the daemon is killed it says that its figures may be old, and
/// when the daemon is back it catches up by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn follows() {
    let Some(mut page) = Browser::start().await else { return };
    let (mut daemon, mut client) = following(&mut page).await;
    agrees(&mut page, &mut client, &["TEE-M", "Größe L"]).await;
    client.reserve("sale", &wish("web", "", &[("TEE-M", 2)])).await.expect("two");
    shows(&mut page, "TEE-M", 3).await;

    daemon.kill().await;
    wait_for("the page to notice", async || {
        let kept = page.run("return !table.ready && table.get('TEE-M').available;", Value::Null).await;
        (kept == 3).then_some(())
    })
    .await;
    daemon.again().await;
    receive(&mut client, "BER", "more", &[("TEE-M", 10), ("CAP", 1)]).await;
    client.reserve("last", &wish("web", "", &[("Größe L", 2)])).await.expect("two");
    for (sku, units) in [("TEE-M", 13), ("CAP", 1), ("Größe L", 0)] {
        shows(&mut page, sku, units).await;
    }
    agrees(&mut page, &mut client, &["TEE-M", "Größe L", "CAP"]).await;
    daemon.audit().await;
}

/// A page reserves, is refused with the numbers, and gives back; it sees its own effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sells() {
    let Some(mut page) = Browser::start().await else { return };
    let (mut daemon, mut client) = following(&mut page).await;
    let wish = |quantity: i64| json!({"channel": "web", "lines": [{"sku": "TEE-M", "quantity": quantity}]});
    let held = page.run("return feed.send('reserve', given);", wish(2)).await;
    assert_eq!((&held["state"], &held["lines"][0]["quantity"]), (&json!("reserved"), &json!(2)), "{held}");
    let id = held["reservation"].as_str().expect("an id");
    assert_eq!(client.reservation(id).await.expect("it is there").per_sku()["TEE-M"], 2);
    shows(&mut page, "TEE-M", 3).await;

    let refused = r#"
        const error = await feed.send("reserve", given).catch((error) => error);
        return [error instanceof FeedError, error.code, error.retry, error.problem.lines[0].free];
    "#;
    let refused = page.run(refused, wish(4)).await;
    assert_eq!(refused, json!([true, "insufficient_stock", false, 3]));

    let release = "return feed.send('release', {}, { reservation: given });";
    let released = page.run(release, json!(id)).await;
    assert_eq!(released["state"], "released", "{released}");
    assert_eq!(figures(&mut client, "TEE-M", "BER").await, (5, 0, 0));
    shows(&mut page, "TEE-M", 5).await;
    agrees(&mut page, &mut client, &["TEE-M", "Größe L"]).await;
    daemon.audit().await;
}

/// A page that loses its connection before the answer asks again under the same id, and one reservation comes of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asks_again() {
    let Some(mut page) = Browser::start().await else { return };
    let (mut daemon, mut client) = following(&mut page).await;
    let cut = r#"
        const sent = [];
        class Cut extends WebSocket {
            send(text) {
                super.send(text);
                const { id, reserve } = JSON.parse(text);
                if (!reserve) return;
                sent.push(id);
                // A page that closes its connection does not hear what is still answered.
                if (sent.length === 1) this.close();
            }
        }
        const shop = new Feed({ WebSocket: Cut });
        const held = await shop.send("reserve", given, { id: "once" });
        shop.close();
        return [held.reservation, held.lines.length, sent];
    "#;
    let wish = json!({"channel": "web", "lines": [{"sku": "TEE-M", "quantity": 2}]});
    let told = page.run(cut, wish).await;
    assert_eq!(told, json!(["once", 1, ["once", "once"]]));
    assert_eq!(figures(&mut client, "TEE-M", "BER").await, (5, 2, 0));
    shows(&mut page, "TEE-M", 3).await;
    agrees(&mut page, &mut client, &["TEE-M", "Größe L"]).await;
    daemon.audit().await;
}

/// Commands that were under way when the daemon was killed are carried out once each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asks_again_after_a_kill() {
    let Some(mut page) = Browser::start().await else { return };
    let (mut daemon, mut client) = following(&mut page).await;
    receive(&mut client, "BER", "many", &[("TEE-M", 100)]).await;
    let many = r#"
        const lines = [{ sku: "TEE-M", quantity: 1 }];
        const options = (number) => ({ id: `page-${number}`, deadline_s: 60 });
        const asked = Array.from({ length: 50 }, (_, number) =>
            feed.send("reserve", { channel: "web", lines }, options(number)));
        window.told = Promise.all(asked);
        // One answer means that the daemon is in the middle of them.
        await Promise.race(asked);
    "#;
    page.run(many, Value::Null).await;
    daemon.kill().await;
    daemon.again().await;
    let told = page.run("return (await told).map((held) => held.reservation);", Value::Null).await;
    let wanted: Vec<String> = (0..50).map(|number| format!("page-{number}")).collect();
    assert_eq!(told, json!(wanted));
    assert_eq!(figures(&mut client, "TEE-M", "BER").await, (105, 50, 0));
    shows(&mut page, "TEE-M", 55).await;
    agrees(&mut page, &mut client, &["TEE-M", "Größe L"]).await;
    daemon.audit().await;
}

/// Without a token, or with a wrong one, a page is refused for good; with the right one it is served, but not what is
/// not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_token() {
    let Some(mut page) = Browser::start().await else { return };
    let hash = blake3::hash(b"right").to_hex();
    let token = format!("[[token]]\nname = \"shop\"\nhash = \"blake3:{hash}\"\nscopes = [\"read:web\"]\n");
    let mut daemon = Daemon::start(&Store::Embedded.lines(), &format!("{ONE}{token}")).await;
    open(&mut page, &daemon).await;
    let tokens = r#"
        // A client that came back would do so at once, and long before the last of these is done.
        Math.random = () => 0;
        let made = 0;
        class Counted extends WebSocket {
            constructor(...words) {
                super(...words);
                made += 1;
            }
        }
        const refused = (speaker) => new Promise((tell) => speaker.on("refused", ({ code }) => tell(code)));
        const codes = [];
        for (const token of ["wrong", undefined]) {
            codes.push(await refused(new Feed({ token, WebSocket: Counted })));
        }
        const feed = new Feed({ token: "right" });
        const table = feed.subscribe({ channel: "web" });
        await new Promise((ready) => table.on("ready", ready));
        const nowhere = await refused(feed.subscribe({ channel: "mars" }));
        return [codes, made, typeof nowhere, table.ready, faults];
    "#;
    let told = page.run(tokens, Value::Null).await;
    assert_eq!(told, json!([["unauthorised", "unauthorised"], 2, "string", true, []]));
    daemon.stop().await;
}

/// A page of another origin is not let in, and one of the daemon's own is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_origin() {
    let Some(mut page) = Browser::start().await else { return };
    let mut daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let foreign = serve_pages().await;
    let first = r#"
        const feed = new Feed({ url: given });
        const first = await new Promise((tell) => ["open", "close"].forEach((name) => feed.on(name, () => tell(name))));
        feed.close();
        return first;
    "#;
    for (origin, event) in [(foreign, "close"), (daemon.url(), "open")] {
        page.open(&format!("{origin}/livez")).await;
        page.run(WATCH, Value::Null).await;
        let told = page.run(first, json!(format!("{}/v1/feed", daemon.url()))).await;
        assert_eq!(told, event, "{origin}");
    }
    daemon.stop().await;
}

/// A web server that is not the daemon, with the same client; returns its origin.
async fn serve_pages() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A browser that hangs up early is not this server's business.
            tokio::spawn(async move { serve_page(stream).await.ok() });
        }
    });
    origin
}

async fn serve_page(mut stream: TcpStream) -> std::io::Result<()> {
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut asked).await? == 0 {
            return Ok(());
        }
    }
    let (kind, body) = match asked.starts_with(b"GET /lagerd.js ") {
        true => ("text/javascript", CLIENT),
        false => ("text/html", "<!doctype html><title>another shop</title>"),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await?;
    stream.shutdown().await
}
