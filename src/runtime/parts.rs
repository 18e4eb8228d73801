//! Settings turned into what the house is made of.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::actor::house::opening::Opening;
use crate::actor::house::{
    ChannelSpec, Country, Kind, Leftover, LocalDays, Mode, OrderRules, Point, Split, StockAuthority, Support,
    WarehouseSpec, WarehouseState,
};
use crate::actor::journaled::Limits;
use crate::actor::retention::Retention;
use crate::config::{self, Settings};
use crate::domain::channel::{LagRule, Quota};
use crate::domain::desk::DeskRules;
use crate::domain::ids::{ChannelId, SHARDS, SourceId, WarehouseId};
use crate::domain::memory::Windows;
use crate::domain::order::Keeping;
use crate::domain::policy::AlertLimits;
use crate::domain::routing::{Filter, Rules, Sort};
use crate::domain::warehouse;

/// Rows one batch may change: a store writes them in one step, and blocks others for as long.
const BATCH_ROWS: usize = 4_000;
/// The log is kept this much longer than the hold window, for ids that were sent ahead of our clock.
const WINDOW_SLACK_MS: i64 = 120_000;

/// What the house is made of.
pub(super) fn opening(settings: &Settings) -> Opening {
    Opening {
        warehouses: settings.warehouses.iter().map(|configured| warehouse(settings, configured)).collect(),
        channels: settings.channels.iter().map(|configured| channel(settings, configured)).collect(),
        rules: rules(settings),
        orders: orders(settings),
        refused_demand_max: size(settings.limits.refused_demand_skus),
    }
}

/// What every warehouse keeps to.
pub(super) fn rules(settings: &Settings) -> warehouse::Rules {
    let limits = &settings.limits;
    warehouse::Rules {
        max_hold_ms: millis(limits.max_hold_s, 1_000),
        count_horizon_ms: millis(limits.count_horizon_h, 3_600_000),
        windows: Windows {
            hold_ms: millis(limits.hold_window_s, 1_000),
            movement_ms: millis(limits.movement_window_days, 86_400_000),
            ids_max: size(limits.ids),
        },
    }
}

/// What every order desk keeps to.
fn orders(settings: &Settings) -> OrderRules {
    let (routing, orders) = (&settings.routing, &settings.orders);
    let base = OrderRules::default();
    let days = |days: u64| millis(days, 86_400_000);
    OrderRules {
        routing: Rules {
            filters: routing.filters.iter().filter_map(|name| Filter::named(name)).collect(),
            sorts: routing.sorts.iter().filter_map(|name| Sort::named(name)).collect(),
            split_max: size(routing.split_max),
            split_value_min: units(routing.split_value_min),
            attempts_max: u32::try_from(routing.attempts_max).unwrap_or(u32::MAX),
            distance_max_km: routing.distance_max_km.map(units),
            ..base.routing
        },
        desk: DeskRules {
            open_max: size(orders.open_max.div_ceil(u64::from(SHARDS))),
            refund_within_ms: days(orders.refund_within_days),
            refund_alert_ms: days(orders.refund_alert_days),
            collect_within_ms: days(orders.uncollected_days),
            ..base.desk
        },
        claim_ttl_ms: millis(routing.claim_ttl_s, 1_000),
        pay_within_ms: millis(orders.pay_within_s, 1_000),
        keeping: Keeping {
            contact_after_delivery_ms: days(settings.privacy.contact_days_after_delivery),
            contact_after_cancel_ms: days(settings.privacy.contact_days_after_cancel),
            contact_max_ms: days(settings.privacy.contact_max_days),
            documents_ms: days(settings.privacy.order_days),
        },
    }
}

