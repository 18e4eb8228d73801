//! An order as it comes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Wrong;
use super::carried::{Baggage, Carried, CarriedLine, Charge, Prices};
use super::contact::AddressBody;
use super::money::{Money, Rate};
use super::quiet::{Free, Opaque};
use crate::domain::desk::command::NewLine;
use crate::domain::ids::{ChannelId, CommandId, LineId, OrderNumber, Reference, Sku, WarehouseId};
use crate::domain::order::PaymentState;
use crate::domain::routing::Method;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::{Day, Time};
use crate::edge::wire::units::{Count, Quantity};
use crate::edge::wire::word::Word;

/// How the goods get to their buyer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MethodWord {
    /// A parcel.
    #[default]
    Ship,
    /// The buyer comes to `pickup_at`.
    Pickup,
}

/// Where the money stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Paid {
    /// `unknown`, `pending`, `authorised`, `paid`, `failed` or `refunded`.
    #[schema(value_type = String, example = "authorised")]
    pub state: Word<PaymentState>,
    /// What the payment is known by elsewhere; opaque, an `@` is refused.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reference: Option<Opaque<Reference>>,
}

/// A sale whose goods are gone already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FulfilledBody {
    /// From where.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLineBody {
    /// Its id within the order.
    #[schema(value_type = String, max_length = 64, example = "1")]
    pub line: Text<LineId>,
    /// Which goods; may be left out where `stock` is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128, example = "TEE-M")]
    pub sku: Option<Text<Sku>>,
    /// Units; in an amendment 0 cancels the line.
    #[schema(value_type = i64, minimum = 0, example = 2)]
    pub quantity: Count,
    /// Whether it is goods: `false` for a fee, a gift card, a service, which are kept for documents only.
    #[serde(default = "yes")]
    pub stock: bool,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub title: Option<Free<200>>,
    /// What a unit costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Money>,
    /// The rate of tax in it, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "19.0")]
    pub tax_rate: Option<Rate>,
    /// What was taken off the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Money>,
    /// As what the channel sold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub sold_as: Option<Opaque<Reference>>,
}

const fn yes() -> bool {
    true
}

/// An order. The same channel, order and revision with the same content is the same order, whatever the command's id; a
/// higher revision amends, a lower one is old news.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderBody {
    /// What the channel calls it; opaque, an `@` is refused.
    #[schema(value_type = String, max_length = 128, example = "o-1")]
    pub order: Text<OrderNumber>,
    /// Where it was bought.
    #[schema(value_type = String, example = "web-de")]
    pub channel: Text<ChannelId>,
    /// Decides between messages that come in another order than they were sent; without it the first wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0, example = 1)]
    pub revision: Option<Count>,
    /// When it was placed; now where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub placed_at: Option<Time>,
    /// The reservation it takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reservation: Option<Text<CommandId>>,
    /// What was bought.
    pub lines: Vec<OrderLineBody>,
    /// How the goods get to their buyer.
    #[serde(default)]
    pub method: MethodWord,
    /// Where the buyer picks them up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub pickup_at: Option<Text<WarehouseId>>,
    /// Where the goods go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<AddressBody>,
    /// Where the bill goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_to: Option<AddressBody>,
    /// Where the money stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Paid>,
    /// Marks a sale whose goods are gone already, for example over the counter: it is recorded, never routed, never refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfilled: Option<FulfilledBody>,
    /// The first day it may leave a warehouse, in the warehouse's own time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date, example = "2026-12-01")]
    pub release_on: Option<Day>,
    /// When the buyer was promised to have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub promise_by: Option<Time>,
    /// Whether everything goes at once; as the channel is configured where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_complete: Option<bool>,
    /// Who is served first when goods are short: 0 first, 255 last; 100 where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// Whether it waits for goods where there are none; as the channel is configured where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backorder: Option<bool>,
    /// Whether prices are with tax or without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// What is to pay beside the lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Charge>,
    /// What was taken off as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Money>,
    /// The sum, as the channel has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// Which campaign it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub campaign: Option<Opaque<Reference>>,
    /// Words the merchant sorts by; opaque, an `@` is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub labels: Vec<Opaque<Reference>>,
    /// What the channel calls its customer; opaque, an `@` is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub customer_ref: Option<Opaque<Reference>>,
    /// What the customer calls the order; opaque, an `@` is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub po_number: Option<Opaque<Reference>>,
    /// The order this one takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub replaces: Option<Opaque<OrderNumber>>,
    /// As what the channel sold it, for example by the id of a bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub sold_as: Option<Opaque<Reference>>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

