//! `/v1/stock`.

use axum::body::Body;
use axum::http::Response;

use crate::actor::House;
use crate::domain::ids::Sku;
use crate::domain::refusal::Refusal;
use crate::edge::fault::Problem;
use crate::edge::http::extract::{Ask, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::stock::{AsOf, StockAnswer, StockPage};
use crate::edge::wire::text::Text;

/// SKUs of a page where nothing is said.
const PAGE: u64 = 100;
/// SKUs of a page at most: an answer of a few megabytes.
const PAGE_MAX: u64 = 10_000;

/// Every SKU with its levels, in order of SKU.
#[utoipa::path(get, path = "/v1/stock", tag = "stock",
    params(
        ("limit" = Option<u64>, Query, description = "SKUs of the page, 1 to 10000; 100 where it is not said"),
        ("after" = Option<String>, Query, description = "the `next` of the page before")),
    responses((status = 200, body = StockPage), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn list(ask: Ask) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_read_all()?;
    let query = ask.query(&["limit", "after"])?;
    let limit = usize::try_from(query.number("limit", PAGE_MAX)?.unwrap_or(PAGE)).unwrap_or(usize::MAX);
    let after = query.name::<Sku>("after")?;
    let house = &ask.asking.inside.house;
    // Read before the levels: a consumer may then meet an event twice, never miss one.
    let as_of = as_of(house);
    let skus = house.skus_after(after.as_ref(), limit);
    let next = (skus.len() >= limit).then(|| skus.last().cloned().map(Text)).flatten();
    let now = house.now();
    let items = skus.iter().filter_map(|sku| house.stock(sku, now));
    let items = items.map(|stock| StockAnswer::of(stock, now, None)).collect();
    ok(&StockPage { items, next, as_of })
}

/// One SKU everywhere.
#[utoipa::path(get, path = "/v1/stock/{sku}", tag = "stock",
    params(("sku" = String, Path, description = "percent-encoded")),
    responses((status = 200, body = StockAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn one(
    ask: Ask,
    InPath(sku): InPath<Sku>,
) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_read_all()?;
    ask.query(&[])?;
    let house = &ask.asking.inside.house;
    let as_of = as_of(house);
    let now = house.now();
    let stock = house.stock(&sku, now).ok_or(Refusal::UnknownSku(sku))?;
    ok(&StockAnswer::of(stock, now, Some(as_of)))
}

fn as_of(house: &House) -> AsOf {
    house.heads().map(|(id, head)| (format!("w:{id}"), head.to_string())).collect()
}
