//! What only several machines together can tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::documents::{self, Transferred};
use super::journal::cut;
use crate::domain::channel::Channel;
use crate::domain::desk::Desk;
use crate::domain::ids::{ChannelId, OrderId, WarehouseId};
use crate::domain::item::Items;
use crate::domain::order::Transfer;
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
    /// Order desks, by the name of their journal.
    pub(super) desks: BTreeMap<String, Desk>,
    /// Goods that moved between warehouses, as each warehouse's log tells.
    pub(super) transferred: BTreeMap<WarehouseId, Transferred>,
    /// Transfers in the archive.
    pub(super) archived_transfers: Vec<Arc<Transfer>>,
}

/// What is wrong between machines that are each right by themselves.
pub(super) fn cross_problems(everything: &Everything) -> Vec<String> {
    let mut problems = one_channel_per_order(everything);
    problems.extend(documents::problems(everything));
    cut(&mut problems);
    problems
}

/// An order is of one channel, so all that warehouses hold, promise and let wait for it is too.
fn one_channel_per_order(everything: &Everything) -> Vec<String> {
    let mut first: BTreeMap<&OrderId, (&WarehouseId, &ChannelId)> = BTreeMap::new();
    let mut problems = Vec::new();
    for (place, warehouse) in &everything.warehouses {
        for (order, channel) in promises(warehouse) {
            let (known_at, known) = *first.entry(order).or_insert((place, channel));
            if known != channel {
                problems.push(format!("order {order} is of {known} at {known_at}, of {channel} at {place}"));
            }
        }
    }
    problems.sort_unstable();
    problems.dedup();
    problems
}

/// The orders a warehouse holds, promises or lets wait for, each with its channel.
fn promises(warehouse: &Warehouse) -> impl Iterator<Item = (&OrderId, &ChannelId)> {
    let holds = warehouse.holds().filter_map(|(_, hold)| Some((hold.owner.as_ref()?, &hold.channel)));
    let allocations = warehouse.allocations().filter_map(|(_, allocation)| {
        let owner = allocation.owner.as_ref()?;
        Some((owner, &allocation.channel))
    });
    let waiting = warehouse.waiting().iter().map(|(_, waiting)| (&waiting.owner, &waiting.channel));
    holds.chain(allocations).chain(waiting)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hold::ClaimLine;
    use crate::domain::ids::{CommandId, Sku};
    use crate::domain::machine::{Draft, Envelope, Moment};
    use crate::domain::memory::Windows;
    use crate::domain::time::Timestamp;
    use crate::domain::warehouse::{
        ClaimStock, Command, Movement, MovementKind, Rules, WaitForStock, Warehouse,
    };

    const RULES: Rules = Rules {
        max_hold_ms: 3_600_000,
        count_horizon_ms: 48 * 3_600_000,
        windows: Windows { hold_ms: 900_000, movement_ms: 7 * 86_400_000, ids_max: 1_000 },
    };
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn sku() -> Sku {
        Sku::parse("TEE").unwrap()
    }

    fn order() -> OrderId {
        OrderId::parse("07-1").unwrap()
    }

    fn goods() -> Command {
        let kind = MovementKind::Receive(None);
        let (sku, quantity) = (sku(), 9);
        Command::Move(Movement { sku, kind, quantity, reference: None, reason: None, occurred_at: None })
    }

    fn claim(channel: &str, allocate: bool) -> Command {
        Command::Claim(ClaimStock {
            attempt: 1,
            channel: ChannelId::parse(channel).unwrap(),
            cart: None,
            lines: vec![ClaimLine { sku: sku(), quantity: 1 }],
            plan: Arc::default(),
            ttl_ms: 60_000,
            told: false,
            partial: false,
            owner: Some(order()),
            from: None,
            allocate,
        })
    }

    fn wait(channel: &str) -> Command {
        let channel = ChannelId::parse(channel).unwrap();
        Command::Wait(WaitForStock {
            channel,
            owner: order(),
            sku: sku(),
            quantity: 1,
            told: false,
            priority: 0,
            promise: None,
            accepted_at: NOW,
        })
    }

    /// Warehouses that were each asked one thing.
    fn asked(commands: [(&str, Command); 3]) -> Everything {
        let mut everything = Everything::default();
        for (name, command) in commands {
            let id = WarehouseId::parse(name).unwrap();
            let mut warehouse = Warehouse::new(id.clone(), RULES);
            let mut draft = Draft::default();
            let moment = Moment { now: NOW, version: 1, may_expire: true };
            let goods = (!matches!(command, Command::Wait(_))).then(goods);
            for (number, command) in goods.into_iter().chain([command]).enumerate() {
                let id = CommandId::parse(&format!("{name}-{number}")).unwrap();
                let envelope =
                    Envelope { id, time: NOW, timed: true, fingerprint: 7, actor: None, trace: None };
                draft.decide(&mut warehouse, &moment, &envelope, &command).unwrap();
            }
            drop(draft.close(&warehouse));
            everything.warehouses.insert(id, warehouse);
        }
        everything
    }

    /// What is held, promised and waits for one order is of one channel; where it isn't, both are named.
    #[test]
    fn an_order_is_of_one_channel() {
        let shop = [("BER", claim("shop", false)), ("VIE", claim("shop", true)), ("ZRH", wait("shop"))];
        assert_eq!(one_channel_per_order(&asked(shop)), Vec::<String>::new());
        let mixed = [("BER", claim("shop", false)), ("VIE", claim("till", true)), ("ZRH", wait("till"))];
        let expected = ["VIE", "ZRH"].map(|at| format!("order 07-1 is of shop at BER, of till at {at}"));
        assert_eq!(one_channel_per_order(&asked(mixed)), expected);
        let waits = [("BER", claim("shop", true)), ("VIE", claim("shop", false)), ("ZRH", wait("till"))];
        assert_eq!(one_channel_per_order(&asked(waits)).len(), 1);
    }
}
