//! The project's files, read once per check.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the project.
pub(crate) struct Source {
    /// From the project's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The project's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One file's text.
pub(crate) fn read(path: &str) -> String {
    let text = fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"));
    text.expect("a file of the project is readable")
}

/// Rust files below the given folders.
pub(crate) fn rust(folders: &[&str]) -> Vec<Source> {
    let all = folders.iter().flat_map(|folder| below(&root().join(folder)));
    all.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).filter_map(source).collect()
}

/// Every text file that belongs to the project, build results and version control left out.
pub(crate) fn everything() -> Vec<Source> {
    let ignored = ignored();
    let entries = fs::read_dir(root()).expect("the project's root is readable");
    let kept = entries.map(|entry| entry.expect("an entry").path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name != ".git" && name != "target" && name != "Cargo.lock" && !ignored.contains(&name)
    });
    kept.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).filter_map(source).collect()
}

/// Names at the top that version control ignores.
pub(crate) fn ignored() -> Vec<String> {
    read(".gitignore").lines().map(|line| line.trim_matches('/').to_owned()).collect()
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            paths.extend(below(&path));
        } else {
            paths.push(path);
        }
    }
    paths.sort();
    paths
}

fn source(path: PathBuf) -> Option<Source> {
    let text = fs::read_to_string(&path).ok()?;
    let path = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
    Some(Source { path, text })
}
