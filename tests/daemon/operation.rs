//! What an operator does to a daemon, and what happens to it: stores that go away, signals, settings, the tools.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lagerd::client::Method;
use rustix::process::Signal;
use serde_json::json;
use tokio::task::JoinSet;

use crate::process::{Daemon, ONE, Store, redis_lines};
use crate::redis_server::RedisServer;
use crate::talk::{ask, figures, get, post, receive, wish};
use crate::wait::wait_for;

const RESERVE: &str = r#"{"channel":"web","lines":[{"sku":"A","quantity":1}]}"#;

/// A Redis that hangs or is gone: answers stay bounded and say when to come back; it goes on by itself when Redis does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn store_away() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let config = format!("[limits]\ncommand_timeout_ms = 500\n{ONE}");
    let mut daemon = Daemon::start(&redis_lines(&server), &config).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "in", &[("A", 50)]).await;
    for hang in [true, false] {
        if hang {
            server.stall(true);
        } else {
            server.kill().await;
        }
        let id = format!("away-{hang}");
        let asked = tokio::time::Instant::now();
        let (status, told) = post(&mut client, "/v1/reservations", &id, RESERVE).await;
        assert!(asked.elapsed().as_secs() < 5, "bounded");
        assert_eq!(status, 503, "{told}");
        assert!(client.connection().retry_after_s().is_some(), "{told}");
        wait_for("it to be not ready", async || (get(&mut client, "/readyz").await.0 == 503).then_some(()))
            .await;
        assert!(client.connection().retry_after_s().is_some());
        assert_eq!(get(&mut client, "/livez").await.0, 200);
        let asked = tokio::time::Instant::now();
        let (status, told) = post(&mut client, "/v1/reservations", &id, RESERVE).await;
        assert!(status == 503 && asked.elapsed().as_secs() < 5, "{told}");
        if hang {
            server.stall(false);
        } else {
            server.restart().await;
        }
        daemon.ready().await;
        let told = daemon.patient().reserve(&id, &wish("web", "", &[("A", 1)])).await;
        assert_eq!(told.expect("a unit").state, "reserved");
    }
    assert_eq!(figures(&mut client, "A", "BER").await, (50, 2, 0));
    daemon.audit().await;
}

/// Started before its Redis, it answers that it is loading, and serves as soon as it can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn started_before_its_store() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    server.kill().await;
    let mut daemon = Daemon::prepare(&redis_lines(&server), ONE);
    daemon.launch(&[]);
    let mut client = daemon.client();
    wait_for("it to listen", async || client.connection().open().await.ok()).await;
    for (method, path, body) in
        [(Method::Get, "/readyz", None), (Method::Post, "/v1/reservations", Some(RESERVE))]
    {
        let (status, told) = ask(&mut client, (method, path), Some("r"), body).await;
        assert_eq!((status, &told["code"]), (503, &json!("loading")), "{told}");
        assert!(client.connection().retry_after_s().is_some());
    }
    assert_eq!(get(&mut client, "/livez").await.0, 200);
    server.restart().await;
    daemon.ready().await;
    receive(&mut client, "BER", "in", &[("A", 5)]).await;
    daemon.audit().await;
}

/// Ready means loaded: the first answer after a restart has every SKU.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ready_means_loaded() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let skus: Vec<String> = (0..10_000).map(|number| format!("S{number}")).collect();
    let lines: Vec<_> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
    receive(&mut daemon.client(), "BER", "opening", &lines).await;
    for _ in 0..3 {
        daemon.kill().await;
        daemon.again().await;
        let page = daemon.client().stock_page(None, 10_000).await.expect("stock");
        assert_eq!(page.items.len(), skus.len());
    }
    daemon.audit().await;
}

/// SIGHUP takes a good file and leaves everything as it is with a bad one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reload() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "in", &[("A", 5)]).await;
    let good = std::fs::read_to_string(daemon.path("lagerd.toml")).unwrap();
    let write = |text: &str| std::fs::write(daemon.path("lagerd.toml"), text).unwrap();
    let without_id = (Method::Post, "/v1/reservations");
    for bad in ["this is no TOML", &format!("{good}\n[surprise]\nkey = 1"), &good.replace("BER", "B R")] {
        write(bad);
        let before = daemon.log().matches("nothing was changed").count();
        daemon.signal(Signal::HUP);
        wait_for("the bad file to be named", async || {
            (daemon.log().matches("nothing was changed").count() > before).then_some(())
        })
        .await;
        assert_eq!(ask(&mut client, without_id, None, Some(RESERVE)).await.0, 201);
    }
    write(&good.replacen("[http]", "[http]\nrequire_ids = true", 1));
    daemon.signal(Signal::HUP);
    wait_for("the good file to count", async || {
        (ask(&mut client, without_id, None, Some("{}")).await.0 == 400).then_some(())
    })
    .await;
    assert_eq!(figures(&mut client, "A", "BER").await, (5, 3, 0));
    daemon.audit().await;
}

