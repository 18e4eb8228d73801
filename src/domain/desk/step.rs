//! What warehouses, stores and carriers report of a fulfilment.

use crate::domain::ids::{LineId, Reason, Reference};
use crate::domain::order::{Carrier, Parcel};
use crate::domain::time::Timestamp;

/// What a warehouse did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FulfilStep {
    /// It will do it.
    Accept,
    /// It won't.
    Reject {
        /// Why.
        reason: Option<Reason>,
    },
    /// It begins to pick.
    BeginPick,
    /// It has picked everything.
    Pick,
    /// Units were not there, or broken.
    ShortPick {
        /// Which.
        lines: Vec<(LineId, i64)>,
        /// Whether they are broken; else they were not found.
        damaged: bool,
        /// Why.
        reason: Option<Reason>,
    },
    /// It is packed.
    Pack {
        /// Its parcels.
        parcels: Vec<Parcel>,
        /// Serial numbers of lines.
        serials: Vec<(LineId, Vec<Reference>)>,
    },
    /// It has left.
    Ship {
        /// What; all of it where nothing is said.
        lines: Option<Vec<(LineId, i64)>>,
        /// Its parcels.
        parcels: Vec<Parcel>,
        /// When.
        at: Option<Timestamp>,
    },
    /// It waits for its buyer.
    Ready,
    /// Its buyer took it.
    Collect {
        /// When.
        at: Option<Timestamp>,
    },
    /// Its buyer never came; the goods go back to the shelf.
    Uncollected,
    /// It arrived.
    Deliver {
        /// When.
        at: Option<Timestamp>,
    },
    /// Its carrier told something.
    Carrier {
        /// What.
        event: Carrier,
        /// What is wrong, in a word or two.
        reason: Option<Reason>,
        /// When.
        at: Option<Timestamp>,
    },
}
