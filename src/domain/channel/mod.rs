//! The channel: what it may sell, what the merchant has set for it, and what it has sold beyond stock.
//!
//! `figure` is the arithmetic of what is shown, `policy` what is set, `command` what a channel may be asked, `backorder`
//! decides about units sold beyond stock, `acknowledge` about what it has confirmed it shows, `machine` is its journaled
//! state.
//!
//! Invariant: a channel that asks sells no more beyond stock than its limit; what is open counts, held or kept.
//! Invariant: a held backorder ends exactly once: kept, closed or expired.

pub mod acknowledge;
pub mod backorder;
pub mod command;
pub mod figure;
pub mod machine;
pub mod policy;
#[cfg(test)]
mod tests;

pub use acknowledge::{Acknowledge, Acknowledged, LagRule, Quota};
pub use command::{Backorder, BackorderState, ChannelAnswer, ChannelCommand, ClaimBackorder};
pub use figure::{StockState, available};
pub use machine::{Channel, ChannelFact, ChannelKey, ChannelRow};
pub use policy::{ChannelPolicy, SetChannelPolicy};
