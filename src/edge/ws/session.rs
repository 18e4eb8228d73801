//! The protocol of one connection, without a socket: messages in, frames out.
//!
//! Two types for two lives: a [`Greeting`] takes nothing but the word who it is; it is used up by the right one, and a
//! [`Session`] comes of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::close::Close;
use super::errand::UnderWay;
use super::subscription::{Every, Next, Subscription, joined, said};
use super::topic::Topic;
use crate::config::Settings;
use crate::domain::ids::{CommandId, Sku};
use crate::edge::auth::{Caller, Credential};
use crate::edge::command::errand::{Errand, unknown_word};
use crate::edge::command::{Asking, Signed, Verb};
use crate::edge::door::{Door, Inside};
use crate::edge::fault::Problem;
use crate::edge::wire::feed::{
    AuthBody, Authenticated, Fields, Hello, Limits, Saying, SubscribeBody, TopicAnswer,
};
use crate::edge::wire::text::{Name, complaint};

/// Bytes of an id that is repeated in an answer, right or wrong.
const ID_ECHOED_MAX: usize = 128;
/// Bytes of the longest name of a topic.
const TOPIC_ECHOED_MAX: usize = 64;
/// Commands of the longest kind that may be under way at once; shorter ones may be more.
const LONGEST_IN_FLIGHT: usize = 4;

/// What a connection may say beside commands.
const OTHER_WORDS: &str = "subscribe, unsubscribe, auth, and with an `id`: ";

/// What a heard message asks of whoever holds the socket.
#[derive(Debug)]
pub(super) enum Heard {
    /// Nothing beside sending what is to be said.
    Nothing,
    /// A command to carry out; its answer is said when it is there.
    Run(Box<UnderWay>),
    /// The end.
    Close(Close),
}

/// A connection nobody has spoken for yet.
#[derive(Debug)]
pub(super) struct Greeting {
    door: Arc<Door>,
    inside: Arc<Inside>,
}

/// A connection of somebody known.
#[derive(Debug)]
pub(super) struct Session {
    door: Arc<Door>,
    asking: Asking,
    credential: Credential,
    subscriptions: Vec<Subscription>,
    outbox: VecDeque<Utf8Bytes>,
    outbox_bytes: usize,
    in_flight: u64,
    in_flight_bytes: usize,
    /// Whose turn it is to be looked at first, so that a busy topic does not starve another.
    turn: usize,
}

/// The first words to a reader.
pub(super) fn hello(settings: &Settings, auth_needed: bool) -> Utf8Bytes {
    let feed = &settings.feed;
    said(&Saying::Hello(Hello {
        server: concat!("lagerd ", env!("CARGO_PKG_VERSION")),
        auth_needed,
        auth_within_s: feed.auth_timeout_s,
        ping_every_s: feed.ping_interval_s,
        limits: Limits {
            message_bytes: feed.message_bytes_max,
            subscriptions: feed.subscriptions_max,
            skus: feed.skus_max,
            commands_in_flight: feed.commands_in_flight,
        },
    }))
}

impl Greeting {
    pub(super) const fn new(door: Arc<Door>, inside: Arc<Inside>) -> Self {
        Self { door, inside }
    }

    /// The one message that is right now is `auth`. Whoever says anything else, or a token nobody knows, is told so once
    /// and has to go.
    pub(super) fn hear(&self, text: &str) -> Result<Session, (Utf8Bytes, Close)> {
        let refused = |close: Close| move |problem: Problem| (complained(&problem, None), close);
        let credential = sent_auth(text).map_err(refused(Close::BAD_MESSAGE))?;
        let entered = Session::enter(self.door.clone(), self.inside.clone(), credential);
        let mut session = entered.map_err(refused(Close::UNAUTHORISED))?;
        session.authenticated();
        Ok(session)
    }
}

