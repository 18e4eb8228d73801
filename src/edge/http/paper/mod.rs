//! What people read instead of programs: pick lists for the printer, the page a buyer follows an order on.
//!
//! May know: the wire's shapes. Must not know: the house.
//!
//! Promises: a page asks nothing from anywhere (no script, no font, no picture), and every text on it that came from
//! outside is escaped.

mod list;
mod page;
mod words;

pub(super) use list::pick_lists;
pub(super) use page::{missing, tracking};
pub(super) use words::Words;
