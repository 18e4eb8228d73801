//! Sizes, left-overs and what must not be written down.

use crate::none;
use crate::sources;

const LINES_MAX: usize = 500;

/// Where the rules themselves are written.
const SELF: &str = "tests/tidy/words.rs";

/// A file that outgrows its ceiling holds more than one thing.
#[test]
fn files_stay_small() {
    let mut breaches = Vec::new();
    for source in sources::rust(&["src", "tests", "benches"]) {
        let lines = source.text.lines().count();
        if lines > LINES_MAX {
            breaches.push(format!("{}: {lines} lines, at most {LINES_MAX}", source.path));
        }
    }
    none(&breaches);
}

/// Nothing unfinished is merged.
#[test]
fn no_left_overs() {
    let mut breaches = Vec::new();
    for source in sources::rust(&["src", "tests", "benches"]).iter().filter(|source| source.path != SELF) {
        for (number, line) in source.text.lines().enumerate() {
            for word in ["TODO", "FIXME", "XXX", "HACK", "dbg!", "todo!(", "unimplemented!("] {
                if line.contains(word) {
                    breaches.push(format!("{}:{}: {word}", source.path, number + 1));
                }
            }
        }
    }
    none(&breaches);
}

/// The project speaks of itself alone: no path of the machine it was written on, no page that is not part of it.
#[test]
fn nothing_points_outside() {
    let here = sources::root().to_string_lossy().into_owned();
    let deep = here.matches('/').count() > 1;
    let mut breaches = Vec::new();
    for source in sources::everything().iter().filter(|source| source.path != SELF) {
        for (number, line) in source.text.lines().enumerate() {
            let at = format!("{}:{}", source.path, number + 1);
            if deep && line.contains(&here) {
                breaches.push(format!("{at}: names the folder it stands in"));
            }
            for banned in ["/work/", "/root/", "/home/"] {
                if line.contains(banned) {
                    breaches.push(format!("{at}: names {banned}"));
                }
            }
            for page in pages(line) {
                if !sources::root().join(page).is_file() {
                    breaches.push(format!("{at}: names {page}, which is not there"));
                }
            }
        }
    }
    none(&breaches);
}

/// Every folder says what it does before it does anything.
#[test]
fn folders_open_with_their_purpose() {
    let mut breaches = Vec::new();
    for source in sources::rust(&["src"]) {
        let opens = ["mod.rs", "lib.rs", "main.rs"].iter().any(|name| source.path.ends_with(name));
        if opens && !source.text.starts_with("//!") {
            breaches.push(format!("{}: opens without docs", source.path));
        }
        let items =
            ["impl", "fn ", "pub fn ", "pub async fn ", "struct ", "pub struct ", "enum ", "pub enum "];
        let holds = |line: &str| items.iter().any(|item| line.starts_with(item));
        if source.path.ends_with("mod.rs") && source.text.lines().any(holds) {
            breaches.push(format!("{}: holds more than docs and names", source.path));
        }
    }
    none(&breaches);
}

/// The top level holds what is agreed and nothing else.
#[test]
fn the_top_level_is_agreed() {
    const AGREED: [&str; 8] =
        ["Cargo.toml", "Cargo.lock", "README.md", "src", "config", "systemd", "tests", "benches"];
    let ignored = sources::ignored();
    let entries = std::fs::read_dir(sources::root()).expect("the root is readable");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let breaches: Vec<String> = names
        .filter(|name| !AGREED.contains(&name.as_str()) && !name.starts_with('.') && !ignored.contains(name))
        .collect();
    none(&breaches);
}

/// Names of pages in a line: `README.md`.
fn pages(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !(letter.is_alphanumeric() || "._-/".contains(letter)))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.ends_with(".md") && word.len() > 3 && !word.contains("//"))
}
