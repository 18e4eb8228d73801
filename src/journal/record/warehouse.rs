//! The stored form of a warehouse's facts and rows.

use bytes::Bytes;

use super::codec::{Reader, Writer, damaged};
use super::entry::Recorded;
use super::shared::{
    get_attempt, get_command_id, get_floors, get_lines, get_remembered, get_scheduled, get_sku, get_time,
    key_text, put_command_id, put_floors, put_lines, put_remembered, put_scheduled, put_sku, put_time,
    value_from, value_of,
};
use crate::domain::count::{Bucket, BucketKey, Mark, Measures};
use crate::domain::fact::{Fact, FactKind, FactLine};
use crate::domain::hold::{Allocation, Claim, Draw, Hold, HoldKey, Plan, PlanPart, Replaced};
use crate::domain::ids::{CartId, ChannelId, CommandId, Reason, Reference, Sku, SourceId, WarehouseId};
use crate::domain::level::Level;
use crate::domain::memory::Class;
use crate::domain::policy::{Fence, StockPolicy};
use crate::domain::warehouse::{Row, Totals, Warehouse};
use crate::journal::{Change, JournalError, JournalKind, Table};

type Read<T> = Result<T, JournalError>;

const TOTALS: &str = "totals";
const FLOORS: &str = "floors";