fn sent_auth(text: &str) -> Result<Credential, Problem> {
    let mut fields = fields(text)?;
    let Some(body) = fields.take("auth").filter(|_| fields.0.is_empty()) else {
        let detail = r#"the first message is {"auth":{"token":"…"}}"#;
        return Err(Problem::malformed("auth_needed", detail));
    };
    let said: AuthBody = read(body.get())?;
    Ok(Credential::of_secret(said.token.as_deref()))
}

impl Session {
    /// A session of whoever bears this.
    pub(super) fn enter(
        door: Arc<Door>,
        inside: Arc<Inside>,
        credential: Credential,
    ) -> Result<Self, Problem> {
        let settings = door.settings();
        let caller = Caller::bearing(&settings, &credential, inside.house.now())?;
        let asking = Asking { inside, settings, caller };
        Ok(Self {
            door,
            asking,
            credential,
            subscriptions: Vec::new(),
            outbox: VecDeque::new(),
            outbox_bytes: 0,
            in_flight: 0,
            in_flight_bytes: 0,
            turn: 0,
        })
    }

    fn authenticated(&mut self) {
        let name = self.asking.caller.name.as_ref().map(|name| name.as_str());
        let frame = said(&Saying::Authenticated(Authenticated { name }));
        self.say(frame);
    }

    /// Takes a message.
    pub(super) fn hear(&mut self, text: &str, now: Instant) -> Heard {
        if let Err(close) = self.still_welcome() {
            return Heard::Close(close);
        }
        let mut fields = match fields(text) {
            Ok(fields) => fields,
            Err(problem) => {
                self.complain(&problem, None);
                return Heard::Nothing;
            }
        };
        if let Some(id) = fields.take("id") {
            return self.command(id.get(), fields);
        }
        let heard = match fields.0.as_slice() {
            [(word, body)] => match word.as_ref() {
                "subscribe" => self.subscribe(body.get(), now),
                "unsubscribe" => self.unsubscribe(body.get()),
                "auth" => match self.auth(text) {
                    Ok(()) => Ok(()),
                    Err(problem) => {
                        self.complain(&problem, None);
                        return Heard::Close(Close::UNAUTHORISED);
                    }
                },
                word if Verb::named(word).is_some() => {
                    let detail = format!("`{word}` is a command and needs an `id` beside it");
                    Err((Problem::malformed("id_missing", detail), None))
                }
                word => Err((unknown_word(word, OTHER_WORDS), None)),
            },
            fields => {
                let detail = format!(
                    "found {} words; one of subscribe, unsubscribe, auth, or a command with its `id`",
                    fields.len()
                );
                Err((Problem::malformed("unknown_message", detail), None))
            }
        };
        if let Err((problem, topic)) = heard {
            self.complain(&problem, topic.as_deref());
        }
        Heard::Nothing
    }

    fn auth(&mut self, text: &str) -> Result<(), Problem> {
        let credential = sent_auth(text)?;
        let now = self.asking.inside.house.now();
        self.asking.settings = self.door.settings();
        self.asking.caller = Caller::bearing(&self.asking.settings, &credential, now)?;
        self.credential = credential;
        for known in &self.subscriptions {
            known.topic.must_be_open_to(&self.asking.caller)?;
        }
        self.authenticated();
        Ok(())
    }

