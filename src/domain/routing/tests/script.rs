//! A tiny text language for tables.
//!
//! `check("split=none | A=2 B=1 told | X A=5 B=0; Y A=2 B=1", "Y[A=2,B=1]")`: rules, the demand, the warehouses; answered
//! are the parts, then what is left. Days are counted from now, stock reads `free-safety~age+units@day`, SKUs and
//! warehouses begin with a capital, lines are numbered from 1.

use std::str::FromStr;

use crate::domain::ids::{ChannelId, LineId, Sku, WarehouseId};
use crate::domain::place::{Country, Kind, Point, PostalPrefix};
use crate::domain::routing::{
    Blocked, Candidate, Decision, Demand, Filter, LeftWhat, Leftover, Method, Rules, Sort, Split, Stock,
    Wanted, Why, route,
};
use crate::domain::time::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// Routes, and compares who ships what and what is left.
pub(super) fn check(script: &str, expected: &str) {
    let (demand, decision) = run(script);
    assert_eq!(shipped(&demand, &decision), expected, "{script}");
}

/// Routes, and compares what became of each warehouse: `Y; X cost; Z id; -W capacity`, or with the detail of the one that
/// was dropped behind a colon.
pub(super) fn ranks(script: &str, expected: &str) {
    let (_, decision) = run(script);
    let each = decision.explanation.considered.iter().map(|considered| {
        let (name, place) = (&considered.warehouse, considered.place);
        match (&considered.dropped, considered.decided_by) {
            (Some(dropped), _) => format!("-{name} {}: {}", dropped.filter, dropped.detail),
            (None, Some(sort)) => format!("{name} {sort}"),
            (None, None) if place == Some(1) => name.to_string(),
            (None, None) => format!("{name} id"),
        }
    });
    assert_eq!(each.collect::<Vec<_>>().join("; "), expected, "{script}");
}

/// Routes, and compares how the choice is told.
pub(super) fn told(script: &str, expected: &str) {
    assert_eq!(run(script).1.explanation.chosen.to_string(), expected, "{script}");
}

/// Routes what a script says.
pub(super) fn run(script: &str) -> (Demand, Decision) {
    let [settings, demand, warehouses] = script.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
        panic!("`{script}` has not three parts")
    };
    let demand = wanted(&Words::of(demand));
    let candidates: Vec<Candidate> =
        warehouses.split(';').map(|text| candidate(&Words::of(text), &demand)).collect();
    let decision = route(&demand, &candidates, &rules(&Words::of(settings)), day(0));
    (demand, decision)
}

pub(super) fn day(day: i64) -> Timestamp {
    Timestamp::from_millis(day * DAY_MS)
}

pub(super) fn warehouse(name: &str) -> WarehouseId {
    WarehouseId::parse(name).unwrap()
}

struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        Self(text.split_whitespace().collect())
    }

    fn has(&self, word: &str) -> bool {
        self.0.contains(&word)
    }

    fn option(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    fn number<T: FromStr>(&self, key: &str) -> Option<T> {
        self.option(key).map(|text| text.parse().ok().unwrap())
    }

    fn list<T>(&self, key: &str, read: impl Fn(&str) -> T) -> Option<Vec<T>> {
        let items = self.option(key)?.split(',').filter(|item| !item.is_empty());
        Some(items.map(read).collect())
    }

    /// Words such as `A=2`.
    fn goods(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let capital = self.0.iter().filter(|word| word.starts_with(char::is_uppercase));
        capital.filter_map(|word| word.split_once('='))
    }

    fn zone(&self, key: &str) -> (Option<Country>, Option<PostalPrefix>) {
        let Some(zone) = self.option(key) else { return (None, None) };
        let (country, postal) = zone.split_once('/').unwrap_or((zone, ""));
        (Some(Country::parse(country).unwrap()), PostalPrefix::of(postal))
    }

    fn point(&self) -> Option<Point> {
        let (latitude, longitude) = self.option("at")?.split_once('/').unwrap();
        Point::from_degrees(latitude.parse().unwrap(), longitude.parse().unwrap())
    }
}

fn rules(words: &Words<'_>) -> Rules {
    let base = Rules::default();
    Rules {
        filters: words.list("filters", |name| Filter::named(name).unwrap()).unwrap_or(base.filters),
        sorts: words.list("sorts", |name| Sort::named(name).unwrap()).unwrap_or(base.sorts),
        split: words.option("split").map_or(base.split, |name| Split::named(name).unwrap()),
        split_max: words.number("max").unwrap_or(base.split_max),
        split_value_min: words.number("value").unwrap_or(base.split_value_min),
        leftover: words.option("leftover").map_or(base.leftover, |name| Leftover::named(name).unwrap()),
        exact_max: words.number("exact").unwrap_or(base.exact_max),
        attempts_max: base.attempts_max,
        distance_max_km: words.number("km"),
        external_kinds: words
            .list("external", |name| Kind::named(name).unwrap())
            .unwrap_or(base.external_kinds),
    }
}

