//! The stored form of what a warehouse's rows are made of.

use bytes::Bytes;

use super::codec::{Reader, Writer, damaged};
use super::shared::{
    get_attempt, get_command_id, get_lines, get_order_id, get_scheduled, get_sku, get_time, put_command_id,
    put_lines, put_order_id, put_scheduled, put_sku, put_time,
};
use crate::domain::count::{Bucket, Mark, Measures};
use crate::domain::hold::{Allocation, Claim, Draw, Hold, HoldKey, Plan, PlanPart, Replaced};
use crate::domain::ids::{CartId, ChannelId, CommandId, OrderId, SourceId, WarehouseId};
use crate::domain::level::Level;
use crate::domain::policy::{Fence, StockPolicy};
use crate::domain::waiting::Waiting;
use crate::domain::warehouse::Totals;
use crate::journal::JournalError;

type Read<T> = Result<T, JournalError>;

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

pub(super) fn level_text(level: &Level) -> Bytes {
    let Level { on_hand, damaged, quality_control, quarantine, reserved, allocated, changed } = *level;
    let text =
        LevelText { v: 1, on_hand, reserved, allocated, damaged, quality_control, quarantine, changed };
    serde_json::to_vec(&text).unwrap_or_default().into()
}

pub(super) fn level_from(value: &[u8]) -> Read<Level> {
    let text: LevelText =
        serde_json::from_slice(value).map_err(|error| damaged(format!("a level can't be read: {error}")))?;
    if text.v != 1 {
        return Err(damaged(format!("level of version {}, this program knows up to 1", text.v)));
    }
    let LevelText { on_hand, reserved, allocated, damaged, quality_control, quarantine, changed, .. } = text;
    Ok(Level { on_hand, damaged, quality_control, quarantine, reserved, allocated, changed })
}

pub(super) fn put_level(writer: &mut Writer, level: &Level) {
    let Level { on_hand, damaged, quality_control, quarantine, reserved, allocated, changed } = *level;
    for figure in [on_hand, damaged, quality_control, quarantine, reserved, allocated] {
        writer.signed(figure);
    }
    writer.unsigned(changed);
}

pub(super) fn get_level(reader: &mut Reader<'_>) -> Read<Level> {
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

pub(super) fn put_policy(writer: &mut Writer, policy: &StockPolicy) {
    writer.option(policy.safety_stock.as_ref(), put_scheduled);
    writer.list(&policy.fences, |writer, fence| {
        writer.text(fence.channel.as_str());
        put_scheduled(writer, &fence.set);
        writer.signed(fence.left);
        writer.unsigned(fence.set_by);
    });
    for limit in [policy.alerts.low_stock, policy.alerts.overstock] {
        writer.option(limit, Writer::signed);
    }
    writer.signed(policy.safety_seen);
}

pub(super) fn get_policy(reader: &mut Reader<'_>) -> Read<StockPolicy> {
    let safety_stock = reader.option(get_scheduled)?;
    let fences = reader.list(|reader| {
        Ok(Fence {
            channel: ChannelId::stored(reader.text()?),
            set: get_scheduled(reader)?,
            left: reader.signed()?,
            set_by: reader.unsigned()?,
        })
    })?;
    let mut policy = StockPolicy { safety_stock, fences, ..StockPolicy::default() };
    if reader.version() < 3 {
        // Whatever scheduled safety stock was at the time: as none was told of, it may begin with none.
        let always = safety_stock.filter(|set| set.from.is_none() && set.until.is_none());
        policy.safety_seen = always.map_or(0, |set| set.value.max(0));
    } else {
        policy.alerts.low_stock = reader.option(Reader::signed)?;
        policy.alerts.overstock = reader.option(Reader::signed)?;
        policy.safety_seen = reader.signed()?;
    }
    Ok(policy)
}

pub(super) fn hold_key_text(key: &HoldKey) -> String {
    match key {
        HoldKey::Cart(channel, cart) => format!("cart/{channel}/{cart}"),
        HoldKey::Alone(id) => format!("alone/{id}"),
    }
}

pub(super) fn hold_key_from(text: &str) -> Read<HoldKey> {
    let wrong = || damaged(format!("`{text}` is no key of a hold"));
    if let Some(id) = text.strip_prefix("alone/") {
        return Ok(HoldKey::Alone(CommandId::stored(id)));
    }
    let rest = text.strip_prefix("cart/").ok_or_else(wrong)?;
    let (channel, cart) = rest.split_once('/').ok_or_else(wrong)?;
    Ok(HoldKey::Cart(ChannelId::stored(channel), CartId::stored(cart)))
}

pub(super) fn put_hold_key(writer: &mut Writer, key: &HoldKey) {
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

pub(super) fn get_hold_key(reader: &mut Reader<'_>) -> Read<HoldKey> {
    match reader.byte()? {
        0 => get_command_id(reader).map(HoldKey::Alone),
        1 => Ok(HoldKey::Cart(ChannelId::stored(reader.text()?), CartId::stored(reader.text()?))),
        other => Err(damaged(format!("{other} is no key of a hold"))),
    }
}

pub(super) fn put_hold(writer: &mut Writer, hold: &Hold) {
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
    writer.option(hold.owner.as_ref(), put_order_id);
}

pub(super) fn get_hold(reader: &mut Reader<'_>) -> Read<Hold> {
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
        owner: get_owner(reader)?,
    })
}

pub(super) fn put_claim(writer: &mut Writer, claim: &Claim) {
    put_command_id(writer, &claim.reservation);
    writer.unsigned(u64::from(claim.attempt));
    put_lines(writer, &claim.lines);
    put_plan(writer, &claim.plan);
    put_time(writer, claim.deadline);
}

