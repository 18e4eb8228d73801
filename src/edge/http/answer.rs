//! One request from its first byte to its response: ids are echoed, answers counted, panics caught.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, Response};
use axum::middleware::Next;
use axum::response::IntoResponse;
use futures_util::FutureExt;
use tower::ServiceExt;

use super::extract::{IDEMPOTENCY_KEY, Minted};
use crate::edge::command::Signed;
use crate::edge::door::Door;
use crate::edge::fault::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What a request without a route is counted as.
const NO_ROUTE: &str = "none";

/// Answers one request; never fails and never panics.
pub(super) async fn answer(
    door: Arc<Door>,
    router: Router,
    mut request: Request,
) -> Result<Response<Body>, Infallible> {
    let begun = tokio::time::Instant::now();
    let request_id = request.headers().get(&REQUEST_ID).cloned();
    let command_id = command_id(&door, &mut request);
    let answered = AssertUnwindSafe(router.oneshot(request)).catch_unwind().await;
    let mut response = match answered {
        Ok(Ok(response)) => response,
        // The panic hook has logged where and what.
        Err(_) => Problem::bug().into_response(),
        Ok(Err(never)) => match never {},
    };
    if let Some(id) = request_id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    if let Some(id) = command_id {
        response.headers_mut().insert(IDEMPOTENCY_KEY, id);
    }
    let route = response.extensions_mut().remove::<MatchedPath>();
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    door.metrics.http_request(route, response.status().as_u16(), begun.elapsed());
    Ok(response)
}

/// Lets [`answer`] know which route a response came from.
pub(super) async fn name_route(route: MatchedPath, request: Request, next: Next) -> Response<Body> {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(route);
    response
}

/// The id the response shall carry: the one sent, or one made for a change that came without.
fn command_id(door: &Door, request: &mut Request) -> Option<HeaderValue> {
    if !matches!(*request.method(), Method::POST | Method::PUT | Method::DELETE) {
        return None;
    }
    if let Some(sent) = request.headers().get(IDEMPOTENCY_KEY) {
        return Some(sent.clone());
    }
    let inside = door.inside().ok()?;
    let id = Signed::mint(inside.house.now());
    let value = HeaderValue::from_str(id.as_str()).ok();
    request.extensions_mut().insert(Minted(id));
    value.filter(|_| !door.settings().http.require_ids)
}
