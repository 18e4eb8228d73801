//! Holding the daemon against the clients' own records.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::args::LoadArgs;
use super::plan::Plan;
use super::tally::{Asked, Brief, Tally};
use crate::cli::Failure;
use crate::client::{Client, ClientError, Target};

/// Connections the audit reads with.
const READERS: usize = 16;

/// Complaints told in full; the rest is counted.
const EXAMPLES: usize = 10;

/// What the audit found.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct Audit {
    /// Acknowledged reservations read back.
    pub(super) read_back: usize,
    /// Acknowledged reservations that are gone or show other lines.
    pub(super) lost: usize,
    /// Commands of unknown outcome that turned out to be held.
    pub(super) unknown_held: usize,
    /// Commands of unknown outcome that turned out not to be done.
    pub(super) unknown_not_done: usize,
    /// Units granted beyond the stock, over all SKUs.
    pub(super) oversold_units: i64,
    /// SKUs whose reserved or on-hand figure is not what the records say.
    pub(super) wrong_figures: usize,
    /// The first complaints in words.
    pub(super) complaints: Vec<String>,
}

impl Audit {
    /// Whether everything held.
    pub(super) fn holds(&self) -> bool {
        self.lost == 0 && self.oversold_units == 0 && self.wrong_figures == 0 && self.complaints.is_empty()
    }

    pub(super) fn complain(&mut self, told: String) {
        if self.complaints.len() < EXAMPLES {
            self.complaints.push(told);
        }
    }

    fn absorb(&mut self, other: Self) {
        self.read_back += other.read_back;
        self.lost += other.lost;
        self.unknown_held += other.unknown_held;
        self.unknown_not_done += other.unknown_not_done;
        self.oversold_units += other.oversold_units;
        self.wrong_figures += other.wrong_figures;
        other.complaints.into_iter().for_each(|told| self.complain(told));
    }
}

/// Reads everything back.
///
/// # Errors
/// The daemon can't be read any more; then nothing is known and nothing is claimed.
pub(super) async fn audit(
    target: &Arc<Target>,
    args: &LoadArgs,
    brief: &Arc<Brief>,
    tally: &Tally,
) -> Result<Audit, Failure> {
    let mut granted: BTreeMap<usize, i64> = BTreeMap::new();
    for sku in tally.granted.iter().flat_map(|asked| asked.draw.skus()) {
        *granted.entry(sku).or_default() += 1;
    }
    let mut found = Audit::default();
    let (resolved, held) = resolve(client(target, args), &brief.plan, &tally.unresolved).await?;
    found.absorb(resolved);
    for sku in held.iter().flat_map(|asked| asked.draw.skus()) {
        *granted.entry(sku).or_default() += 1;
    }
    let step = args.read_back.map_or(1, |wanted| tally.granted.len().div_ceil(wanted.max(1)).max(1));
    let mut readers = JoinSet::new();
    for share in 0..READERS {
        let mine: Vec<Asked> =
            tally.granted.iter().step_by(step).skip(share).step_by(READERS).copied().collect();
        readers.spawn(read_back(client(target, args), Arc::clone(brief), mine));
        let figures: Vec<(usize, i64)> =
            granted.iter().skip(share).step_by(READERS).map(|(&sku, &units)| (sku, units)).collect();
        let stock = i64::try_from(args.units())?;
        readers.spawn(figures_agree(client(target, args), Arc::clone(brief), figures, stock));
    }
    while let Some(joined) = readers.join_next().await {
        found.absorb(joined??);
    }
    Ok(found)
}

fn client(target: &Arc<Target>, args: &LoadArgs) -> Client {
    Client::new(Arc::clone(target), args.common.timeout).with_patience(args.common.patience)
}

/// Finds out what became of commands nobody answered.
async fn resolve(mut client: Client, plan: &Plan, asked: &[Asked]) -> Result<(Audit, Vec<Asked>), Failure> {
    let mut found = Audit::default();
    let mut held = Vec::new();
    for one in asked {
        match client.reservation(&one.id.to_string()).await {
            Ok(told) if agrees(plan, one, &told.per_sku()) => {
                found.unknown_held += 1;
                held.push(*one);
            }
            Ok(told) => {
                found.complain(format!("{} of unknown outcome is held in part: {:?}", one.id, told.lines))
            }
            Err(error) if is_absent(&error) => found.unknown_not_done += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok((found, held))
}

async fn read_back(mut client: Client, brief: Arc<Brief>, asked: Vec<Asked>) -> Result<Audit, Failure> {
    let mut found = Audit::default();
    for one in asked {
        found.read_back += 1;
        match client.reservation(&one.id.to_string()).await {
            Ok(told) if told.state == "reserved" && agrees(&brief.plan, &one, &told.per_sku()) => {}
            Ok(told) => {
                found.lost += 1;
                found.complain(format!(
                    "acknowledged {} reads {}, lines {:?}",
                    one.id, told.state, told.lines
                ));
            }
            Err(error) if is_absent(&error) => {
                found.lost += 1;
                found.complain(format!("acknowledged {} is gone", one.id));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

async fn figures_agree(
    mut client: Client,
    brief: Arc<Brief>,
    figures: Vec<(usize, i64)>,
    stock: i64,
) -> Result<Audit, Failure> {
    let mut found = Audit::default();
    for (sku, granted) in figures {
        let name = brief.plan.name(sku);
        let told = client.stock(name).await?;
        let reserved: i64 = told.levels.iter().map(|level| level.reserved).sum();
        let on_hand: i64 = told.levels.iter().map(|level| level.on_hand).sum();
        if granted > stock {
            found.oversold_units += granted - stock;
            found.complain(format!("{name}: {granted} units granted of {stock}"));
        }
        let oversold_here: i64 =
            told.levels.iter().map(|level| (level.reserved - level.on_hand).max(0)).sum();
        if reserved != granted || on_hand != stock || oversold_here > 0 {
            found.wrong_figures += 1;
            found.complain(format!(
                "{name}: {granted} units granted of {stock}, the daemon holds {reserved} of {on_hand}"
            ));
        }
    }
    Ok(found)
}

fn agrees(plan: &Plan, asked: &Asked, told: &BTreeMap<&str, i64>) -> bool {
    let name = |sku: usize| plan.name(sku);
    asked.draw.skus().count() == told.len() && asked.draw.skus().all(|sku| told.get(name(sku)) == Some(&1))
}

fn is_absent(error: &ClientError) -> bool {
    matches!(error, ClientError::Problem(problem) if problem.status == 404)
}
