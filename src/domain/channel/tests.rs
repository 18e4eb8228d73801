//! Backorders and confirmations: single stories, and any interleaving held against a model.
#![expect(clippy::arithmetic_side_effects, reason = "test figures are small, and a panic is a failed test")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::acknowledge::Acknowledge;
use super::command::{Backorder, BackorderState, ChannelAnswer, ChannelCommand, ClaimBackorder};
use super::machine::{Channel, ChannelRow};
use super::policy::SetChannelPolicy;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, OrderId, Sku};
use crate::domain::invariant::broken_channel;
use crate::domain::machine::{Closed, Draft, Envelope, Machine, Moment};
use crate::domain::memory::Windows;
use crate::domain::policy::Scheduled;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const WINDOWS: Windows = Windows { hold_ms: 864_000_000, movement_ms: 864_000_000, ids_max: 100_000 };

fn sku(goods: u8) -> Sku {
    Sku::parse(["A", "B"][usize::from(goods)]).unwrap()
}

fn id(text: &str) -> CommandId {
    CommandId::parse(text).unwrap()
}

fn lines(of: &[(u8, i64)]) -> Vec<ClaimLine> {
    of.iter().map(|(goods, quantity)| ClaimLine { sku: sku(*goods), quantity: *quantity }).collect()
}

fn limit(goods: u8, value: Option<i64>) -> ChannelCommand {
    ChannelCommand::SetPolicy(SetChannelPolicy {
        sku: sku(goods),
        buffer: None,
        cap: None,
        low_at: None,
        backorder_limit: Some(value.map(Scheduled::always)),
        preorder: Some(value.is_some_and(|value| value > 5)),
    })
}

fn confirm(goods: u8, available: i64, at: Timestamp) -> ChannelCommand {
    let day = i32::try_from(at.as_millis() / 86_400_000).unwrap();
    ChannelCommand::Acknowledge(Acknowledge { sku: sku(goods), available, at, day })
}

fn sell(of: &[(u8, i64)], told: bool) -> ChannelCommand {
    let owner = OrderId::parse("07-1").unwrap();
    ChannelCommand::Backorder(ClaimBackorder { owner, lines: lines(of), limit: 0, ttl_ms: 60_000, told })
}

/// A channel whose batches are mirrored row by row, and may be taken back.
#[derive(Debug)]
struct Stage {
    channel: Channel,
    mirror: Channel,
    now: Timestamp,
    version: u64,
    minted: u64,
}

