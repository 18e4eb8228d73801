//! Staff who pick, pack and ship what is asked of their warehouse; the carriers who bring it.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::hour::{Hour, command_id};
use super::merchant::{GUEST_SKU, LIMITED_SKU, STORES};
use crate::client::{Client, ClientError, Fulfilment, LineUnits, Order, Parcel, Step};

/// How often a warehouse looks for work.
const LOOK_EVERY_MS: u64 = 120;

/// Parts taken on in one look.
const AT_ONCE: u32 = 40;

/// Of a hundred parts, how many a store rejects, how many are not on the shelf, and how many nobody fetches.
const REJECTED: u8 = 8;
const SHORT: u8 = 4;
const UNCOLLECTED: u8 = 15;

/// Works at one warehouse until nothing is asked of it any more.
pub(super) async fn packer(hour: Arc<Hour>, warehouse: String, seed: u64, leaving: mpsc::Sender<Fulfilment>) {
    let rng = fastrand::Rng::with_seed(seed);
    let mut packer = Packer { client: hour.client(), hour, warehouse, rng, leaving };
    loop {
        // Looked at before the list: what is asked for later is asked by nobody any more.
        let last = packer.hour.quiet.is_cancelled();
        let work = packer.client.fulfilments(&packer.warehouse, "requested", AT_ONCE).await;
        match work {
            Ok(page) if page.fulfilments.is_empty() && last => return,
            Ok(page) => {
                for part in page.fulfilments {
                    packer.work_on(part).await;
                }
            }
            Err(error) => {
                packer.surprised(&format!("work at {}", packer.warehouse), &error).await;
                if last {
                    return;
                }
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(LOOK_EVERY_MS)).await;
    }
}

struct Packer {
    hour: Arc<Hour>,
    client: Client,
    warehouse: String,
    rng: fastrand::Rng,
    leaving: mpsc::Sender<Fulfilment>,
}

impl Packer {
    async fn work_on(&mut self, mut part: Fulfilment) {
        if self.may_go_wrong(&part) {
            let fate = self.rng.u8(0..100);
            if STORES.contains(&self.warehouse.as_str()) && fate < REJECTED {
                return self.reject(&part).await;
            }
            if fate >= 100 - SHORT {
                match self.short_pick(&part).await {
                    Some(rest) => part = rest,
                    None => return,
                }
            }
        }
        // Who has looked for it on the shelf has accepted it.
        if part.state == "requested" && !self.report(&part, "accept", &Step::default()).await {
            return;
        }
        if part.method == "pickup" { self.hand_over(part).await } else { self.send(part).await }
    }

    /// Whether the demo lets something happen to a part: not to the visitor's, not to the duel's, and not at closing
    /// time, when nobody would look after it.
    fn may_go_wrong(&self, part: &Fulfilment) -> bool {
        let special = |sku: &str| [GUEST_SKU, LIMITED_SKU].contains(&sku);
        !self.hour.closing.is_cancelled()
            && part.method == "ship"
            && part.lines.iter().all(|line| !special(&line.sku))
    }

    /// The store can't; another place is found.
    async fn reject(&mut self, part: &Fulfilment) {
        self.hour.ledger.lock().await.unpromise(&part.fulfilment);
        let step = Step { reason: Some("no hands free".to_owned()), ..Step::default() };
        let done = self.report(part, "reject", &step).await;
        let Some(order) = self.hour.refresh(&mut self.client, &part.order_id).await else { return };
        if !done {
            return;
        }
        let mut ledger = self.hour.ledger.lock().await;
        ledger.counters.resourced += 1;
        let (store, number, now) = (&self.warehouse, &part.order, whereto(&order, part));
        ledger.say("rejects", format!("{store} rejects its part of order {number}, which {now}"));
    }

    /// A unit is not where it should be, or broken: it is written off and comes from elsewhere. What is left of the part.
    async fn short_pick(&mut self, part: &Fulfilment) -> Option<Fulfilment> {
        let missing = part.lines.first()?;
        let damaged = self.rng.u8(0..100) < 30;
        let reason = if damaged { "broken on the shelf" } else { "not on the shelf" };
        let step = Step {
            lines: Some(vec![LineUnits { line: missing.line.clone(), quantity: 1 }]),
            reason: Some(reason.to_owned()),
            damaged: Some(damaged),
            ..Step::default()
        };
        let key = self.hour.key(&self.warehouse).await;
        self.hour.ledger.lock().await.unpromise(&part.fulfilment);
        let done = self.report(part, "short_pick", &step).await;
        if done {
            let mut ledger = self.hour.ledger.lock().await;
            let cell = ledger.cell(&self.warehouse, &missing.sku);
            if damaged { cell.damaged += 1 } else { cell.corrected -= 1 }
        }
        drop(key);
        let order = self.hour.refresh(&mut self.client, &part.order_id).await?;
        if done {
            let (title, now) = (self.hour.merchant.title(&missing.sku), whereto(&order, part));
            let told = format!(
                "short pick at {}: one {title} is {reason}; order {} {now}",
                self.warehouse, part.order
            );
            let mut ledger = self.hour.ledger.lock().await;
            ledger.counters.resourced += 1;
            ledger.say("short pick", told);
        }
        let rest = order.fulfilments.into_iter().find(|rest| rest.fulfilment == part.fulfilment)?;
        // A part that stands in its order doesn't name it again.
        let Fulfilment { order, order_id, channel, method, .. } = part.clone();
        rest.is_open().then_some(Fulfilment { order, order_id, channel, method, ..rest })
    }

    async fn send(&mut self, mut part: Fulfilment) {
        let tracking = format!("JJD{:012}", self.rng.u64(0..1_000_000_000_000));
        let parcels = vec![Parcel { carrier: "dhl".to_owned(), tracking }];
        if !self.report(&part, "pack", &Step { parcels, ..Step::default() }).await {
            return;
        }
        let key = self.hour.key(&self.warehouse).await;
        let left = self.report(&part, "ship", &Step::default()).await;
        if left {
            self.hour.ledger.lock().await.ship(&part);
        }
        drop(key);
        if left {
            part.state = "shipped".to_owned();
            self.pass_on(part).await;
        }
    }

    /// A buyer comes for it, or doesn't.
    async fn hand_over(&mut self, mut part: Fulfilment) {
        if !(self.report(&part, "pick", &Step::default()).await
            && self.report(&part, "ready", &Step::default()).await)
        {
            return;
        }
        if self.rng.u8(0..100) < UNCOLLECTED {
            self.hour.ledger.lock().await.unpromise(&part.fulfilment);
            if self.report(&part, "uncollected", &Step::default()).await {
                let told = format!(
                    "nobody came for order {} in {}: its goods are on the shelf and on sale again",
                    part.order, self.warehouse
                );
                let mut ledger = self.hour.ledger.lock().await;
                ledger.counters.cancelled += 1;
                ledger.say("uncollected", told);
            }
            self.hour.refresh(&mut self.client, &part.order_id).await;
            return;
        }
        let key = self.hour.key(&self.warehouse).await;
        let left = self.report(&part, "collect", &Step::default()).await;
        if left {
            self.hour.ledger.lock().await.ship(&part);
        }
        drop(key);
        if left {
            part.state = "collected".to_owned();
            self.pass_on(part).await;
        }
    }

    async fn pass_on(&self, part: Fulfilment) {
        if self.leaving.send(part).await.is_err() {
            self.hour.ledger.lock().await.surprised("the carriers went home early".to_owned());
        }
    }

    /// Reports a step; false where the part is not there for it any more, because its buyer has cancelled.
    async fn report(&mut self, part: &Fulfilment, verb: &str, step: &Step) -> bool {
        match self.client.step(&part.fulfilment, verb, &command_id(), step).await {
            Ok(_) => true,
            Err(error) if error.code() == Some("illegal_step") => {
                self.hour.refresh(&mut self.client, &part.order_id).await;
                false
            }
            Err(error) => {
                self.surprised(verb, &error).await;
                false
            }
        }
    }

    async fn surprised(&self, what: &str, error: &ClientError) {
        self.hour.ledger.lock().await.surprised(format!("{what}: {error}"));
    }
}

/// Where an order's goods come from now, other than from a part that could not.
fn whereto(order: &Order, without: &Fulfilment) -> String {
    let others =
        order.fulfilments.iter().filter(|part| part.is_open() && part.fulfilment != without.fulfilment);
    let mut places: Vec<&str> = others.map(|part| part.warehouse.as_str()).collect();
    places.dedup();
    if places.is_empty() {
        return "waits for goods, nobody else has it".to_owned();
    }
    format!("ships from {} instead", places.join(" and "))
}

/// Brings parcels to their buyers, some after a detour; passes on what arrived.
pub(super) async fn carrier(
    hour: Arc<Hour>,
    mut leaving: mpsc::Receiver<Fulfilment>,
    arrived: mpsc::Sender<Fulfilment>,
) {
    let mut client = hour.client();
    let mut rng = fastrand::Rng::with_seed(5);
    while let Some(part) = leaving.recv().await {
        if part.state == "shipped" {
            let mut events = vec!["in_transit", "delivered"];
            if rng.u8(0..100) < 4 {
                events.insert(1, "exception");
            }
            for event in events {
                let reason = (event == "exception").then(|| "nobody at home".to_owned());
                let step = Step { event: Some(event.to_owned()), reason, ..Step::default() };
                if let Err(error) = client.step(&part.fulfilment, "carrier", &command_id(), &step).await {
                    hour.ledger.lock().await.surprised(format!("carrier, {event}: {error}"));
                }
            }
        }
        hour.ledger.lock().await.counters.delivered += 1;
        if arrived.send(part).await.is_err() {
            return;
        }
    }
}
