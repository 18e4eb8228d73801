//! A configuration value after all layers are merged, before anyone has looked at its type.

use std::collections::BTreeMap;

/// A value and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// A file's path or "the environment"; `None` for flags and built-in text.
    pub(super) origin: Option<String>,
    /// Whether numbers and booleans may come as text: environment and flags know nothing else.
    pub(super) textual: bool,
}

/// The shapes TOML and the environment know.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Nothing,
    Flag(bool),
    Whole(i64),
    Real(f64),
    Text(String),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

impl Node {
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_whole(&self) -> Option<i64> {
        match &self.kind {
            Kind::Whole(number) => Some(*number),
            Kind::Text(text) if self.textual => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn as_real(&self) -> Option<f64> {
        match &self.kind {
            Kind::Real(number) => Some(*number),
            Kind::Whole(number) => i32::try_from(*number).ok().map(f64::from),
            Kind::Text(text) if self.textual => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn as_flag(&self) -> Option<bool> {
        match &self.kind {
            Kind::Flag(flag) => Some(*flag),
            Kind::Text(text) if self.textual => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    /// The value for a finding, with its source.
    pub(super) fn found(&self) -> String {
        let value = match &self.kind {
            Kind::Nothing => "nothing".to_owned(),
            Kind::Flag(flag) => flag.to_string(),
            Kind::Whole(number) => number.to_string(),
            Kind::Real(number) => number.to_string(),
            Kind::Text(text) => format!("{text:?}"),
            Kind::List(_) => "a list".to_owned(),
            Kind::Table(_) => "a table".to_owned(),
        };
        format!("found {value}{}", self.whence())
    }

    /// The source alone, for values that must not be shown.
    pub(super) fn whence(&self) -> String {
        self.origin.as_ref().map(|origin| format!(" in {origin}")).unwrap_or_default()
    }
}
