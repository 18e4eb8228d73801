//! `/v1/orders/{order}/tracking` for staff and `/track/{token}` for buyers.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawPathParams, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use jiff::civil::DateTime;

use crate::actor::House;
use crate::actor::fault::Fault;
use crate::actor::house::LocalDays;
use crate::domain::desk::{DeskFactKind, Document};
use crate::domain::ids::{ChannelId, OrderId, OrderNumber};
use crate::domain::order::privacy::contact_ends;
use crate::domain::order::{Commercial, Fulfilment, FulfilmentState, Order, Parcel};
use crate::domain::refusal::Refusal;
use crate::domain::routing::Method;
use crate::edge::command::order::Which;
use crate::edge::door::Door;
use crate::edge::fault::Problem;
use crate::edge::http::accept::{language, media};
use crate::edge::http::extract::{Ask, InPath};
use crate::edge::http::paper::{self, Words};
use crate::edge::http::query::Query;
use crate::edge::http::reply::{ok, with_type};
use crate::edge::tracking::matches;
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;
use crate::edge::wire::tracking::{SupportAnswer, TimelineAnswer, TrackedOrder, TrackedParcel};

const HTML: &str = "text/html";
const JSON: &str = "application/json";
/// What stands for the secret of an order that has none, so that the same is done whether there is one or not.
const NOBODYS: [u8; 32] = [0; 32];

/// What every answer to a buyer carries: nobody keeps it, lists it, learns the link from it, or runs anything in it.
const GUARDS: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];

