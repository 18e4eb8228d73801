//! Asking every warehouse about one reservation, and acting on all of its parts.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{House, Sender, WarehouseHandle};
use crate::actor::fault::Fault;
use crate::domain::hold::{ClaimLine, HoldKey, PlanPart, summed};
use crate::domain::ids::{CartId, ChannelId, CommandId, OrderId, Reference, ReservationId, Sku, WarehouseId};
use crate::domain::machine::Envelope;
use crate::domain::memory::End;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{Answer, Command, Found, PartState, ReservationPart};

/// How a reservation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReservationState {
    /// Held at every warehouse of its plan.
    Reserved,
    /// Promised.
    Allocated,
    /// Ended.
    Ended(End),
}

/// Units of a SKU at a warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedLine {
    /// The SKU.
    pub sku: Sku,
    /// Units.
    pub quantity: i64,
    /// Where.
    pub warehouse: WarehouseId,
}

/// A reservation over all its warehouses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Its id.
    pub id: ReservationId,
    /// Whose, where still known.
    pub channel: Option<ChannelId>,
    /// For which cart.
    pub cart: Option<CartId>,
    /// How it stands.
    pub state: ReservationState,
    /// What it holds; of an ended one, what it had held.
    pub lines: Vec<PlacedLine>,
    /// When it ends by itself, on the wall clock.
    pub expires_at: Option<Timestamp>,
}

/// What one warehouse knows.
pub(super) struct Known {
    pub(super) handle: Arc<WarehouseHandle>,
    pub(super) found: Found,
}

/// What all warehouses together say of a reservation.
pub(super) enum Standing {
    /// Nothing, or only attempts that were given up.
    Unknown,
    /// All of its plan is there.
    Whole(Reservation),
    /// A part of its plan is missing.
    Partly(Vec<PlanPart>),
}

/// What to do with each part.
#[derive(Debug, Clone)]
enum Act {
    Extend(i64),
    Allocate,
    Release,
    Ship(Option<Vec<ClaimLine>>, Option<Timestamp>, Option<Reference>),
}

impl House {
    /// How a reservation stands.
    ///
    /// # Errors
    /// [`Refusal::UnknownReservation`], or what stood in the way.
    pub async fn reservation(&self, id: &ReservationId) -> Result<Reservation, Fault> {
        let known = self.ask_all(self.warehouses.values(), Some(id), None, None).await?;
        match self.standing(id, &known) {
            Standing::Whole(reservation) => Ok(reservation),
            Standing::Partly(still_held) => Err(Fault::HeldInPart { still_held }),
            Standing::Unknown => Err(Refusal::UnknownReservation(id.clone()).into()),
        }
    }

    /// Moves a hold's deadline to `ttl_ms` from now, at all its warehouses; never back, and never beyond the longest
    /// hold.
    ///
    /// # Errors
    /// The refusal, or what stood in the way.
    pub async fn extend(
        &self,
        sender: &Sender,
        id: &ReservationId,
        ttl_ms: i64,
    ) -> Result<Reservation, Fault> {
        self.act(sender, id, Act::Extend(ttl_ms)).await
    }

    /// Turns a hold into a promise.
    ///
    /// # Errors
    /// The refusal, or what stood in the way.
    pub async fn allocate(&self, sender: &Sender, id: &ReservationId) -> Result<Reservation, Fault> {
        self.act(sender, id, Act::Allocate).await
    }

    /// Gives a hold or a promise back. One that has ended already is answered with its end.
    ///
    /// # Errors
    /// [`Refusal::UnknownReservation`], or what stood in the way.
    pub async fn release(&self, sender: &Sender, id: &ReservationId) -> Result<Reservation, Fault> {
        self.act(sender, id, Act::Release).await
    }

    /// Records that goods of a reservation have left: all of them, or these.
    ///
    /// # Errors
    /// The refusal, or what stood in the way.
    pub async fn ship(
        &self,
        sender: &Sender,
        id: &ReservationId,
        lines: Option<Vec<ClaimLine>>,
        occurred_at: Option<Timestamp>,
        reference: Option<Reference>,
    ) -> Result<Reservation, Fault> {
        let lines = lines.map(|lines| summed(&lines)).transpose()?;
        self.act(sender, id, Act::Ship(lines, occurred_at, reference)).await
    }

