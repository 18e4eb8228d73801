//! Reads typed values out of merged tables and collects every finding instead of stopping at the first.
//!
//! Each read names the key, its default and what it accepts; that list is [`super::keys`], so the table of keys in the
//! README and the shipped file are compared with what the code really reads. A key nobody asked for is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::Problems;
use super::node::{Kind, Node};

/// A key the daemon reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `limits.batch_commands`; keys of repeated sections carry brackets: `warehouse[].id`.
    pub path: String,
    /// The default as written in the file; `required` or `none` where there is none.
    pub default: String,
    /// What it accepts, in words.
    pub accepts: String,
}

/// A choice among words.
pub(super) trait Words: Copy + PartialEq + 'static {
    /// Every word with its meaning.
    const WORDS: &'static [(&'static str, Self)];
}

/// What a load gathers on its way.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) problems: Problems,
    pub(super) keys: Vec<Key>,
}

/// One table being read.
#[derive(Debug)]
pub(super) struct Table<'f> {
    findings: &'f mut Findings,
    /// With the indices of repeated sections; ends with a dot, or is empty at the top.
    path: String,
    values: BTreeMap<String, Node>,
    asked: BTreeSet<String>,
}

impl<'f> Table<'f> {
    pub(super) fn top(findings: &'f mut Findings, values: BTreeMap<String, Node>) -> Self {
        Self { findings, path: String::new(), values, asked: BTreeSet::new() }
    }

    /// A whole number within `range`.
    pub(super) fn whole(&mut self, key: &str, default: u64, range: RangeInclusive<u64>) -> u64 {
        let accepts = format!("a whole number from {} to {}", range.start(), range.end());
        self.value(key, &default.to_string(), &accepts, |node| {
            node.as_whole()
                .and_then(|number| u64::try_from(number).ok())
                .filter(|number| range.contains(number))
                .ok_or_else(String::new)
        })
        .unwrap_or(default)
    }

    /// A whole number that may be left out.
    pub(super) fn whole_opt(&mut self, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let accepts = format!("a whole number from {} to {}", range.start(), range.end());
        self.value(key, "none", &accepts, |node| {
            node.as_whole()
                .and_then(|number| u64::try_from(number).ok())
                .filter(|number| range.contains(number))
                .ok_or_else(String::new)
        })
    }

    /// A whole number with a sign, within `range`.
    pub(super) fn signed(&mut self, key: &str, default: i64, range: RangeInclusive<i64>) -> i64 {
        let accepts = format!("a whole number from {} to {}", range.start(), range.end());
        self.value(key, &default.to_string(), &accepts, |node| {
            node.as_whole().filter(|number| range.contains(number)).ok_or_else(String::new)
        })
        .unwrap_or(default)
    }

