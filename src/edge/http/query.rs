//! Query parameters, some of them repeated.

use percent_encoding::percent_decode_str;

use crate::domain::time::Timestamp;
use crate::edge::fault::Problem;
use crate::edge::wire::text::{Name, complaint};
use crate::edge::wire::time::Time;

/// What stands behind the `?`.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads it; only `known` parameters may be there.
    ///
    /// # Errors
    /// 400 for an unknown parameter or bytes that are no UTF-8.
    pub(super) fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let mut read = Vec::new();
        for pair in pairs {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if !known.contains(&name.as_str()) {
                let detail = format!("found `{name}`; known here: {}", known.join(", "));
                return Err(Problem::malformed("unknown_parameter", detail));
            }
            read.push((name, value));
        }
        Ok(Self(read))
    }

    /// Every value of a parameter.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter's only value.
    ///
    /// # Errors
    /// 422 where it is there twice.
    pub(super) fn one(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        let mut all = self.0.iter().filter(|(known, _)| known == name);
        match (all.next(), all.next()) {
            (_, Some(_)) => Err(Problem::invalid(name, format!("{name}: send it once"))),
            (one, None) => Ok(one.map(|(_, value)| value.as_str())),
        }
    }

    /// A parameter as a name of the domain.
    ///
    /// # Errors
    /// 422 with what would be right.
    pub(super) fn name<T: Name>(&self, name: &'static str) -> Result<Option<T>, Problem> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let wrong = |invalid| Problem::invalid(name, format!("{name}: {}", complaint(&invalid)));
        T::parse(text).map(Some).map_err(wrong)
    }

    /// A parameter as a number from 1 to `most`.
    ///
    /// # Errors
    /// 422 with what would be right.
    pub(super) fn number(&self, name: &'static str, most: u64) -> Result<Option<u64>, Problem> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        match text.parse::<u64>() {
            Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
            _ => {
                let shown: String = text.chars().take(40).collect();
                let detail = format!("{name}: found `{shown}`; a whole number from 1 to {most} is right");
                Err(Problem::invalid(name, detail))
            }
        }
    }

    /// A parameter as a time.
    ///
    /// # Errors
    /// 422 with what would be right.
    pub(super) fn time(&self, name: &'static str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let right =
            || Problem::invalid(name, format!("{name}: a time such as `2026-11-23T10:00:00Z` is right"));
        Time::parse(text).map(|time| Some(time.0)).ok_or_else(right)
    }

    /// A parameter as one of the words that `named` knows.
    ///
    /// # Errors
    /// 422 for another word.
    pub(super) fn word<T>(
        &self,
        name: &'static str,
        named: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let right = || Problem::invalid(name, format!("{name}: no such {name} is known"));
        named(text).map(Some).ok_or_else(right)
    }

    /// A parameter that is `true` or `false`; false where it is not there.
    ///
    /// # Errors
    /// 422 for anything else.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Problem> {
        match self.one(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::invalid(name, format!("{name}: `true` or `false` is right"))),
        }
    }
}

fn decoded(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(Problem::malformed("malformed_query", "a parameter is no UTF-8 once decoded")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parameters may repeat and carry any letter; unknown ones are named.
    #[test]
    fn parameters_are_read() {
        let query =
            Query::read(Some("sku=A%2FB%231&sku=Gr%C3%B6%C3%9Fe+M&limit=5"), &["sku", "limit"]).unwrap();
        assert_eq!(query.all("sku").collect::<Vec<_>>(), ["A/B#1", "Größe M"]);
        assert_eq!(query.number("limit", 10).unwrap(), Some(5));
        assert!(query.number("limit", 4).is_err());
        assert!(query.one("sku").is_err());
        assert_eq!(Query::read(Some("x=1"), &["sku"]).unwrap_err().code, "unknown_parameter");
        assert_eq!(Query::read(Some("sku=%FF"), &["sku"]).unwrap_err().code, "malformed_query");
        assert!(Query::read(None, &[]).unwrap().one("sku").unwrap().is_none());
    }
}
