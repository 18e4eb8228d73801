//! The memory of command ids: the same id has the same effect, once (J5).
//!
//! Two classes. Ids of *holds* live in the journal's entries alone and are rebuilt from the retained log; ids of
//! *physical movements* are rows, kept longer. Both are forgotten in the order of their own time, and the time up to
//! which ids were forgotten (the floor) is a row, so that an id older than it is refused instead of done twice.

use std::collections::BTreeSet;

use super::hold::ClaimLine;
use super::ids::{CommandId, OrderId, ReservationId};
use super::machine::Envelope;
use super::refusal::Refusal;
use super::table::Table;
use super::time::Timestamp;

/// How far ahead of our clock an id's time may lie.
pub const AHEAD_MAX_MS: i64 = 60_000;

/// How long ids are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Claims, extensions, allocations, releases, policies: the hold window.
    Hold,
    /// Receipts, adjustments, sales, shipments, counts: the movement window.
    Movement,
}

/// How a claim ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Given back on request.
    Released,
    /// Given back because another warehouse of the same attempt refused; as if it had never been.
    Abandoned,
    /// Given back when its deadline passed.
    Expired,
    /// Replaced by a newer reservation of the same cart.
    Amended(ReservationId),
    /// All of its units left.
    Shipped,
    /// An order took its units over.
    Ordered(OrderId),
}

/// What a claim got, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Which attempt of its conversation.
    pub attempt: u32,
    /// What it got here.
    pub lines: Vec<ClaimLine>,
    /// Its first deadline.
    pub deadline: Timestamp,
    /// How it ended, once it has.
    pub end: Option<End>,
}

/// What a command did, as far as a resend needs it. It is small: there are millions of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It claimed stock.
    Claimed(Box<Claimed>),
    /// A release that came before its claim; the claim is refused when it arrives.
    ReleasedUnseen {
        /// The newest attempt released.
        attempt: u32,
    },
    /// It acted on a reservation.
    Acted(ReservationId),
    /// It recorded a movement or a count.
    Moved {
        /// Whether a count had covered it already, so that nothing moved.
        covered: bool,
    },
    /// It gave a part of something back.
    GaveBack {
        /// What it really gave back, which may be less than it named.
        lines: Vec<ClaimLine>,
    },
    /// It began to wait for goods.
    Waited,
    /// It set something.
    Done,
}

impl Outcome {
    /// It claimed stock.
    #[must_use]
    pub fn claimed(attempt: u32, lines: Vec<ClaimLine>, deadline: Timestamp, end: Option<End>) -> Self {
        Self::Claimed(Box::new(Claimed { attempt, lines, deadline, end }))
    }
}

impl End {
    /// Whether a later attempt of the same reservation may claim again.
    #[must_use]
    pub const fn may_be_tried_again(&self) -> bool {
        matches!(self, Self::Abandoned | Self::Expired)
    }
}

/// One remembered id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Its class.
    pub class: Class,
    /// The id's own time.
    pub time: Timestamp,
    /// The command's fingerprint; 0 where it was forgotten and any will do.
    pub fingerprint: u64,
    /// What it did.
    pub outcome: Outcome,
}

/// Times up to which ids were forgotten, per class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floors {
    /// Of holds.
    pub hold: Timestamp,
    /// Of movements.
    pub movement: Timestamp,
}

impl Default for Floors {
    fn default() -> Self {
        Self { hold: Timestamp::MIN, movement: Timestamp::MIN }
    }
}

impl Floors {
    fn of(&self, class: Class) -> Timestamp {
        match class {
            Class::Hold => self.hold,
            Class::Movement => self.movement,
        }
    }
}

/// How long and how much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// How long ids of holds are remembered, in milliseconds.
    pub hold_ms: i64,
    /// How long ids of movements are remembered, in milliseconds.
    pub movement_ms: i64,
    /// How many ids of each class are remembered at most.
    pub ids_max: usize,
}

/// The ids a machine remembers.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    known: Table<CommandId, Remembered>,
    hold_ages: BTreeSet<(Timestamp, CommandId)>,
    movement_ages: BTreeSet<(Timestamp, CommandId)>,
    floors: Floors,
}

impl Memory {
    /// What is known of an id.
    #[must_use]
    pub fn get(&self, id: &CommandId) -> Option<&Remembered> {
        self.known.get(id)
    }

    /// The floors.
    #[must_use]
    pub const fn floors(&self) -> Floors {
        self.floors
    }

