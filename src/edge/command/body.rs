//! Reading what was sent.

use serde::Deserialize;
use serde_json::error::Category;

use crate::edge::fault::Problem;
use crate::edge::wire::order::contact::PRIVATE;
use crate::edge::wire::order::screen::REFUSED;

/// What was sent with a command, before it is read: who may not do something is told so, whatever was sent.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a>(pub &'a [u8]);

impl<'a> Said<'a> {
    /// Reads it as JSON.
    ///
    /// # Errors
    /// 400 where it is no JSON, with line and column; 422 where it is not of this shape, with the path.
    pub(in crate::edge) fn read<T: Deserialize<'a>>(self) -> Result<T, Problem> {
        if self.0.is_empty() {
            return Err(Problem::malformed("malformed_json", "the body is empty; send a JSON object"));
        }
        // The path costs time, so it is looked for only where something is wrong.
        serde_json::from_slice(self.0).map_err(|error| explain::<T>(self.0, &error))
    }

    /// Reads it, or takes the default where nothing was sent.
    ///
    /// # Errors
    /// As [`Said::read`].
    pub(super) fn read_or_default<T: Deserialize<'a> + Default>(self) -> Result<T, Problem> {
        if self.0.is_empty() { Ok(T::default()) } else { self.read() }
    }
}

fn explain<'a, T: Deserialize<'a>>(bytes: &'a [u8], error: &serde_json::Error) -> Problem {
    if error.classify() != Category::Data {
        return Problem::malformed("malformed_json", format!("no valid JSON: {error}"));
    }
    let (path, said) = located::<T>(bytes, error);
    let refused = said.contains(REFUSED);
    let (path, said) = if is_private(&path) { hushed(path, &said) } else { (path, said) };
    let detail = if path.is_empty() { said } else { format!("{path}: {said}") };
    let problem = Problem::invalid(path, detail);
    if refused { Problem { code: "payment_data_refused", ..problem } } else { problem }
}

/// Whether a place in a request is about a person.
fn is_private(path: &str) -> bool {
    PRIVATE.iter().any(|part| path.split(['.', '[']).next() == Some(*part))
}

/// What is wrong with something about a person, without what was sent: where it is wrong as far as the name of a field
/// of ours, and what would be right.
fn hushed(path: String, said: &str) -> (String, String) {
    let ours = |said: &str| said.starts_with("missing field") || said.starts_with("duplicate field");
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    let (said, known) = match said.rsplit_once(", expected ") {
        Some((found, right)) => (format!("{right} is right"), !found.starts_with("unknown field")),
        None if said.contains(REFUSED) => (REFUSED.to_owned(), true),
        None if ours(said) => (said.to_owned(), true),
        None => ("not right here".to_owned(), false),
    };
    let place = path.split(['.', '[']).next().unwrap_or_default();
    (if known { path } else { place.to_owned() }, said)
}

/// Where a text departs from a shape, and how.
pub(super) fn located<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    error: &serde_json::Error,
) -> (String, String) {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Ok(_) => (String::new(), error.to_string()),
        Err(located) => {
            let path = located.path().to_string();
            (if path == "." { String::new() } else { path }, located.into_inner().to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::wire::order::place::OrderBody;

    /// Whatever is wrong about a person is told by its place alone; card numbers have their own word.
    #[test]
    fn nothing_about_a_person_is_repeated() {
        for (part, path, code) in [
            (r#""ship_to":"Canary Street 1""#, "ship_to", "invalid"),
            (r#""ship_to":["Canary Street 1"]"#, "ship_to[0]", "invalid"),
            (r#""ship_to":{"canary":"Canary Street 1"}"#, "ship_to", "invalid"),
            (r#""ship_to":{"name":4711,"city":"Canary"}"#, "ship_to.name", "invalid"),
            (r#""ship_to":{"name":{"first":"Canary"}}"#, "ship_to.name", "invalid"),
            (r#""ship_to":{"country":"canary"}"#, "ship_to.country", "invalid"),
            (r#""bill_to":{"note":"4111 1111 1111 1111"}"#, "bill_to.note", "payment_data_refused"),
            (r#""bill_to":{"iban":"DE89370400440532013000"}"#, "bill_to", "invalid"),
            (r#""po_number":"DE89 3704 0044 0532 0130 00""#, "po_number", "payment_data_refused"),
            (r#""campaign":4111111111111111"#, "campaign", "invalid"),
            (r#""customer_ref":"canary@example.com""#, "customer_ref", "invalid"),
        ] {
            let text = format!(r#"{{"order":"o","channel":"web","lines":[],{part}}}"#);
            let problem = Said(text.as_bytes()).read::<OrderBody>().err().unwrap_or_else(|| panic!("{text}"));
            let said = String::from_utf8(problem.to_json()).unwrap();
            for secret in ["canary", "Canary", "4711", "4111", "DE89"] {
                assert!(!said.contains(secret), "{said}");
            }
            assert_eq!(problem.code, code, "{said}");
            assert_eq!(problem.particulars.and_then(|said| said.path).as_deref(), Some(path), "{said}");
        }
    }
}
