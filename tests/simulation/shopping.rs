//! What merchants, buyers and warehouses do about orders: random commands that follow how documents stand.

use lagerd::actor::House;
use lagerd::actor::house::reserve::Reserve;
use lagerd::domain::count::Measures;
use lagerd::domain::desk::command::{
    AnnounceReturn, AnnouncedUnits, AskedAlong, ExpectInbound, FulfilStep, Fulfilled, NewLine, PlaceOrder,
    RequestTransfer,
};
use lagerd::domain::desk::{Document, Verb};
use lagerd::domain::hold::ClaimLine;
use lagerd::domain::ids::{
    ChannelId, CommandId, LineId, OrderId, OrderNumber, Reason, ReservationId, Sku, SourceId, WarehouseId,
};
use lagerd::domain::order::{
    Carrier, Destination, Fulfilment, FulfilmentState, Inspected, Order, PaymentState, Sealed, Terms,
};
use lagerd::domain::routing::Method;
use lagerd::domain::warehouse::{CountLine, Movement, MovementKind};

use crate::script::{CHANNELS, SKUS, WAREHOUSES};

/// Of these goods figures are counted, so that what moved does not say how many there are.
pub(crate) const COUNTED: &str = "pin #1";
/// Where buyers collect.
pub(crate) const STORE: &str = "ZRH";

/// One command, told apart by its id.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) id: CommandId,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Place(Box<PlaceOrder>),
    Desk(Box<Verb>),
    Reserve(Reserve),
    Move(WarehouseId, Movement),
    Count(WarehouseId, CountLine),
}

#[derive(Default)]
pub(crate) struct Shopping {
    pub(crate) rng: fastrand::Rng,
    number: u64,
    placed: Vec<PlaceOrder>,
    others: Vec<OrderId>,
    reservations: Vec<(ReservationId, Reserve)>,
    past: Vec<Wish>,
}

