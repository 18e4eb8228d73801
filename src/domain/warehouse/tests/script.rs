//! A tiny text language for tables.
//!
//! `check("receive A 5 | claim r1 A=6; claim r2 A=5; level A", "insufficient_stock A 6/5; reserved A=5; 5/0/0/5")`:
//! what stands before the `|` must be accepted and is not compared, what stands behind it answers one by one. Times are
//! seconds since the start, levels read `on_hand/unavailable/allocated/reserved`, SKUs begin with a capital.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use super::world::{RULES, START, World};
use crate::domain::count::Measures;
use crate::domain::hold::{Claim, ClaimLine, Plan, PlanPart};
use crate::domain::ids::{CartId, ChannelId, CommandId, OrderId, Reason, Sku, SourceId, WarehouseId};
use crate::domain::level::Condition;
use crate::domain::machine::{Envelope, Machine, Moment};
use crate::domain::memory::End;
use crate::domain::policy::{Scheduled, free};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::waiting::Waiting;
use crate::domain::warehouse::{
    Answer, ClaimStock, Command, CountLine, Movement, MovementKind, PartState, ReservationPart, Rules,
    SetStockPolicy, WaitForStock,
};

/// Runs a script and compares what its second half answers.
pub(super) fn check(script: &str, expected: &str) {
    check_with(RULES, script, expected);
}

pub(super) fn check_with(rules: Rules, script: &str, expected: &str) {
    let (setup, body) = script.split_once('|').unwrap_or(("", script));
    let mut stage = Stage { world: World::new(rules), minted: 0 };
    for line in setup.split(';').map(str::trim).filter(|line| !line.is_empty()) {
        let answer = stage.run(line);
        assert!(answer.is_ok(), "`{line}` in the setup of `{script}`: {answer:?}");
    }
    let found: Vec<String> =
        body.split(';').map(|line| stage.run(line.trim()).unwrap_or_else(|told| told)).collect();
    stage.world.commit();
    assert_eq!(found.join("; "), expected, "{script}");
}

pub(super) fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

pub(super) fn id(text: &str) -> CommandId {
    CommandId::parse(text).unwrap()
}

pub(super) fn channel(text: &str) -> ChannelId {
    ChannelId::parse(text).unwrap()
}

pub(super) fn order(text: &str) -> OrderId {
    OrderId::parse(text).unwrap()
}

pub(super) fn lines(of: &[ClaimLine]) -> String {
    of.iter().map(|line| format!("{}={}", line.sku, line.quantity)).collect::<Vec<_>>().join(",")
}

struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    /// The word at a place, options and lines not counted.
    fn at(&self, place: usize) -> &'a str {
        self.0.iter().copied().filter(|word| !word.contains('=')).nth(place).unwrap_or_default()
    }

    fn number(&self, place: usize) -> i64 {
        self.at(place).parse().unwrap()
    }

    fn option(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    fn parsed<T: FromStr>(&self, key: &str) -> Option<T> {
        self.option(key).map(|text| text.parse().ok().unwrap())
    }

    fn time(&self, key: &str) -> Option<Timestamp> {
        self.parsed::<i64>(key).map(|seconds| START.plus(seconds * 1_000))
    }

    fn has(&self, word: &str) -> bool {
        self.0.contains(&word)
    }

    fn cart(&self) -> Option<CartId> {
        self.option("cart").map(|cart| CartId::parse(cart).unwrap())
    }

    fn order(&self) -> Option<OrderId> {
        self.option("order").map(order)
    }

    fn channel(&self) -> ChannelId {
        channel(self.option("channel").unwrap_or("shop"))
    }

    fn lines(&self) -> Vec<ClaimLine> {
        let lines = self.0.iter().filter(|word| word.starts_with(char::is_uppercase));
        let lines = lines.filter_map(|word| word.split_once('='));
        lines.map(|(name, units)| ClaimLine { sku: sku(name), quantity: units.parse().unwrap() }).collect()
    }

    fn scheduled(&self, value: &str) -> Option<Scheduled> {
        let value = value.parse().ok()?;
        Some(Scheduled { value, from: self.time("from"), until: self.time("until") })
    }
}

struct Stage {
    world: World,
    minted: u32,
}

