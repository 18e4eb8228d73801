//! A private Redis for one test: its own folder, a unix socket, no port.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::wait::wait_for;

/// A running `redis-server`. It is killed when dropped, and its folder removed.
#[derive(Debug)]
pub(crate) struct RedisServer {
    folder: TempDir,
    arguments: Vec<String>,
    child: Child,
}

impl RedisServer {
    /// Starts a server that syncs every write, with further `arguments` as `redis-server` takes them. `None` where the
    /// tests are to run without Redis.
    pub(crate) async fn start(arguments: &[&str]) -> Option<Self> {
        if std::env::var("LAGERD_SKIP_REDIS").is_ok_and(|skip| skip == "1") {
            return None;
        }
        let folder = tempfile::tempdir().expect("temporary folder");
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let child = spawn(folder.path(), &arguments);
        let server = Self { folder, arguments, child };
        server.ready().await;
        Some(server)
    }

    /// Where it listens, as the daemon takes it.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// The file every write goes to, and from which a restart reads.
    pub(crate) fn append_file(&self) -> PathBuf {
        self.folder.path().join("appendonlydir").join("appendonly.aof.1.incr.aof")
    }

    /// Kills it as a power cut would, and waits until it is gone.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("kill redis-server");
    }

    /// Stops it as a stalled machine would (connections stay, nobody answers) or lets it go on.
    pub(crate) fn stall(&self, stall: bool) {
        let pid = self
            .child
            .id()
            .and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?))
            .expect("redis-server runs");
        let signal = if stall { Signal::STOP } else { Signal::CONT };
        kill_process(pid, signal).expect("signal redis-server");
    }

    /// Starts it again on its folder.
    pub(crate) async fn restart(&mut self) {
        self.child = spawn(self.folder.path(), &self.arguments);
        self.ready().await;
    }

    /// Sends a command written as on the command line.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &str) -> T {
        let mut words = command.split(' ');
        let mut built = redis::cmd(words.next().expect("a command"));
        words.for_each(|word| {
            built.arg(word);
        });
        self.ask(&built).await
    }

    /// Sends a command.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> T {
        let mut connection = self.connect().await.expect("connect to redis-server");
        command.query_async(&mut connection).await.expect("redis-server answers")
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    async fn connect(&self) -> Option<MultiplexedConnection> {
        let client = redis::Client::open(self.url()).expect("url");
        client.get_multiplexed_async_connection().await.ok()
    }

    async fn ready(&self) {
        wait_for("redis-server to answer", async || {
            let mut connection = self.connect().await?;
            redis::cmd("PING").query_async::<String>(&mut connection).await.ok()
        })
        .await;
    }
}

fn spawn(folder: &Path, arguments: &[String]) -> Child {
    let basics = ["--port", "0", "--unixsocket", "redis.sock", "--save", "", "--appendonly", "yes"];
    Command::new("redis-server")
        .args(basics)
        .args(["--appendfsync", "always", "--dir"])
        .arg(folder)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "cannot start redis-server ({error}): run tests/run, which installs it, or set LAGERD_SKIP_REDIS=1"
            )
        })
}