pub(super) fn get_claim(reader: &mut Reader<'_>) -> Read<Claim> {
    Ok(Claim {
        reservation: get_command_id(reader)?,
        attempt: get_attempt(reader)?,
        lines: get_lines(reader)?,
        plan: get_plan(reader)?,
        deadline: get_time(reader)?,
    })
}

pub(super) fn put_plan(writer: &mut Writer, plan: &Plan) {
    writer.list(plan, |writer, part| {
        writer.text(part.warehouse.as_str());
        put_lines(writer, &part.lines);
    });
}

pub(super) fn get_plan(reader: &mut Reader<'_>) -> Read<Plan> {
    let parts = reader.list(|reader| {
        Ok(PlanPart { warehouse: WarehouseId::stored(reader.text()?), lines: get_lines(reader)? })
    })?;
    Ok(parts.into())
}

pub(super) fn put_draws(writer: &mut Writer, draws: &[Draw]) {
    writer.list(draws, |writer, draw| {
        put_sku(writer, &draw.sku);
        writer.signed(draw.quantity);
        writer.unsigned(draw.set_by);
    });
}

pub(super) fn get_draws(reader: &mut Reader<'_>) -> Read<Vec<Draw>> {
    reader.list(|reader| {
        Ok(Draw { sku: get_sku(reader)?, quantity: reader.signed()?, set_by: reader.unsigned()? })
    })
}

pub(super) fn put_allocation(writer: &mut Writer, allocation: &Allocation) {
    writer.text(allocation.channel.as_str());
    writer.option(allocation.cart.as_ref(), |writer, cart| writer.text(cart.as_str()));
    put_lines(writer, &allocation.lines);
    put_draws(writer, &allocation.draws);
    put_time(writer, allocation.requested_at);
    writer.unsigned(u64::from(allocation.attempt));
    put_plan(writer, &allocation.plan);
    writer.option(allocation.owner.as_ref(), put_order_id);
}

pub(super) fn get_allocation(reader: &mut Reader<'_>) -> Read<Allocation> {
    Ok(Allocation {
        channel: ChannelId::stored(reader.text()?),
        cart: reader.option(|reader| reader.text().map(CartId::stored))?,
        lines: get_lines(reader)?,
        draws: get_draws(reader)?,
        requested_at: get_time(reader)?,
        attempt: get_attempt(reader)?,
        plan: get_plan(reader)?,
        owner: get_owner(reader)?,
    })
}

/// The order something belongs to; before version 2 there were none.
pub(super) fn get_owner(reader: &mut Reader<'_>) -> Read<Option<OrderId>> {
    if reader.version() < 2 { Ok(None) } else { reader.option(get_order_id) }
}

pub(super) fn put_waiting(writer: &mut Writer, waiting: &Waiting) {
    writer.text(waiting.channel.as_str());
    put_order_id(writer, &waiting.owner);
    put_sku(writer, &waiting.sku);
    for units in [waiting.quantity, waiting.served, waiting.acknowledged] {
        writer.signed(units);
    }
    writer.flag(waiting.told);
    writer.byte(waiting.priority);
    writer.option(waiting.promise, put_time);
    put_time(writer, waiting.accepted_at);
}

pub(super) fn get_waiting(reader: &mut Reader<'_>) -> Read<Waiting> {
    Ok(Waiting {
        channel: ChannelId::stored(reader.text()?),
        owner: get_order_id(reader)?,
        sku: get_sku(reader)?,
        quantity: reader.signed()?,
        served: reader.signed()?,
        acknowledged: reader.signed()?,
        told: reader.flag()?,
        priority: reader.byte()?,
        promise: reader.option(get_time)?,
        accepted_at: get_time(reader)?,
    })
}

pub(super) fn put_mark(writer: &mut Writer, mark: &Mark) {
    writer.text(mark.source.as_str());
    put_time(writer, mark.as_of);
    writer.signed(mark.figure);
    writer.flag(mark.measures == Measures::Available);
    writer.signed(mark.lag_ms);
}

pub(super) fn get_mark(reader: &mut Reader<'_>) -> Read<Mark> {
    Ok(Mark {
        source: SourceId::stored(reader.text()?),
        as_of: get_time(reader)?,
        figure: reader.signed()?,
        measures: if reader.flag()? { Measures::Available } else { Measures::OnHand },
        lag_ms: reader.signed()?,
    })
}

pub(super) fn put_bucket(writer: &mut Writer, bucket: &Bucket) {
    writer.signed(bucket.incoming);
    writer.signed(bucket.outgoing);
    writer.unsigned(bucket.first);
    writer.unsigned(bucket.last);
}

pub(super) fn get_bucket(reader: &mut Reader<'_>) -> Read<Bucket> {
    Ok(Bucket {
        incoming: reader.signed()?,
        outgoing: reader.signed()?,
        first: reader.unsigned()?,
        last: reader.unsigned()?,
    })
}

pub(super) fn put_totals(writer: &mut Writer, totals: &Totals) {
    let Totals { received, returned, shipped, scrapped, corrected, transferred } = *totals;
    for figure in [received, returned, shipped, scrapped, corrected, transferred] {
        writer.signed(figure);
    }
}

pub(super) fn get_totals(reader: &mut Reader<'_>) -> Read<Totals> {
    Ok(Totals {
        received: reader.signed()?,
        returned: reader.signed()?,
        shipped: reader.signed()?,
        scrapped: reader.signed()?,
        corrected: reader.signed()?,
        transferred: if reader.version() < 2 { 0 } else { reader.signed()? },
    })
}
