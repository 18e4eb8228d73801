//! Reserving: one warehouse decides at once; over several it is a conversation that plans, claims in ascending order of
//! warehouse id, and gives back and plans again where one refuses.

use std::sync::Arc;

use ahash::AHashMap;

use super::conversation::{Known, Reservation, Standing, part_of};
use super::{ChannelHandle, House, Mode, Sender, WarehouseHandle};
use crate::actor::fault::Fault;
use crate::domain::hold::{Claim, ClaimLine, HoldKey, Plan, PlanPart, quantity_of};
use crate::domain::ids::{CartId, ChannelId, ReservationId, WarehouseId};
use crate::domain::machine::Envelope;
use crate::domain::plan::{Quote, plan};
use crate::domain::quantity::add;
use crate::domain::refusal::{Refusal, Shortfall};
use crate::domain::warehouse::{ClaimStock, Command, PartState};

/// What is to be reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserve {
    /// For which channel.
    pub channel: ChannelId,
    /// For which cart; the cart's open reservation is amended.
    pub cart: Option<CartId>,
    /// What; the same SKU on two lines counts as a sum.
    pub lines: Vec<ClaimLine>,
    /// For how long, in milliseconds.
    pub ttl_ms: i64,
    /// Whether to take what is free instead of refusing.
    pub partial: bool,
}

/// Figures that warehouses refused with, which are newer than what their views show.
type Told = AHashMap<WarehouseId, Vec<Shortfall>>;

impl House {
    /// Reserves, all or nothing unless `partial`.
    ///
    /// # Errors
    /// The refusal with the numbers, or what stood in the way.
    pub async fn reserve(&self, sender: &Sender, request: Reserve) -> Result<Reservation, Fault> {
        let request = Reserve { lines: summed(&request.lines)?, ..request };
        let channel = self.channel(&request.channel)?.clone();
        let envelope = self.envelope(sender);
        let places: Vec<_> = self.drawn_on(&channel).cloned().collect();
        let result = match places.as_slice() {
            [only] if self.taking(&channel).next().is_some() => {
                let claim = claim(&channel, &request, 1, request.lines.clone(), Plan::default());
                let answer = only.mailbox.ask(envelope, claim).await;
                answer.and_then(|answer| self.reservation_of(&sender.id, &only.spec.id, answer))
            }
            several => self.converse(&channel, &envelope, &request, several).await,
        };
        if let Err(Fault::Refused(Refusal::InsufficientStock(short))) = &result {
            self.demand.note(&request.channel, short, self.now());
        }
        result
    }

    async fn converse(
        &self,
        channel: &ChannelHandle,
        envelope: &Envelope,
        request: &Reserve,
        places: &[Arc<WarehouseHandle>],
    ) -> Result<Reservation, Fault> {
        let id = &envelope.id;
        let _turn = self.locks.turn(HoldKey::new(&request.channel, request.cart.as_ref(), id)).await;
        let cart = request.cart.clone().map(|cart| (request.channel.clone(), cart));
        let known = self.ask_all(places.iter(), Some(id), cart.clone(), None).await?;
        let other =
            |known: &Known| known.found.fingerprint.is_some_and(|known| known != envelope.fingerprint);
        if known.iter().any(other) {
            return Err(Refusal::IdempotencyConflict.into());
        }
        match self.standing(id, &known) {
            Standing::Whole(reservation) => {
                self.settle_if_pending(envelope, id, &known).await.map_err(Fault::after_a_part)?;
                self.settle_left_behind(envelope, &known).await.map_err(Fault::after_a_part)?;
                return Ok(reservation);
            }
            Standing::Partly(_) => {
                if let Some(reservation) = self.resume(channel, envelope, request, &known).await? {
                    return Ok(reservation);
                }
            }
            Standing::Unknown => {}
        }
        self.tidy_cart(envelope, &known).await?;
        let known = self.ask_all(places.iter(), Some(id), cart, None).await?;
        self.claim_anew(channel, envelope, request, &known).await
    }

