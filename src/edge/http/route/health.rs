//! `/livez`, `/readyz`, `/metrics`: for supervisors.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::edge::auth::Caller;
use crate::edge::door::Door;
use crate::edge::fault::Problem;
use crate::edge::http::reply::{ok, with_type};
use crate::edge::wire::health::{Alive, Ready};
use crate::edge::wire::problem::ProblemBody;
use crate::telemetry::CONTENT_TYPE;

/// Whether the process answers at all.
#[utoipa::path(get, path = "/livez", tag = "operation", responses((status = 200, body = Alive)))]
pub(in crate::edge::http) async fn livez() -> Result<Response<Body>, Problem> {
    ok(&Alive { status: "alive" })
}

/// Whether stock can be read and changed now, what the store's settings weaken, and whether the broker is there. Where
/// tokens are configured, what names places and settings is told to `read:*` alone.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses((status = 200, body = Ready), (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn readyz(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    let inside = door.inside()?;
    let caller = Caller::of(&door.settings(), &headers, inside.house.now());
    let trusted = caller.is_ok_and(|caller| caller.must_read_all().is_ok());
    let health = inside.house.store_health();
    if !health.reachable {
        let problem =
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the store can't be reached")
                .retry_after(2);
        // What keeps the store away stands behind what its settings weaken.
        return Err(match health.warnings.last().filter(|_| trusted) {
            Some(warning) => problem.detail(warning.clone()),
            None => problem,
        });
    }
    if let Some(journal) = inside.house.lost_journal() {
        let title = "the store lost acknowledged data";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store_lost", title)
            .detail(format!("{journal} can't go on without an operator"))
            .retry_after(2));
    }
    let broker = door.broker_warnings();
    let status = if broker.is_empty() { "ready" } else { "degraded" };
    let warnings = if trusted { health.warnings.into_iter().chain(broker).collect() } else { Vec::new() };
    ok(&Ready { status, warnings })
}

/// What the daemon counts, as OpenMetrics text. Where tokens are configured it needs `read:*`.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, body = String, content_type = "application/openmetrics-text"), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn metrics(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    let settings = door.settings();
    if !settings.tokens.is_empty() {
        Caller::of(&settings, &headers, door.inside()?.house.now())?.must_read_all()?;
    }
    let text = door.metrics.render().into_bytes();
    Ok(with_type(StatusCode::OK, HeaderValue::from_static(CONTENT_TYPE), text))
}
