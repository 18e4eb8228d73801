//! Reading a request's body.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde_json::error::Category;

use super::door::Door;
use crate::edge::fault::Problem;

/// How long a client may take to send its body once the head is there.
const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// How much of a body that is too long is taken and thrown away, so that the client hears the answer instead of a
/// reset; a client that sends even more is cut off.
const DISCARDED_MAX: usize = 256 * 1024 * 1024;

/// A body as it was sent: JSON by its content type, and not longer than may be. Empty where none was sent.
#[derive(Debug)]
pub(super) struct Sent(Bytes);

impl FromRequest<Arc<Door>> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, door: &Arc<Door>) -> Result<Self, Problem> {
        let limit = usize::try_from(door.settings().http.body_bytes_max).unwrap_or(usize::MAX);
        let (parts, body) = request.into_parts();
        let told = length(&parts.headers);
        if told.is_some_and(|told| told > limit) {
            discard(body);
            return Err(too_large(limit));
        }
        let mut limited = Limited::new(body, limit);
        let read = tokio::time::timeout(BODY_DEADLINE, (&mut limited).collect()).await;
        let bytes = match read {
            Ok(Ok(read)) => read.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large(limit)),
            Ok(Err(_)) => return Err(Problem::malformed("incomplete_body", "the body broke off")),
            Err(_) => {
                return Err(Problem::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "slow_body",
                    "the body came too slowly",
                )
                .detail("a body has 30 s"));
            }
        };
        if !bytes.is_empty() {
            must_be_json(&parts.headers)?;
        }
        Ok(Self(bytes))
    }
}

impl Sent {
    /// Parses the body.
    ///
    /// # Errors
    /// 400 where it is no JSON, with line and column; 422 where it is not of this shape, with the path.
    pub(super) fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        if self.0.is_empty() {
            return Err(Problem::malformed("malformed_json", "the body is empty; send a JSON object"));
        }
        parse(&self.0)
    }

    /// Parses the body, or takes the default where none was sent.
    ///
    /// # Errors
    /// As [`Sent::parse`].
    pub(super) fn parse_or_default<'a, T: Deserialize<'a> + Default>(&'a self) -> Result<T, Problem> {
        if self.0.is_empty() { Ok(T::default()) } else { parse(&self.0) }
    }
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    // The path costs time, so it is looked for only where something is wrong.
    serde_json::from_slice(bytes).map_err(|error| explain::<T>(bytes, &error))
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

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is too large")
        .detail(format!("a body may have {limit} bytes"))
}

/// Takes what still comes and forgets it, beside the answer.
fn discard(body: Body) {
    tokio::spawn(tokio::time::timeout(BODY_DEADLINE, async move {
        let mut rest = Limited::new(body, DISCARDED_MAX);
        while let Some(Ok(_)) = rest.frame().await {}
    }));
}

fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = sent.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let found = if sent.is_empty() { "no content type".to_owned() } else { format!("`{sent}`") };
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "the body is of another type",
    )
    .detail(format!("found {found}; send `Content-Type: application/json`")))
}
