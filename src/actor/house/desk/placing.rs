//! Orders come in, and other commands about documents.

use std::sync::Arc;

use super::figures::Held;
use crate::actor::fault::Fault;
use crate::actor::house::{House, Mode, Sender};
use crate::domain::desk::command::PlaceOrder;
use crate::domain::desk::{Answer, Document, Verb};
use crate::domain::ids::ReservationId;
use crate::domain::order::Order;
use crate::domain::place::Point;
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Demand, Wanted};
use crate::domain::warehouse::PartState;

/// An order that was taken in, or was known.
#[derive(Debug, Clone)]
pub struct PlacedOrder {
    /// How it stands.
    pub order: Arc<Order>,
    /// Whether what was sent was older than what is known.
    pub superseded: bool,
}

/// How often an order is taken in anew that others, who sent it at the same time, were refused.
const PLACED_TRIES: u32 = 8;

impl House {
    /// Takes an order in, finds places for it and promises its stock. Answers once nothing is left to be told, with how
    /// the order stands then; a warehouse that is away is told later, and the order stands as it is.
    ///
    /// `order` brings what its sender said; what the channel is configured to is filled in here. `point` is where it
    /// goes on the map; it is computed with and not kept.
    ///
    /// # Errors
    /// The refusal with the numbers, or what stood in the way.
    pub async fn place_order(
        self: &Arc<Self>,
        sender: &Sender,
        mut order: PlaceOrder,
        point: Option<Point>,
    ) -> Result<PlacedOrder, Fault> {
        self.complete(&mut order)?;
        let id = order.id.clone();
        if order.fulfilled.is_none() && self.desks.view.get(&id).is_none() {
            let held = self.held_by(order.reservation.as_ref()).await?;
            order.routing = Some(Box::new(self.first_routing(&order, point, &held)?));
        }
        let envelope = self.envelope(sender);
        for _ in 0..PLACED_TRIES {
            let place = Verb::Place(Box::new(order.clone()));
            let answer = self.ask_desk(envelope.clone(), place.clone()).await?;
            let (document, superseded) = match answer {
                Answer::Document(document) => (document, false),
                Answer::Superseded(document) => (document, true),
                Answer::Refused(refusal) => return Err(self.demand_refused(&place, refusal).into()),
                Answer::Unknown | Answer::LookAgain | Answer::Done => return Err(Fault::OutcomeUnknown),
            };
            // The order is written: whoever is away now does not undo it, so nobody may say that nothing was done.
            let driven =
                if document.task().is_some() { self.drive_on(&id).await } else { Ok(Some(document)) };
            if let Some(Document::Order(order)) = driven.map_err(Fault::after_a_part)?
                && !order.withdrawn
            {
                return Ok(PlacedOrder { order, superseded });
            }
            // It was refused while its stock was claimed. The desk remembers why under the id it was taken in with; under
            // another id of the same order it is taken in anew, and has to be carried out like the first time.
            order.routing = None;
        }
        Err(Fault::OutcomeUnknown)
    }

    /// Any other command about a document: sends it, carries out what the document then has to tell, answers how it
    /// stands.
    ///
    /// # Errors
    /// The refusal, or what stood in the way.
    pub async fn desk(self: &Arc<Self>, sender: &Sender, verb: Verb) -> Result<Document, Fault> {
        let unknown = || Fault::from(Refusal::UnknownDocument { kind: "document" });
        let id = verb.document().cloned().ok_or_else(unknown)?;
        let document = match self.ask_desk(self.envelope(sender), verb).await? {
            Answer::Document(document) | Answer::Superseded(document) => document,
            Answer::Refused(refusal) => return Err(refusal.into()),
            Answer::Unknown | Answer::LookAgain | Answer::Done => return Err(unknown()),
        };
        if document.task().is_none() {
            return Ok(document);
        }
        // What could not be told yet is told later; the command itself is done.
        let document = match self.drive_on(&id).await {
            Ok(Some(document)) => document,
            Ok(None) | Err(_) => document,
        };
        self.drive_along(&document).await;
        Ok(document)
    }