    async fn act(&self, sender: &Sender, id: &ReservationId, mut act: Act) -> Result<Reservation, Fault> {
        let envelope = self.envelope(sender);
        if let [handle] = self.warehouses.values().collect::<Vec<_>>().as_slice() {
            let answer = handle.mailbox.ask(envelope, command(&act, id, None)).await?;
            return self.reservation_of(id, &handle.spec.id, answer);
        }
        let known = self.ask_all(self.warehouses.values(), Some(id), None, Some(&sender.id)).await?;
        let cart = known.iter().find_map(|known| {
            let part = known.found.part.as_ref()?;
            Some((part.channel.clone()?, part.cart.clone()?))
        });
        let key = cart
            .clone()
            .map_or_else(|| HoldKey::Alone(id.clone()), |(channel, cart)| HoldKey::Cart(channel, cart));
        let _turn = self.locks.turn(key).await;
        let mut known = self.ask_all(self.warehouses.values(), Some(id), cart, Some(&sender.id)).await?;
        let seen = known.iter().any(|known| known.found.seen);
        if let Some(order) = known.iter().find_map(|known| ordered(known, id)) {
            return Err(Refusal::OwnedByOrder { order: order.clone() }.into());
        }
        match self.standing(id, &known) {
            Standing::Unknown => return Err(Refusal::UnknownReservation(id.clone()).into()),
            Standing::Partly(_) if seen || matches!(act, Act::Release) => {}
            Standing::Partly(still_held) => return Err(Fault::HeldInPart { still_held }),
            Standing::Whole(reservation) => {
                let over =
                    matches!(reservation.state, ReservationState::Ended(_)) && matches!(act, Act::Release);
                if over || (seen && self.is_shipped(sender, &mut act, &mut known).await?) {
                    return Ok(reservation);
                }
            }
        }
        self.settle_if_pending(&envelope, id, &known).await?;
        known.retain(|known| part_of(known, id).is_some());
        if !matches!(act, Act::Release) {
            keep_what_counts(&mut known, id);
        }
        self.act_on(&envelope, id, &act, &known).await?;
        self.reservation(id).await.map_err(Fault::after_a_part)
    }

    /// Whether a shipment of certain lines that is asked again is done. Where it was cut between two warehouses, `act`
    /// becomes what is left of it, and `known` the warehouses that have not seen it.
    async fn is_shipped(
        &self,
        sender: &Sender,
        act: &mut Act,
        known: &mut Vec<Known>,
    ) -> Result<bool, Fault> {
        let Act::Ship(Some(lines), ..) = act else { return Ok(false) };
        if known.iter().all(|known| known.found.seen || known.found.part.is_none()) {
            return Ok(true);
        }
        match self.unshipped(&sender.id, lines, known).await? {
            Some(left) if !left.is_empty() => {
                *lines = left;
                known.retain(|known| !known.found.seen);
                Ok(false)
            }
            Some(_) | None => Ok(true),
        }
    }

    async fn act_on(
        &self,
        envelope: &Envelope,
        id: &ReservationId,
        act: &Act,
        known: &[Known],
    ) -> Result<(), Fault> {
        let mut open = match act {
            Act::Ship(Some(lines), ..) => Some(lines.clone()),
            Act::Ship(None, ..) | Act::Extend(_) | Act::Allocate | Act::Release => None,
        };
        let mut orders = Vec::new();
        for known in known {
            let Some(part) = part_of(known, id) else { continue };
            let share = open.as_mut().map(|open| take_share(open, part));
            if share.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            orders.push((&known.handle, command(act, id, share)));
        }
        if let Some(line) = open.iter().flatten().find(|line| line.quantity > 0) {
            let asked = line.quantity;
            return Err(Refusal::NotHeld { sku: line.sku.clone(), asked, held: 0 }.into());
        }
        for (at, (handle, command)) in orders.into_iter().enumerate() {
            match handle.mailbox.ask(envelope.clone(), command).await {
                Ok(_) => {}
                // The first part decides for all; a later refusal leaves a part, which is told.
                Err(Fault::Refused(refusal)) if at == 0 => return Err(refusal.into()),
                Err(Fault::Refused(refusal)) => {
                    tracing::warn!(reservation = %id, warehouse = %handle.spec.id, %refusal, "a part of the reservation had ended");
                }
                Err(other) if at == 0 => return Err(other),
                Err(other) => return Err(other.after_a_part()),
            }
        }
        Ok(())
    }

