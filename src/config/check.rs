//! The shapes texts must have, as parsers whose error says what is wrong.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::Problems;

/// What an id of a warehouse, channel or source is made of.
pub(super) const ID: &str = "an id of 1 to 32 letters, digits, '-' or '_'";

/// What a list of countries is made of.
pub(super) const COUNTRIES: &str = "a list of codes of two capital letters such as \"DE\"";

/// An id: it becomes part of keys, routing keys, metric labels and URLs, so it needs no escaping in any of them.
pub(super) fn id(text: &str) -> Result<String, String> {
    let fits = (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fits { Ok(text.to_owned()) } else { Err(String::new()) }
}

/// An id, for command lines: the error says what one is made of.
///
/// # Errors
/// Where the text is no id.
pub fn parse_id(text: &str) -> Result<String, String> {
    id(text).map_err(|_| format!("expected {ID}"))
}

/// Notes ids of a list that are not there, or are named twice.
pub(super) fn named(path: &str, list: &[String], what: &str, ids: &BTreeSet<&str>, problems: &mut Problems) {
    for id in list.iter().filter(|id| !ids.contains(id.as_str())) {
        problems.add(path, format!("{id:?} is no {what}"), known(ids));
    }
    once(path, list, problems);
}

/// Notes what is named twice in a list.
pub(super) fn once(path: &str, list: &[String], problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for name in list {
        if !seen.insert(name) {
            problems.add(path, format!("{name:?} is named twice"), "name each one once");
        }
    }
}

/// What could have been named.
pub(super) fn known(ids: &BTreeSet<&str>) -> String {
    if ids.is_empty() {
        return "none is configured".to_owned();
    }
    format!("known: {}", ids.iter().copied().collect::<Vec<_>>().join(", "))
}

/// An origin as browsers send it (RFC 6454): scheme, host, and a port where it is not the scheme's own.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        None => Err("it begins with neither https:// nor http://".to_owned()),
        Some(host) if host.is_empty() || host.contains(['/', '?', '#', '@', ' ', '*']) => {
            Err("behind the scheme stand a host and maybe a port, nothing else".to_owned())
        }
        Some(_) => Ok(text.to_ascii_lowercase()),
    }
}

/// `count` capital letters: country and currency codes.
pub(super) fn capitals(text: &str, count: usize) -> Result<String, String> {
    if text.len() == count && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err(String::new())
    }
}

/// One line of 1 to `most` characters.
pub(super) fn line(text: &str, most: usize) -> Result<String, String> {
    let length = text.chars().count();
    if (1..=most).contains(&length) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(String::new())
    }
}

/// A time zone, looked up by its name in the IANA database: the system's, or the one built in where it has none.
pub(super) fn zone(text: &str) -> Result<TimeZone, String> {
    match TimeZone::get(text) {
        Ok(zone) if !zone.is_unknown() => Ok(zone),
        _ => Err("the time zone database doesn't know it".to_owned()),
    }
}

/// One of a few names.
pub(super) fn one_of(text: &str, names: &[&str]) -> Result<String, String> {
    if names.contains(&text) { Ok(text.to_owned()) } else { Err(String::new()) }
}

/// What a log filter looks like.
pub(super) const FILTER: &str =
    "off, error, warn, info, debug or trace, or a list such as \"info,lagerd::journal=debug\"";

/// A log filter: a level, or a comma-separated list of `target=level`.
pub(super) fn filter(text: &str) -> Result<String, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    for part in text.split(',') {
        let part = part.trim();
        let (target, level) =
            part.split_once('=').map_or((None, part), |(target, level)| (Some(target), level));
        if !LEVELS.contains(&level.to_ascii_lowercase().as_str()) {
            return Err(format!("{level:?} is no level"));
        }
        let named = target.is_none_or(|target| {
            !target.is_empty() && target.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:".contains(&b))
        });
        if !named {
            return Err(format!("{part:?} names no target"));
        }
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids are accepted by their alphabet and length alone.
    #[test]
    fn ids() {
        for good in ["BER", "web-de", "a_1", &"x".repeat(32)] {
            assert!(id(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "ä", "a/b", "a.b", &"x".repeat(33)] {
            assert!(id(bad).is_err(), "{bad}");
        }
    }

    /// A zone is one whose days can be counted.
    #[test]
    fn zones() {
        for good in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT-1"] {
            assert!(zone(good).is_ok(), "{good}");
        }
        for bad in ["", "Europe/Potsdam", "Etc/Unknown", "+01:00", "../zone.tab", "/etc/passwd"] {
            assert!(zone(bad).is_err(), "{bad}");
        }
    }

    /// A filter that the log would not understand is found before the daemon starts.
    #[test]
    fn filters() {
        for good in ["info", "INFO", "warn,lagerd::journal=debug", "off"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for bad in ["", "loud", "lagerd=loud", "=info", "info,,debug"] {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }
}
