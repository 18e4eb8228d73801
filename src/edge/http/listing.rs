//! Lists of documents: open ones from memory in order of id, or settled ones from the store.

use super::query::Query;
use crate::actor::House;
use crate::domain::desk::Document;
use crate::domain::ids::OrderId;
use crate::edge::fault::Problem;

/// Documents of a page where nothing is said.
const PAGE: u64 = 100;
/// Documents of a page at most.
const PAGE_MAX: u64 = 1_000;

/// A page of documents.
#[derive(Debug)]
pub(super) struct Page {
    /// Those that are wanted.
    pub(super) documents: Vec<Document>,
    /// Where the next page begins; `None` where this was the last.
    pub(super) next: Option<String>,
}

/// Reads the page that `archived`, `limit` and `after` of a query ask for. Of the archive about as many documents are
/// read as may be on the page, whether they are wanted or not.
///
/// # Errors
/// 422 for an `after` that no page told; what the store says.
pub(super) async fn page(
    house: &House,
    query: &Query,
    wanted: impl Fn(&Document) -> bool,
) -> Result<Page, Problem> {
    let limit = usize::try_from(query.number("limit", PAGE_MAX)?.unwrap_or(PAGE)).unwrap_or(usize::MAX);
    if query.flag("archived")? {
        let (mut documents, next) = house.archived(query.one("after")?, limit).await?;
        documents.retain(wanted);
        return Ok(Page { documents, next });
    }
    let documents = house.documents(query.name::<OrderId>("after")?.as_ref(), limit, wanted);
    let next = documents.last().filter(|_| documents.len() >= limit).map(|last| last.id().to_string());
    Ok(Page { documents, next })
}
