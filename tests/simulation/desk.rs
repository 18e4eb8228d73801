//! What order desks ask of warehouses and channels: claims over reservations, promises, give-backs, waiting.

use lagerd::actor::{Fault, House};
use lagerd::domain::channel::{ChannelCommand, ClaimBackorder, SetChannelPolicy};
use lagerd::domain::hold::{ClaimLine, Plan};
use lagerd::domain::ids::{ChannelId, CommandId, OrderId, ReservationId, Sku, WarehouseId};
use lagerd::domain::machine::Envelope;
use lagerd::domain::policy::Scheduled;
use lagerd::domain::warehouse::{self, ClaimStock, Command, WaitForStock};

use crate::ledger::{Answer, definite};
use crate::script::CHANNELS;

/// Something a desk asks for.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    Stock(WarehouseId, Command),
    Room(ChannelId, ChannelCommand),
}

/// What desks have asked for so far.
#[derive(Debug, Default)]
pub(crate) struct Desks {
    claims: Vec<(ReservationId, WarehouseId, OrderId)>,
    waits: Vec<(CommandId, WarehouseId, OrderId)>,
    backorders: Vec<(CommandId, ChannelId)>,
}

impl Desks {
    /// The next task, under an id.
    pub(crate) fn task(
        &mut self,
        id: &CommandId,
        rng: &mut fastrand::Rng,
        (sku, at, known): (Sku, WarehouseId, ReservationId),
    ) -> Task {
        let order = OrderId::parse(&format!("07-{}", rng.u32(0..4))).unwrap();
        let line = vec![ClaimLine { sku: sku.clone(), quantity: rng.i64(1..4) }];
        if rng.u32(0..6) == 0 {
            return self.room(id, rng, (sku, line, order));
        }
        let (begun, waiting) = (recent(&self.claims, rng), recent(&self.waits, rng));
        let command = match (rng.u32(0..13), begun, waiting) {
            (4..9, Some((reservation, at, owner)), _) => {
                return Task::Stock(at, act(reservation, owner, rng, line));
            }
            (9..11, _, Some((reservation, at, owner))) => {
                return Task::Stock(at, act(reservation, owner, rng, line));
            }
            (11, _, Some((id, at, _))) => {
                let quantity = rng.bool().then(|| rng.i64(0..3));
                return Task::Stock(at, Command::Unwait { id, quantity });
            }
            (12, _, Some((id, at, _))) => {
                return Task::Stock(at, Command::AckServed { id, upto: rng.i64(0..4) });
            }
            (0..2, ..) => {
                self.waits.push((id.clone(), at.clone(), order.clone()));
                self.claims.push((id.clone(), at.clone(), order.clone()));
                Command::Wait(WaitForStock {
                    channel: a_channel(rng),
                    owner: order,
                    sku,
                    quantity: rng.i64(1..6),
                    told: rng.u32(0..4) == 0,
                    priority: rng.u8(0..3),
                    promise: None,
                    accepted_at: lagerd::domain::time::Timestamp::from_millis(rng.i64(0..9)),
                })
            }
            _ => {
                self.claims.push((id.clone(), at.clone(), order.clone()));
                Command::Claim(ClaimStock {
                    attempt: 1,
                    channel: a_channel(rng),
                    cart: None,
                    lines: line,
                    plan: Plan::default(),
                    ttl_ms: rng.i64(1_000..90_000),
                    told: rng.u32(0..4) == 0,
                    partial: rng.bool(),
                    owner: Some(order),
                    from: rng.bool().then_some(known),
                    allocate: rng.bool(),
                })
            }
        };
        Task::Stock(at, command)
    }

