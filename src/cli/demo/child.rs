//! The demo's own daemon, as a child process that can be killed.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::merchant::CONFIG;
use crate::cli::Failure;
use crate::client::{Client, Target};

/// A daemon that is not ready by then will not be: the demo's store is tiny.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// How often readiness is asked for while it starts.
const ASK_EVERY: Duration = Duration::from_millis(10);

/// A daemon, its configuration and its store, in a directory that goes with it.
#[derive(Debug)]
pub(super) struct Daemon {
    dir: PathBuf,
    child: Option<Child>,
    target: Arc<Target>,
    pub(super) url: String,
    keep: bool,
}

impl Daemon {
    /// Writes the configuration for a free loopback port and starts the daemon.
    ///
    /// # Errors
    /// No port, no place for files, or the daemon does not become ready.
    pub(super) async fn start(redis: Option<&str>) -> Result<Self, Failure> {
        let dir = std::env::temp_dir().join(format!("lagerd-demo-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&dir)?;
        // The port is free now and taken again a moment later; should somebody be faster, the start fails loudly.
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let url = format!("http://127.0.0.1:{port}");
        std::fs::write(dir.join("lagerd.toml"), config(port, &dir, redis))?;
        let target = Arc::new(Target::new(&url, None)?);
        let mut daemon = Self { dir, child: None, target, url, keep: false };
        daemon.again().await?;
        Ok(daemon)
    }

    /// Starts the process (again) and waits until it is ready; returns how long that took.
    ///
    /// # Errors
    /// It ends, or does not become ready; the error carries the end of its log.
    pub(super) async fn again(&mut self) -> Result<Duration, Failure> {
        let log = std::fs::File::options().create(true).append(true).open(self.log())?;
        let started = Instant::now();
        let mut child = self
            .command("serve")?
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let mut client = Client::new(Arc::clone(&self.target), Duration::from_secs(1));
        loop {
            if let Some(status) = child.try_wait()? {
                return Err(self.complain(&format!("the daemon ended at start ({status})")));
            }
            if matches!(client.ready().await, Ok(true)) {
                break;
            }
            if started.elapsed() > READY_WITHIN {
                return Err(self.complain("the daemon did not become ready"));
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        self.child = Some(child);
        Ok(started.elapsed())
    }

    /// Where clients connect.
    pub(super) fn target(&self) -> Arc<Target> {
        Arc::clone(&self.target)
    }

    /// SIGKILL: no goodbye, no flush. Returns once the process is gone.
    ///
    /// # Errors
    /// The signal could not be sent.
    pub(super) async fn kill(&mut self) -> Result<(), Failure> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// It does not end in time.
    pub(super) async fn stop(&mut self) -> Result<ExitStatus, Failure> {
        let mut child = self.child.take().ok_or("the daemon is not running")?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        match tokio::time::timeout(READY_WITHIN, child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => Err(self.complain("the daemon did not stop")),
        }
    }

    /// Runs `lagerd audit` on the stopped daemon's store; its success and what it printed.
    ///
    /// # Errors
    /// It can't be run.
    pub(super) async fn audit(&self) -> Result<(bool, String), Failure> {
        let output = self.command("audit")?.stdin(Stdio::null()).output().await?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            text.push_str(&String::from_utf8_lossy(&output.stderr));
        }
        Ok((output.status.success(), text))
    }

    /// Keeps the directory for whoever wants to look into what went wrong.
    pub(super) fn keep(&mut self) -> &Path {
        self.keep = true;
        &self.dir
    }

    fn command(&self, word: &str) -> Result<Command, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(word).arg("--config").arg(self.dir.join("lagerd.toml")).current_dir(&self.dir);
        // Its own group: Ctrl-C ends the demo, and the demo ends its daemon, in this order.
        command.process_group(0);
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"LAGERD"))
        {
            command.env_remove(name);
        }
        Ok(command)
    }

    fn log(&self) -> PathBuf {
        self.dir.join("daemon.log")
    }

    fn complain(&mut self, told: &str) -> Failure {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n  ");
        self.keep = true;
        format!("{told}; its files are in {}, its log ends:\n  {end}", self.dir.display()).into()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = std::fs::remove_dir_all(&self.dir)
        {
            tracing::debug!(%error, "the demo's directory stays");
        }
    }
}

fn config(port: u16, dir: &Path, redis: Option<&str>) -> String {
    // JSON's escapes are a subset of those of TOML's basic strings.
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let dir = text(&dir.join("state").to_string_lossy());
    let store = match redis {
        Some(url) => format!("kind = \"redis\"\nurl = {}", text(url)),
        None => "kind = \"embedded\"".to_owned(),
    };
    format!("[http]\nlisten = \"127.0.0.1:{port}\"\n\n[store]\n{store}\nstate_dir = {dir}\n\n{CONFIG}")
}

#[cfg(test)]
impl Daemon {
    /// Stands for a daemon somebody else runs.
    pub(super) fn elsewhere(url: &str) -> Self {
        let target = Arc::new(Target::new(url, None).unwrap());
        Self { dir: PathBuf::new(), child: None, target, url: url.to_owned(), keep: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written for the daemon is one well-formed document, for both stores.
    #[test]
    fn config_is_toml() {
        for redis in [None, Some("redis://:pa\"ss@127.0.0.1/9")] {
            let written: toml::Table = config(7171, Path::new("/a b"), redis).parse().unwrap();
            assert_eq!(written["http"]["listen"].as_str(), Some("127.0.0.1:7171"));
            assert_eq!(written["store"].get("url").and_then(toml::Value::as_str), redis);
            assert_eq!(written["warehouse"].as_array().unwrap().len(), 7);
        }
    }
}