impl Recorded for Warehouse {
    const KIND: JournalKind = JournalKind::Warehouse;
    const TABLES: &'static [Table] = &[
        Table::Stock,
        Table::Holds,
        Table::Allocations,
        Table::Policies,
        Table::Marks,
        Table::Seen,
        Table::Movements,
    ];

    fn put_fact(fact: &Fact, writer: &mut Writer) {
        writer.byte(fact.kind.number());
        writer.list(&fact.lines, |writer, line| {
            put_sku(writer, &line.sku);
            writer.signed(line.change);
            put_level(writer, &line.after);
            writer.unsigned(line.previous);
        });
        writer.option(fact.reservation.as_ref(), put_command_id);
        let texts = [
            fact.channel.as_ref().map(ChannelId::as_str),
            fact.cart.as_ref().map(CartId::as_str),
            fact.reference.as_ref().map(Reference::as_str),
            fact.reason.as_ref().map(Reason::as_str),
            fact.source.as_ref().map(SourceId::as_str),
        ];
        for text in texts {
            writer.option(text, Writer::text);
        }
        writer.option(fact.time, put_time);
        writer.flag(fact.covered);
        writer.option(fact.lost, |writer, (from, to)| {
            writer.unsigned(from);
            writer.unsigned(to);
        });
    }

    fn get_fact(reader: &mut Reader<'_>) -> Read<Fact> {
        let number = reader.byte()?;
        let kind = FactKind::ALL.iter().find(|kind| kind.number() == number);
        let kind = *kind.ok_or_else(|| damaged(format!("{number} is no fact of a warehouse")))?;
        let mut fact = Fact::new(kind).lines(reader.list(|reader| {
            Ok(FactLine {
                sku: get_sku(reader)?,
                change: reader.signed()?,
                after: get_level(reader)?,
                previous: reader.unsigned()?,
            })
        })?);
        fact.reservation = reader.option(get_command_id)?;
        fact.channel = reader.option(|reader| reader.text().map(ChannelId::stored))?;
        fact.cart = reader.option(|reader| reader.text().map(CartId::stored))?;
        fact.reference = reader.option(|reader| reader.text().map(Reference::stored))?;
        fact.reason = reader.option(|reader| reader.text().map(Reason::stored))?;
        fact.source = reader.option(|reader| reader.text().map(SourceId::stored))?;
        fact.time = reader.option(get_time)?;
        fact.covered = reader.flag()?;
        fact.lost = reader.option(|reader| Ok((reader.unsigned()?, reader.unsigned()?)))?;
        Ok(fact)
    }

    fn put_row(row: &Row, writer: &mut Writer) {
        match row {
            Row::Level(sku, level) => {
                writer.byte(0);
                put_sku(writer, sku);
                writer.option(level.as_ref(), put_level);
            }
            Row::Policy(sku, policy) => {
                writer.byte(1);
                put_sku(writer, sku);
                writer.option(policy.as_ref(), put_policy);
            }
            Row::Hold(key, hold) => {
                writer.byte(2);
                put_hold_key(writer, key);
                writer.option(hold.as_ref(), put_hold);
            }
            Row::Allocation(id, allocation) => {
                writer.byte(3);
                put_command_id(writer, id);
                writer.option(allocation.as_ref(), put_allocation);
            }
            Row::Mark(sku, mark) => {
                writer.byte(4);
                put_sku(writer, sku);
                writer.option(mark.as_ref(), put_mark);
            }
            Row::Bucket(key, bucket) => {
                writer.byte(5);
                writer.signed(key.minute);
                put_sku(writer, &key.sku);
                writer.option(bucket.as_ref(), put_bucket);
            }
            Row::Remembered(id, known) => {
                writer.byte(6);
                put_command_id(writer, id);
                writer.option(known.as_ref(), put_remembered);
            }
            Row::Totals(totals) => {
                writer.byte(7);
                put_totals(writer, totals);
            }
            Row::Floors(floors) => {
                writer.byte(8);
                put_floors(writer, floors);
            }
        }
    }

    fn get_row(reader: &mut Reader<'_>) -> Read<Row> {
        Ok(match reader.byte()? {
            0 => Row::Level(get_sku(reader)?, reader.option(get_level)?),
            1 => Row::Policy(get_sku(reader)?, reader.option(get_policy)?),
            2 => Row::Hold(get_hold_key(reader)?, reader.option(get_hold)?),
            3 => Row::Allocation(get_command_id(reader)?, reader.option(get_allocation)?),
            4 => Row::Mark(get_sku(reader)?, reader.option(get_mark)?),
            5 => {
                let key = BucketKey { minute: reader.signed()?, sku: get_sku(reader)? };
                Row::Bucket(key, reader.option(get_bucket)?)
            }
            6 => Row::Remembered(get_command_id(reader)?, reader.option(get_remembered)?),
            7 => Row::Totals(get_totals(reader)?),
            8 => Row::Floors(get_floors(reader)?),
            other => return Err(damaged(format!("{other} is no row of a warehouse"))),
        })
    }

    fn change(row: &Row) -> Option<Change> {
        let key = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let (table, key, value) = match row {
            Row::Level(sku, level) => (Table::Stock, key(sku.as_str()), level.as_ref().map(level_text)),
            Row::Policy(sku, policy) => {
                let value = policy.as_ref().map(|policy| value_of(|writer| put_policy(writer, policy)));
                (Table::Policies, key(sku.as_str()), value)
            }
            Row::Hold(of, hold) => {
                let value = hold.as_ref().map(|hold| value_of(|writer| put_hold(writer, hold)));
                (Table::Holds, hold_key_text(of).into(), value)
            }
            Row::Allocation(id, allocation) => {
                let value = allocation.as_ref().map(|row| value_of(|writer| put_allocation(writer, row)));
                (Table::Allocations, key(id.as_str()), value)
            }
            Row::Mark(sku, mark) => {
                let value = mark.as_ref().map(|mark| value_of(|writer| put_mark(writer, mark)));
                (Table::Marks, format!("sku/{sku}").into(), value)
            }
            Row::Bucket(of, bucket) => {
                let value = bucket.as_ref().map(|bucket| value_of(|writer| put_bucket(writer, bucket)));
                (Table::Movements, format!("{}/{}", of.minute, of.sku).into(), value)
            }
            Row::Remembered(id, known) => {
                if known.as_ref().is_some_and(|known| known.class == Class::Hold) {
                    return None;
                }
                let value = known.as_ref().map(|known| value_of(|writer| put_remembered(writer, known)));
                (Table::Seen, key(id.as_str()), value)
            }
            Row::Totals(totals) => {
                (Table::Marks, key(TOTALS), Some(value_of(|writer| put_totals(writer, totals))))
            }
            Row::Floors(floors) => {
                (Table::Marks, key(FLOORS), Some(value_of(|writer| put_floors(writer, floors))))
            }
        };
        Some(Change { table, key, value })
    }

    fn row_from(table: Table, key: &[u8], value: &[u8]) -> Read<Row> {
        let key = key_text(key)?;
        Ok(match table {
            Table::Stock => Row::Level(Sku::stored(key), Some(level_from(value)?)),
            Table::Policies => Row::Policy(Sku::stored(key), Some(value_from(value, get_policy)?)),
            Table::Holds => Row::Hold(hold_key_from(key)?, Some(value_from(value, get_hold)?)),
            Table::Allocations => {
                Row::Allocation(CommandId::stored(key), Some(value_from(value, get_allocation)?))
            }
            Table::Seen => Row::Remembered(CommandId::stored(key), Some(value_from(value, get_remembered)?)),
            Table::Movements => {
                let wrong = || damaged(format!("`{key}` is no minute of movements"));
                let (minute, sku) = key.split_once('/').ok_or_else(wrong)?;
                let minute = minute.parse().map_err(|_| wrong())?;
                Row::Bucket(BucketKey { minute, sku: Sku::stored(sku) }, Some(value_from(value, get_bucket)?))
            }
            Table::Marks => match (key, key.strip_prefix("sku/")) {
                (_, Some(sku)) => Row::Mark(Sku::stored(sku), Some(value_from(value, get_mark)?)),
                (TOTALS, _) => Row::Totals(value_from(value, get_totals)?),
                (FLOORS, _) => Row::Floors(value_from(value, get_floors)?),
                _ => return Err(damaged(format!("a warehouse has no mark `{key}`"))),
            },
            Table::Items => return Err(damaged("a warehouse has no items")),
            Table::Orders | Table::Archive | Table::Contacts => {
                return Err(damaged("a warehouse has no orders"));
            }
        })
    }
}

