//! Simulated customers: what each channel's buyers do.

use std::sync::Arc;

use tokio::time::Instant;

use super::hour::{Hour, command_id};
use super::merchant::{STORES, channel};
use crate::client::{
    Address, CartLine, Client, ClientError, Money, NewOrder, NewOrderLine, NewReservation, Order, Payment,
    Reservation,
};

/// Seconds a buyer's hold lives: longer than any pause in the demo, a kill included.
const BUYER_TTL_S: u64 = 120;

/// Seconds the hold of a cart lives that will be left behind.
const STROLLER_TTL_S: u64 = 5;

/// Of a hundred orders, how many are cancelled a moment later.
const CANCELLED: u8 = 5;

/// One person shopping again and again until closing.
#[derive(Debug)]
pub(super) struct Customer {
    pub(super) hour: Arc<Hour>,
    pub(super) client: Client,
    pub(super) rng: fastrand::Rng,
    number: u16,
    visits: u32,
}

impl Customer {
    pub(super) fn new(hour: Arc<Hour>, number: u16, seed: u64) -> Self {
        let rng = fastrand::Rng::with_seed(seed.wrapping_mul(7919).wrapping_add(u64::from(number)));
        Self { client: hour.client(), hour, rng, number, visits: 0 }
    }

    /// Shops until closing.
    pub(super) async fn run(mut self) {
        while self.hour.pause(self.rng.u64(50..900)).await {
            self.visit().await;
        }
    }

    async fn visit(&mut self) {
        self.visits += 1;
        self.hour.ledger.lock().await.counters.carts += 1;
        let channel = channel(&mut self.rng);
        let buys = self.rng.u8(0..100) < 72;
        let lines = self.fill();
        if buys {
            let mut model = self.hour.model.lock().await;
            lines.iter().for_each(|line| model.demand(channel, &line.sku, line.quantity));
        }
        match (channel, buys) {
            ("ebay", true) => self.buy_on_ebay(lines).await,
            ("amazon", true) => self.buy_on_amazon(lines).await,
            ("till", true) => self.buy_at_till(lines).await,
            ("app", true) => self.buy_in_the_app(lines).await,
            (_, _) => self.fill_a_cart(channel, buys, lines).await,
        }
    }

    /// One to three different products.
    fn fill(&mut self) -> Vec<CartLine> {
        let mut lines: Vec<CartLine> = Vec::new();
        for _ in 0..self.rng.u8(1..=3) {
            let sku = self.hour.merchant.wanted(&mut self.rng).to_owned();
            if lines.iter().all(|line| line.sku != sku) {
                lines.push(CartLine { sku, quantity: if self.rng.u8(0..100) < 15 { 2 } else { 1 } });
            }
        }
        lines
    }

    /// Shop and Instagram: a cart first, which some amend and some leave behind; the others order.
    async fn fill_a_cart(&mut self, channel: &'static str, buys: bool, lines: Vec<CartLine>) {
        let cart = format!("cart-{}-{}", self.number, self.visits);
        let Some((mut id, mut lines)) = self.reserve(channel, &cart, buys, lines).await else { return };
        if self.rng.u8(0..100) < 12 {
            (id, lines) = self.amend(channel, &cart, buys, (id, lines)).await;
        }
        self.hour.pause(self.rng.u64(20..400)).await;
        if !buys {
            return self.leave(id).await;
        }
        let payment = if channel == "instagram" { "pending" } else { "authorised" };
        let mut order = self.order(channel, lines);
        order.reservation = Some(id.clone());
        order.payment = Some(Payment { state: payment.to_owned() });
        self.hour.ledger.lock().await.let_go(&id);
        let Some(order) = self.place(&order).await else { return };
        if channel == "instagram" {
            self.pay(&order).await;
        } else if self.rng.u8(0..100) < CANCELLED {
            self.cancel(&order).await;
        }
    }