impl OrderLineBody {
    /// What it brings beside its units.
    #[must_use]
    pub fn carried(&self) -> CarriedLine {
        CarriedLine {
            title: self.title.clone(),
            unit_price: self.unit_price.clone(),
            tax_rate: self.tax_rate.clone(),
            discount: self.discount.clone(),
            sold_as: self.sold_as.clone(),
        }
    }
}

impl OrderBody {
    /// Everything it brings that is kept as given.
    #[must_use]
    pub fn baggage(&self) -> Baggage {
        let order = Carried {
            prices: self.prices,
            charges: self.charges.clone(),
            discount: self.discount.clone(),
            total: self.total.clone(),
            campaign: self.campaign.clone(),
            labels: self.labels.clone(),
            customer_ref: self.customer_ref.clone(),
            po_number: self.po_number.clone(),
            replaces: self.replaces.clone(),
            sold_as: self.sold_as.clone(),
        };
        Baggage { order, lines: carried_lines(&self.lines) }
    }

    /// How the goods get to their buyer.
    ///
    /// # Errors
    /// A pickup without its place, a parcel with one.
    pub fn method(&self) -> Result<Method, Wrong> {
        match (self.method, &self.pickup_at) {
            (MethodWord::Ship, None) => Ok(Method::Ship),
            (MethodWord::Pickup, Some(place)) => Ok(Method::Pickup(place.0.clone())),
            (MethodWord::Ship, Some(_)) => {
                Err(Wrong::new("pickup_at", "pickup_at: goes with \"method\": \"pickup\" alone"))
            }
            (MethodWord::Pickup, None) => {
                Err(Wrong::new("pickup_at", "pickup_at: name the warehouse where the buyer picks it up"))
            }
        }
    }

    /// Refuses an address to ship to that has no country.
    ///
    /// # Errors
    /// That it has none.
    pub fn must_have_country(&self) -> Result<(), Wrong> {
        must_have_country(self.ship_to.as_ref())
    }
}

/// Refuses an address to ship to that has no country.
pub(super) fn must_have_country(ship_to: Option<&AddressBody>) -> Result<(), Wrong> {
    if ship_to.is_some_and(|address| address.country.is_none()) {
        return Err(Wrong::new(
            "ship_to.country",
            "ship_to.country: two capital letters such as DE are needed",
        ));
    }
    Ok(())
}

/// What lines bring, by their ids.
pub(super) fn carried_lines(lines: &[OrderLineBody]) -> std::collections::BTreeMap<String, CarriedLine> {
    let lines = lines.iter().map(|line| (line.line.0.as_str().to_owned(), line.carried()));
    lines.filter(|(_, carried)| *carried != CarriedLine::default()).collect()
}

