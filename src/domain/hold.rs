//! Soft holds with a deadline, and the allocations they become.

use std::sync::Arc;

use super::ids::{CartId, ChannelId, OrderId, ReservationId, Sku, WarehouseId};
use super::quantity::{Quantity, add};
use super::refusal::Refusal;
use super::time::Timestamp;

/// Units of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimLine {
    /// The SKU; at most one line per SKU.
    pub sku: Sku,
    /// Units, at least 1.
    pub quantity: i64,
}

/// What one warehouse gives to a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanPart {
    /// Which warehouse.
    pub warehouse: WarehouseId,
    /// Its lines.
    pub lines: Vec<ClaimLine>,
}

/// Every warehouse of a reservation, in ascending order of id; empty where the holding warehouse is the only one.
pub type Plan = Arc<Vec<PlanPart>>;

/// One state of a cart at one warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The reservation.
    pub reservation: ReservationId,
    /// Which attempt of its conversation.
    pub attempt: u32,
    /// What is claimed here.
    pub lines: Vec<ClaimLine>,
    /// What is claimed everywhere.
    pub plan: Plan,
    /// When it ends by itself.
    pub deadline: Timestamp,
}

impl Claim {
    /// Units of a SKU.
    #[must_use]
    pub fn quantity(&self, sku: &Sku) -> i64 {
        quantity_of(&self.lines, sku)
    }
}

/// Units of a SKU in some lines.
#[must_use]
pub fn quantity_of(lines: &[ClaimLine], sku: &Sku) -> i64 {
    lines.iter().find(|line| line.sku == *sku).map_or(0, |line| line.quantity)
}

/// The lines with one line per SKU, in the order of first mention.
///
/// # Errors
/// [`Refusal::OutOfRange`] where a line is not `1..=2^53` units, or a sum is more.
pub fn summed(lines: &[ClaimLine]) -> Result<Vec<ClaimLine>, Refusal> {
    let mut sums: Vec<ClaimLine> = Vec::with_capacity(lines.len());
    for line in lines {
        let quantity = Quantity::new(line.quantity).ok_or(Refusal::OutOfRange)?.units();
        match sums.iter_mut().find(|sum| sum.sku == line.sku) {
            Some(sum) => sum.quantity = add(sum.quantity, quantity)?,
            None => sums.push(line.clone()),
        }
    }
    Ok(sums)
}

/// Units drawn from a channel's fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// The SKU.
    pub sku: Sku,
    /// Units.
    pub quantity: i64,
    /// The version the fence had been set by.
    pub set_by: u64,
}

/// A reservation that the same cart replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Its id.
    pub reservation: ReservationId,
    /// What it had held here.
    pub lines: Vec<ClaimLine>,
}

/// How many replaced reservations a hold remembers; older ones are left to the memory of ids.
pub const REPLACED_MAX: usize = 16;

/// What one cart (or one reservation without a cart) holds at one warehouse.
///
/// `now` is what counts; `next` is an amendment that is not complete everywhere yet. Per SKU the larger of both is
/// held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Who holds.
    pub channel: ChannelId,
    /// For which cart.
    pub cart: Option<CartId>,
    /// Of which order; its desk alone may act on it.
    pub owner: Option<OrderId>,
    /// Since when; bounds every deadline.
    pub created: Timestamp,
    /// The newest reservation's own time, where its sender gave one.
    pub newest: Option<Timestamp>,
    /// What counts.
    pub now: Option<Claim>,
    /// What is to take its place.
    pub next: Option<Claim>,
    /// What was drawn from the channel's fences.
    pub draws: Vec<Draw>,
    /// What this hold has replaced, oldest first.
    pub replaced: Vec<Replaced>,
}

impl Hold {
    /// Units held of a SKU.
    #[must_use]
    pub fn held(&self, sku: &Sku) -> i64 {
        let of = |claim: &Option<Claim>| claim.as_ref().map_or(0, |claim| claim.quantity(sku));
        of(&self.now).max(of(&self.next))
    }

    /// Every SKU held, each once.
    #[must_use]
    pub fn skus(&self) -> Vec<Sku> {
        let mut skus: Vec<Sku> =
            self.claims().flat_map(|claim| claim.lines.iter()).map(|line| line.sku.clone()).collect();
        skus.sort_unstable();
        skus.dedup();
        skus
    }

    /// The claims, `now` first.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.now.iter().chain(self.next.iter())
    }

    /// When something of it ends next.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.claims().map(|claim| claim.deadline).min()
    }

    /// The key it is kept under.
    #[must_use]
    pub fn key(&self) -> Option<HoldKey> {
        let claim = self.claims().next()?;
        Some(HoldKey::new(&self.channel, self.cart.as_ref(), &claim.reservation))
    }
}

/// What a hold is kept under: one open reservation per channel and cart, or a reservation without a cart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HoldKey {
    /// A cart of a channel.
    Cart(ChannelId, CartId),
    /// A reservation without a cart.
    Alone(ReservationId),
}

impl HoldKey {
    /// The key for a reservation.
    #[must_use]
    pub fn new(channel: &ChannelId, cart: Option<&CartId>, reservation: &ReservationId) -> Self {
        match cart {
            Some(cart) => Self::Cart(channel.clone(), cart.clone()),
            None => Self::Alone(reservation.clone()),
        }
    }
}

/// Units promised to a customer, not yet shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// For whom.
    pub channel: ChannelId,
    /// From which cart.
    pub cart: Option<CartId>,
    /// Of which order; its desk alone may act on it.
    pub owner: Option<OrderId>,
    /// What is still to ship.
    pub lines: Vec<ClaimLine>,
    /// What was drawn from the channel's fences.
    pub draws: Vec<Draw>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// The attempt that made the hold it came from.
    pub attempt: u32,
    /// The plan of the hold it came from.
    pub plan: Plan,
}

impl Allocation {
    /// What it promises now as a claim that ends at `at`, for the memory of how it ended.
    #[must_use]
    pub fn as_claim(&self, reservation: &ReservationId, at: Timestamp) -> Claim {
        Claim {
            reservation: reservation.clone(),
            attempt: self.attempt,
            lines: self.lines.clone(),
            plan: self.plan.clone(),
            deadline: at,
        }
    }
}
