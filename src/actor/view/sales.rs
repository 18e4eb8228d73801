//! What was sold today: counted as it is confirmed, and counted again from the log after a start.
//!
//! The log is the truth. A journal that is loaded says up to where; what stands in the log since midnight up to there is
//! read again beside the work ([`Ledger::wanted`], [`Ledger::counted`]), what is confirmed later is added as it comes. So
//! a restart forgets nothing, and nothing is stored for it.
//!
//! Every sale is counted once, where it is decided: an order by its desk when it is accepted, units that are sold without
//! an order by the warehouse that promises them or hears that they are gone. A sale counts for the day of its channel on
//! which it was made. Cancellations are not taken off: it was sold.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Notify;

use super::heard::{Heard, Voice};
use crate::actor::house::LocalDays;
use crate::domain::desk::{Desk, DeskFact, DeskFactKind, DeskRow, Document};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::ChannelId;
use crate::domain::machine::Machine;
use crate::domain::order::Order;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{Row, Warehouse};
use crate::journal::locked::Locked;
use crate::journal::{Head, JournalId};

/// How much was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sold {
    /// Orders accepted.
    pub orders: i64,
    /// Units, with an order or without.
    pub units: i64,
    /// Units that were told as sold and had no goods, or whose promise a store lost and goods no longer cover.
    pub oversold: i64,
}

impl Sold {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            orders: self.orders.saturating_add(other.orders),
            units: self.units.saturating_add(other.units),
            oversold: self.oversold.saturating_add(other.oversold),
        }
    }
}

/// A sale, as an entry tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// On which channel.
    pub channel: ChannelId,
    /// When it was made.
    pub at: Timestamp,
    /// How much.
    pub sold: Sold,
}

/// A machine whose entries tell sales.
pub trait Sells: Machine {
    /// The sales of an entry that was decided at `at`.
    fn sales(at: Timestamp, facts: &[(Option<usize>, Self::Fact)], rows: &[Self::Row]) -> Vec<Sale>;
}

impl Sells for Warehouse {
    fn sales(at: Timestamp, facts: &[(Option<usize>, Fact)], _rows: &[Row]) -> Vec<Sale> {
        let units = |fact: &Fact| {
            fact.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.change.saturating_abs()))
        };
        // Goods that are gone may have been promised before: the promise was counted, and ends right before they go.
        let promised = |gone: &Fact, before: Option<&Fact>| {
            let ended = before.filter(|fact| fact.kind == FactKind::Deallocated && fact.order.is_none());
            ended.filter(|fact| fact.reservation == gone.reservation).map_or(0, units)
        };
        let sale = |fact: &Fact, before: Option<&Fact>| {
            let sold = match fact.kind {
                FactKind::Sold => {
                    let more = units(fact).saturating_sub(promised(fact, before)).max(0);
                    Sold { units: more, ..Sold::default() }
                }
                // What an order is promised its desk has counted.
                FactKind::Allocated if fact.order.is_none() => Sold { units: units(fact), ..Sold::default() },
                FactKind::Oversold => Sold { oversold: units(fact), ..Sold::default() },
                _ => return None,
            };
            let at = fact.time.map_or(at, |told| told.min(at));
            Some(Sale { channel: fact.channel.clone()?, at, sold })
        };
        let befores = std::iter::once(None).chain(facts.iter().map(|(_, fact)| Some(fact)));
        facts.iter().zip(befores).filter_map(|((_, fact), before)| sale(fact, before)).collect()
    }
}

