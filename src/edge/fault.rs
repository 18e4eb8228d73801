//! The one table from what went wrong to what a caller sees.

use std::borrow::Cow;

use axum::http::StatusCode;

use super::wire::order::Wrong;
use super::wire::problem::{Particulars, ProblemBody, ShortLine};
use super::wire::reservation::HeldLine;
use super::wire::text::Text;
use super::wire::time::Time;
use crate::actor::fault::{Class, Fault};
use crate::domain::refusal::Refusal;

/// An error on its way to a caller.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable word.
    pub code: &'static str,
    /// The kind in words.
    pub title: &'static str,
    /// What went wrong this time.
    pub detail: Option<Cow<'static, str>>,
    /// What the kind says besides.
    pub particulars: Option<Box<Particulars>>,
    /// After how many seconds to come back.
    pub retry_after_s: Option<u32>,
}

/// Characters of what is said in words at most.
const DETAIL_MAX: usize = 1_000;
/// Seconds after which a caller told `busy` may come back: queues drain within that.
const BUSY_RETRY_S: u32 = 1;
/// Seconds after which a caller may come back to a store that is away.
const AWAY_RETRY_S: u32 = 2;

impl Problem {
    /// A problem with nothing said besides.
    #[must_use]
    pub const fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self { status, code, title, detail: None, particulars: None, retry_after_s: None }
    }

    /// With what went wrong this time. Texts with an `@` are taken out of it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(masked(cut(detail.into())));
        self
    }

    /// With what the kind says besides.
    #[must_use]
    pub fn particulars(mut self, particulars: Particulars) -> Self {
        self.particulars = Some(Box::new(particulars));
        self
    }

    /// With the time to come back.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// A request that can't be read at all.
    #[must_use]
    pub fn malformed(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "the request can't be read").detail(detail)
    }

    /// A request that can be read and is not right; `path` says where.
    #[must_use]
    pub fn invalid(path: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        let path = path.into();
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "the request is not valid");
        let problem = problem.detail(detail);
        if path.is_empty() {
            return problem;
        }
        let path = masked(cut(path.into())).into_owned();
        problem.particulars(Particulars { path: Some(path), ..Particulars::default() })
    }

    /// What is named in the path is not there.
    #[must_use]
    pub fn not_found(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, "what the path names is not there").detail(detail)
    }

    /// Too much is waiting; surely not done.
    #[must_use]
    pub fn busy(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", "too much is waiting; surely not done")
            .detail(detail)
            .retry_after(BUSY_RETRY_S)
    }

    /// Whether asking again with the same id is no use.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.status.is_client_error() && self.status != StatusCode::TOO_MANY_REQUESTS
    }

    /// The document of it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let body = ProblemBody {
            kind: format!("urn:lagerd:problem:{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail.as_ref(),
            particulars: self.particulars.as_deref(),
        };
        // Shapes of strings and numbers always serialise.
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// Journals are still being loaded.
    #[must_use]
    pub fn loading() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "loading", "the journals are still being loaded")
            .retry_after(AWAY_RETRY_S)
    }

    /// A mistake of ours.
    #[must_use]
    pub const fn bug() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "the daemon made a mistake")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, title) = match &refusal {
            Refusal::UnknownReservation(_)
            | Refusal::UnknownSku(_)
            | Refusal::UnknownDocument { .. }
            | Refusal::UnknownChannel(_)
            | Refusal::UnknownWarehouse(_) => (StatusCode::NOT_FOUND, "what the path names is not there"),
            Refusal::OutOfRange
            | Refusal::UnknownSeen
            | Refusal::UnknownLine(_)
            | Refusal::FutureMovement { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "the request is not valid")
            }
            Refusal::AmbiguousOrder => (StatusCode::CONFLICT, "several orders are meant"),
            Refusal::OrderExists | Refusal::LineIsOther { .. } => {
                (StatusCode::CONFLICT, "it is known and says something else")
            }
            Refusal::IllegalStep { .. } | Refusal::OrderOpen { .. } => {
                (StatusCode::CONFLICT, "its state does not allow it")
            }
            Refusal::NotServiceable => (StatusCode::CONFLICT, "no warehouse serves it"),
            Refusal::DeskFull => (StatusCode::SERVICE_UNAVAILABLE, "not available; surely not done"),
            Refusal::InsufficientStock(_) => (StatusCode::CONFLICT, "not enough free stock"),
            Refusal::InsufficientRoom { .. } => (StatusCode::CONFLICT, "too much is sold beyond stock"),
            Refusal::IdempotencyConflict => (StatusCode::CONFLICT, "this id was used for another command"),
            Refusal::StaleCommand { .. } | Refusal::StaleCount { .. } => {
                (StatusCode::CONFLICT, "this comes too late, or too early")
            }
            Refusal::InsufficientCondition { .. } | Refusal::NotHeld { .. } | Refusal::TooMany { .. } => {
                (StatusCode::CONFLICT, "there are not as many units")
            }
            Refusal::ReservationExpired
            | Refusal::Released
            | Refusal::Shipped
            | Refusal::Allocated
            | Refusal::Amended { .. }
            | Refusal::Superseded { .. }
            | Refusal::OwnedByOrder { .. } => (StatusCode::CONFLICT, "the reservation stands otherwise"),
        };
        let mut problem = Self::new(status, refusal.code(), title).detail(refusal.to_string());
        if matches!(refusal, Refusal::DeskFull) {
            problem = problem.retry_after(AWAY_RETRY_S);
        }
        match particulars(refusal) {
            Some(said) => problem.particulars(said),
            None => problem,
        }
    }
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        Self { code: wrong.code, ..Self::invalid(wrong.path, wrong.detail) }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let (class, code) = (fault.class(), fault.code());
        match (class, fault) {
            (_, Fault::Refused(refusal)) => refusal.into(),
            (_, Fault::HeldInPart { still_held }) => {
                let lines = still_held.into_iter().flat_map(|part| {
                    let warehouse = part.warehouse;
                    part.lines.into_iter().map(move |line| HeldLine {
                        sku: Text(line.sku),
                        quantity: line.quantity,
                        warehouse: Text(warehouse.clone()),
                    })
                });
                let still_held = Some(lines.collect());
                Self::new(StatusCode::CONFLICT, code, "the reservation stands otherwise")
                    .detail("only a part of the reservation is still held")
                    .particulars(Particulars { still_held, ..Particulars::default() })
            }
            (Class::Busy, fault) => Self::busy(fault.to_string()),
            (Class::Unknown, fault) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code, "ask again with the same id")
                    .detail(fault.to_string())
                    .retry_after(BUSY_RETRY_S)
            }
            (Class::Unavailable | Class::Refused, fault) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code, "not available; surely not done")
                    .detail(fault.to_string())
                    .retry_after(AWAY_RETRY_S)
            }
        }
    }
}

