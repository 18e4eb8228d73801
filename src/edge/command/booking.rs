//! What happened to goods: movements and counts, line by line.

use super::batch::{Unapplied, carry_out};
use super::{Asking, Said, Signed};
use crate::actor::Head;
use crate::actor::fault::Fault;
use crate::actor::house::House;
use crate::domain::ids::WarehouseId;
use crate::domain::refusal::Refusal;
use crate::domain::warehouse::CountLine;
use crate::edge::fault::Problem;
use crate::edge::wire::batch::LinesBody;
use crate::edge::wire::count::{CountBody, CountIdentity, CountedLine};
use crate::edge::wire::movement::MovementLine;
use crate::edge::wire::verdict::{Verdict, Verdicts};

/// Records movements of goods, each line by itself.
///
/// # Errors
/// What a caller is told.
pub async fn movements(
    asking: &Asking,
    signed: Signed,
    warehouse: &WarehouseId,
    body: Said<'_>,
) -> Result<Verdicts, Problem> {
    asking.caller.must_keep(warehouse)?;
    let inside = &asking.inside;
    inside.house.warehouse(warehouse)?;
    let said: LinesBody<'_> = body.read()?;
    asking.must_fit(said.lines.len())?;
    let issued_at = said.issued_at.map(|time| time.0);
    let signed = &signed;
    let verdicts = carry_out(&said.lines, |index, line: MovementLine| async move {
        let fingerprint = inside.key.fingerprint("move", warehouse.as_str(), &line);
        let wrong =
            |(field, detail): (&'static str, &'static str)| Unapplied::Invalid(field, detail.to_owned());
        let movement = line.movement().map_err(wrong)?;
        let sku = movement.sku.as_str().to_owned();
        let sender = signed.line(index, issued_at, fingerprint);
        let moved = inside.house.move_goods(&sender, warehouse, movement).await?;
        let (covered, on_hand) = (moved.covered.then_some(true), Some(moved.level.on_hand));
        Ok(Verdict { covered, on_hand, ..Verdict::applied(Some(sku)) })
    });
    verdicts.await
}

/// Records absolute counts of one source, each line by itself.
///
/// # Errors
/// What a caller is told.
pub async fn counts(
    asking: &Asking,
    signed: Signed,
    warehouse: &WarehouseId,
    body: Said<'_>,
) -> Result<Verdicts, Problem> {
    asking.caller.must_keep(warehouse)?;
    let inside = &asking.inside;
    inside.house.warehouse(warehouse)?;
    let said: CountBody<'_> = body.read()?;
    asking.must_fit(said.lines.len())?;
    let seen = match &said.seen {
        Some(event) => Some(seen(&inside.house, warehouse, event).await?),
        None => None,
    };
    let issued_at = said.issued_at.map(|time| time.0);
    let (signed, head) = (&signed, &said);
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
    verdicts.await
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