    /// Carries on the orders that a transfer has told of their units: what they have to tell now is about the same goods.
    /// Whoever is away is told later.
    async fn drive_along(self: &Arc<Self>, document: &Document) {
        let Document::Transfer(transfer) = document else { return };
        let mut orders: Vec<_> = transfer.along.iter().map(|along| along.order.clone()).collect();
        orders.sort_unstable();
        orders.dedup();
        for order in orders {
            let open = self.desks.view.get(&order).is_some_and(|order| order.task().is_some());
            if open && let Err(fault) = self.drive_on(&order).await {
                tracing::warn!(%order, %fault, "an order can't go on now; it is tried again");
            }
        }
    }

    /// Fills in what the channel is configured to.
    fn complete(&self, order: &mut PlaceOrder) -> Result<(), Refusal> {
        let channel = self.channel(&order.channel)?;
        let spec = &channel.spec;
        let now = self.now();
        order.told = spec.mode == Mode::Tells;
        order.payment_required = spec.payment_required;
        order.terms.attempts_max = self.desks.rules.routing.attempts_max;
        order.terms.ship_complete |= spec.ship_complete;
        if order.payment_required && order.terms.pay_until.is_none() {
            order.terms.pay_until = Some(now.plus(self.desks.rules.pay_within_ms));
        }
        if let Some(day) = order.terms.release_day {
            let drawn = spec.warehouses.iter().filter_map(|id| self.warehouses.get(id));
            let begins = drawn.map(|handle| handle.spec.days.begins(day)).min();
            order.terms.release_at = begins.filter(|begins| *begins > now);
        }
        if let Some(gone) = &mut order.fulfilled {
            let handle = self.warehouse(&gone.warehouse)?;
            gone.day = handle.spec.days.day(gone.at);
        }
        let goods = order.lines.iter().filter(|line| line.stock && order.fulfilled.is_none());
        order.unknown = goods.filter(|line| !self.knows(&line.sku)).map(|line| line.sku.clone()).collect();
        Ok(())
    }

    fn first_routing(
        &self,
        order: &PlaceOrder,
        point: Option<Point>,
        held: &Held,
    ) -> Result<crate::domain::desk::command::Routing, Refusal> {
        if held.is_empty() {
            return self.preview(order, point);
        }
        let channel = self.channel(&order.channel)?.clone();
        let lines = order.lines.iter().filter(|line| line.stock).map(|line| Wanted {
            line: line.id.clone(),
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_value: line.unit_value,
        });
        let demand = Demand {
            told: order.told,
            method: order.method.clone(),
            country: order.destination.country,
            postal: order.destination.postal,
            point,
            ship_complete: order.terms.ship_complete,
            release_day: order.terms.release_day,
            ..Demand::new(order.channel.clone(), lines.collect())
        };
        Ok(self.routed(&channel, demand, order.terms.backorder, held))
    }

    /// What a reservation holds, by warehouse; nothing where it has ended.
    pub(super) async fn held_by(&self, reservation: Option<&ReservationId>) -> Result<Held, Fault> {
        let Some(id) = reservation else { return Ok(Held::new()) };
        let known = self.ask_all(self.warehouses.values(), Some(id), None, None).await?;
        let open = known.into_iter().filter_map(|known| {
            let part = known.found.part?;
            let holds = matches!(part.state, PartState::Reserved | PartState::Allocated);
            holds.then(|| (known.handle.spec.id.clone(), part.lines))
        });
        Ok(open.collect())
    }

    /// Counts demand that was refused for want of stock.
    fn demand_refused(&self, place: &Verb, refusal: Refusal) -> Refusal {
        if let (Verb::Place(place), Refusal::InsufficientStock(short)) = (place, &refusal) {
            self.demand.note(&place.channel, short, self.now());
        }
        refusal
    }
}
