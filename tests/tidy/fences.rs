//! Who may know whom. Paths are read from the code without comments and literals; what a macro builds is not seen.

#![expect(
    clippy::string_slice,
    reason = "offsets come from searching the same text, so they lie between letters"
)]

use std::collections::BTreeSet;

use crate::none;
use crate::sources::{self, Source};

/// Each folder of `src/` and the folders it may name. A folder that is missing here may name nobody.
const MAY_KNOW: [(&str, &[&str]); 10] = [
    ("domain", &[]),
    ("telemetry", &[]),
    ("client", &[]),
    ("config", &["domain"]),
    ("journal", &["domain"]),
    ("feed", &["domain", "journal"]),
    ("actor", &["domain", "journal", "feed", "telemetry"]),
    ("edge", &["domain", "actor", "feed", "config", "telemetry"]),
    ("runtime", &["domain", "journal", "feed", "actor", "edge", "config", "telemetry"]),
    ("cli", &["domain", "config", "runtime", "telemetry", "client"]),
];

/// Crates with a home, and the paths that are it.
const HOMES: [(&str, &[&str]); 20] = [
    ("actix", &["src/actor/", "src/runtime/"]),
    ("actix_rt", &["src/actor/", "src/runtime/"]),
    ("redis", &["src/journal/redis"]),
    ("redb", &["src/journal/embedded"]),
    ("axum", &["src/edge/", "src/runtime/"]),
    ("hyper", &["src/edge/", "src/runtime/"]),
    ("hyper_util", &["src/edge/", "src/runtime/"]),
    ("tower", &["src/edge/", "src/runtime/"]),
    ("utoipa", &["src/edge/"]),
    ("httparse", &["src/client/"]),
    ("clap", &["src/cli/"]),
    ("sd_notify", &["src/runtime/service.rs"]),
    ("listenfd", &["src/runtime/service.rs"]),
    ("indicatif", &["src/cli/"]),
    ("console", &["src/cli/"]),
    ("tokio_tungstenite", &["src/edge/ws/", "src/client/"]),
    ("config", &["src/config/load.rs"]),
    ("prometheus_client", &["src/telemetry/"]),
    ("tracing_journald", &["src/telemetry/"]),
    ("tracing_subscriber", &["src/telemetry/"]),
];

/// What the pure folder may use besides the standard library; everything else in Cargo.toml is a runtime to it.
const PURE: [&str; 3] = ["ahash", "blake3", "thiserror"];

/// Folders know each other in one direction only.
#[test]
fn folders_know_only_whom_they_may() {
    let mut breaches = Vec::new();
    for source in sources::rust(&["src"]) {
        let Some(home) = folder(&source.path) else { continue };
        let allowed = MAY_KNOW.iter().find(|(name, _)| *name == home).map_or(&[][..], |(_, known)| known);
        for named in folders_named(&source) {
            if named != home && !allowed.contains(&named.as_str()) {
                breaches.push(format!("{}: {home} names {named}", source.path));
            }
        }
    }
    none(&breaches);
}

/// Every folder of the source is in the table: a new one begins with a decision.
#[test]
fn every_folder_has_its_fence() {
    let mut breaches = Vec::new();
    for source in sources::rust(&["src"]) {
        if let Some(home) = folder(&source.path)
            && !MAY_KNOW.iter().any(|(name, _)| *name == home)
        {
            breaches.push(format!("{}: {home} has no fence", source.path));
        }
    }
    none(&breaches);
}

/// A crate with a home is named nowhere else.
#[test]
fn crates_stay_at_home() {
    let mut breaches = Vec::new();
    for source in sources::rust(&["src"]) {
        for (name, homes) in HOMES {
            if names_crate(&source, name) && !homes.iter().any(|home| source.path.starts_with(home)) {
                breaches.push(format!("{}: names the crate {name}", source.path));
            }
        }
    }
    none(&breaches);
}

/// The pure folder names no clock, wire format, log, random or runtime.
#[test]
fn the_domain_is_pure() {
    let manifest: toml::Table = sources::read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let crates: Vec<String> = manifest["dependencies"]
        .as_table()
        .expect("a table of dependencies")
        .keys()
        .map(|name| name.replace('-', "_"))
        .filter(|name| !PURE.contains(&name.as_str()))
        .collect();
    let mut breaches = Vec::new();
    for source in sources::rust(&["src/domain"]) {
        for name in crates.iter().filter(|name| names_crate(&source, name)) {
            breaches.push(format!("{}: names the crate {name}", source.path));
        }
        let code = code(&source.text);
        for banned in ["std::fs", "std::net", "std::thread", "std::time::Instant", "std::time::SystemTime"] {
            if code.contains(banned) {
                breaches.push(format!("{}: names {banned}", source.path));
            }
        }
        if code.contains("async fn") || code.contains(".await") {
            breaches.push(format!("{}: waits", source.path));
        }
    }
    none(&breaches);
}

