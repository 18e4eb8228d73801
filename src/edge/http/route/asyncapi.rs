//! `/asyncapi.yaml` and `/asyncapi.json`: what is told to the broker, and what it may say.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode};

use crate::edge::asyncapi::document;
use crate::edge::http::reply::with_type;

/// What the broker's door tells and takes. It is JSON, which is YAML 1.2 as well.
#[utoipa::path(get, path = "/asyncapi.yaml", tag = "operation",
    responses((status = 200, description = "AsyncAPI 3", content_type = "application/yaml")))]
pub(in crate::edge::http) async fn yaml() -> Response<Body> {
    with_type(StatusCode::OK, HeaderValue::from_static("application/yaml"), document().as_bytes().to_vec())
}

/// The same under its other name.
#[utoipa::path(get, path = "/asyncapi.json", tag = "operation",
    responses((status = 200, description = "AsyncAPI 3", content_type = "application/json")))]
pub(in crate::edge::http) async fn json() -> Response<Body> {
    with_type(StatusCode::OK, HeaderValue::from_static("application/json"), document().as_bytes().to_vec())
}