impl Sells for Desk {
    fn sales(at: Timestamp, facts: &[(Option<usize>, DeskFact)], rows: &[DeskRow]) -> Vec<Sale> {
        let has = |of: &DeskFact, kind| {
            facts.iter().any(|(_, fact)| fact.document == of.document && fact.kind == kind)
        };
        let sale = |fact: &DeskFact| {
            let order = order_in(rows, fact)?;
            let units = || order.lines.iter().filter(|line| line.stock).map(|line| line.ordered);
            let (at, sold) = match fact.kind {
                // Goods that were gone when the order came are counted where they were.
                DeskFactKind::OrderAccepted => {
                    let gone = has(fact, DeskFactKind::OrderReceived)
                        && has(fact, DeskFactKind::FulfilmentCollected);
                    let units = if gone { 0 } else { units().fold(0, i64::saturating_add) };
                    (order.placed_at.min(at), Sold { orders: 1, units, oversold: 0 })
                }
                DeskFactKind::LineBackordered if order.told => {
                    let units = fact.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.quantity));
                    (at, Sold { oversold: units, ..Sold::default() })
                }
                _ => return None,
            };
            Some(Sale { channel: order.channel.clone(), at, sold })
        };
        facts.iter().filter_map(|(_, fact)| sale(fact)).collect()
    }
}

/// The order a fact is about, as its entry left it.
fn order_in<'a>(rows: &'a [DeskRow], fact: &DeskFact) -> Option<&'a Order> {
    rows.iter().find_map(|row| match row {
        DeskRow::Open(id, Some(Document::Order(order)))
        | DeskRow::Archived(id, Some(Document::Order(order)))
            if *id == fact.document =>
        {
            Some(order.as_ref())
        }
        DeskRow::Open(..) | DeskRow::Archived(..) | DeskRow::Refused(..) | DeskRow::Asked(..) => None,
    })
}

/// The days of every channel; those of UTC of one that is not configured.
#[derive(Debug, Default)]
pub struct Calendar(BTreeMap<ChannelId, LocalDays>);

impl Calendar {
    /// The days of these channels.
    pub fn new(days: impl Iterator<Item = (ChannelId, LocalDays)>) -> Self {
        Self(days.collect())
    }

    fn day(&self, channel: &ChannelId, at: Timestamp) -> i64 {
        self.0.get(channel).map_or_else(|| LocalDays::default().day(at), |days| days.day(at))
    }

    /// When the day began that began first, of those that are today somewhere.
    #[must_use]
    pub fn first_midnight(&self, now: Timestamp) -> Timestamp {
        self.0.values().map(|days| days.begins(days.day(now))).min().unwrap_or(now)
    }
}

/// Sales of a few days, by channel and its local day.
#[derive(Debug, Default)]
struct Days(BTreeMap<(ChannelId, i64), Sold>);

impl Days {
    fn add(&mut self, calendar: &Calendar, at: Timestamp, sale: &Sale) {
        let today = calendar.day(&sale.channel, at);
        let day = calendar.day(&sale.channel, sale.at);
        // What was sold long ago and is told now, say when orders are moved here, is no news of today.
        if day.saturating_add(1) < today {
            return;
        }
        let key = (sale.channel.clone(), day);
        if let Some(sold) = self.0.get_mut(&key) {
            *sold = sold.plus(sale.sold);
            return;
        }
        self.0.insert(key, sale.sold);
        self.0.retain(|(channel, known), _| *channel != sale.channel || known.saturating_add(1) >= today);
    }
}

#[derive(Debug, Default)]
struct Kept {
    head: Option<Head>,
    days: Days,
    /// What stands in the log up to here is to be counted.
    wanted: Option<Head>,
    /// From when on everything is counted; `None` while that is not known.
    complete_since: Option<Timestamp>,
}

/// What one journal tells of sales.
#[derive(Debug)]
pub struct Ledger {
    /// Which journal.
    pub id: JournalId,
    /// Whom the house heard of.
    pub heard: Arc<Heard>,
    calendar: Arc<Calendar>,
    kept: Locked<Kept>,
    bell: Arc<Notify>,
}

/// Sales read from a log.
#[derive(Debug, Default)]
pub struct Recount {
    days: Days,
    heard: BTreeMap<ChannelId, (Timestamp, &'static str)>,
}

impl Recount {
    /// Takes in an entry's sales.
    pub fn add(&mut self, calendar: &Calendar, at: Timestamp, sales: &[Sale]) {
        for sale in sales {
            self.days.add(calendar, at, sale);
            self.heard.insert(sale.channel.clone(), (at, what(sale)));
        }
    }
}

const fn what(sale: &Sale) -> &'static str {
    if sale.sold.orders > 0 { "order" } else { "sold" }
}

