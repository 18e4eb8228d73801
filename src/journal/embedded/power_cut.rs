//! Cutting the power at every write: what was answered must be there, and nothing half.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use redb::StorageBackend;
use tokio::sync::oneshot;

use super::schema;
use super::store::{head, page};
use super::writer::{Job, transact};
use crate::journal::locked::Locked;
use crate::journal::{Batch, Change, Head, JournalId, JournalKind, RowCursor, Table};

/// What reached the disk, in order.
#[derive(Debug, Clone)]
enum Step {
    SetLen(u64),
    Write(u64, Vec<u8>),
    Sync,
}

/// A disk in memory that remembers every step.
#[derive(Debug, Clone, Default)]
struct Recording {
    image: Arc<Locked<Vec<u8>>>,
    steps: Arc<Locked<Vec<Step>>>,
}

impl Recording {
    fn of(image: Vec<u8>) -> Self {
        Self { image: Arc::new(Locked::new(image)), steps: Arc::default() }
    }

    fn step(&self, step: Step) {
        self.image.with(|image| apply(image, &step));
        self.steps.with(|steps| steps.push(step));
    }
}

impl StorageBackend for Recording {
    fn len(&self) -> io::Result<u64> {
        Ok(self.image.with(|image| image.len() as u64))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        self.image.with(|image| {
            let found = image.get(from..from + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
            out.copy_from_slice(found);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.step(Step::SetLen(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.step(Step::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.step(Step::Write(offset, data.to_vec()));
        Ok(())
    }
}

fn apply(image: &mut Vec<u8>, step: &Step) {
    match step {
        Step::SetLen(len) => image.resize(usize::try_from(*len).expect("small"), 0),
        Step::Write(offset, data) => {
            let from = usize::try_from(*offset).expect("small");
            if image.len() < from + data.len() {
                image.resize(from + data.len(), 0);
            }
            image[from..from + data.len()].copy_from_slice(data);
        }
        Step::Sync => {}
    }
}

/// What the disk may hold after a cut before step `at`: all up to the last sync, and of what came after it any part.
fn cut(before: &[u8], steps: &[Step], at: usize, rng: &mut fastrand::Rng) -> Vec<u8> {
    let synced = steps[..at].iter().rposition(|step| matches!(step, Step::Sync)).map_or(0, |sync| sync + 1);
    let mut image = before.to_vec();
    steps[..synced].iter().for_each(|step| apply(&mut image, step));
    for step in &steps[synced..at] {
        match step {
            Step::Write(..) | Step::Sync if rng.bool() => {}
            step => apply(&mut image, step),
        }
    }
    image
}

fn batch(version: u64) -> Arc<Batch> {
    let key = |n: u64| Bytes::from(format!("sku-{n}"));
    let put = |n| Change { table: Table::Stock, key: key(n), value: Some(Bytes::from(version.to_string())) };
    Arc::new(Batch {
        expected: Head { version: version - 1, nonce: version - 1 },
        head: Head { version, nonce: version },
        entry: Bytes::from(vec![7; 300]),
        changes: (0..20).map(put).collect(),
    })
}

/// At every step of thirty commits the power goes; after each cut the store opens, holds every answered batch, and its
/// rows are those of its head.
#[test]
fn answered_survives_every_cut() {
    let id = JournalId::new(JournalKind::Warehouse, "BER");
    let disk = Recording::default();
    let (database, _) = schema::open(disk.clone(), 1 << 20).expect("open");
    let before = disk.image.with(|image| image.clone());
    disk.steps.with(Vec::clear);
    // How many steps were done when a batch was answered.
    let mut answered = Vec::new();
    for version in 1..=30 {
        let (reply, _waits) = oneshot::channel();
        let job = Job::Commit { id: id.clone(), batch: batch(version), reply };
        let mut answers = Vec::new();
        transact(&database, &[job], &mut answers).expect("write");
        assert_eq!(answers, vec![Ok(())]);
        answered.push(disk.steps.with(|steps| steps.len()));
    }
    let steps = disk.steps.with(|steps| steps.clone());
    let mut rng = fastrand::Rng::with_seed(11);
    for at in 0..=steps.len() {
        let (database, _) = schema::open(Recording::of(cut(&before, &steps, at, &mut rng)), 1 << 20)
            .expect("open after the cut");
        let promised = answered.iter().filter(|done| **done <= at).count() as u64;
        let found = head(&database, &id).expect("head").version;
        assert!(found == promised || found == promised + 1, "cut at {at}: {found} of {promised}");
        let rows = page(&database, &id.to_string(), Table::Stock, &RowCursor::default()).expect("rows").rows;
        assert_eq!(rows.len(), if found == 0 { 0 } else { 20 }, "cut at {at}");
        assert!(rows.iter().all(|(_, value)| *value == found.to_string()), "cut at {at}: half a batch");
    }
}
