//! What was acknowledged, from the senders' own records: the independent model the store is held against.

use std::collections::{BTreeMap, BTreeSet};

use lagerd::actor::Fault;
use lagerd::actor::house::conversation::{Reservation, ReservationState};
use lagerd::domain::hold::ClaimLine;
use lagerd::domain::ids::{ReservationId, Sku, WarehouseId};
use lagerd::domain::memory::End;
use lagerd::domain::warehouse::{ClaimStock, Command, Movement, MovementKind};

use crate::desk::Task;
use crate::script::{Order, What};

/// A definite answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Reservation(Box<Reservation>),
    Moved,
    Set,
    /// A desk's task was carried out.
    Desk,
    GaveBack(Vec<ClaimLine>),
    Refused(String),
}

#[derive(Default)]
pub(crate) struct Ledger {
    /// The first definite answer of each id.
    first: BTreeMap<String, Answer>,
    /// Units on hand as the acknowledged movements have it.
    on_hand: BTreeMap<(WarehouseId, Sku), i64>,
    /// Reservations acknowledged, with the lines told first.
    pub(crate) reserved: BTreeMap<ReservationId, Reservation>,
    /// Reservations that a sale may have made smaller.
    sold_from: BTreeSet<ReservationId>,
    pub(crate) granted: u32,
    pub(crate) refused: u32,
    /// Everything answered, in order, for the report of a failure.
    told: Vec<String>,
}

impl Ledger {
    /// Notes what is sent, before anything is answered: a sale out of a reservation makes it smaller, also for a resend
    /// that is on its way at the same time.
    pub(crate) fn expect(&mut self, orders: &[Order]) {
        for order in orders {
            if let What::Move(_, movement) = &order.what
                && let MovementKind::Sell { reservation: Some(sold), .. } = &movement.kind
            {
                self.sold_from.insert(sold.clone());
            }
        }
    }

    /// Books a definite answer; a repeated id must be answered like the first time.
    pub(crate) fn book(&mut self, order: &Order, answer: &Answer, forks: bool) {
        self.told.push(format!("{:?} -> {answer:?}", order));
        match answer {
            Answer::Refused(_) => self.refused += 1,
            _ => self.granted += 1,
        }
        let id = order.id.as_str().to_owned();
        if let Some(first) = self.first.get(&id) {
            if !forks && !self.sold_from.contains(&order.id) {
                same(order, first, answer);
            }
            return;
        }
        match (&order.what, answer) {
            (What::Move(warehouse, movement), Answer::Moved) => {
                let key = (warehouse.clone(), movement.sku.clone());
                *self.on_hand.entry(key).or_default() += moved(movement);
                if let MovementKind::Sell { reservation: Some(sold), .. } = &movement.kind {
                    // The sale ends what the reservation held of the SKU; the rest is still held.
                    self.reserved.remove(sold);
                }
            }
            (What::Reserve(_), Answer::Reservation(told)) => {
                self.reserved.insert(order.id.clone(), told.as_ref().clone());
            }
            (What::Ship(id), Answer::Reservation(told)) => self.ship(id, told),
            (What::Desk(Task::Stock(at, Command::Ship { lines: Some(lines), .. })), Answer::Desk)
            | (What::Desk(Task::Stock(at, Command::WriteOff { .. })), Answer::GaveBack(lines)) => {
                for line in lines {
                    *self.on_hand.entry((at.clone(), line.sku.clone())).or_default() -= line.quantity;
                }
            }
            // An order may take the reservation over.
            (
                What::Desk(Task::Stock(_, Command::Claim(ClaimStock { from: Some(from), .. }))),
                Answer::Desk,
            ) => {
                self.reserved.remove(from);
            }
            _ => {}
        }
        if !matches!(answer, Answer::Refused(_)) {
            self.first.insert(id, answer.clone());
        }
    }

    fn ship(&mut self, id: &ReservationId, told: &Reservation) {
        assert_eq!(told.state, ReservationState::Ended(End::Shipped), "shipping {id} whole ends it");
        for line in &told.lines {
            *self.on_hand.entry((line.warehouse.clone(), line.sku.clone())).or_default() -= line.quantity;
        }
    }

    /// Every answer that mentions a word.
    pub(crate) fn about(&self, word: &str) -> String {
        let about = self.told.iter().filter(|line| line.contains(word));
        about.cloned().collect::<Vec<_>>().join("\n")
    }

    /// Units on hand per warehouse and SKU, as acknowledged.
    pub(crate) fn on_hand(&self) -> &BTreeMap<(WarehouseId, Sku), i64> {
        &self.on_hand
    }
}

/// A resend gets the first result and the present state.
fn same(order: &Order, first: &Answer, again: &Answer) {
    match (first, again) {
        (Answer::Reservation(first), Answer::Reservation(again)) => {
            assert_eq!(first.id, again.id, "{order:?}");
            let open = matches!(again.state, ReservationState::Reserved | ReservationState::Allocated);
            if matches!(order.what, What::Reserve(_)) && open && first.state == again.state {
                assert_eq!(first.lines, again.lines, "{order:?} was answered with other lines");
            }
        }
        (Answer::Moved, Answer::Moved) | (Answer::Set, Answer::Set) | (Answer::Desk, Answer::Desk) => {}
        (Answer::GaveBack(first), Answer::GaveBack(again)) => assert_eq!(first, again, "{order:?}"),
        // An amended, released or forgotten reservation may say so to a later verb on it.
        (_, Answer::Refused(code)) => assert!(
            matches!(order.what, What::Extend(..) | What::Allocate(_) | What::Release(_) | What::Ship(_))
                || code == "superseded",
            "{order:?} was first {first:?}, then refused {code}"
        ),
        (first, again) => panic!("{order:?} was first {first:?}, then {again:?}"),
    }
}

fn moved(movement: &Movement) -> i64 {
    match movement.kind {
        MovementKind::Receive(_)
        | MovementKind::Return(_)
        | MovementKind::TransferIn { .. }
        | MovementKind::Adjust => movement.quantity,
        MovementKind::Scrap(_) | MovementKind::Sell { .. } | MovementKind::TransferOut { .. } => {
            -movement.quantity
        }
        MovementKind::Hold(_) | MovementKind::Restock(_) | MovementKind::Reclassify { .. } => 0,
    }
}

/// Sorts an answer: definite, or to be asked again.
pub(crate) fn definite<T>(result: Result<T, Fault>, ok: impl FnOnce(T) -> Answer) -> Option<Answer> {
    match result {
        Ok(value) => Some(ok(value)),
        Err(Fault::Refused(refusal)) => Some(Answer::Refused(refusal.code().to_owned())),
        Err(Fault::HeldInPart { .. }) => Some(Answer::Refused("held_in_part".to_owned())),
        Err(Fault::Busy | Fault::Unavailable(_) | Fault::OutcomeUnknown) => None,
        Err(Fault::StoreLost(why)) => panic!("the store is given up: {why}"),
    }
}