impl Ledger {
    /// The journal was loaded and stands at this head. Whoever knew it at that very head knows all of it.
    pub fn loaded(&self, head: Head) {
        let again = self.kept.with(|kept| {
            let known = kept.head == Some(head);
            if !known {
                *kept = Kept { head: Some(head), wanted: Some(head), ..Kept::default() };
            }
            !known
        });
        if again {
            self.bell.notify_one();
        }
    }

    /// An entry was confirmed.
    pub fn confirmed(&self, head: Head, at: Timestamp, sales: &[Sale]) {
        self.kept.with(|kept| {
            kept.head = Some(head);
            sales.iter().for_each(|sale| kept.days.add(&self.calendar, at, sale));
        });
        for sale in sales.iter().filter(|sale| sale.sold.oversold == 0) {
            self.heard.note(&Voice::Channel(sale.channel.clone()), at, what(sale));
        }
    }

    /// Up to where the log is to be counted.
    #[must_use]
    pub fn wanted(&self) -> Option<Head> {
        self.kept.with(|kept| kept.wanted)
    }

    /// Takes in what the log tells up to `head`; `since` says from when on it told everything. What was counted for a
    /// journal that was loaded again meanwhile is no use.
    pub fn counted(&self, head: Head, recount: Recount, since: Timestamp) {
        self.kept.with(|kept| {
            if kept.wanted != Some(head) {
                return;
            }
            kept.wanted = None;
            kept.complete_since = Some(since);
            for (key, sold) in recount.days.0 {
                let known = kept.days.0.entry(key).or_default();
                *known = known.plus(sold);
            }
        });
        for (channel, (at, what)) in recount.heard {
            self.heard.note(&Voice::Channel(channel), at, what);
        }
    }
}

/// What all journals tell of sales.
#[derive(Debug)]
pub struct Sales {
    ledgers: Locked<Vec<Arc<Ledger>>>,
    /// The days sales are counted in.
    pub calendar: Arc<Calendar>,
    /// Whom the house heard of.
    pub heard: Arc<Heard>,
    /// Rung when a log is to be counted.
    pub bell: Arc<Notify>,
}

impl Sales {
    /// Nothing yet, of channels with these days.
    #[must_use]
    pub fn new(calendar: Calendar) -> Self {
        Self {
            ledgers: Locked::default(),
            calendar: Arc::new(calendar),
            heard: Arc::default(),
            bell: Arc::default(),
        }
    }

    /// The ledger of one more journal.
    #[must_use]
    pub fn ledger(&self, id: JournalId) -> Arc<Ledger> {
        let (calendar, heard, bell) = (self.calendar.clone(), self.heard.clone(), self.bell.clone());
        let ledger = Arc::new(Ledger { id, heard, calendar, kept: Locked::default(), bell });
        self.ledgers.with(|ledgers| ledgers.push(ledger.clone()));
        ledger
    }

    /// Every ledger.
    #[must_use]
    pub fn ledgers(&self) -> Vec<Arc<Ledger>> {
        self.ledgers.with(|ledgers| ledgers.clone())
    }

    /// What each channel has sold on its own day of now, and whether that is all: it is not while a log is being counted, or
    /// where the log does not reach back to midnight.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> (BTreeMap<ChannelId, Sold>, bool) {
        let midnight = self.calendar.first_midnight(now);
        let mut sold: BTreeMap<ChannelId, Sold> = BTreeMap::new();
        let mut complete = true;
        for ledger in self.ledgers() {
            ledger.kept.with(|kept| {
                complete &=
                    kept.wanted.is_none() && kept.complete_since.is_some_and(|since| since <= midnight);
                for ((channel, day), more) in &kept.days.0 {
                    if *day == self.calendar.day(channel, now) {
                        let known = sold.entry(channel.clone()).or_default();
                        *known = known.plus(*more);
                    }
                }
            });
        }
        (sold, complete)
    }
}