    /// Asks warehouses what they know of a reservation and a cart.
    pub(super) async fn ask_all<'a>(
        &self,
        places: impl Iterator<Item = &'a Arc<WarehouseHandle>>,
        id: Option<&ReservationId>,
        cart: Option<(ChannelId, CartId)>,
        command: Option<&CommandId>,
    ) -> Result<Vec<Known>, Fault> {
        let asked = places.map(|handle| {
            let find =
                Command::Find { reservation: id.cloned(), cart: cart.clone(), command: command.cloned() };
            let id = id.cloned().unwrap_or_else(|| CommandId::stored("find"));
            let envelope = self.inside(id, None);
            let handle = handle.clone();
            async move {
                match handle.mailbox.ask(envelope, find).await? {
                    Answer::Found(found) => Ok(Known { handle, found: *found }),
                    Answer::Reservation(_)
                    | Answer::Moved { .. }
                    | Answer::GaveBack(_)
                    | Answer::Waiting(_)
                    | Answer::WaitingRows(_)
                    | Answer::Done => Err(Fault::OutcomeUnknown),
                }
            }
        });
        join_all(asked).await.into_iter().collect()
    }

    /// What all warehouses together say of a reservation: its newest attempt counts.
    pub(super) fn standing(&self, id: &ReservationId, known: &[Known]) -> Standing {
        let all: Vec<_> = known.iter().filter_map(|known| Some((known, part_of(known, id)?))).collect();
        let counts = |part: &ReservationPart| !matches!(part.state, PartState::Ended(End::Abandoned));
        let Some(newest) = all.iter().filter(|(_, part)| counts(part)).map(|(_, part)| part.attempt).max()
        else {
            return Standing::Unknown;
        };
        let parts: Vec<_> =
            all.into_iter().filter(|(_, part)| counts(part) && part.attempt == newest).collect();
        let open: Vec<_> =
            parts.iter().filter(|(_, part)| !matches!(part.state, PartState::Ended(_))).collect();
        let missing = open.iter().flat_map(|(_, part)| part.plan.iter()).any(|planned| {
            !parts.iter().any(|(known, part)| {
                known.handle.spec.id == planned.warehouse
                    && !matches!(part.state, PartState::Ended(End::Released | End::Expired | End::Amended(_)))
            })
        });
        if missing {
            let held = open.iter().map(|(known, part)| PlanPart {
                warehouse: known.handle.spec.id.clone(),
                lines: part.lines.clone(),
            });
            return Standing::Partly(held.collect());
        }
        // An open part tells more than one that has left already.
        let telling = open.first().copied().or(parts.first());
        let state = match telling.map(|(_, part)| &part.state) {
            Some(PartState::Ended(end)) => ReservationState::Ended(end.clone()),
            Some(PartState::Allocated) => ReservationState::Allocated,
            Some(PartState::Reserved | PartState::Pending) => ReservationState::Reserved,
            None => return Standing::Unknown,
        };
        let shown: Vec<_> = if open.is_empty() { parts.iter().collect() } else { open };
        let views = shown.iter().map(|(known, part)| (&known.handle.spec.id, *part));
        Standing::Whole(self.gathered(id, state, views))
    }

    /// One answer for the client out of a single warehouse's answer.
    pub(super) fn reservation_of(
        &self,
        id: &ReservationId,
        warehouse: &WarehouseId,
        answer: Answer,
    ) -> Result<Reservation, Fault> {
        let Answer::Reservation(part) = answer else {
            return Err(Refusal::UnknownReservation(id.clone()).into());
        };
        let state = match &part.state {
            PartState::Ended(end) => ReservationState::Ended(end.clone()),
            PartState::Allocated => ReservationState::Allocated,
            PartState::Reserved | PartState::Pending => ReservationState::Reserved,
        };
        Ok(self.gathered(id, state, std::iter::once((warehouse, &part))))
    }

    fn gathered<'a>(
        &self,
        id: &ReservationId,
        state: ReservationState,
        parts: impl Iterator<Item = (&'a WarehouseId, &'a ReservationPart)>,
    ) -> Reservation {
        let mut reservation = Reservation {
            id: id.clone(),
            channel: None,
            cart: None,
            state,
            lines: Vec::new(),
            expires_at: None,
        };
        let now = self.now();
        for (warehouse, part) in parts {
            reservation.channel = reservation.channel.or_else(|| part.channel.clone());
            reservation.cart = reservation.cart.or_else(|| part.cart.clone());
            if part.deadline.is_some() {
                let ends = now.plus(part.remaining_ms);
                reservation.expires_at = Some(reservation.expires_at.map_or(ends, |known| known.min(ends)));
            }
            reservation.lines.extend(part.lines.iter().map(|line| PlacedLine {
                sku: line.sku.clone(),
                quantity: line.quantity,
                warehouse: warehouse.clone(),
            }));
        }
        reservation
    }
}

