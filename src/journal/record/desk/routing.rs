//! How an order gets to its buyer, and why it was routed as it was.

use super::super::codec::{Reader, Writer, damaged};
use super::super::shared::{get_sku, get_time, put_sku, put_time};
use super::parts::{Read, get_named, get_small, get_units, put_small, put_units};
use crate::domain::ids::WarehouseId;
use crate::domain::order::Routed;
use crate::domain::routing::{
    Blocked, Chosen, Considered, Decided, Dropped, Explanation, Filter, Method, Outcome, Sort, Way, Why,
};

pub(super) fn put_method(writer: &mut Writer, method: &Method) {
    match method {
        Method::Ship => writer.byte(0),
        Method::Pickup(warehouse) => {
            writer.byte(1);
            writer.text(warehouse.as_str());
        }
    }
}

pub(super) fn get_method(reader: &mut Reader<'_>) -> Read<Method> {
    Ok(match reader.byte()? {
        0 => Method::Ship,
        1 => Method::Pickup(WarehouseId::stored(reader.text()?)),
        other => return Err(damaged(format!("{other} is no way to a buyer"))),
    })
}

pub(super) fn put_blocked(writer: &mut Writer, Blocked { warehouse, sku, why }: &Blocked) {
    writer.text(warehouse.as_str());
    writer.option(sku.as_ref(), put_sku);
    writer.byte(why.number());
}

pub(super) fn get_blocked(reader: &mut Reader<'_>) -> Read<Blocked> {
    Ok(Blocked {
        warehouse: WarehouseId::stored(reader.text()?),
        sku: reader.option(get_sku)?,
        why: get_named(reader, Why::ALL, Why::number, "reason not to ask a warehouse")?,
    })
}

pub(super) fn put_routed(writer: &mut Writer, Routed { attempt, at, explanation, parts }: &Routed) {
    put_small(writer, *attempt);
    put_time(writer, *at);
    writer.list(&explanation.considered, put_considered);
    put_chosen(writer, &explanation.chosen);
    writer.list(parts, |writer, (warehouse, units)| {
        writer.text(warehouse.as_str());
        put_units(writer, units);
    });
}

pub(super) fn get_routed(reader: &mut Reader<'_>) -> Read<Routed> {
    Ok(Routed {
        attempt: get_small(reader)?,
        at: get_time(reader)?,
        explanation: Explanation { considered: reader.list(get_considered)?, chosen: get_chosen(reader)? },
        parts: reader.list(|reader| Ok((WarehouseId::stored(reader.text()?), get_units(reader)?)))?,
    })
}

fn put_considered(writer: &mut Writer, considered: &Considered) {
    let Considered { warehouse, dropped, place, decided_by } = considered;
    writer.text(warehouse.as_str());
    writer.option(dropped.as_ref(), |writer, Dropped { filter, detail }| {
        writer.byte(filter.number());
        writer.text(detail);
    });
    writer.option(*place, put_small);
    writer.option(*decided_by, put_sort);
}

fn get_considered(reader: &mut Reader<'_>) -> Read<Considered> {
    Ok(Considered {
        warehouse: WarehouseId::stored(reader.text()?),
        dropped: reader.option(|reader| {
            Ok(Dropped {
                filter: get_named(reader, Filter::ALL, Filter::number, "filter of warehouses")?,
                detail: reader.text()?.to_owned(),
            })
        })?,
        place: reader.option(get_small)?,
        decided_by: reader.option(get_sort)?,
    })
}

fn put_chosen(writer: &mut Writer, chosen: &Chosen) {
    writer.byte(chosen.outcome.number());
    writer.list(&chosen.warehouses, |writer, warehouse| writer.text(warehouse.as_str()));
    writer.signed(chosen.covered);
    writer.signed(chosen.wanted);
    put_small(writer, chosen.passed);
    writer.option(chosen.way, |writer, way| writer.byte(way.number()));
    put_small(writer, chosen.tried);
    put_small(writer, chosen.too_small);
    writer.flag(chosen.bounded);
    match chosen.decided {
        Decided::Nothing => writer.byte(0),
        Decided::NoChoice => writer.byte(1),
        Decided::Units => writer.byte(2),
        Decided::Sort(sort) => {
            writer.byte(3);
            put_sort(writer, sort);
        }
        Decided::Id => writer.byte(4),
    }
}

fn get_chosen(reader: &mut Reader<'_>) -> Read<Chosen> {
    Ok(Chosen {
        outcome: get_named(reader, Outcome::ALL, Outcome::number, "outcome of a routing")?,
        warehouses: reader.list(|reader| reader.text().map(WarehouseId::stored))?,
        covered: reader.signed()?,
        wanted: reader.signed()?,
        passed: get_small(reader)?,
        way: reader.option(|reader| get_named(reader, Way::ALL, Way::number, "way of a routing"))?,
        tried: get_small(reader)?,
        too_small: get_small(reader)?,
        bounded: reader.flag()?,
        decided: match reader.byte()? {
            0 => Decided::Nothing,
            1 => Decided::NoChoice,
            2 => Decided::Units,
            3 => Decided::Sort(get_sort(reader)?),
            4 => Decided::Id,
            other => return Err(damaged(format!("{other} decides no routing"))),
        },
    })
}

fn put_sort(writer: &mut Writer, sort: Sort) {
    writer.byte(sort.number());
}

fn get_sort(reader: &mut Reader<'_>) -> Read<Sort> {
    get_named(reader, Sort::ALL, Sort::number, "sort of warehouses")
}
