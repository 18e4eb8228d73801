//! Receiving the stock a run sells.

use std::sync::Arc;

use super::args::Common;
use crate::cli::Failure;
use crate::client::{Client, LineStatus, Movement, Target};

/// Lines per request: well below the daemon's bound, so one slow batch blocks nobody for long.
const LINES: usize = 2_000;

/// Receives `units` of every SKU, dealt evenly over the warehouses.
///
/// # Errors
/// The daemon refused a line or could not be asked.
pub(super) async fn receive(
    target: &Arc<Target>,
    common: &Common,
    units: u64,
    names: &[String],
    run: &str,
) -> Result<(), Failure> {
    let mut client = Client::new(Arc::clone(target), common.timeout).with_patience(common.patience);
    let places = u64::try_from(common.warehouses.len())?;
    for (place, warehouse) in (0..).zip(&common.warehouses) {
        let share = units / places + u64::from(place < units % places);
        let quantity = i64::try_from(share)?;
        if quantity == 0 {
            continue;
        }
        for (number, chunk) in names.chunks(LINES).enumerate() {
            let lines: Vec<Movement> = chunk
                .iter()
                .map(|sku| Movement {
                    sku: sku.clone(),
                    kind: "receive".to_owned(),
                    quantity,
                    reference: Some(format!("load {run}")),
                    ..Movement::default()
                })
                .collect();
            let id = format!("load-{run}-{warehouse}-{number}");
            let results = client.movements(warehouse, &id, &lines).await?;
            let refused = results.iter().find(|line| line.status != LineStatus::Applied);
            if let Some(line) = refused {
                let told = format!(
                    "{} refused {}: {} {}",
                    warehouse,
                    line.sku.as_deref().unwrap_or("a line"),
                    line.code,
                    line.detail
                );
                return Err(told.into());
            }
            if results.len() != lines.len() {
                return Err(format!("{} lines sent, {} answered", lines.len(), results.len()).into());
            }
        }
    }
    Ok(())
}
