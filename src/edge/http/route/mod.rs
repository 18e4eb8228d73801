//! The handlers, one file per resource: each reads what was sent, asks the house, and tells the answer.

pub(super) mod alerts;
pub(super) mod asyncapi;
pub(super) mod availability;
pub(super) mod counts;
pub(super) mod fulfilments;
pub(super) mod health;
pub(super) mod history;
pub(super) mod inbound;
pub(super) mod items;
pub(super) mod movements;
pub(super) mod orders;
pub(super) mod overview;
pub(super) mod picks;
pub(super) mod policies;
pub(super) mod privacy;
pub(super) mod replay;
pub(super) mod reservations;
pub(super) mod returns;
pub(super) mod script;
pub(super) mod stock;
pub(super) mod tracking;
pub(super) mod transfers;
pub(super) mod ui;
pub(super) mod work;
