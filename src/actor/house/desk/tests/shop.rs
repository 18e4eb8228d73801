//! A shop to order from: short words for commands and for how an order stands.

use std::sync::Arc;

use crate::actor::fault::Fault;
use crate::actor::house::trial::Trial;
use crate::actor::house::{House, PlacedOrder, Sender};
use crate::domain::desk::command::{FulfilStep, NewLine, PlaceOrder};
use crate::domain::desk::{Document, Verb};
use crate::domain::ids::{ChannelId, CommandId, LineId, OrderId, OrderNumber, Reason, Sku, WarehouseId};
use crate::domain::order::{Destination, FulfilmentState, Order, PaymentState, Terms};
use crate::domain::routing::Method;
use crate::domain::warehouse::{Movement, MovementKind};

pub(super) fn sender(id: &str) -> Sender {
    Sender {
        id: CommandId::parse(id).unwrap(),
        issued_at: None,
        fingerprint: fingerprint(id),
        actor: None,
        trace: None,
    }
}

/// Another body has another fingerprint; here the id stands for the body.
fn fingerprint(id: &str) -> u64 {
    id.bytes().fold(1, |sum, byte| sum * 31 + u64::from(byte))
}

pub(super) async fn receive(house: &House, id: &str, warehouse: &str, sku: &str, quantity: i64) {
    let movement = Movement {
        sku: Sku::parse(sku).unwrap(),
        kind: MovementKind::Receive(None),
        quantity,
        reference: None,
        reason: None,
        occurred_at: None,
    };
    house.move_goods(&sender(id), &WarehouseId::parse(warehouse).unwrap(), movement).await.unwrap();
}

/// An order of some lines `A=2`, with ids `1`, `2` and so on.
pub(super) fn order(channel: &str, number: &str, lines: &[(&str, i64)]) -> PlaceOrder {
    let channel = ChannelId::parse(channel).unwrap();
    let number = OrderNumber::parse(number).unwrap();
    let line = |(at, (sku, quantity)): (usize, &(&str, i64))| NewLine {
        id: LineId::parse(&(at + 1).to_string()).unwrap(),
        sku: Sku::parse(sku).unwrap(),
        quantity: *quantity,
        stock: true,
        unit_value: 0,
    };
    PlaceOrder {
        id: House::order_id(&channel, &number),
        channel,
        number,
        revision: None,
        content: 1,
        told: false,
        placed_at: None,
        reservation: None,
        lines: lines.iter().enumerate().map(line).collect(),
        method: Method::Ship,
        destination: Destination::default(),
        terms: Terms::default(),
        payment: PaymentState::Unknown,
        payment_required: false,
        payment_reference: None,
        fulfilled: None,
        unknown: Vec::new(),
        contact: None,
        tracking: None,
        carried: Arc::from("{}"),
        routing: None,
    }
}

pub(super) async fn place(trial: &Trial, id: &str, order: PlaceOrder) -> Result<PlacedOrder, Fault> {
    trial.house.place_order(&sender(id), order, None).await
}

pub(super) async fn fulfil(
    trial: &Trial,
    id: &str,
    order: &OrderId,
    number: u32,
    step: FulfilStep,
) -> Arc<Order> {
    let verb = Verb::Fulfil { order: order.clone(), number, lines: None, step };
    order_of(trial.house.desk(&sender(id), verb).await.unwrap())
}

pub(super) fn order_of(document: Document) -> Arc<Order> {
    document.order().cloned().expect("an order")
}

pub(super) fn reason(text: &str) -> Reason {
    Reason::parse(text).unwrap()
}

/// `state unrouted/backordered/allocated/shipped/cancelled per line; open fulfilments`.
pub(super) fn show(order: &Order) -> String {
    let lines = order.lines.iter().map(|line| {
        let counters = [line.unrouted, line.backordered, line.allocated, line.shipped, line.cancelled];
        counters.map(|figure| figure.to_string()).join("/")
    });
    let parts = order.fulfilments.iter().filter(|part| part.state != FulfilmentState::Cancelled);
    let parts = parts.map(|part| {
        let units: i64 = part.lines.iter().map(|line| line.quantity).sum();
        format!("{}:{}={units}", part.warehouse, part.state.name())
    });
    let lines = lines.collect::<Vec<_>>().join(" ");
    format!("{} {lines}; {}", order.state.name(), parts.collect::<Vec<_>>().join(" "))
}

/// `on_hand/reserved/allocated` of a SKU.
pub(super) fn level(trial: &Trial, warehouse: &str, sku: &str) -> String {
    let handle = &trial.house.warehouses[&WarehouseId::parse(warehouse).unwrap()];
    let level = handle.view.row(&Sku::parse(sku).unwrap()).unwrap_or_default().level;
    format!("{}/{}/{}", level.on_hand, level.reserved, level.allocated)
}

impl Trial {
    /// Waits until an order stands so; the runner carries it on.
    pub(super) async fn until(&self, number: &str, done: impl Fn(&Order) -> bool) -> Arc<Order> {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let order = self.house.find_order(number, None).await.unwrap();
            if done(&order) && order.tasks.open.is_empty() {
                return order;
            }
            assert!(tokio::time::Instant::now() < deadline, "{}", show(&order));
            tokio::task::yield_now().await;
        }
    }
}