    fn subscribe(&mut self, body: &str, now: Instant) -> Result<(), (Problem, Option<String>)> {
        let said: SubscribeBody = read(body).map_err(|problem| (problem, None))?;
        let name = topic_name(said.topic, said.channel.as_deref()).map_err(|problem| (problem, None))?;
        let refused = |problem: Problem| (problem, Some(name.clone()));
        let house = &self.asking.inside.house;
        let topic = Topic::find(house, &self.asking.caller, &name).map_err(refused)?;
        if said.skus.is_some() && !topic.has_skus() {
            let detail = "skus: this topic has none; leave it out";
            return Err(refused(Problem::invalid("skus", detail)));
        }
        let feed = &self.asking.settings.feed;
        let (most, most_skus) = (feed.subscriptions_max, feed.skus_max);
        if self.subscriptions.iter().any(|known| known.name == name) {
            let detail = "unsubscribe first, to follow it otherwise";
            return Err(refused(conflict("already_subscribed", "this topic is followed already", detail)));
        }
        if self.subscriptions.len() as u64 >= most {
            let detail = format!("one connection follows up to {most} topics");
            return Err(refused(conflict("too_many_subscriptions", "too many topics", detail)));
        }
        let skus: Option<Vec<Sku>> = said.skus.map(|skus| skus.into_iter().map(|sku| sku.0).collect());
        let named = self.subscriptions.iter().map(Subscription::skus).sum::<usize>();
        let named = named.saturating_add(skus.as_ref().map_or(0, Vec::len));
        if named as u64 > most_skus {
            let detail =
                format!("skus: {named} with those named before; one connection may name {most_skus}");
            return Err(refused(conflict("too_many_skus", "too many SKUs", detail)));
        }
        let hall = &self.door.hall;
        self.subscriptions.push(Subscription::new(topic, |name| hall.frames(name), skus, said.since, now));
        Ok(())
    }

    fn unsubscribe(&mut self, body: &str) -> Result<(), (Problem, Option<String>)> {
        let said: SubscribeBody = read(body).map_err(|problem| (problem, None))?;
        let name = topic_name(said.topic, said.channel.as_deref()).map_err(|problem| (problem, None))?;
        let Some(at) = self.subscriptions.iter().position(|known| known.name == name) else {
            let problem = conflict("not_subscribed", "this topic is not followed", "nothing to end");
            return Err((problem, Some(name)));
        };
        self.subscriptions.remove(at);
        self.say(super::subscription::said(&Saying::Unsubscribed(TopicAnswer { topic: &name })));
        Ok(())
    }

    fn command(&mut self, id: &str, mut fields: Fields<'_>) -> Heard {
        let text: Option<String> = serde_json::from_str(id).ok();
        let Some(text) = text.filter(|text| text.len() <= ID_ECHOED_MAX) else {
            let problem =
                Problem::malformed("id_invalid", "id: a text of 1 to 128 visible ASCII characters without /");
            self.complain(&problem, None);
            return Heard::Nothing;
        };
        match self.under_way(&text, &mut fields) {
            Ok(errand) => {
                self.in_flight = self.in_flight.saturating_add(1);
                self.in_flight_bytes = self.in_flight_bytes.saturating_add(errand.weight());
                Heard::Run(Box::new(errand))
            }
            Err(problem) => {
                self.say(super::errand::frame(&text, Err(problem)));
                Heard::Nothing
            }
        }
    }

    fn under_way(&self, id: &str, fields: &mut Fields<'_>) -> Result<UnderWay, Problem> {
        let wrong = |invalid| Problem::malformed("id_invalid", format!("id: {}", complaint(&invalid)));
        let id = <CommandId as Name>::parse(id).map_err(wrong)?;
        let errand = Errand::read(fields, OTHER_WORDS)?;
        let most = self.asking.settings.feed.commands_in_flight;
        if self.in_flight >= most {
            return Err(Problem::busy(format!("{most} commands of this connection are under way")));
        }
        let bytes = usize::try_from(self.asking.settings.feed.message_bytes_max).unwrap_or(usize::MAX);
        if self.in_flight_bytes > bytes.saturating_mul(LONGEST_IN_FLIGHT) {
            return Err(Problem::busy(
                "commands of this connection that are under way are too long together",
            ));
        }
        let actor = self.asking.caller.name.clone();
        let signed = Signed { id, minted: false, actor, trace: errand.trace };
        Ok(UnderWay { asking: self.asking.clone(), signed, errand })
    }

