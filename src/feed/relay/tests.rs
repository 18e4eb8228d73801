//! At least once, in order, from the cursor on; a gap and another history are told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Away, CONSUMER, Confirming, Outlet, Relay, Replay, To};
use crate::domain::desk::fact::DeskFactKind;
use crate::domain::ids::Sku;
use crate::domain::item::{ItemFact, Items};
use crate::domain::time::{Clock, Timestamp};
use crate::feed::happened::{Happened, What};
use crate::journal::memory::MemoryJournal;
use crate::journal::record::{Entry, changes_of};
use crate::journal::{Batch, Head, Journal, JournalId, JournalKind};

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(1_763_892_000_000)
    }

    fn boottime(&self) -> i64 {
        0
    }
}

/// Somebody who listens, and who may be hard of hearing.
#[derive(Debug)]
struct Listener {
    heard: Mutex<Vec<Happened>>,
    /// What went to one queue alone.
    again: Mutex<Vec<Happened>>,
    chance: Mutex<fastrand::Rng>,
    /// How often of 100 it does not take or not confirm something.
    deaf: u32,
    /// Nothing is confirmed.
    silent: AtomicBool,
}

impl Listener {
    fn new(seed: u64, deaf: u32) -> Arc<Self> {
        let chance = Mutex::new(fastrand::Rng::with_seed(seed));
        Arc::new(Self {
            heard: Mutex::default(),
            again: Mutex::default(),
            chance,
            deaf,
            silent: AtomicBool::new(false),
        })
    }

    fn misses(&self) -> bool {
        self.chance.lock().unwrap().u32(..100) < self.deaf
    }

    fn versions(&self) -> Vec<u64> {
        self.heard.lock().unwrap().iter().map(|happened| happened.head.version).collect()
    }

    /// Every version once, by its first hearing.
    fn first_heard(&self) -> Vec<u64> {
        let mut seen = std::collections::BTreeSet::new();
        self.versions().into_iter().filter(|version| seen.insert(*version)).collect()
    }
}

impl Outlet for Listener {
    fn needs_contact(&self, _kind: DeskFactKind) -> bool {
        false
    }

    fn window(&self) -> usize {
        7
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }

    fn send(&self, happened: Vec<Happened>, to: To) -> BoxFuture<'_, Result<Confirming, Away>> {
        if self.misses() {
            return std::future::ready(Err(Away("not taken".to_owned()))).boxed();
        }
        let heard = if to == To::Everybody { &self.heard } else { &self.again };
        heard.lock().unwrap().extend(happened);
        let (lost, silent) = (self.misses(), self.silent.load(Ordering::Relaxed));
        let confirming = async move {
            if silent {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
            if lost { Err(Away("not confirmed".to_owned())) } else { Ok(()) }
        };
        std::future::ready(Ok(confirming.boxed())).boxed()
    }
}

fn cards() -> JournalId {
    JournalId::new(JournalKind::Items, "items")
}

/// A journal with entries of one fact each.
struct Written {
    journal: Arc<dyn Journal>,
    head: Head,
}

impl Written {
    fn new(journal: Arc<dyn Journal>) -> Self {
        Self { journal, head: Head::GENESIS }
    }

    async fn write(&mut self, entries: u64) {
        for _ in 0..entries {
            let version = self.head.version + 1;
            let sku = Sku::parse(&format!("S{version}")).unwrap();
            let facts = vec![(None, ItemFact::Set { sku })];
            let entry = Entry::<Items> { at: Noon.wall(), causes: Vec::new(), facts, rows: Vec::new() };
            let head = Head { version, nonce: version * 31 };
            let batch = Batch { expected: self.head, head, entry: entry.encode(), changes: Vec::new() };
            self.journal.commit(&cards(), Arc::new(batch)).await.unwrap();
            self.head = head;
        }
    }
}

