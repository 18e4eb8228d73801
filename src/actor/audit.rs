//! Every invariant over a whole store, read only (but for finishing an interrupted write, which any reader may do).
//!
//! J1 head and log agree · J2 rows are what the log says, and the running totals add up · J3, J6 versions go up by one
//! and nonces differ · J4 no accepted claim went beyond the goods · J5 no movement was done twice. Where a log was
//! trimmed, what it still holds is checked; the totals reach back to the beginning.

use std::collections::HashMap;

use ahash::{AHashMap, AHashSet};

use super::journaled::load_machine;
use crate::domain::channel::Channel;
use crate::domain::fact::FactKind;
use crate::domain::ids::{CommandId, Sku, WarehouseId};
use crate::domain::invariant;
use crate::domain::item::Items;
use crate::domain::warehouse::{Rules, Warehouse};
use crate::journal::record::{Entry, Recorded};
use crate::journal::{Head, Journal, JournalError, JournalId, JournalKind};

/// Entries read at once.
const READ_ENTRIES: usize = 500;
/// Problems told of one journal; more are counted.
const PROBLEMS_MAX: usize = 50;

/// What was found in one journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Which journal.
    pub id: JournalId,
    /// Where it stands.
    pub head: Head,
    /// The oldest version its log still has.
    pub first: u64,
    /// Entries looked at.
    pub entries: u64,
    /// Facts looked at.
    pub facts: u64,
    /// Rows looked at.
    pub rows: u64,
    /// What is wrong, in words.
    pub problems: Vec<String>,
}

/// What was found in a store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Each journal, in order.
    pub journals: Vec<Audited>,
}

impl Report {
    /// Whether every invariant holds.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.journals.iter().all(|journal| journal.problems.is_empty())
    }
}

/// Checks every journal of a store.
///
/// # Errors
/// As the store gives them. What can't be understood is a problem of its journal, not an error.
pub async fn audit(journal: &dyn Journal, rules: Rules) -> Result<Report, JournalError> {
    let mut report = Report::default();
    for id in journal.journals().await? {
        let audited = match id.kind {
            JournalKind::Warehouse => {
                let name = WarehouseId::stored(&id.name);
                audit_one::<Warehouse>(journal, &id, &move || Warehouse::new(name.clone(), rules)).await
            }
            JournalKind::Channel => {
                audit_one::<Channel>(journal, &id, &move || Channel::new(rules.windows)).await
            }
            JournalKind::Items => audit_one::<Items>(journal, &id, &move || Items::new(rules.windows)).await,
        };
        report.journals.push(match audited {
            Err(JournalError::Damaged(why)) => Audited {
                id,
                head: Head::GENESIS,
                first: 0,
                entries: 0,
                facts: 0,
                rows: 0,
                problems: vec![why],
            },
            other => other?,
        });
    }
    Ok(report)
}

/// What only one kind of machine can check.
trait Audit: Recorded {
    /// What is wrong with its state.
    fn state_problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// What is wrong with an entry, given what came before it.
    fn entry_problems(_entry: &Entry<Self>, _version: u64, _past: &mut Past) -> Vec<String> {
        Vec::new()
    }

    /// What is wrong between the state and the end of the log.
    fn end_problems(&self, _past: &Past) -> Vec<String> {
        Vec::new()
    }
}

/// What the log has told so far.
#[derive(Default)]
struct Past {
    complete: bool,
    changed: AHashMap<Sku, u64>,
    moved: AHashSet<CommandId>,
}

async fn audit_one<M: Audit>(
    journal: &dyn Journal,
    id: &JournalId,
    fresh: &(dyn Fn() -> M + Send + Sync),
) -> Result<Audited, JournalError> {
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
    let mut last: HashMap<M::Key, M::Row, ahash::RandomState> = HashMap::default();
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
            for row in entry.rows.into_iter().filter(|row| M::change(row).is_some()) {
                last.insert(M::key(&row), row);
            }
            if stored.head.version == loaded.head.version && stored.head != loaded.head {
                audited
                    .problems
                    .push(format!("J1: the head is {}, the log has {}", loaded.head, stored.head));
            }
        }
    }
    audited.rows = fold_problems(&loaded.machine, &fresh(), &last, past.complete, &mut audited.problems);
    audited.problems.extend(loaded.machine.end_problems(&past));
    if let Some(more) = audited.problems.len().checked_sub(PROBLEMS_MAX).filter(|more| *more > 0) {
        audited.problems.truncate(PROBLEMS_MAX);
        audited.problems.push(format!("and {more} more"));
    }
    Ok(audited)
}

/// J2: each row is what the last entry that named it says; with the whole log there is no other row.
fn fold_problems<M: Recorded>(
    machine: &M,
    fresh: &M,
    last: &HashMap<M::Key, M::Row, ahash::RandomState>,
    complete: bool,
    problems: &mut Vec<String>,
) -> u64 {
    for (key, row) in last {
        let stored = machine.row(key);
        if stored != *row {
            problems.push(format!("J2: the log says {row:?}, the store has {stored:?}"));
        }
    }
    let rows = machine.rows();
    if complete {
        // Single rows (totals, floors) stand as in an empty machine until an entry names them.
        let at_rest = fresh.rows();
        let unnamed = rows.iter().filter(|row| !last.contains_key(&M::key(row)) && !at_rest.contains(row));
        problems.extend(unnamed.map(|row| format!("J2: the store has {row:?}, the log never named it")));
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
        let wrong = past
            .changed
            .iter()
            .filter(|(sku, version)| self.level(sku).is_none_or(|level| level.changed != **version));
        wrong
            .map(|(sku, version)| {
                format!("J2: the last fact of {sku} is at {version}, its level says otherwise")
            })
            .collect()
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
