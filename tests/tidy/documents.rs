//! What is written for people, held against the code: configuration, exit codes, commands.

use clap::CommandFactory;
use lagerd::cli::Cli;
use lagerd::cli::exit::TABLE;
use lagerd::config::{self, Settings, Sources};
use lagerd::edge::event::document::DocumentKind;
use lagerd::edge::event::table::Family;

use crate::sources;

/// The shipped configuration says what the built-in defaults are.
#[test]
fn shipped_configuration_equals_the_defaults() {
    let file = sources::root().join("config/lagerd.toml");
    let loaded = config::load(&Sources { file: Some(file), ..Sources::default() });
    assert_eq!(loaded.expect("the shipped file loads"), Settings::default());
}

/// The README's table of keys is the list of keys the daemon reads.
#[test]
fn readme_lists_every_key() {
    let rows = config::keys().into_iter().map(|key| {
        vec![format!("`{}`", key.path), format!("`{}`", key.default), key.accepts.replace('|', "\\|")]
    });
    compare("## Configuration", &["key", "default", "accepts"], rows.collect());
}

/// The README's table of exit codes is the code's.
#[test]
fn readme_lists_every_exit_code() {
    let rows = TABLE.iter().map(|(exit, meaning)| vec![exit.code().to_string(), (*meaning).to_owned()]);
    compare("### Exit codes", &["code", "meaning"], rows.collect());
}

/// The README's list of commands is what the program knows.
#[test]
fn readme_lists_every_command() {
    let mut rows = Vec::new();
    list(&Cli::command(), "lagerd", &mut rows);
    compare("### Commands", &["command", "what it does"], rows);
}

/// The README's table of what is told to the broker is the table it is told by.
#[test]
fn readme_lists_every_family_of_messages() {
    let rows = Family::ALL.map(|family| vec![format!("`{}`", family.pattern()), family.about().to_owned()]);
    compare("### Events", &["routing key", "what it tells"], rows.to_vec());
}

/// The README's table of documents is the code's.
#[test]
fn readme_lists_every_document() {
    let row = |kind: DocumentKind| {
        let contact = if kind.bears_contact() { "yes" } else { "no" };
        vec![format!("`{}`", kind.name()), kind.to().to_owned(), kind.when().to_owned(), contact.to_owned()]
    };
    compare(
        "### Documents",
        &["document", "for", "comes when", "contact"],
        DocumentKind::ALL.map(row).to_vec(),
    );
}

fn list(command: &clap::Command, path: &str, rows: &mut Vec<Vec<String>>) {
    let children: Vec<&clap::Command> =
        command.get_subcommands().filter(|child| child.get_name() != "help").collect();
    if children.is_empty() || !command.is_subcommand_required_set() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        rows.push(vec![format!("`{path}`"), about]);
    }
    for child in children {
        list(child, &format!("{path} {}", child.get_name()), rows);
    }
}

/// Compares the first table after a heading; a difference prints the table as it should be.
pub(crate) fn compare(heading: &str, columns: &[&str], rows: Vec<Vec<String>>) {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let head: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    let rule: Vec<String> = columns.iter().map(|_| "---".to_owned()).collect();
    let mut expected = vec![line(&head), line(&rule)];
    expected.extend(rows.iter().map(|cells| line(cells)));
    let readme = sources::read("README.md");
    let found: Vec<&str> = readme
        .lines()
        .skip_while(|line| *line != heading)
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .collect();
    let same = found == expected;
    assert!(same, "the table below {heading:?} should be:\n\n{}\n", expected.join("\n"));
}
