//! Settings turned into what the house is made of.

use std::time::Duration;

use crate::actor::house::opening::Opening;
use crate::actor::house::{ChannelSpec, Kind, Mode, WarehouseSpec, WarehouseState};
use crate::actor::journaled::Limits;
use crate::actor::retention::Retention;
use crate::config::{self, Settings};
use crate::domain::ids::{ChannelId, SourceId, WarehouseId};
use crate::domain::memory::Windows;
use crate::domain::warehouse::Rules;

/// Rows one batch may change: a store writes them in one step, and blocks others for as long.
const BATCH_ROWS: usize = 4_000;
/// The log is kept this much longer than the hold window, for ids that were sent ahead of our clock.
const WINDOW_SLACK_MS: i64 = 120_000;

/// What the house is made of.
pub(super) fn opening(settings: &Settings) -> Opening {
    Opening {
        warehouses: settings.warehouses.iter().map(warehouse).collect(),
        channels: settings.channels.iter().map(channel).collect(),
        rules: rules(settings),
        refused_demand_max: size(settings.limits.refused_demand_skus),
    }
}

/// What every warehouse keeps to.
pub(super) fn rules(settings: &Settings) -> Rules {
    let limits = &settings.limits;
    Rules {
        max_hold_ms: millis(limits.max_hold_s, 1_000),
        count_horizon_ms: millis(limits.count_horizon_h, 3_600_000),
        windows: Windows {
            hold_ms: millis(limits.hold_window_s, 1_000),
            movement_ms: millis(limits.movement_window_days, 86_400_000),
            ids_max: size(limits.ids),
        },
    }
}

/// What bounds each actor. The ring's bytes are shared evenly.
pub(super) fn limits(settings: &Settings) -> Limits {
    let limits = &settings.limits;
    let actors = settings.warehouses.len().saturating_add(settings.channels.len()).saturating_add(1);
    Limits {
        queue: size(limits.queue_commands),
        batch_commands: size(limits.batch_commands),
        batch_rows: BATCH_ROWS,
        in_flight: size(limits.commits_in_flight),
        ring_bytes: size(settings.store.ring_bytes).checked_div(actors).unwrap_or(0),
    }
}

/// How much of each log is kept.
pub(super) fn retention(settings: &Settings) -> Retention {
    Retention {
        keep_ms: millis(settings.store.retain_days, 86_400_000),
        bytes: settings.store.retain_bytes,
        least_ms: millis(settings.limits.hold_window_s, 1_000).saturating_add(WINDOW_SLACK_MS),
    }
}

/// How long after a start nothing expires, in milliseconds.
pub(super) fn grace_ms(settings: &Settings) -> i64 {
    millis(settings.limits.restart_grace_s, 1_000)
}

/// How long an asker waits.
pub(super) fn deadline(settings: &Settings) -> Duration {
    Duration::from_millis(settings.limits.command_timeout_ms)
}

fn warehouse(configured: &config::Warehouse) -> WarehouseSpec {
    WarehouseSpec {
        id: WarehouseId::stored(&configured.id),
        name: configured.name.clone(),
        kind: match configured.kind {
            config::WarehouseKind::Warehouse => Kind::Warehouse,
            config::WarehouseKind::Store => Kind::Store,
            config::WarehouseKind::ThirdParty => Kind::ThirdParty,
            config::WarehouseKind::Supplier => Kind::Supplier,
            config::WarehouseKind::Marketplace => Kind::Marketplace,
        },
        country: configured.country.clone(),
        postal_code: configured.postal_code.clone(),
        state: match configured.state {
            config::WarehouseState::Open => WarehouseState::Open,
            config::WarehouseState::NoNewOrders => WarehouseState::NoNewOrders,
            config::WarehouseState::Frozen => WarehouseState::Frozen,
        },
        lag_ms: configured
            .sources
            .iter()
            .map(|(id, source)| (SourceId::stored(id), millis(source.lag_s, 1_000)))
            .collect(),
    }
}

fn channel(configured: &config::Channel) -> ChannelSpec {
    ChannelSpec {
        id: ChannelId::stored(&configured.id),
        mode: match configured.mode {
            config::ChannelMode::Asks => Mode::Asks,
            config::ChannelMode::Tells => Mode::Tells,
        },
        warehouses: configured.warehouses.iter().map(|id| WarehouseId::stored(id)).collect(),
        buffer: units(configured.buffer),
        display_cap: configured.display_cap.map(units),
        low_at: units(configured.low_at),
    }
}

fn units(figure: u64) -> i64 {
    i64::try_from(figure).unwrap_or(i64::MAX)
}

fn millis(figure: u64, unit: i64) -> i64 {
    units(figure).saturating_mul(unit)
}

fn size(figure: u64) -> usize {
    usize::try_from(figure).unwrap_or(usize::MAX)
}
