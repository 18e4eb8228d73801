//! What an order brings that nobody here computes with: kept as one text, told at the same places.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Wrong;
use super::money::{Currency, Money, Rate};
use super::quiet::{Free, Opaque};
use crate::domain::ids::{OrderNumber, Reference};
use crate::domain::order::Order;

/// Labels, and charges, one order may bear.
const MANY: usize = 100;

/// Whether prices are with tax or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Prices {
    /// With tax.
    Gross,
    /// Without.
    Net,
}

/// Something to pay beside the lines: shipping, wrapping, a surcharge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// What for.
    #[schema(value_type = String, max_length = 200, example = "shipping")]
    pub name: Free<200>,
    /// How much.
    pub amount: Money,
    /// The rate of tax in it, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "19.0")]
    pub tax_rate: Option<Rate>,
}

/// What an order brings beside its lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Carried {
    /// Whether prices are with tax or without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// What is to pay beside the lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Charge>,
    /// What was taken off as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Money>,
    /// The sum, as the channel has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// Which campaign it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub campaign: Option<Opaque<Reference>>,
    /// Words the merchant sorts by; opaque, an `@` is refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub labels: Vec<Opaque<Reference>>,
    /// What the channel calls its customer; opaque, an `@` is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub customer_ref: Option<Opaque<Reference>>,
    /// What the customer calls the order; opaque, an `@` is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub po_number: Option<Opaque<Reference>>,
    /// The order this one takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub replaces: Option<Opaque<OrderNumber>>,
    /// As what the channel sold it, for example by the id of a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub sold_as: Option<Opaque<Reference>>,
}

/// What a line brings beside its units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CarriedLine {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub title: Option<Free<200>>,
    /// What a unit costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Money>,
    /// The rate of tax in it, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "19.0")]
    pub tax_rate: Option<Rate>,
    /// What was taken off the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Money>,
    /// As what the channel sold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub sold_as: Option<Opaque<Reference>>,
}

/// Everything an order brings, as its one text holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Baggage {
    /// Beside its lines.
    pub order: Carried,
    /// With its lines.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<String, CarriedLine>,
}

impl Baggage {
    /// What an order brought.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        // Written by this shape; what a later version has written and this one can't read is not told.
        serde_json::from_str(&order.carried).unwrap_or_default()
    }

    /// The one text of it.
    #[must_use]
    pub fn text(&self) -> String {
        // Shapes of strings and numbers always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The currency of its amounts.
    ///
    /// # Errors
    /// More than one.
    pub fn currency(&self) -> Result<Option<Currency>, Wrong> {
        let carried = &self.order;
        let whole = [("discount", &carried.discount), ("total", &carried.total)].into_iter();
        let whole = whole.filter_map(|(path, money)| Some((path.to_owned(), money.as_ref()?)));
        let charges = carried.charges.iter().enumerate();
        let charges = charges.map(|(at, charge)| (format!("charges[{at}].amount"), &charge.amount));
        let lines = self.lines.iter().flat_map(|(id, line)| {
            let amounts = [("unit_price", &line.unit_price), ("discount", &line.discount)];
            amounts
                .into_iter()
                .filter_map(move |(name, money)| Some((format!("{name} of line {id}"), money.as_ref()?)))
        });
        let mut found = None;
        for (path, money) in whole.chain(charges).chain(lines) {
            let known = *found.get_or_insert(money.currency);
            if known != money.currency {
                let detail =
                    format!("{path}: found {} beside {known}; an order has one currency", money.currency);
                let path = if path.contains(" of line ") { "lines".to_owned() } else { path };
                return Err(Wrong { code: "mixed_currencies", ..Wrong::new(path, detail) });
            }
        }
        Ok(found)
    }

    /// Refuses lists that are too long.
    ///
    /// # Errors
    /// Which one.
    pub fn must_fit(&self) -> Result<(), Wrong> {
        for (path, count) in [("charges", self.order.charges.len()), ("labels", self.order.labels.len())] {
            if count > MANY {
                return Err(Wrong::new(path, format!("{path}: found {count}; up to {MANY} are right")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was brought comes back, one currency is told from two, and a text of a later version is no error.
    #[test]
    fn baggage_comes_back() {
        let text = r#"{"order":{"prices":"gross","charges":[{"name":"shipping","amount":{"amount_minor":490,"currency":"EUR"}}],"labels":["vip"]},"lines":{"1":{"title":"Tee","unit_price":{"amount_minor":1999,"currency":"EUR"},"tax_rate":"19.0"}}}"#;
        let mut baggage: Baggage = serde_json::from_str(text).unwrap();
        assert_eq!(baggage.text(), text);
        assert_eq!(baggage.currency().unwrap().map(|found| found.to_string()), Some("EUR".to_owned()));
        assert_eq!(Baggage::default().currency(), Ok(None));
        baggage.order.total = serde_json::from_str(r#"{"amount_minor":1,"currency":"CHF"}"#).unwrap();
        let wrong = baggage.currency().unwrap_err();
        assert_eq!(wrong.code, "mixed_currencies");
        let later = r#"{"order":{"prices":"net","sparkle":1},"lines":{}}"#;
        assert_eq!(serde_json::from_str::<Baggage>(later).unwrap().order.prices, Some(Prices::Net));
    }
}
