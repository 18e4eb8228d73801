//! A house on the memory store, for the tests of whoever holds one.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::opening::Opening;
use super::{ChannelSpec, House, Kind, Leftover, Mode, OrderRules, WarehouseSpec};
use crate::actor::directory::{Ground, Note};
use crate::actor::journaled::Limits;
use crate::domain::channel::{LagRule, Quota};
use crate::domain::ids::{ChannelId, WarehouseId};
use crate::domain::memory::Windows;
use crate::domain::time::{Clock, Timestamp};
use crate::domain::warehouse::Rules;
use crate::feed::happened::{Happened, of_entry};
use crate::journal::memory::MemoryJournal;
use crate::journal::record::changes_of;
use crate::journal::{Journal, JournalId};
use crate::telemetry::Metrics;

/// A house, and what its test may turn. BER is a warehouse, HAM a store; `web` asks and draws on both, `till` tells and
/// draws on HAM, `solo` asks and draws on BER, `late` asks, draws on BER and may sell five units of each SKU beyond stock; `market`
/// asks, draws on BER, takes ten changes a day and keeps two units back when it is a minute behind.
pub(crate) struct Trial {
    /// The house.
    pub(crate) house: Arc<House>,
    clock: Arc<HandClock>,
    journal: Arc<MemoryJournal>,
    stopping: CancellationToken,
}

/// 2026-11-23T10:00:00Z, when every trial begins.
const BEGIN: i64 = 1_795_428_000_000;

#[derive(Debug)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn boottime(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial").finish_non_exhaustive()
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// Runs a test where actors can live.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    actix::System::new().block_on(test)
}

impl Trial {
    /// Opens a house whose actors take `queue` commands.
    pub(crate) async fn open(queue: usize) -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(BEGIN)));
        let journal = Arc::new(MemoryJournal::new(changes_of, 7));
        Self::on(journal, clock, queue).await
    }

    /// Another daemon on the same store, after this one has gone.
    pub(crate) async fn reopen(self) -> Self {
        self.house.close(Duration::from_secs(5)).await;
        self.stopping.cancel();
        Self::on(self.journal.clone(), self.clock.clone(), 64).await
    }

    async fn on(journal: Arc<MemoryJournal>, clock: Arc<HandClock>, queue: usize) -> Self {
        let stopping = CancellationToken::new();
        let ground = Ground {
            journal: journal.clone(),
            clock: clock.clone(),
            limits: Limits {
                queue,
                batch_commands: 64,
                batch_rows: 1_000,
                in_flight: 4,
                ring_bytes: 1 << 20,
            },
            deadline: Duration::from_secs(5),
            grace_ms: 0,
            io: tokio::runtime::Handle::current(),
            arbiters: Vec::new(),
            rescue: std::env::temp_dir(),
            note: Note(Arc::new(|_, _| {})),
            metrics: Arc::new(Metrics::new()),
            seed: 7,
            failed: CancellationToken::new(),
            stopping: stopping.clone(),
        };
        let house = House::open(&ground, &opening()).await.expect("an empty store opens");
        Self { house, clock, journal, stopping }
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, millis: i64) {
        self.clock.0.fetch_add(millis, Ordering::Relaxed);
    }

    /// Everything a journal says has happened.
    pub(crate) async fn told(&self, id: &JournalId) -> Vec<Happened> {
        let entries = self.journal.read(id, 1, usize::MAX).await.unwrap();
        entries.iter().flat_map(|stored| of_entry(id, stored).unwrap()).collect()
    }

    /// Whether the store is away.
    pub(crate) fn set_away(&self, away: bool) {
        self.journal.faults().set_away(away);
    }
}

fn opening() -> Opening {
    let warehouse = |id: &str, kind| WarehouseSpec {
        name: Some(format!("{id} 1")),
        pickup: kind == Kind::Store,
        kind,
        ..WarehouseSpec::named(WarehouseId::stored(id))
    };
    let channel = |id: &str, mode, warehouses: &[&str]| {
        let drawn = warehouses.iter().map(|id| WarehouseId::stored(id)).collect();
        ChannelSpec {
            display_cap: (id == "solo").then_some(5),
            backorder: id == "late",
            backorder_limit: (id == "late").then_some(5),
            leftover: if matches!(id, "late" | "till") { Leftover::Backorder } else { Leftover::Refuse },
            ..ChannelSpec::named(ChannelId::stored(id), mode, drawn)
        }
    };
    let windows = Windows { hold_ms: 900_000, movement_ms: 7 * 86_400_000, ids_max: 100_000 };
    Opening {
        warehouses: vec![warehouse("BER", Kind::Warehouse), warehouse("HAM", Kind::Store)],
        channels: vec![
            channel("web", Mode::Asks, &["BER", "HAM"]),
            channel("till", Mode::Tells, &["HAM"]),
            channel("solo", Mode::Asks, &["BER"]),
            channel("late", Mode::Asks, &["BER"]),
            ChannelSpec {
                quota: Some(Quota::of(10)),
                lag: Some(LagRule { units: 2, after_ms: 60_000 }),
                ..channel("market", Mode::Asks, &["BER"])
            },
        ],
        rules: Rules { max_hold_ms: 7_200_000, count_horizon_ms: 48 * 3_600_000, windows },
        orders: OrderRules::default(),
        refused_demand_max: 100,
    }
}