impl Stage {
    /// Runs one line; a refusal comes as an error in words.
    fn run(&mut self, line: &str) -> Result<String, String> {
        let words = Words(line.split_whitespace().collect());
        if let Some(answer) = self.look(&words) {
            return Ok(answer);
        }
        let Some(command) = command(&words) else { panic!("`{line}` is not understood") };
        let envelope = self.envelope(&words, &command);
        let alone = !words.has("too");
        self.world.begin();
        let (answer, _) = self.world.ask(&envelope, &command);
        if alone {
            self.world.commit();
        }
        match answer {
            Ok(answer) => Ok(show(&answer)),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Lines that ask the stage itself and not the warehouse.
    fn look(&mut self, words: &Words<'_>) -> Option<String> {
        if words.at(0) == "alerts" {
            let told = std::mem::take(&mut self.world.alerts);
            return Some(if told.is_empty() { "none".into() } else { told.join(", ") });
        }
        let warehouse = &self.world.warehouse;
        Some(match words.at(0) {
            "wait" => {
                self.world.now = self.world.now.plus(words.number(1) * 1_000);
                self.world.begin();
                self.world.commit();
                "waited".into()
            }
            "grace" => {
                self.world.may_expire = words.at(1) == "off";
                "done".into()
            }
            "lose" => {
                self.world.roll_back();
                "lost".into()
            }
            "level" => warehouse.level(&sku(words.at(1))).map_or("none".into(), |level| {
                let (on_hand, unavailable) = (level.on_hand, level.unavailable());
                format!("{on_hand}/{unavailable}/{}/{}", level.allocated, level.reserved)
            }),
            "free" => {
                let name = sku(words.at(1));
                let level = warehouse.level(&name).copied().unwrap_or_default();
                let policy = warehouse.policy(&name);
                free(&level, policy, &channel(words.at(2)), words.has("told"), self.world.now).to_string()
            }
            "left" => {
                let policy = warehouse.policy(&sku(words.at(1)));
                let mut fences = policy.into_iter().flat_map(|policy| &policy.fences);
                let fence = fences.find(|fence| fence.channel == channel(words.at(2)));
                fence.map_or("none".into(), |fence| fence.left.to_string())
            }
            "deadline" => {
                let part = warehouse.part(&self.world.moment(), &id(words.at(1)));
                let deadline = part.and_then(|part| part.deadline);
                deadline.map_or("none".into(), |at| (at.since(START) / 1_000).to_string())
            }
            "find" => warehouse
                .part(&self.world.moment(), &id(words.at(1)))
                .map_or("unknown".into(), |found| part(&found)),
            "cart" => {
                let cart = (words.channel(), CartId::parse(words.at(1)).unwrap());
                show(&warehouse.find(&self.world.moment(), None, Some(&cart), None))
            }
            "waits" => stands(warehouse.waiting().get(&id(words.at(1)))),
            "unbooked" => show(&warehouse.find_waiting(None)),
            "orders" => show(&warehouse.find_waiting(Some(&order(words.at(1))))),
            "transferred" => warehouse.totals().transferred.to_string(),
            "ids" => warehouse.memory().len().to_string(),
            "version" => self.world.moment().version.to_string(),
            "due" => {
                let due = warehouse.due();
                due.map_or("never".into(), |due| (due.since(START) / 1_000).to_string())
            }
            _ => return None,
        })
    }

    fn envelope(&mut self, words: &Words<'_>, command: &Command) -> Envelope {
        let Moment { now, .. } = self.world.moment();
        self.minted += 1;
        let minted = format!("m{}", self.minted);
        let own = if matches!(command, Command::Claim(_) | Command::Wait(_)) {
            words.at(1)
        } else {
            minted.as_str()
        };
        let issued = words.time("issued");
        let mut hasher = DefaultHasher::new();
        let body: Vec<&str> =
            words.0.iter().copied().filter(|word| !is_about_the_conversation(word)).collect();
        words.option("body").map_or(body.join(" "), str::to_owned).hash(&mut hasher);
        Envelope {
            id: id(words.option("id").unwrap_or(own)),
            time: issued.unwrap_or(now),
            timed: issued.is_some(),
            fingerprint: hasher.finish(),
            actor: None,
            trace: None,
        }
    }
}

/// Words that differ between the messages of one and the same command.
fn is_about_the_conversation(word: &str) -> bool {
    let keys = ["try", "issued", "id", "body"];
    ["multi", "too"].contains(&word) || keys.iter().any(|key| word.split('=').next() == Some(key))
}

fn command(words: &Words<'_>) -> Option<Command> {
    let reservation = || id(words.at(1));
    let told = words.option("into").or(words.option("from")).filter(|text| text.parse::<i64>().is_err());
    let kind = match words.at(0) {
        "claim" => return Some(Command::Claim(claim(words))),
        "settle" => {
            let (channel, cart) = (words.channel(), words.cart()?);
            return Some(Command::Settle { reservation: reservation(), attempt: 1, channel, cart });
        }
        "drop" => return Some(Command::DropNext { reservation: reservation() }),
        "release" | "extend" | "allocate" | "ship" | "giveback" | "writeoff" => return Some(act(words)),
        "await" => return Some(Command::Wait(wait(words))),
        "unwait" => {
            let quantity = words.at(2).parse().ok();
            return Some(Command::Unwait { id: reservation(), quantity });
        }
        "ack" => return Some(Command::AckServed { id: reservation(), upto: words.number(2) }),
        "count" => return Some(Command::Count(count(words))),
        "safety" | "fence" | "limits" => return Some(Command::SetPolicy(policy(words))),
        "receive" => MovementKind::Receive(told.map(condition)),
        "return" => MovementKind::Return(told.map(condition)),
        "adjust" => MovementKind::Adjust,
        "hold" => MovementKind::Hold(condition(words.at(3))),
        "restock" => MovementKind::Restock(condition(words.at(3))),
        "scrap" => MovementKind::Scrap(told.map(condition)),
        "reclassify" => {
            let (from, to) = (condition(words.at(3)), condition(words.at(4)));
            MovementKind::Reclassify { from, to }
        }
        "sendout" => MovementKind::TransferOut { transfer: order("t1") },
        "bringin" => MovementKind::TransferIn {
            transfer: order("t1"),
            into: told.map(condition),
            promised: Vec::new(),
        },
        "sell" => MovementKind::Sell { channel: words.channel(), reservation: words.option("of").map(id) },
        _ => return None,
    };
    Some(Command::Move(Movement {
        sku: sku(words.at(1)),
        kind,
        quantity: words.number(2),
        reference: None,
        reason: Some(Reason::parse("test").unwrap()),
        occurred_at: words.time("at"),
    }))
}

fn condition(text: &str) -> Condition {
    match text {
        "damaged" => Condition::Damaged,
        "checking" => Condition::QualityControl,
        "quarantine" => Condition::Quarantine,
        other => panic!("`{other}` is no condition"),
    }
}

/// A command about a reservation.
fn act(words: &Words<'_>) -> Command {
    let (reservation, owner, lines) = (id(words.at(1)), words.order(), words.lines());
    match words.at(0) {
        "release" => Command::Release { reservation, attempt: words.parsed("try"), owner },
        "extend" => Command::Extend { reservation, ttl_ms: words.number(2) * 1_000, owner },
        "allocate" => Command::Allocate { reservation, owner },
        "giveback" => Command::Deallocate { reservation, owner, lines },
        "writeoff" => {
            let reason = Some(Reason::parse("not found").unwrap());
            let condition = words.option("into").map(condition);
            Command::WriteOff { reservation, owner, lines, condition, reason }
        }
        _ => Command::Ship {
            reservation,
            lines: Some(lines).filter(|lines| !lines.is_empty()),
            occurred_at: words.time("at"),
            reference: None,
            owner,
            as_transfer: words.has("transfer").then(|| order("t1")),
        },
    }
}

fn wait(words: &Words<'_>) -> WaitForStock {
    WaitForStock {
        channel: words.channel(),
        owner: words.order().unwrap(),
        sku: sku(words.at(2)),
        quantity: words.number(3),
        told: words.has("told"),
        priority: words.parsed("priority").unwrap_or(5),
        promise: words.time("promise"),
        accepted_at: words.time("accepted").unwrap_or(START),
    }
}

fn claim(words: &Words<'_>) -> ClaimStock {
    let lines = words.lines();
    let part = |place: &str| PartPlan(place, lines.clone()).into();
    let plan: Vec<PlanPart> = if words.has("multi") { vec![part("BER"), part("WIE")] } else { Vec::new() };
    ClaimStock {
        attempt: words.parsed("try").unwrap_or(1),
        channel: words.channel(),
        cart: words.cart(),
        plan: Plan::new(plan),
        lines,
        ttl_ms: words.parsed::<i64>("ttl").unwrap_or(900) * 1_000,
        told: words.has("told"),
        partial: words.has("partial"),
        owner: words.order(),
        from: words.option("over").map(id),
        allocate: words.has("promised"),
    }
}

struct PartPlan<'a>(&'a str, Vec<ClaimLine>);

impl From<PartPlan<'_>> for PlanPart {
    fn from(part: PartPlan<'_>) -> Self {
        Self { warehouse: WarehouseId::parse(part.0).unwrap(), lines: part.1 }
    }
}

