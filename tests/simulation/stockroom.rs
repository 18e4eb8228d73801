//! What must be in the warehouses, from what senders were told and from how documents stand.

use std::collections::BTreeMap;

use lagerd::actor::House;
use lagerd::domain::desk::Document;
use lagerd::domain::ids::{OrderId, Sku, WarehouseId};
use lagerd::domain::order::{Order, Return};

use crate::shopping::COUNTED;

pub(crate) type Units = BTreeMap<(WarehouseId, Sku), i64>;

/// Every document there is.
pub(crate) async fn documents(house: &House) -> BTreeMap<OrderId, Document> {
    let open = house.documents(None, usize::MAX, |_| true).into_iter();
    let mut all: BTreeMap<_, _> = open.map(|document| (document.id().clone(), document)).collect();
    let mut cursor = None;
    loop {
        let (page, next) = house.archived(cursor.as_deref(), 500).await.unwrap();
        for document in page {
            let before = all.insert(document.id().clone(), document);
            assert!(before.is_none(), "open and in the archive: {before:?}");
        }
        match next {
            Some(next) => cursor = Some(next),
            None => return all,
        }
    }
}

/// What documents have moved, beside the movements told to warehouses, and what they have promised.
pub(crate) fn moved_and_promised(documents: &BTreeMap<OrderId, Document>) -> (Units, Units) {
    let (mut moved, mut promised) = (Units::new(), Units::new());
    for document in documents.values() {
        match document {
            Document::Order(order) => by_order(order, &mut moved, &mut promised),
            Document::Return(back) => by_return(back, &mut moved),
            Document::Transfer(transfer) => {
                for line in &transfer.lines {
                    let at = |place: &WarehouseId| (place.clone(), line.sku.clone());
                    *moved.entry(at(&transfer.from)).or_default() -= line.shipped;
                    *moved.entry(at(&transfer.to)).or_default() += line.received;
                    if transfer.state.name() == "allocated" {
                        *promised.entry(at(&transfer.from)).or_default() += transfer.own_to_leave(line);
                    }
                }
            }
            Document::Inbound(inbound) => {
                for line in &inbound.lines {
                    let at = (inbound.warehouse.clone(), line.sku.clone());
                    *moved.entry(at).or_default() += line.received;
                }
            }
        }
    }
    (moved, promised)
}

fn by_order(order: &Order, moved: &mut Units, promised: &mut Units) {
    for part in &order.fulfilments {
        for line in &part.lines {
            let at = (part.warehouse.clone(), line.sku.clone());
            if part.state.has_left() {
                *moved.entry(at).or_default() -= line.quantity;
            } else if part.state.is_allocated() {
                *promised.entry(at).or_default() += line.quantity;
            }
        }
    }
    order.returns.iter().for_each(|back| by_return(back, moved));
}

fn by_return(back: &Return, moved: &mut Units) {
    for line in &back.lines {
        let at = (back.warehouse.clone(), line.sku.clone());
        *moved.entry(at).or_default() += line.received - line.inspected.scrap;
    }
}

/// Every unit is where what was told and what documents say put it; what is promised is promised by a document; nothing
/// is held for anybody once all holds are past their time (`at_rest`).
pub(crate) fn check(
    house: &House,
    told: &Units,
    documents: &BTreeMap<OrderId, Document>,
    at_rest: bool,
) -> Vec<(Sku, String)> {
    let mut wrong = Vec::new();
    let (moved, promised) = moved_and_promised(documents);
    for (place, handle) in &house.warehouses {
        for sku in handle.view.skus_after(None, 100) {
            let level = handle.view.row(&sku).unwrap_or_default().level;
            let at = (place.clone(), sku.clone());
            let units = |of: &Units| of.get(&at).copied().unwrap_or(0);
            let mut compare = |what: &str, found: i64, expected: i64| {
                if found != expected {
                    let text = format!("{sku} at {place}: {found} {what}, expected {expected}");
                    wrong.push((sku.clone(), text));
                }
            };
            if sku.as_str() != COUNTED {
                compare("on hand", level.on_hand, units(told) + units(&moved));
            }
            compare("promised", level.allocated, units(&promised));
            if at_rest {
                compare("held", level.reserved, 0);
            }
        }
    }
    wrong
}
