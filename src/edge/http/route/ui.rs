//! `/ui/`: the page for operators. It is a client of the public doors like any other, and nothing is made for it alone.

use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::extract::{RawPathParams, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::edge::door::Door;
use crate::edge::fault::Problem;
use crate::edge::http::reply::with_type;
use crate::edge::wire::problem::ProblemBody;

/// Nothing but the page's own files is loaded or asked, nothing is run that stands in the page itself, and no other page
/// shows it in a frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const POLICY_NAME: HeaderName = HeaderName::from_static("content-security-policy");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const STYLE: HeaderValue = HeaderValue::from_static("text/css; charset=utf-8");
const SCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");
/// The name of the page itself.
const PAGE: &str = "index.html";

macro_rules! files {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../ui/", $name)))),*] };
}

/// Every file of the page.
const FILES: [(&str, &str); 22] = files![
    "index.html",
    "style.css",
    "parts.css",
    "app.js",
    "api.js",
    "dom.js",
    "live.js",
    "words.js",
    "words.en.js",
    "words.de.js",
    "act.js",
    "chart.js",
    "overview.js",
    "stock.js",
    "sku.js",
    "orders.js",
    "order.js",
    "work.js",
    "alerts.js",
    "health.js",
    "uplot.js",
    "uplot.css",
];

/// The files with what they are known by: another content has another tag.
static TAGGED: LazyLock<Vec<(&str, &str, HeaderValue)>> = LazyLock::new(|| {
    let tagged = |(name, text): (&'static str, &'static str)| {
        let tag = format!("\"{}\"", blake3::hash(text.as_bytes()).to_hex());
        Some((name, text, HeaderValue::from_str(&tag).ok()?))
    };
    FILES.into_iter().filter_map(tagged).collect()
});

/// Leads to the page.
#[utoipa::path(get, path = "/ui", tag = "operation",
    responses((status = 308, description = "the page is at `/ui/`"), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn folder(State(door): State<Arc<Door>>) -> Result<Response<Body>, Problem> {
    must_be_served(&door)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/ui/"));
    Ok(response)
}

/// The page for operators. Everybody may load it: what it shows, it asks of the paths under `/v1` with the token it is
/// given.
#[utoipa::path(get, path = "/ui/", tag = "operation",
    responses((status = 200, body = String, content_type = "text/html"), (status = 304, description = "the copy that was named by `If-None-Match` is the newest"), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn page(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    must_be_served(&door)?;
    answer(PAGE, &headers)
}

/// A file of the page for operators.
#[utoipa::path(get, path = "/ui/{file}", tag = "operation", params(("file" = String, Path)),
    responses((status = 200, body = String, content_type = "text/javascript"), (status = 304, description = "the copy that was named by `If-None-Match` is the newest"), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn file(
    State(door): State<Arc<Door>>,
    parameters: RawPathParams,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    must_be_served(&door)?;
    let name = parameters.iter().next().map_or("", |(_, name)| name);
    answer(name, &headers)
}

fn must_be_served(door: &Door) -> Result<(), Problem> {
    if door.settings().http.ui {
        return Ok(());
    }
    Err(Problem::not_found("unknown_path", "the page is switched off: `[http] ui = true` serves it"))
}

fn answer(name: &str, headers: &HeaderMap) -> Result<Response<Body>, Problem> {
    let found = TAGGED.iter().find(|(known, ..)| *known == name);
    let Some((_, text, tag)) = found else {
        return Err(Problem::not_found("unknown_path", "the page has no such file"));
    };
    let kind = match name.rsplit_once('.') {
        Some((_, "html")) => HTML,
        Some((_, "css")) => STYLE,
        _ => SCRIPT,
    };
    let mut response = if has(headers, tag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        with_type(StatusCode::OK, kind, text.as_bytes().to_vec())
    };
    let said = response.headers_mut();
    said.insert(header::ETAG, tag.clone());
    // A daemon that was updated must not be spoken to by yesterday's page.
    said.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    said.insert(POLICY_NAME, POLICY);
    said.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    said.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// Whether the reader has this content already (RFC 9110 §13.1.2).
fn has(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let Ok(tag) = tag.to_str() else { return false };
    let named = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    named
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
