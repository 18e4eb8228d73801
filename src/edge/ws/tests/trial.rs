//! A session on a house in memory.

use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;

use crate::actor::house::trial::{Trial, run};
use crate::config::{Settings, Token, TokenHash};
use crate::edge::auth::Credential;
use crate::edge::command::FingerprintKey;
use crate::edge::door::{Door, Inside};
use crate::edge::ws::close::Close;
use crate::edge::ws::session::{Greeting, Heard, Session};
use crate::edge::ws::subscription::Next;
use crate::telemetry::Metrics;

/// One connection, and the house behind it.
pub(super) struct Line {
    pub(super) trial: Trial,
    pub(super) door: Arc<Door>,
    pub(super) session: Session,
}

/// Runs a test on a connection of somebody who may do everything.
pub(super) fn connected(test: impl AsyncFnOnce(&mut Line)) {
    with(Settings::default(), Credential::default(), test);
}

/// Runs a test on a connection of whoever bears this.
pub(super) fn with(settings: Settings, credential: Credential, test: impl AsyncFnOnce(&mut Line)) {
    run(async {
        let trial = Trial::open(64).await;
        let door = Door::new(Arc::new(settings), Arc::new(Metrics::new()));
        let key = FingerprintKey::of_store(b"trial");
        door.open(trial.house.clone(), key);
        let inside = door.inside().unwrap();
        let session = Session::enter(door.clone(), inside, credential).unwrap();
        test(&mut Line { trial, door, session }).await;
    });
}

/// Settings with one token that may do this.
pub(super) fn tokens(secret: &str, scopes: &[&str]) -> Settings {
    let scopes = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
    let token = Token { name: "one".to_owned(), hash: TokenHash::of(secret), scopes, expires: None };
    Settings { tokens: vec![token], ..Settings::default() }
}

impl Line {
    /// Sends a message, lets its command run, and takes every frame there is to take then.
    pub(super) async fn say(&mut self, message: Value) -> Vec<Value> {
        self.say_text(&message.to_string()).await.unwrap()
    }

    /// The same with any text; the end where there is one.
    pub(super) async fn say_text(&mut self, text: &str) -> Result<Vec<Value>, Close> {
        match self.session.hear(text, Instant::now()) {
            Heard::Nothing => {}
            Heard::Run(errand) => {
                let (answer, weight) = errand.run().await;
                self.session.answer(answer, weight);
            }
            Heard::Close(close) => return Err(close),
        }
        Ok(self.frames().await)
    }

    /// Every frame there is to take now.
    pub(super) async fn frames(&mut self) -> Vec<Value> {
        // What a channel shows follows in a task of its own.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let mut frames = Vec::new();
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        loop {
            if let Some(frame) = self.session.reply() {
                frames.push(parse(&frame));
                continue;
            }
            match self.session.news(Instant::now()) {
                Next::News(frame, _) | Next::Frame(frame) => frames.push(parse(&frame)),
                Next::Quiet => {}
                Next::Nothing => break,
            }
        }
        frames
    }

    /// Somebody nobody knows yet, at the same door.
    pub(super) fn stranger(&self) -> Greeting {
        let inside: Arc<Inside> = self.door.inside().unwrap();
        Greeting::new(self.door.clone(), inside)
    }
}