/// What bounds each actor. The ring's bytes are shared evenly.
pub(super) fn limits(settings: &Settings) -> Limits {
    let limits = &settings.limits;
    let actors = settings
        .warehouses
        .len()
        .saturating_add(settings.channels.len())
        .saturating_add(1 + usize::from(SHARDS));
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

fn warehouse(settings: &Settings, configured: &config::Warehouse) -> WarehouseSpec {
    let accept_within_s = configured.accept_within_s.or(settings.orders.accept_within_s);
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
        country: configured.country.as_deref().and_then(country),
        postal_code: configured.postal_code.clone(),
        coordinates: configured
            .latitude
            .zip(configured.longitude)
            .and_then(|(latitude, longitude)| Point::from_degrees(latitude, longitude)),
        days: configured.timezone.clone().map_or_else(LocalDays::default, LocalDays::of),
        state: match configured.state {
            config::WarehouseState::Open => WarehouseState::Open,
            config::WarehouseState::NoNewOrders => WarehouseState::NoNewOrders,
            config::WarehouseState::Frozen => WarehouseState::Frozen,
        },
        stock_authority: match configured.stock_authority {
            config::StockAuthority::Lagerd => StockAuthority::Lagerd,
            config::StockAuthority::External => StockAuthority::External,
        },
        enabled: configured.enabled,
        ships: configured.ships,
        pickup: configured.pickup,
        serves_channels: configured
            .serves_channels
            .as_ref()
            .map(|ids| ids.iter().map(|id| ChannelId::stored(id)).collect()),
        serves_countries: configured.serves_countries.as_deref().map(countries),
        capacity_per_day: configured.capacity_per_day,
        accept_within_ms: accept_within_s.map(|figure| millis(figure, 1_000)),
        cost: configured.cost,
        priority: configured.priority,
        routing_safety: units(configured.routing_safety),
        alerts: AlertLimits {
            low_stock: configured.low_stock.map(units),
            overstock: configured.overstock.map(units),
        },
        lag_ms: configured
            .sources
            .iter()
            .map(|(id, source)| (SourceId::stored(id), millis(source.lag_s, 1_000)))
            .collect(),
    }
}

fn channel(settings: &Settings, configured: &config::Channel) -> ChannelSpec {
    let mode = match configured.mode {
        config::ChannelMode::Asks => Mode::Asks,
        config::ChannelMode::Tells => Mode::Tells,
    };
    let support = configured.support.clone().unwrap_or_default();
    ChannelSpec {
        id: ChannelId::stored(&configured.id),
        mode,
        currency: configured.currency.clone(),
        warehouses: configured.warehouses.iter().map(|id| WarehouseId::stored(id)).collect(),
        buffer: units(configured.buffer),
        display_cap: configured.display_cap.map(units),
        low_at: units(configured.low_at),
        countries: configured.countries.as_deref().map(countries),
        payment_required: configured.payment_required,
        backorder: configured.backorder,
        backorder_limit: configured.backorder_limit.map(units),
        ship_complete: configured.ship_complete,
        split: match configured.split.unwrap_or(settings.routing.split) {
            config::Split::None => Split::None,
            config::Split::ByLine => Split::ByLine,
            config::Split::ByQuantity => Split::ByQuantity,
        },
        leftover: leftover(settings, configured),
        support: Support {
            name: support.name,
            email: support.email,
            phone: support.phone,
            hours: support.hours,
        },
        days: configured.timezone.clone().map_or_else(LocalDays::default, LocalDays::of),
        quota: configured
            .changes_per_sku_per_day
            .map(|most| Quota::of(u32::try_from(most).unwrap_or(u32::MAX))),
        lag: configured
            .lag_buffer
            .map(|buffer| LagRule { units: units(buffer), after_ms: millis(configured.lag_after_s, 1_000) }),
    }
}

/// What becomes of a channel's leftovers: its own word, else what it offers follows from `backorder`, else the word for
/// all. A word for all that does not suit a channel gives way: nothing is backordered where that is not allowed, and
/// nothing is refused that was told.
fn leftover(settings: &Settings, configured: &config::Channel) -> Leftover {
    let refuse = match configured.mode {
        config::ChannelMode::Asks => Leftover::Refuse,
        config::ChannelMode::Tells => Leftover::Backorder,
    };
    match configured.leftover {
        None if configured.backorder => Leftover::Backorder,
        own => match own.unwrap_or(settings.routing.leftover) {
            config::Leftover::Backorder if configured.backorder => Leftover::Backorder,
            config::Leftover::Backorder | config::Leftover::Refuse => refuse,
            config::Leftover::Park => Leftover::Park,
            config::Leftover::Ask => Leftover::Ask,
        },
    }
}

/// A country's code, which was checked when it was read.
fn country(code: &str) -> Option<Country> {
    Country::parse(code).ok()
}

