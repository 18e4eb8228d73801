//! Following one journal.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::place::Place;
use super::{Away, CONSUMER, Relay, To};
use crate::feed::happened::{Happened, What, of_entry};
use crate::journal::{Head, JournalError, JournalId, StoredEntry, Table};

/// Entries read at once.
const PAGE: usize = 256;
/// How often a cursor is written at most; what was told after it is told again after a crash.
const SAVE_EVERY: Duration = Duration::from_millis(250);
/// How long until a journal is looked at again that nobody rang for: another daemon may write to it.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Pause after trouble, at least and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// How long what is on its way at a stop is waited for.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Why a journal could not be followed any further.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Store(#[from] JournalError),
    #[error(transparent)]
    Outlet(#[from] Away),
}

/// What comes after what was sent last.
enum After {
    /// These entries, in order.
    Entries(Vec<StoredEntry>),
    /// These, and before them some that were forgotten untold.
    Gap(Vec<StoredEntry>),
    /// The entry sent last is not the journal's any more: another history has replaced it.
    Replaced,
}

/// An entry that is on its way, with how many things it says.
type OnItsWay = BoxFuture<'static, (Head, usize, Result<(), Away>)>;

/// How far one run has come.
struct Run<'r> {
    relay: &'r Relay,
    id: &'r JournalId,
    place: &'r Place,
    /// Handed to the outlet.
    sent: Head,
    /// Confirmed by it.
    told: Head,
    /// Written as the cursor.
    saved: Head,
    saved_at: Instant,
    /// Only its front is waited for, so that what is confirmed behind it wakes nobody.
    window: VecDeque<OnItsWay>,
    /// Things in the window.
    in_flight: usize,
}

impl Relay {
    pub(super) async fn follow(
        self: Arc<Self>,
        id: JournalId,
        place: Arc<Place>,
        stopping: CancellationToken,
    ) {
        let mut pause = PAUSE.0;
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = self.outlet.ready() => {}
            }
            let begun = Instant::now();
            match self.run_once(&id, &place, &stopping).await {
                Ok(()) => return,
                Err(Trouble::Outlet(away)) => {
                    tracing::debug!(journal = %id, %away, "going back to the cursor")
                }
                Err(Trouble::Store(error)) => {
                    tracing::warn!(journal = %id, %error, "the journal can't be told further")
                }
            }
            pause = if begun.elapsed() > PAUSE.1 { PAUSE.0 } else { (pause * 2).min(PAUSE.1) };
            let jittered = pause.mul_f64(fastrand::f64().mul_add(0.5, 0.5));
            if tokio::time::timeout(jittered, stopping.cancelled()).await.is_ok() {
                return;
            }
        }
    }

    async fn run_once(
        &self,
        id: &JournalId,
        place: &Place,
        stopping: &CancellationToken,
    ) -> Result<(), Trouble> {
        let cursors = self.journal.cursors(id).await?;
        let cursor = cursors.into_iter().find(|(name, _)| name == CONSUMER).map(|(_, at)| at);
        let at = cursor.unwrap_or(Head::GENESIS);
        let mut bell = place.listen();
        let mut run = Run {
            relay: self,
            id,
            place,
            sent: at,
            told: at,
            saved: at,
            saved_at: Instant::now(),
            window: VecDeque::new(),
            in_flight: 0,
        };
        place.told(at.version, self.clock.wall());
        while !stopping.is_cancelled() {
            bell.borrow_and_update();
            if let Err(trouble) = run.go_on(&mut bell, stopping).await {
                // What is confirmed stays so: a run that ends early must not begin where it began.
                run.save_if_due(true).await?;
                return Err(trouble);
            }
        }
        drop(tokio::time::timeout(LAST_WORDS, run.finish()).await);
        Ok(())
    }
}

impl Relay {
    /// Joins what must not lie in a journal to what is told.
    pub(super) async fn join_contacts(
        &self,
        id: &JournalId,
        happened: &mut [Happened],
    ) -> Result<(), JournalError> {
        for happened in happened {
            if let What::Document(told) = &mut happened.what
                && self.outlet.needs_contact(told.fact.kind)
                && let Some(order) = told.document.as_ref().and_then(|document| document.order())
            {
                let key = order.id.as_str().as_bytes();
                told.contact = Some(self.journal.row(id, Table::Contacts, key).await?);
            }
        }
        Ok(())
    }
}