    /// The ids of one class, oldest first.
    pub fn of_class(&self, class: Class) -> impl Iterator<Item = (&CommandId, &Remembered)> {
        let ages = match class {
            Class::Hold => &self.hold_ages,
            Class::Movement => &self.movement_ages,
        };
        ages.iter().filter_map(|(_, id)| self.known.get_key_value(id))
    }

    /// How many ids are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// What is known of a command, after checking that it is the same command.
    ///
    /// # Errors
    /// [`Refusal::IdempotencyConflict`] where the id was another command's.
    pub fn recall(&self, envelope: &Envelope) -> Result<Option<&Remembered>, Refusal> {
        match self.known.get(&envelope.id) {
            Some(known) if known.fingerprint != 0 && known.fingerprint != envelope.fingerprint => {
                Err(Refusal::IdempotencyConflict)
            }
            known => Ok(known),
        }
    }

    /// Refuses an unknown id whose time nothing guards any more, or that lies ahead of our clock.
    ///
    /// # Errors
    /// [`Refusal::StaleCommand`].
    pub fn admit(&self, envelope: &Envelope, class: Class, now: Timestamp) -> Result<(), Refusal> {
        let floor = self.floors.of(class);
        if envelope.time <= floor || envelope.time > now.plus(AHEAD_MAX_MS) {
            return Err(Refusal::StaleCommand { floor, server_time: now });
        }
        Ok(())
    }

    /// Sets or removes one id and gives back what was known.
    pub fn put(&mut self, id: &CommandId, value: Option<Remembered>) -> Option<Remembered> {
        let age = value.as_ref().map(|value| (value.class, value.time));
        let before = match value {
            Some(value) => self.known.insert(id.clone(), value),
            None => self.known.remove(id),
        };
        let old = before.as_ref().map(|before| (before.class, before.time));
        if old != age {
            if let Some((class, time)) = old {
                self.ages(class).remove(&(time, id.clone()));
            }
            if let Some((class, time)) = age {
                self.ages(class).insert((time, id.clone()));
            }
        }
        before
    }

    /// Sets the floors and gives back what they were.
    pub fn put_floors(&mut self, floors: Floors) -> Floors {
        std::mem::replace(&mut self.floors, floors)
    }

    /// The floors time and the bound on ids call for, where they differ from today's by a second or more.
    #[must_use]
    pub fn floors_due(&self, windows: &Windows, now: Timestamp) -> Option<Floors> {
        let hold = Self::floor_due(&self.hold_ages, self.floors.hold, windows.hold_ms, windows, now);
        let movement =
            Self::floor_due(&self.movement_ages, self.floors.movement, windows.movement_ms, windows, now);
        let floors = Floors { hold, movement };
        (floors != self.floors).then_some(floors)
    }

    /// The oldest movement ids at or below the floor, to be removed from the store.
    #[must_use]
    pub fn movements_due(&self, limit: usize) -> Vec<CommandId> {
        let due = self.movement_ages.iter().take_while(|(time, _)| *time <= self.floors.movement);
        due.take(limit).map(|(_, id)| id.clone()).collect()
    }

    /// When the oldest id leaves its window.
    #[must_use]
    pub fn due(&self, windows: &Windows) -> Option<Timestamp> {
        let hold = self.hold_ages.first().map(|(time, _)| time.plus(windows.hold_ms.saturating_add(1_000)));
        let movement =
            self.movement_ages.first().map(|(time, _)| time.plus(windows.movement_ms.saturating_add(1_000)));
        hold.into_iter().chain(movement).min()
    }

    /// Drops ids of holds at or below a confirmed floor: a rollback couldn't bring them back.
    pub fn purge_holds(&mut self, confirmed: &Floors) {
        while let Some((time, id)) = self.hold_ages.first() {
            if *time > confirmed.hold {
                break;
            }
            self.known.remove(id);
            self.hold_ages.pop_first();
        }
    }

    fn ages(&mut self, class: Class) -> &mut BTreeSet<(Timestamp, CommandId)> {
        match class {
            Class::Hold => &mut self.hold_ages,
            Class::Movement => &mut self.movement_ages,
        }
    }