/// A level as an operator reads it in the store.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelText {
    v: u8,
    on_hand: i64,
    reserved: i64,
    allocated: i64,
    damaged: i64,
    quality_control: i64,
    quarantine: i64,
    changed: u64,
}

fn level_text(level: &Level) -> Bytes {
    let Level { on_hand, damaged, quality_control, quarantine, reserved, allocated, changed } = *level;
    let text =
        LevelText { v: 1, on_hand, reserved, allocated, damaged, quality_control, quarantine, changed };
    serde_json::to_vec(&text).unwrap_or_default().into()
}

fn level_from(value: &[u8]) -> Read<Level> {
    let text: LevelText =
        serde_json::from_slice(value).map_err(|error| damaged(format!("a level can't be read: {error}")))?;
    if text.v != 1 {
        return Err(damaged(format!("level of version {}, this program knows up to 1", text.v)));
    }
    let LevelText { on_hand, reserved, allocated, damaged, quality_control, quarantine, changed, .. } = text;
    Ok(Level { on_hand, damaged, quality_control, quarantine, reserved, allocated, changed })
}

fn put_level(writer: &mut Writer, level: &Level) {
    let Level { on_hand, damaged, quality_control, quarantine, reserved, allocated, changed } = *level;
    for figure in [on_hand, damaged, quality_control, quarantine, reserved, allocated] {
        writer.signed(figure);
    }
    writer.unsigned(changed);
}

fn get_level(reader: &mut Reader<'_>) -> Read<Level> {
    Ok(Level {
        on_hand: reader.signed()?,
        damaged: reader.signed()?,
        quality_control: reader.signed()?,
        quarantine: reader.signed()?,
        reserved: reader.signed()?,
        allocated: reader.signed()?,
        changed: reader.unsigned()?,
    })
}

