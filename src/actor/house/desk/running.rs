//! Goes on with documents that nobody waits for: after a restart, after a store was away, when stock has come.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio_util::sync::CancellationToken;

use crate::actor::fault::Fault;
use crate::actor::house::House;
use crate::domain::desk::changing::waits_for_card;
use crate::domain::desk::claiming::waits_for_place;
use crate::domain::desk::{Answer as DeskAnswer, Document, Verb};
use crate::domain::ids::{CommandId, OrderId};
use crate::domain::order::{Commercial, Order};
use crate::domain::routing::{Left, LeftWhat};
use crate::domain::warehouse::{Answer, Command};
use crate::telemetry::Metrics;

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often parked orders are looked through.
const PARKED_EVERY: u32 = 20;
/// How often warehouses are asked for served claims whose news may have been missed.
const SERVED_EVERY: u32 = 100;
/// How often documents are counted.
const COUNT_EVERY: u32 = 10;
/// Documents taken on at once.
const AT_ONCE: usize = 32;
/// Parked orders looked at in one look: each is routed to see whether it helps, in tens of microseconds.
const PARKED_MAX: usize = 500;
/// Documents taken on in one look.
const LOOK_MAX: usize = 2_000;

/// Runs until it is told to stop.
pub(in crate::actor::house) async fn run(
    house: Arc<House>,
    metrics: Arc<Metrics>,
    stopping: CancellationToken,
) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut round = 0_u32;
    let mut parked = None;
    loop {
        tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            _ = tick.tick() => {}
        }
        if round.is_multiple_of(COUNT_EVERY) {
            house.count_documents(&metrics);
        }
        round = round.wrapping_add(1);
        if round.is_multiple_of(SERVED_EVERY) {
            house.note_all_served().await;
        }
        house.book_served().await;
        if round.is_multiple_of(PARKED_EVERY) {
            house.retry_parked(&mut parked).await;
        }
        house.go_on().await;
    }
}

impl House {
    /// How many documents have something to tell that nobody was told yet.
    #[must_use]
    pub fn untold(&self) -> usize {
        self.desks.book.len()
    }

    /// Tells where documents stand. A state nobody is in is told too: what was never counted raises no alarm.
    fn count_documents(&self, metrics: &Metrics) {
        let open = self.desks.view.open();
        metrics.documents_open.set(i64::try_from(open).unwrap_or(i64::MAX));
        metrics.documents_untold.set(i64::try_from(self.untold()).unwrap_or(i64::MAX));
        let orders = self.desks.view.orders();
        for state in Commercial::ALL.iter().filter(|state| !state.is_over()) {
            metrics.orders(state.name(), orders.by_state.get(state).copied().unwrap_or(0));
        }
        metrics.orders_late(orders.late);
        for (warehouse, states) in &orders.parts {
            for (state, count) in states {
                metrics.fulfilments(warehouse.as_str(), state.name(), *count);
            }
        }
    }

    /// Carries on what nobody has carried on in time.
    async fn go_on(self: &Arc<Self>) {
        let due = self.desks.book.due(LOOK_MAX);
        let driven = stream::iter(due).map(|id| async move {
            if let Err(fault) = self.drive(&id).await {
                tracing::warn!(document = %id, %fault, "a document can't go on now; it is tried again");
            }
        });
        driven.buffer_unordered(AT_ONCE).for_each(|()| async {}).await;
    }

    /// Asks every warehouse for served claims that no desk has booked.
    async fn note_all_served(&self) {
        for handle in self.warehouses.values() {
            let find = Command::FindWaiting { owner: None };
            let envelope = self.inside(CommandId::stored("find"), None);
            if let Ok(Answer::WaitingRows(rows)) = handle.mailbox.ask(envelope, find).await {
                rows.iter().for_each(|(_, row)| self.desks.book.note_served(&row.owner));
            }
        }
    }

    /// Lets desks book what warehouses served.
    async fn book_served(self: &Arc<Self>) {
        let served = self.desks.book.take_served(LOOK_MAX);
        let booked = stream::iter(served).map(|id| async move {
            if let Err(fault) = self.book_order(&id).await {
                tracing::warn!(order = %id, %fault, "served units can't be booked now; it is tried again");
                self.desks.book.note_served(&id);
            }
        });
        booked.buffer_unordered(AT_ONCE).for_each(|()| async {}).await;
    }

