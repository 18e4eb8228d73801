//! `/v1/stock/{sku}/history`.

use axum::body::Body;
use axum::http::Response;

use crate::actor::house::history::Step;
use crate::domain::ids::{Sku, WarehouseId};
use crate::domain::level::Level;
use crate::domain::refusal::Refusal;
use crate::edge::fault::Problem;
use crate::edge::http::extract::{Ask, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::history::{ChangeAnswer, HistoryAnswer};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::text::Text;

/// Changes of a page where nothing is said.
const PAGE: u64 = 50;
/// Changes of a page at most: each is one read of the log.
const PAGE_MAX: u64 = 500;
/// The longest version that is a whole number to every JSON reader.
const VERSION_MAX: u64 = 1 << 53;

/// Why a SKU's figures at a warehouse are what they are, newest change first.
#[utoipa::path(get, path = "/v1/stock/{sku}/history", tag = "stock",
    params(
        ("sku" = String, Path, description = "percent-encoded"),
        ("warehouse" = Option<String>, Query, description = "may be left out where there is one warehouse"),
        ("limit" = Option<u64>, Query, description = "about how many changes, 1 to 500; 50 where it is not said"),
        ("before" = Option<u64>, Query, description = "the `next` of the page before")),
    responses((status = 200, body = HistoryAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn history(
    ask: Ask,
    InPath(sku): InPath<Sku>,
) -> Result<Response<Body>, Problem> {
    let query = ask.query(&["warehouse", "limit", "before"])?;
    let house = &ask.asking.inside.house;
    let named = query.name::<WarehouseId>("warehouse")?;
    let only = house.warehouses.keys().next().filter(|_| house.warehouses.len() == 1).cloned();
    let Some(warehouse) = named.or(only) else {
        return Err(Problem::invalid("warehouse", "warehouse: name one, as there are several"));
    };
    ask.asking.caller.must_see_stock(&warehouse)?;
    let handle = house.warehouse(&warehouse)?;
    if handle.view.row(&sku).is_none() {
        return Err(Refusal::UnknownSku(sku).into());
    }
    let limit = usize::try_from(query.number("limit", PAGE_MAX)?.unwrap_or(PAGE)).unwrap_or(usize::MAX);
    let from = query.number("before", VERSION_MAX)?;
    let found = house.history(&warehouse, &sku, from, limit).await?;
    let older = match found.next {
        // The change before the page tells what the page began with.
        Some(next) => house.history(&warehouse, &sku, Some(next), 1).await?.steps.into_iter().next(),
        None => None,
    };
    let begins: Vec<Option<Level>> = found
        .steps
        .iter()
        .skip(1)
        .map(Some)
        .chain([older.as_ref()])
        .zip(&found.steps)
        .map(|(older, step)| begun_with(older, step))
        .collect();
    let changes = found.steps.into_iter().zip(begins);
    let changes = changes.map(|(step, before)| ChangeAnswer::of(&warehouse, step, before.as_ref())).collect();
    ok(&HistoryAnswer {
        sku: Text(sku),
        warehouse: Text(warehouse),
        changes,
        next: found.next,
        complete_since: found.complete_since,
    })
}

fn begun_with(older: Option<&Step>, step: &Step) -> Option<Level> {
    match older {
        Some(older) => Some(older.line.after),
        None if step.line.previous == 0 => Some(Level::default()),
        None => None,
    }
}
