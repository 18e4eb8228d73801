//! Why a figure is what it is: a walk back along a SKU's facts.

use super::House;
use crate::actor::fault::Fault;
use crate::domain::fact::{Fact, FactLine};
use crate::domain::ids::{Sku, WarehouseId};
use crate::domain::machine::Cause;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::Warehouse;
use crate::journal::record::Entry;
use crate::journal::{Head, JournalError, JournalId, JournalKind};

/// One step of a SKU's history.
#[derive(Debug, Clone)]
pub struct Step {
    /// The entry it is part of.
    pub head: Head,
    /// Which fact of the entry.
    pub index: usize,
    /// When it was decided.
    pub at: Timestamp,
    /// Who caused it; `None` where time alone did.
    pub cause: Option<Cause>,
    /// What happened.
    pub fact: Fact,
    /// The SKU's line of it.
    pub line: FactLine,
}

/// A SKU's history at one warehouse, newest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The steps.
    pub steps: Vec<Step>,
    /// Where to go on reading; `None` where this was all.
    pub next: Option<u64>,
    /// The oldest version the log still has: older steps are forgotten.
    pub complete_since: u64,
}

impl House {
    /// A SKU's history at a warehouse, newest first, from version `from` (or the newest) back, about `limit` steps.
    ///
    /// # Errors
    /// What stood in the way.
    pub async fn history(
        &self,
        warehouse: &WarehouseId,
        sku: &Sku,
        from: Option<u64>,
        limit: usize,
    ) -> Result<History, Fault> {
        let handle = self.warehouse(warehouse)?;
        let id = JournalId::new(JournalKind::Warehouse, warehouse.as_str());
        let away = |error: JournalError| Fault::Unavailable(error.to_string());
        let span = self.journal.span(&id).await.map_err(away)?;
        let newest = handle.view.with(sku, |row| row.map_or(0, |row| row.level.changed));
        let mut history = History { complete_since: span.first, ..History::default() };
        let mut version = from.unwrap_or(newest);
        while version >= span.first.max(1) && history.steps.len() < limit {
            let page = self.journal.read(&id, version, 1).await.map_err(away)?;
            let Some(stored) = page.first().filter(|stored| stored.head.version == version) else { break };
            let entry = Entry::<Warehouse>::decode(&stored.entry).map_err(away)?;
            let mut older = 0;
            for (index, (cause, fact)) in entry.facts.iter().enumerate().rev() {
                for line in fact.lines.iter().rev().filter(|line| line.sku == *sku) {
                    older = line.previous;
                    history.steps.push(Step {
                        head: stored.head,
                        index,
                        at: entry.at,
                        cause: cause.and_then(|cause| entry.causes.get(cause)).cloned(),
                        fact: fact.clone(),
                        line: line.clone(),
                    });
                }
            }
            if older >= version {
                break;
            }
            version = older;
        }
        history.next = (version >= span.first.max(1) && version != 0).then_some(version);
        Ok(history)
    }
}
