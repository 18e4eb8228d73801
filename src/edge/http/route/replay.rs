//! `/v1/replay`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};

use crate::edge::door::Door;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::Ask;
use crate::edge::http::reply::ok;
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::replay::{ReplayAnswer, ReplayBody};
use crate::feed::relay::{Replay, ReplayError};

/// Longest name of a queue, in bytes (AMQP 0-9-1: a short string).
const QUEUE_MAX: usize = 255;

/// Tells a part of what happened again, to one queue alone, with the ids it had: up to 500 entries a step, journal by
/// journal. What channels show is no part of it: it has no past.
#[utoipa::path(post, path = "/v1/replay", tag = "operation", request_body = ReplayBody,
    responses((status = 200, body = ReplayAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn replay(
    State(door): State<Arc<Door>>,
    ask: Ask,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ask.query(&[])?;
    ask.asking.caller.must_administer()?;
    let said: ReplayBody = sent.said().read()?;
    if said.queue.is_empty() || said.queue.len() > QUEUE_MAX {
        return Err(Problem::invalid("queue", format!("queue: a name of 1 to {QUEUE_MAX} bytes")));
    }
    let Some(relay) = door.relay() else {
        let title = "there is no broker";
        return Err(
            Problem::new(StatusCode::CONFLICT, "no_broker", title).detail("amqp.url is not configured")
        );
    };
    let wanted = Replay {
        queue: said.queue.into(),
        since: said.since.0,
        until: said.until.map_or_else(|| ask.asking.inside.house.now(), |until| until.0),
        journal: said.journal,
        after: said.after,
    };
    let told = relay.replay(&wanted).await.map_err(|error| match error {
        ReplayError::Unknown(detail) => {
            let path = detail.split(':').next().unwrap_or_default().to_owned();
            Problem::invalid(path, detail)
        }
        ReplayError::Store(error) => away("unavailable", error.to_string()),
        ReplayError::Outlet(error) => away("broker_away", error.to_string()),
    })?;
    ok(&ReplayAnswer { entries: told.entries, next: told.next })
}

fn away(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, "not available; ask for the same step again")
        .detail(detail)
        .retry_after(2)
}