    /// A number with a fraction that may be left out.
    pub(super) fn real_opt(&mut self, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let accepts = format!("a number from {} to {}", range.start(), range.end());
        self.value(key, "none", &accepts, |node| {
            node.as_real().filter(|number| range.contains(number)).ok_or_else(String::new)
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &str, default: bool) -> bool {
        self.flag_as(key, (&default.to_string(), default))
    }

    /// `true` or `false`, with a default that follows from another key and is told in words.
    pub(super) fn flag_as(&mut self, key: &str, default: (&str, bool)) -> bool {
        self.value(key, default.0, "true or false", |node| node.as_flag().ok_or_else(String::new))
            .unwrap_or(default.1)
    }

    /// One of a few words.
    pub(super) fn word<T: Words>(&mut self, key: &str, default: T) -> T {
        let name = T::WORDS.iter().find(|(_, meaning)| *meaning == default).map_or("", |(word, _)| *word);
        self.one_of(key, &format!("\"{name}\"")).unwrap_or(default)
    }

    /// One of a few words that may be left out.
    pub(super) fn word_opt<T: Words>(&mut self, key: &str) -> Option<T> {
        self.one_of(key, "none")
    }

    fn one_of<T: Words>(&mut self, key: &str, default: &str) -> Option<T> {
        let words: Vec<String> = T::WORDS.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.value(key, default, &words.join(" or "), |node| {
            let asked = node.as_text().ok_or_else(String::new)?;
            T::WORDS
                .iter()
                .find(|(word, _)| *word == asked)
                .map(|(_, meaning)| *meaning)
                .ok_or_else(String::new)
        })
    }

    /// A text with a default, parsed by `parse`, whose error says what is wrong.
    pub(super) fn text<T>(
        &mut self,
        key: &str,
        default: (&str, T),
        accepts: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> T {
        let read = |node: &Node| parse(node.as_text().ok_or_else(String::new)?);
        self.value(key, &format!("\"{}\"", default.0), accepts, read).unwrap_or(default.1)
    }

    /// A text that may be left out.
    pub(super) fn text_opt<T>(
        &mut self,
        key: &str,
        accepts: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.value(key, "none", accepts, |node| parse(node.as_text().ok_or_else(String::new)?))
    }

    /// A text that may be left out and is never shown in a finding.
    pub(super) fn secret_opt<T>(
        &mut self,
        key: &str,
        accepts: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.note(key, "none", accepts);
        let node = self.values.get(key)?;
        let value = node.as_text().and_then(parse);
        if value.is_none() {
            let found = format!("found something else (not shown){}", node.whence());
            self.findings.problems.add(format!("{}{key}", self.path), found, format!("expected {accepts}"));
        }
        value
    }

    /// A text that must be there and is never shown in a finding.
    pub(super) fn secret_required<T>(
        &mut self,
        key: &str,
        accepts: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.note(key, "required", accepts);
        if !self.values.contains_key(key) {
            let path = format!("{}{key}", self.path);
            self.findings.problems.add(path, "missing", format!("expected {accepts}"));
        }
        self.secret_opt(key, accepts, parse)
    }

    /// A text that must be there.
    pub(super) fn required<T>(
        &mut self,
        key: &str,
        accepts: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value =
            self.value(key, "required", accepts, |node| parse(node.as_text().ok_or_else(String::new)?));
        if !self.values.contains_key(key) {
            let path = format!("{}{key}", self.path);
            self.findings.problems.add(path, "missing", format!("expected {accepts}"));
        }
        value
    }

    /// A list of texts that must be there and must not be empty.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        accepts: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        self.note(key, "required", accepts);
        if !self.values.contains_key(key) {
            let path = format!("{}{key}", self.path);
            self.findings.problems.add(path, "missing", format!("expected {accepts}"));
        }
        self.some_items(key, accepts, parse)
    }

    /// A list of texts that may be left out, which means all there are; it must not be empty, for that would mean none.
    pub(super) fn list_opt<T>(
        &mut self,
        key: &str,
        accepts: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        self.note(key, "none", accepts);
        self.values.contains_key(key).then(|| self.some_items(key, accepts, parse))
    }

    /// A list of names, with those that count when it is left out.
    pub(super) fn names(
        &mut self,
        key: &str,
        default: &[&str],
        accepts: &str,
        parse: impl Fn(&str) -> Result<String, String>,
    ) -> Vec<String> {
        let quoted: Vec<String> = default.iter().map(|name| format!("\"{name}\"")).collect();
        self.note(key, &format!("[{}]", quoted.join(", ")), accepts);
        if self.values.contains_key(key) {
            return self.some_items(key, accepts, parse);
        }
        default.iter().map(|&name| name.to_owned()).collect()
    }

    fn some_items<T>(
        &mut self,
        key: &str,
        accepts: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        if let Some(Node { kind: Kind::List(items), .. }) = self.values.get(key)
            && items.is_empty()
        {
            let path = format!("{}{key}", self.path);
            self.findings.problems.add(path, "found an empty list", format!("expected {accepts}"));
        }
        self.items(key, accepts, parse)
    }

    /// A list of texts; a missing one is empty.
    pub(super) fn list_or_empty<T>(
        &mut self,
        key: &str,
        accepts: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        self.note(key, "[]", accepts);
        self.items(key, accepts, parse)
    }

    fn items<T>(&mut self, key: &str, accepts: &str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let path = format!("{}{key}", self.path);
        let Some(node) = self.values.get(key) else { return Vec::new() };
        let Kind::List(items) = &node.kind else {
            self.findings.problems.add(path, node.found(), format!("expected {accepts}"));
            return Vec::new();
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match item.as_text().ok_or_else(String::new).and_then(&parse) {
                Ok(value) => values.push(value),
                Err(why) => self.findings.problems.add(
                    format!("{path}[{index}]"),
                    found_because(item, &why),
                    format!("expected {accepts}"),
                ),
            }
        }
        values
    }

    /// A section, read by `read`; a missing one reads as empty.
    pub(super) fn section<T>(&mut self, key: &str, read: impl FnOnce(&mut Table<'_>) -> T) -> T {
        self.asked.insert(key.to_owned());
        let path = format!("{}{key}", self.path);
        let values = match self.values.remove(key) {
            None => BTreeMap::new(),
            Some(Node { kind: Kind::Table(values), .. }) => values,
            Some(node) => {
                self.findings.problems.add(&path, node.found(), format!("expected a section [{path}]"));
                BTreeMap::new()
            }
        };
        self.child(format!("{path}."), values, read)
    }

    /// A section that may be left out.
    pub(super) fn section_opt<T>(&mut self, key: &str, read: impl FnOnce(&mut Table<'_>) -> T) -> Option<T> {
        let there = self.values.contains_key(key);
        let value = self.section(key, read);
        there.then_some(value)
    }

    /// Repeated sections; `read` answers `None` where one is beyond use (its finding is noted then).
    pub(super) fn sections<T>(&mut self, key: &str, read: impl Fn(&mut Table<'_>) -> Option<T>) -> Vec<T> {
        self.asked.insert(key.to_owned());
        let path = format!("{}{key}", self.path);
        let items = match self.values.remove(key) {
            None => Vec::new(),
            Some(Node { kind: Kind::List(items), .. }) => items,
            Some(node) => {
                self.findings.problems.add(&path, node.found(), format!("expected sections [[{path}]]"));
                Vec::new()
            }
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            match item.kind {
                Kind::Table(table) => values.extend(self.child(format!("{path}."), table, &read)),
                _ => self.findings.problems.add(path, item.found(), "expected a table"),
            }
        }
        values
    }

    /// Sections named by their user: `sources.erp`, `sources.wms`.
    pub(super) fn named<T>(
        &mut self,
        key: &str,
        accepts: &str,
        name: impl Fn(&str) -> Result<String, String>,
        read: impl Fn(&mut Table<'_>) -> T,
    ) -> BTreeMap<String, T> {
        let mut values = BTreeMap::new();
        self.section(key, |table| {
            for given in table.values.keys().cloned().collect::<Vec<_>>() {
                if let Err(why) = name(&given) {
                    let path = format!("{}{given}", table.path);
                    table.findings.problems.add(path, why, format!("expected {accepts}"));
                }
                values.insert(given.clone(), table.section(&given, &read));
            }
        });
        values
    }

    fn child<T>(
        &mut self,
        path: String,
        values: BTreeMap<String, Node>,
        read: impl FnOnce(&mut Table<'_>) -> T,
    ) -> T {
        let mut child = Table { findings: self.findings, path, values, asked: BTreeSet::new() };
        let value = read(&mut child);
        child.finish();
        value
    }

    /// Notes what nobody asked for.
    pub(super) fn finish(self) {
        let known: Vec<&str> = self.asked.iter().map(String::as_str).collect();
        for (key, node) in &self.values {
            if !self.asked.contains(key) {
                self.findings.problems.add(
                    format!("{}{key}", self.path),
                    format!("unknown key{}", node.whence()),
                    format!("known here: {}", known.join(", ")),
                );
            }
        }
    }

    fn note(&mut self, key: &str, default: &str, accepts: &str) {
        self.asked.insert(key.to_owned());
        let path = without_indices(&format!("{}{key}", self.path));
        if !self.findings.keys.iter().any(|known| known.path == path) {
            self.findings.keys.push(Key { path, default: default.to_owned(), accepts: accepts.to_owned() });
        }
    }

    fn value<T>(
        &mut self,
        key: &str,
        default: &str,
        accepts: &str,
        read: impl FnOnce(&Node) -> Result<T, String>,
    ) -> Option<T> {
        self.note(key, default, accepts);
        let node = self.values.get(key)?;
        match read(node) {
            Ok(value) => Some(value),
            Err(why) => {
                let path = format!("{}{key}", self.path);
                self.findings.problems.add(path, found_because(node, &why), format!("expected {accepts}"));
                None
            }
        }
    }
}

fn found_because(node: &Node, why: &str) -> String {
    if why.is_empty() { node.found() } else { format!("{}: {why}", node.found()) }
}

/// `warehouse[3].id` as the list of keys spells it: `warehouse[].id`.
fn without_indices(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut inside = false;
    for letter in path.chars() {
        match letter {
            '[' => {
                inside = true;
                out.push('[');
            }
            ']' => {
                inside = false;
                out.push(']');
            }
            _ if inside => {}
            _ => out.push(letter),
        }
    }
    out
}
