//! A restart in the middle of a busy hour: nothing acknowledged is lost, clients go on by themselves, and how long nobody
//! was served is measured.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use lagerd::client::Client;
use lagerd::client::feed::{Event, Feed, Verb};
use rustix::process::Signal;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::manager::with_port;
use crate::process::{Daemon, ONE, Store};
use crate::talk::{figures, receive, wish};
use crate::wait::wait_for;

const HTTP: usize = 10;
const SOCKETS: usize = 4;

/// What the clients know of the restart, and who has been answered since.
#[derive(Debug, Default)]
struct Clients {
    answered: AtomicUsize,
    enough: AtomicBool,
}

/// Ten clients over HTTP and four over the feed write while the daemon is told to stop and is started again, with a port of its
/// own and with one that the service manager keeps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load() {
    for kept in [false, true] {
        let mut daemon = Daemon::prepare(&Store::Embedded.lines(), ONE);
        let port = kept.then(|| TcpListener::bind(("127.0.0.1", daemon.port())).expect("the port"));
        launch(&mut daemon, port.as_ref());
        daemon.ready().await;
        receive(&mut daemon.client(), "BER", "in", &[("A", 1_000_000)]).await;
        let shared = Arc::new(Clients::default());
        let mut writers = JoinSet::new();
        for number in 0..HTTP {
            let (client, shared) = (daemon.patient(), shared.clone());
            writers.spawn(over_http(number, client, shared));
        }
        for number in 0..SOCKETS {
            let feed = Feed::new(daemon.target(), Duration::from_secs(20));
            writers.spawn(over_the_feed(number, feed, shared.clone()));
        }
        let answered = |more: usize| {
            let (shared, before) = (shared.clone(), shared.answered.load(Ordering::Relaxed));
            async move {
                let count = || shared.answered.load(Ordering::Relaxed);
                wait_for("answers", async || (count() > before + more).then_some(())).await;
            }
        };
        answered(500).await;
        let told = Instant::now();
        daemon.signal(Signal::TERM);
        assert_eq!(daemon.ended().await, Some(0), "{}", daemon.log());
        let stopped = told.elapsed();
        launch(&mut daemon, port.as_ref());
        daemon.ready().await;
        let ready = told.elapsed();
        answered(500).await;
        shared.enough.store(true, Ordering::Relaxed);
        let (gaps, granted): (Vec<_>, Vec<_>) = writers.join_all().await.into_iter().unzip();
        let granted = granted.concat();
        // Acknowledged is there; and nothing else is, for every client asked until it was told.
        let (_, reserved, _) = figures(&mut daemon.client(), "A", "BER").await;
        assert_eq!(usize::try_from(reserved).unwrap(), granted.len());
        let longest = gaps.into_iter().max().unwrap_or_default();
        println!(
            "restart under load, {}: stopped after {stopped:?}, ready after {ready:?}, longest wait of a client {longest:?}, \
             {} units acknowledged and found",
            if kept { "port kept by the manager" } else { "port of its own" },
            granted.len()
        );
        daemon.audit().await;
    }
}

fn launch(daemon: &mut Daemon, port: Option<&TcpListener>) {
    match port {
        Some(port) => daemon.spawn(with_port(daemon, port, 1)),
        None => daemon.launch(&[]),
    }
}

/// Asks for unit after unit over HTTP until it is enough: the longest wait for an answer, and what was granted.
async fn over_http(number: usize, mut client: Client, shared: Arc<Clients>) -> (Duration, Vec<String>) {
    let mut gap = Duration::ZERO;
    let mut granted = Vec::new();
    for round in 0.. {
        let (id, asked) = (format!("h-{number}-{round}"), Instant::now());
        let told = client.reserve(&id, &wish("web", "", &[("A", 1)])).await.expect("a unit");
        assert_eq!(told.state, "reserved");
        gap = gap.max(asked.elapsed());
        granted.push(id);
        shared.answered.fetch_add(1, Ordering::Relaxed);
        if shared.enough.load(Ordering::Relaxed) {
            break;
        }
    }
    (gap, granted)
}

/// The same over a connection to the feed.
async fn over_the_feed(number: usize, mut feed: Feed, shared: Arc<Clients>) -> (Duration, Vec<String>) {
    let commands = feed.commands();
    let driving = tokio::spawn(async move {
        while let Ok(Event::Connected | Event::Away { .. }) = feed.next_event().await {}
    });
    let mut gap = Duration::ZERO;
    let mut granted = Vec::new();
    for round in 0.. {
        let (id, asked) = (format!("s-{number}-{round}"), Instant::now());
        let body = wish("web", "", &[("A", 1)]);
        commands.ask(Verb::Reserve, &id, &body).await.expect("a unit");
        gap = gap.max(asked.elapsed());
        granted.push(id);
        shared.answered.fetch_add(1, Ordering::Relaxed);
        if shared.enough.load(Ordering::Relaxed) {
            break;
        }
    }
    driving.abort();
    (gap, granted)
}
