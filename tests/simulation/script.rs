//! What happens: random commands over a few SKUs, carts and places, so that they meet.

use lagerd::actor::house::reserve::Reserve;
use lagerd::domain::hold::ClaimLine;
use lagerd::domain::ids::{CartId, ChannelId, CommandId, ReservationId, Sku, TransferId, WarehouseId};
use lagerd::domain::level::Condition;
use lagerd::domain::policy::Scheduled;
use lagerd::domain::warehouse::{Movement, MovementKind, SetStockPolicy};

use crate::desk::{Desks, Task};

pub(crate) const WAREHOUSES: [&str; 3] = ["BER", "VIE", "ZRH"];
pub(crate) const CHANNELS: [&str; 3] = ["shop", "till", "app"];
pub(crate) const SKUS: [&str; 4] = ["tee", "mug", "cap/größe L", "pin #1"];

/// One command, told apart by its id.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: CommandId,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Reserve(Reserve),
    Extend(ReservationId, i64),
    Allocate(ReservationId),
    Release(ReservationId),
    Ship(ReservationId),
    Move(WarehouseId, Movement),
    Fence(WarehouseId, SetStockPolicy),
    Desk(Task),
}

pub(crate) struct Script {
    rng: fastrand::Rng,
    number: u64,
    reservations: Vec<ReservationId>,
    past: Vec<Order>,
    desks: Desks,
}

impl Script {
    pub(crate) fn new(seed: u64) -> Self {
        let rng = fastrand::Rng::with_seed(seed);
        Self { rng, number: 0, reservations: Vec::new(), past: Vec::new(), desks: Desks::default() }
    }

    pub(crate) fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    /// The commands of one step, sent at once. Some are resends of what was sent before.
    pub(crate) fn step(&mut self) -> Vec<Order> {
        let count = self.rng.usize(1..6);
        (0..count)
            .map(|_| match self.again() {
                Some(again) => again,
                None => self.fresh(),
            })
            .collect()
    }

    fn again(&mut self) -> Option<Order> {
        let resend = self.rng.u32(0..8) == 0;
        self.rng.choice(&self.past).filter(|_| resend).cloned()
    }

    fn fresh(&mut self) -> Order {
        self.number += 1;
        let id = CommandId::parse(&format!("c-{}", self.number)).unwrap();
        let what = match self.rng.u32(0..28) {
            0..8 => self.reserve(),
            8 => What::Extend(self.known(), self.rng.i64(1..200_000)),
            9 | 10 => What::Allocate(self.known()),
            11 => What::Release(self.known()),
            12 | 13 => What::Ship(self.known()),
            14..19 => self.movement(),
            19 => self.fence(),
            _ => {
                let about = (self.sku(), self.warehouse(), self.known());
                What::Desk(self.desks.task(&id, &mut self.rng, about))
            }
        };
        if let What::Reserve(_) = &what {
            self.reservations.push(id.clone());
        }
        let order = Order { id, what };
        self.past.push(order.clone());
        if self.past.len() > 40 {
            self.past.remove(0);
        }
        order
    }

    fn reserve(&mut self) -> What {
        let channel = ChannelId::parse(self.rng.choice(CHANNELS).unwrap()).unwrap();
        let cart = self.rng.bool().then(|| CartId::parse(&format!("cart-{}", self.rng.u32(0..4))).unwrap());
        let lines =
            (0..self.rng.usize(1..4)).map(|_| ClaimLine { sku: self.sku(), quantity: self.rng.i64(1..5) });
        let lines = lines.collect();
        let (ttl_ms, partial) = (self.rng.i64(1_000..120_000), self.rng.u32(0..5) == 0);
        What::Reserve(Reserve { channel, cart, lines, ttl_ms, partial })
    }

    fn movement(&mut self) -> What {
        let transfer = TransferId::parse("07-t").unwrap();
        let kind = match self.rng.u32(0..14) {
            12 => MovementKind::TransferOut { transfer },
            13 => MovementKind::TransferIn { transfer, into: None, promised: Vec::new() },
            0..6 => MovementKind::Receive(None),
            6 => MovementKind::Return(Some(Condition::QualityControl)),
            7 => MovementKind::Adjust,
            8 => MovementKind::Hold(Condition::Damaged),
            9 => MovementKind::Restock(Condition::QualityControl),
            10 => MovementKind::Scrap(Some(Condition::Damaged)),
            _ => MovementKind::Sell {
                channel: ChannelId::parse("till").unwrap(),
                reservation: self.rng.bool().then(|| self.known()),
            },
        };
        let quantity = if kind == MovementKind::Adjust { self.rng.i64(-3..0) } else { self.rng.i64(1..6) };
        let movement =
            Movement { sku: self.sku(), kind, quantity, reference: None, reason: None, occurred_at: None };
        What::Move(self.warehouse(), movement)
    }

    fn fence(&mut self) -> What {
        let channel = ChannelId::parse("app").unwrap();
        let fences = vec![(channel, Some(Scheduled::always(self.rng.i64(0..4))))];
        let safety_stock = self.rng.bool().then(|| Some(Scheduled::always(self.rng.i64(0..3))));
        let low_stock = self.rng.bool().then(|| Some(self.rng.i64(0..6)));
        let overstock = self.rng.bool().then(|| Some(self.rng.i64(6..20)));
        What::Fence(
            self.warehouse(),
            SetStockPolicy { sku: self.sku(), safety_stock, fences, low_stock, overstock },
        )
    }

    fn known(&mut self) -> ReservationId {
        let recent = self.reservations.len().saturating_sub(12);
        let known = self.rng.choice(&self.reservations[recent..]).cloned();
        known.unwrap_or_else(|| CommandId::parse("never-asked").unwrap())
    }

    fn sku(&mut self) -> Sku {
        Sku::parse(self.rng.choice(SKUS).unwrap()).unwrap()
    }

    fn warehouse(&mut self) -> WarehouseId {
        WarehouseId::parse(self.rng.choice(WAREHOUSES).unwrap()).unwrap()
    }
}
