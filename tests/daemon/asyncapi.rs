//! What is told of the broker's door: served, printed, and read by the official parser.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::process::{Daemon, ONE, Store};

/// Reads a document, and prints what is wrong with it.
const PARSE: &str = r"
const { Parser } = require('@asyncapi/parser');
const text = require('fs').readFileSync(process.argv[1], 'utf8');
new Parser().parse(text).then(({ document, diagnostics }) => {
    const wrong = diagnostics.filter((found) => found.severity === 0);
    wrong.forEach((found) => console.log(found.path.join('.') + ': ' + found.message));
    if (!document || wrong.length) process.exit(1);
    const told = document.allMessages().all().map((message) => message.name());
    console.log(JSON.stringify({ version: document.version(), told }));
});
";

/// The command prints what the daemon serves under both names; the official parser, where `LAGERD_ASYNCAPI_PARSER` names
/// the folder it is installed in, finds nothing wrong in it and every kind of message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_parser_reads_it() {
    let daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let (code, printed) = daemon.run(&["asyncapi"]).await;
    assert_eq!(code, Some(0), "{printed}");
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    let mut client = daemon.client();
    for path in ["/asyncapi.yaml", "/asyncapi.json"] {
        let (status, served) = crate::talk::get(&mut client, path).await;
        assert_eq!((status, &served), (200, &printed), "{path}");
    }
    let Some(folder) = std::env::var_os("LAGERD_ASYNCAPI_PARSER") else { return };
    let file = daemon.path("asyncapi.yaml");
    std::fs::write(&file, printed.to_string()).expect("write the document");
    let mut node = Command::new("node");
    node.args(["-e", PARSE]).arg(&file).current_dir(&folder).stdin(Stdio::null());
    let read = node.output().await.expect("node runs");
    let said = String::from_utf8_lossy(&[read.stdout, read.stderr].concat()).into_owned();
    assert!(read.status.success(), "{said}");
    let found: Value = serde_json::from_str(said.trim()).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(found["version"], "3.0.0");
    let told = found["told"].as_array().expect("names");
    let messages = printed["components"]["messages"].as_object().expect("messages");
    assert_eq!(told.len(), messages.len(), "{said}");
}
