//! `/lagerd.js`: the feed's client for pages.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use crate::edge::http::reply::with_type;

const SCRIPT: &str = include_str!("../lagerd.js");

/// The JavaScript client of the feed: one module without dependencies. Public, and may be loaded by pages of any origin;
/// which of them may open the feed is another question (`feed.origins`).
#[utoipa::path(get, path = "/lagerd.js", tag = "feed",
    responses((status = 200, body = String, content_type = "text/javascript")))]
pub(in crate::edge::http) async fn client() -> Response<Body> {
    let kind = HeaderValue::from_static("text/javascript; charset=utf-8");
    let mut response = with_type(StatusCode::OK, kind, SCRIPT.as_bytes().to_vec());
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // A daemon that was updated must not be spoken to by yesterday's script.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
