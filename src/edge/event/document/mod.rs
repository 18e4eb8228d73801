//! Documents: which come with which fact, and what is in them.

mod goods;
mod kind;
mod money;
mod notice;
mod paper;
mod work;

pub use kind::{DocumentKind, needs_contact};

pub(super) use goods::of_stock;
pub(super) use paper::messages;
