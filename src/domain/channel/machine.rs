//! A channel's journaled state.

use std::collections::BTreeSet;

use ahash::AHashMap;

use super::acknowledge::Acknowledged;
use super::command::{Backorder, BackorderState, ChannelAnswer, ChannelCommand, ClaimBackorder};
use super::policy::{ChannelPolicy, SetChannelPolicy};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, OrderId, Sku};
use crate::domain::machine::{Draft, Envelope, Machine, Moment, Redo, replace};
use crate::domain::memory::{Class, Floors, Memory, Outcome, Remembered, Windows};
use crate::domain::refusal::Refusal;
use crate::domain::table::Table;
use crate::domain::time::Timestamp;

/// What happened to a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelFact {
    /// A SKU's policy was set.
    PolicySet {
        /// Which goods.
        sku: Sku,
        /// The policy after it.
        after: ChannelPolicy,
    },
    /// The channel has confirmed that it shows another figure.
    Acknowledged {
        /// Which goods.
        sku: Sku,
        /// The figure.
        available: i64,
        /// When it was published there.
        at: Timestamp,
    },
    /// Units were sold without goods, for now.
    Backordered {
        /// Under which id.
        id: CommandId,
        /// To which order.
        owner: OrderId,
        /// Which units.
        lines: Vec<ClaimLine>,
    },
    /// A backorder stays until it is closed.
    BackorderKept {
        /// Which.
        id: CommandId,
        /// Of which order.
        owner: OrderId,
    },
    /// Units of a backorder were closed.
    BackorderClosed {
        /// Which.
        id: CommandId,
        /// Of which order.
        owner: OrderId,
        /// Which units.
        lines: Vec<ClaimLine>,
        /// Whether its time had run out.
        expired: bool,
    },
}

impl ChannelFact {
    /// The name programs see.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PolicySet { .. } => "channel_policy_set",
            Self::Acknowledged { .. } => "channel_acknowledged",
            Self::Backordered { .. } => "backordered",
            Self::BackorderKept { .. } => "backorder_kept",
            Self::BackorderClosed { .. } => "backorder_closed",
        }
    }
}

/// A row of a channel's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelRow {
    /// A SKU's policy.
    Policy(Sku, Option<ChannelPolicy>),
    /// What it has confirmed of a SKU.
    Acknowledged(Sku, Option<Acknowledged>),
    /// Units sold without goods.
    Backorder(CommandId, Option<Backorder>),
    /// A remembered id.
    Remembered(CommandId, Option<Remembered>),
    /// Times up to which ids were forgotten.
    Floors(Floors),
}

/// The key of a channel's row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ChannelKey {
    /// Of a policy.
    Policy(Sku),
    /// Of what it has confirmed.
    Acknowledged(Sku),
    /// Of units sold without goods.
    Backorder(CommandId),
    /// Of a remembered id.
    Remembered(CommandId),
    /// Of the floors.
    Floors,
}

/// A channel's journaled part: the only writer of its policies, its backorders and what it has confirmed.
#[derive(Debug, Clone)]
pub struct Channel {
    pub(super) policies: AHashMap<Sku, ChannelPolicy>,
    pub(super) acknowledged: Table<Sku, Acknowledged>,
    pub(super) backorders: Table<CommandId, Backorder>,
    /// Units open per SKU.
    pub(super) open: AHashMap<Sku, i64>,
    pub(super) deadlines: BTreeSet<(Timestamp, CommandId)>,
    pub(super) memory: Memory,
    windows: Windows,
}

impl Channel {
    /// A channel nothing was set for.
    #[must_use]
    pub fn new(windows: Windows) -> Self {
        Self {
            policies: AHashMap::new(),
            acknowledged: Table::default(),
            backorders: Table::default(),
            open: AHashMap::new(),
            deadlines: BTreeSet::new(),
            memory: Memory::default(),
            windows,
        }
    }

    /// A SKU's policy.
    #[must_use]
    pub fn policy(&self, sku: &Sku) -> Option<&ChannelPolicy> {
        self.policies.get(sku)
    }

    /// Every policy, in no order.
    pub fn policies(&self) -> impl Iterator<Item = (&Sku, &ChannelPolicy)> {
        self.policies.iter()
    }

    /// Every backorder, in no order.
    pub fn backorders(&self) -> impl Iterator<Item = (&CommandId, &Backorder)> {
        self.backorders.iter()
    }

    /// Units of a SKU that were sold without goods and are open.
    #[must_use]
    pub fn open(&self, sku: &Sku) -> i64 {
        self.open.get(sku).copied().unwrap_or(0)
    }