struct Running {
    relay: Arc<Relay>,
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn begin(journal: &Arc<dyn Journal>, outlet: &Arc<Listener>) -> Self {
        let relay = Relay::new(journal.clone(), outlet.clone(), Arc::new(Noon));
        let stopping = CancellationToken::new();
        let (running, stop) = (relay.clone(), stopping.clone());
        let task = tokio::spawn(async move { running.run(stop).await.unwrap() });
        Self { relay, stopping, task }
    }

    /// Waits, in virtual time, until everything up to a head is told.
    async fn told(&self, head: Head) {
        self.relay.note(&cards(), head);
        let all_told = async {
            while self.relay.lag().entries > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(3_600), all_told).await.unwrap();
    }

    async fn stop(self) {
        self.stopping.cancel();
        self.task.await.unwrap();
    }

    /// Ends it like a process that is killed.
    fn kill(self) {
        self.task.abort();
    }
}

async fn cursor(journal: &Arc<dyn Journal>) -> u64 {
    let cursors = journal.cursors(&cards()).await.unwrap();
    cursors.iter().find(|(name, _)| name == CONSUMER).map_or(0, |(_, at)| at.version)
}

fn memory() -> Arc<dyn Journal> {
    Arc::new(MemoryJournal::new(changes_of, 1))
}