    /// Goes on with a plan that was interrupted; `None` where it can't be completed and was given back.
    async fn resume(
        &self,
        channel: &ChannelHandle,
        envelope: &Envelope,
        request: &Reserve,
        known: &[Known],
    ) -> Result<Option<Reservation>, Fault> {
        let id = &envelope.id;
        let open = known.iter().filter_map(|known| part_of(known, id));
        let open =
            open.filter(|part| !matches!(part.state, PartState::Ended(_))).max_by_key(|part| part.attempt);
        let Some(part) = open else { return Ok(None) };
        match self.claim_plan(channel, envelope, request, (part.attempt, &part.plan)).await {
            Ok(()) => self.finish(envelope, request, known, (part.attempt, &part.plan)).await.map(Some),
            Err((_, Fault::Refused(_))) => {
                self.give_back(envelope, part.attempt, known.iter().map(|known| &known.handle)).await?;
                Ok(None)
            }
            // A part is held since an earlier try.
            Err((_, fault)) => Err(fault.after_a_part()),
        }
    }

    /// Plans and claims, again without the refused units as long as another plan can be made.
    async fn claim_anew(
        &self,
        channel: &ChannelHandle,
        envelope: &Envelope,
        request: &Reserve,
        known: &[Known],
    ) -> Result<Reservation, Fault> {
        let id = &envelope.id;
        let before = known
            .iter()
            .filter_map(|known| part_of(known, id).map(|part| part.attempt).max(known.found.ruled_out));
        let before = before.max();
        let first = before.unwrap_or(0).saturating_add(1);
        let mut told = Told::new();
        let rounds = u32::try_from(known.len()).unwrap_or(u32::MAX).saturating_add(1);
        let mut short = Vec::new();
        for attempt in first..first.saturating_add(rounds) {
            let quotes = self.quotes(channel, request, known, &told);
            let parts = plan(&request.lines, &quotes, request.partial).map_err(Refusal::InsufficientStock)?;
            let shared = if parts.len() == 1 { Plan::default() } else { parts.clone() };
            let claims = PlanClaims { parts: &parts, shared };
            match self.claim_parts(channel, envelope, request, attempt, &claims).await {
                Ok(()) => return self.finish(envelope, request, known, (attempt, &parts)).await,
                Err((at, Fault::Refused(Refusal::InsufficientStock(lines)))) => {
                    self.give_back_before(&at, envelope, attempt, &parts).await?;
                    short.clone_from(&lines);
                    told.insert(at, lines);
                }
                Err((_, Fault::OutcomeUnknown)) => return Err(Fault::OutcomeUnknown),
                Err((at, fault)) => {
                    self.give_back_before(&at, envelope, attempt, &parts).await?;
                    return Err(fault);
                }
            }
        }
        Err(Refusal::InsufficientStock(short).into())
    }

    /// What each open warehouse could give: what its view shows free and what the cart holds there already, corrected
    /// by what it has just refused with.
    fn quotes(&self, channel: &ChannelHandle, request: &Reserve, known: &[Known], told: &Told) -> Vec<Quote> {
        let now = self.now();
        let is_told = channel.spec.mode == Mode::Tells;
        self.taking(channel)
            .map(|handle| {
                let hold = known.iter().find(|known| known.handle.spec.id == handle.spec.id);
                let hold = hold.and_then(|known| known.found.cart.as_ref());
                let refused = told.get(&handle.spec.id);
                let free = request.lines.iter().map(|line| {
                    if let Some(short) =
                        refused.and_then(|short| short.iter().find(|short| short.sku == line.sku))
                    {
                        return short.free;
                    }
                    let free = handle
                        .view
                        .with(&line.sku, |row| row.map_or(0, |row| row.free(&request.channel, is_told, now)));
                    free.saturating_add(hold.map_or(0, |hold| hold.held(&line.sku)))
                });
                Quote { warehouse: handle.spec.id.clone(), free: free.collect() }
            })
            .collect()
    }

    async fn claim_plan(
        &self,
        channel: &ChannelHandle,
        envelope: &Envelope,
        request: &Reserve,
        (attempt, parts): (u32, &Plan),
    ) -> Result<(), (WarehouseId, Fault)> {
        let claims = PlanClaims { parts, shared: parts.clone() };
        self.claim_parts(channel, envelope, request, attempt, &claims).await
    }

