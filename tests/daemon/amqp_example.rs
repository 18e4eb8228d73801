//! The consumer that integrators copy keeps the store's levels, whatever happens to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lagerd::client::Client;
use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::amqp_talk::{Correspondent, broker};
use crate::consumer::{Kept, consume};
use crate::process::{Daemon, ONE, Store};
use crate::rabbit_server::shared;
use crate::talk::{figures, post, receive};
use crate::wait::wait_for;

const SKUS: [&str; 3] = ["A", "B/1 ü", "C"];

/// A run of the consumer, which ends as a crash ends it.
fn run(daemon: &Daemon, url: &str, file: &Path) -> JoinHandle<()> {
    let (mut http, url, file) = (daemon.patient(), url.to_owned(), file.to_owned());
    tokio::spawn(async move {
        let ended = consume(&url, "levels", &mut http, file).await;
        panic!("nothing ends it while the broker is there: {ended:?}");
    })
}

/// Waits until it keeps what the store has.
async fn right(client: &mut Client, file: &Path) {
    wait_for("the consumer to keep what the store has", async || {
        let mut levels = BTreeMap::new();
        for sku in SKUS {
            let (on_hand, reserved, allocated) = figures(client, sku, "BER").await;
            levels.insert(format!("{sku}/BER"), [on_hand, reserved, allocated]);
        }
        (Kept::open(file).levels == levels).then_some(())
    })
    .await;
}

async fn sell(client: &mut Client, round: usize) {
    for (at, sku) in SKUS.iter().enumerate() {
        let (id, more) = (format!("r-{round}-{at}"), i64::try_from(round + at).expect("few") + 2);
        receive(client, "BER", &format!("in-{round}-{at}"), &[(sku, more)]).await;
        let wish = json!({"channel": "web", "lines": [{"sku": sku, "quantity": 1}]}).to_string();
        assert_eq!(post(client, "/v1/reservations", &id, &wish).await.0, 201);
        if at == 0 {
            assert_eq!(
                post(client, &format!("/v1/reservations/{id}/allocate"), &format!("a-{id}"), "{}").await.0,
                200
            );
        }
    }
}

/// It begins beside stock that is there already, is ended in the middle of everything again and again, hears all of it
/// twice, and reads the stock anew when it is told of a gap.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_keeps_the_levels() {
    let Some(url) = shared().await else { return };
    let mut daemon =
        Daemon::start(&Store::Embedded.lines(), &format!("{}holds = true\n{ONE}", broker(&url))).await;
    let _made = Correspondent::begin(&url).await;
    let mut client = daemon.client();
    let file: PathBuf = daemon.path("levels.json");
    for round in 0..4 {
        sell(&mut client, round).await;
        let running = run(&daemon, &url, &file);
        sell(&mut client, round + 10).await;
        if round % 2 == 1 {
            right(&mut client, &file).await;
        }
        running.abort();
        assert!(running.await.expect_err("it was ended").is_cancelled());
    }
    let before = Kept::open(&file);
    let replay = json!({"queue": "levels", "since": "2026-01-01T00:00:00Z"}).to_string();
    assert_eq!(post(&mut client, "/v1/replay", "again", &replay).await.0, 200);
    sell(&mut client, 20).await;
    let running = run(&daemon, &url, &file);
    right(&mut client, &file).await;
    assert!(Kept::open(&file).heard["w:BER"] > before.heard["w:BER"]);
    running.abort();
    assert!(running.await.expect_err("it was ended").is_cancelled());
    // What it keeps is wrong, as if it had missed something for good; the daemon tells it so.
    let mut wrong = Kept::open(&file);
    wrong.levels.insert("A/BER".to_owned(), [0, 0, 0]);
    wrong.levels.remove("C/BER");
    std::fs::write(&file, serde_json::to_vec(&wrong).expect("JSON")).expect("a file");
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.expect("a broker");
    let channel = connection.create_channel().await.expect("a channel");
    let gap = json!({"event": "w:BER.7-00000000000000aa.0/gap", "fact": "gap", "journal": "w:BER", "from": 1, "to": 6});
    let (options, none) = (BasicPublishOptions::default(), BasicProperties::default());
    let gap = gap.to_string();
    let told = channel
        .basic_publish("lagerd.events".into(), "gap.w.BER".into(), options, gap.as_bytes(), none)
        .await;
    told.expect("sent").await.expect("taken");
    let running = run(&daemon, &url, &file);
    right(&mut client, &file).await;
    running.abort();
    daemon.audit().await;
}