fn countries(codes: &[String]) -> BTreeSet<Country> {
    codes.iter().filter_map(|code| country(code)).collect()
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

#[cfg(test)]
mod tests {
    use crate::config::Sources;
    use crate::domain::time::Timestamp;

    use super::*;

    fn opened(text: &str) -> Opening {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("lagerd.toml");
        std::fs::write(&file, text).expect("the file is written");
        let sources = Sources { file: Some(file), ..Sources::default() };
        opening(&config::load(&sources).expect("the settings are right"))
    }

    /// A place that has little configured is what the house makes of an id alone.
    #[test]
    fn defaults_are_the_same_on_both_sides() {
        let opening = opened("[[warehouse]]\nid = \"W\"\n[[channel]]\nid = \"c\"\nwarehouses = [\"W\"]\n");
        let (warehouse, channel) = (WarehouseId::stored("W"), ChannelId::stored("c"));
        let expected = WarehouseSpec::named(warehouse.clone());
        assert_eq!(format!("{:?}", opening.warehouses), format!("{:?}", [expected]));
        let expected = ChannelSpec::named(channel, Mode::Asks, vec![warehouse]);
        assert_eq!(format!("{:?}", opening.channels), format!("{:?}", [expected]));
    }

    /// What is configured of a place arrives: where it is, whose days it has, whom it serves, and how fast it answers.
    #[test]
    fn places_arrive() {
        let opening = opened(
            r#"
            [orders]
            accept_within_s = 600
            [[warehouse]]
            id = "WIEN"
            kind = "store"
            latitude = 48.2
            longitude = -16.3738005
            timezone = "Europe/Vienna"
            stock_authority = "external"
            serves_channels = ["c"]
            serves_countries = ["AT", "DE"]
            capacity_per_day = 40
            priority = -2
            low_stock = 5
            [[warehouse]]
            id = "SLOW"
            accept_within_s = 7200
            pickup = true
            [[channel]]
            id = "c"
            warehouses = ["WIEN"]
            currency = "CHF"
            support.phone = "+43 1 000000"
            "#,
        );
        let [wien, slow] = &opening.warehouses[..] else { panic!("two warehouses") };
        let expected = Point::from_degrees(48.2, -16.373_801).expect("on earth");
        assert_eq!(wien.coordinates, Some(expected));
        let midnight: jiff::Timestamp = "2026-10-24T22:00:00Z".parse().expect("a time");
        let midnight = Timestamp::from_millis(midnight.as_millisecond());
        assert_eq!(wien.days.begins(wien.days.day(midnight)), midnight);
        assert_eq!(wien.stock_authority, StockAuthority::External);
        assert_eq!(wien.serves_channels, Some([ChannelId::stored("c")].into()));
        assert_eq!(wien.serves_countries, Some(countries(&["AT".to_owned(), "DE".to_owned()])));
        assert_eq!((wien.capacity_per_day, wien.priority), (Some(40), -2));
        assert_eq!(wien.alerts, AlertLimits { low_stock: Some(5), overstock: None });
        assert_eq!((wien.accept_within_ms, slow.accept_within_ms), (Some(600_000), Some(7_200_000)));
        assert!(wien.pickup && slow.pickup && slow.ships && slow.serves_countries.is_none());
        assert_eq!(opening.channels[0].currency, "CHF");
        assert_eq!(opening.channels[0].support.phone.as_deref(), Some("+43 1 000000"));
    }

    /// A word for all channels gives way where it does not suit one; a channel's own word wins.
    #[test]
    fn leftovers() {
        for (all, own, expected) in [
            ("refuse", "", Leftover::Refuse),
            ("refuse", "mode = \"tells\"", Leftover::Backorder),
            ("refuse", "backorder = true", Leftover::Backorder),
            ("park", "", Leftover::Park),
            ("park", "leftover = \"ask\"", Leftover::Ask),
            ("ask", "backorder = true\nleftover = \"park\"", Leftover::Park),
            ("backorder", "", Leftover::Refuse),
            ("backorder", "mode = \"tells\"", Leftover::Backorder),
            ("backorder", "mode = \"tells\"\nbackorder = true", Leftover::Backorder),
        ] {
            let opening = opened(&format!(
                "[routing]\nleftover = \"{all}\"\n[[warehouse]]\nid = \"W\"\n[[channel]]\nid = \"c\"\n\
                 warehouses = [\"W\"]\n{own}\n"
            ));
            assert_eq!(opening.channels[0].leftover, expected, "{all} {own}");
        }
    }
}
