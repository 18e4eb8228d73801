//! Item cards.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use super::units::Count;
use crate::domain::ids::{Sku, WarehouseId};
use crate::domain::item::Item;

/// Characters of a card's texts at most.
const TEXT_MAX: usize = 256;

/// What others need to work with a SKU, kept as given. The card before is replaced.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemBody {
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its global trade item number, 8 to 14 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// The unit it is counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its weight in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub weight_g: Option<Count>,
    /// Where it lies, per warehouse.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub bins: BTreeMap<Text<WarehouseId>, String>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// A SKU's card.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ItemAnswer {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// The card.
    #[serde(flatten)]
    pub item: ItemBody,
}

impl ItemBody {
    /// The card.
    ///
    /// # Errors
    /// The field that is not right, and what would be.
    pub fn item(self) -> Result<Item, (String, String)> {
        text("title", self.title.as_deref())?;
        text("unit", self.unit.as_deref())?;
        for (warehouse, bin) in &self.bins {
            text(&format!("bins.{}", warehouse.0), Some(bin))?;
        }
        let digits =
            |text: &String| (8..=14).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if self.gtin.as_ref().is_some_and(|gtin| !digits(gtin)) {
            return Err(("gtin".to_owned(), "8 to 14 digits are right".to_owned()));
        }
        Ok(Item {
            title: self.title,
            gtin: self.gtin,
            unit: self.unit,
            weight_g: self.weight_g.map(|grams| grams.0),
            bins: self.bins.into_iter().map(|(warehouse, bin)| (warehouse.0, bin)).collect(),
        })
    }
}

impl From<Item> for ItemBody {
    fn from(item: Item) -> Self {
        Self {
            title: item.title,
            gtin: item.gtin,
            unit: item.unit,
            weight_g: item.weight_g.map(super::units::Whole),
            bins: item.bins.into_iter().map(|(warehouse, bin)| (Text(warehouse), bin)).collect(),
            issued_at: None,
        }
    }
}

fn text(field: &str, text: Option<&str>) -> Result<(), (String, String)> {
    let fits = |text: &str| (1..=TEXT_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
    if text.is_none_or(fits) {
        return Ok(());
    }
    Err((field.to_owned(), format!("1 to {TEXT_MAX} bytes without control characters are right")))
}
