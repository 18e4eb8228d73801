//! What steps mean in a world as it stands: which order, which fulfilment, which units.

use proptest::sample::Index;

use super::steps::Placing;
use super::world::{DAY, HOUR, World};
use crate::domain::desk::command::FulfilStep;
use crate::domain::desk::command::{
    AnnounceReturn, AnnouncedUnits, AskedAlong, ExpectInbound, Fulfilled, NewLine, PlaceOrder,
    RequestTransfer, ReturnedUnits,
};
use crate::domain::desk::{Document, Verb};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{
    ChannelId, LineId, OrderId, OrderNumber, Reason, Reference, ReservationId, Sku, WarehouseId,
};
use crate::domain::order::{
    Carrier, Destination, Fulfilment, Inspected, Order, PaymentState, Return, Terms, TransferState,
};
use crate::domain::routing::Method;

pub(super) const PLACES: [&str; 3] = ["BER", "WIE", "ZRH"];
pub(super) const SHOPS: [&str; 4] = ["app", "bay", "till", "web"];

pub(super) fn sku(of: u8) -> Sku {
    Sku::parse(["A", "B", "C", "D"][usize::from(of)]).unwrap()
}

pub(super) fn place(of: u8) -> WarehouseId {
    WarehouseId::parse(PLACES[usize::from(of)]).unwrap()
}

pub(super) fn shop(of: u8) -> ChannelId {
    ChannelId::parse(SHOPS[usize::from(of)]).unwrap()
}

pub(super) fn line(of: u8) -> LineId {
    LineId::parse(&(of + 1).to_string()).unwrap()
}

fn claim(sku: &Sku, quantity: i64) -> ClaimLine {
    ClaimLine { sku: sku.clone(), quantity }
}

pub(super) fn pick<'a, T>(of: &'a [T], which: &Index) -> Option<&'a T> {
    (!of.is_empty()).then(|| &of[which.index(of.len())])
}

/// An order as its channel sends it, with what the channel is configured to filled in.
pub(super) fn order(world: &World, placing: &Placing, reservation: Option<ReservationId>) -> PlaceOrder {
    let channel = shop(placing.shop);
    let sells = &world.shops[&channel];
    let number = OrderNumber::parse(&format!("o-{}", placing.number)).unwrap();
    let lines = placing.lines.iter().zip(0..).map(|((of, quantity), at)| NewLine {
        id: line(at),
        sku: if placing.unknown && at == 0 { Sku::parse("X").unwrap() } else { sku(*of) },
        quantity: *quantity,
        stock: true,
        unit_value: 100,
    });
    let lines: Vec<NewLine> = lines.collect();
    let content = lines.iter().fold(u64::from(placing.whole), |hash, line| {
        hash.wrapping_mul(31).wrapping_add(u64::from(line.sku.as_str().as_bytes()[0])).wrapping_mul(31)
            ^ u64::try_from(line.quantity).unwrap()
    });
    let unknown = if placing.unknown { vec![Sku::parse("X").unwrap()] } else { Vec::new() };
    let method = placing
        .pickup
        .filter(|_| placing.fulfilled.is_none())
        .map_or(Method::Ship, |at| Method::Pickup(place(at)));
    let payment =
        [PaymentState::Unknown, PaymentState::Pending, PaymentState::Authorised, PaymentState::Paid];
    let mut order = PlaceOrder {
        id: OrderId::minted(number.as_str(), "order", &[channel.as_str(), number.as_str()]),
        channel,
        number,
        revision: placing.revision,
        content,
        told: sells.told,
        placed_at: None,
        reservation,
        lines,
        method,
        destination: Destination::default(),
        terms: Terms {
            ship_complete: placing.whole,
            promise: placing.promise.map(|hours| world.now.plus(hours * HOUR)),
            attempts_max: world.routing.attempts_max,
            pay_until: sells.pays_first.then(|| world.now.plus(HOUR)),
            ..Terms::default()
        },
        payment: payment[usize::from(placing.pays)],
        payment_required: sells.pays_first,
        payment_reference: None,
        fulfilled: placing.fulfilled.map(|at| Fulfilled {
            warehouse: place(at),
            at: world.now.minus(HOUR / 60),
            day: world.day(),
        }),
        unknown,
        contact: placing.number.is_multiple_of(2).then(|| b"Mia, Hauptstrasse 1".to_vec().into()),
        tracking: None,
        carried: "{}".into(),
        routing: None,
    };
    if placing.routed && order.fulfilled.is_none() && world.open(&order.id).is_none() {
        order.routing = Some(Box::new(world.preview(&order)));
    }
    order
}

