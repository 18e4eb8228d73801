//! A channel's room for units without goods: what the driver asks of a channel, kept in memory.

use std::collections::BTreeMap;

use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, Sku};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

#[derive(Debug)]
pub(super) struct Room {
    /// Units open at most, per SKU; told ones are not bound by it.
    limit: i64,
    rows: BTreeMap<CommandId, Row>,
    ended: BTreeMap<CommandId, bool>,
}

#[derive(Debug)]
struct Row {
    line: ClaimLine,
    /// Until when, where it is not kept.
    held: Option<Timestamp>,
}

impl Room {
    pub(super) fn new(limit: i64) -> Self {
        Self { limit, rows: BTreeMap::new(), ended: BTreeMap::new() }
    }

    pub(super) fn claim(
        &mut self,
        id: &CommandId,
        line: &ClaimLine,
        (told, deadline): (bool, Timestamp),
    ) -> Result<(), Refusal> {
        if self.ended.contains_key(id) {
            return Err(Refusal::Released);
        }
        if self.rows.contains_key(id) {
            return Ok(());
        }
        let room = self.limit - self.open(&line.sku);
        if !told && line.quantity > room {
            return Err(Refusal::InsufficientRoom { sku: line.sku.clone(), asked: line.quantity, room });
        }
        self.rows.insert(id.clone(), Row { line: line.clone(), held: Some(deadline) });
        Ok(())
    }

    pub(super) fn keep(&mut self, id: &CommandId) -> Result<(), Refusal> {
        match self.rows.get_mut(id) {
            Some(row) => {
                row.held = None;
                Ok(())
            }
            None if self.ended.get(id) == Some(&true) => Err(Refusal::ReservationExpired),
            None => Err(Refusal::UnknownReservation(id.clone())),
        }
    }

    pub(super) fn close(&mut self, id: &CommandId, left: &[ClaimLine]) {
        let stays = left.iter().map(|line| line.quantity).sum::<i64>();
        if let Some(row) = self.rows.get_mut(id) {
            row.line.quantity = row.line.quantity.min(stays);
        }
        let over = self.rows.get(id).is_none_or(|row| row.line.quantity == 0);
        if over && left.is_empty() {
            self.rows.remove(id);
            self.ended.entry(id.clone()).or_insert(false);
        }
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        let due = self.rows.iter().filter(|(_, row)| row.held.is_some_and(|held| held <= now));
        let due: Vec<CommandId> = due.map(|(id, _)| id.clone()).collect();
        for id in due {
            self.rows.remove(&id);
            self.ended.insert(id, true);
        }
    }

    pub(super) fn open(&self, sku: &Sku) -> i64 {
        self.rows.values().filter(|row| row.line.sku == *sku).map(|row| row.line.quantity).sum()
    }

    /// Every row with its units and whether it is kept.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&CommandId, i64, bool)> {
        self.rows.iter().map(|(id, row)| (id, row.line.quantity, row.held.is_none()))
    }
}