fn wanted(words: &Words<'_>) -> Demand {
    let lines = words.goods().zip(1_u32..).map(|((sku, units), number)| {
        let (units, value) = units.split_once('*').unwrap_or((units, "0"));
        Wanted {
            line: LineId::parse(&number.to_string()).unwrap(),
            sku: Sku::parse(sku).unwrap(),
            quantity: units.parse().unwrap(),
            unit_value: value.parse().unwrap(),
        }
    });
    let (country, postal) = words.zone("to");
    let block = |text: &str| {
        let parts: Vec<&str> = text.split(':').collect();
        let sku = (parts.len() == 3).then(|| Sku::parse(parts[1]).unwrap());
        let why = Why::named(parts.last().unwrap()).unwrap();
        Blocked { warehouse: warehouse(parts[0]), sku, why }
    };
    let channel = ChannelId::parse(words.option("channel").unwrap_or("shop")).unwrap();
    Demand {
        told: words.has("told"),
        method: words.option("pickup").map_or(Method::Ship, |name| Method::Pickup(warehouse(name))),
        country,
        postal,
        point: words.point(),
        preferred: words.list("prefer", warehouse).unwrap_or_default(),
        only: words.option("only").map(warehouse),
        blocked: words.list("block", block).unwrap_or_default(),
        ship_complete: words.has("complete"),
        release_day: words.number("release"),
        reroute: words.has("reroute"),
        ..Demand::new(channel, lines.collect())
    }
}

fn candidate(words: &Words<'_>, demand: &Demand) -> Candidate {
    let of = |line: &Wanted| {
        let stock = words.goods().find(|(sku, _)| *sku == line.sku.as_str());
        stock.map_or_else(Stock::default, |(_, text)| read_stock(text))
    };
    let stock = demand.lines.iter().map(of).collect();
    let (country, postal) = words.zone("in");
    let base = Candidate::new(warehouse(words.0[0]), stock);
    Candidate {
        kind: words.option("kind").map_or(Kind::Warehouse, |name| Kind::named(name).unwrap()),
        open: !words.has("closed"),
        enabled: !words.has("off"),
        channels: words.list("channels", |name| ChannelId::parse(name).unwrap()),
        countries: words.list("countries", |name| Country::parse(name).unwrap()),
        ships: !words.has("noship"),
        pickup: !words.has("nopickup"),
        point: words.point(),
        country,
        postal,
        local_day: words.number("day").unwrap_or(0),
        capacity_left: words.number("cap"),
        load: words.number("load").unwrap_or(0),
        cost: words.number("cost").unwrap_or(0),
        priority: words.number("priority").unwrap_or(0),
        external: words.has("external"),
        ..base
    }
}

/// `5-1~30+2@3+4@9`: five free, one of them safety, thirty days old, two more on day 3 and four on day 9.
fn read_stock(text: &str) -> Stock {
    let mut incoming = text.split('+');
    let (now, age) = {
        let now = incoming.next().unwrap();
        now.split_once('~').map_or((now, None), |(now, age)| (now, Some(age.parse().unwrap())))
    };
    let (free, safety) = now.split_once('-').unwrap_or((now, "0"));
    let free = free.parse().unwrap();
    let expected = |text: &str| {
        let (units, at) = text.split_once('@').unwrap();
        (day(at.parse().unwrap()), units.parse().unwrap())
    };
    Stock {
        free,
        routing_safety: safety.parse().unwrap(),
        carried: true,
        on_hand: free,
        age_days: age,
        incoming: incoming.map(expected).collect(),
    }
}

fn shipped(demand: &Demand, decision: &Decision) -> String {
    let sku = |line: &LineId| &demand.lines.iter().find(|wanted| wanted.line == *line).unwrap().sku;
    let parts = decision.parts.iter().map(|part| {
        let lines = part.lines.iter().map(|(line, units)| format!("{}={units}", sku(line)));
        format!("{}[{}]", part.warehouse, lines.collect::<Vec<_>>().join(","))
    });
    let left = decision.left.iter().map(|left| {
        let what = match &left.what {
            LeftWhat::Backorder { warehouse, promise: None } => format!("backorder {warehouse}"),
            LeftWhat::Backorder { warehouse, promise: Some(promise) } => {
                let (days, rest) = (promise.as_millis() / DAY_MS, promise.as_millis() % DAY_MS);
                let noon = if rest == 0 { "" } else { " noon" };
                format!("backorder {warehouse} day {days}{noon}")
            }
            LeftWhat::Park => "park".into(),
            LeftWhat::Refuse => "refuse".into(),
            LeftWhat::Ask => "ask".into(),
        };
        format!("{}={} {what}", sku(&left.line), left.quantity)
    });
    parts.chain(left).collect::<Vec<_>>().join("; ")
}
