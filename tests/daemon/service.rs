//! The daemon as a service: what it tells the service manager and when, what its watchdog covers and what not, a port that
//! is handed over, the unit itself.

use std::net::TcpListener;
use std::time::Duration;

use rustix::process::Signal;

use crate::manager::{Manager, with_port};
use crate::process::{Daemon, ONE, Store, redis_lines};
use crate::redis_server::RedisServer;
use crate::talk::{figures, get, post, receive};

const RESERVE: &str = r#"{"channel":"web","lines":[{"sku":"A","quantity":1}]}"#;

/// Ready is told once requests are served and not before; a reload, refused or not, begins and ends; the line of status
/// is kept current; a stop is told first of all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_tells() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    server.kill().await;
    let mut manager = Manager::new();
    let mut daemon = Daemon::prepare(&redis_lines(&server), ONE);
    manager.launch(&mut daemon, None);
    manager.until("STATUS=waiting for the store").await;
    manager.until("EXTEND_TIMEOUT_USEC=").await;
    assert!(!manager.heard.contains(&"READY=1".to_owned()), "{:?}", manager.heard);
    server.restart().await;
    manager.until("READY=1").await;
    let mut client = daemon.client();
    assert!(client.ready().await.expect("an answer"), "ready means ready");
    let line =
        format!("STATUS=serving on 127.0.0.1:{}, Redis ok; 1 connection, 0 on the feed", daemon.port());
    if !manager.heard.contains(&line) {
        manager.until(&line).await;
    }

    manager.forget();
    daemon.signal(Signal::HUP);
    manager.until("RELOADING=1").await;
    assert!(manager.heard.iter().any(|word| word.starts_with("MONOTONIC_USEC=")), "{:?}", manager.heard);
    manager.until("READY=1").await;
    let good = std::fs::read_to_string(daemon.path("lagerd.toml")).unwrap();
    std::fs::write(daemon.path("lagerd.toml"), "this is no TOML").unwrap();
    daemon.signal(Signal::HUP);
    manager.until("STATUS=the new configuration was refused").await;
    std::fs::write(daemon.path("lagerd.toml"), good).unwrap();
    daemon.signal(Signal::HUP);
    manager.until("STATUS=serving on").await;

    server.stall(true);
    let (status, _) = post(&mut client, "/v1/reservations", "r", RESERVE).await;
    assert_eq!(status, 409, "nothing is there, which is known without the store");
    server.stall(false);
    manager.forget();
    daemon.signal(Signal::TERM);
    manager.until("STOPPING=1").await;
    assert_eq!(daemon.ended().await, Some(0));
    assert!(!manager.heard.contains(&"READY=1".to_owned()), "{:?}", manager.heard);
    assert!(!manager.heard.iter().any(|word| word.starts_with("WATCHDOG")), "none was asked for");
    daemon.audit_as_is().await;
}

/// A store that never answers stops no heartbeat: reading goes on, and a new process would wait for the same store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_store_does_not_bite() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let mut manager = Manager::new();
    let config = format!("[limits]\ncommand_timeout_ms = 500\n{ONE}");
    let mut daemon = Daemon::prepare(&redis_lines(&server), &config);
    manager.launch(&mut daemon, Some(1_000));
    manager.until("READY=1").await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "in", &[("A", 5)]).await;
    server.stall(true);
    let (status, told) = post(&mut client, "/v1/reservations", "r", RESERVE).await;
    assert_eq!(status, 503, "{told}");
    manager.until("STATUS=Redis: ").await;
    // Four feeds a second: five times as long as the watchdog waits.
    for _ in 0..20 {
        manager.until("WATCHDOG=1").await;
        assert_eq!(get(&mut client, "/v1/stock/A").await.0, 200);
    }
    server.stall(false);
    manager.until("STATUS=serving on").await;
    daemon.audit().await;
}

/// A process that hangs feeds nothing, so that the manager kills and starts it, and everything acknowledged is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hung_process_is_restarted() {
    let watchdog = Duration::from_secs(5);
    let mut manager = Manager::new();
    let mut daemon = Daemon::prepare(&Store::Embedded.lines(), ONE);
    manager.launch(&mut daemon, Some(5_000));
    manager.until("READY=1").await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "in", &[("A", 5)]).await;
    for id in ["one", "two"] {
        assert_eq!(post(&mut client, "/v1/reservations", id, RESERVE).await.0, 201);
    }
    manager.until("WATCHDOG=1").await;
    daemon.signal(Signal::STOP);
    // What a manager does: as long as it is fed in time, nothing.
    let fed = |words: &[String]| words.contains(&"WATCHDOG=1".to_owned());
    let mut hungry = tokio::time::Instant::now();
    while hungry.elapsed() < watchdog {
        let left = watchdog.saturating_sub(hungry.elapsed());
        if manager.next_within(left).await.is_some_and(|words| fed(&words)) {
            hungry = tokio::time::Instant::now();
        }
    }
    daemon.kill().await;
    manager.forget();
    manager.launch(&mut daemon, Some(5_000));
    manager.until("READY=1").await;
    manager.until("WATCHDOG=1").await;
    let mut client = daemon.client();
    assert_eq!(figures(&mut client, "A", "BER").await, (5, 2, 0));
    for id in ["one", "two"] {
        assert_eq!(get(&mut client, &format!("/v1/reservations/{id}")).await.0, 200);
    }
    daemon.audit().await;
}

