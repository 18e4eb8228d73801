//! A step of a reader of things that come and go.

use std::hash::Hash;

use serde::Serialize;

use super::topic::{Total, Written, written};
use crate::feed::skus::Names;
use crate::feed::{Board, Reader, SkuId, Step};

/// Rows of one frame at most: some hundred kilobytes.
const ROWS_MAX: usize = 200;

/// Takes a reader one step on. `item` is what is told of a thing: as it stands, or how it ended.
pub(super) fn step<K: Clone + Eq + Hash, E, I: Serialize>(
    board: &Board<K, E>,
    reader: &mut Reader,
    names: &Names<'_>,
    (known, due): (impl FnOnce(&Step) -> bool, impl FnOnce(u64) -> bool),
    item: impl Fn(&K, Option<&E>) -> Option<I>,
) -> Written {
    board.admit(reader);
    let latest = board.latest();
    let step = reader.step(latest, names, ROWS_MAX);
    let total = (reader.is_at_head(latest) && due(reader.place()))
        .then(|| Total { sum: latest.sum(), items: board.open() });
    if known(&step) {
        return Written { step, items: Vec::new(), total };
    }
    // What has ended is no part of a snapshot.
    let whole = matches!(step, Step::Page { .. });
    let items = written(
        &step,
        |_| false,
        |id: SkuId, out| {
            let Some((key, ended)) = board.row(id).filter(|(_, ended)| !whole || ended.is_none()) else {
                return false;
            };
            item(key, ended).is_some_and(|item| serde_json::to_writer(out, &item).is_ok())
        },
    );
    Written { step, items, total }
}
