//! What only several machines together can tell.

use std::collections::BTreeMap;

use crate::domain::channel::Channel;
use crate::domain::ids::{ChannelId, WarehouseId};
use crate::domain::item::Items;
use crate::domain::warehouse::Warehouse;

/// Every machine of a store, all at one moment: nobody wrote between the first load and the last.
#[derive(Debug, Default)]
pub(super) struct Everything {
    /// Warehouses.
    pub(super) warehouses: BTreeMap<WarehouseId, Warehouse>,
    /// Channels.
    pub(super) channels: BTreeMap<ChannelId, Channel>,
    /// The item cards, where any was ever written.
    pub(super) items: Option<Items>,
}

/// What is wrong between machines that are each right by themselves.
pub(super) fn cross_problems(everything: &Everything) -> Vec<String> {
    let Everything { warehouses: _, channels: _, items: _ } = everything;
    Vec::new()
}