fn count(words: &Words<'_>) -> CountLine {
    CountLine {
        sku: sku(words.at(1)),
        source: SourceId::parse(words.option("source").unwrap_or("erp")).unwrap(),
        as_of: words.time("at").unwrap(),
        figure: words.number(2),
        measures: if words.has("available") { Measures::Available } else { Measures::OnHand },
        lag_ms: words.parsed::<i64>("lag").unwrap_or(0) * 1_000,
        seen: words.parsed("seen"),
    }
}

pub(super) fn nothing_set(sku: Sku) -> SetStockPolicy {
    SetStockPolicy { sku, safety_stock: None, fences: Vec::new(), low_stock: None, overstock: None }
}

fn policy(words: &Words<'_>) -> SetStockPolicy {
    let mut policy = nothing_set(sku(words.at(1)));
    match words.at(0) {
        "safety" => policy.safety_stock = Some(words.scheduled(words.at(2))),
        "fence" => policy.fences.push((channel(words.at(2)), words.scheduled(words.at(3)))),
        _ => {
            policy.low_stock = words.option("low").map(|limit| limit.parse().ok());
            policy.overstock = words.option("over").map(|limit| limit.parse().ok());
        }
    }
    policy
}

fn show(answer: &Answer) -> String {
    match answer {
        Answer::Reservation(found) => part(found),
        Answer::Found(found) => {
            let Some(hold) = &found.cart else { return "nothing".into() };
            let claim = |what: &str, claim: &Option<Claim>| {
                claim.as_ref().map(|claim| format!("{what} {} {}", claim.reservation, lines(&claim.lines)))
            };
            let claims = claim("now", &hold.now).into_iter().chain(claim("next", &hold.next));
            claims.collect::<Vec<_>>().join(" ")
        }
        Answer::Moved { covered: true, .. } => "covered".into(),
        Answer::Moved { covered: false, .. } => "moved".into(),
        Answer::GaveBack(given) if given.is_empty() => "gave nothing".into(),
        Answer::GaveBack(given) => format!("gave {}", lines(given)),
        Answer::Waiting(part) if part.given_up > 0 => {
            format!("less {}, {}", part.given_up, stands(part.waiting.as_ref()))
        }
        Answer::Waiting(part) => stands(part.waiting.as_ref()),
        Answer::WaitingRows(rows) => {
            let rows = rows.iter().map(|(id, row)| format!("{id}: {}", stands(Some(row))));
            rows.collect::<Vec<_>>().join(", ")
        }
        Answer::Done => "done".into(),
    }
}

