//! Responses.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;

use crate::edge::fault::Problem;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What every handler answers.
pub(super) type Reply = Result<Response<Body>, Problem>;

/// A JSON answer.
pub(super) fn json<T: Serialize>(status: StatusCode, said: &T) -> Reply {
    let mut bytes = Vec::with_capacity(256);
    serde_json::to_writer(&mut bytes, said).map_err(|_| Problem::bug())?;
    Ok(with_type(status, JSON, bytes))
}

/// A JSON answer with status 200.
pub(super) fn ok<T: Serialize>(said: &T) -> Reply {
    json(StatusCode::OK, said)
}

/// An answer of another type.
pub(super) fn with_type(status: StatusCode, content_type: HeaderValue, bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = with_type(self.status, PROBLEM, self.to_json());
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"lagerd\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
