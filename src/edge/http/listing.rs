//! Lists of documents: the open ones from memory in order of id, then the settled ones from the store.

use crate::actor::House;
use crate::domain::desk::Document;
use crate::domain::ids::OrderId;
use crate::edge::fault::Problem;

/// Documents of a page where nothing is said.
pub(super) const PAGE: u64 = 100;
/// Documents of a page at most.
pub(super) const PAGE_MAX: u64 = 1_000;
/// Reads for one answer: where few settled documents fit, the caller comes again with what was told as `next`.
const READS_MAX: usize = 20;
/// What the resume point among open documents begins with, and the one among settled documents.
const OPEN: &str = "o";
const SETTLED: &str = "s";

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The `next` of the page before.
    pub(super) after: Option<&'a str>,
    /// Documents of the page at most.
    pub(super) limit: usize,
    /// Whether settled documents are looked through too.
    pub(super) settled: bool,
}

/// A page of documents.
#[derive(Debug)]
pub(super) struct Page {
    /// Those that fit.
    pub(super) documents: Vec<Document>,
    /// Where the next page begins; `None` where this was the last.
    pub(super) next: Option<String>,
}

/// Where a page begins.
enum Place {
    /// After this open document, or at the first.
    Open(Option<OrderId>),
    /// At this point of the settled documents, or at their beginning.
    Settled(Option<String>),
}

impl Place {
    fn read(after: Option<&str>) -> Result<Self, Problem> {
        let wrong = || Problem::invalid("after", "after: send the `next` of the page before");
        let Some(after) = after else { return Ok(Self::Open(None)) };
        match after.split_once('.').ok_or_else(wrong)? {
            (OPEN, id) => OrderId::parse(id).map(|id| Self::Open(Some(id))).map_err(|_| wrong()),
            (SETTLED, "") => Ok(Self::Settled(None)),
            (SETTLED, cursor) => Ok(Self::Settled(Some(cursor.to_owned()))),
            (_, _) => Err(wrong()),
        }
    }

    fn told(&self) -> String {
        match self {
            Self::Open(after) => format!("{OPEN}.{}", after.as_ref().map_or("", OrderId::as_str)),
            Self::Settled(from) => format!("{SETTLED}.{}", from.as_deref().unwrap_or_default()),
        }
    }
}

/// Reads a page. A document that settles between two pages may come on both.
///
/// # Errors
/// 422 for an `after` that no page told; what the store says.
pub(super) async fn page(
    house: &House,
    asked: Asked<'_>,
    wanted: impl Fn(&Document) -> bool,
) -> Result<Page, Problem> {
    let mut documents: Vec<Document> = Vec::new();
    let mut place = Place::read(asked.after)?;
    for _ in 0..READS_MAX {
        let room = asked.limit.saturating_sub(documents.len());
        if room == 0 {
            break;
        }
        let next = match place {
            Place::Open(after) => {
                let read = house.documents(after.as_ref(), room, &wanted);
                let full = read.len() >= room;
                let last = read.last().filter(|_| full).map(|document| document.id().clone());
                documents.extend(read);
                match last {
                    Some(last) => Some(Place::Open(Some(last))),
                    None => asked.settled.then_some(Place::Settled(None)),
                }
            }
            Place::Settled(from) => {
                let (read, next) = house.archived(from.as_deref(), room).await?;
                documents.extend(read.into_iter().filter(&wanted));
                next.map(|next| Place::Settled(Some(next)))
            }
        };
        match next {
            None => return Ok(Page { documents, next: None }),
            Some(next) => place = next,
        }
    }
    Ok(Page { documents, next: Some(place.told()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place reads back as it is told, and what no page told is refused.
    #[test]
    fn places_read_back() {
        for place in ["o.07-ab", "s.", "s.17.x"] {
            assert_eq!(Place::read(Some(place)).unwrap().told(), place);
        }
        assert!(matches!(Place::read(None), Ok(Place::Open(None))));
        for wrong in ["", "o", "o.", "o.a b", "x.1"] {
            assert_eq!(Place::read(Some(wrong)).err().map(|problem| problem.code), Some("invalid"), "{wrong}");
        }
    }
}