    /// Claims each part of a plan, in ascending order of warehouse id.
    async fn claim_parts(
        &self,
        channel: &ChannelHandle,
        envelope: &Envelope,
        request: &Reserve,
        attempt: u32,
        claims: &PlanClaims<'_>,
    ) -> Result<(), (WarehouseId, Fault)> {
        for part in claims.parts.iter() {
            let at = &part.warehouse;
            let handle = self.warehouse(at).map_err(|refusal| (at.clone(), refusal.into()))?;
            let claim = claim(channel, request, attempt, part.lines.clone(), claims.shared.clone());
            handle.mailbox.ask(envelope.clone(), claim).await.map_err(|fault| (at.clone(), fault))?;
        }
        Ok(())
    }

    /// Gives back what an attempt claimed before the warehouse that said no. That one and those after it hold nothing:
    /// nothing is written there, so that a refusal leaves no trace.
    async fn give_back_before(
        &self,
        refuser: &WarehouseId,
        envelope: &Envelope,
        attempt: u32,
        parts: &[PlanPart],
    ) -> Result<(), Fault> {
        let claimed = parts.iter().take_while(|part| part.warehouse != *refuser);
        let places = claimed.filter_map(|part| self.warehouses.get(&part.warehouse));
        self.give_back(envelope, attempt, places).await
    }

    /// What follows once every part is claimed. From here on no fault may say that nothing was done.
    async fn finish(
        &self,
        envelope: &Envelope,
        request: &Reserve,
        known: &[Known],
        claimed: (u32, &[PlanPart]),
    ) -> Result<Reservation, Fault> {
        self.finish_amendment(envelope, request, known, claimed).await.map_err(Fault::after_a_part)?;
        self.reservation(&envelope.id).await.map_err(Fault::after_a_part)
    }