    fn room(
        &mut self,
        id: &CommandId,
        rng: &mut fastrand::Rng,
        (sku, lines, owner): (Sku, Vec<ClaimLine>, OrderId),
    ) -> Task {
        let known = recent(&self.backorders, rng);
        match (rng.u32(0..5), known) {
            (0, _) => {
                let limit = rng.bool().then(|| Scheduled::always(rng.i64(0..9)));
                let policy = SetChannelPolicy {
                    sku,
                    buffer: None,
                    cap: None,
                    low_at: None,
                    backorder_limit: Some(limit),
                    preorder: Some(rng.bool()),
                };
                Task::Room(a_channel(rng), policy.into())
            }
            (3, Some((id, channel))) => Task::Room(channel, ChannelCommand::Keep { id }),
            (4, Some((id, channel))) => {
                Task::Room(channel, ChannelCommand::CloseBackorder { id, left: Vec::new() })
            }
            _ => {
                let (channel, ttl_ms, told) = (a_channel(rng), rng.i64(1_000..90_000), rng.u32(0..4) == 0);
                self.backorders.push((id.clone(), channel.clone()));
                Task::Room(
                    channel,
                    ChannelCommand::Backorder(ClaimBackorder { owner, lines, limit: 0, ttl_ms, told }),
                )
            }
        }
    }
}

/// Something done with what an order owns; now and then by another order.
fn act(
    reservation: ReservationId,
    owner: OrderId,
    rng: &mut fastrand::Rng,
    lines: Vec<ClaimLine>,
) -> Command {
    let owner = if rng.u32(0..8) == 0 { OrderId::parse("07-9").unwrap() } else { owner };
    let owner = Some(owner);
    match rng.u32(0..7) {
        0 => Command::Release { reservation, attempt: None, owner },
        1 | 2 => Command::Allocate { reservation, owner },
        3 => Command::Deallocate { reservation, owner, lines },
        4 => Command::WriteOff { reservation, owner, lines, condition: None, reason: None },
        _ => {
            let (lines, as_transfer) = (Some(lines), rng.bool().then(|| OrderId::parse("07-8").unwrap()));
            Command::Ship { reservation, lines, occurred_at: None, reference: None, owner, as_transfer }
        }
    }
}

fn recent<T: Clone>(all: &[T], rng: &mut fastrand::Rng) -> Option<T> {
    rng.choice(&all[all.len().saturating_sub(8)..]).cloned()
}

fn a_channel(rng: &mut fastrand::Rng) -> ChannelId {
    ChannelId::parse(rng.choice(CHANNELS).unwrap()).unwrap()
}

/// Carries a task out.
pub(crate) async fn carry_out(house: &House, envelope: Envelope, task: &Task) -> Option<Answer> {
    match task {
        Task::Room(channel, command) => {
            definite(house.channels[channel].mailbox.ask(envelope, command.clone()).await, |_| Answer::Desk)
        }
        Task::Stock(at, command) => {
            let told = house.warehouses[at].mailbox.ask(envelope, command.clone()).await;
            definite(told, |answer| match answer {
                warehouse::Answer::GaveBack(lines) => Answer::GaveBack(lines),
                _ => Answer::Desk,
            })
        }
    }
}

/// Nobody who waits could have goods that are there.
pub(crate) async fn nobody_waits_in_vain(house: &House) {
    let now = house.now();
    for handle in house.warehouses.values() {
        for order in 0..4 {
            let owner = OrderId::parse(&format!("07-{order}")).ok();
            let id = CommandId::parse("look").unwrap();
            let envelope = Envelope { id, time: now, timed: false, fingerprint: 0, actor: None, trace: None };
            let rows = match handle.mailbox.ask(envelope, Command::FindWaiting { owner }).await {
                Ok(warehouse::Answer::WaitingRows(rows)) => rows,
                Err(Fault::Unavailable(_)) => continue,
                other => panic!("{other:?}"),
            };
            for (id, row) in rows.iter().filter(|(_, row)| row.quantity > 0) {
                let free = handle.view.row(&row.sku).unwrap_or_default().free(&row.channel, row.told, now);
                assert_eq!(free, 0, "{id} waits beside free goods: {row:?}");
            }
        }
    }
}