    /// Units of a SKU that may still be sold without goods. `limit` is the channel's own, for SKUs without one.
    #[must_use]
    pub fn room(&self, sku: &Sku, limit: i64, now: Timestamp) -> i64 {
        self.policies.get(sku).copied().unwrap_or_default().room(self.open(sku), limit, now)
    }

    fn set_policy(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &SetChannelPolicy,
        draft: &mut Draft<Self>,
    ) -> Result<ChannelAnswer, Refusal> {
        if self.memory.recall(envelope)?.is_some() {
            return Ok(ChannelAnswer::Done);
        }
        self.memory.admit(envelope, Class::Hold, moment.now)?;
        let mut policy = self.policies.get(&command.sku).copied().unwrap_or_default();
        let before = policy;
        policy.buffer = command.buffer.unwrap_or(policy.buffer);
        policy.cap = command.cap.unwrap_or(policy.cap);
        policy.low_at = command.low_at.unwrap_or(policy.low_at);
        policy.backorder_limit = command.backorder_limit.unwrap_or(policy.backorder_limit);
        policy.preorder = command.preorder.unwrap_or(policy.preorder);
        if policy != before {
            let row = (!policy.is_empty()).then_some(policy);
            draft.put(self, ChannelRow::Policy(command.sku.clone(), row));
            draft.fact(ChannelFact::PolicySet { sku: command.sku.clone(), after: policy });
        }
        draft.put(self, ChannelRow::Remembered(envelope.id.clone(), Some(done(envelope))));
        Ok(ChannelAnswer::Done)
    }

    fn put_backorder(&mut self, id: CommandId, value: Option<Backorder>) -> Option<Backorder> {
        let signed = [(self.backorders.get(&id), -1), (value.as_ref(), 1)];
        for (row, sign) in signed {
            let Some(row) = row else { continue };
            for line in &row.lines {
                let open = self.open.entry(line.sku.clone()).or_default();
                *open = open.saturating_add(line.quantity.saturating_mul(sign));
                if *open == 0 {
                    self.open.remove(&line.sku);
                }
            }
            if let BackorderState::Held { deadline } = row.state {
                let key = (deadline, id.clone());
                let _was_there =
                    if sign > 0 { self.deadlines.insert(key) } else { self.deadlines.remove(&key) };
            }
        }
        self.backorders.replace(id, value)
    }
}

impl Machine for Channel {
    type Command = ChannelCommand;
    type Answer = ChannelAnswer;
    type Fact = ChannelFact;
    type Row = ChannelRow;
    type Key = ChannelKey;