fn particulars(refusal: Refusal) -> Option<Particulars> {
    let none = Particulars::default();
    Some(match refusal {
        Refusal::InsufficientStock(short) => {
            let lines = short.into_iter();
            let lines =
                lines.map(|line| ShortLine { sku: Text(line.sku), asked: line.asked, free: line.free });
            Particulars { lines: Some(lines.collect()), ..none }
        }
        Refusal::Amended { by } | Refusal::Superseded { by } => Particulars { by: Some(Text(by)), ..none },
        Refusal::OwnedByOrder { order } => Particulars { order: Some(Text(order)), ..none },
        Refusal::InsufficientRoom { asked, room, .. } => {
            Particulars { asked: Some(asked), there: Some(room), ..none }
        }
        Refusal::StaleCommand { floor, server_time } => {
            Particulars { floor: Some(Time(floor)), server_time: Some(Time(server_time)), ..none }
        }
        Refusal::StaleCount { last, oldest, newest } => Particulars {
            last: last.map(Time),
            oldest: Some(Time(oldest)),
            newest: Some(Time(newest)),
            ..none
        },
        Refusal::FutureMovement { server_time } => {
            Particulars { server_time: Some(Time(server_time)), ..none }
        }
        Refusal::InsufficientCondition { asked, there, .. } => {
            Particulars { asked: Some(asked), there: Some(there), ..none }
        }
        Refusal::NotHeld { asked, held, .. } => Particulars { asked: Some(asked), there: Some(held), ..none },
        Refusal::TooMany { asked, possible, .. } => {
            Particulars { asked: Some(asked), there: Some(possible), ..none }
        }
        Refusal::IllegalStep { found, .. } | Refusal::OrderOpen { state: found } => {
            Particulars { found: Some(found), ..none }
        }
        Refusal::OutOfRange
        | Refusal::UnknownDocument { .. }
        | Refusal::UnknownLine(_)
        | Refusal::LineIsOther { .. }
        | Refusal::AmbiguousOrder
        | Refusal::OrderExists
        | Refusal::NotServiceable
        | Refusal::DeskFull
        | Refusal::UnknownSku(_)
        | Refusal::UnknownReservation(_)
        | Refusal::ReservationExpired
        | Refusal::Released
        | Refusal::Shipped
        | Refusal::Allocated
        | Refusal::IdempotencyConflict
        | Refusal::UnknownSeen
        | Refusal::UnknownChannel(_)
        | Refusal::UnknownWarehouse(_) => return None,
    })
}

