//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{MethodRouter, get, post, put};

use super::answer::name_route;
use super::openapi;
use super::reply::Reply;
use super::route::{
    alerts, asyncapi, availability, counts, fulfilments, health, history, inbound, items, movements, orders,
    overview, picks, policies, privacy, replay, reservations, returns, script, stock, tracking, transfers,
    ui, work,
};
use crate::edge::door::Door;
use crate::edge::fault::Problem;
use crate::edge::ws;

/// A path with its verbs.
type Route = (&'static str, MethodRouter<Arc<Door>>);

/// Every path with its verbs; the document names the same ones.
pub(super) fn routes() -> Vec<Route> {
    let mut routes = of_the_daemon();
    routes.extend(of_channels());
    routes.extend([
        ("/v1/stock", get(stock::list)),
        ("/v1/stock/{sku}", get(stock::one)),
        ("/v1/stock/{sku}/history", get(history::history)),
        ("/v1/warehouses/{warehouse}/movements", post(movements::movements)),
        ("/v1/warehouses/{warehouse}/counts", post(counts::counts)),
        ("/v1/warehouses/{warehouse}/policies", put(policies::of_warehouse)),
        ("/v1/items/{sku}", get(items::read).put(items::set)),
        ("/v1/feed", get(ws::upgrade::feed)),
        ("/v1/reservations", post(reservations::reserve)),
        ("/v1/reservations/{reservation}", get(reservations::read).delete(reservations::release)),
        ("/v1/reservations/{reservation}/extend", post(reservations::extend)),
        ("/v1/reservations/{reservation}/allocate", post(reservations::allocate)),
        ("/v1/reservations/{reservation}/ship", post(reservations::ship)),
        ("/v1/orders", get(orders::list).post(orders::place)),
        ("/v1/orders/{order}", get(orders::read)),
        ("/v1/orders/{order}/explain", get(orders::explain)),
        ("/v1/orders/{order}/cancel", post(orders::cancel)),
        ("/v1/orders/{order}/amend", post(orders::amend)),
        ("/v1/orders/{order}/address", post(orders::address)),
        ("/v1/orders/{order}/hold", post(orders::hold)),
        ("/v1/orders/{order}/resume", post(orders::resume)),
        ("/v1/orders/{order}/payment", post(orders::payment)),
        ("/v1/orders/{order}/refund", post(orders::refund)),
        ("/v1/orders/{order}/reroute", post(orders::reroute)),
        ("/v1/routing/preview", post(orders::preview)),
        ("/v1/fulfilments", get(fulfilments::list)),
        ("/v1/fulfilments/{fulfilment}", get(fulfilments::read)),
        ("/v1/fulfilments/{fulfilment}/accept", post(fulfilments::accept)),
        ("/v1/fulfilments/{fulfilment}/reject", post(fulfilments::reject)),
        ("/v1/fulfilments/{fulfilment}/pick", post(fulfilments::pick)),
        ("/v1/fulfilments/{fulfilment}/short_pick", post(fulfilments::short_pick)),
        ("/v1/fulfilments/{fulfilment}/pack", post(fulfilments::pack)),
        ("/v1/fulfilments/{fulfilment}/ship", post(fulfilments::ship)),
        ("/v1/fulfilments/{fulfilment}/ready", post(fulfilments::ready)),
        ("/v1/fulfilments/{fulfilment}/collect", post(fulfilments::collect)),
        ("/v1/fulfilments/{fulfilment}/uncollected", post(fulfilments::uncollected)),
        ("/v1/fulfilments/{fulfilment}/deliver", post(fulfilments::deliver)),
        ("/v1/fulfilments/{fulfilment}/carrier", post(fulfilments::carrier)),
        ("/v1/returns", get(returns::list).post(returns::announce)),
        ("/v1/returns/{return}", get(returns::read)),
        ("/v1/returns/{return}/receive", post(returns::receive)),
        ("/v1/returns/{return}/inspect", post(returns::inspect)),
        ("/v1/returns/{return}/cancel", post(returns::cancel)),
        ("/v1/transfers", get(transfers::list).post(transfers::request)),
        ("/v1/transfers/{transfer}", get(transfers::read)),
        ("/v1/transfers/{transfer}/ship", post(transfers::ship)),
        ("/v1/transfers/{transfer}/receive", post(transfers::receive)),
        ("/v1/transfers/{transfer}/close", post(transfers::close)),
        ("/v1/transfers/{transfer}/cancel", post(transfers::cancel)),
        ("/v1/inbound", get(inbound::list).post(inbound::expect)),
        ("/v1/inbound/{inbound}", get(inbound::read).put(inbound::change)),
        ("/v1/inbound/{inbound}/receive", post(inbound::receive)),
        ("/v1/inbound/{inbound}/close", post(inbound::close)),
        ("/v1/warehouses/{warehouse}/pick-lists", get(picks::lists)),
        ("/v1/orders/{order}/tracking", get(tracking::timeline)),
        ("/track/{token}", get(tracking::track)),
        ("/v1/privacy/erase", post(privacy::erase)),
        ("/v1/privacy/export", post(privacy::export)),
    ]);
    routes
}

/// The paths of those who run the daemon, and what it says of itself.
fn of_the_daemon() -> Vec<Route> {
    vec![
        ("/livez", get(health::livez)),
        ("/readyz", get(health::readyz)),
        ("/metrics", get(health::metrics)),
        ("/openapi.json", get(openapi::serve)),
        ("/asyncapi.yaml", get(asyncapi::yaml)),
        ("/asyncapi.json", get(asyncapi::json)),
        ("/lagerd.js", get(script::client)),
        ("/ui", get(ui::folder)),
        ("/ui/", get(ui::page)),
        ("/ui/{file}", get(ui::file)),
        ("/v1/alerts", get(alerts::list)),
        ("/v1/overview", get(overview::read)),
        ("/v1/replay", post(replay::replay)),
    ]
}

/// The paths of one channel.
fn of_channels() -> Vec<Route> {
    vec![
        ("/v1/channels/{channel}/availability", get(availability::availability)),
        ("/v1/channels/{channel}/refused-demand", get(availability::refused_demand)),
        ("/v1/channels/{channel}/policies", put(policies::of_channel)),
        ("/v1/channels/{channel}/acknowledged", put(work::acknowledged)),
        ("/v1/channels/{channel}/work", get(work::work)),
    ]
}

/// The router over all of them.
pub(super) fn router(door: Arc<Door>) -> Router {
    let router = routes().into_iter().fold(Router::new(), |router, (path, verbs)| router.route(path, verbs));
    router
        .route_layer(axum::middleware::from_fn(name_route))
        .fallback(no_route)
        .method_not_allowed_fallback(no_verb)
        .with_state(door)
}

async fn no_route() -> Reply {
    Err(Problem::not_found("unknown_path", "no such path; /openapi.json names every one"))
}

async fn no_verb() -> Reply {
    Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "the path has no such verb")
        .detail("/openapi.json names the verbs of every path"))
}
