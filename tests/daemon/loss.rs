//! A Redis that loses what it had confirmed.

use lagerd::client::{Client, LineStatus, Movement};

use crate::process::{Daemon, ONE, redis_lines};
use crate::redis_server::RedisServer;
use crate::talk::{figures, get, metric, receive, wish};
use crate::wait::wait_for;

async fn reserve(client: &mut Client, name: &str, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let told = client.reserve(&format!("{name}-{number}"), &wish("web", "", &[("A", 1)])).await;
        assert_eq!(told.expect("a unit").state, "reserved");
    }
}

/// How many of these reservations can be read.
async fn held(client: &mut Client, name: &str, numbers: std::ops::Range<usize>) -> usize {
    let mut held = 0;
    for number in numbers {
        let read = client.reservation(&format!("{name}-{number}")).await;
        held += usize::from(read.is_ok_and(|told| told.state == "reserved"));
    }
    held
}

/// Puts another append-only file under the server, as a restored backup would.
async fn put_back(server: &mut RedisServer, file: &[u8]) {
    server.kill().await;
    std::fs::write(server.append_file(), file).expect("write the append-only file");
    server.restart().await;
}

async fn wait_for_metric(client: &mut Client, name: &str, figure: f64) {
    wait_for(name, async || ((metric(client, name).await - figure).abs() < 0.5).then_some(())).await;
}

/// The end of the log is gone after a crash of Redis: the daemon, which still knows it, writes it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tail() {
    let Some(mut server) = RedisServer::start(&["--appendfsync", "everysec"]).await else { return };
    let mut daemon = Daemon::start(&redis_lines(&server), ONE).await;
    let mut client = daemon.patient();
    let (_, ready) = get(&mut client, "/readyz").await;
    assert!(ready["warnings"][0].as_str().is_some_and(|warning| warning.contains("~2 s")), "{ready}");
    receive(&mut client, "BER", "opening", &[("A", 100)]).await;
    reserve(&mut client, "kept", 0..10).await;
    let copy = std::fs::read(server.append_file()).expect("the append-only file");
    reserve(&mut client, "lost", 0..20).await;
    put_back(&mut server, &copy).await;
    reserve(&mut client, "later", 0..1).await;
    wait_for_metric(&mut client, "lagerd_lost_tails_total", 1.0).await;
    assert_eq!(held(&mut client, "lost", 0..20).await, 20);
    daemon.stop().await;
    daemon.again().await;
    assert_eq!(figures(&mut client, "A", "BER").await, (100, 31, 0));
    assert_eq!(held(&mut client, "kept", 0..10).await, 10);
    assert_eq!(held(&mut client, "lost", 0..20).await, 20);
    daemon.audit().await;
}

/// The same without any traffic after the crash: the daemon notices by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tail_in_quiet_times() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let mut daemon = Daemon::start(&redis_lines(&server), ONE).await;
    let mut client = daemon.patient();
    receive(&mut client, "BER", "opening", &[("A", 100)]).await;
    let copy = std::fs::read(server.append_file()).expect("the append-only file");
    reserve(&mut client, "lost", 0..5).await;
    put_back(&mut server, &copy).await;
    wait_for_metric(&mut client, "lagerd_lost_tails_total", 1.0).await;
    daemon.kill().await;
    daemon.again().await;
    assert_eq!(held(&mut client, "lost", 0..5).await, 5);
    daemon.audit().await;
}

/// The history that came back is another writer's, and longer: what still fits is claimed again, the rest is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fork() {
    let (Some(mut server), Some(mut second)) = (RedisServer::start(&[]).await, RedisServer::start(&[]).await)
    else {
        return;
    };
    let mut daemon = Daemon::start(&redis_lines(&server), ONE).await;
    let mut client = daemon.patient();
    receive(&mut client, "BER", "opening", &[("A", 30)]).await;
    put_back(&mut second, &std::fs::read(server.append_file()).expect("a file")).await;
    let mut other = Daemon::start(&redis_lines(&second), ONE).await;
    reserve(&mut other.client(), "theirs", 0..20).await;
    reserve(&mut client, "ours", 0..15).await;
    other.stop().await;
    second.kill().await;
    put_back(&mut server, &std::fs::read(second.append_file()).expect("a file")).await;
    wait_for_metric(&mut client, "lagerd_oversold_incidents_total", 5.0).await;
    assert_eq!(figures(&mut client, "A", "BER").await, (30, 30, 0));
    assert_eq!(held(&mut client, "ours", 0..15).await, 10);
    assert_eq!(held(&mut client, "theirs", 0..20).await, 20);
    let (_, journal) = daemon.run(&["inspect", "journal", "w:BER", "--limit", "50"]).await;
    assert!(journal.contains("tail_lost") || journal.contains("lost"), "{journal}");
    daemon.audit().await;
}

