//! The closing of the books: what the simulated people wrote down against what the daemon says.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::hour::Hour;
use super::merchant::GUEST_SKU;
use super::screen::Screen;
use crate::cli::Failure;
use crate::client::{Level, Order};

/// Differences told in full.
const EXAMPLES: usize = 5;

/// What was told to warehouses at the very end has this long to be booked; the tests' fake books at once.
const SETTLE: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 10 });
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Orders a page.
const PAGE: u32 = 500;

type Shelf = (String, String);

/// Prints the receipt of every warehouse; true when all of them hold, SKU by SKU.
///
/// # Errors
/// The daemon can't be read.
pub(super) async fn receipt(hour: &Hour, screen: &Screen) -> Result<bool, Failure> {
    let until = Instant::now() + SETTLE;
    let mut said = stock(hour).await?;
    while !differences(hour, &said).await.is_empty() && Instant::now() < until {
        tokio::time::sleep(LOOK_EVERY).await;
        said = stock(hour).await?;
    }
    let wrong = differences(hour, &said).await;
    let ledger = hour.ledger.lock().await;
    screen.plain(
        "  warehouse     opening +received +returned ±transferred -shipped -scrapped ±corrected =on hand  daemon says",
    );
    for warehouse in &hour.merchant.warehouses {
        let sum = ledger.warehouse(warehouse);
        let daemon: i64 =
            said.iter().filter(|((place, _), _)| place == warehouse).map(|(_, level)| level.on_hand).sum();
        screen.plain(&format!(
            "  {warehouse:<13} {:>7} {:>9} {:>9} {:>12} {:>8} {:>9} {:>10} {:>8} {daemon:>12}",
            sum.opening,
            sum.received,
            sum.returned,
            format!("{:+}", sum.transferred),
            sum.shipped,
            sum.scrapped,
            format!("{:+}", sum.corrected),
            sum.on_hand(),
        ));
    }
    wrong.iter().take(EXAMPLES).for_each(|told| screen.plain(&format!("  WRONG  {told}")));
    let cells = ledger.cells.len();
    let text = format!("receipt: {cells} shelves compared one by one, {} differ", wrong.len());
    screen.verdict(wrong.is_empty(), &text);
    Ok(wrong.is_empty())
}

/// Shelves on which the daemon has something else than the books.
async fn differences(hour: &Hour, said: &BTreeMap<Shelf, Level>) -> Vec<String> {
    let ledger = hour.ledger.lock().await;
    let mut wrong = Vec::new();
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
    wrong
}

/// Counts orders by state, and holds their number and what they shipped against the books.
///
/// # Errors
/// The daemon can't be read.
pub(super) async fn orders(hour: &Hour, screen: &Screen) -> Result<bool, Failure> {
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    let (mut shipped, mut waiting) = (0, 0_u64);
    for order in all_orders(hour).await?.into_values() {
        *states.entry(order.state.clone()).or_default() += 1;
        shipped += order.sum(|line| line.shipped);
        waiting += u64::from(order.sum(|line| line.backordered + line.unrouted) > 0);
    }
    let ledger = hour.ledger.lock().await;
    let (taken, left) = (ledger.counters.orders, ledger.total().shipped);
    let found: u64 = states.values().sum();
    let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let good = found == taken && shipped == left;
    screen.verdict(
        good,
        &format!(
            "orders: {taken} acknowledged, {found} found ({}); {waiting} wait for goods; they shipped {shipped} units, the \
             warehouses {left}",
            states.join(", ")
        ),
    );
    Ok(good)
}

/// Every order but the visitors', by id: one that settles between two pages may come on both.
async fn all_orders(hour: &Hour) -> Result<BTreeMap<String, Order>, Failure> {
    let mut client = hour.client();
    let mut orders = BTreeMap::new();
    for archived in [false, true] {
        let mut after: Option<String> = None;
        loop {
            let page = client.orders(archived, after.as_deref(), PAGE).await?;
            let ours = |order: &Order| order.lines.iter().all(|line| line.sku != GUEST_SKU);
            orders.extend(page.orders.into_iter().filter(ours).map(|order| (order.id.clone(), order)));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(orders)
}

/// Every level but the visitors', who may do as they like.
async fn stock(hour: &Hour) -> Result<BTreeMap<Shelf, Level>, Failure> {
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
