//! How log lines look. The words stand at the top of the file, outside any section.

use serde::Serialize;

use super::reader::Words;

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Readable on a terminal, fields where systemd's journal reads, JSON anywhere else.
    Auto,
    /// One readable line per event.
    Text,
    /// One JSON object per event.
    Json,
    /// Fields of systemd's journal.
    Journald,
}

impl Words for LogFormat {
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("text", Self::Text), ("json", Self::Json), ("journald", Self::Journald)];
}