fn stands(waiting: Option<&Waiting>) -> String {
    waiting.map_or("closed".into(), |row| {
        format!("waits {} served {}/{}", row.quantity, row.acknowledged, row.served)
    })
}

fn part(part: &ReservationPart) -> String {
    let state = match &part.state {
        PartState::Reserved => "reserved".into(),
        PartState::Pending => "pending".into(),
        PartState::Allocated => "allocated".into(),
        PartState::Ended(End::Abandoned) => "abandoned".to_owned(),
        PartState::Ended(End::Released) => "released".into(),
        PartState::Ended(End::Expired) => "expired".into(),
        PartState::Ended(End::Shipped) => "shipped".into(),
        PartState::Ended(End::Amended(by)) => format!("amended by {by}"),
        PartState::Ended(End::Ordered(order)) => format!("ordered {order}"),
    };
    format!("{state} {}", lines(&part.lines))
}

fn refused(refusal: &Refusal) -> String {
    let code = refusal.code();
    match refusal {
        Refusal::InsufficientStock(short) => {
            let short = short.iter().map(|short| format!("{} {}/{}", short.sku, short.asked, short.free));
            format!("{code} {}", short.collect::<Vec<_>>().join(" "))
        }
        Refusal::OwnedByOrder { order } => format!("{code} {order}"),
        Refusal::Amended { by } | Refusal::Superseded { by } => format!("{code} {by}"),
        Refusal::NotHeld { asked, held, .. } => format!("{code} {asked}/{held}"),
        Refusal::InsufficientCondition { asked, there, .. } => format!("{code} {asked}/{there}"),
        _ => code.into(),
    }
}