/// The reader of paths sees what it should: groups, climbing, local modules of a crate's name.
#[test]
fn paths_are_read() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let named = |path: &str, text: &str| folders_named(&source(path, text)).into_iter().collect::<Vec<_>>();
    assert_eq!(named("src/edge/http/a.rs", "use crate::journal::Head;"), ["journal"]);
    assert_eq!(named("src/edge/a.rs", "use crate::{actor::{self, X}, domain};"), ["actor", "domain"]);
    assert_eq!(named("src/edge/a.rs", "// crate::journal\nlet x = \"crate::journal\";"), [] as [&str; 0]);
    assert_eq!(named("src/edge/a.rs", "use super::super::journal::Head;"), ["journal"]);
    assert_eq!(named("src/edge/http/a.rs", "use super::super::feed::X;"), [] as [&str; 0]);
    assert!(names_crate(&source("src/a.rs", "let x = redis::cmd();"), "redis"));
    assert!(names_crate(&source("src/a.rs", "use redis::{self, Cmd};"), "redis"));
    assert!(!names_crate(&source("src/a.rs", "mod redis;\nuse redis::Cmd;"), "redis"));
    assert!(!names_crate(&source("src/a.rs", "use crate::journal::redis;\nredis::open();"), "redis"));
    assert!(!names_crate(&source("src/a.rs", "crate::journal::redis::open(); my_redis::x();"), "redis"));
}

fn folder(path: &str) -> Option<&str> {
    let (folder, _) = path.strip_prefix("src/")?.split_once('/')?;
    Some(folder)
}

fn folders_named(source: &Source) -> BTreeSet<String> {
    let code = code(&source.text);
    let mut named = BTreeSet::new();
    let depth = depth(&source.path);
    for (start, _) in code.match_indices("crate::") {
        if begins_word(&code, start) && !code[..start].ends_with("::") {
            named.extend(first_segments(&code[start + "crate::".len()..]));
        }
    }
    let climb = "super::".repeat(depth);
    for (start, _) in code.match_indices(&climb) {
        let rest = code[start..].trim_start_matches("super::");
        let segments = first_segments(rest);
        named.extend(segments.into_iter().filter(|name| MAY_KNOW.iter().any(|(known, _)| known == name)));
    }
    named
}

/// How many times `super` leads from a file's module to the crate's root.
fn depth(path: &str) -> usize {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    inner.split('/').count()
}

/// The first segment of a path, or of each path of a group.
fn first_segments(rest: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let mut level = 0_usize;
    let mut segments = Vec::new();
    let mut start = 0;
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => level += 1,
            '}' if level == 0 => {
                segments.push(word(&group[start..at]));
                break;
            }
            '}' => level -= 1,
            ',' if level == 0 => {
                segments.push(word(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// Whether a file names a crate; a module of the same name that it declares or imports is not meant.
fn names_crate(source: &Source, name: &str) -> bool {
    let code = code(&source.text);
    let local = code.contains(&format!("mod {name};"))
        || code.split(';').any(|part| {
            let part = part.trim_start().trim_start_matches("pub ").trim_start_matches("pub(super) ");
            ["use crate::", "use super::", "use self::"].iter().any(|own| part.starts_with(own))
                && words(part).any(|word| word == name)
        });
    let path = format!("{name}::");
    !local
        && code.match_indices(&path).any(|(start, _)| {
            let absolute = code[..start].ends_with("::") && !code[..start - 2].ends_with(is_word);
            begins_word(&code, start) && (absolute || !code[..start].ends_with("::"))
        })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !is_word(letter)).filter(|word| !word.is_empty())
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn begins_word(code: &str, start: usize) -> bool {
    !code[..start].ends_with(is_word)
}

/// The text without line comments and string literals.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let mut inside = false;
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if inside => drop(letters.next()),
                '"' => inside = !inside,
                '/' if !inside && letters.peek() == Some(&'/') => break,
                _ if inside => {}
                _ => out.push(letter),
            }
        }
        out.push('\n');
    }
    out
}
