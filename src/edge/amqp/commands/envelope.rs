//! What a delivery is: a command with its id, or something that is none.

use axum::http::StatusCode;
use lapin::BasicProperties;

use crate::domain::ids::{ActorName, CommandId};
use crate::edge::auth::Caller;
use crate::edge::command::errand::Errand;
use crate::edge::fault::Problem;
use crate::edge::wire::feed::Fields;
use crate::edge::wire::text::{Name, complaint};

/// Bytes of an id that is repeated in an answer, right or wrong.
const ID_ECHOED_MAX: usize = 128;
/// Who a command is from where the broker does not say.
const NOBODY: &str = "amqp";

/// A command that was read.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) id: CommandId,
    pub(super) errand: Errand,
}

/// What can't be read as a command, and the id it seems to have.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) id: Option<String>,
    pub(super) problem: Problem,
}

/// Reads a delivery. The id is the property `message_id`, or the field `id` of the body as on a connection; where both
/// are there they say the same.
pub(super) fn read(
    properties: &BasicProperties,
    data: &[u8],
    bytes_max: u64,
) -> Result<Envelope, Box<Unreadable>> {
    let outside = properties.message_id().as_ref().map(|id| id.as_str().to_owned());
    let unreadable = |id: Option<String>, problem| Box::new(Unreadable { id: echoed(id), problem });
    if data.len() as u64 > bytes_max {
        let detail = format!("found {} bytes; a command may have {bytes_max}", data.len());
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is too large");
        return Err(unreadable(outside, problem.detail(detail)));
    }
    let mut fields: Fields<'_> = serde_json::from_slice(data).map_err(|error| {
        let detail = format!("a command is one JSON object: {error}");
        unreadable(outside.clone(), Problem::malformed("malformed_json", detail))
    })?;
    let inside = match fields.take("id").map(|sent| serde_json::from_str::<String>(sent.get())) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return Err(unreadable(outside, id_invalid("a text is right"))),
    };
    let id = match (outside, inside) {
        (Some(outside), Some(inside)) if outside != inside => {
            let detail = "message_id and the body's `id` are two; send one of them, or the same twice";
            return Err(unreadable(Some(outside), Problem::malformed("id_ambiguous", detail)));
        }
        (Some(id), _) | (None, Some(id)) => id,
        (None, None) => {
            let detail = "the property message_id (or the body's `id`) is missing: the broker may deliver a message \
                          twice, and only its id tells that from two commands";
            return Err(unreadable(None, Problem::malformed("id_missing", detail)));
        }
    };
    let command = <CommandId as Name>::parse(&id).map_err(|invalid| id_invalid(&complaint(&invalid)));
    let read = command.and_then(|id| Ok(Envelope { id, errand: Errand::read(&mut fields, "")? }));
    read.map_err(|problem| unreadable(Some(id), problem))
}

/// Who sent it, as far as the broker vouches for it: it lets a sender claim no user but its own.
pub(super) fn sender(properties: &BasicProperties) -> ActorName {
    let user = properties.user_id().as_ref().map(|user| format!("{NOBODY}:{user}"));
    let known = user.and_then(|user| ActorName::parse(&user).ok());
    known.unwrap_or_else(|| ActorName::stored(NOBODY))
}

/// Whoever sends commands, with what the settings allow.
pub(super) fn caller(properties: &BasicProperties, scopes: &[crate::config::Scope]) -> Caller {
    Caller::known_as(sender(properties), scopes)
}

fn id_invalid(complaint: &str) -> Problem {
    Problem::malformed("id_invalid", format!("id: {complaint}"))
}

fn echoed(id: Option<String>) -> Option<String> {
    id.filter(|id| id.len() <= ID_ECHOED_MAX)
}
