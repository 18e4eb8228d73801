//! One client: sends an order, waits for its 201, sees some of them through, remembers what it was told.

use tokio::time::Instant;
use uuid::Uuid;

use super::super::tally::{SOLD_OUT, Window};
use super::record::{Placed, SharedBrief, Stage, Tally};
use crate::client::{Client, ClientError, Fulfilment, Order, Step, Verdict};

/// What a warehouse reports of a fulfilment that goes well.
const STEPS: [&str; 3] = ["accept", "ship", "deliver"];

/// A client with its connection and its record.
#[derive(Debug)]
pub(super) struct Worker {
    brief: SharedBrief,
    client: Client,
    rng: fastrand::Rng,
    id: u32,
    next: u32,
    tally: Tally,
}

impl Worker {
    pub(super) fn new(brief: SharedBrief, client: Client, id: u32) -> Self {
        let rng = fastrand::Rng::with_seed(u64::from(id));
        Self { brief, client, rng, id, next: 0, tally: Tally::new() }
    }

    /// Sends orders in a closed loop until the window ends.
    pub(super) async fn run(mut self, window: Window) -> Tally {
        while Instant::now() < window.until {
            self.once(window).await;
        }
        self.tally.asked_again = self.client.asked_again();
        self.tally
    }

    async fn once(&mut self, window: Window) {
        let draw = self.brief.plan.draw(&mut self.rng);
        let mut placed = Placed { client: self.id, number: self.next, draw, stage: Stage::Placed };
        self.next += 1;
        let started = Instant::now();
        let answer = self.client.place(&Uuid::now_v7().to_string(), &self.brief.order(placed)).await;
        match answer {
            Ok(order) => {
                self.tally.measure_order(started, Instant::now(), window);
                self.check(placed, &order);
                if self.rng.u8(0..100) < self.brief.fulfil {
                    placed.stage = self.see_through(&order.fulfilments, window).await;
                }
                self.tally.placed.push(placed);
            }
            Err(error) if error.code() == Some(SOLD_OUT) => self.tally.refused += 1,
            Err(error) if error.verdict() == Verdict::Unknown => self.tally.unresolved.push(placed),
            Err(error) => self.tally.surprise(format!("order: {error}")),
        }
    }

    /// A 201 takes the whole order in, every unit promised by a warehouse.
    fn check(&mut self, placed: Placed, order: &Order) {
        let wanted = i64::try_from(placed.draw.skus().count()).unwrap_or(i64::MAX);
        let promised: i64 =
            order.fulfilments.iter().filter(|part| part.is_open()).map(Fulfilment::units).sum();
        let all = order.sum(|line| line.allocated) == wanted && promised == wanted;
        if self.client.status() != 201 || order.superseded || !all {
            let (status, state) = (self.client.status(), &order.state);
            self.tally
                .surprise(format!("{status}, {state}: {promised} of {wanted} units promised: {order:?}"));
        }
    }

    async fn see_through(&mut self, parts: &[Fulfilment], window: Window) -> Stage {
        for part in parts {
            for verb in STEPS {
                let started = Instant::now();
                let id = Uuid::now_v7().to_string();
                match self.client.step(&part.fulfilment, verb, &id, &Step::default()).await {
                    Ok(_) => self.tally.measure_step(started, Instant::now(), window),
                    Err(error) => {
                        self.unanswered(verb, &error);
                        return Stage::InDoubt;
                    }
                }
            }
        }
        Stage::Delivered
    }

    fn unanswered(&mut self, verb: &str, error: &ClientError) {
        if error.verdict() != Verdict::Unknown {
            self.tally.surprise(format!("{verb}: {error}"));
        }
    }
}
