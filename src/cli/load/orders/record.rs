//! What clients know of their orders.

use std::sync::Arc;

use hdrhistogram::Histogram;
use tokio::time::Instant;

use super::super::plan::{Draw, Plan};
use super::super::tally::{Window, histogram, micros};
use crate::client::{Address, NewOrder, NewOrderLine};

/// How far an order had come when its client was answered last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Placed,
    Delivered,
    /// A step of it was never answered.
    InDoubt,
}

/// An order of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) client: u32,
    pub(super) number: u32,
    pub(super) draw: Draw,
    pub(super) stage: Stage,
}

/// What every client of a run shares.
#[derive(Debug)]
pub(super) struct Brief {
    pub(super) plan: Plan,
    pub(super) run: String,
    pub(super) channel: String,
    pub(super) country: String,
    /// Of a hundred orders.
    pub(super) fulfil: u8,
}

impl Brief {
    /// What an order is called.
    pub(super) fn name(&self, client: u32, number: u32) -> String {
        format!("LOAD-{}-{client}-{number}", self.run)
    }

    /// The order a client sends, one unit of each SKU.
    pub(super) fn order(&self, placed: Placed) -> NewOrder {
        let line = |(at, sku): (usize, usize)| NewOrderLine {
            line: at.to_string(),
            sku: self.plan.name(sku).to_owned(),
            quantity: 1,
            unit_price: None,
        };
        NewOrder {
            order: self.name(placed.client, placed.number),
            channel: self.channel.clone(),
            lines: (1..).zip(placed.draw.skus()).map(line).collect(),
            ship_to: Some(Address { country: self.country.clone(), ..Address::default() }),
            ..NewOrder::default()
        }
    }
}

/// What one client was told; its own record, never the daemon's.
#[derive(Debug)]
pub(super) struct Tally {
    /// Acknowledged with 201.
    pub(super) placed: Vec<Placed>,
    /// Outcome still unknown when patience ended.
    pub(super) unresolved: Vec<Placed>,
    pub(super) refused: u64,
    /// Requests sent again because they were not done or of unknown outcome.
    pub(super) asked_again: u64,
    /// Answers no client should get, with the first as an example.
    pub(super) unexpected: u64,
    pub(super) example: Option<String>,
    /// Orders answered 201 inside the measured window.
    pub(super) orders: u64,
    /// Microseconds from the first byte sent to the 201 read, all retries included.
    pub(super) order_us: Histogram<u64>,
    /// Steps of fulfilments answered inside the window.
    pub(super) steps: u64,
    pub(super) step_us: Histogram<u64>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            placed: Vec::new(),
            unresolved: Vec::new(),
            refused: 0,
            asked_again: 0,
            unexpected: 0,
            example: None,
            orders: 0,
            order_us: histogram(),
            steps: 0,
            step_us: histogram(),
        }
    }

    /// Adds another client's record.
    pub(super) fn absorb(&mut self, other: Self) {
        self.placed.extend(other.placed);
        self.unresolved.extend(other.unresolved);
        self.refused += other.refused;
        self.asked_again += other.asked_again;
        self.unexpected += other.unexpected;
        self.example = self.example.take().or(other.example);
        self.orders += other.orders;
        self.order_us += other.order_us;
        self.steps += other.steps;
        self.step_us += other.step_us;
    }

    pub(super) fn surprise(&mut self, told: String) {
        self.unexpected += 1;
        self.example.get_or_insert(told);
    }

    /// Counts a 201 to an order first sent at `started`.
    pub(super) fn measure_order(&mut self, started: Instant, now: Instant, window: Window) {
        if started >= window.measure_from {
            self.orders += u64::from(now <= window.until);
            self.order_us.saturating_record(micros(now.duration_since(started)));
        }
    }

    /// Counts an answered step.
    pub(super) fn measure_step(&mut self, started: Instant, now: Instant, window: Window) {
        if started >= window.measure_from {
            self.steps += u64::from(now <= window.until);
            self.step_us.saturating_record(micros(now.duration_since(started)));
        }
    }
}

/// Shared by all clients of a run.
pub(super) type SharedBrief = Arc<Brief>;
