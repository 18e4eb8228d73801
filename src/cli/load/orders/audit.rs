//! Holding the daemon against the clients' own records.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::args::OrdersArgs;
use super::record::{Placed, SharedBrief, Stage, Tally};
use crate::cli::Failure;
use crate::client::{Client, ClientError, Order, Target};

/// Connections the audit reads with.
const READERS: usize = 16;

/// Complaints told in full; the rest is counted.
const EXAMPLES: usize = 10;

/// Figures that differ are read again until then: a warehouse that was away is told later.
const SETTLE: Duration = Duration::from_secs(5);
const SETTLE_EVERY: Duration = Duration::from_millis(100);

/// What the audit found.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct Audit {
    /// Orders read back.
    pub(super) read_back: usize,
    /// Acknowledged orders that are gone or read otherwise.
    pub(super) lost: usize,
    /// Orders of unknown outcome that turned out to be in.
    pub(super) unknown_placed: usize,
    /// Orders of unknown outcome that turned out not to be in.
    pub(super) unknown_not_done: usize,
    /// Units placed beyond the stock, over all SKUs.
    pub(super) oversold_units: i64,
    /// SKUs whose figures are not what the records say.
    pub(super) wrong_figures: usize,
    /// Units placed, and of these shipped.
    pub(super) placed_units: i64,
    pub(super) shipped_units: i64,
    /// The first complaints in words.
    pub(super) complaints: Vec<String>,
}

impl Audit {
    /// Whether everything held.
    pub(super) fn holds(&self) -> bool {
        self.lost == 0 && self.oversold_units == 0 && self.wrong_figures == 0 && self.complaints.is_empty()
    }

    fn complain(&mut self, told: String) {
        if self.complaints.len() < EXAMPLES {
            self.complaints.push(told);
        }
    }

    fn absorb(&mut self, other: Self) {
        self.read_back += other.read_back;
        self.lost += other.lost;
        self.oversold_units += other.oversold_units;
        self.wrong_figures += other.wrong_figures;
        other.complaints.into_iter().for_each(|told| self.complain(told));
    }
}

/// Units of one SKU, by the clients' records.
#[derive(Debug, Clone, Copy, Default)]
struct Units {
    placed: i64,
    shipped: i64,
}

/// Reads everything back.
///
/// # Errors
/// The daemon can't be read any more; then nothing is known and nothing is claimed.
pub(super) async fn audit(
    target: &Arc<Target>,
    args: &OrdersArgs,
    brief: &SharedBrief,
    tally: &Tally,
) -> Result<Audit, Failure> {
    let client = || Client::new(Arc::clone(target), args.common.timeout).with_patience(args.common.patience);
    let mut found = Audit::default();
    let mut units: BTreeMap<usize, Units> = BTreeMap::new();
    let mut count = |placed: &Placed, shipped: bool| {
        for sku in placed.draw.skus() {
            let known = units.entry(sku).or_default();
            known.placed += 1;
            known.shipped += i64::from(shipped);
        }
    };
    let settled = |placed: &&Placed| placed.stage != Stage::InDoubt;
    for placed in tally.placed.iter().filter(settled) {
        count(placed, placed.stage == Stage::Delivered);
    }
    let doubtful = tally.placed.iter().filter(|placed| placed.stage == Stage::InDoubt);
    let mut asking = client();
    for placed in tally.unresolved.iter().chain(doubtful) {
        match read(&mut asking, brief, placed).await? {
            Some(order) => {
                found.unknown_placed += 1;
                count(placed, order.sum(|line| line.shipped) == order.sum(|line| line.ordered));
            }
            None => found.unknown_not_done += 1,
        }
    }
    found.placed_units = units.values().map(|units| units.placed).sum();
    found.shipped_units = units.values().map(|units| units.shipped).sum();
    let orders: Vec<Placed> = tally.placed.iter().filter(settled).copied().collect();
    let step = orders.len().div_ceil(args.read_back.max(1)).max(1);
    let mut readers = JoinSet::new();
    for share in 0..READERS {
        let mine: Vec<Placed> = orders.iter().step_by(step).skip(share).step_by(READERS).copied().collect();
        readers.spawn(read_back(client(), Arc::clone(brief), mine));
        let figures: Vec<(usize, Units)> =
            units.iter().skip(share).step_by(READERS).map(|(&sku, &units)| (sku, units)).collect();
        let stock = i64::try_from(args.units)?;
        readers.spawn(figures_agree(client(), Arc::clone(brief), figures, stock));
    }
    while let Some(joined) = readers.join_next().await {
        found.absorb(joined??);
    }
    Ok(found)
}

/// An order as the daemon has it; `None` where it has none.
async fn read(client: &mut Client, brief: &SharedBrief, placed: &Placed) -> Result<Option<Order>, Failure> {
    let name = brief.name(placed.client, placed.number);
    match client.order(&name, Some(&brief.channel)).await {
        Ok(order) => Ok(Some(order)),
        Err(ClientError::Problem(problem)) if problem.status == 404 => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn read_back(mut client: Client, brief: SharedBrief, orders: Vec<Placed>) -> Result<Audit, Failure> {
    let mut found = Audit::default();
    for placed in orders {
        found.read_back += 1;
        let wrong = match read(&mut client, &brief, &placed).await? {
            None => "is gone".to_owned(),
            Some(order) if reads_as(&order, &placed) => continue,
            Some(order) => format!("({:?}) reads {}: {:?}", placed.stage, order.state, order.lines),
        };
        found.lost += 1;
        found.complain(format!("acknowledged {} {wrong}", brief.name(placed.client, placed.number)));
    }
    Ok(found)
}

fn reads_as(order: &Order, placed: &Placed) -> bool {
    let units = i64::try_from(placed.draw.skus().count()).unwrap_or(i64::MAX);
    let (allocated, shipped) = (order.sum(|line| line.allocated), order.sum(|line| line.shipped));
    let over = matches!(order.state.as_str(), "delivered" | "closed");
    order.sum(|line| line.ordered) == units
        && match placed.stage {
            Stage::Placed => allocated == units && !over,
            Stage::Delivered => shipped == units && over,
            Stage::InDoubt => allocated + shipped == units,
        }
}

async fn figures_agree(
    mut client: Client,
    brief: SharedBrief,
    figures: Vec<(usize, Units)>,
    stock: i64,
) -> Result<Audit, Failure> {
    let mut found = Audit::default();
    let until = Instant::now() + SETTLE;
    for (sku, Units { placed, shipped }) in figures {
        let name = brief.plan.name(sku);
        if placed > stock {
            found.oversold_units += placed - stock;
            found.complain(format!("{name}: {placed} units sold of {stock}"));
        }
        loop {
            let levels = client.stock(name).await?.levels;
            let allocated: i64 = levels.iter().map(|level| level.allocated).sum();
            let on_hand: i64 = levels.iter().map(|level| level.on_hand).sum();
            let beyond = levels.iter().any(|level| level.allocated + level.reserved > level.on_hand);
            if allocated == placed - shipped && on_hand == stock - shipped && !beyond {
                break;
            }
            if Instant::now() > until {
                found.wrong_figures += 1;
                found.complain(format!(
                    "{name}: {placed} units sold of {stock}, {shipped} shipped; the daemon has {on_hand} and \
                     {allocated} promised"
                ));
                break;
            }
            tokio::time::sleep(SETTLE_EVERY).await;
        }
    }
    Ok(found)
}
