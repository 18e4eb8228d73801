//! `[[channel]]`: the places that sell.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::reader::{Table, Words};
use super::warehouse::zone_name;
use super::{Leftover, Problems, Split, check};

/// Whether a channel can be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelMode {
    /// It asks before it sells and takes no for an answer.
    Asks,
    /// It tells what it has sold: a fact, never refused.
    Tells,
}

impl Words for ChannelMode {
    const WORDS: &'static [(&'static str, Self)] = &[("asks", Self::Asks), ("tells", Self::Tells)];
}

/// When receivables are asked for an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Invoice {
    /// When goods have left, or were collected.
    Ship,
    /// Never: somebody else writes the channel's invoices and credit notes.
    Never,
}

impl Words for Invoice {
    const WORDS: &'static [(&'static str, Self)] = &[("ship", Self::Ship), ("never", Self::Never)];
}

/// Whom a channel's customers may turn to; shown to them as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Support {
    /// Who answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// When somebody answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
}

/// One selling place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Channel {
    /// Its id: 1 to 32 of `[A-Za-z0-9_-]`.
    pub id: String,
    /// Whether it asks or tells.
    pub mode: ChannelMode,
    /// ISO 4217 code of the currency it sells in.
    pub currency: String,
    /// Ids of the warehouses it draws on; no id twice.
    pub warehouses: Vec<String>,
    /// Units kept back per SKU from what is published, unless a policy says otherwise.
    pub buffer: u64,
    /// Highest figure shown to customers; more is shown as this. `None` shows what there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_cap: Option<u64>,
    /// From this figure down a SKU's state is `low`.
    pub low_at: u64,
    /// Countries it sells to, as ISO 3166 codes; `None` = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub countries: Option<Vec<String>>,
    /// Whether its orders are held until their payment is authorised or paid.
    pub payment_required: bool,
    /// Whether what stock can't cover may be backordered.
    pub backorder: bool,
    /// Units per SKU that may be backordered, unless a policy says otherwise; `None` = any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backorder_limit: Option<u64>,
    /// Whether an order ships when all of it can, and not before.
    pub ship_complete: bool,
    /// How its orders may be split; `None` = as `[routing]` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// What becomes of lines nobody can ship; `None` = as `[routing]` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leftover: Option<Leftover>,
    /// When receivables are asked for an invoice.
    pub invoice: Invoice,
    /// Whom customers may turn to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<Support>,
    /// The time zone of its days; `None` = UTC.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "zone_name")]
    pub timezone: Option<TimeZone>,
    /// Changes per SKU and day that its marketplace takes; `None` = any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes_per_sku_per_day: Option<u64>,
    /// Units kept back per SKU while it shows old figures; `None` = none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_buffer: Option<u64>,
    /// Age of the oldest figure from which on they are kept back, in seconds.
    pub lag_after_s: u64,
}

impl Channel {
    /// A channel that asks and sells in euros, as the defaults of its keys make it.
    #[must_use]
    pub fn named(id: impl Into<String>, warehouses: Vec<String>) -> Self {
        Self {
            id: id.into(),
            mode: ChannelMode::Asks,
            currency: "EUR".to_owned(),
            warehouses,
            buffer: 0,
            display_cap: None,
            low_at: 3,
            countries: None,
            payment_required: false,
            backorder: false,
            backorder_limit: None,
            ship_complete: false,
            split: None,
            leftover: None,
            invoice: Invoice::Ship,
            support: None,
            timezone: None,
            changes_per_sku_per_day: None,
            lag_buffer: None,
            lag_after_s: 900,
        }
    }

    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        const UNITS_MAX: u64 = 1_000_000_000;
        let id = table.required("id", check::ID, check::id);
        let base = Self::named(id.clone().unwrap_or_default(), Vec::new());
        let currency = |text: &str| check::capitals(text, 3);
        let sold = Self {
            mode: table.word("mode", base.mode),
            currency: table.text(
                "currency",
                ("EUR", base.currency.clone()),
                "three capital letters such as \"EUR\"",
                currency,
            ),
            warehouses: table.list("warehouses", "a list of ids of [[warehouse]] sections", check::id),
            buffer: table.whole("buffer", base.buffer, 0..=UNITS_MAX),
            display_cap: table.whole_opt("display_cap", 1..=UNITS_MAX),
            low_at: table.whole("low_at", base.low_at, 0..=UNITS_MAX),
            countries: table.list_opt("countries", check::COUNTRIES, |text| check::capitals(text, 2)),
            payment_required: table.flag("payment_required", base.payment_required),
            backorder_limit: table.whole_opt("backorder_limit", 1..=UNITS_MAX),
            ..base
        };
        let limited = sold.backorder_limit.is_some();
        let channel = Self {
            backorder: table.flag_as("backorder", ("with backorder_limit", limited)),
            ship_complete: table.flag("ship_complete", sold.ship_complete),
            split: table.word_opt("split"),
            leftover: table.word_opt("leftover"),
            invoice: table.word("invoice", sold.invoice),
            support: table.section_opt("support", read_support),
            timezone: table.text_opt("timezone", "a time zone such as \"Europe/Berlin\"", check::zone),
            changes_per_sku_per_day: table.whole_opt("changes_per_sku_per_day", 1..=1_000_000),
            lag_buffer: table.whole_opt("lag_buffer", 1..=UNITS_MAX),
            lag_after_s: table.whole("lag_after_s", sold.lag_after_s, 1..=604_800),
            ..sold
        };
        id.map(|_| channel)
    }

    /// Notes what doesn't fit each other or the warehouses.
    pub(super) fn check(&self, path: &str, warehouses: &BTreeSet<&str>, problems: &mut Problems) {
        check::named(&format!("{path}.warehouses"), &self.warehouses, "warehouse", warehouses, problems);
        let countries = self.countries.as_deref().unwrap_or_default();
        check::once(&format!("{path}.countries"), countries, problems);
        if self.backorder && self.leftover == Some(Leftover::Refuse) {
            let found = "orders would be refused for units that backorder = true offers";
            problems.add(format!("{path}.leftover"), found, "another word, or leave one of the two out");
        }
        if !self.backorder {
            let contrary = [
                ("backorder_limit", self.backorder_limit.is_some()),
                ("leftover", self.leftover == Some(Leftover::Backorder)),
            ];
            for (key, _) in contrary.into_iter().filter(|(_, given)| *given) {
                let expected = "set backorder = true as well, or leave it out";
                problems.add(format!("{path}.{key}"), "nothing may be backordered", expected);
            }
        }
        if self.mode == ChannelMode::Tells && self.leftover == Some(Leftover::Refuse) {
            let found = "what a channel tells of is a fact and never refused";
            problems.add(format!("{path}.leftover"), found, "\"backorder\", \"park\" or \"ask\"");
        }
    }
}

fn read_support(table: &mut Table<'_>) -> Support {
    let mut line =
        |key| table.text_opt(key, "one line of 1 to 200 characters", |text| check::line(text, 200));
    Support { name: line("name"), email: line("email"), phone: line("phone"), hours: line("hours") }
}
