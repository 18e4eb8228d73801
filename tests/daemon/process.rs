//! The daemon as a process, with its folder, its port and its store.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use lagerd::client::{Client, Target};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::port::free_port;
use crate::redis_server::RedisServer;
use crate::wait::wait_for;

/// One warehouse, and a channel that draws on it.
pub(crate) const ONE: &str = r#"
[[warehouse]]
id = "BER"
[[channel]]
id = "web"
warehouses = ["BER"]
"#;

/// How long a request may take on a busy machine.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How long a patient client asks again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a daemon keeps its stock.
#[derive(Debug)]
pub(crate) enum Store {
    Embedded,
    Redis(Box<RedisServer>),
}

impl Store {
    /// A Redis of its own, or `None` where tests run without.
    pub(crate) async fn redis() -> Option<Self> {
        Some(Self::Redis(Box::new(RedisServer::start(&[]).await?)))
    }

    /// Its lines in the configuration.
    pub(crate) fn lines(&self) -> String {
        match self {
            Self::Embedded => "kind = \"embedded\"".to_owned(),
            Self::Redis(server) => redis_lines(server),
        }
    }
}

/// The configuration's lines for a Redis.
pub(crate) fn redis_lines(server: &RedisServer) -> String {
    format!("kind = \"redis\"\nurl = \"{}\"", server.url())
}

/// A daemon. It is killed when dropped, and its folder removed.
#[derive(Debug)]
pub(crate) struct Daemon {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Daemon {
    /// Starts a daemon and waits until it is ready.
    pub(crate) async fn start(store: &str, config: &str) -> Self {
        let mut daemon = Self::prepare(store, config);
        daemon.again().await;
        daemon
    }

    /// Writes what a daemon needs, and starts none.
    pub(crate) fn prepare(store: &str, config: &str) -> Self {
        allow_many_files();
        let folder = tempfile::tempdir().expect("temporary folder");
        let daemon = Self { folder, port: free_port(), child: None };
        daemon.configure(store, config);
        daemon
    }

    /// Writes its configuration anew.
    pub(crate) fn configure(&self, store: &str, config: &str) {
        let text = format!("[http]\nlisten = \"127.0.0.1:{}\"\n[store]\n{store}\n{config}", self.port);
        std::fs::write(self.path("lagerd.toml"), text).expect("write the configuration");
    }

    /// Starts the process and waits until it is ready.
    pub(crate) async fn again(&mut self) {
        self.launch(&[]);
        self.ready().await;
    }

    /// Starts the process.
    pub(crate) fn launch(&mut self, words: &[&str]) {
        self.spawn(self.command(&[&["serve"], words].concat()));
    }

    /// Starts the process that way, with its log where it belongs.
    pub(crate) fn spawn(&mut self, mut command: Command) {
        let log = std::fs::File::options().create(true).append(true).open(self.path("daemon.log"));
        let log = log.expect("the log");
        command.stdout(log.try_clone().expect("the log")).stderr(log);
        self.child = Some(command.spawn().expect("start the daemon"));
    }

    /// Waits until it is ready; fails with its log where it ends instead.
    pub(crate) async fn ready(&mut self) {
        let mut client = Client::new(self.target(), Duration::from_secs(2));
        wait_for("the daemon to become ready", async || {
            let ended = self.child.as_mut().expect("a process").try_wait().expect("its state");
            assert!(ended.is_none(), "the daemon ended at start: {ended:?}\n{}", self.log());
            matches!(client.ready().await, Ok(true)).then_some(())
        })
        .await;
    }

    /// SIGKILL: no goodbye, no flush.
    pub(crate) async fn kill(&mut self) {
        self.child.take().expect("a process").kill().await.expect("kill the daemon");
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process"), signal).expect("signal the daemon");
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().and_then(Child::id).expect("a process")
    }

    /// Puts lines into the configuration's section `[http]`.
    pub(crate) fn configure_http(&self, lines: &str) {
        let text = std::fs::read_to_string(self.path("lagerd.toml")).expect("the configuration");
        let text = text.replacen("[http]", &format!("[http]\n{lines}"), 1);
        std::fs::write(self.path("lagerd.toml"), text).expect("write the configuration");
    }

    /// Puts another address into the configuration.
    pub(crate) fn configure_listen(&self, address: &str) {
        let text = std::fs::read_to_string(self.path("lagerd.toml")).expect("the configuration");
        let text = text.replacen(&format!("127.0.0.1:{}", self.port), address, 1);
        std::fs::write(self.path("lagerd.toml"), text).expect("write the configuration");
    }

    /// The code with which the process ends by itself.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("a process");
        let ended = tokio::time::timeout(Duration::from_secs(30), child.wait()).await;
        ended.unwrap_or_else(|_| panic!("the daemon did not end\n{}", self.log())).expect("its end").code()
    }

    /// SIGTERM, after which it must end well.
    pub(crate) async fn stop(&mut self) {
        self.signal(Signal::TERM);
        let code = self.ended().await;
        assert_eq!(code, Some(0), "{}", self.log());
    }

    /// Stops it and checks every invariant of its store.
    pub(crate) async fn audit(&mut self) {
        self.stop().await;
        self.audit_as_is().await;
    }

    /// Checks every invariant of its store.
    pub(crate) async fn audit_as_is(&self) {
        let (code, said) = self.run(&["audit"]).await;
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("every invariant holds"), "{said}");
    }

    /// Runs another command on its configuration; its exit code and all it printed.
    pub(crate) async fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        let Output { status, stdout, stderr } = self.command(words).output().await.expect("run the binary");
        let said = [stdout, stderr].concat();
        (status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    /// A command on its configuration that is not started yet.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lagerd"));
        let ours = std::env::vars_os().map(|(name, _)| name);
        for name in ours.filter(|name| name.as_encoded_bytes().starts_with(b"LAGERD")) {
            command.env_remove(name);
        }
        command
            .args(words)
            .arg("--config")
            .arg(self.path("lagerd.toml"))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Where clients connect.
    pub(crate) fn target(&self) -> Arc<Target> {
        Arc::new(Target::new(&self.url(), None).expect("a url"))
    }

    /// The same, as text.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A client that hears every failure.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.target(), ANSWER_WITHIN)
    }

    /// A client that asks again under the same id until the outcome is known.
    pub(crate) fn patient(&self) -> Client {
        Client::new(self.target(), ANSWER_WITHIN).with_patience(PATIENCE)
    }

    /// A file in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        Path::join(self.folder.path(), name)
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("daemon.log")).unwrap_or_default()
    }
}

/// A thousand clients are a thousand files.
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("files");
}
