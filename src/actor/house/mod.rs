//! What a door holds: every place by its id, and the verbs on them.
//!
//! `rooms` is the house itself, `spec` says what a place is configured to be, `setting` passes commands on to one
//! actor, `reserve` and `conversation` keep a reservation together over several warehouses, `reading` answers from the
//! confirmed views, `confirming` knows what channels have left to publish, `publishing` keeps what each channel shows up to date, `history` walks a SKU's facts, `selling` counts what was sold today after a start, `overview` says how everything stands, `demand` counts
//! what was refused, `shipping` finishes a shipment that was cut in the middle, `locks` lets one conversation per cart run
//! at a time, `days` counts the days of a place's time zone, `desk` keeps orders and other documents, `opening` starts and stops it all.

pub mod confirming;
pub mod conversation;
pub mod days;
pub mod demand;
pub mod desk;
pub mod history;
pub mod locks;
pub mod opening;
pub mod overview;
pub mod picking;
mod publishing;
pub mod reading;
pub mod reserve;
mod rooms;
mod selling;
pub mod setting;
mod shipping;
pub mod spec;
#[cfg(test)]
pub(crate) mod trial;

pub use days::LocalDays;
pub use desk::{OrderRules, PlacedOrder};
pub use rooms::{ChannelHandle, House, Sender, WarehouseHandle};
pub use spec::{
    ChannelSpec, Country, Kind, Leftover, Mode, Point, Split, StockAuthority, Support, WarehouseSpec,
    WarehouseState,
};
