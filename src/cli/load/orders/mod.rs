//! `lagerd load orders`: orders end to end, and their books afterwards.
//!
//! What it does: receives stock for SKUs of its own and lets N clients send orders over keep-alive HTTP in a closed loop;
//! with `--fulfil` a share of them is accepted, shipped and delivered at once, so that orders close. An order counts when
//! its 201 is read: it is routed, its stock is promised, and both are durable. Then it audits: every SKU's figures are
//! what the clients' own records say, nothing is oversold, and a sample of the orders reads as it was answered.
//!
//! What it may know: what the rest of the load generator knows.
//!
//! What it deliberately lacks: any trust in the daemon's own counters.

mod args;
mod audit;
mod record;
mod report;
mod run;
#[cfg(test)]
mod trial;
mod worker;

pub use args::OrdersArgs;
pub(super) use run::run;