/// Data lost while the daemon was down can't be repaired: it says so and does not start until it is told to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_down() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let mut daemon = Daemon::start(&redis_lines(&server), ONE).await;
    let mut client = daemon.patient();
    receive(&mut client, "BER", "opening", &[("A", 30)]).await;
    let copy = std::fs::read(server.append_file()).expect("the append-only file");
    reserve(&mut client, "lost", 0..3).await;
    daemon.stop().await;
    put_back(&mut server, &copy).await;
    daemon.launch(&[]);
    assert_eq!(daemon.ended().await, Some(65));
    let log = daemon.log();
    assert!(log.contains("lost") && log.contains("w:BER") && log.contains("--accept-loss"), "{log}");
    daemon.launch(&["--accept-loss"]);
    daemon.ready().await;
    assert_eq!(figures(&mut client, "A", "BER").await, (30, 0, 0));
    reserve(&mut client, "new", 0..2).await;
    daemon.stop().await;
    daemon.again().await;
    assert_eq!(figures(&mut client, "A", "BER").await, (30, 2, 0));
    daemon.audit().await;
}

/// An emptied Redis is no new store where this machine remembers one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn emptied_while_down() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let mut daemon = Daemon::start(&redis_lines(&server), ONE).await;
    let mut client = daemon.patient();
    receive(&mut client, "BER", "opening", &[("A", 30)]).await;
    daemon.stop().await;
    let _: () = server.run("FLUSHALL").await;
    daemon.launch(&[]);
    assert_eq!(daemon.ended().await, Some(65), "{}", daemon.log());
    daemon.launch(&["--accept-loss"]);
    daemon.ready().await;
    receive(&mut client, "BER", "opening-again", &[("A", 7)]).await;
    daemon.stop().await;
    daemon.again().await;
    assert_eq!(figures(&mut client, "A", "BER").await, (7, 0, 0));
    daemon.audit().await;
}

/// Emptied under a living daemon: nothing more is acknowledged, it is not ready any more, and does not start again by
/// itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn emptied_while_up() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let mut daemon = Daemon::start(&redis_lines(&server), ONE).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "opening", &[("A", 30)]).await;
    let _: () = server.run("FLUSHALL").await;
    let more = Movement { sku: "A".into(), kind: "receive".into(), quantity: 5, ..Movement::default() };
    let told = client.movements("BER", "more", &[more]).await;
    let refused = match &told {
        Ok(results) => results.iter().all(|result| result.status != LineStatus::Applied),
        Err(error) => {
            error.code().is_some_and(|code| ["store_lost", "unavailable", "outcome_unknown"].contains(&code))
        }
    };
    assert!(refused, "{told:?}");
    let (status, _) = get(&mut client, "/readyz").await;
    assert_eq!(status, 503);
    daemon.kill().await;
    daemon.launch(&[]);
    assert_eq!(daemon.ended().await, Some(65), "{}", daemon.log());
}

/// A Redis whose settings weaken the promise is named; one that evicts keys is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weak_settings() {
    let Some(server) = RedisServer::start(&["--appendonly", "no"]).await else { return };
    let mut daemon = Daemon::start(&redis_lines(&server), ONE).await;
    let (status, ready) = get(&mut daemon.client(), "/readyz").await;
    assert_eq!(status, 200);
    assert!(ready["warnings"][0].as_str().is_some_and(|warning| warning.contains("appendonly")), "{ready}");
    daemon.stop().await;
    let _: () = server.run("CONFIG SET maxmemory-policy allkeys-lru").await;
    daemon.launch(&[]);
    assert_eq!(daemon.ended().await, Some(69));
    assert!(daemon.log().contains("allkeys-lru"), "{}", daemon.log());
    daemon.configure(&format!("{}\nallow_eviction = true", redis_lines(&server)), ONE);
    daemon.again().await;
    let (_, ready) = get(&mut daemon.client(), "/readyz").await;
    assert!(ready["warnings"].to_string().contains("allkeys-lru"), "{ready}");
}
