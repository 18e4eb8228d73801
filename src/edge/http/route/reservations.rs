//! `/v1/reservations`.

use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::actor::house::conversation::Reservation;
use crate::actor::house::reserve::Reserve;
use crate::domain::ids::{ChannelId, CommandId, WarehouseId};
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Ask, Change, InPath};
use crate::edge::http::reply::{json, ok};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::reservation::{
    BareBody, ExtendBody, ReservationAnswer, ReserveBody, ReserveLine, ShipBody, claim_lines,
};

const MILLIS_PER_SECOND: i64 = 1_000;

/// Holds units for a cart, all or nothing unless `partial`. A cart's open reservation is amended.
#[utoipa::path(post, path = "/v1/reservations", tag = "reservations", request_body = ReserveBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "the command's id, and the reservation's")),
    responses((status = 201, body = ReservationAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn reserve(change: Change, sent: Sent) -> Result<Response<Body>, Problem> {
    let said: ReserveBody = sent.parse()?;
    let Change { ask, signed } = change;
    ask.caller.must_sell(&said.channel.0)?;
    let house = &ask.inside.house;
    if !house.channels.contains_key(&said.channel.0) {
        let detail = format!("channel: `{}` is not configured", said.channel.0);
        return Err(Problem { code: "unknown_channel", ..Problem::invalid("channel", detail) });
    }
    must_have_lines(&ask, &said.lines)?;
    let fingerprint = ask.inside.key.fingerprint("reserve", "", &said);
    let default = i64::try_from(ask.settings.limits.default_ttl_s).unwrap_or(i64::MAX);
    let ttl_s = said.ttl_s.map_or(default, |ttl| ttl.0);
    let request = Reserve {
        lines: claim_lines(&said.lines),
        channel: said.channel.0,
        cart: said.cart.map(|cart| cart.0),
        ttl_ms: ttl_s.saturating_mul(MILLIS_PER_SECOND),
        partial: said.partial,
    };
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    let reservation = house.reserve(&sender, request).await?;
    json(StatusCode::CREATED, &ReservationAnswer::from(reservation))
}

/// How a reservation stands.
#[utoipa::path(get, path = "/v1/reservations/{reservation}", tag = "reservations",
    params(("reservation" = String, Path)),
    responses((status = 200, body = ReservationAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn read(
    ask: Ask,
    InPath(id): InPath<CommandId>,
) -> Result<Response<Body>, Problem> {
    let reservation = ask.inside.house.reservation(&id).await?;
    if !ask.caller.may_all() {
        ask.caller.must_see_sales(channel_of(&reservation)?)?;
    }
    ok(&ReservationAnswer::from(reservation))
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
    let said: BareBody = sent.parse_or_default()?;
    let Change { ask, signed } = change;
    must_sell(&ask, &id).await?;
    let fingerprint = ask.inside.key.fingerprint("release", id.as_str(), &said);
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    ok(&ReservationAnswer::from(ask.inside.house.release(&sender, &id).await?))
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
    let said: ExtendBody = sent.parse()?;
    let Change { ask, signed } = change;
    must_sell(&ask, &id).await?;
    let fingerprint = ask.inside.key.fingerprint("extend", id.as_str(), &said);
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    let ttl_ms = said.ttl_s.0.saturating_mul(MILLIS_PER_SECOND);
    ok(&ReservationAnswer::from(ask.inside.house.extend(&sender, &id, ttl_ms).await?))
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
    let said: BareBody = sent.parse_or_default()?;
    let Change { ask, signed } = change;
    must_sell(&ask, &id).await?;
    let fingerprint = ask.inside.key.fingerprint("allocate", id.as_str(), &said);
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    ok(&ReservationAnswer::from(ask.inside.house.allocate(&sender, &id).await?))
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
    let said: ShipBody = sent.parse_or_default()?;
    let Change { ask, signed } = change;
    if !ask.caller.may_all() {
        let reservation = ask.inside.house.reservation(&id).await?;
        let places = reservation.lines.iter().map(|line| &line.warehouse);
        ask.caller.must_ship(channel_of(&reservation)?, places.collect::<Vec<&WarehouseId>>().into_iter())?;
    }
    if let Some(lines) = &said.lines {
        must_have_lines(&ask, lines)?;
    }
    let fingerprint = ask.inside.key.fingerprint("ship", id.as_str(), &said);
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    let lines = said.lines.as_deref().map(claim_lines);
    let occurred_at = said.occurred_at.map(|time| time.0);
    let reference = said.reference.map(|text| text.0);
    let shipped = ask.inside.house.ship(&sender, &id, lines, occurred_at, reference).await?;
    ok(&ReservationAnswer::from(shipped))
}

fn must_have_lines(ask: &Ask, lines: &[ReserveLine]) -> Result<(), Problem> {
    let most = ask.settings.limits.lines_per_request;
    if lines.is_empty() || lines.len() as u64 > most {
        let detail = format!("lines: found {}; 1 to {most} lines are right", lines.len());
        return Err(Problem::invalid("lines", detail));
    }
    Ok(())
}

async fn must_sell(ask: &Ask, id: &CommandId) -> Result<(), Problem> {
    if ask.caller.may_all() {
        return Ok(());
    }
    let reservation = ask.inside.house.reservation(id).await?;
    ask.caller.must_sell(channel_of(&reservation)?)
}

fn channel_of(reservation: &Reservation) -> Result<&ChannelId, Problem> {
    // Of one that ended long ago only the end is known; nobody but an administrator may see it then.
    reservation.channel.as_ref().ok_or_else(|| {
        Problem::not_found("unknown_reservation", "whose reservation it was is not known any more")
    })
}