pub(super) fn reason() -> Reason {
    Reason::parse("because").unwrap()
}

/// What a warehouse may report of a fulfilment.
pub(super) fn report(part: &Fulfilment, step: u8, units: i64) -> FulfilStep {
    let first = part.lines.first();
    let lines = first.map(|line| vec![(line.line.clone(), units.min(line.quantity).max(1))]);
    let event = |event| FulfilStep::Carrier { event, reason: None, at: None };
    match step {
        0 => FulfilStep::Accept,
        1 => FulfilStep::Reject { reason: Some(reason()) },
        2 => FulfilStep::BeginPick,
        3 => FulfilStep::Pick,
        4 | 5 => FulfilStep::ShortPick { lines: lines.unwrap_or_default(), damaged: step == 5, reason: None },
        6 => FulfilStep::Pack { parcels: Vec::new(), serials: Vec::new() },
        7 | 8 => FulfilStep::Ship { lines: None, parcels: Vec::new(), at: None },
        9 => FulfilStep::Ship { lines, parcels: Vec::new(), at: None },
        10 => FulfilStep::Ready,
        11 => FulfilStep::Collect { at: None },
        12 => FulfilStep::Uncollected,
        13 | 14 => FulfilStep::Deliver { at: None },
        15 => event(Carrier::InTransit),
        16 => event(Carrier::Exception),
        17 => event(Carrier::Delivered),
        18 => event(Carrier::ReturnedToSender),
        _ => FulfilStep::Accept,
    }
}

/// The return `which` of all there are, with the document it lives in.
pub(super) fn a_return(world: &World, which: &Index) -> Option<(OrderId, Return)> {
    let documents = world.documents();
    let all: Vec<(OrderId, Return)> = documents
        .values()
        .flat_map(|document| match document {
            Document::Order(order) => {
                order.returns.iter().map(|back| (order.id.clone(), back.clone())).collect()
            }
            Document::Return(back) => vec![(back.id.clone(), Return::clone(back))],
            Document::Transfer(_) | Document::Inbound(_) => Vec::new(),
        })
        .collect();
    pick(&all, which).cloned()
}

pub(super) fn announce(world: &mut World, order: Option<&Order>, at: u8, (goods, units): (u8, i64)) -> Verb {
    let first = order.and_then(|order| order.lines.iter().find(|line| line.returnable() > 0));
    let command = world.mint("loose");
    Verb::AnnounceReturn(Box::new(AnnounceReturn {
        order: order.map(|order| order.id.clone()),
        id: OrderId::minted(command.as_str(), "return", &[command.as_str()]),
        channel: None,
        reference: None,
        warehouse: place(at),
        lines: vec![AnnouncedUnits {
            line: first.map(|line| line.id.clone()),
            sku: order.is_none().then(|| sku(goods)),
            quantity: units,
            reason: None,
        }],
        declared_at: None,
        refund_by: None,
    }))
}

pub(super) fn receive((document, back): (OrderId, Return), at: Option<u8>, units: Option<i64>) -> Verb {
    let lines = units.zip(back.lines.first()).map(|(units, line)| {
        let quantity = units.min((line.quantity - line.received).max(1));
        vec![ReturnedUnits { sku: line.sku.clone(), quantity }]
    });
    Verb::ReceiveReturn { document, number: back.number, warehouse: at.map(place), lines }
}

pub(super) fn inspect((document, back): (OrderId, Return), found: [i64; 4]) -> Verb {
    let waiting = |line: &&crate::domain::order::ReturnLine| line.received > line.inspected.units();
    let line = back.lines.iter().find(waiting);
    let [sellable, damaged, quarantine, scrap] = found;
    let found = Inspected { sellable, damaged, quarantine, scrap };
    let lines = line.map(|line| vec![(line.sku.clone(), found)]).unwrap_or_default();
    Verb::InspectReturn { document, number: back.number, lines }
}

