//! Telling people about lines, and keeping those that were not applied.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Failure;

/// Complaints told in full on the terminal; all of them go to the rejects file.
const TOLD_MAX: u64 = 50;

/// The progress bar, the complaints, and the file of rejects.
#[derive(Debug)]
pub(super) struct Ledger {
    bar: ProgressBar,
    told: u64,
    rejects: Option<File>,
    /// Rejects not written yet: they belong to a batch that is not confirmed.
    pending: Vec<String>,
}

impl Ledger {
    /// Shows a bar over `bytes` when standard error is a terminal, and opens the rejects file at the position the
    /// state knows.
    ///
    /// # Errors
    /// The rejects file can't be written.
    pub(super) fn open(
        bytes: u64,
        rejects: Option<&Path>,
        keep: u64,
        header: Option<&str>,
    ) -> Result<Self, Failure> {
        let bar = ProgressBar::new(bytes);
        bar.set_style(ProgressStyle::with_template(
            "{bar:30} {percent:>3}%  {msg}  {binary_bytes_per_sec}  {eta} left",
        )?);
        let mut ledger = Self { bar, told: 0, rejects: None, pending: Vec::new() };
        if let Some(path) = rejects {
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            file.set_len(keep)?;
            ledger.rejects = Some(file);
            if keep == 0
                && let Some(header) = header
            {
                ledger.pending.push(header.to_owned());
            }
        }
        Ok(ledger)
    }

    /// Moves the bar.
    pub(super) fn progress(&self, at: u64, applied: u64, refused: u64) {
        self.bar.set_position(at);
        self.bar.set_message(format!("{applied} applied, {refused} refused"));
    }

    /// Names one line that was not applied.
    pub(super) fn reject(&mut self, line: u64, column: &str, told: &str, raw: &str) {
        let place =
            if column.is_empty() { format!("line {line}") } else { format!("line {line}, column {column}") };
        self.say(&format!("{place}: {told}"));
        if self.rejects.is_some() {
            self.pending.push(raw.to_owned());
        }
    }

    /// Says something without tearing the bar.
    #[expect(clippy::print_stderr, reason = "verdicts on lines are for the person at the terminal")]
    pub(super) fn say(&mut self, told: &str) {
        self.told += 1;
        match self.told {
            ..=TOLD_MAX => self.bar.suspend(|| eprintln!("{told}")),
            _ if self.told == TOLD_MAX + 1 => {
                self.bar
                    .suspend(|| eprintln!("further lines are only counted; --rejects FILE keeps them all"));
            }
            _ => {}
        }
    }

    /// Writes the rejects so far; returns the file's length for the state.
    ///
    /// # Errors
    /// The rejects file can't be written.
    pub(super) fn settle(&mut self) -> Result<u64, Failure> {
        let Some(file) = &mut self.rejects else { return Ok(0) };
        let mut text = String::new();
        for line in self.pending.drain(..) {
            text.push_str(&line);
            text.push('\n');
        }
        file.write_all(text.as_bytes())?;
        Ok(file.metadata()?.len())
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