    /// The app: a parcel, which may wait for the next delivery, or picked up in a store.
    async fn buy_in_the_app(&mut self, lines: Vec<CartLine>) {
        let mut order = self.order("app", lines);
        order.payment = Some(Payment { state: "paid".to_owned() });
        if self.rng.u8(0..100) < 35 {
            order.method = Some("pickup".to_owned());
            order.pickup_at = self.rng.choice(STORES).map(str::to_owned);
            order.ship_to = None;
            order.backorder = Some(false);
        }
        let Some(order) = self.place(&order).await else { return };
        if self.rng.u8(0..100) < CANCELLED {
            self.cancel(&order).await;
        }
    }

    /// An order as this customer sends it.
    pub(super) fn order(&mut self, channel: &str, lines: Vec<CartLine>) -> NewOrder {
        let price = |sku: &str| 499 + i64::try_from(sku.len()).unwrap_or(1) * 250;
        let line = |(at, line): (usize, CartLine)| NewOrderLine {
            line: at.to_string(),
            unit_price: Some(Money { amount_minor: price(&line.sku), currency: "EUR".to_owned() }),
            sku: line.sku,
            quantity: line.quantity,
        };
        let (country, postal_code) = match self.rng.u8(0..100) {
            0..80 => ("DE", "10115"),
            _ => ("AT", "1070"),
        };
        let address = Address {
            country: country.to_owned(),
            postal_code: Some(postal_code.to_owned()),
            name: Some(format!("Customer {} of the demo", self.number)),
        };
        NewOrder {
            order: format!("{channel}-{}-{}", self.number, self.visits),
            channel: channel.to_owned(),
            lines: (1..).zip(lines).map(line).collect(),
            ship_to: Some(address),
            ..NewOrder::default()
        }
    }

    /// Sends an order for the first time and notes what became of it.
    pub(super) async fn place(&mut self, order: &NewOrder) -> Option<Order> {
        let started = Instant::now();
        let answer = self.client.place(&command_id(), order).await;
        let mut ledger = self.hour.ledger.lock().await;
        ledger.slowest_ms = ledger.slowest_ms.max(started.elapsed().as_millis());
        match answer {
            Ok(told) => {
                ledger.counters.orders += 1;
                ledger.note(&told);
                return Some(told);
            }
            Err(error) if is_refusal(&error) => ledger.counters.refused += 1,
            Err(error) => ledger.surprised(format!("order on {}: {error}", order.channel)),
        }
        None
    }

    async fn ask(
        &mut self,
        channel: &str,
        cart: Option<&str>,
        (id, ttl_s): (&str, u64),
        lines: Vec<CartLine>,
    ) -> Result<Reservation, ClientError> {
        let (channel, cart) = (channel.to_owned(), cart.map(str::to_owned));
        let wish = NewReservation { channel, cart, lines, ttl_s: Some(ttl_s) };
        let started = Instant::now();
        let answer = self.client.reserve(id, &wish).await;
        let mut ledger = self.hour.ledger.lock().await;
        ledger.slowest_ms = ledger.slowest_ms.max(started.elapsed().as_millis());
        answer
    }

    /// Holds the goods of a cart; its id, and what is in it.
    async fn reserve(
        &mut self,
        channel: &str,
        cart: &str,
        buys: bool,
        lines: Vec<CartLine>,
    ) -> Option<(String, Vec<CartLine>)> {
        let ttl_s = if buys { BUYER_TTL_S } else { STROLLER_TTL_S };
        self.hold(channel, Some(cart), ttl_s, lines).await
    }

    /// The same without a cart, for goods that are in the buyer's hands.
    pub(super) async fn take(&mut self, channel: &str, lines: Vec<CartLine>) -> Option<String> {
        self.hold(channel, None, BUYER_TTL_S, lines).await.map(|(id, _)| id)
    }