fn put_policy(writer: &mut Writer, policy: &StockPolicy) {
    writer.option(policy.safety_stock.as_ref(), put_scheduled);
    writer.list(&policy.fences, |writer, fence| {
        writer.text(fence.channel.as_str());
        put_scheduled(writer, &fence.set);
        writer.signed(fence.left);
        writer.unsigned(fence.set_by);
    });
}

fn get_policy(reader: &mut Reader<'_>) -> Read<StockPolicy> {
    let safety_stock = reader.option(get_scheduled)?;
    let fences = reader.list(|reader| {
        Ok(Fence {
            channel: ChannelId::stored(reader.text()?),
            set: get_scheduled(reader)?,
            left: reader.signed()?,
            set_by: reader.unsigned()?,
        })
    })?;
    Ok(StockPolicy { safety_stock, fences })
}

fn hold_key_text(key: &HoldKey) -> String {
    match key {
        HoldKey::Cart(channel, cart) => format!("cart/{channel}/{cart}"),
        HoldKey::Alone(id) => format!("alone/{id}"),
    }
}

fn hold_key_from(text: &str) -> Read<HoldKey> {
    let wrong = || damaged(format!("`{text}` is no key of a hold"));
    if let Some(id) = text.strip_prefix("alone/") {
        return Ok(HoldKey::Alone(CommandId::stored(id)));
    }
    let rest = text.strip_prefix("cart/").ok_or_else(wrong)?;
    let (channel, cart) = rest.split_once('/').ok_or_else(wrong)?;
    Ok(HoldKey::Cart(ChannelId::stored(channel), CartId::stored(cart)))
}

fn put_hold_key(writer: &mut Writer, key: &HoldKey) {
    match key {
        HoldKey::Alone(id) => {
            writer.byte(0);
            put_command_id(writer, id);
        }
        HoldKey::Cart(channel, cart) => {
            writer.byte(1);
            writer.text(channel.as_str());
            writer.text(cart.as_str());
        }
    }
}

fn get_hold_key(reader: &mut Reader<'_>) -> Read<HoldKey> {
    match reader.byte()? {
        0 => get_command_id(reader).map(HoldKey::Alone),
        1 => Ok(HoldKey::Cart(ChannelId::stored(reader.text()?), CartId::stored(reader.text()?))),
        other => Err(damaged(format!("{other} is no key of a hold"))),
    }
}

fn put_hold(writer: &mut Writer, hold: &Hold) {
    writer.text(hold.channel.as_str());
    writer.option(hold.cart.as_ref(), |writer, cart| writer.text(cart.as_str()));
    put_time(writer, hold.created);
    writer.option(hold.newest, put_time);
    writer.option(hold.now.as_ref(), put_claim);
    writer.option(hold.next.as_ref(), put_claim);
    put_draws(writer, &hold.draws);
    writer.list(&hold.replaced, |writer, replaced| {
        put_command_id(writer, &replaced.reservation);
        put_lines(writer, &replaced.lines);
    });
}

fn get_hold(reader: &mut Reader<'_>) -> Read<Hold> {
    Ok(Hold {
        channel: ChannelId::stored(reader.text()?),
        cart: reader.option(|reader| reader.text().map(CartId::stored))?,
        created: get_time(reader)?,
        newest: reader.option(get_time)?,
        now: reader.option(get_claim)?,
        next: reader.option(get_claim)?,
        draws: get_draws(reader)?,
        replaced: reader.list(|reader| {
            Ok(Replaced { reservation: get_command_id(reader)?, lines: get_lines(reader)? })
        })?,
    })
}

fn put_claim(writer: &mut Writer, claim: &Claim) {
    put_command_id(writer, &claim.reservation);
    writer.unsigned(u64::from(claim.attempt));
    put_lines(writer, &claim.lines);
    put_plan(writer, &claim.plan);
    put_time(writer, claim.deadline);
}

