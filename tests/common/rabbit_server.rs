//! A private RabbitMQ: its own folder, its own ports, its own names, on loopback alone.
//!
//! A broker takes seconds to start, so the tests of one binary share one ([`shared`]), each in a virtual host of its
//! own; a test that kills its broker starts its own ([`RabbitServer::start`]).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lapin::{Connection, ConnectionProperties};
use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::process::CommandExt;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::port::free_port;
use crate::wait::wait_within;

/// Debian's wrapper on the PATH insists on root or a user of its own; this is what it calls.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";
/// Virtual hosts of one broker: one per test that shares it.
const HOSTS: usize = 48;
/// How long a broker may take to start on a busy machine; it needs five seconds alone.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long one attempt to connect may take.
const ANSWER: Duration = Duration::from_secs(5);
/// The password `lagerd` as RabbitMQ keeps it: salt and SHA-256 of salt and password.
const PASSWORD_HASH: &str = "bGdyZCsOfEqXPAG7AJYcSDMimokxvrv/Kw/4nc6OtiRg8sNP";
/// Waits for the end of whoever started it, however that came, and then ends what is left and takes the folder away.
const KEEPER: &str = r#"cat >/dev/null
for file in "$1"/*.pid; do kill -9 "$(cat "$file")"; done
rm -rf -- "$1""#;

static SHARED: OnceCell<Option<RabbitServer>> = OnceCell::const_new();

/// The address of a virtual host that nobody else uses, on the broker that the tests of this binary share. `None`
/// where the tests are to run without RabbitMQ.
pub(crate) async fn shared() -> Option<String> {
    let server = SHARED.get_or_init(RabbitServer::start).await;
    Some(server.as_ref()?.fresh())
}

/// A running `rabbitmq-server`. It is killed when dropped, and its folder removed; also where the test itself is
/// killed.
#[derive(Debug)]
pub(crate) struct RabbitServer {
    folder: TempDir,
    ports: Ports,
    names: Child,
    broker: Child,
    keeper: Child,
    hosts: AtomicUsize,
}

/// Where it listens: for clients, for its own tools, and for those who ask where its tools are.
#[derive(Debug, Clone, Copy)]
struct Ports {
    amqp: u16,
    tools: u16,
    names: u16,
}

impl RabbitServer {
    /// Starts a broker. `None` where the tests are to run without RabbitMQ.
    pub(crate) async fn start() -> Option<Self> {
        if std::env::var("LAGERD_SKIP_RABBITMQ").is_ok_and(|skip| skip == "1") {
            return None;
        }
        let folder = tempfile::tempdir().expect("temporary folder");
        let ports = Ports { amqp: free_port(), tools: free_port(), names: free_port() };
        write_settings(folder.path(), ports);
        let keeper = keeper(folder.path());
        let names = names(folder.path(), ports);
        let broker = broker(folder.path(), ports);
        let mut server = Self { folder, ports, names, broker, keeper, hosts: AtomicUsize::new(0) };
        server.ready().await;
        Some(server)
    }

    /// Its address, with the virtual host every broker has.
    pub(crate) fn url(&self) -> String {
        self.at("%2f")
    }

    /// Its address, with a virtual host that nobody else uses.
    pub(crate) fn fresh(&self) -> String {
        let number = self.hosts.fetch_add(1, Ordering::Relaxed);
        assert!(number < HOSTS, "more than {HOSTS} tests share one broker: give it more virtual hosts");
        self.at(&format!("t{number}"))
    }

    /// Waits until it has written down that a quorum queue is there. It does so half a second after the queue was made;
    /// a younger one is forgotten in a kill, with all that was confirmed.
    pub(crate) async fn keeps(&self, url: &str, queue: &str) {
        let host = url.rsplit('/').next().expect("a virtual host");
        let name = format!("{}_{queue}", if host == "%2f" { "%2F" } else { host });
        let file = format!("data/t{0}@localhost/quorum/t{0}@localhost/names.dets", self.ports.amqp);
        wait_within(PATIENCE, "rabbitmq-server to note the queue", async || {
            let noted = std::fs::read(self.folder.path().join(&file)).ok()?;
            noted.windows(name.len()).any(|part| part == name.as_bytes()).then_some(())
        })
        .await;
    }

    /// Kills it as a power cut would, and waits until it is gone.
    pub(crate) async fn kill(&mut self) {
        self.broker.kill().expect("kill rabbitmq-server");
        self.gone().await;
    }

    /// Stops it in order.
    pub(crate) async fn stop(&mut self) {
        self.signal(Signal::TERM);
        self.gone().await;
    }

    /// Stops it as a stalled machine would (connections stay, nobody answers) or lets it go on.
    pub(crate) fn stall(&self, stall: bool) {
        self.signal(if stall { Signal::STOP } else { Signal::CONT });
    }

    /// Starts it again on its folder.
    pub(crate) async fn restart(&mut self) {
        self.broker = broker(self.folder.path(), self.ports);
        self.ready().await;
    }

    /// Runs `rabbitmqctl`, which takes seconds, and answers what it printed.
    pub(crate) async fn control(&self, words: &[&str]) -> String {
        let mut command =
            tokio::process::Command::from(command("rabbitmqctl", self.folder.path(), self.ports));
        let Output { status, stdout, stderr } = command.args(words).output().await.expect("run rabbitmqctl");
        let (told, wrong) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success(), "rabbitmqctl {words:?}: {told}{wrong}");
        told.into_owned()
    }

    fn at(&self, host: &str) -> String {
        format!("amqp://lagerd:lagerd@127.0.0.1:{}/{host}", self.ports.amqp)
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.broker.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("rabbitmq-server runs"), signal).expect("signal rabbitmq-server");
    }

    async fn gone(&mut self) {
        wait_within(PATIENCE, "rabbitmq-server to end", async || {
            self.broker.try_wait().expect("its state").map(|_| ())
        })
        .await;
        drop(std::fs::remove_file(self.folder.path().join("broker.pid")));
    }

    async fn ready(&mut self) {
        let url = self.url();
        let answers = async || {
            let ended = self.broker.try_wait().expect("its state");
            assert!(ended.is_none(), "rabbitmq-server ended at start: {ended:?}\n{}", said(&self.folder));
            let connection = Connection::connect(&url, ConnectionProperties::default());
            let connection = tokio::time::timeout(ANSWER, connection).await.ok()?.ok()?;
            tokio::time::timeout(ANSWER, connection.close(200, "ready".into())).await.ok()?.ok()
        };
        let ready = wait_within(PATIENCE * 2, "rabbitmq-server to answer", answers);
        let ready = tokio::time::timeout(PATIENCE, ready).await;
        ready.unwrap_or_else(|_| panic!("rabbitmq-server does not answer:\n{}", said(&self.folder)));
    }
}

/// All it has printed and logged.
fn said(folder: &TempDir) -> String {
    let logs = std::fs::read_dir(folder.path().join("log")).into_iter().flatten().flatten();
    let files = [folder.path().join("broker.out")].into_iter().chain(logs.map(|log| log.path()));
    files.map(|file| std::fs::read_to_string(file).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

impl Drop for RabbitServer {
    fn drop(&mut self) {
        for (child, file) in [(&mut self.broker, "broker.pid"), (&mut self.names, "names.pid")] {
            drop(child.kill());
            drop(child.wait());
            drop(std::fs::remove_file(self.folder.path().join(file)));
        }
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

/// The settings, and the users and virtual hosts it finds at its first start: making them later costs seconds.
fn write_settings(folder: &Path, ports: Ports) {
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).expect("write the settings of rabbitmq-server");
    };
    let hosts = || ["/".to_owned()].into_iter().chain((0..HOSTS).map(|number| format!("t{number}")));
    let definitions = serde_json::json!({
        "users": [{
            "name": "lagerd",
            "password_hash": PASSWORD_HASH,
            "hashing_algorithm": "rabbit_password_hashing_sha256",
            "tags": "administrator",
        }],
        "vhosts": hosts().map(|name| serde_json::json!({ "name": name })).collect::<Vec<_>>(),
        "permissions": hosts().map(|vhost| serde_json::json!({
            "user": "lagerd", "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*",
        })).collect::<Vec<_>>(),
    });
    write("definitions.json", &definitions.to_string());
    let mut settings = String::new();
    let definitions = folder.join("definitions.json");
    let lines = writeln!(
        settings,
        "listeners.tcp.1 = 127.0.0.1:{}\nload_definitions = {}\nlog.console = false\nlog.file.level = warning",
        ports.amqp,
        definitions.display(),
    );
    lines.expect("write into a text");
    write("rabbitmq.conf", &settings);
    write("enabled_plugins", "[].");
}

/// A program of RabbitMQ that knows this broker and nothing of the machine's own.
fn command(program: &str, folder: &Path, ports: Ports) -> Command {
    let path = Path::new(PROGRAMS).join(program);
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LANG", "C.UTF-8")
        .env("HOME", folder)
        .env("ERL_EPMD_PORT", ports.names.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODENAME", format!("t{}@localhost", ports.amqp))
        .env("RABBITMQ_CONF_ENV_FILE", folder.join("none"))
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

fn broker(folder: &Path, ports: Ports) -> Child {
    let out = std::fs::File::create(folder.join("broker.out")).expect("a log");
    let at = |name: &str| -> PathBuf { folder.join(name) };
    let child = command("rabbitmq-server", folder, ports)
        .env("RABBITMQ_DIST_PORT", ports.tools.to_string())
        .env("RABBITMQ_MNESIA_BASE", at("data"))
        .env("RABBITMQ_LOG_BASE", at("log"))
        .env("RABBITMQ_CONFIG_FILE", at("rabbitmq.conf"))
        .env("RABBITMQ_ADVANCED_CONFIG_FILE", at("none.config"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("enabled_plugins"))
        .env("RABBITMQ_GENERATED_CONFIG_DIR", at("config"))
        .env("RABBITMQ_PID_FILE", at("rabbit.own"))
        // Then the process started is the broker itself, without a shell around it.
        .env("RUNNING_UNDER_SYSTEMD", "true")
        // Whoever looks for what a killed test left behind finds the folder in the command line.
        .env(
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            format!("-kernel inet_dist_use_interface {{127,0,0,1}} -lagerd_folder {}", folder.display()),
        )
        .stdout(out.try_clone().expect("a log"))
        .stderr(out)
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "cannot start rabbitmq-server ({error}): run tests/run, which installs it, or set \
                 LAGERD_SKIP_RABBITMQ=1"
            )
        });
    std::fs::write(at("broker.pid"), child.id().to_string()).expect("write its number");
    child
}

/// `epmd`, which tells RabbitMQ's own tools where it is; a broker would start one that outlives it.
fn names(folder: &Path, ports: Ports) -> Child {
    let child = Command::new("epmd")
        .arg0(folder.join("epmd"))
        .args(["-address", "127.0.0.1", "-port", &ports.names.to_string()])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start epmd ({error}), which comes with rabbitmq-server"));
    std::fs::write(folder.join("names.pid"), child.id().to_string()).expect("write its number");
    child
}

fn keeper(folder: &Path) -> Child {
    Command::new("sh")
        .args(["-c", KEEPER, "keeper"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("start a shell")
}