/// A port that is handed over is served, outlives the process, and keeps who comes meanwhile until the next one serves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_is_handed_over() {
    let mut daemon = Daemon::prepare(&Store::Embedded.lines(), ONE);
    let port = TcpListener::bind(("127.0.0.1", daemon.port())).expect("the port");
    // The address in the configuration is another: the one that was opened counts.
    daemon.configure_listen("127.0.0.1:1");
    daemon.spawn(with_port(&daemon, &port, 1));
    daemon.ready().await;
    receive(&mut daemon.client(), "BER", "in", &[("A", 5)]).await;
    daemon.stop().await;
    let mut waiting = daemon.client();
    waiting.connection().open().await.expect("nobody is refused while nobody serves");
    let asked = tokio::spawn(async move { get(&mut waiting, "/v1/channels/web/availability?sku=A").await });
    daemon.spawn(with_port(&daemon, &port, 1));
    daemon.ready().await;
    // It came while nobody served, and is answered: with the stock, or that it is loading.
    assert!(matches!(asked.await.unwrap().0, 200 | 503));
    assert_eq!(figures(&mut daemon.client(), "A", "BER").await, (5, 0, 0));
    daemon.audit().await;
}

/// A port that was opened for the daemon is held to the same rules as one it opens: not to the world without tokens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_may_be_refused() {
    let mut daemon = Daemon::prepare(&Store::Embedded.lines(), ONE);
    let open = TcpListener::bind(("0.0.0.0", 0)).expect("a port");
    daemon.spawn(with_port(&daemon, &open, 1));
    assert_eq!(daemon.ended().await, Some(78), "{}", daemon.log());
    assert!(daemon.log().contains("token"), "{}", daemon.log());
    let port = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    daemon.spawn(with_port(&daemon, &port, 2));
    assert_eq!(daemon.ended().await, Some(69), "{}", daemon.log());
    assert!(daemon.log().contains("2 sockets were passed"), "{}", daemon.log());
}

/// The unit is understood by systemd, and leaves an intruder little: 1.1 of 10 at most. With the addresses of one's own
/// network in a drop-in, 1.0.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_unit() {
    let systemd = |words: &[&str]| {
        let mut command = tokio::process::Command::new("systemd-analyze");
        command.args(words);
        command
    };
    if std::env::var_os("LAGERD_SKIP_SYSTEMD").is_some() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    let place = |name: &str, from: &str| {
        let text = std::fs::read_to_string(source.join(from)).expect("the unit");
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text.replace("/usr/bin/lagerd", env!("CARGO_BIN_EXE_lagerd"))).expect("a copy");
        path.to_string_lossy().into_owned()
    };
    let (service, socket) =
        (place("lagerd.service", "lagerd.service"), place("lagerd.socket", "lagerd.socket"));
    let check = async |words: &[&str]| {
        let output =
            systemd(words).output().await.expect("systemd-analyze; Debian has it in the package systemd");
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{words:?}: {said}");
        said
    };
    let verified = check(&["verify", "--man=no", &service, &socket]).await;
    let ours = verified.lines().filter(|line| line.contains("lagerd")).collect::<Vec<_>>();
    assert!(ours.is_empty(), "{ours:?}");
    check(&["security", "--offline=true", "--threshold=11", &service]).await;
    // Drop-ins change the unit, and keep it as closed.
    for (file, threshold) in
        [("addresses.conf", "10"), ("redis-rabbitmq.conf", "11"), ("static-user.conf", "11")]
    {
        let dropped = place(&format!("lagerd.service.d/{file}"), &format!("lagerd.service.d/{file}"));
        let verified = check(&["verify", "--man=no", &service]).await;
        assert!(!verified.contains(file), "{verified}");
        check(&["security", "--offline=true", &format!("--threshold={threshold}"), &service]).await;
        std::fs::remove_file(dropped).expect("the copy");
    }
}