    async fn hold(
        &mut self,
        channel: &str,
        cart: Option<&str>,
        ttl_s: u64,
        lines: Vec<CartLine>,
    ) -> Option<(String, Vec<CartLine>)> {
        let id = command_id();
        let answer = self.ask(channel, cart, (&id, ttl_s), lines.clone()).await;
        let mut ledger = self.hour.ledger.lock().await;
        match answer {
            Ok(told) => {
                ledger.hold(&id, told.lines);
                return Some((id, lines));
            }
            Err(error) if is_refusal(&error) => ledger.counters.refused += 1,
            Err(error) => ledger.surprised(format!("reserve: {error}")),
        }
        None
    }

    /// Changes the mind: other products in the same cart; what was held stays when that can't be had.
    async fn amend(
        &mut self,
        channel: &str,
        cart: &str,
        buys: bool,
        (old, before): (String, Vec<CartLine>),
    ) -> (String, Vec<CartLine>) {
        let lines = self.fill();
        let held = self.hour.ledger.lock().await.let_go(&old);
        let id = command_id();
        let ttl_s = if buys { BUYER_TTL_S } else { STROLLER_TTL_S };
        let answer = self.ask(channel, Some(cart), (&id, ttl_s), lines.clone()).await;
        let mut ledger = self.hour.ledger.lock().await;
        match answer {
            Ok(told) => {
                ledger.counters.amended += 1;
                ledger.hold(&id, told.lines);
                return (id, lines);
            }
            Err(error) if is_refusal(&error) => ledger.counters.refused += 1,
            Err(error) => ledger.surprised(format!("amend: {error}")),
        }
        ledger.hold(&old, held);
        (old, before)
    }

    /// Leaves the cart behind: every second customer says so, the others' holds end by themselves.
    async fn leave(&mut self, id: String) {
        {
            let mut ledger = self.hour.ledger.lock().await;
            ledger.let_go(&id);
            ledger.counters.abandoned += 1;
        }
        if self.rng.bool()
            && let Err(error) = self.client.release(&id, &command_id()).await
        {
            self.hour.ledger.lock().await.surprised(format!("release: {error}"));
        }
    }

    /// Instagram's money comes after the order, or doesn't.
    async fn pay(&mut self, order: &Order) {
        self.hour.pause(self.rng.u64(50..600)).await;
        let state = if self.rng.u8(0..100) < 88 { "paid" } else { "failed" };
        if state == "failed" {
            let mut ledger = self.hour.ledger.lock().await;
            order.fulfilments.iter().for_each(|part| ledger.unpromise(&part.fulfilment));
        }
        let answer = self.client.payment(&order.id, &command_id(), state).await;
        let mut ledger = self.hour.ledger.lock().await;
        match answer {
            Ok(told) => {
                ledger.counters.cancelled += u64::from(told.state == "cancelled");
                ledger.note(&told);
            }
            Err(error) => ledger.surprised(format!("payment: {error}")),
        }
    }

    /// Changes the mind after ordering; what has left by then is not called back.
    pub(super) async fn cancel(&mut self, order: &Order) {
        self.hour.pause(self.rng.u64(20..300)).await;
        {
            let mut ledger = self.hour.ledger.lock().await;
            order.fulfilments.iter().for_each(|part| ledger.unpromise(&part.fulfilment));
        }
        let answer = self.client.cancel(&order.id, &command_id(), "changed my mind").await;
        match answer {
            Ok(told) => {
                let mut ledger = self.hour.ledger.lock().await;
                ledger.counters.cancelled += u64::from(told.sum(|line| line.cancelled) > 0);
                ledger.note(&told);
            }
            // It has left already.
            Err(error) if error.code() == Some("illegal_step") => {
                self.hour.refresh(&mut self.client, &order.id).await;
            }
            Err(error) => self.hour.ledger.lock().await.surprised(format!("cancel: {error}")),
        }
    }
}

/// The answers of somebody who comes too late.
pub(super) fn is_refusal(error: &ClientError) -> bool {
    matches!(
        error.code(),
        Some("insufficient_stock" | "insufficient_room" | "not_serviceable" | "reservation_expired")
    )
}