/// SIGTERM under load: what was acknowledged is there afterwards, and nothing else is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drain() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    receive(&mut daemon.client(), "BER", "in", &[("A", 1_000_000)]).await;
    let told = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for number in 0..50 {
        let (mut client, told) = (daemon.client(), told.clone());
        clients.spawn(async move {
            let mut granted = Vec::new();
            for round in 0.. {
                let id = format!("c-{number}-{round}");
                if client.reserve(&id, &wish("web", "", &[("A", 1)])).await.is_err() {
                    break;
                }
                granted.push(id);
                told.fetch_add(1, Ordering::Relaxed);
            }
            granted
        });
    }
    wait_for("load", async || (told.load(Ordering::Relaxed) > 500).then_some(())).await;
    daemon.stop().await;
    let granted = clients.join_all().await.concat();
    daemon.again().await;
    let mut client = daemon.client();
    for id in &granted {
        let read = client.reservation(id).await;
        assert_eq!(read.unwrap_or_else(|error| panic!("{id}: {error}")).state, "reserved");
    }
    let (_, reserved, _) = figures(&mut client, "A", "BER").await;
    let most = granted.len() + 50;
    assert!(
        (granted.len()..=most).contains(&usize::try_from(reserved).unwrap()),
        "{reserved} of {}",
        granted.len()
    );
    daemon.audit().await;
}

/// What is wrong before a port opens, or with it, ends the process with a code of its own and says why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_codes() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let twin = Daemon::prepare(&Store::Embedded.lines(), ONE);
    let (code, said) = twin.run(&["serve", "--listen", &format!("127.0.0.1:{}", daemon.port())]).await;
    assert_eq!(code, Some(69), "{said}");
    assert!(said.contains("cannot listen"), "{said}");
    let (code, said) = daemon.run(&["serve", "--listen", &format!("127.0.0.1:{}", twin.port())]).await;
    assert_eq!(code, Some(69), "the embedded store is held by another process: {said}");
    let (code, said) = daemon.run(&["audit"]).await;
    assert_eq!(code, Some(69), "{said}");
    for (config, named) in [
        ("[http]\nlisten = 7", "http"),
        ("[surprise]\nx = 1", "surprise"),
        ("[[channel]]\nid = \"web\"\nwarehouses = [\"MARS\"]", "MARS"),
        ("[store]\nkind = \"paper\"", "store.kind"),
    ] {
        std::fs::write(twin.path("lagerd.toml"), config).unwrap();
        for words in [&["serve"][..], &["config", "check"], &["audit"]] {
            let (code, said) = twin.run(words).await;
            assert_eq!(code, Some(78), "{words:?} {config}: {said}");
            assert!(said.contains(named), "{words:?} {config}: {said}");
        }
    }
    let (code, _) = twin.run(&["dance"]).await;
    assert_eq!(code, Some(2));
    daemon.audit().await;
}

/// The tools that look into a stopped daemon's store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inspect() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "opening", &[("Größe M", 5)]).await;
    client.reserve("r-1", &wish("web", "", &[("Größe M", 2)])).await.expect("two");
    daemon.stop().await;
    for (words, code, texts) in [
        (&["sku", "Größe M"][..], 0, &["w:BER", "on_hand 5", "reserved 2", "r-1"][..]),
        (&["sku", "NONE"], 1, &["nothing is known"]),
        (&["journal", "w:BER"], 0, &["opening", "r-1"]),
        (&["journal", "w:BER", "--limit", "1"], 0, &["r-1"]),
        (&["journal", "nonsense"], 2, &[]),
    ] {
        let (ended, said) = daemon.run(&[&["inspect"], words].concat()).await;
        assert_eq!(ended, Some(code), "{words:?}: {said}");
        assert!(texts.iter().all(|text| said.contains(text)), "{words:?}: {said}");
    }
    daemon.audit_as_is().await;
}
