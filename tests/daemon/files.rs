//! Files that go in and come out: bad lines, imports that are cut short, daemons that die under them.

use std::fmt::Write as _;
use std::path::Path;

use crate::mixed::TWO;
use crate::process::{Daemon, Store};
use crate::talk::{figures, receive};
use crate::wait::wait_for;

/// The good lines of a file are booked, each bad one is named with its number and kept, and an export can come in again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_lines_and_back() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), TWO).await;
    let text = "sku;warehouse;on_hand\nA;BER;5\nB;BER;many\n\"Größe; M\";VIE;7\nC;MARS;1\n;BER;1\nD;BER;-2\nE;VIE;1.5\nF;VIE;99999999999999999999\n";
    std::fs::write(daemon.path("stock.csv"), text).unwrap();
    let url = daemon.url();
    let words = ["import", "stock", "stock.csv", "--url", &url, "--rejects", "bad.csv"];
    let (code, said) = daemon.run(&words).await;
    assert_eq!(code, Some(1), "{said}");
    for line in ["line 3", "line 5", "line 6", "line 8", "line 9", "3 lines applied, 5 refused"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let kept = std::fs::read_to_string(daemon.path("bad.csv")).unwrap();
    assert_eq!(kept.lines().count(), 6, "{kept}");
    let mut client = daemon.client();
    assert_eq!(figures(&mut client, "A", "BER").await, (5, 0, 0));
    assert_eq!(figures(&mut client, "Größe; M", "VIE").await, (7, 0, 0));
    assert_eq!(figures(&mut client, "D", "BER").await, (-2, 0, 0));

    let (code, csv) = daemon.run(&["export", "stock", "--url", &url]).await;
    assert_eq!(code, Some(0), "{csv}");
    assert!(csv.starts_with("sku,warehouse,on_hand") && csv.contains("Größe; M,VIE,7"), "{csv}");
    receive(&mut client, "BER", "more", &[("A", 10)]).await;
    std::fs::write(daemon.path("back.csv"), csv).unwrap();
    let (code, said) = daemon.run(&["import", "stock", "back.csv", "--url", &url]).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(figures(&mut client, "A", "BER").await, (5, 0, 0));
    let (code, said) = daemon.run(&["export", "stock", "--url", "http://127.0.0.1:9"]).await;
    assert_eq!(code, Some(69), "{said}");
    daemon.audit().await;
}

/// An import killed in the middle goes on where it was, and one whose daemon dies goes through: every line is booked
/// once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), TWO).await;
    let mut text = String::new();
    for number in 0..6_000 {
        let place = if number % 3 == 0 { "BER" } else { "VIE" };
        let line =
            format!(r#"{{"sku":"S{}","warehouse":"{place}","kind":"receive","quantity":1}}"#, number % 10);
        writeln!(text, "{line}").unwrap();
    }
    std::fs::write(daemon.path("moves.jsonl"), text).unwrap();
    let url = daemon.url();
    let words = ["import", "stock", "moves.jsonl", "--url", &url, "--batch", "20"];
    let mut cut = daemon
        .command(&words)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let state = daemon.path("moves.jsonl.lagerd-import");
    wait_for("some batches", async || (batches(&state)? > 20).then_some(())).await;
    cut.kill().await.unwrap();
    let confirmed = batches(&state).unwrap();
    assert!(confirmed < 290, "it was too quick to be cut");
    let going_on = daemon
        .command(&words)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("more batches", async || (batches(&state)? > confirmed + 10).then_some(())).await;
    daemon.kill().await;
    daemon.again().await;
    let output = going_on.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let mut client = daemon.client();
    for number in 0..10 {
        let levels = client.stock(&format!("S{number}")).await.expect("stock").levels;
        assert_eq!(levels.iter().map(|level| level.on_hand).sum::<i64>(), 600, "{levels:?}");
    }
    let (code, said) = daemon.run(&words).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("imported already"), "{said}");
    daemon.audit().await;
}

fn batches(state: &Path) -> Option<u64> {
    let state: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(state).ok()?).ok()?;
    state["batches"].as_u64()
}

/// The store's files are written anew where nobody holds them, an embedded one while its daemon is stopped, Redis' own at
/// any time, and hold what they held.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn written_anew() {
    for store in [Some(Store::Embedded), Store::redis().await] {
        let Some(store) = store else { continue };
        let mut daemon = Daemon::start(&store.lines(), TWO).await;
        receive(&mut daemon.client(), "BER", "m-1", &[("A", 7)]).await;
        let (code, said) = daemon.run(&["compact"]).await;
        match store {
            Store::Embedded => {
                assert!(code == Some(69) && said.contains("held by another process"), "{said}")
            }
            Store::Redis(_) => assert!(code == Some(0) && said.contains("anew"), "{said}"),
        }
        daemon.stop().await;
        let (code, said) = daemon.run(&["compact"]).await;
        assert_eq!(code, Some(0), "{said}");
        daemon.again().await;
        daemon.ready().await;
        assert_eq!(figures(&mut daemon.client(), "A", "BER").await, (7, 0, 0));
        daemon.audit().await;
    }
}
