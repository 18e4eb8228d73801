//! One reader's subscription of one topic: from its place to the next frame.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::hall::{Encoded, Frames};
use super::topic::{Topic, Total, Written};
use crate::actor::House;
use crate::domain::ids::Sku;
use crate::edge::wire::feed::{Checksum, PlaceAnswer, Saying, Since};
use crate::feed::{Reader, Step};

/// A topic followed by one connection.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) topic: Topic,
    pub(super) name: String,
    view: String,
    reader: Reader,
    bell: watch::Receiver<u64>,
    frames: Arc<Frames>,
    /// Where the reader goes on, told before anything else.
    resumed: Option<u64>,
    /// When its table was checked last.
    heard_at: Instant,
    checked: Option<u64>,
    /// To be sent behind the frame it is of.
    checksum: Option<Utf8Bytes>,
}

/// How often a table is checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Every {
    /// While it changes.
    pub(super) checksum: Duration,
    /// While it does not: a page can't see pings, and knows by this that the line is alive.
    pub(super) silence: Duration,
}

/// What comes of a subscription next.
#[derive(Debug)]
pub(super) enum Next {
    /// A frame of news; the next one may wait a little.
    News(Utf8Bytes, u64),
    /// A frame with more behind it, or an answer.
    Frame(Utf8Bytes),
    /// Nothing: what changed is none of its SKUs. It need not look again at once.
    Quiet,
    /// Nothing now.
    Nothing,
}

impl Subscription {
    /// Begins where `since` says, if it is a place in this view, else with a snapshot.
    pub(super) fn new(
        topic: Topic,
        frames: impl FnOnce(&str) -> Arc<Frames>,
        skus: Option<Vec<Sku>>,
        since: Option<Since>,
        now: Instant,
    ) -> Self {
        // First: a topic nobody has followed yet begins with who listens.
        let mut bell = topic.listen();
        let (view, places) = topic.view();
        let (name, view) = (topic.name(), format!("{view:016x}"));
        let place = since.filter(|since| since.view == view && places.contains(&since.offset));
        let place = place.map(|since| since.offset);
        // What is there already is found by looking, not by waiting.
        bell.mark_changed();
        Self {
            frames: frames(&name),
            reader: Reader::new(place, skus),
            topic,
            name,
            view,
            bell,
            resumed: place,
            heard_at: now,
            checked: None,
            checksum: None,
        }
    }

    /// SKUs it names.
    pub(super) fn skus(&self) -> usize {
        self.reader.wanted().unwrap_or(0)
    }

    /// Waits until the topic has changed.
    pub(super) async fn changed(&mut self) {
        if self.bell.changed().await.is_err() {
            // The house is gone; the connection ends with it.
            std::future::pending::<()>().await;
        }
    }

    /// The next frame, as far as there is something new.
    pub(super) fn next(&mut self, house: &House, now: Instant, every: Every) -> Next {
        if let Some(offset) = self.resumed.take() {
            let place = PlaceAnswer { topic: &self.name, view: &self.view, offset };
            return Next::Frame(said(&Saying::Resumed(place)));
        }
        if let Some(checksum) = self.checksum.take() {
            return Next::Frame(checksum);
        }
        loop {
            self.bell.mark_unchanged();
            let Some(frame) = self.step(house, now, every) else { continue };
            return frame;
        }
    }

    /// One step of the reader; `None` where it looked at rows and found nothing to send.
    fn step(&mut self, house: &House, now: Instant, every: Every) -> Option<Next> {
        let (frames, mut known, before) = (&self.frames, None, self.reader.place());
        let (checked, heard_at) = (self.checked, self.heard_at);
        let is_known = |step: &Step| {
            if let Step::Changes { span: Some(span), .. } = step {
                known = frames.known(*span);
            }
            known.is_some()
        };
        let is_due = |place: u64| match checked {
            None => true,
            Some(checked) if checked == place => now >= heard_at + every.silence,
            Some(_) => now >= heard_at + every.checksum,
        };
        let Written { step, items, total } = self.topic.step(house, &mut self.reader, is_known, is_due);
        let checksum = total.map(|total| self.check(&total, now));
        match step {
            Step::Done => match checksum {
                Some(frame) => Some(Next::Frame(frame)),
                None if self.reader.place() > before => Some(Next::Quiet),
                None => Some(Next::Nothing),
            },
            Step::Again => None,
            Step::Page { offset, more, .. } => {
                self.checksum = checksum;
                Some(Next::Frame(self.page(offset, &items, more)))
            }
            Step::Changes { span, offset, conflated, .. } => {
                self.checksum = checksum;
                let frame = known.unwrap_or_else(|| {
                    let frame = self.changes(offset, &items);
                    if let Some(span) = span {
                        self.frames.keep(span, frame.clone());
                    }
                    frame
                });
                let text = with_own_words(frame, conflated);
                // Rows are looked through without a pause; a reader that has come to a new place can wait.
                Some(if offset > before { Next::News(text, conflated) } else { Next::Frame(text) })
            }
        }
    }

    /// What the reader's table must add up to, behind all that was written so far.
    fn check(&mut self, total: &Total, now: Instant) -> Utf8Bytes {
        let offset = self.reader.place();
        self.heard_at = now;
        self.checked = Some(offset);
        let (topic, view) = (self.name.as_str(), self.view.as_str());
        said(&Saying::Checksum(Checksum { topic, view, offset, sum: total.sum, items: total.items }))
    }

    fn page(&self, offset: u64, items: &[u8], more: bool) -> Utf8Bytes {
        let Self { name, view, .. } = self;
        let head = format!(r#"{{"snapshot":{{"topic":"{name}","view":"{view}","offset":{offset},"items":"#);
        joined(&[head.as_bytes(), items, format!(r#","more":{more}}}}}"#).as_bytes()])
    }

    fn changes(&self, offset: u64, items: &[u8]) -> Encoded {
        let head = format!(r#"{{"changes":{{"topic":"{}","offset":{offset},"#, self.name);
        Encoded { own_at: head.len(), text: joined(&[head.as_bytes(), br#""items":"#, items, b"}}"]) }
    }
}

/// A saying as it goes out.
pub(super) fn said(saying: &Saying<'_>) -> Utf8Bytes {
    // Shapes of strings and numbers always serialise.
    serde_json::to_string(saying).unwrap_or_default().into()
}

/// Texts that are UTF-8 each by itself, as one.
pub(super) fn joined(parts: &[&[u8]]) -> Utf8Bytes {
    String::from_utf8(parts.concat()).unwrap_or_default().into()
}

/// A frame with what is this reader's alone.
fn with_own_words(frame: Encoded, conflated: u64) -> Utf8Bytes {
    if conflated == 0 {
        return frame.text;
    }
    let (head, tail) = frame.text.as_bytes().split_at(frame.own_at);
    joined(&[head, format!(r#""conflated":{conflated},"#).as_bytes(), tail])
}