    async fn book_order(self: &Arc<Self>, id: &OrderId) -> Result<(), Fault> {
        let mut changed = false;
        for handle in self.warehouses.values() {
            let find = Command::FindWaiting { owner: Some(id.clone()) };
            let envelope = self.inside(CommandId::stored("find"), None);
            let Answer::WaitingRows(rows) = handle.mailbox.ask(envelope, find).await? else { continue };
            for (wait, row) in rows.into_iter().filter(|(_, row)| row.unacknowledged() > 0) {
                let day = handle.spec.days.day(self.now());
                let (order, total) = (id.clone(), row.served);
                let verb = Verb::Served { order, wait: wait.clone(), total, day };
                match self.ask_desk(self.inside(wait.part("served"), None), verb).await {
                    Ok(DeskAnswer::Document(document)) if expects(&document, &wait) => changed = true,
                    Ok(_) | Err(Fault::Refused(_)) => {
                        // A desk that is behind another daemon's knows no better; what is written decides. The claim
                        // was asked for after its order was written, so nobody comes to count it later.
                        let stored = self.stored_document(id).await?;
                        if stored.is_some_and(|stored| expects(&stored, &wait)) {
                            continue;
                        }
                        // Nobody counts it: the order was cancelled, or never came to know of it.
                        let again = self.inside(wait.part("given-up"), None);
                        self.give_up_wait(handle, id, &wait, &again).await?;
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
        if changed {
            self.drive(id).await?;
        }
        Ok(())
    }

    /// Tries orders again that have no place, where their goods have come or their cards are known now.
    async fn retry_parked(self: &Arc<Self>, after: &mut Option<OrderId>) {
        let parked = self.desks.view.parked(after.as_ref(), PARKED_MAX);
        // The next look goes on behind these, and begins anew at the end.
        *after = parked.last().filter(|_| parked.len() >= PARKED_MAX).map(|document| document.id().clone());
        let parked =
            parked.into_iter().filter(|document| document.order().is_some_and(|order| self.may_go_on(order)));
        let retried = stream::iter(parked).map(|document| async move {
            let Some(order) = document.order() else { return };
            let id = order.id.clone();
            let verb = if waits_for_card(order) {
                Verb::Resume { order: id.clone() }
            } else {
                Verb::Retry { order: id.clone() }
            };
            let command = CommandId::stored(&format!("{id}/retry/{}", order.updated_at.as_millis()));
            if self.ask_desk(self.inside(command, None), verb).await.is_ok()
                && let Err(fault) = self.drive(&id).await
            {
                tracing::warn!(order = %id, %fault, "an order can't be routed now; it is tried again");
            }
        });
        retried.buffer_unordered(AT_ONCE).for_each(|()| async {}).await;
    }

    /// Whether units that nobody ships may wait for goods: the channel must have room for them, or they would be refused
    /// again and again.
    fn may_wait(&self, order: &Order, left: &Left) -> bool {
        let LeftWhat::Backorder { .. } = left.what else { return false };
        let (Some(line), Ok(handle)) = (order.line(&left.line), self.channel(&order.channel)) else {
            return false;
        };
        let terms = handle.view.row(&line.sku).unwrap_or_default();
        order.told || left.quantity <= terms.room(handle.spec.backorder_room(), self.now())
    }

    /// Whether another routing would find something now.
    fn may_go_on(&self, order: &Order) -> bool {
        if waits_for_card(order) {
            return order.lines.iter().all(|line| !line.stock || self.knows(&line.sku));
        }
        if order.hold.is_some() && !waits_for_place(order) {
            return false;
        }
        let routing = self.route_rest(order, &super::figures::Held::new());
        routing.is_ok_and(|routing| {
            let left = routing.decision.left.iter();
            !routing.decision.parts.is_empty() || left.into_iter().any(|left| self.may_wait(order, left))
        })
    }
}

/// Whether an order counts a waiting claim, or is about to.
fn expects(document: &Document, wait: &CommandId) -> bool {
    document.order().is_some_and(|order| {
        order.waits.iter().any(|waits| waits.id == *wait)
            || order.fulfilments.iter().any(|part| part.claim == *wait && part.state.is_allocated())
            || !order.tasks.open.is_empty()
    })
}