/// Goods that are free go to another warehouse; with `carry` promised units of an order go along, now and then alone.
pub(super) fn transfer(
    world: &mut World,
    (from, to): (u8, u8),
    (goods, units): (u8, i64),
    carry: Option<&Index>,
) -> Verb {
    let command = world.mint("move");
    let asked = carry.and_then(|which| carried(world, which, units));
    let (from, along) = asked.map_or((place(from), Vec::new()), |(from, asked)| (from, vec![asked]));
    let to = (0..3).map(|by| place((to + by) % 3)).find(|to| along.is_empty() || *to != from).unwrap();
    let lines = if along.is_empty() || units % 2 == 0 { vec![claim(&sku(goods), units)] } else { Vec::new() };
    Verb::RequestTransfer(Box::new(RequestTransfer {
        id: OrderId::minted(command.as_str(), "transfer", &[command.as_str()]),
        reference: None,
        from,
        to,
        lines,
        along,
        eta: Some(world.now.plus(DAY)),
    }))
}

/// Units of an order that may go along, and from where; now and then more than there are.
fn carried(world: &World, which: &Index, units: i64) -> Option<(WarehouseId, AskedAlong)> {
    let documents = world.documents();
    let orders = documents.values().filter_map(Document::order);
    let parts: Vec<_> = orders
        .flat_map(|order| order.fulfilments.iter().map(move |part| (order, part)))
        .filter(|(_, part)| part.stage().is_unbegun() && part.state.is_allocated())
        .collect();
    let (order, part) = pick(&parts, which)?;
    let line = part.lines.first()?;
    let asked = AskedAlong {
        order: order.id.clone(),
        channel: order.channel.clone(),
        line: line.line.clone(),
        sku: line.sku.clone(),
        fulfilment: (units % 2 == 0).then_some(part.number),
        quantity: units.min(line.quantity + 1),
    };
    Some((part.warehouse.clone(), asked))
}

/// The next thing that happens to a transfer.
pub(super) fn move_on(world: &World, which: &Index, what: u8, units: Option<i64>) -> Option<Verb> {
    let transfers = world.documents();
    let transfers: Vec<_> = transfers
        .values()
        .filter_map(
            |document| if let Document::Transfer(transfer) = document { Some(transfer) } else { None },
        )
        .collect();
    let transfer = pick(&transfers, which)?;
    let id = transfer.id.clone();
    let lines = units.zip(transfer.lines.first()).map(|(units, line)| vec![claim(&line.sku, units)]);
    Some(match what {
        0 => Verb::CancelTransfer { id },
        1 => Verb::CloseTransfer { id },
        _ if transfer.state == TransferState::Allocated => Verb::ShipTransfer { id, lines, eta: None },
        2 => Verb::ShipTransfer { id, lines, eta: None },
        _ => Verb::ReceiveTransfer { id, lines },
    })
}

pub(super) fn expect(world: &mut World, at: u8, (goods, units): (u8, i64)) -> Verb {
    let command = world.mint("inbound");
    Verb::ExpectInbound(Box::new(ExpectInbound {
        id: OrderId::minted(command.as_str(), "inbound", &[command.as_str()]),
        reference: Some(Reference::parse(&format!("PO {}", world.minted)).unwrap()),
        warehouse: place(at),
        lines: vec![claim(&sku(goods), units)],
        eta: Some(world.now.plus(DAY)),
    }))
}

pub(super) fn arrive(world: &World, which: &Index, units: Option<i64>) -> Option<Verb> {
    let inbound = world.documents();
    let inbound: Vec<_> = inbound
        .values()
        .filter_map(|document| if let Document::Inbound(inbound) = document { Some(inbound) } else { None })
        .collect();
    let inbound = pick(&inbound, which)?;
    let id = inbound.id.clone();
    if units == Some(9) {
        return Some(Verb::CloseInbound { id });
    }
    let lines = units.zip(inbound.lines.first()).map(|(units, line)| vec![claim(&line.sku, units)]);
    Some(Verb::ReceiveInbound { id, lines })
}