impl Shopping {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: fastrand::Rng::with_seed(seed), ..Self::default() }
    }

    /// Goods of every kind everywhere, to begin with.
    pub(crate) fn delivery(&mut self) -> Vec<Wish> {
        let places = WAREHOUSES.iter().flat_map(|at| SKUS.iter().map(move |sku| (*at, *sku)));
        let places: Vec<_> = places.collect();
        places
            .into_iter()
            .map(|(at, sku)| {
                let quantity = self.rng.i64(1..9);
                self.name(What::Move(
                    warehouse(at),
                    movement(Sku::parse(sku).unwrap(), MovementKind::Receive(None), quantity),
                ))
            })
            .collect()
    }

    /// The commands of one step, sent at once. Some are resends of what was sent before.
    pub(crate) async fn step(&mut self, house: &House) -> Vec<Wish> {
        let mut wishes = Vec::new();
        for _ in 0..self.rng.usize(1..6) {
            let resend = self.rng.u32(0..8) == 0;
            let again = self.rng.choice(&self.past).filter(|_| resend).cloned();
            let wish = match again {
                Some(again) => again,
                None => self.fresh(house).await,
            };
            // The same twice at once is a resend too.
            let twice = self.rng.u32(0..20) == 0;
            wishes.extend(twice.then(|| wish.clone()));
            wishes.push(wish);
        }
        wishes
    }

    fn name(&mut self, what: What) -> Wish {
        self.number += 1;
        let wish = Wish { id: CommandId::parse(&format!("c-{}", self.number)).unwrap(), what };
        self.past.push(wish.clone());
        if self.past.len() > 40 {
            self.past.remove(0);
        }
        wish
    }

    async fn fresh(&mut self, house: &House) -> Wish {
        let what = match self.rng.u32(0..34) {
            0..6 => What::Place(Box::new(self.place(house))),
            6..8 => What::Place(Box::new(self.revise(house))),
            8..10 => What::Reserve(self.reserve()),
            10..14 => {
                let kind = match self.rng.u32(0..4) {
                    0 => MovementKind::Adjust,
                    _ => MovementKind::Receive(None),
                };
                let quantity = if kind == MovementKind::Adjust { -1 } else { self.rng.i64(1..5) };
                What::Move(self.warehouse(), movement(self.sku(), kind, quantity))
            }
            14 => What::Count(
                self.warehouse(),
                CountLine {
                    sku: Sku::parse(COUNTED).unwrap(),
                    source: SourceId::parse("erp").unwrap(),
                    as_of: house.now(),
                    figure: self.rng.i64(0..9),
                    measures: Measures::OnHand,
                    lag_ms: 0,
                    seen: None,
                },
            ),
            15..17 => What::Desk(Box::new(self.begin_other())),
            17..20 => match self.recent_other(house).await {
                Some(document) => What::Desk(Box::new(self.go_on(&document))),
                None => What::Place(Box::new(self.place(house))),
            },
            _ => match self.recent_order(house).await {
                Some(order) => What::Desk(Box::new(self.about(&order, house))),
                None => What::Place(Box::new(self.place(house))),
            },
        };
        let wish = self.name(what);
        match &wish.what {
            What::Reserve(request) => self.reservations.push((wish.id.clone(), request.clone())),
            What::Place(place) => self.placed.push(place.as_ref().clone()),
            What::Desk(verb) => match verb.as_ref() {
                Verb::RequestTransfer(_) | Verb::ExpectInbound(_) => {
                    self.others.extend(verb.document().cloned());
                }
                Verb::AnnounceReturn(back) if back.order.is_none() => self.others.push(back.id.clone()),
                _ => {}
            },
            What::Move(..) | What::Count(..) => {}
        }
        wish
    }

    fn place(&mut self, house: &House) -> PlaceOrder {
        let (channel, number) = (self.channel(), OrderNumber::parse(&(self.number + 1).to_string()).unwrap());
        let mut order = PlaceOrder {
            id: House::order_id(&channel, &number),
            channel,
            number,
            revision: (self.rng.u32(0..3) > 0).then_some(2),
            content: self.rng.u64(..),
            told: false,
            placed_at: None,
            reservation: None,
            lines: self.lines(),
            method: Method::Ship,
            destination: Destination::default(),
            terms: Terms { ship_complete: self.rng.u32(0..6) == 0, ..Terms::default() },
            payment: PaymentState::Unknown,
            payment_required: false,
            payment_reference: None,
            fulfilled: None,
            unknown: Vec::new(),
            contact: (self.rng.u32(0..3) == 0).then(|| Sealed::from(b"{\"name\":\"Ada\"}".to_vec())),
            tracking: None,
            carried: "{}".into(),
            routing: None,
        };
        order.terms.backorder = order.channel.as_str() != "shop";
        match self.rng.u32(0..8) {
            0..3 => {
                let recent = self.reservations.len().saturating_sub(4);
                if let Some((id, held)) = self.rng.choice(&self.reservations[recent..]).cloned() {
                    order.id = House::order_id(&held.channel, &order.number);
                    order.channel = held.channel;
                    order.terms.backorder = order.channel.as_str() != "shop";
                    order.lines = named(held.lines);
                    order.reservation = Some(id);
                }
            }
            3 => order.method = Method::Pickup(warehouse(STORE)),
            4 if order.channel.as_str() == "till" => {
                order.fulfilled = Some(Fulfilled { warehouse: warehouse("BER"), at: house.now(), day: 0 });
            }
            _ => {}
        }
        order
    }

    /// An order that was sent says something else, now and then at an older revision.
    fn revise(&mut self, house: &House) -> PlaceOrder {
        let recent = self.placed.len().saturating_sub(8);
        let Some(mut order) = self.rng.choice(&self.placed[recent..]).cloned() else {
            return self.place(house);
        };
        match self.rng.u32(0..4) {
            // The same under another id.
            0 => {}
            1 => order.revision = order.revision.map(|revision| revision - 1),
            _ => order.revision = order.revision.map(|revision| revision + 1),
        }
        if self.rng.u32(0..4) > 0 {
            order.content = self.rng.u64(..);
            order.lines = self.lines();
        }
        order
    }

    fn reserve(&mut self) -> Reserve {
        let lines = self.lines().into_iter().map(|line| ClaimLine { sku: line.sku, quantity: line.quantity });
        let (channel, lines) = (self.channel(), lines.collect());
        Reserve { channel, cart: None, lines, ttl_ms: self.rng.i64(5_000..90_000), partial: false }
    }

    fn begin_other(&mut self) -> Verb {
        let command = CommandId::parse(&format!("c-{}", self.number + 1)).unwrap();
        let lines = vec![ClaimLine { sku: self.sku(), quantity: self.rng.i64(1..4) }];
        let (from, to) = (self.warehouse(), self.warehouse());
        match self.rng.u32(0..4) {
            0..2 if from != to => {
                let id = House::document_id("transfer", &command);
                Verb::RequestTransfer(Box::new(RequestTransfer {
                    id,
                    reference: None,
                    from,
                    to,
                    lines,
                    along: Vec::new(),
                    eta: None,
                }))
            }
            0..3 => {
                let id = House::document_id("inbound", &command);
                Verb::ExpectInbound(Box::new(ExpectInbound {
                    id,
                    reference: None,
                    warehouse: to,
                    lines,
                    eta: None,
                }))
            }
            _ => {
                let units = AnnouncedUnits { line: None, sku: Some(self.sku()), quantity: 2, reason: None };
                announce(None, House::document_id("return", &command), to, units)
            }
        }
    }

    fn go_on(&mut self, document: &Document) -> Verb {
        let end = self.rng.u32(0..6) == 0;
        match document {
            Document::Transfer(transfer) => {
                let id = transfer.id.clone();
                match transfer.state.name() {
                    "allocated" if !end => Verb::ShipTransfer { id, lines: None, eta: None },
                    "shipped" | "partly_received" if !end => {
                        let one = transfer.lines.first().map(|line| line.sku.clone());
                        let one = one.map(|sku| vec![ClaimLine { sku, quantity: 1 }]);
                        Verb::ReceiveTransfer { id, lines: one.filter(|_| self.rng.bool()) }
                    }
                    "shipped" | "partly_received" => Verb::CloseTransfer { id },
                    _ => Verb::CancelTransfer { id },
                }
            }
            Document::Inbound(inbound) if end => Verb::CloseInbound { id: inbound.id.clone() },
            Document::Inbound(inbound) => {
                let one = inbound.lines.first().map(|line| line.sku.clone());
                let one = one.map(|sku| vec![ClaimLine { sku, quantity: 1 }]);
                Verb::ReceiveInbound { id: inbound.id.clone(), lines: one.filter(|_| self.rng.bool()) }
            }
            Document::Return(back) => self.return_step(back.id.clone(), back),
            Document::Order(order) => Verb::Look { id: order.id.clone() },
        }
    }

    fn return_step(&mut self, document: OrderId, back: &lagerd::domain::order::Return) -> Verb {
        let number = back.number;
        let arrived = back.lines.iter().find(|line| line.received > line.inspected.units());
        match (self.rng.u32(0..7), arrived) {
            (0, _) => Verb::CancelReturn { document, number },
            (1..5, Some(line)) => {
                let mut found = Inspected::default();
                let kind = self.rng.u32(0..4);
                let place = match kind {
                    0 => &mut found.damaged,
                    1 => &mut found.scrap,
                    2 => &mut found.quarantine,
                    _ => &mut found.sellable,
                };
                *place = self.rng.i64(1..=line.received - line.inspected.units());
                Verb::InspectReturn { document, number, lines: vec![(line.sku.clone(), found)] }
            }
            _ => Verb::ReceiveReturn { document, number, warehouse: None, lines: None },
        }
    }

    /// Something about an order.
    fn about(&mut self, order: &Order, house: &House) -> Verb {
        let (id, line) = (order.id.clone(), self.rng.choice(&order.lines).unwrap().clone());
        let reason = Reason::parse("because").unwrap();
        match self.rng.u32(0..26) {
            24.. => self.carry(order).unwrap_or_else(|| self.fulfil(order)),
            0 => Verb::Cancel { order: id, lines: None, reason },
            1 => Verb::Cancel { order: id, lines: Some(vec![(line.id, 1)]), reason },
            2 => Verb::Amend {
                order: id,
                revision: order.revision.map(|revision| revision + 1),
                lines: self.lines(),
                carried: None,
            },
            3 => {
                let until = self.rng.bool().then(|| house.now().plus(self.rng.i64(1_000..60_000)));
                Verb::Hold { order: id, reason, until }
            }
            4 | 5 => Verb::Resume { order: id },
            6 => Verb::Reroute { order: id, only: None, exclude: vec![self.warehouse()] },
            7 | 8 => {
                let command = CommandId::parse(&format!("c-{}", self.number + 1)).unwrap();
                let units = AnnouncedUnits { line: Some(line.id), sku: None, quantity: 1, reason: None };
                announce(Some(id), House::document_id("return", &command), self.warehouse(), units)
            }
            9 => Verb::EraseContact { order: id, force: self.rng.bool() },
            10..13 if !order.returns.is_empty() => {
                let back = self.rng.choice(&order.returns).unwrap().clone();
                self.return_step(id, &back)
            }
            _ => self.fulfil(order),
        }
    }

    /// Promised units go along to another warehouse; now and then more than there are.
    fn carry(&mut self, order: &Order) -> Option<Verb> {
        let waits = |part: &&Fulfilment| part.stage().is_unbegun() && part.state.is_allocated();
        let part = self.rng.choice(order.fulfilments.iter().filter(waits).collect::<Vec<_>>())?.clone();
        let line = self.rng.choice(&part.lines)?.clone();
        let from = part.warehouse.clone();
        let to = std::iter::repeat_with(|| self.warehouse()).find(|to| *to != from)?;
        let command = CommandId::parse(&format!("c-{}", self.number + 1)).unwrap();
        let own = ClaimLine { sku: self.sku(), quantity: 1 };
        let asked = AskedAlong {
            order: order.id.clone(),
            channel: order.channel.clone(),
            line: line.line,
            sku: line.sku,
            fulfilment: self.rng.bool().then_some(part.number),
            quantity: self.rng.i64(1..line.quantity + 2),
        };
        Some(Verb::RequestTransfer(Box::new(RequestTransfer {
            id: House::document_id("transfer", &command),
            reference: None,
            from,
            to,
            lines: if self.rng.bool() { vec![own] } else { Vec::new() },
            along: vec![asked],
            eta: None,
        })))
    }

    fn fulfil(&mut self, order: &Order) -> Verb {
        let open = || order.fulfilments.iter().filter(|part| part.state != FulfilmentState::Cancelled);
        let Some(part) = self.rng.choice(open().collect::<Vec<_>>()) else {
            return Verb::Resume { order: order.id.clone() };
        };
        let one = part.lines.first().map(|line| vec![(line.line.clone(), 1)]).unwrap_or_default();
        let ship = |lines| FulfilStep::Ship { lines, parcels: Vec::new(), at: None };
        let step = match (part.state, self.rng.u32(0..6)) {
            (FulfilmentState::Requested, 0..2) => FulfilStep::Accept,
            (FulfilmentState::Requested | FulfilmentState::Accepted, 2) => FulfilStep::BeginPick,
            (FulfilmentState::Shipped, 0..3) => FulfilStep::Deliver { at: None },
            (FulfilmentState::Shipped, _) => {
                let event = *self.rng.choice(&[Carrier::InTransit, Carrier::Exception]).unwrap();
                let event = if self.rng.u32(0..4) == 0 { Carrier::ReturnedToSender } else { event };
                FulfilStep::Carrier { event, reason: None, at: None }
            }
            (FulfilmentState::ReadyForPickup, 0..4) => FulfilStep::Collect { at: None },
            (FulfilmentState::ReadyForPickup, _) => FulfilStep::Uncollected,
            (_, 0 | 3) if matches!(order.method, Method::Pickup(_)) => FulfilStep::Ready,
            (_, 0) => FulfilStep::Pack { parcels: Vec::new(), serials: Vec::new() },
            (_, 1) => FulfilStep::ShortPick { lines: one, damaged: self.rng.bool(), reason: None },
            (_, 2) => FulfilStep::Reject { reason: None },
            (_, 3) => FulfilStep::Pick,
            (_, 4) => ship(Some(one)),
            _ => ship(None),
        };
        Verb::Fulfil { order: order.id.clone(), number: part.number, lines: None, step }
    }

    async fn recent_order(&mut self, house: &House) -> Option<std::sync::Arc<Order>> {
        let recent = self.placed.len().saturating_sub(12);
        let id = self.rng.choice(&self.placed[recent..])?.id.clone();
        let document = house.document(&id).await.ok()?;
        document.order().filter(|order| !order.withdrawn).cloned()
    }

    async fn recent_other(&mut self, house: &House) -> Option<Document> {
        let recent = self.others.len().saturating_sub(8);
        let id = self.rng.choice(&self.others[recent..])?.clone();
        house.document(&id).await.ok()
    }

    fn lines(&mut self) -> Vec<NewLine> {
        let lines = (0..self.rng.usize(1..4)).map(|_| {
            let sku = Sku::parse(self.rng.choice(SKUS).unwrap()).unwrap();
            ClaimLine { sku, quantity: self.rng.i64(1..4) }
        });
        let mut lines = lines.collect::<Vec<_>>();
        lines.sort_by(|one, other| one.sku.cmp(&other.sku));
        lines.dedup_by(|one, other| one.sku == other.sku);
        named(lines)
    }

    fn channel(&mut self) -> ChannelId {
        ChannelId::parse(self.rng.choice(CHANNELS).unwrap()).unwrap()
    }

    fn sku(&mut self) -> Sku {
        Sku::parse(self.rng.choice(SKUS).unwrap()).unwrap()
    }

    fn warehouse(&mut self) -> WarehouseId {
        warehouse(self.rng.choice(WAREHOUSES).unwrap())
    }
}

/// Lines of an order; each goods' line has its own id, so that a revision does not rename them.
fn named(lines: Vec<ClaimLine>) -> Vec<NewLine> {
    let line = |line: ClaimLine| {
        let at = SKUS.iter().position(|sku| *sku == line.sku.as_str()).unwrap();
        NewLine {
            id: LineId::parse(&at.to_string()).unwrap(),
            sku: line.sku,
            quantity: line.quantity,
            stock: true,
            unit_value: 0,
        }
    };
    lines.into_iter().map(line).collect()
}

fn announce(order: Option<OrderId>, id: OrderId, warehouse: WarehouseId, units: AnnouncedUnits) -> Verb {
    Verb::AnnounceReturn(Box::new(AnnounceReturn {
        order,
        id,
        channel: None,
        reference: None,
        warehouse,
        lines: vec![units],
        declared_at: None,
        refund_by: None,
    }))
}

fn movement(sku: Sku, kind: MovementKind, quantity: i64) -> Movement {
    Movement { sku, kind, quantity, reference: None, reason: None, occurred_at: None }
}

fn warehouse(id: &str) -> WarehouseId {
    WarehouseId::parse(id).unwrap()
}
