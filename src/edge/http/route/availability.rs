//! `/v1/channels/{channel}/availability` and `…/refused-demand`.

use axum::body::Body;
use axum::http::Response;

use crate::actor::House;
use crate::domain::ids::{ChannelId, Sku};
use crate::domain::refusal::Refusal;
use crate::edge::fault::Problem;
use crate::edge::http::extract::{Ask, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::stock::{
    AvailabilityAnswer, AvailabilityItem, PickupAnswer, RefusedDemandAnswer, RefusedDemandItem,
};
use crate::edge::wire::text::{Name, Text, complaint};
use crate::edge::wire::time::Time;
use crate::edge::wire::tracking::SupportAnswer;

/// SKUs of one request at most: their names fill the longest head a request may have.
const SKUS_MAX: usize = 500;
/// Hours of refused demand that are kept.
const HOURS_MAX: u64 = 48;
/// Hours told where nothing is said.
const HOURS: u64 = 24;

/// What a channel may show of some SKUs. A SKU nobody has stock of is sold out.
#[utoipa::path(get, path = "/v1/channels/{channel}/availability", tag = "channels",
    params(
        ("channel" = String, Path),
        ("sku" = Vec<String>, Query, description = "repeated, up to 500 times", style = Form, explode),
        ("pickup" = Option<bool>, Query, description = "whether to list stores with units to pick up")),
    responses((status = 200, body = AvailabilityAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn availability(
    ask: Ask,
    InPath(channel): InPath<ChannelId>,
) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_read(&channel)?;
    let query = ask.query(&["sku", "pickup"])?;
    let skus = skus(query.all("sku"))?;
    let pickup = query.flag("pickup")?;
    let house = &ask.asking.inside.house;
    let cap = house.channel(&channel)?.spec.display_cap.unwrap_or(i64::MAX);
    let now = house.now();
    let mut items = Vec::with_capacity(skus.len());
    for sku in skus {
        let found = house.available(&channel, &sku, now)?;
        let stores = if pickup { Some(stores(house, &channel, &sku, cap)?) } else { None };
        let expected_on =
            if found.state.is_in_stock() { None } else { house.expected_on(&channel, &sku)?.map(Time) };
        items.push(AvailabilityItem {
            sku: Text(sku),
            available: found.units.min(cap),
            state: found.state.name(),
            expected_on,
            pickup: stores,
        });
    }
    ok(&AvailabilityAnswer { items, support: SupportAnswer::of(&ask.asking.settings, &channel) })
}

/// Demand that stock could not cover, per SKU and hour.
#[utoipa::path(get, path = "/v1/channels/{channel}/refused-demand", tag = "channels",
    params(
        ("channel" = String, Path),
        ("sku" = Option<String>, Query, description = "of this SKU alone"),
        ("hours" = Option<u64>, Query, description = "of the last hours, 1 to 48; 24 where it is not said")),
    responses((status = 200, body = RefusedDemandAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn refused_demand(
    ask: Ask,
    InPath(channel): InPath<ChannelId>,
) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_read(&channel)?;
    let query = ask.query(&["sku", "hours"])?;
    let sku = query.name::<Sku>("sku")?;
    let hours = i64::try_from(query.number("hours", HOURS_MAX)?.unwrap_or(HOURS)).unwrap_or(i64::MAX);
    let house = &ask.asking.inside.house;
    house.channel(&channel)?;
    let rows = house.demand.of(&channel, sku.as_ref(), hours, house.now()).into_iter();
    let items = rows.map(|row| RefusedDemandItem {
        sku: Text(row.sku),
        hour: Time(row.hour),
        requests: row.requests,
        units: row.units,
    });
    ok(&RefusedDemandAnswer { items: items.collect() })
}

fn skus<'a>(sent: impl Iterator<Item = &'a str>) -> Result<Vec<Sku>, Problem> {
    let wrong = |invalid| Problem::invalid("sku", format!("sku: {}", complaint(&invalid)));
    let skus = sent.map(|text| <Sku as Name>::parse(text).map_err(wrong)).collect::<Result<Vec<_>, _>>()?;
    if skus.is_empty() || skus.len() > SKUS_MAX {
        let detail = format!("sku: found {}; send it 1 to {SKUS_MAX} times", skus.len());
        return Err(Problem::invalid("sku", detail));
    }
    Ok(skus)
}

fn stores(house: &House, channel: &ChannelId, sku: &Sku, cap: i64) -> Result<Vec<PickupAnswer>, Refusal> {
    let stores = house.pickup(channel, sku, house.now())?.into_iter().filter(|(_, units)| *units > 0);
    let answer = stores.map(|(warehouse, units)| PickupAnswer {
        name: house.warehouses.get(&warehouse).and_then(|handle| handle.spec.name.clone()),
        warehouse: Text(warehouse),
        available: units.min(cap),
    });
    Ok(answer.collect())
}