/// Lines as the desk takes them; each id once, goods with a SKU, at least `least` units.
///
/// # Errors
/// What is wrong where.
pub fn new_lines(lines: &[OrderLineBody], least: i64, most: u64) -> Result<Vec<NewLine>, Wrong> {
    if lines.is_empty() || lines.len() as u64 > most {
        return Err(Wrong::new(
            "lines",
            format!("lines: found {}; 1 to {most} lines are right", lines.len()),
        ));
    }
    let mut seen = BTreeSet::new();
    let line = |(at, line): (usize, &OrderLineBody)| {
        let wrong = |field: &str, detail: &str| {
            let path = format!("lines[{at}].{field}");
            Err(Wrong::new(path.clone(), format!("{path}: {detail}")))
        };
        if !seen.insert(line.line.0.clone()) {
            return wrong("line", "another line has this id");
        }
        if line.quantity.0 < least {
            return wrong("quantity", &format!("at least {least} is right"));
        }
        let sku = match &line.sku {
            Some(sku) => sku.0.clone(),
            None if line.stock => {
                return wrong("sku", "goods need one; say `\"stock\": false` where it is none");
            }
            None => Sku::stored(""),
        };
        Ok(NewLine {
            id: line.line.0.clone(),
            sku,
            quantity: line.quantity.0,
            stock: line.stock,
            unit_value: line.unit_price.as_ref().map_or(0, |price| price.amount_minor.0.max(0)),
        })
    };
    lines.iter().enumerate().map(line).collect()
}

/// Units of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineUnits {
    /// Which line.
    #[schema(value_type = String, example = "1")]
    pub line: Text<LineId>,
    /// Units of it.
    #[schema(value_type = i64, minimum = 1, example = 1)]
    pub quantity: Quantity,
}

/// Units of lines as the desk takes them.
#[must_use]
pub fn line_units(lines: &[LineUnits]) -> Vec<(LineId, i64)> {
    lines.iter().map(|line| (line.line.0.clone(), line.quantity.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<OrderBody, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The contract's own example is read, and what it carries is set apart.
    #[test]
    fn the_contracts_order_is_read() {
        let body = read(
            r#"{"order":"o-1","channel":"web-de","revision":1,"prices":"gross",
            "lines":[{"line":"1","sku":"TEE-M","quantity":2,"unit_price":{"amount_minor":1999,"currency":"EUR"},"tax_rate":"19.0"},
                     {"line":"2","quantity":1,"stock":false,"title":"Shipping"}],
            "method":"ship","ship_to":{"country":"DE","postal_code":"10115","name":"Canary"},"payment":{"state":"authorised"}}"#,
        )
        .unwrap();
        assert_eq!(body.method(), Ok(Method::Ship));
        let lines = new_lines(&body.lines, 1, 10).unwrap();
        assert_eq!((lines[0].unit_value, lines[1].sku.as_str(), lines[1].stock), (1_999, "", false));
        assert!(!body.baggage().text().contains("Canary"));
        assert!(!format!("{body:?}").contains("Canary"));
        assert!(body.baggage().lines.contains_key("2"));
    }

    /// Lines are held to their rules, and where one is wrong is told.
    #[test]
    fn wrong_lines_are_named() {
        let lines = |text: &str| -> Vec<OrderLineBody> { serde_json::from_str(text).unwrap() };
        for (text, path) in [
            ("[]", "lines"),
            (r#"[{"line":"1","sku":"A","quantity":1},{"line":"1","sku":"B","quantity":1}]"#, "lines[1].line"),
            (r#"[{"line":"1","sku":"A","quantity":0}]"#, "lines[0].quantity"),
            (r#"[{"line":"1","quantity":1}]"#, "lines[0].sku"),
            (
                r#"[{"line":"1","sku":"A","quantity":1},{"line":"2","sku":"A","quantity":1},{"line":"3","sku":"A","quantity":1}]"#,
                "lines",
            ),
        ] {
            assert_eq!(new_lines(&lines(text), 1, 2).unwrap_err().path, path, "{text}");
        }
        assert!(new_lines(&lines(r#"[{"line":"1","sku":"A","quantity":0}]"#), 0, 2).is_ok());
    }

    /// A pickup needs its place, a parcel has none.
    #[test]
    fn methods_and_places_go_together() {
        let body = |more: &str| {
            read(&format!(r#"{{"order":"o","channel":"web","lines":[]{more}}}"#)).unwrap().method()
        };
        assert!(body(r#","method":"pickup""#).is_err());
        assert!(body(r#","pickup_at":"HAM""#).is_err());
        let place = WarehouseId::stored("HAM");
        assert_eq!(body(r#","method":"pickup","pickup_at":"HAM""#), Ok(Method::Pickup(place)));
    }
}
