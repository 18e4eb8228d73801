//! `/v1/warehouses/{warehouse}/counts`.

use axum::body::Body;
use axum::http::Response;

use crate::actor::Head;
use crate::actor::fault::Fault;
use crate::actor::house::House;
use crate::domain::ids::WarehouseId;
use crate::domain::refusal::Refusal;
use crate::domain::warehouse::CountLine;
use crate::edge::fault::Problem;
use crate::edge::http::batch::{Unapplied, carry_out, must_fit};
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Change, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::count::{CountBody, CountIdentity, CountedLine};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::verdict::{Verdict, Verdicts};

/// Records absolute counts of one source, each line by itself.
#[utoipa::path(post, path = "/v1/warehouses/{warehouse}/counts", tag = "warehouses", request_body = CountBody,
    params(("warehouse" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "line i is command `<id>/<i>`")),
    responses((status = 200, body = Verdicts), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn counts(
    change: Change,
    InPath(warehouse): InPath<WarehouseId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.ask.caller.must_keep(&warehouse)?;
    let inside = &change.ask.inside;
    inside.house.warehouse(&warehouse)?;
    let said: CountBody<'_> = sent.parse()?;
    must_fit(&change, said.lines.len())?;
    let seen = match &said.seen {
        Some(event) => Some(seen(&inside.house, &warehouse, event).await?),
        None => None,
    };
    let issued_at = said.issued_at.map(|time| time.0);
    let (signed, warehouse, head) = (&change.signed, &warehouse, &said);
    let verdicts = carry_out(&said.lines, |index, line: CountedLine| async move {
        let (source, as_of, measures) = (&head.source, head.as_of, head.measures);
        let identity = CountIdentity { source, as_of, measures, seen: head.seen.as_deref(), line: &line };
        let fingerprint = inside.key.fingerprint("count", warehouse.as_str(), &identity);
        let wrong =
            |(field, detail): (&'static str, &'static str)| Unapplied::Invalid(field, detail.to_owned());
        let figure = line.figure(measures).map_err(wrong)?;
        let sku = line.sku.0.as_str().to_owned();
        let count = CountLine {
            sku: line.sku.0,
            source: source.0.clone(),
            as_of: as_of.0,
            figure,
            measures: measures.into(),
            lag_ms: 0,
            seen,
        };
        let moved = inside.house.count(&signed.line(index, issued_at, fingerprint), warehouse, count).await?;
        Ok(Verdict { on_hand: Some(moved.level.on_hand), ..Verdict::applied(Some(sku)) })
    });
    ok(&verdicts.await?)
}

/// The version of an event `<journal>.<version>-<nonce>.<index>` of this warehouse's journal.
async fn seen(house: &House, warehouse: &WarehouseId, event: &str) -> Result<u64, Problem> {
    let head = event
        .strip_prefix("w:")
        .and_then(|rest| rest.strip_prefix(warehouse.as_str())?.strip_prefix('.'))
        .and_then(|rest| rest.rsplit_once('.'))
        .filter(|(_, index)| index.parse::<u32>().is_ok())
        .and_then(|(head, _)| head.parse::<Head>().ok());
    let Some(head) = head else {
        let detail = format!(
            "seen: an event id of this warehouse, `w:{warehouse}.<version>-<nonce>.<index>`, is right"
        );
        let problem = Problem::invalid("seen", detail);
        return Err(Problem { code: Refusal::UnknownSeen.code(), ..problem });
    };
    house.check_seen(warehouse, head).await.map_err(Fault::into)
}
