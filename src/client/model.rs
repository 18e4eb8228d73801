//! The contract's JSON shapes as a client sees them: fields it does not know are ignored, so a newer daemon can be
//! spoken to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One physical movement at a warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Movement {
    /// What moves.
    pub sku: String,
    /// `receive`, `adjust`, `damage`, `scrap`, `restock` …; passed on as given, the daemon judges it.
    pub kind: String,
    /// Whole units; signed only where the kind allows it (`adjust`).
    pub quantity: i64,
    /// Into which condition received or returned goods come (`damaged`, `quality_control`, `quarantine`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
    /// Out of which condition goods are restocked or scrapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Why, for the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The document behind it, such as a purchase order.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// When it happened, RFC 3339; the daemon's clock when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<String>,
}

/// An absolute count of several SKUs by one source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Who counted; lag and age are judged per source.
    pub source: String,
    /// The moment the figures were true, RFC 3339.
    pub as_of: String,
    /// The last event of this warehouse the source had booked: makes the cut exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// The figures.
    pub lines: Vec<CountLine>,
}

/// One counted SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountLine {
    /// What was counted.
    pub sku: String,
    /// Units found.
    pub on_hand: i64,
}

/// The daemon's verdict on one line of a batch, in the order of the lines.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LineResult {
    /// Applied or refused.
    pub status: LineStatus,
    /// The SKU as sent, where the line could be read that far.
    #[serde(default)]
    pub sku: Option<String>,
    /// Stable code of a refusal.
    #[serde(default)]
    pub code: String,
    /// The refusal in words and numbers.
    #[serde(default)]
    pub detail: String,
}

/// Whether a line took effect.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum LineStatus {
    /// It did (now, or when the same id was first sent).
    Applied,
    /// It did not; the result says why.
    Refused,
    /// A word of a newer contract.
    Other(String),
}

impl From<String> for LineStatus {
    fn from(word: String) -> Self {
        match word.as_str() {
            "applied" => Self::Applied,
            "refused" => Self::Refused,
            _ => Self::Other(word),
        }
    }
}

/// A wish to hold units of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewReservation {
    /// The selling channel.
    pub channel: String,
    /// The shopper's cart: the same cart under a new id amends its reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cart: Option<String>,
    /// What to hold.
    pub lines: Vec<CartLine>,
    /// Seconds until it expires by itself; the daemon's default when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_s: Option<u64>,
}

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CartLine {
    /// What to hold.
    pub sku: String,
    /// Units.
    pub quantity: i64,
}

/// A reservation as the daemon tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reservation {
    /// Its id: the command id that created it.
    pub reservation: String,
    /// `reserved`, `allocated`, `shipped`, `released`, `expired` …
    pub state: String,
    /// When it ends by itself, RFC 3339.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// What is held where.
    #[serde(default)]
    pub lines: Vec<HeldLine>,
}

impl Reservation {
    /// Units per SKU over all warehouses, for comparing with what was asked.
    #[must_use]
    pub fn per_sku(&self) -> BTreeMap<&str, i64> {
        let mut sums = BTreeMap::new();
        for line in &self.lines {
            *sums.entry(line.sku.as_str()).or_default() += line.quantity;
        }
        sums
    }
}

/// Units of one SKU held at one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub struct HeldLine {
    /// What is held.
    pub sku: String,
    /// Units.
    pub quantity: i64,
    /// Where; `None` is a backordered part.
    #[serde(default)]
    pub warehouse: Option<String>,
}

/// What is known of one SKU: its levels, and what each channel may sell.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SkuStock {
    /// Which SKU.
    pub sku: String,
    /// Per warehouse.
    #[serde(default)]
    pub levels: Vec<Level>,
    /// Per channel.
    #[serde(default)]
    pub channels: Vec<Availability>,
    /// Per journal, the position (`<version>-<nonce>`) these figures are true at.
    #[serde(default)]
    pub as_of: BTreeMap<String, String>,
}

impl SkuStock {
    /// The event id of a warehouse's journal up to which these figures are true, as a count names it.
    #[must_use]
    pub fn seen(&self, warehouse: &str) -> Option<String> {
        let journal = format!("w:{warehouse}");
        self.as_of.get(&journal).map(|position| format!("{journal}.{position}.0"))
    }
}

/// One SKU at one warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Level {
    /// Which warehouse.
    pub warehouse: String,
    /// Units in the building.
    pub on_hand: i64,
    /// Units among them that can't be sold.
    #[serde(default)]
    pub unavailable: Unavailable,
    /// Units held for carts.
    #[serde(default)]
    pub reserved: i64,
    /// Units promised to buyers, not yet shipped.
    #[serde(default)]
    pub allocated: i64,
    /// Units kept back.
    #[serde(default)]
    pub safety_stock: i64,
}

/// Units in the building that can't be sold, by why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Unavailable {
    /// Broken.
    pub damaged: i64,
    /// Being checked.
    pub quality_control: i64,
    /// Kept apart.
    pub quarantine: i64,
}

impl Unavailable {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.damaged + self.quality_control + self.quarantine
    }
}

/// What a channel may sell of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Availability {
    /// Which channel, where several stand side by side.
    #[serde(default)]
    pub channel: String,
    /// Which SKU, where several stand side by side.
    #[serde(default)]
    pub sku: String,
    /// Units it may sell now.
    pub available: i64,
}

/// One page of the stock list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StockPage {
    /// The SKUs of this page, in the list's order.
    pub items: Vec<SkuStock>,
    /// Where the next page starts; `None` on the last.
    #[serde(default, alias = "next_after")]
    pub next: Option<String>,
}

/// What is told again.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewReplay {
    /// To which queue.
    pub queue: String,
    /// What was recorded at this time or later, in RFC 3339.
    pub since: String,
    /// And before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Of this journal alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
    /// `next` of the step before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What one step told.
#[derive(Debug, Clone, Deserialize)]
pub struct Replayed {
    /// Entries that were told.
    pub entries: u64,
    /// Where the next step begins; `None` where all is told.
    pub next: Option<String>,
}