fn get_claim(reader: &mut Reader<'_>) -> Read<Claim> {
    Ok(Claim {
        reservation: get_command_id(reader)?,
        attempt: get_attempt(reader)?,
        lines: get_lines(reader)?,
        plan: get_plan(reader)?,
        deadline: get_time(reader)?,
    })
}

fn put_plan(writer: &mut Writer, plan: &Plan) {
    writer.list(plan, |writer, part| {
        writer.text(part.warehouse.as_str());
        put_lines(writer, &part.lines);
    });
}

fn get_plan(reader: &mut Reader<'_>) -> Read<Plan> {
    let parts = reader.list(|reader| {
        Ok(PlanPart { warehouse: WarehouseId::stored(reader.text()?), lines: get_lines(reader)? })
    })?;
    Ok(parts.into())
}

fn put_draws(writer: &mut Writer, draws: &[Draw]) {
    writer.list(draws, |writer, draw| {
        put_sku(writer, &draw.sku);
        writer.signed(draw.quantity);
        writer.unsigned(draw.set_by);
    });
}

fn get_draws(reader: &mut Reader<'_>) -> Read<Vec<Draw>> {
    reader.list(|reader| {
        Ok(Draw { sku: get_sku(reader)?, quantity: reader.signed()?, set_by: reader.unsigned()? })
    })
}

fn put_allocation(writer: &mut Writer, allocation: &Allocation) {
    writer.text(allocation.channel.as_str());
    writer.option(allocation.cart.as_ref(), |writer, cart| writer.text(cart.as_str()));
    put_lines(writer, &allocation.lines);
    put_draws(writer, &allocation.draws);
    put_time(writer, allocation.requested_at);
    writer.unsigned(u64::from(allocation.attempt));
    put_plan(writer, &allocation.plan);
}

fn get_allocation(reader: &mut Reader<'_>) -> Read<Allocation> {
    Ok(Allocation {
        channel: ChannelId::stored(reader.text()?),
        cart: reader.option(|reader| reader.text().map(CartId::stored))?,
        lines: get_lines(reader)?,
        draws: get_draws(reader)?,
        requested_at: get_time(reader)?,
        attempt: get_attempt(reader)?,
        plan: get_plan(reader)?,
    })
}

fn put_mark(writer: &mut Writer, mark: &Mark) {
    writer.text(mark.source.as_str());
    put_time(writer, mark.as_of);
    writer.signed(mark.figure);
    writer.flag(mark.measures == Measures::Available);
    writer.signed(mark.lag_ms);
}

fn get_mark(reader: &mut Reader<'_>) -> Read<Mark> {
    Ok(Mark {
        source: SourceId::stored(reader.text()?),
        as_of: get_time(reader)?,
        figure: reader.signed()?,
        measures: if reader.flag()? { Measures::Available } else { Measures::OnHand },
        lag_ms: reader.signed()?,
    })
}

fn put_bucket(writer: &mut Writer, bucket: &Bucket) {
    writer.signed(bucket.incoming);
    writer.signed(bucket.outgoing);
    writer.unsigned(bucket.first);
    writer.unsigned(bucket.last);
}

fn get_bucket(reader: &mut Reader<'_>) -> Read<Bucket> {
    Ok(Bucket {
        incoming: reader.signed()?,
        outgoing: reader.signed()?,
        first: reader.unsigned()?,
        last: reader.unsigned()?,
    })
}

fn put_totals(writer: &mut Writer, totals: &Totals) {
    let Totals { received, returned, shipped, scrapped, corrected } = *totals;
    for figure in [received, returned, shipped, scrapped, corrected] {
        writer.signed(figure);
    }
}

fn get_totals(reader: &mut Reader<'_>) -> Read<Totals> {
    Ok(Totals {
        received: reader.signed()?,
        returned: reader.signed()?,
        shipped: reader.signed()?,
        scrapped: reader.signed()?,
        corrected: reader.signed()?,
    })
}
