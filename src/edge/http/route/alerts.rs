//! `/v1/alerts`.

use axum::body::Body;
use axum::http::Response;

use crate::actor::view::{Alert, Alerts};
use crate::edge::fault::Problem;
use crate::edge::http::extract::Ask;
use crate::edge::http::reply::ok;
use crate::edge::wire::alert::{AlertItem, AlertsAnswer};
use crate::edge::wire::problem::ProblemBody;

/// Alerts of an answer where nothing is said.
const LIMIT: u64 = 100;
/// Alerts of an answer at most.
const LIMIT_MAX: u64 = 1_000;

/// What somebody should look at, newest first, since the daemon has started: at most the newest 1000 of each kind.
#[utoipa::path(get, path = "/v1/alerts", tag = "operation",
    params(
        ("alert" = Option<String>, Query, description = "of this kind alone, for example `order_late` or `sold_out`"),
        ("limit" = Option<u64>, Query, description = "1 to 1000; 100 where it is not said")),
    responses((status = 200, body = AlertsAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn list(ask: Ask) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_read_all()?;
    let query = ask.query(&["alert", "limit"])?;
    let limit = usize::try_from(query.number("limit", LIMIT_MAX)?.unwrap_or(LIMIT)).unwrap_or(usize::MAX);
    let kind = match query.one("alert")? {
        None => None,
        Some(name) => Some(alert_named(name)?),
    };
    let wanted = |alert: &Alert| kind.is_none_or(|kind| alert.kind == kind);
    let items = ask.asking.inside.house.desks.alerts.newest(limit, wanted);
    ok(&AlertsAnswer { items: items.into_iter().map(AlertItem::from).collect() })
}

fn alert_named(name: &str) -> Result<&'static str, Problem> {
    Alerts::kind(name).ok_or_else(|| {
        let known: Vec<&str> = Alerts::kinds().collect();
        Problem::invalid("alert", format!("alert: one of {} is right", known.join(", ")))
    })
}
