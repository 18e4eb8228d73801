//! `/v1/warehouses/{warehouse}/movements`.

use axum::body::Body;
use axum::http::Response;

use crate::domain::ids::WarehouseId;
use crate::edge::fault::Problem;
use crate::edge::http::batch::{Unapplied, carry_out, must_fit};
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Change, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::batch::LinesBody;
use crate::edge::wire::movement::{MovementLine, MovementsBody};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::verdict::{Verdict, Verdicts};

/// Records movements of goods, each line by itself.
#[utoipa::path(post, path = "/v1/warehouses/{warehouse}/movements", tag = "warehouses", request_body = MovementsBody,
    params(("warehouse" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "line i is command `<id>/<i>`")),
    responses((status = 200, body = Verdicts), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn movements(
    change: Change,
    InPath(warehouse): InPath<WarehouseId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.ask.caller.must_keep(&warehouse)?;
    let inside = &change.ask.inside;
    inside.house.warehouse(&warehouse)?;
    let said: LinesBody<'_> = sent.parse()?;
    must_fit(&change, said.lines.len())?;
    let issued_at = said.issued_at.map(|time| time.0);
    let (signed, warehouse) = (&change.signed, &warehouse);
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
    ok(&verdicts.await?)
}
