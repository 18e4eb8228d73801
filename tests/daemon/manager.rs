//! A service manager, played by a test: it listens where systemd would, and hands a port over as systemd does.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::UnixDatagram;
use tokio::process::Command;

use crate::process::Daemon;

/// How long anything may take on a busy machine before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// The notification socket, and everything heard on it.
#[derive(Debug)]
pub(crate) struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
    /// Every word so far, in order: `READY=1`, `STATUS=…`.
    pub(crate) heard: Vec<String>,
}

impl Manager {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let socket = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
        Self { folder, socket, heard: Vec::new() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("notify")
    }

    /// Starts the daemon as a service of the type `notify`, with a watchdog of so many milliseconds.
    pub(crate) fn launch(&self, daemon: &mut Daemon, watchdog_ms: Option<u64>) {
        let command = daemon.command(&["serve"]);
        daemon.spawn(self.told(command, watchdog_ms));
    }

    /// Lets a command tell this manager.
    pub(crate) fn told(&self, mut command: Command, watchdog_ms: Option<u64>) -> Command {
        command.env("NOTIFY_SOCKET", self.path());
        if let Some(millis) = watchdog_ms {
            command.env("WATCHDOG_USEC", (millis * 1_000).to_string());
        }
        command
    }

    /// The words of the next message; `None` where none comes within the time.
    pub(crate) async fn next_within(&mut self, time: Duration) -> Option<Vec<String>> {
        let mut buffer = vec![0; 8_192];
        let length =
            tokio::time::timeout(time, self.socket.recv(&mut buffer)).await.ok()?.expect("a message");
        let text = String::from_utf8(buffer[..length].to_vec()).expect("UTF-8");
        let words: Vec<String> = text.lines().map(str::to_owned).collect();
        self.heard.extend(words.clone());
        Some(words)
    }

    /// Listens until a word is heard that begins like this; the word.
    pub(crate) async fn until(&mut self, begins: &str) -> String {
        let looking = async {
            loop {
                let words = self.next_within(PATIENCE).await.unwrap_or_default();
                if let Some(word) = words.into_iter().find(|word| word.starts_with(begins)) {
                    return word;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, looking).await;
        found.unwrap_or_else(|_| panic!("waited in vain for {begins:?} behind {:?}", self.heard))
    }

    /// Forgets what was heard.
    pub(crate) fn forget(&mut self) {
        self.heard.clear();
    }
}

/// The command that takes over an open port, as systemd starts a service with a socket: the port is descriptor 3, and
/// `LISTEN_PID` names the process itself.
pub(crate) fn with_port(daemon: &Daemon, port: &TcpListener, count: usize) -> Command {
    let serve = daemon.command(&["serve"]);
    let serve = serve.as_std();
    let mut command = Command::new("sh");
    let second = if count > 1 { "4<&0" } else { "" };
    let script =
        format!("exec 3<&0 {second} </dev/null; LISTEN_PID=$$ LISTEN_FDS={count} exec \"$0\" \"$@\"");
    command.arg("-c").arg(script).arg(serve.get_program()).args(serve.get_args());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"LAGERD")) {
        command.env_remove(name);
    }
    let passed: OwnedFd = port.try_clone().expect("the port").into();
    command.current_dir(daemon.path("")).stdin(Stdio::from(passed)).kill_on_drop(true);
    command
}
