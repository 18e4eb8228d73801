//! What handlers ask of a request's head: names in the path, who asks, and the command's id.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use super::door::{Door, Inside};
use super::query::Query;
use crate::config::Settings;
use crate::domain::ids::{ChannelId, CommandId, Sku, WarehouseId};
use crate::edge::auth::Caller;
use crate::edge::command::Signed;
use crate::edge::fault::Problem;
use crate::edge::wire::text::{Name, complaint};

/// Carries a command's id.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Marks a request whose id was made here.
#[derive(Debug, Clone)]
pub(super) struct Minted(pub(super) CommandId);

/// Somebody who asks, and the house.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) inside: Arc<Inside>,
    pub(super) settings: Arc<Settings>,
    pub(super) caller: Caller,
    query: Option<String>,
}

/// Somebody who changes something.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) ask: Ask,
    pub(super) signed: Signed,
}

/// A name in the path.
#[derive(Debug)]
pub(super) struct InPath<T>(pub(super) T);

/// A name that stands in paths.
pub(super) trait PathName: Name {
    /// The parameter's name.
    const PARAMETER: &'static str;

    /// What is answered to a text that can be no such name.
    fn impossible(complaint: String) -> Problem {
        Problem::invalid(Self::PARAMETER, complaint)
    }
}

impl PathName for Sku {
    const PARAMETER: &'static str = "sku";
}

impl PathName for CommandId {
    const PARAMETER: &'static str = "reservation";

    fn impossible(complaint: String) -> Problem {
        Problem::not_found("unknown_reservation", complaint)
    }
}

impl PathName for WarehouseId {
    const PARAMETER: &'static str = "warehouse";

    fn impossible(complaint: String) -> Problem {
        Problem::not_found("unknown_warehouse", complaint)
    }
}

impl PathName for ChannelId {
    const PARAMETER: &'static str = "channel";

    fn impossible(complaint: String) -> Problem {
        Problem::not_found("unknown_channel", complaint)
    }
}

impl<T: PathName, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let parameters = parameters
            .map_err(|_| Problem::malformed("malformed_path", "the path is no UTF-8 once decoded"))?;
        let text = parameters.iter().find(|(name, _)| *name == T::PARAMETER).map(|(_, text)| text);
        T::parse(text.unwrap_or_default()).map(Self).map_err(|invalid| T::impossible(complaint(&invalid)))
    }
}

impl FromRequestParts<Arc<Door>> for Ask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, Problem> {
        let inside = door.inside()?;
        let settings = door.settings();
        let caller = Caller::of(&settings, &parts.headers, inside.house.now())?;
        Ok(Self { inside, settings, caller, query: parts.uri.query().map(str::to_owned) })
    }
}

impl Ask {
    /// Reads the query, which may have these parameters.
    pub(super) fn query(&self, known: &[&str]) -> Result<Query, Problem> {
        Query::read(self.query.as_deref(), known)
    }
}

impl FromRequestParts<Arc<Door>> for Change {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, Problem> {
        let ask = Ask::from_request_parts(parts, door).await?;
        let minted = parts.extensions.get::<Minted>();
        if minted.is_some() && ask.settings.http.require_ids {
            return Err(Problem::malformed(
                "idempotency_key_missing",
                "send a header `Idempotency-Key` with an id of your own, best a UUID of version 7",
            ));
        }
        let id = match minted {
            Some(minted) => minted.0.clone(),
            None => sent_id(&parts.headers)?,
        };
        let actor = ask.caller.name.clone();
        let signed = Signed { id, minted: minted.is_some(), actor };
        Ok(Self { ask, signed })
    }
}

fn sent_id(headers: &HeaderMap) -> Result<CommandId, Problem> {
    let mut sent = headers.get_all(IDEMPOTENCY_KEY).iter();
    let wrong = |detail: String| Problem::malformed("idempotency_key_invalid", detail);
    let (Some(value), None) = (sent.next(), sent.next()) else {
        return Err(wrong("send the header `Idempotency-Key` once".to_owned()));
    };
    let text = value.to_str().map_err(|_| wrong("the id is no visible ASCII".to_owned()))?;
    CommandId::parse(text).map_err(|invalid| wrong(complaint(&invalid)))
}
