//! A shipment over several warehouses that was cut in the middle: what of it is still to do when it is asked again.

use super::House;
use super::conversation::Known;
use crate::actor::fault::Fault;
use crate::domain::fact::FactKind;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, WarehouseId};
use crate::domain::warehouse::Warehouse;
use crate::journal::record::Entry;
use crate::journal::{JournalError, JournalId, JournalKind};

/// How far back a SKU's history is searched for a shipment that is asked again.
const STEPS: usize = 256;

impl House {
    /// What of a shipment's lines no warehouse that saw it has shipped; `None` where the log does not tell any more.
    pub(super) async fn unshipped(
        &self,
        command: &CommandId,
        lines: &[ClaimLine],
        known: &[Known],
    ) -> Result<Option<Vec<ClaimLine>>, Fault> {
        let mut left = lines.to_vec();
        for known in known.iter().filter(|known| known.found.seen) {
            let Some(shipped) = self.shipped_by(command, lines, &known.handle.spec.id).await? else {
                return Ok(None);
            };
            for gone in shipped {
                for line in left.iter_mut().filter(|line| line.sku == gone.sku) {
                    line.quantity = line.quantity.saturating_sub(gone.quantity);
                }
            }
        }
        left.retain(|line| line.quantity > 0);
        Ok(Some(left))
    }

    /// What a command shipped at a warehouse. All of it is in one entry, which is found by any of its SKUs.
    async fn shipped_by(
        &self,
        command: &CommandId,
        lines: &[ClaimLine],
        place: &WarehouseId,
    ) -> Result<Option<Vec<ClaimLine>>, Fault> {
        for line in lines {
            let steps = self.history(place, &line.sku, None, STEPS).await?.steps;
            let caused = steps.iter().find(|step| {
                step.fact.kind == FactKind::Shipped
                    && step.cause.as_ref().is_some_and(|cause| cause.id == *command)
            });
            if let Some(step) = caused {
                return self.shipped_in(command, place, step.head.version).await.map(Some);
            }
        }
        Ok(None)
    }

    async fn shipped_in(
        &self,
        command: &CommandId,
        place: &WarehouseId,
        version: u64,
    ) -> Result<Vec<ClaimLine>, Fault> {
        let id = JournalId::new(JournalKind::Warehouse, place.as_str());
        let away = |error: JournalError| Fault::Unavailable(error.to_string());
        let mut shipped = Vec::new();
        for stored in self.journal.read(&id, version, 1).await.map_err(away)? {
            let entry = Entry::<Warehouse>::decode(&stored.entry).map_err(away)?;
            for (cause, fact) in entry.facts.iter().filter(|(_, fact)| fact.kind == FactKind::Shipped) {
                let cause = cause.and_then(|cause| entry.causes.get(cause));
                if cause.is_none_or(|cause| cause.id != *command) {
                    continue;
                }
                let gone = fact.lines.iter();
                shipped.extend(
                    gone.map(|line| ClaimLine {
                        sku: line.sku.clone(),
                        quantity: line.change.saturating_neg(),
                    }),
                );
            }
        }
        Ok(shipped)
    }
}