    /// Gives an attempt back everywhere; a claim of it that arrives later is refused. Where that fails, something may
    /// still be held: the outcome is unknown.
    async fn give_back<'a>(
        &self,
        envelope: &Envelope,
        attempt: u32,
        places: impl Iterator<Item = &'a Arc<WarehouseHandle>>,
    ) -> Result<(), Fault> {
        for handle in places {
            let release =
                Command::Release { reservation: envelope.id.clone(), attempt: Some(attempt), owner: None };
            match handle.mailbox.ask(envelope.clone(), release).await {
                Ok(_) | Err(Fault::Refused(_)) => {}
                Err(fault) => return Err(fault.after_a_part()),
            }
        }
        Ok(())
    }

    /// Makes a complete amendment count: warehouses only in the old plan give back.
    async fn finish_amendment(
        &self,
        envelope: &Envelope,
        request: &Reserve,
        known: &[Known],
        (attempt, parts): (u32, &[PlanPart]),
    ) -> Result<(), Fault> {
        let Some(cart) = &request.cart else { return Ok(()) };
        if known.iter().all(|known| known.found.cart.is_none()) {
            return Ok(());
        }
        let planned = parts.iter().map(|part| &part.warehouse);
        let held = known.iter().filter(|known| known.found.cart.is_some()).map(|known| &known.handle.spec.id);
        let mut places: Vec<_> = planned.chain(held).collect();
        places.sort_unstable();
        places.dedup();
        for place in places {
            self.settle_at(envelope, place, (&envelope.id, attempt), (&request.channel, cart)).await?;
        }
        Ok(())
    }

    /// Settles a reservation that is whole and waits as an amendment anywhere.
    pub(super) async fn settle_if_pending(
        &self,
        envelope: &Envelope,
        id: &ReservationId,
        known: &[Known],
    ) -> Result<(), Fault> {
        let pending = known.iter().filter_map(|known| part_of(known, id));
        let Some(part) = pending.into_iter().find(|part| part.state == PartState::Pending) else {
            return Ok(());
        };
        let (Some(channel), Some(cart)) = (&part.channel, &part.cart) else { return Ok(()) };
        for known in known.iter().filter(|known| known.found.cart.is_some() || part_of(known, id).is_some()) {
            self.settle_at(envelope, &known.handle.spec.id, (id, part.attempt), (channel, cart)).await?;
        }
        Ok(())
    }

    /// An amendment by one warehouse alone counts there at once. Where it was interrupted then, other warehouses still
    /// hold for the cart what was asked for before it; they give it back.
    async fn settle_left_behind(&self, envelope: &Envelope, known: &[Known]) -> Result<(), Fault> {
        let id = &envelope.id;
        let open = known.iter().find_map(|known| {
            let part = part_of(known, id).filter(|part| !matches!(part.state, PartState::Ended(_)))?;
            Some((part, known.found.since?))
        });
        let Some((part, since)) = open else { return Ok(()) };
        let (Some(channel), Some(cart)) = (&part.channel, &part.cart) else { return Ok(()) };
        let elsewhere = known.iter().filter(|known| part_of(known, id).is_none());
        for known in elsewhere.filter(|known| known.found.cart_since.is_some_and(|other| other < since)) {
            self.settle_at(envelope, &known.handle.spec.id, (id, part.attempt), (channel, cart)).await?;
        }
        Ok(())
    }

    /// Settles at one warehouse, on behalf of a command.
    async fn settle_at(
        &self,
        envelope: &Envelope,
        place: &WarehouseId,
        (id, attempt): (&ReservationId, u32),
        (channel, cart): (&ChannelId, &CartId),
    ) -> Result<(), Fault> {
        let settle = Command::Settle {
            reservation: id.clone(),
            attempt,
            channel: channel.clone(),
            cart: cart.clone(),
        };
        let settling = self.inside(id.clone(), envelope.trace);
        self.warehouse(place)?.mailbox.ask(settling, settle).await.map(|_| ())
    }

    /// Before a cart is changed: an amendment of it that was left behind is settled where it is whole, else dropped.
    async fn tidy_cart(&self, envelope: &Envelope, known: &[Known]) -> Result<(), Fault> {
        let id = &envelope.id;
        let left = known.iter().find_map(|known| {
            let hold = known.found.cart.as_ref()?;
            let next = hold.next.as_ref().filter(|next| next.reservation != *id)?;
            Some((hold.channel.clone(), hold.cart.clone()?, next.clone()))
        });
        let Some((channel, cart, next)) = left else { return Ok(()) };
        let has = |place: &WarehouseId| {
            let hold = known.iter().find(|known| known.handle.spec.id == *place);
            let hold = hold.and_then(|known| known.found.cart.as_ref());
            hold.is_some_and(|hold| hold.claims().any(|claim| same(claim, &next)))
        };
        let whole = next.plan.iter().all(|part| has(&part.warehouse));
        for known in known.iter().filter(|known| known.found.cart.is_some()) {
            if whole {
                let claim = (&next.reservation, next.attempt);
                self.settle_at(envelope, &known.handle.spec.id, claim, (&channel, &cart)).await?;
            } else {
                let dropping = self.inside(next.reservation.clone(), envelope.trace);
                self.give_back(&dropping, next.attempt, std::iter::once(&known.handle)).await?;
            }
        }
        Ok(())
    }
}

struct PlanClaims<'a> {
    parts: &'a [PlanPart],
    shared: Plan,
}

fn same(claim: &Claim, other: &Claim) -> bool {
    claim.reservation == other.reservation && claim.attempt == other.attempt
}

fn claim(
    channel: &ChannelHandle,
    request: &Reserve,
    attempt: u32,
    lines: Vec<ClaimLine>,
    plan: Plan,
) -> Command {
    Command::Claim(ClaimStock {
        attempt,
        channel: request.channel.clone(),
        cart: request.cart.clone(),
        lines,
        partial: request.partial && plan.is_empty(),
        plan,
        ttl_ms: request.ttl_ms,
        told: channel.spec.mode == Mode::Tells,
        owner: None,
        from: None,
        allocate: false,
    })
}

/// One line per SKU, in order of first mention.
fn summed(lines: &[ClaimLine]) -> Result<Vec<ClaimLine>, Refusal> {
    let mut sums: Vec<ClaimLine> = Vec::with_capacity(lines.len());
    for line in lines {
        if quantity_of(&sums, &line.sku) == 0 {
            sums.push(line.clone());
        } else if let Some(sum) = sums.iter_mut().find(|sum| sum.sku == line.sku) {
            sum.quantity = add(sum.quantity, line.quantity)?;
        }
    }
    Ok(sums)
}
