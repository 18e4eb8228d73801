//! Reading what was sent.

use serde::Deserialize;
use serde_json::error::Category;

use crate::edge::fault::Problem;

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
    let detail = if path.is_empty() { said } else { format!("{path}: {said}") };
    Problem::invalid(path, detail)
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
