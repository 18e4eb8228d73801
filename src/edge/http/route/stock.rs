//! `/v1/stock`.

use axum::body::Body;
use axum::http::Response;

use crate::actor::House;
use crate::actor::house::reading::SkuStock;
use crate::domain::channel::StockState;
use crate::domain::ids::Sku;
use crate::domain::item::Item;
use crate::domain::refusal::Refusal;
use crate::edge::fault::Problem;
use crate::edge::http::extract::{Ask, InPath};
use crate::edge::http::query::Query;
use crate::edge::http::reply::ok;
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::stock::{AsOf, StockAnswer, StockPage};
use crate::edge::wire::text::Text;

/// SKUs of a page where nothing is said.
const PAGE: u64 = 100;
/// SKUs of a page at most: an answer of a few megabytes.
const PAGE_MAX: u64 = 10_000;

/// SKUs looked at for one page of those that are searched for: some tens of milliseconds.
const LOOKED_AT_MAX: usize = 5_000;
/// Characters of what is searched for at most.
const SEARCH_MAX: usize = 128;

/// Which SKUs are listed.
struct Wanted {
    /// What the SKU, its name or its barcode's number has in it, in small letters.
    text: Option<String>,
    /// How its goods look to buyers.
    state: Option<StockState>,
}

impl Wanted {
    fn read(query: &Query) -> Result<Self, Problem> {
        let text = query.one("search")?.map(|text| text.trim().to_lowercase());
        if text.as_ref().is_some_and(|text| text.chars().count() > SEARCH_MAX) {
            let detail = format!("search: at most {SEARCH_MAX} characters are right");
            return Err(Problem::invalid("search", detail));
        }
        Ok(Self {
            text: text.filter(|text| !text.is_empty()),
            state: query.word("state", StockState::named)?,
        })
    }

    const fn is_everything(&self) -> bool {
        self.text.is_none() && self.state.is_none()
    }

    fn names(&self, house: &House, sku: &Sku) -> bool {
        let Some(text) = &self.text else { return true };
        let has = |name: &str| name.to_lowercase().contains(text);
        let on_card = |card: Item| {
            card.title.is_some_and(|title| has(&title)) || card.gtin.is_some_and(|gtin| gtin == *text)
        };
        has(sku.as_str()) || house.item(sku).is_some_and(on_card)
    }

    /// Up to `limit` of them after `after`, and where the next page begins.
    fn page(&self, house: &House, after: Option<&Sku>, limit: usize) -> (Vec<SkuStock>, Option<Sku>) {
        let looked_at_max = if self.is_everything() { limit } else { LOOKED_AT_MAX };
        let now = house.now();
        let skus = house.skus_after(after, looked_at_max);
        let more = skus.len() >= looked_at_max;
        let mut last = None;
        let mut found = Vec::new();
        for sku in skus {
            let stock = if self.names(house, &sku) { house.stock(&sku, now) } else { None };
            found.extend(stock.filter(|stock| self.state.is_none_or(|state| stock.state() == Some(state))));
            last = Some(sku);
            if found.len() >= limit {
                return (found, last);
            }
        }
        (found, last.filter(|_| more))
    }
}

/// Every SKU with its levels, in order of SKU; or those that are searched for. A page of a search may have fewer than
/// `limit`, or none, and still be followed by others.
#[utoipa::path(get, path = "/v1/stock", tag = "stock",
    params(
        ("search" = Option<String>, Query, description = "only where the SKU or its title has this in it, or its gtin is this"),
        ("state" = Option<String>, Query, description = "only what looks like this to buyers on the channel where it looks worst, `sold_out`, `low`, `backorder`, `preorder` or `in_stock`, in this order"),
        ("limit" = Option<u64>, Query, description = "SKUs of the page, 1 to 10000; 100 where it is not said"),
        ("after" = Option<String>, Query, description = "the `next` of the page before")),
    responses((status = 200, body = StockPage), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn list(ask: Ask) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_read_all()?;
    let query = ask.query(&["search", "state", "limit", "after"])?;
    let limit = usize::try_from(query.number("limit", PAGE_MAX)?.unwrap_or(PAGE)).unwrap_or(usize::MAX);
    let after = query.name::<Sku>("after")?;
    let wanted = Wanted::read(&query)?;
    let house = &ask.asking.inside.house;
    // Read before the levels: a consumer may then meet an event twice, never miss one.
    let as_of = as_of(house);
    let (items, next) = wanted.page(house, after.as_ref(), limit);
    let now = house.now();
    let items = items.into_iter().map(|stock| StockAnswer::of(stock, now, None)).collect();
    ok(&StockPage { items, next: next.map(Text), as_of })
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
