//! Reading a request's body.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::edge::command::Said;
use crate::edge::door::Door;
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
    /// What was sent.
    pub(super) fn said(&self) -> Said<'_> {
        Said(&self.0)
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
