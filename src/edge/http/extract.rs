//! What handlers ask of a request's head: names in the path, who asks, and the command's id.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use super::query::Query;
use crate::domain::ids::CommandId;
use crate::domain::trace::Trace;
use crate::edge::auth::Caller;
use crate::edge::command::target::Target;
use crate::edge::command::{Asking, Signed};
use crate::edge::door::Door;
use crate::edge::fault::Problem;
use crate::edge::wire::text::complaint;

/// Carries a command's id.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says whose trace a request belongs to.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Marks a request whose id was made here.
#[derive(Debug, Clone)]
pub(super) struct Minted(pub(super) CommandId);

/// Somebody who reads something.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) asking: Asking,
    query: Option<String>,
}

/// Somebody who changes something.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) asking: Asking,
    pub(super) signed: Signed,
    query: Option<String>,
}

/// A name in the path.
#[derive(Debug)]
pub(super) struct InPath<T>(pub(super) T);

impl<T: Target, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let parameters = parameters
            .map_err(|_| Problem::malformed("malformed_path", "the path is no UTF-8 once decoded"))?;
        let text = parameters.iter().find(|(name, _)| *name == T::NAME).map(|(_, text)| text);
        T::read(text.unwrap_or_default()).map(Self)
    }
}

impl FromRequestParts<Arc<Door>> for Ask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, Problem> {
        let inside = door.inside()?;
        let settings = door.settings();
        let caller = Caller::of(&settings, &parts.headers, inside.house.now())?;
        let asking = Asking { inside, settings, caller };
        Ok(Self { asking, query: parts.uri.query().map(str::to_owned) })
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
        let Ask { asking, query } = Ask::from_request_parts(parts, door).await?;
        let minted = parts.extensions.get::<Minted>();
        if minted.is_some() && asking.settings.http.require_ids {
            return Err(Problem::malformed(
                "idempotency_key_missing",
                "send a header `Idempotency-Key` with an id of your own, best a UUID of version 7",
            ));
        }
        let id = match minted {
            Some(minted) => minted.0.clone(),
            None => sent_id(&parts.headers)?,
        };
        let (actor, trace) = (asking.caller.name.clone(), sent_trace(&parts.headers));
        let signed = Signed { id, minted: minted.is_some(), actor, trace };
        Ok(Self { asking, signed, query })
    }
}

impl Change {
    /// Reads the query, which may have these parameters.
    pub(super) fn query(&self, known: &[&str]) -> Result<Query, Problem> {
        Query::read(self.query.as_deref(), known)
    }
}

/// Whose trace a request belongs to. A context that is none, or stands there twice, counts as not sent.
fn sent_trace(headers: &HeaderMap) -> Option<Trace> {
    let mut sent = headers.get_all(TRACEPARENT).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else { return None };
    Trace::parse(value.to_str().ok()?)
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
