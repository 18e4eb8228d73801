//! The closing of the books: what the simulated people wrote down against what the daemon says.

use std::collections::BTreeMap;

use super::hour::Hour;
use super::merchant::GUEST_SKU;
use super::screen::Screen;
use crate::cli::Failure;
use crate::client::Level;

/// Differences told in full.
const EXAMPLES: usize = 5;

/// Prints the receipt of every warehouse; true when all of them hold, SKU by SKU.
///
/// # Errors
/// The daemon can't be read.
pub(super) async fn receipt(hour: &Hour, screen: &Screen) -> Result<bool, Failure> {
    let said = stock(hour).await?;
    let ledger = hour.ledger.lock().await;
    let names =
        "  warehouse     opening +received +returned -shipped -scrapped ±corrected =on hand  daemon says";
    screen.plain(names);
    let mut wrong = Vec::new();
    for warehouse in &hour.merchant.warehouses {
        let sum = ledger.warehouse(warehouse);
        let daemon: i64 =
            said.iter().filter(|((place, _), _)| place == warehouse).map(|(_, level)| level.on_hand).sum();
        screen.plain(&format!(
            "  {warehouse:<13} {:>7} {:>9} {:>9} {:>8} {:>9} {:>10} {:>8} {daemon:>12}",
            sum.opening,
            sum.received,
            sum.returned,
            sum.shipped,
            sum.scrapped,
            format!("{:+}", sum.corrected),
            sum.on_hand(),
        ));
    }
    for (key @ (warehouse, sku), cell) in &ledger.cells {
        let level = said.get(key);
        let on_hand = level.map_or(0, |level| level.on_hand);
        let damaged = level.map_or(0, |level| level.unavailable.damaged);
        if (on_hand, damaged) != (cell.on_hand(), cell.damaged) {
            let (expected, broken) = (cell.on_hand(), cell.damaged);
            wrong.push(format!(
                "{sku} at {warehouse}: the books say {expected} ({broken} broken), the daemon {on_hand} ({damaged})"
            ));
        }
    }
    for (warehouse, sku) in said.keys().filter(|key| !ledger.cells.contains_key(key)) {
        wrong.push(format!("{sku} at {warehouse}: the daemon has it, the books don't"));
    }
    wrong.iter().take(EXAMPLES).for_each(|told| screen.plain(&format!("  WRONG  {told}")));
    let cells = ledger.cells.len();
    let text = format!("receipt: {cells} shelves compared one by one, {} differ", wrong.len());
    screen.verdict(wrong.is_empty(), &text);
    Ok(wrong.is_empty())
}

/// Every level but the visitors', who may do as they like.
async fn stock(hour: &Hour) -> Result<BTreeMap<(String, String), Level>, Failure> {
    let mut client = hour.client();
    let mut said = BTreeMap::new();
    let mut after: Option<String> = None;
    loop {
        let page = client.stock_page(after.as_deref(), 200).await?;
        for item in page.items.into_iter().filter(|item| item.sku != GUEST_SKU) {
            let sku = item.sku;
            said.extend(item.levels.into_iter().map(|level| ((level.warehouse.clone(), sku.clone()), level)));
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(said),
        }
    }
}
