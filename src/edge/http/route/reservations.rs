//! `/v1/reservations`.

use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::domain::ids::CommandId;
use crate::edge::command::reservation;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Ask, Change, InPath};
use crate::edge::http::reply::{json, ok};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::reservation::{BareBody, ExtendBody, ReservationAnswer, ReserveBody, ShipBody};

/// Holds units for a cart, all or nothing unless `partial`. A cart's open reservation is amended.
#[utoipa::path(post, path = "/v1/reservations", tag = "reservations", request_body = ReserveBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "the command's id, and the reservation's")),
    responses((status = 201, body = ReservationAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn reserve(change: Change, sent: Sent) -> Result<Response<Body>, Problem> {
    json(StatusCode::CREATED, &reservation::reserve(&change.asking, change.signed, sent.said()).await?)
}

/// How a reservation stands.
#[utoipa::path(get, path = "/v1/reservations/{reservation}", tag = "reservations",
    params(("reservation" = String, Path)),
    responses((status = 200, body = ReservationAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn read(
    ask: Ask,
    InPath(id): InPath<CommandId>,
) -> Result<Response<Body>, Problem> {
    let found = ask.asking.inside.house.reservation(&id).await?;
    if !ask.asking.caller.may_all() {
        ask.asking.caller.must_see_sales(reservation::channel_of(&found)?)?;
    }
    ok(&ReservationAnswer::from(found))
}

/// Gives a reservation back. One that has ended already is answered with its end.
#[utoipa::path(delete, path = "/v1/reservations/{reservation}", tag = "reservations",
    params(("reservation" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ReservationAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn release(
    change: Change,
    InPath(id): InPath<CommandId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ok(&reservation::release(&change.asking, change.signed, &id, sent.said()).await?)
}

/// Moves a reservation's deadline; never back, never beyond the longest hold.
#[utoipa::path(post, path = "/v1/reservations/{reservation}/extend", tag = "reservations", request_body = ExtendBody,
    params(("reservation" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ReservationAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn extend(
    change: Change,
    InPath(id): InPath<CommandId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ok(&reservation::extend(&change.asking, change.signed, &id, sent.said()).await?)
}

/// Turns a reservation into a promise without a deadline.
#[utoipa::path(post, path = "/v1/reservations/{reservation}/allocate", tag = "reservations", request_body = Option<BareBody>,
    params(("reservation" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ReservationAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn allocate(
    change: Change,
    InPath(id): InPath<CommandId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ok(&reservation::allocate(&change.asking, change.signed, &id, sent.said()).await?)
}

/// Records that goods of a reservation have left: all of them, or the lines named.
#[utoipa::path(post, path = "/v1/reservations/{reservation}/ship", tag = "reservations", request_body = Option<ShipBody>,
    params(("reservation" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ReservationAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn ship(
    change: Change,
    InPath(id): InPath<CommandId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ok(&reservation::ship(&change.asking, change.signed, &id, sent.said()).await?)
}
