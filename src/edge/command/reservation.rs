//! Reservations, as doors ask for them.

use super::{Asking, Said, Signed};
use crate::actor::house::conversation::Reservation;
use crate::actor::house::reserve::Reserve;
use crate::domain::ids::{ChannelId, CommandId, WarehouseId};
use crate::edge::fault::Problem;
use crate::edge::wire::reservation::{
    BareBody, ExtendBody, ReservationAnswer, ReserveBody, ShipBody, claim_lines,
};

const MILLIS_PER_SECOND: i64 = 1_000;

/// Holds units for a cart, all or nothing unless `partial`. A cart's open reservation is amended.
///
/// # Errors
/// What a caller is told.
pub async fn reserve(asking: &Asking, signed: Signed, body: Said<'_>) -> Result<ReservationAnswer, Problem> {
    let said: ReserveBody = body.read()?;
    asking.caller.must_sell(&said.channel.0)?;
    let house = &asking.inside.house;
    if !house.channels.contains_key(&said.channel.0) {
        let detail = format!("channel: `{}` is not configured", said.channel.0);
        return Err(Problem { code: "unknown_channel", ..Problem::invalid("channel", detail) });
    }
    asking.must_fit(said.lines.len())?;
    let fingerprint = asking.inside.key.fingerprint("reserve", "", &said);
    let default = i64::try_from(asking.settings.limits.default_ttl_s).unwrap_or(i64::MAX);
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
    Ok(ReservationAnswer::from(reservation))
}

/// Moves a reservation's deadline; never back, never beyond the longest hold.
///
/// # Errors
/// What a caller is told.
pub async fn extend(
    asking: &Asking,
    signed: Signed,
    id: &CommandId,
    body: Said<'_>,
) -> Result<ReservationAnswer, Problem> {
    let said: ExtendBody = body.read()?;
    must_sell(asking, id).await?;
    let fingerprint = asking.inside.key.fingerprint("extend", id.as_str(), &said);
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    let ttl_ms = said.ttl_s.0.saturating_mul(MILLIS_PER_SECOND);
    Ok(ReservationAnswer::from(asking.inside.house.extend(&sender, id, ttl_ms).await?))
}

/// Turns a reservation into a promise without a deadline.
///
/// # Errors
/// What a caller is told.
pub async fn allocate(
    asking: &Asking,
    signed: Signed,
    id: &CommandId,
    body: Said<'_>,
) -> Result<ReservationAnswer, Problem> {
    let said: BareBody = body.read_or_default()?;
    must_sell(asking, id).await?;
    let fingerprint = asking.inside.key.fingerprint("allocate", id.as_str(), &said);
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    Ok(ReservationAnswer::from(asking.inside.house.allocate(&sender, id).await?))
}

/// Gives a reservation back. One that has ended already is answered with its end.
///
/// # Errors
/// What a caller is told.
pub async fn release(
    asking: &Asking,
    signed: Signed,
    id: &CommandId,
    body: Said<'_>,
) -> Result<ReservationAnswer, Problem> {
    let said: BareBody = body.read_or_default()?;
    must_sell(asking, id).await?;
    let fingerprint = asking.inside.key.fingerprint("release", id.as_str(), &said);
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    Ok(ReservationAnswer::from(asking.inside.house.release(&sender, id).await?))
}

/// Records that goods of a reservation have left: all of them, or the lines named.
///
/// # Errors
/// What a caller is told.
pub async fn ship(
    asking: &Asking,
    signed: Signed,
    id: &CommandId,
    body: Said<'_>,
) -> Result<ReservationAnswer, Problem> {
    let said: ShipBody = body.read_or_default()?;
    if !asking.caller.may_all() {
        let reservation = asking.inside.house.reservation(id).await?;
        let places = reservation.lines.iter().map(|line| &line.warehouse);
        asking
            .caller
            .must_ship(channel_of(&reservation)?, places.collect::<Vec<&WarehouseId>>().into_iter())?;
    }
    if let Some(lines) = &said.lines {
        asking.must_fit(lines.len())?;
    }
    let fingerprint = asking.inside.key.fingerprint("ship", id.as_str(), &said);
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    let lines = said.lines.as_deref().map(claim_lines);
    let occurred_at = said.occurred_at.map(|time| time.0);
    let reference = said.reference.map(|text| text.0);
    let shipped = asking.inside.house.ship(&sender, id, lines, occurred_at, reference).await?;
    Ok(ReservationAnswer::from(shipped))
}

async fn must_sell(asking: &Asking, id: &CommandId) -> Result<(), Problem> {
    if asking.caller.may_all() {
        return Ok(());
    }
    let reservation = asking.inside.house.reservation(id).await?;
    asking.caller.must_sell(channel_of(&reservation)?)
}

/// Whose reservation it is.
///
/// # Errors
/// 404 where that is not known any more.
pub(in crate::edge) fn channel_of(reservation: &Reservation) -> Result<&ChannelId, Problem> {
    // Of one that ended long ago only the end is known; nobody but an administrator may see it then.
    reservation.channel.as_ref().ok_or_else(|| {
        Problem::not_found("unknown_reservation", "whose reservation it was is not known any more")
    })
}