impl Run<'_> {
    async fn go_on(
        &mut self,
        bell: &mut watch::Receiver<u64>,
        stopping: &CancellationToken,
    ) -> Result<(), Trouble> {
        if !self.send_next(stopping).await? {
            self.wait(bell, stopping).await?;
        }
        self.save_if_due(false).await
    }

    /// Sends the next entries; false where there are none.
    async fn send_next(&mut self, stopping: &CancellationToken) -> Result<bool, Trouble> {
        let from = self.sent.version.max(1);
        let page = self.relay.journal.read(self.id, from, PAGE).await?;
        if let Some(last) = page.last() {
            self.place.seen(last.head.version, self.relay.clock.wall());
        }
        let entries = match after(self.sent, page) {
            After::Entries(entries) => entries,
            After::Gap(entries) => {
                if let Some(first) = entries.first() {
                    self.tell_gap(first.head).await?;
                }
                entries
            }
            After::Replaced => {
                tracing::warn!(journal = %self.id, at = %self.sent, "the journal has another history now; all of it is told again");
                self.finish().await?;
                self.relay.journal.set_cursor(self.id, CONSUMER, None).await?;
                (self.sent, self.told, self.saved) = (Head::GENESIS, Head::GENESIS, Head::GENESIS);
                return Ok(true);
            }
        };
        let any = !entries.is_empty();
        for stored in entries {
            if stopping.is_cancelled() {
                break;
            }
            let mut happened = of_entry(self.id, &stored)?;
            self.relay.join_contacts(self.id, &mut happened).await?;
            self.send(stored.head, happened).await?;
            self.save_if_due(false).await?;
        }
        Ok(any)
    }

    async fn tell_gap(&mut self, next: Head) -> Result<(), Trouble> {
        let from = self.sent.version.saturating_add(1);
        tracing::error!(journal = %self.id, from, to = next.version.saturating_sub(1), "entries were forgotten before they were told");
        let gap = Happened::gap(self.id, from, next, self.relay.clock.wall());
        let before = Head { version: next.version.saturating_sub(1), nonce: next.nonce };
        self.send(before, vec![gap]).await
    }

    async fn send(&mut self, head: Head, happened: Vec<Happened>) -> Result<(), Trouble> {
        let things = happened.len();
        let most = self.relay.outlet.window();
        while self.in_flight > 0 && self.in_flight.saturating_add(things) > most {
            self.confirmed().await?;
        }
        while let Some(Some((head, things, done))) = next(&mut self.window).now_or_never() {
            self.take(head, things, done)?;
        }
        let confirming = self.relay.outlet.send(happened, To::Everybody).await?;
        self.in_flight = self.in_flight.saturating_add(things);
        self.window.push_back(confirming.map(move |done| (head, things, done)).boxed());
        self.sent = head;
        Ok(())
    }

    /// Waits for the oldest thing on its way; what is confirmed already is written meanwhile.
    async fn confirmed(&mut self) -> Result<(), Trouble> {
        loop {
            match tokio::time::timeout(SAVE_EVERY, next(&mut self.window)).await {
                Ok(Some((head, things, done))) => return self.take(head, things, done),
                Ok(None) => return Ok(()),
                Err(_) => self.save_if_due(false).await?,
            }
        }
    }

    fn take(&mut self, head: Head, things: usize, done: Result<(), Away>) -> Result<(), Trouble> {
        done?;
        self.in_flight = self.in_flight.saturating_sub(things);
        self.told = head;
        self.place.told(head.version, self.relay.clock.wall());
        Ok(())
    }

    /// Waits for a confirmation, an entry, or a while.
    async fn wait(
        &mut self,
        bell: &mut watch::Receiver<u64>,
        stopping: &CancellationToken,
    ) -> Result<(), Trouble> {
        let until =
            if self.told == self.saved { Instant::now() + LOOK_EVERY } else { self.saved_at + SAVE_EVERY };
        let any = !self.window.is_empty();
        tokio::select! {
            done = next(&mut self.window), if any => {
                if let Some((head, things, done)) = done {
                    self.take(head, things, done)?;
                }
            }
            _ = bell.changed() => {}
            () = tokio::time::sleep_until(until) => {}
            () = stopping.cancelled() => {}
        }
        Ok(())
    }

    async fn save_if_due(&mut self, now: bool) -> Result<(), Trouble> {
        if self.told != self.saved && (now || self.saved_at.elapsed() >= SAVE_EVERY) {
            self.relay.journal.set_cursor(self.id, CONSUMER, Some(self.told)).await?;
            (self.saved, self.saved_at) = (self.told, Instant::now());
        }
        Ok(())
    }

    /// Waits for everything on its way.
    async fn finish(&mut self) -> Result<(), Trouble> {
        while !self.window.is_empty() {
            self.confirmed().await?;
        }
        self.save_if_due(true).await
    }
}

/// What is on its way the longest, once it is confirmed or not; stays in the window until then.
async fn next(window: &mut VecDeque<OnItsWay>) -> Option<(Head, usize, Result<(), Away>)> {
    let done = window.front_mut()?.await;
    window.pop_front();
    Some(done)
}

/// What a page that begins with the entry sent last says about what comes after it.
fn after(sent: Head, page: Vec<StoredEntry>) -> After {
    let Some(first) = page.first() else {
        return if sent == Head::GENESIS { After::Entries(page) } else { After::Replaced };
    };
    let next = sent.version.saturating_add(1);
    if first.head.version > next {
        return After::Gap(page);
    }
    if sent == Head::GENESIS || first.head.version == next {
        return After::Entries(page);
    }
    if first.head != sent {
        return After::Replaced;
    }
    After::Entries(page.into_iter().skip(1).collect())
}
