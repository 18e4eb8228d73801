//! The audit of one journal, and what each kind of machine adds to it.

use std::collections::HashMap;
use std::sync::Arc;

use ahash::{AHashMap, AHashSet};

use super::cold::Cold;
use super::documents::Transferred;
use super::store::Audited;
use crate::actor::journaled::load_machine;
use crate::domain::channel::Channel;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::{CommandId, OrderId, Sku};
use crate::domain::invariant;
use crate::domain::item::Items;
use crate::domain::order::Transfer;
use crate::domain::warehouse::Warehouse;
use crate::journal::record::{Entry, Recorded};
use crate::journal::{Journal, JournalError, JournalId};

/// Entries read at once.
pub(super) const READ_ENTRIES: usize = 500;
/// Problems told of one journal; more are counted.
const PROBLEMS_MAX: usize = 50;

/// What only one kind of machine can check.
pub(super) trait Audit: Recorded {
    /// What is wrong with its state.
    fn state_problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// What is wrong with an entry, given what came before it.
    fn entry_problems(_entry: &Entry<Self>, _version: u64, _past: &mut Past) -> Vec<String> {
        Vec::new()
    }

    /// What is wrong with a row that stays in the store, as it is there.
    fn cold_problems(_row: &Self::Row, _past: &mut Past) -> Vec<String> {
        Vec::new()
    }

    /// A row in words for people.
    fn shown(row: &Self::Row) -> String {
        format!("{row:?}")
    }

    /// What is wrong between the state and the end of the log.
    fn end_problems(&self, _past: &Past) -> Vec<String> {
        Vec::new()
    }
}

/// What the log has told so far.
#[derive(Default)]
pub(super) struct Past {
    pub(super) complete: bool,
    changed: AHashMap<Sku, u64>,
    moved: AHashSet<CommandId>,
    /// Goods that moved between warehouses.
    pub(super) transferred: Transferred,
    /// What these come to in the running totals: what a count had known already is not in them.
    transferred_total: i64,
    /// Documents that were taken in and never refused or forgotten.
    pub(super) taken_in: AHashSet<OrderId>,
    /// Transfers in the archive.
    pub(super) archived_transfers: Vec<Arc<Transfer>>,
}

/// Checks one journal, and gives back its machine and what its log told, for checks across journals.
pub(super) async fn audit_one<M: Audit>(
    journal: &dyn Journal,
    id: &JournalId,
    fresh: &(dyn Fn() -> M + Send + Sync),
) -> Result<(Audited, M, Past), JournalError> {
    let loaded = load_machine(journal, id, fresh, 0).await?;
    let span = journal.span(id).await?;
    let mut audited = Audited {
        id: id.clone(),
        head: loaded.head,
        first: span.first,
        entries: 0,
        facts: 0,
        rows: 0,
        problems: loaded.machine.state_problems(),
    };
    let mut past = Past { complete: span.first <= 1, ..Past::default() };
    past.transferred.complete = past.complete;
    let mut last: HashMap<M::Key, M::Row, ahash::RandomState> = HashMap::default();
    let mut cold = Cold::default();
    let mut next = span.first.max(1);
    let mut before = None;
    while next <= loaded.head.version {
        let page = journal.read(id, next, READ_ENTRIES).await?;
        if page.is_empty() {
            audited
                .problems
                .push(format!("J6: the log ends before version {next}, the head is {}", loaded.head));
            break;
        }
        for stored in page.into_iter().take_while(|stored| stored.head.version <= loaded.head.version) {
            if stored.head.version != next {
                audited.problems.push(format!("J6: version {next} is missing, {} follows", stored.head));
            }
            if before == Some(stored.head.nonce) {
                audited.problems.push(format!("J3: {} bears the nonce of the entry before it", stored.head));
            }
            before = Some(stored.head.nonce);
            next = stored.head.version.saturating_add(1);
            let entry = Entry::<M>::decode(&stored.entry)?;
            audited.entries = audited.entries.saturating_add(1);
            audited.facts = audited.facts.saturating_add(entry.facts.len() as u64);
            audited.problems.extend(M::entry_problems(&entry, stored.head.version, &mut past));
            for row in entry.rows {
                if M::change(&row).is_some_and(|change| !cold.note(change)) {
                    last.insert(M::key(&row), row);
                }
            }
            if stored.head.version == loaded.head.version && stored.head != loaded.head {
                audited
                    .problems
                    .push(format!("J1: the head is {}, the log has {}", loaded.head, stored.head));
            }
        }
    }
    audited.rows = fold_problems(&loaded.machine, &fresh(), &last, past.complete, &mut audited.problems);
    let stored = cold.check::<M>(journal, id, loaded.head, &mut past, &mut audited.problems).await?;
    audited.rows = audited.rows.saturating_add(stored);
    audited.problems.extend(loaded.machine.end_problems(&past));
    cut(&mut audited.problems);
    Ok((audited, loaded.machine, past))
}

