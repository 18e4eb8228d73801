//! What was decided, and why.

use std::fmt;

use super::rules::{Filter, Sort};
use crate::domain::ids::{LineId, WarehouseId};
use crate::domain::named::named;
use crate::domain::time::Timestamp;

/// What one warehouse ships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which warehouse.
    pub warehouse: WarehouseId,
    /// How many units of which line, by line.
    pub lines: Vec<(LineId, i64)>,
}

/// What becomes of units nobody ships now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftWhat {
    /// They wait for goods.
    Backorder {
        /// Where.
        warehouse: WarehouseId,
        /// When the goods are expected there; `None` where nothing is known of enough of them. The day of a release
        /// counts as noon UTC, which is on that day nearly everywhere.
        promise: Option<Timestamp>,
    },
    /// They wait until something changes.
    Park,
    /// They are not sold.
    Refuse,
    /// An operator decides.
    Ask,
}

/// Units of a line nobody ships now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Which line.
    pub line: LineId,
    /// How many units.
    pub quantity: i64,
    /// What becomes of them.
    pub what: LeftWhat,
}

/// Who ships what, what becomes of the rest, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who ships what, by warehouse.
    pub parts: Vec<Part>,
    /// The rest, by line.
    pub left: Vec<Left>,
    /// Why.
    pub explanation: Explanation,
}

named! {
    /// How much of a demand is shipped.
    Outcome:
    /// All of it, from one warehouse.
    Whole = 1, "whole";
    /// All of it, from several.
    Split = 2, "split";
    /// Not all of it.
    Partly = 3, "partly";
    /// None of it.
    Nothing = 4, "nothing";
}

named! {
    /// The way the chosen warehouses were found.
    Way:
    /// One alone.
    Single = 1, "single";
    /// All sets of that size were tried.
    Exact = 2, "exact";
    /// One was added after the other.
    Greedy = 3, "greedy";
}

/// What decided between the chosen warehouses and others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Nothing was chosen.
    Nothing,
    /// There were no others.
    NoChoice,
    /// Others that rank better cover fewer units.
    Units,
    /// The next one comes behind by this sort.
    Sort(Sort),
    /// The next one is as good; its id comes later.
    Id,
}

impl Decided {
    /// The name programs see; a sort's is its own.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::NoChoice => "no_choice",
            Self::Units => "units",
            Self::Sort(sort) => sort.name(),
            Self::Id => "id",
        }
    }
}

/// Why a warehouse was not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The filter that found something.
    pub filter: Filter,
    /// What it found, for people.
    pub detail: String,
}

/// What became of one warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    /// Which one.
    pub warehouse: WarehouseId,
    /// Why it was not asked.
    pub dropped: Option<Dropped>,
    /// Its rank among those that were not dropped, from 1.
    pub place: Option<u32>,
    /// The sort by which it comes behind the one before it; `None` for the first and where only the ids differ.
    pub decided_by: Option<Sort>,
}

/// How the choice was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// How much is shipped.
    pub outcome: Outcome,
    /// The warehouses that ship, by id.
    pub warehouses: Vec<WarehouseId>,
    /// Units they ship.
    pub covered: i64,
    /// Units wanted.
    pub wanted: i64,
    /// Warehouses that no filter dropped.
    pub passed: u32,
    /// How the chosen ones were found; `None` where nothing was.
    pub way: Option<Way>,
    /// Sets of warehouses that were tried.
    pub tried: u32,
    /// Of these, sets that cover more but have a part worth too little.
    pub too_small: u32,
    /// Whether not all sets of up to `exact_max` were tried: there are more warehouses than sets are made of, or too many
    /// sets had to be looked at closely.
    pub bounded: bool,
    /// What decided.
    pub decided: Decided,
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.outcome)?;
        for (at, warehouse) in self.warehouses.iter().enumerate() {
            write!(f, "{}{warehouse}", if at == 0 { "" } else { " + " })?;
        }
        match self.warehouses.len() {
            0 => write!(f, "nobody ships any of {} units", self.wanted)?,
            1 => write!(f, " ships {} of {} units", self.covered, self.wanted)?,
            _ => write!(f, " ship {} of {} units", self.covered, self.wanted)?,
        }
        write!(f, "; {} passed the filters", self.passed)?;
        write!(f, ", {} combinations tried", self.tried)?;
        if self.bounded {
            write!(f, " (not all)")?;
        }
        if self.too_small > 0 {
            write!(f, ", {} with a part worth too little", self.too_small)?;
        }
        match self.decided {
            Decided::Nothing => Ok(()),
            Decided::NoChoice => write!(f, "; no other choice"),
            Decided::Units => write!(f, "; covers the most units"),
            Decided::Sort(sort) => write!(f, "; decided by {sort}"),
            Decided::Id => write!(f, "; decided by the warehouse's id"),
        }
    }
}

/// Why it was decided so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Every warehouse once: those ranked by their rank, then those dropped by their id.
    pub considered: Vec<Considered>,
    /// How the choice was made.
    pub chosen: Chosen,
}
