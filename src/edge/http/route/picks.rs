//! `/v1/warehouses/{warehouse}/pick-lists`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::actor::House;
use crate::actor::house::picking::ToPick;
use crate::domain::ids::{Sku, WarehouseId};
use crate::domain::routing::Method;
use crate::edge::fault::Problem;
use crate::edge::http::accept::media;
use crate::edge::http::extract::{Ask, InPath};
use crate::edge::http::paper::pick_lists;
use crate::edge::http::reply::{ok, with_type};
use crate::edge::wire::picking::{PickBox, PickLine, PickList, PickListsAnswer, PickedFor};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;

/// Boxes of a list where nothing is said: what a trolley carries.
const SIZE: u64 = 20;
/// Boxes of a list at most.
const SIZE_MAX: u64 = 200;
/// Lists of an answer where nothing is said.
const LISTS: u64 = 10;
/// Lists of an answer at most.
const LISTS_MAX: u64 = 100;
const JSON: &str = "application/json";
const PLAIN: &str = "text/plain";

/// What a warehouse has to pick now, in lists for one walk each: the most urgent work first, within a list by bin. As
/// JSON, or with `Accept: text/plain` on paper.
#[utoipa::path(get, path = "/v1/warehouses/{warehouse}/pick-lists", tag = "fulfilments",
    params(
        ("warehouse" = String, Path),
        ("size" = Option<u64>, Query, description = "fulfilments of a list, 1 to 200; 20 where it is not said"),
        ("limit" = Option<u64>, Query, description = "lists, 1 to 100; 10 where it is not said"),
        ("Accept" = Option<String>, Header, description = "`application/json` or `text/plain`")),
    responses((status = 200, content((PickListsAnswer = "application/json"), (String = "text/plain"))), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn lists(
    ask: Ask,
    InPath(warehouse): InPath<WarehouseId>,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_fulfil(&warehouse)?;
    let query = ask.query(&["size", "limit"])?;
    let figure = |name, default, most| -> Result<usize, Problem> {
        Ok(usize::try_from(query.number(name, most)?.unwrap_or(default)).unwrap_or(usize::MAX))
    };
    let (size, limit) = (figure("size", SIZE, SIZE_MAX)?, figure("limit", LISTS, LISTS_MAX)?);
    let house = &ask.asking.inside.house;
    let name = house.warehouse(&warehouse)?.spec.name.clone();
    let work = house.to_pick(&warehouse);
    let walks = work.chunks(size).take(limit);
    let lists = walks.zip(1..).map(|(walk, number)| pick_list(house, &warehouse, number, walk)).collect();
    let left = work.len().saturating_sub(size.saturating_mul(limit));
    let answer = PickListsAnswer { warehouse: Text(warehouse), name, at: Time(house.now()), lists, left };
    if media(&headers, [JSON, PLAIN]) == PLAIN {
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        return Ok(with_type(StatusCode::OK, kind, pick_lists(&answer).into_bytes()));
    }
    ok(&answer)
}

fn pick_list(house: &House, warehouse: &WarehouseId, list: u32, walk: &[ToPick]) -> PickList {
    let mut boxes = Vec::with_capacity(walk.len());
    let mut goods: BTreeMap<Sku, Vec<PickedFor>> = BTreeMap::new();
    for (work, tote) in walk.iter().zip(1..) {
        let (order, Some(part)) = (&work.order, work.part()) else { continue };
        let fulfilment = part.id(&order.id);
        for line in &part.lines {
            let (fulfilment, of, quantity) = (Text(fulfilment.clone()), line.line.clone(), line.quantity);
            let picked = PickedFor { tote, fulfilment, line: Text(of), quantity };
            goods.entry(line.sku.clone()).or_default().push(picked);
        }
        boxes.push(PickBox {
            tote,
            fulfilment: Text(fulfilment),
            order: Text(order.number.clone()),
            channel: Text(order.channel.clone()),
            state: part.state.name(),
            pickup: matches!(order.method, Method::Pickup(_)),
            priority: order.terms.priority,
            promise_by: order.terms.promise.map(Time),
            requested_at: Time(part.requested_at),
            units: part.lines.iter().fold(0, |sum, line| sum.saturating_add(line.quantity)),
        });
    }
    let line = |(sku, parts): (Sku, Vec<PickedFor>)| {
        let mut card = house.item(&sku).unwrap_or_default();
        PickLine {
            bin: card.bins.remove(warehouse),
            sku: Text(sku),
            title: card.title,
            gtin: card.gtin,
            quantity: parts.iter().fold(0, |sum, part| sum.saturating_add(part.quantity)),
            parts,
        }
    };
    let mut lines: Vec<PickLine> = goods.into_iter().map(line).collect();
    // Stable: within a bin the order of SKUs stays.
    lines.sort_by(|one, other| by_bin(one.bin.as_deref(), other.bin.as_deref()));
    let units = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.quantity));
    PickList { list, units, boxes, lines }
}

/// As somebody walks: numbers within a bin's name count as numbers, so that `A-9` comes before `A-10`; what has no bin
/// comes last.
fn by_bin(one: Option<&str>, other: Option<&str>) -> Ordering {
    match (one, other) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) => parts(one).cmp(&parts(other)).then_with(|| one.cmp(other)),
    }
}

/// A text in runs of digits and of other letters. A number is its digits without leading zeros, the longer one being the
/// larger; it comes before letters.
fn parts(text: &str) -> Vec<(bool, usize, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let run = if digits { run.trim_start_matches('0') } else { run };
        found.push((!digits, if digits { run.len() } else { 0 }, run));
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bins are walked in the order of their numbers, and what has none comes last.
    #[test]
    fn bins_are_walked_in_order() {
        let mut bins = [
            Some("A-10"),
            None,
            Some("A-9"),
            Some("B-1"),
            Some("A-09"),
            Some("10"),
            Some("9"),
            Some("A"),
            Some("Ä-1"),
        ];
        bins.sort_by(|one, other| by_bin(*one, *other));
        let expected = [
            Some("9"),
            Some("10"),
            Some("A"),
            Some("A-09"),
            Some("A-9"),
            Some("A-10"),
            Some("B-1"),
            Some("Ä-1"),
            None,
        ];
        assert_eq!(bins, expected);
    }
}