/// However hard of hearing who is told: each entry is heard, first hearings are in order, and the end is confirmed.
#[tokio::test(start_paused = true)]
async fn everything_is_told_in_order_at_least_once() {
    for seed in 0..20 {
        let journal = memory();
        let (mut written, listener) = (Written::new(journal.clone()), Listener::new(seed, 10));
        written.write(50).await;
        let running = Running::begin(&journal, &listener);
        for _ in 0..20 {
            written.write(5).await;
            running.relay.note(&cards(), written.head);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        running.told(written.head).await;
        running.stop().await;
        assert_eq!(listener.first_heard(), (1..=150).collect::<Vec<_>>(), "seed {seed}");
        assert_eq!(cursor(&journal).await, 150, "seed {seed}");
        let went_back = listener.versions().windows(2).any(|pair| pair[1] <= pair[0]);
        assert!(went_back, "seed {seed}: nothing was lost on the way, so nothing was tried");
    }
}

/// The cursor stands at what is confirmed, never beyond: what was only sent is told again by the next process.
#[tokio::test(start_paused = true)]
async fn what_is_not_confirmed_is_told_again() {
    let journal = memory();
    let (mut written, listener) = (Written::new(journal.clone()), Listener::new(1, 0));
    written.write(10).await;
    let running = Running::begin(&journal, &listener);
    running.told(written.head).await;
    listener.silent.store(true, Ordering::Relaxed);
    written.write(100).await;
    running.relay.note(&cards(), written.head);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(listener.versions().len(), 17, "the window of seven bounds what is sent unconfirmed");
    assert_eq!(running.relay.lag().entries, 100);
    assert_eq!(cursor(&journal).await, 10);
    running.kill();
    listener.silent.store(false, Ordering::Relaxed);
    let running = Running::begin(&journal, &listener);
    running.told(written.head).await;
    running.stop().await;
    assert_eq!(listener.first_heard(), (1..=110).collect::<Vec<_>>());
    assert_eq!(listener.versions().len(), 117, "only the unconfirmed are told twice");
}

/// What was trimmed before it was told is told as a gap, with its bounds, before what follows.
#[tokio::test(start_paused = true)]
async fn a_gap_is_told() {
    let journal = memory();
    let (mut written, listener) = (Written::new(journal.clone()), Listener::new(1, 0));
    written.write(10).await;
    let running = Running::begin(&journal, &listener);
    running.told(written.head).await;
    running.stop().await;
    written.write(20).await;
    journal.trim(&cards(), 21).await.unwrap();
    let running = Running::begin(&journal, &listener);
    running.told(written.head).await;
    running.stop().await;
    let heard = listener.heard.lock().unwrap();
    let gap = &heard[10];
    assert!(matches!(gap.what, What::Gap { from: 11, to: 20 }), "{gap:?}");
    assert_eq!(heard.len(), 10 + 1 + 10);
    assert_eq!(heard[11].head.version, 21);
}

/// Where another history has replaced what was told, all of the new one is told.
#[tokio::test(start_paused = true)]
async fn another_history_is_told_from_its_beginning() {
    let memory = Arc::new(MemoryJournal::new(changes_of, 1));
    let faults = memory.faults();
    let journal: Arc<dyn Journal> = memory;
    let (mut written, listener) = (Written::new(journal.clone()), Listener::new(1, 0));
    written.write(10).await;
    let running = Running::begin(&journal, &listener);
    running.told(written.head).await;
    let before = written.head;
    assert_eq!(faults.lose_tail(&cards(), 3).unwrap(), 3);
    let head = journal.span(&cards()).await.unwrap().head;
    written.head = head;
    for nonce in 0..4 {
        let version = written.head.version + 1;
        let facts = vec![(None, ItemFact::Set { sku: Sku::parse("NEW").unwrap() })];
        let entry = Entry::<Items> { at: Noon.wall(), causes: Vec::new(), facts, rows: Vec::new() };
        let head = Head { version, nonce: 1_000_000 + nonce };
        let batch = Batch { expected: written.head, head, entry: entry.encode(), changes: Vec::new() };
        journal.commit(&cards(), Arc::new(batch)).await.unwrap();
        written.head = head;
    }
    assert!(written.head.version > before.version);
    running.told(written.head).await;
    running.stop().await;
    let heard: Vec<Head> = listener.heard.lock().unwrap().iter().map(|happened| happened.head).collect();
    assert_eq!(
        heard.iter().skip(10).map(|head| head.version).collect::<Vec<_>>(),
        (1..=11).collect::<Vec<_>>()
    );
    assert_eq!(heard.last(), Some(&written.head));
    assert_eq!(cursor(&journal).await, 11);
}

/// A part is told again in steps, to one queue alone, whatever the cursor; a place that nobody answered is refused.
#[tokio::test(start_paused = true)]
async fn a_part_is_told_again() {
    let journal = memory();
    let (mut written, listener) = (Written::new(journal.clone()), Listener::new(1, 0));
    written.write(1_200).await;
    let relay = Relay::new(journal, listener.clone(), Arc::new(Noon));
    let between = |since: i64, until: i64| Replay {
        queue: "erp".into(),
        since: Noon.wall().plus(since),
        until: Noon.wall().plus(until),
        journal: None,
        after: None,
    };
    let mut wanted = between(0, 1);
    let (mut steps, mut entries) = (0, 0);
    loop {
        let told = relay.replay(&wanted).await.unwrap();
        (steps, entries) = (steps + 1, entries + told.entries);
        wanted.after = told.next;
        if wanted.after.is_none() {
            break;
        }
    }
    assert_eq!((steps, entries), (4, 1_200), "three pages, and the step that finds nothing more");
    let again: Vec<u64> =
        listener.again.lock().unwrap().iter().map(|happened| happened.head.version).collect();
    assert_eq!(again, (1..=1_200).collect::<Vec<_>>());
    assert!(listener.versions().is_empty(), "nobody else hears it");
    for nothing in [between(1, 2), between(-2, 0)] {
        assert_eq!(relay.replay(&nothing).await.unwrap().entries, 0, "{nothing:?}");
    }
    for wrong in ["items", "i:items/x", "z:items/1"] {
        let wanted = Replay { after: Some(wrong.to_owned()), ..between(0, 1) };
        assert!(relay.replay(&wanted).await.unwrap_err().to_string().contains("no place"), "{wrong}");
    }
    let wanted = Replay { journal: Some("w:NOWHERE".to_owned()), ..between(0, 1) };
    assert!(relay.replay(&wanted).await.unwrap_err().to_string().contains("w:NOWHERE"));
}