    /// Says a command's answer; `weight` is what it weighed while it was under way.
    pub(super) fn answer(&mut self, frame: Utf8Bytes, weight: usize) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.in_flight_bytes = self.in_flight_bytes.saturating_sub(weight);
        self.say(frame);
    }

    fn say(&mut self, frame: Utf8Bytes) {
        self.outbox_bytes = self.outbox_bytes.saturating_add(frame.len());
        self.outbox.push_back(frame);
    }

    /// What is to be said regardless of news.
    pub(super) fn reply(&mut self) -> Option<Utf8Bytes> {
        let frame = self.outbox.pop_front()?;
        self.outbox_bytes = self.outbox_bytes.saturating_sub(frame.len());
        Some(frame)
    }

    /// Bytes of what is to be said regardless of news.
    pub(super) const fn unsaid(&self) -> usize {
        self.outbox_bytes
    }

    /// The next frame of any subscription.
    pub(super) fn news(&mut self, now: Instant) -> Next {
        let feed = &self.asking.settings.feed;
        let (checksum, silence) = (feed.checksum_interval_s, feed.ping_interval_s);
        let every = Every { checksum: Duration::from_secs(checksum), silence: Duration::from_secs(silence) };
        let count = self.subscriptions.len();
        let house = &self.asking.inside.house;
        let mut nothing = Next::Nothing;
        for step in 0..count {
            let at = self.turn.wrapping_add(step).checked_rem(count).unwrap_or(0);
            let Some(subscription) = self.subscriptions.get_mut(at) else { continue };
            match subscription.next(house, now, every) {
                Next::Nothing => {}
                Next::Quiet => nothing = Next::Quiet,
                next => {
                    self.turn = at.wrapping_add(1);
                    return next;
                }
            }
        }
        nothing
    }

    /// Whether its reader may still be here: a token may have ended or been taken away meanwhile.
    pub(super) fn still_welcome(&mut self) -> Result<(), Close> {
        let settings = self.door.settings();
        let now = self.asking.inside.house.now();
        if Arc::ptr_eq(&settings, &self.asking.settings) && !self.credential.may_expire(&settings) {
            return Ok(());
        }
        let caller = Caller::bearing(&settings, &self.credential, now).map_err(|_| Close::UNAUTHORISED)?;
        self.asking.settings = settings;
        self.asking.caller = caller;
        let open = |known: &Subscription| known.topic.must_be_open_to(&self.asking.caller).is_ok();
        if self.subscriptions.iter().all(open) { Ok(()) } else { Err(Close::UNAUTHORISED) }
    }

    /// Its subscriptions, to wait for them.
    pub(super) fn subscriptions(&mut self) -> &mut [Subscription] {
        &mut self.subscriptions
    }

    fn complain(&mut self, problem: &Problem, topic: Option<&str>) {
        // A topic that can be none is not repeated: it may be as long as a message.
        let topic = topic.filter(|topic| topic.len() <= TOPIC_ECHOED_MAX);
        self.say(complained(problem, topic));
    }
}

fn fields(text: &str) -> Result<Fields<'_>, Problem> {
    serde_json::from_str(text).map_err(|error| {
        Problem::malformed("malformed_json", format!("a message is one JSON object: {error}"))
    })
}

fn read<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, Problem> {
    crate::edge::command::Said(text.as_bytes()).read()
}

fn topic_name(topic: Option<String>, channel: Option<&str>) -> Result<String, Problem> {
    match (topic, channel) {
        (Some(topic), None) => Ok(topic),
        (None, Some(channel)) => Ok(format!("channel:{channel}")),
        (_, _) => Err(Problem::invalid("topic", "topic: name either a `topic` or a `channel`")),
    }
}

fn conflict(
    code: &'static str,
    title: &'static str,
    detail: impl Into<std::borrow::Cow<'static, str>>,
) -> Problem {
    Problem::new(axum::http::StatusCode::CONFLICT, code, title).detail(detail)
}

/// A problem that is no command's answer.
pub(super) fn complained(problem: &Problem, topic: Option<&str>) -> Utf8Bytes {
    let topic = topic.and_then(|topic| serde_json::to_string(topic).ok());
    let behind = topic.map_or_else(|| "}".to_owned(), |topic| format!(r#","topic":{topic}}}"#));
    joined(&[br#"{"error":"#, &problem.to_json(), behind.as_bytes()])
}