/// The warehouse's part of a reservation.
pub(super) fn part_of<'a>(known: &'a Known, id: &ReservationId) -> Option<&'a ReservationPart> {
    known.found.part.as_ref().filter(|part| part.reservation == *id)
}

/// The order that took a reservation's part over, or that it is of.
fn ordered<'a>(known: &'a Known, id: &ReservationId) -> Option<&'a OrderId> {
    part_of(known, id).and_then(|part| part.owner.as_ref())
}

fn is_open(part: &ReservationPart) -> bool {
    !matches!(part.state, PartState::Ended(_))
}

/// Leaves the parts that are open. What was given up, or has left already, has no say beside them. Where nothing is open
/// any more, those that saw the command answer as they did first, else the ended parts say why.
fn keep_what_counts(known: &mut Vec<Known>, id: &ReservationId) {
    let open = |known: &Known| part_of(known, id).is_some_and(is_open);
    let given_up = |known: &Known| {
        part_of(known, id).is_some_and(|part| matches!(part.state, PartState::Ended(End::Abandoned)))
    };
    let seen = |known: &Known| known.found.seen;
    if known.iter().any(open) {
        known.retain(open);
    } else if known.iter().any(seen) {
        known.retain(seen);
    } else if !known.iter().all(given_up) {
        known.retain(|known| !given_up(known));
    }
}

fn command(act: &Act, id: &ReservationId, share: Option<Vec<ClaimLine>>) -> Command {
    let reservation = id.clone();
    match act {
        Act::Extend(ttl_ms) => Command::Extend { reservation, ttl_ms: *ttl_ms, owner: None },
        Act::Allocate => Command::Allocate { reservation, owner: None },
        Act::Release => Command::Release { reservation, attempt: None, owner: None },
        Act::Ship(lines, occurred_at, reference) => Command::Ship {
            reservation,
            lines: share.or_else(|| lines.clone()),
            occurred_at: *occurred_at,
            reference: reference.clone(),
            owner: None,
            as_transfer: None,
        },
    }
}

/// Takes what a part holds out of what is still to ship.
fn take_share(open: &mut [ClaimLine], part: &ReservationPart) -> Vec<ClaimLine> {
    let mut share = Vec::new();
    for line in open.iter_mut().filter(|line| line.quantity > 0) {
        let held = crate::domain::hold::quantity_of(&part.lines, &line.sku);
        let quantity = line.quantity.min(held);
        if quantity > 0 && !matches!(part.state, PartState::Ended(_)) {
            share.push(ClaimLine { sku: line.sku.clone(), quantity });
            line.quantity = line.quantity.saturating_sub(quantity);
        }
    }
    share
}
