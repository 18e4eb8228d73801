//! A real browser, driven over WebDriver: some promises only a page can put to the test.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use lagerd::client::{Connection, Method, Request, Target};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::wait::wait_for;

/// How long the browser may take for one request: its start on a busy machine is the longest.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// How long it may take to end; it is killed then.
const QUIT_WITHIN: Duration = Duration::from_secs(10);

/// A browser is many processes: several at once would slow each other, and every daemon beside them, beyond patience.
static TURN: Semaphore = Semaphore::const_new(1);

/// A browser with one page. It ends when dropped, and its folder is removed.
#[derive(Debug)]
pub(crate) struct Browser {
    connection: Connection,
    session: String,
    process: Pid,
    port: u16,
    driver: Child,
    _folder: TempDir,
    _turn: SemaphorePermit<'static>,
}

impl Browser {
    /// Starts a browser, after those of other tests have ended. `None` where the tests are to run without.
    pub(crate) async fn start() -> Option<Self> {
        if std::env::var("LAGERD_SKIP_BROWSER").is_ok_and(|skip| skip == "1") {
            return None;
        }
        let turn = TURN.acquire().await.expect("it is never closed");
        let folder = tempfile::tempdir().expect("temporary folder");
        let driver = spawn(folder.path());
        let port = wait_for("chromedriver to listen", async || port(folder.path())).await;
        let target = Target::new(&format!("http://127.0.0.1:{port}"), None).expect("a url");
        let mut connection = Connection::new(Arc::new(target), ANSWER_WITHIN);
        let started = post(&mut connection, "/session", &wishes(folder.path())).await;
        let session = started["sessionId"].as_str().expect("a session").to_owned();
        let process = started["capabilities"]["goog:processID"].as_i64();
        let process = process.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("its process");
        Some(Self { connection, session, process, port, driver, _folder: folder, _turn: turn })
    }

    /// Opens a page and waits until it has loaded.
    pub(crate) async fn open(&mut self, url: &str) {
        self.say("url", &json!({ "url": url })).await;
    }

    /// Runs the body of an async function in the page, with `given` in its hand; what it returns once it is done. A
    /// test fails with whatever the function throws.
    pub(crate) async fn run(&mut self, body: &str, given: Value) -> Value {
        let script = format!("return (async (given) => {{ {body} }})(arguments[0]);");
        self.say("execute/sync", &json!({ "script": script, "args": [given] })).await
    }

    /// Presses keys one after the other, wherever the focus is; `\u{E004}` and its like are those without a letter.
    pub(crate) async fn press(&mut self, keys: &[&str]) {
        let one =
            |key: &&str| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})];
        let pressed: Vec<Value> = keys.iter().flat_map(one).collect();
        self.say("actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": pressed}]})).await;
    }

    /// Makes the page as wide and high as a phone's.
    pub(crate) async fn be_a_phone(&mut self) {
        let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": phone});
        self.say("goog/cdp/execute", &command).await;
    }

    /// What a developer would see in red since the last question, but for connections that were lost.
    pub(crate) async fn complaints(&mut self) -> Vec<String> {
        let said = self.say("se/log", &json!({"type": "browser"})).await;
        let said = said.as_array().cloned().unwrap_or_default();
        let red = said.iter().filter(|one| one["level"] == "SEVERE");
        let texts = red.map(|one| one["message"].as_str().unwrap_or_default().to_owned());
        texts
            .filter(|text| !text.contains("net::ERR_") && !text.contains("WebSocket connection to"))
            .collect()
    }

    /// Ends the browser and waits until it has ended.
    fn quit(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(QUIT_WITHIN))?;
        write!(stream, "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.session, self.port)?;
        let mut answer = [0; b"HTTP/1.1 200".len()];
        stream.read_exact(&mut answer)?;
        if answer.ends_with(b" 200") { Ok(()) } else { Err(std::io::ErrorKind::Other.into()) }
    }

    async fn say(&mut self, what: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{what}", self.session);
        post(&mut self.connection, &path, body).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser is many processes, children of the driver, and would outlive it. Asked by the driver they end
        // together, and nobody writes into the folder any more when it is removed.
        if let Err(error) = self.quit() {
            eprintln!("killing the browser, which did not quit: {error}");
            kill_process(self.process, Signal::KILL).ok();
        }
        self.driver.start_kill().ok();
    }
}

async fn post(connection: &mut Connection, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let request = Request { method: Method::Post, path, id: None, body: Some(body.as_bytes()) };
    let status = connection.send(&request).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut answer: Value = serde_json::from_slice(connection.body()).expect("JSON");
    assert_eq!(status, 200, "{path}: {}", answer["value"]["message"].as_str().unwrap_or_default());
    answer["value"].take()
}

/// What the browser is to be like.
fn wishes(folder: &Path) -> Value {
    let mut words = vec![
        "--headless=new".to_owned(),
        // Containers have a shared memory too small for pages.
        "--disable-dev-shm-usage".to_owned(),
        format!("--user-data-dir={}", folder.join("profile").display()),
    ];
    // Chromium's sandbox refuses to be set up by root; the pages here are our own.
    if rustix::process::geteuid().is_root() {
        words.push("--no-sandbox".to_owned());
    }
    let options = json!({ "binary": found("chromium"), "args": words });
    let logged = json!({ "browser": "ALL" });
    json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options, "goog:loggingPrefs": logged } } })
}

fn spawn(folder: &Path) -> Child {
    let said = std::fs::File::create(folder.join("chromedriver.said")).expect("a file");
    Command::new(found("chromedriver"))
        .arg("--port=0")
        // Names the folder, so that one left behind by a killed test can be found by it.
        .arg(format!("--log-path={}", folder.join("chromedriver.log").display()))
        // Whatever a browser keeps for its user goes with the folder.
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_CACHE_HOME")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(said.try_clone().expect("a file"))
        .stdout(said)
        .kill_on_drop(true)
        .spawn()
        .expect("start chromedriver")
}

/// The port it says it has found.
fn port(folder: &Path) -> Option<u16> {
    let said = std::fs::read_to_string(folder.join("chromedriver.said")).ok()?;
    let (_, rest) = said.split_once("successfully on port ")?;
    rest.split_once('.')?.0.parse().ok()
}

fn found(command: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = std::env::split_paths(&path).map(|folder| folder.join(command));
    all.find(|file| file.is_file()).unwrap_or_else(|| {
        panic!(
            "cannot find {command}: run tests/run, which installs it (Debian: chromium, chromium-driver), or set \
             LAGERD_SKIP_BROWSER=1"
        )
    })
}