    fn floor_due(
        ages: &BTreeSet<(Timestamp, CommandId)>,
        floor: Timestamp,
        window_ms: i64,
        windows: &Windows,
        now: Timestamp,
    ) -> Timestamp {
        let Some((oldest, _)) = ages.first() else { return floor };
        let mut due = floor;
        let cut = now.minus(window_ms);
        if *oldest <= cut && cut.since(floor) >= 1_000 {
            due = cut;
        }
        if let Some(excess) = ages.len().checked_sub(windows.ids_max).filter(|excess| *excess > 0)
            && let Some((time, _)) = ages.iter().nth(excess.saturating_sub(1))
        {
            due = due.max(*time);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(time: i64) -> Remembered {
        let time = Timestamp::from_millis(time);
        Remembered { class: Class::Hold, time, fingerprint: 7, outcome: Outcome::Done }
    }

    fn envelope(id: &str, time: i64, fingerprint: u64) -> Envelope {
        let id = CommandId::parse(id).unwrap();
        Envelope {
            id,
            time: Timestamp::from_millis(time),
            timed: true,
            fingerprint,
            actor: None,
            trace: None,
        }
    }

    /// However many commands come, each class keeps to its bound, and an id that was forgotten is refused.
    #[test]
    fn ids_stay_within_their_bound() {
        let windows = Windows { hold_ms: i64::MAX, movement_ms: i64::MAX, ids_max: 50 };
        let mut memory = Memory::default();
        for number in 1..=1_000_i64 {
            let now = Timestamp::from_millis(number);
            for (kind, class) in [("hold", Class::Hold), ("move", Class::Movement)] {
                let id = CommandId::parse(&format!("{kind}-{number}")).unwrap();
                memory.put(&id, Some(Remembered { class, ..remembered(number) }));
            }
            if let Some(floors) = memory.floors_due(&windows, now) {
                memory.put_floors(floors);
                memory.purge_holds(&floors);
            }
            for id in memory.movements_due(10) {
                memory.put(&id, None);
            }
            assert!(
                memory.of_class(Class::Hold).count() <= 50 && memory.of_class(Class::Movement).count() <= 50
            );
            assert!(memory.len() <= 100, "{}", memory.len());
        }
        let now = Timestamp::from_millis(1_000);
        for class in [Class::Hold, Class::Movement] {
            assert!(memory.admit(&envelope("hold-950", 950, 7), class, now).is_err());
            assert!(memory.admit(&envelope("hold-951", 951, 7), class, now).is_ok());
        }
        assert!(memory.get(&CommandId::parse("move-951").unwrap()).is_some());
    }

    /// There are millions of them.
    #[test]
    fn an_id_is_small() {
        assert!(size_of::<Outcome>() <= 24, "{} bytes", size_of::<Outcome>());
        assert!(size_of::<(CommandId, Remembered)>() <= 64, "{} bytes", size_of::<(CommandId, Remembered)>());
    }

    /// Ids are forgotten in the order of their own time, and what is older than the forgotten is refused.
    #[test]
    fn forgetting_raises_the_floor_and_the_floor_refuses() {
        let mut memory = Memory::default();
        for (id, time) in [("a", 1_000), ("b", 5_000), ("c", 9_000)] {
            memory.put(&CommandId::parse(id).unwrap(), Some(remembered(time)));
        }
        let windows = Windows { hold_ms: 4_000, movement_ms: 4_000, ids_max: 100 };
        let now = Timestamp::from_millis(9_500);
        let floors = memory.floors_due(&windows, now).unwrap();
        assert_eq!(floors.hold, Timestamp::from_millis(5_500));
        memory.put_floors(floors);
        memory.purge_holds(&floors);
        assert_eq!(memory.len(), 1);
        let stale = memory.admit(&envelope("b", 5_000, 7), Class::Hold, now);
        assert!(matches!(stale, Err(Refusal::StaleCommand { .. })));
        assert!(memory.admit(&envelope("d", 6_000, 7), Class::Hold, now).is_ok());
        let ahead = memory.admit(&envelope("e", 9_500 + AHEAD_MAX_MS + 1, 7), Class::Hold, now);
        assert!(matches!(ahead, Err(Refusal::StaleCommand { .. })));
    }

    /// The bound on ids forgets the oldest first, and a changed body under a known id is told.
    #[test]
    fn the_bound_forgets_the_oldest_and_conflicts_are_told() {
        let mut memory = Memory::default();
        for (id, time) in [("a", 1_000), ("b", 5_000), ("c", 9_000)] {
            memory.put(&CommandId::parse(id).unwrap(), Some(remembered(time)));
        }
        let windows = Windows { hold_ms: i64::MAX, movement_ms: i64::MAX, ids_max: 2 };
        let floors = memory.floors_due(&windows, Timestamp::from_millis(9_000)).unwrap();
        assert_eq!(floors.hold, Timestamp::from_millis(1_000));
        assert_eq!(memory.recall(&envelope("c", 9_000, 8)), Err(Refusal::IdempotencyConflict));
        assert!(memory.recall(&envelope("c", 9_000, 7)).unwrap().is_some());
    }
}
