//! The document of the door, made from the code.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode};
use utoipa::OpenApi;

use super::reply::with_type;
use super::route::{
    alerts, asyncapi, availability, counts, fulfilments, health, history, inbound, items, movements, orders,
    overview, picks, policies, privacy, replay, reservations, returns, script, stock, tracking, transfers,
    ui, work,
};

/// Every route, with its shapes.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "lagerd", description = "One truth about stock for every channel and warehouse."),
    paths(
        health::livez,
        health::readyz,
        health::metrics,
        serve,
        asyncapi::yaml,
        asyncapi::json,
        stock::list,
        stock::one,
        history::history,
        availability::availability,
        availability::refused_demand,
        policies::of_channel,
        work::acknowledged,
        work::work,
        movements::movements,
        counts::counts,
        policies::of_warehouse,
        script::client,
        ui::folder,
        ui::page,
        ui::file,
        crate::edge::ws::upgrade::feed,
        items::read,
        items::set,
        reservations::reserve,
        reservations::read,
        reservations::release,
        reservations::extend,
        reservations::allocate,
        reservations::ship,
        orders::place,
        orders::list,
        orders::read,
        orders::explain,
        orders::preview,
        orders::cancel,
        orders::amend,
        orders::address,
        orders::hold,
        orders::resume,
        orders::payment,
        orders::refund,
        orders::reroute,
        fulfilments::list,
        fulfilments::read,
        fulfilments::accept,
        fulfilments::reject,
        fulfilments::pick,
        fulfilments::short_pick,
        fulfilments::pack,
        fulfilments::ship,
        fulfilments::ready,
        fulfilments::collect,
        fulfilments::uncollected,
        fulfilments::deliver,
        fulfilments::carrier,
        alerts::list,
        overview::read,
        returns::announce,
        returns::list,
        returns::read,
        returns::receive,
        returns::inspect,
        returns::cancel,
        transfers::request,
        transfers::list,
        transfers::read,
        transfers::ship,
        transfers::receive,
        transfers::close,
        transfers::cancel,
        inbound::expect,
        inbound::list,
        inbound::read,
        inbound::change,
        inbound::receive,
        inbound::close,
        picks::lists,
        tracking::timeline,
        tracking::track,
        privacy::erase,
        privacy::export,
        replay::replay,
    )
)]
struct Document;

static JSON: LazyLock<String> = LazyLock::new(document);

/// The OpenAPI 3.1 document as JSON.
#[must_use]
pub fn document() -> String {
    // A document of strings and numbers always serialises; an empty one would fail every reader's check.
    Document::openapi().to_json().unwrap_or_default()
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operation", responses((status = 200, description = "OpenAPI 3.1")))]
pub(super) async fn serve() -> Response<Body> {
    with_type(StatusCode::OK, HeaderValue::from_static("application/json"), JSON.clone().into_bytes())
}
