//! The audit of a whole store: each journal by itself, then all of them together.

use super::across::{Everything, cross_problems};
use super::journal::audit_one;
use crate::domain::channel::Channel;
use crate::domain::desk::{Desk, DeskRules};
use crate::domain::ids::{ChannelId, WarehouseId};
use crate::domain::item::Items;
use crate::domain::warehouse::{Rules, Warehouse};
use crate::journal::{Head, Journal, JournalError, JournalId, JournalKind};

/// The rules of a desk that is only looked at: none of them is asked for.
const LOOKED_AT: DeskRules = DeskRules {
    open_max: 0,
    refund_within_ms: 0,
    refund_alert_ms: 0,
    collect_within_ms: 0,
    delivered_after_ms: 0,
    refusals_ms: 0,
};

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
    /// What is wrong between journals, in words.
    pub across: Vec<String>,
    /// Whether somebody wrote while the journals were read: then they stand at different moments, and what must hold
    /// between them was not looked at.
    pub written_meanwhile: bool,
}

impl Report {
    /// Whether every invariant holds.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.across.is_empty() && self.journals.iter().all(|journal| journal.problems.is_empty())
    }
}

/// Checks every journal of a store, then what only all of them together can tell.
///
/// # Errors
/// As the store gives them. What can't be understood is a problem of its journal, not an error.
pub async fn audit(journal: &dyn Journal, rules: Rules) -> Result<Report, JournalError> {
    let mut report = Report::default();
    let mut everything = Everything::default();
    let mut understood = true;
    for id in journal.journals().await? {
        let audited = one(journal, &id, rules, &mut everything).await;
        report.journals.push(match audited {
            Err(JournalError::Damaged(why)) => {
                understood = false;
                not_understood(id, why)
            }
            other => other?,
        });
    }
    if !understood {
        return Ok(report);
    }
    for audited in &report.journals {
        report.written_meanwhile |= journal.span(&audited.id).await?.head != audited.head;
    }
    if !report.written_meanwhile {
        report.across = cross_problems(&everything);
    }
    Ok(report)
}

/// Checks one journal and puts its machine beside the others.
async fn one(
    journal: &dyn Journal,
    id: &JournalId,
    rules: Rules,
    everything: &mut Everything,
) -> Result<Audited, JournalError> {
    let audited = match id.kind {
        JournalKind::Warehouse => {
            let name = WarehouseId::stored(&id.name);
            let fresh = || Warehouse::new(WarehouseId::stored(&id.name), rules);
            let (audited, warehouse, past) = audit_one(journal, id, &fresh).await?;
            everything.transferred.insert(name.clone(), past.transferred);
            everything.warehouses.insert(name, warehouse);
            audited
        }
        JournalKind::Channel => {
            let (audited, channel, _) = audit_one(journal, id, &|| Channel::new(rules.windows)).await?;
            everything.channels.insert(ChannelId::stored(&id.name), channel);
            audited
        }
        JournalKind::Items => {
            let (audited, items, _) = audit_one(journal, id, &|| Items::new(rules.windows)).await?;
            everything.items = Some(items);
            audited
        }
        JournalKind::Desk => {
            let (audited, desk, past) = audit_one(journal, id, &|| Desk::new(LOOKED_AT)).await?;
            everything.archived_transfers.extend(past.archived_transfers);
            everything.desks.insert(id.name.clone(), desk);
            audited
        }
    };
    Ok(audited)
}

fn not_understood(id: JournalId, why: String) -> Audited {
    Audited { id, head: Head::GENESIS, first: 0, entries: 0, facts: 0, rows: 0, problems: vec![why] }
}