/// Leaves so many problems that people can read them, and says how many more there are.
pub(super) fn cut(problems: &mut Vec<String>) {
    if let Some(more) = problems.len().checked_sub(PROBLEMS_MAX).filter(|more| *more > 0) {
        problems.truncate(PROBLEMS_MAX);
        problems.push(format!("and {more} more"));
    }
}

/// J2: each row is what the last entry that named it says; with the whole log there is no other row.
fn fold_problems<M: Audit>(
    machine: &M,
    fresh: &M,
    last: &HashMap<M::Key, M::Row, ahash::RandomState>,
    complete: bool,
    problems: &mut Vec<String>,
) -> u64 {
    for (key, row) in last {
        let stored = machine.row(key);
        if stored != *row {
            let (said, stored) = (M::shown(row), M::shown(&stored));
            problems.push(format!("J2: the log says {said}, the store has {stored}"));
        }
    }
    let rows = machine.rows();
    if complete {
        // Single rows (totals, floors) stand as in an empty machine until an entry names them.
        let at_rest = fresh.rows();
        let unnamed = rows.iter().filter(|row| !last.contains_key(&M::key(row)) && !at_rest.contains(row));
        let unnamed = unnamed.map(M::shown);
        problems.extend(unnamed.map(|row| format!("J2: the store has {row}, the log never named it")));
    }
    rows.len() as u64
}

impl Audit for Warehouse {
    fn state_problems(&self) -> Vec<String> {
        invariant::broken(self)
    }

    fn entry_problems(entry: &Entry<Self>, version: u64, past: &mut Past) -> Vec<String> {
        let mut problems = Vec::new();
        for (cause, fact) in &entry.facts {
            for line in &fact.lines {
                let expected = past.changed.insert(line.sku.clone(), version);
                let known = expected.or(past.complete.then_some(0));
                if known.is_some_and(|known| known != line.previous) {
                    problems.push(format!(
                        "J6: {} at version {version} names {} as its previous fact's, it was {}",
                        line.sku,
                        line.previous,
                        known.unwrap_or(0)
                    ));
                }
                let claims =
                    matches!(fact.kind, FactKind::Reserved | FactKind::Amended | FactKind::WaitingServed);
                if claims && line.change > 0 && line.after.net() < 0 {
                    problems.push(format!(
                        "J4: a claim at version {version} left {} at {:?}",
                        line.sku, line.after
                    ));
                }
            }
            if let Some(transfer) = &fact.order {
                note_transferred(past, transfer, fact);
            }
            let id = cause.and_then(|cause| entry.causes.get(cause)).map(|cause| &cause.id);
            if let Some(id) = id.filter(|_| is_movement(fact.kind))
                && !past.moved.insert(id.clone())
            {
                problems.push(format!("J5: `{id}` moved goods again at version {version}"));
            }
        }
        problems
    }

    fn end_problems(&self, past: &Past) -> Vec<String> {
        let (total, moved) = (self.totals().transferred, past.transferred_total);
        let off = (past.complete && total != moved)
            .then(|| format!("{total} units transferred in the totals, {moved} in the log"));
        let wrong = past
            .changed
            .iter()
            .filter(|(sku, version)| self.level(sku).is_none_or(|level| level.changed != **version));
        wrong
            .map(|(sku, version)| {
                format!("J2: the last fact of {sku} is at {version}, its level says otherwise")
            })
            .chain(off)
            .collect()
    }
}

/// Notes goods of a transfer that moved.
fn note_transferred(past: &mut Past, transfer: &OrderId, fact: &Fact) {
    if !matches!(fact.kind, FactKind::TransferredOut | FactKind::TransferredIn) {
        return;
    }
    for line in &fact.lines {
        let units = past.transferred.units.entry((transfer.clone(), line.sku.clone())).or_default();
        let side = if fact.kind == FactKind::TransferredOut { &mut units.0 } else { &mut units.1 };
        *side = side.saturating_add(line.change.saturating_abs());
        if !fact.covered {
            past.transferred_total = past.transferred_total.saturating_add(line.change);
        }
    }
}

impl Audit for Channel {
    fn state_problems(&self) -> Vec<String> {
        invariant::broken_channel(self)
    }
}

impl Audit for Items {}

/// Whether a command of this kind of fact makes one such fact and no more.
const fn is_movement(kind: FactKind) -> bool {
    matches!(
        kind,
        FactKind::Received
            | FactKind::Returned
            | FactKind::Adjusted
            | FactKind::Counted
            | FactKind::Damaged
            | FactKind::QualityHeld
            | FactKind::Quarantined
            | FactKind::Restocked
            | FactKind::Scrapped
            | FactKind::Sold
            | FactKind::TransferredIn
    )
}