/// The beginning of a text that may repeat what was sent, which may be long.
fn cut(text: Cow<'static, str>) -> Cow<'static, str> {
    match text.char_indices().nth(DETAIL_MAX) {
        None => text,
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
    }
}

/// Takes words with an `@` inside out of a text: they may be somebody's address.
fn masked(text: Cow<'static, str>) -> Cow<'static, str> {
    let address = |word: &str| {
        let word = word.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '@');
        word.len() > 1 && word.contains('@')
    };
    if !text.contains('@') || !text.split_whitespace().any(address) {
        return text;
    }
    let words = text.split(' ').map(|word| if address(word) { "(hidden)" } else { word });
    words.collect::<Vec<_>>().join(" ").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Sku;
    use crate::domain::refusal::Shortfall;

    /// What went wrong decides the status, the code and when to come back.
    #[test]
    fn each_fault_has_its_status() {
        let sku = Sku::parse("TEE-M").unwrap();
        let short = Refusal::InsufficientStock(vec![Shortfall { sku: sku.clone(), asked: 2, free: 1 }]);
        for (fault, status, code, retry) in [
            (Fault::Refused(short), 409, "insufficient_stock", false),
            (Fault::Refused(Refusal::UnknownSku(sku)), 404, "unknown_sku", false),
            (Fault::Refused(Refusal::UnknownSeen), 422, "unknown_seen", false),
            (Fault::Refused(Refusal::IdempotencyConflict), 409, "idempotency_conflict", false),
            (Fault::HeldInPart { still_held: Vec::new() }, 409, "reservation_expired", false),
            (Fault::Busy, 429, "busy", true),
            (Fault::Unavailable("away".to_owned()), 503, "unavailable", true),
            (Fault::StoreLost("gone".to_owned()), 503, "store_lost", true),
            (Fault::OutcomeUnknown, 503, "outcome_unknown", true),
        ] {
            let problem = Problem::from(fault);
            assert_eq!((problem.status.as_u16(), problem.code), (status, code));
            assert_eq!(problem.retry_after_s.is_some(), retry, "{code}");
        }
    }

    /// Words that may be an address are hidden; the rule that names the sign is not.
    #[test]
    fn addresses_are_hidden() {
        let problem = Problem::invalid("cart", "found `a@b.de` without @ here");
        assert_eq!(problem.detail.as_deref(), Some("found (hidden) without @ here"));
    }
}