/// Where an order is and everything that happened to it, for staff.
#[utoipa::path(get, path = "/v1/orders/{order}/tracking", tag = "orders",
    params(("order" = String, Path), ("channel" = Option<String>, Query, description = "needed where several channels have this order")),
    responses((status = 200, body = TimelineAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn timeline(
    ask: Ask,
    InPath(name): InPath<OrderNumber>,
) -> Result<Response<Body>, Problem> {
    let channel = ask.query(&["channel"])?.name::<ChannelId>("channel")?;
    let order = Which { name, channel }.find(&ask.asking).await?;
    ok(&TimelineAnswer::from(&*order))
}

/// Where an order is, for its buyer: a page, or with `Accept: application/json` or `?format=json` the same as JSON, in
/// English or German. Nobody's name and no address is on it. The link is the order's own and ends with its contact.
#[utoipa::path(get, path = "/track/{token}", tag = "orders", security(()),
    params(
        ("token" = String, Path, description = "the order's own, as told when it was placed"),
        ("format" = Option<String>, Query, description = "`json` or `html`"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `de`")),
    responses((status = 200, content((TrackedOrder = "application/json"), (String = "text/html"))), (status = 404, body = String, content_type = "text/html"), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn track(
    State(door): State<Arc<Door>>,
    path: RawPathParams,
    headers: HeaderMap,
    uri: axum::http::Uri,
) -> Response<Body> {
    let token = path.iter().find(|(name, _)| *name == "token").map(|(_, token)| token.to_owned());
    let answer = tracked(&door, &token.unwrap_or_default(), &headers, uri.query()).await;
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    for (name, value) in GUARDS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn tracked(
    door: &Door,
    token: &str,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Response<Body>, Problem> {
    let house = &door.inside()?.house;
    let format = Query::read(query, &["format"])?;
    let json = match format.one("format")? {
        None => media(headers, [HTML, JSON]) == JSON,
        Some("json") => true,
        Some("html") => false,
        Some(_) => return Err(Problem::invalid("format", "format: `json` or `html` is right")),
    };
    let words = Words::of(language(headers, Words::TAGS));
    let Some(order) = followed(house, token).await? else { return Ok(missing(words, json)) };
    let answer = seen(house, &order, words);
    if json {
        return ok(&answer);
    }
    let days = clock(house, &order);
    Ok(html(StatusCode::OK, paper::tracking(words, &answer, |time| local(&days, time))))
}

/// The order a token opens. Whether the order is unknown, the secret wrong or its time over, the answer is the same.
async fn followed(house: &House, token: &str) -> Result<Option<Arc<Order>>, Problem> {
    let Some((id, secret)) = token.split_once('.') else { return Ok(None) };
    let Ok(id) = OrderId::parse(id) else { return Ok(None) };
    let order = match house.document(&id).await {
        Ok(Document::Order(order)) => Some(order).filter(|order| !order.withdrawn),
        Ok(Document::Return(_) | Document::Transfer(_) | Document::Inbound(_)) => None,
        Err(Fault::Refused(Refusal::UnknownDocument { .. })) => None,
        Err(fault) => return Err(fault.into()),
    };
    let kept = order.as_ref().and_then(|order| order.tracking);
    let right = matches(secret, &kept.unwrap_or(NOBODYS)) && kept.is_some();
    Ok(order.filter(|order| right && house.now() < contact_ends(order, house.keeping())))
}

fn missing(words: Words, json: bool) -> Response<Body> {
    if json {
        return Problem::not_found("unknown_token", "this link is not known, or it has expired")
            .into_response();
    }
    html(StatusCode::NOT_FOUND, paper::missing(words))
}

fn html(status: StatusCode, page: String) -> Response<Body> {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    with_type(status, kind, page.into_bytes())
}

/// The clock of the place the order comes from; without one yet, of the channel's first.
fn clock(house: &House, order: &Order) -> LocalDays {
    let of_part = order.fulfilments.iter().map(|part| &part.warehouse);
    let of_channel = house.channels.get(&order.channel).map(|channel| channel.spec.warehouses.iter());
    let mut places = of_part.chain(of_channel.into_iter().flatten());
    let place = places.find_map(|id| house.warehouses.get(id));
    place.map_or_else(LocalDays::default, |place| place.spec.days.clone())
}

fn local(days: &LocalDays, time: Time) -> DateTime {
    days.clock(time.0)
}

/// What a buyer may see of an order.
fn seen(house: &House, order: &Order, words: Words) -> TrackedOrder {
    let open = !matches!(order.state, Commercial::Delivered | Commercial::Closed | Commercial::Cancelled);
    let promise = order.terms.promise.filter(|_| open);
    let waiting = order.lines.iter().map(|line| line.unrouted.saturating_add(line.backordered));
    let support = house.channels.get(&order.channel).map(|channel| channel.spec.support.clone());
    let support = support.unwrap_or_default();
    TrackedOrder {
        order: Text(order.number.clone()),
        state: order.state.name(),
        text: words.order(order),
        expected: promise.map(Time),
        late: promise.is_some_and(|promise| promise < house.now()),
        parcels: order.fulfilments.iter().flat_map(|part| parcels(house, order, part, words)).collect(),
        to_follow: waiting.fold(0, i64::saturating_add),
        support: SupportAnswer {
            name: support.name,
            email: support.email,
            phone: support.phone,
            hours: support.hours,
        },
    }
}

/// The parcels of a fulfilment; one without a number while nobody has told any.
fn parcels(house: &House, order: &Order, part: &Fulfilment, words: Words) -> Vec<TrackedParcel> {
    let Some((state, text)) = words.parcel(part) else { return Vec::new() };
    let untold = [Parcel { carrier: None, tracking: None }];
    let told = if part.parcels.is_empty() { &untold[..] } else { &part.parcels };
    let place = matches!(order.method, Method::Pickup(_)).then(|| {
        let name = house.warehouses.get(&part.warehouse).and_then(|place| place.spec.name.clone());
        name.unwrap_or_else(|| part.warehouse.to_string())
    });
    let alone = told.len() == 1;
    let parcel = |parcel: &Parcel| TrackedParcel {
        state,
        text,
        units: alone.then(|| part.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.quantity))),
        at: since(order, part).map(Time),
        carrier: parcel.carrier.clone().map(Text),
        tracking: parcel.tracking.clone().map(Text),
        place: place.clone(),
        problem: words.problem(part),
    };
    told.iter().map(parcel).collect()
}

/// Since when a fulfilment stands as it does; `None` where nothing has happened that its buyer would notice.
fn since(order: &Order, part: &Fulfilment) -> Option<crate::domain::time::Timestamp> {
    let noticed = |kind: DeskFactKind| {
        matches!(
            kind,
            DeskFactKind::FulfilmentPacked
                | DeskFactKind::FulfilmentShipped
                | DeskFactKind::FulfilmentReady
                | DeskFactKind::FulfilmentInTransit
                | DeskFactKind::DeliveryException
                | DeskFactKind::ReturnedToSender
                | DeskFactKind::FulfilmentDelivered
                | DeskFactKind::FulfilmentCollected
        )
    };
    let mut happened = order.timeline.iter().rev();
    let last = happened.find(|happened| happened.number == Some(part.number) && noticed(happened.kind));
    let left = part.left_at.filter(|_| part.state != FulfilmentState::OnHold);
    last.map(|happened| happened.at).or(left)
}