    fn name(command: &ChannelCommand) -> &'static str {
        command.name()
    }

    fn decide(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &ChannelCommand,
        draft: &mut Draft<Self>,
    ) -> Result<ChannelAnswer, Refusal> {
        match command {
            ChannelCommand::SetPolicy(policy) => self.set_policy(moment, envelope, policy, draft),
            ChannelCommand::Acknowledge(told) => self.acknowledge(moment, envelope, told, draft),
            ChannelCommand::Backorder(claim) => self.claim_backorder(moment, envelope, claim, draft),
            ChannelCommand::Keep { id } => self.keep_backorder(id, draft),
            ChannelCommand::CloseBackorder { id, left } => {
                Ok(self.close_backorder(moment, envelope, (id, left), draft))
            }
            ChannelCommand::FindBackorder { id } => Ok(self.stands(id)),
        }
    }

    fn upkeep(&mut self, moment: &Moment, limit: usize, draft: &mut Draft<Self>) {
        if moment.may_expire {
            self.expire_backorders(moment, limit, draft);
        }
        if let Some(floors) = self.memory.floors_due(&self.windows, moment.now) {
            draft.put(self, ChannelRow::Floors(floors));
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let held = self.deadlines.first().map(|(deadline, _)| *deadline);
        held.into_iter().chain(self.memory.due(&self.windows)).min()
    }

    fn put(&mut self, row: ChannelRow) -> ChannelRow {
        match row {
            ChannelRow::Policy(sku, value) => {
                ChannelRow::Policy(sku.clone(), replace(&mut self.policies, sku, value))
            }
            ChannelRow::Acknowledged(sku, value) => {
                ChannelRow::Acknowledged(sku.clone(), self.acknowledged.replace(sku, value))
            }
            ChannelRow::Backorder(id, value) => {
                ChannelRow::Backorder(id.clone(), self.put_backorder(id, value))
            }
            ChannelRow::Remembered(id, value) => {
                let before = self.memory.put(&id, value);
                ChannelRow::Remembered(id, before)
            }
            ChannelRow::Floors(floors) => ChannelRow::Floors(self.memory.put_floors(floors)),
        }
    }

    fn key(row: &ChannelRow) -> ChannelKey {
        match row {
            ChannelRow::Policy(sku, _) => ChannelKey::Policy(sku.clone()),
            ChannelRow::Acknowledged(sku, _) => ChannelKey::Acknowledged(sku.clone()),
            ChannelRow::Backorder(id, _) => ChannelKey::Backorder(id.clone()),
            ChannelRow::Remembered(id, _) => ChannelKey::Remembered(id.clone()),
            ChannelRow::Floors(_) => ChannelKey::Floors,
        }
    }

    fn row(&self, key: &ChannelKey) -> ChannelRow {
        match key {
            ChannelKey::Policy(sku) => ChannelRow::Policy(sku.clone(), self.policies.get(sku).copied()),
            ChannelKey::Acknowledged(sku) => {
                ChannelRow::Acknowledged(sku.clone(), self.acknowledged.get(sku).copied())
            }
            ChannelKey::Backorder(id) => ChannelRow::Backorder(id.clone(), self.backorders.get(id).cloned()),
            ChannelKey::Remembered(id) => ChannelRow::Remembered(id.clone(), self.memory.get(id).cloned()),
            ChannelKey::Floors => ChannelRow::Floors(self.memory.floors()),
        }
    }

    fn rows(&self) -> Vec<ChannelRow> {
        let policies = self.policies.iter();
        let policies = policies.map(|(sku, policy)| ChannelRow::Policy(sku.clone(), Some(*policy)));
        let confirmed = self.acknowledged.iter();
        let confirmed = confirmed.map(|(sku, row)| ChannelRow::Acknowledged(sku.clone(), Some(*row)));
        let backorders = self.backorders.iter();
        let backorders = backorders.map(|(id, row)| ChannelRow::Backorder(id.clone(), Some(row.clone())));
        policies
            .chain(confirmed)
            .chain(backorders)
            .chain([ChannelRow::Floors(self.memory.floors())])
            .collect()
    }

    fn floor(&self) -> Timestamp {
        self.memory.floors().hold
    }

    fn loaded(&mut self, _version: u64) {
        let floors = self.memory.floors();
        self.memory.purge_holds(&floors);
    }

    fn after_loss(&self, lost: &[ChannelRow], _versions: (u64, u64), now: Timestamp) -> Vec<Redo<Self>> {
        let mut open = AHashMap::new();
        for row in lost {
            if let ChannelRow::Backorder(id, row) = row {
                open.insert(id, row.as_ref());
            }
        }
        let mut open: Vec<_> = open.into_iter().filter_map(|(id, row)| Some((id, row?))).collect();
        open.sort_unstable_by_key(|(id, _)| *id);
        let unknown = |id: &CommandId| !self.backorders.contains_key(id) && self.memory.get(id).is_none();
        open.into_iter()
            .filter(|(id, _)| unknown(id))
            .flat_map(|(id, row)| sell_again(id, row, now))
            .collect()
    }

    fn settle(&mut self, confirmed: &[ChannelRow], _version: u64) {
        for row in confirmed {
            if let ChannelRow::Floors(floors) = row {
                self.memory.purge_holds(floors);
            }
        }
    }
}

/// How long the room of a lost backorder is held until it is kept again, in milliseconds.
const AGAIN_TTL_MS: i64 = 60_000;

/// A backorder that was acknowledged before a loss is sold again, whatever the limit.
fn sell_again(id: &CommandId, row: &Backorder, now: Timestamp) -> Vec<Redo<Channel>> {
    let redo = |id: CommandId, command| Redo {
        envelope: Envelope { id, time: now, timed: true, fingerprint: 0, actor: None, trace: None },
        command,
        refused: None,
    };
    let ttl_ms = match row.state {
        BackorderState::Held { deadline } => deadline.since(now),
        BackorderState::Kept => AGAIN_TTL_MS,
    };
    let claim =
        ClaimBackorder { owner: row.owner.clone(), lines: row.lines.clone(), limit: 0, ttl_ms, told: true };
    let mut again = vec![redo(id.clone(), ChannelCommand::Backorder(claim))];
    if row.state == BackorderState::Kept {
        again.push(redo(id.part("keep"), ChannelCommand::Keep { id: id.clone() }));
    }
    again
}

/// A setting remembered: a resend does nothing.
pub(in crate::domain) fn done(envelope: &Envelope) -> Remembered {
    let (time, fingerprint) = (envelope.time, envelope.fingerprint);
    Remembered { class: Class::Hold, time, fingerprint, outcome: Outcome::Done }
}