fn rows(channel: &Channel) -> Vec<String> {
    let mut rows: Vec<String> = channel.rows().iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

impl Stage {
    fn new() -> Self {
        let channel = Channel::new(WINDOWS);
        Self { mirror: channel.clone(), channel, now: START, version: 0, minted: 0 }
    }

    fn decide(
        &mut self,
        envelope: &Envelope,
        command: &ChannelCommand,
    ) -> (Result<ChannelAnswer, Refusal>, Closed<Channel>) {
        let moment = Moment { now: self.now, version: self.version + 1, may_expire: true };
        let mut draft = Draft::default();
        self.channel.upkeep(&moment, 100, &mut draft);
        let answer = draft.decide(&mut self.channel, &moment, envelope, command);
        let closed = draft.close(&self.channel);
        assert_eq!(broken_channel(&self.channel), Vec::<String>::new());
        (answer, closed)
    }

    fn confirm(&mut self, closed: Closed<Channel>) {
        self.version += 1;
        for row in closed.rows {
            self.mirror.put(row);
        }
        assert_eq!(rows(&self.mirror), rows(&self.channel), "a replay differs from what happened");
        assert_eq!(self.mirror.open, self.channel.open);
        assert_eq!(self.mirror.deadlines, self.channel.deadlines);
    }

    fn envelope(&mut self, name: Option<&str>, command: &ChannelCommand) -> Envelope {
        self.minted += 1;
        let minted = format!("m{}", self.minted);
        let fingerprint = format!("{command:?}")
            .bytes()
            .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let id = id(name.unwrap_or(&minted));
        Envelope { id, time: self.now, timed: true, fingerprint, actor: None, trace: None }
    }

    fn ask(&mut self, name: &str, command: &ChannelCommand) -> String {
        let envelope = self.envelope(Some(name).filter(|name| !name.is_empty()), command);
        let (answer, closed) = self.decide(&envelope, command);
        self.confirm(closed);
        match answer {
            Ok(answer) => shown(&answer),
            Err(Refusal::InsufficientRoom { sku, asked, room }) => format!("no room {sku} {asked}/{room}"),
            Err(refusal) => refusal.code().into(),
        }
    }

    fn room(&self, goods: u8) -> i64 {
        self.channel.room(&sku(goods), 0, self.now)
    }
}

fn shown(answer: &ChannelAnswer) -> String {
    match answer {
        ChannelAnswer::Done => "done".into(),
        ChannelAnswer::Backorder(None) => "ended".into(),
        ChannelAnswer::Backorder(Some(Backorder { lines, state, .. })) => {
            let state = if *state == BackorderState::Kept { "kept" } else { "held" };
            let lines: Vec<_> = lines.iter().map(|line| format!("{}={}", line.sku, line.quantity)).collect();
            format!("{state} {}", lines.join(","))
        }
    }
}

/// A channel that asks sells up to its limit beyond stock, one that tells whatever it sold; what is closed is room again.
#[test]
fn a_channel_sells_up_to_its_limit_beyond_stock() {
    let mut stage = Stage::new();
    assert_eq!(stage.ask("x0", &sell(&[(0, 1)], false)), "no room A 1/0");
    assert_eq!(stage.ask("", &limit(0, Some(5))), "done");
    assert_eq!(stage.ask("x1", &sell(&[(0, 2), (0, 1)], false)), "held A=3");
    assert_eq!(stage.ask("x1", &sell(&[(0, 2), (0, 1)], false)), "held A=3");
    assert_eq!(stage.ask("x1", &sell(&[(0, 1)], false)), "idempotency_conflict");
    assert_eq!(stage.ask("x2", &sell(&[(0, 3)], false)), "no room A 3/2");
    assert_eq!(stage.ask("x3", &sell(&[(0, 7), (1, 1)], true)), "held A=7,B=1");
    assert_eq!(stage.room(0), 0);
    let close = |left: &[(u8, i64)]| ChannelCommand::CloseBackorder { id: id("x3"), left: lines(left) };
    assert_eq!(stage.ask("", &ChannelCommand::Keep { id: id("x3") }), "kept A=7,B=1");
    assert_eq!(stage.ask("", &close(&[(0, 1)])), "kept A=1");
    assert_eq!(stage.ask("", &close(&[(0, 9), (1, 9)])), "kept A=1");
    assert_eq!(stage.room(0), 1);
    assert_eq!(stage.ask("", &close(&[])), "ended");
    assert_eq!(stage.ask("", &close(&[])), "ended");
    assert_eq!(stage.ask("x3", &sell(&[(0, 7), (1, 1)], true)), "ended");
    assert_eq!(stage.ask("", &ChannelCommand::Keep { id: id("x3") }), "released");
    assert_eq!(stage.room(0), 2);
}

/// What a channel confirms is known once per id: a resend undoes nothing that came after it, and other content under the id
/// is refused.
#[test]
fn a_channel_confirms_once_per_id() {
    let mut stage = Stage::new();
    let known = |stage: &Stage| stage.channel.acknowledged(&sku(0)).map(|row| (row.available, row.changes));
    assert_eq!(stage.ask("a1", &confirm(0, 5, START)), "done");
    assert_eq!(stage.ask("a2", &confirm(0, 4, START)), "done");
    assert_eq!(known(&stage), Some((4, 2)));
    assert_eq!(stage.ask("a1", &confirm(0, 5, START)), "done");
    assert_eq!(known(&stage), Some((4, 2)));
    assert_eq!(stage.ask("a1", &confirm(0, 6, START)), "idempotency_conflict");
    assert_eq!(stage.ask("a3", &confirm(0, 7, START.minus(1))), "done");
    assert_eq!((known(&stage), stage.channel.acknowledged(&sku(1))), (Some((4, 3)), None));
}

/// A held backorder ends by itself, a kept one does not; one that was closed before it came does not come.
#[test]
fn backorders_end_once() {
    let mut stage = Stage::new();
    stage.ask("", &limit(0, Some(5)));
    stage.ask("x1", &sell(&[(0, 2)], false));
    stage.ask("x2", &sell(&[(0, 2)], false));
    let keep = |name: &str| ChannelCommand::Keep { id: id(name) };
    assert_eq!(stage.ask("", &keep("x1")), "kept A=2");
    assert_eq!(stage.channel.due(), Some(START.plus(60_000)));
    stage.now = stage.now.plus(60_000);
    assert_eq!(stage.ask("", &keep("x1")), "kept A=2");
    assert_eq!(stage.ask("", &keep("x2")), "reservation_expired");
    assert_eq!(stage.ask("", &keep("x9")), "unknown_reservation");
    assert_eq!(stage.room(0), 3);
    let close = ChannelCommand::CloseBackorder { id: id("x5"), left: Vec::new() };
    assert_eq!(stage.ask("", &close), "ended");
    assert_eq!(stage.ask("x5", &sell(&[(0, 1)], false)), "released");
    assert_eq!(stage.ask("", &ChannelCommand::FindBackorder { id: id("x1") }), "kept A=2");
}

/// After a loss what was sold is sold again, whatever the limit says, and kept where it was kept.
#[test]
fn lost_backorders_are_sold_again() {
    let mut stage = Stage::new();
    let owner = OrderId::parse("07-1").unwrap();
    let row = |state| Backorder { owner: owner.clone(), lines: lines(&[(0, 2)]), state };
    let held = BackorderState::Held { deadline: START.plus(9_000) };
    let lost = [
        ChannelRow::Backorder(id("x1"), Some(row(held))),
        ChannelRow::Backorder(id("x2"), Some(row(held))),
        ChannelRow::Backorder(id("x1"), Some(row(BackorderState::Kept))),
        ChannelRow::Backorder(id("x3"), Some(row(held))),
        ChannelRow::Backorder(id("x3"), None),
    ];
    for redo in stage.channel.after_loss(&lost, (3, 9), START) {
        let (answer, closed) = stage.decide(&redo.envelope, &redo.command);
        answer.unwrap();
        stage.confirm(closed);
    }
    let all: BTreeMap<_, _> = stage.channel.backorders().map(|(id, row)| (id.as_str(), row.state)).collect();
    assert_eq!(all, [("x1", BackorderState::Kept), ("x2", held)].into());
}

#[derive(Debug, Clone)]
enum Step {
    Limit(u8, Option<i64>),
    Sell(Vec<(u8, i64)>, bool),
    Again(Index),
    Keep(Index),
    Close(Index, Vec<(u8, i64)>),
    Confirm(u8, i64, i64),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let some = || prop::collection::vec((0..2_u8, 1..5_i64), 1..3);
    prop_oneof![
        2 => (0..2_u8, prop::option::of(0..12_i64)).prop_map(|(goods, value)| Step::Limit(goods, value)),
        6 => (some(), prop::bool::weighted(0.2)).prop_map(|(lines, told)| Step::Sell(lines, told)),
        2 => any::<Index>().prop_map(Step::Again),
        3 => any::<Index>().prop_map(Step::Keep),
        3 => (any::<Index>(), prop::collection::vec((0..2_u8, 0..4_i64), 0..2))
            .prop_map(|(which, left)| Step::Close(which, left)),
        3 => (0..2_u8, 0..4_i64, -90..1_i64).prop_map(|(goods, units, ago)| Step::Confirm(goods, units, ago)),
        2 => (1..90_i64).prop_map(Step::Wait),
    ]
}

proptest! {
    /// No asked claim goes beyond the room, nothing is done twice, refusals leave no trace, what is taken back is gone,
    /// and a replay gives what is live.
    #[test]
    fn room_is_kept(steps in prop::collection::vec((step(), prop::bool::weighted(0.15)), 1..80)) {
        let mut stage = Stage::new();
        let mut sold: Vec<(String, ChannelCommand)> = Vec::new();
        for (step, lose) in steps {
            let pick = |which: Index| if sold.is_empty() { None } else { Some(which.get(&sold).clone()) };
            let (name, command, again) = match step {
                Step::Wait(seconds) => {
                    stage.now = stage.now.plus(seconds * 1_000);
                    continue;
                }
                Step::Limit(goods, value) => (None, limit(goods, value), false),
                Step::Confirm(goods, units, ago) => {
                    (None, confirm(goods, units, stage.now.plus(ago * 1_000)), false)
                }
                Step::Sell(of, told) => (Some(format!("x{}", sold.len())), sell(&of, told), false),
                Step::Again(which) => match pick(which) {
                    Some((name, command)) => (Some(name), command, true),
                    None => continue,
                },
                Step::Keep(which) => match pick(which) {
                    Some((name, _)) => (None, ChannelCommand::Keep { id: id(&name) }, false),
                    None => continue,
                },
                Step::Close(which, left) => match pick(which) {
                    Some((name, _)) => {
                        (None, ChannelCommand::CloseBackorder { id: id(&name), left: lines(&left) }, false)
                    }
                    None => continue,
                },
            };
            let before = rows(&stage.channel);
            let envelope = stage.envelope(name.as_deref(), &command);
            let (answer, closed) = stage.decide(&envelope, &command);
            if let (ChannelCommand::Backorder(claim), Ok(_)) = (&command, &answer)
                && !again
                && !claim.told
            {
                for line in &claim.lines {
                    let limit = stage.channel.policy(&line.sku).and_then(|policy| policy.backorder_limit);
                    prop_assert!(stage.channel.open(&line.sku) <= limit.map_or(0, |limit| limit.value));
                }
            }
            if lose {
                closed.undo.undo(&mut stage.channel);
                prop_assert_eq!(rows(&stage.channel), before, "taking back left something");
                continue;
            }
            if again {
                let sold_anew = closed.facts.iter().any(|(cause, _)| cause.is_some());
                prop_assert!(!sold_anew, "{:?} did something again", command);
            } else if let (Some(name), Ok(_)) = (name, &answer) {
                sold.push((name, command));
            }
            stage.confirm(closed);
        }
    }
}
