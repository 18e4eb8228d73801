//! What merchants set aside.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use super::units::Count;
use crate::domain::channel::SetChannelPolicy;
use crate::domain::ids::{ChannelId, Sku};
use crate::domain::policy::Scheduled;
use crate::domain::warehouse::SetStockPolicy;

/// A figure: a number that always holds, or one with a window outside of which it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Figure)]
pub struct Figure {
    /// The figure in units.
    #[schema(value_type = i64, minimum = 0)]
    pub value: Count,
    /// From when, inclusive.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Time>,
    /// Until when, exclusive.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Time>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    value: Count,
    #[serde(default)]
    from: Option<Time>,
    #[serde(default)]
    until: Option<Time>,
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let value = serde_json::Value::deserialize(deserializer)?;
        let window = if value.is_object() {
            Window::deserialize(value).map_err(D::Error::custom)?
        } else {
            let value = Count::deserialize(value).map_err(D::Error::custom)?;
            Window { value, from: None, until: None }
        };
        if window.from.zip(window.until).is_some_and(|(from, until)| until <= from) {
            return Err(D::Error::custom("`until` lies after `from`, or the figure never holds"));
        }
        Ok(Self { value: window.value, from: window.from, until: window.until })
    }
}

impl From<Figure> for Scheduled {
    fn from(figure: Figure) -> Self {
        let (from, until) = (figure.from.map(|time| time.0), figure.until.map(|time| time.0));
        Self { value: figure.value.0, from, until }
    }
}

/// A field that may be left out (stays as it is), `null` (taken away) or a value.
#[expect(clippy::option_option, reason = "left out and null mean different things here")]
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Units kept for one channel; `null` takes the fence away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FenceLine {
    /// For whom.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// The figure.
    pub quantity: Option<Figure>,
}

/// What is set aside of one SKU at a warehouse. What is left out stays as it is, `null` takes away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockPolicyLine {
    /// Which goods.
    #[schema(value_type = String, max_length = 128)]
    pub sku: Text<Sku>,
    /// Units no asking channel may have.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Figure>)]
    pub safety_stock: Option<Option<Figure>>,
    /// Units kept for single channels.
    #[serde(default)]
    pub fences: Vec<FenceLine>,
    /// Up to how many units that may be sold the goods are low on stock, so that `low_stock` is told; 0 is never. Taken away,
    /// it is as configured for the warehouse.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub low_stock: Option<Option<Count>>,
    /// Above how many units on hand `overstock` is told. Taken away, it is as configured for the warehouse.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub overstock: Option<Option<Count>>,
}

/// What shapes a SKU's figure on a channel. What is left out stays as it is, `null` takes away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelPolicyLine {
    /// Which goods.
    #[schema(value_type = String, max_length = 128)]
    pub sku: Text<Sku>,
    /// Units never shown, against slow channels.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Figure>)]
    pub buffer: Option<Option<Figure>>,
    /// The most ever shown.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Figure>)]
    pub cap: Option<Option<Figure>>,
    /// Up to how many units count as few.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub low_at: Option<Option<Count>>,
    /// Units that may be sold without goods.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Figure>)]
    pub backorder_limit: Option<Option<Figure>>,
    /// Whether the goods are not released yet: what may be sold of them is a pre-order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preorder: Option<bool>,
}

/// Policies of one warehouse.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockPoliciesBody {
    /// One per SKU.
    pub lines: Vec<StockPolicyLine>,
    /// When the command was made, for ids that don't tell.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Policies of one channel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelPoliciesBody {
    /// One per SKU.
    pub lines: Vec<ChannelPolicyLine>,
    /// When the command was made, for ids that don't tell.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

impl From<StockPolicyLine> for SetStockPolicy {
    fn from(line: StockPolicyLine) -> Self {
        let fence = |fence: FenceLine| (fence.channel.0, fence.quantity.map(Scheduled::from));
        Self {
            sku: line.sku.0,
            safety_stock: line.safety_stock.map(|figure| figure.map(Scheduled::from)),
            fences: line.fences.into_iter().map(fence).collect(),
            low_stock: line.low_stock.map(|limit| limit.map(|count| count.0)),
            overstock: line.overstock.map(|limit| limit.map(|count| count.0)),
        }
    }
}

impl From<ChannelPolicyLine> for SetChannelPolicy {
    fn from(line: ChannelPolicyLine) -> Self {
        Self {
            sku: line.sku.0,
            buffer: line.buffer.map(|figure| figure.map(Scheduled::from)),
            cap: line.cap.map(|figure| figure.map(Scheduled::from)),
            low_at: line.low_at.map(|figure| figure.map(|count| count.0)),
            backorder_limit: line.backorder_limit.map(|figure| figure.map(Scheduled::from)),
            preorder: line.preorder,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A limit of an alert is a whole number, `null` takes it away, and left out it stays.
    #[test]
    fn limits_are_read() {
        let read = |text: &str| serde_json::from_str::<StockPolicyLine>(text).map(SetStockPolicy::from);
        let set = read(r#"{"sku":"A","low_stock":5,"overstock":null}"#).unwrap();
        assert_eq!((set.low_stock, set.overstock), (Some(Some(5)), Some(None)));
        let set = read(r#"{"sku":"A"}"#).unwrap();
        assert_eq!((set.low_stock, set.overstock), (None, None));
        for wrong in ["-1", "1.5", "{\"value\":5}"] {
            assert!(read(&format!(r#"{{"sku":"A","low_stock":{wrong}}}"#)).is_err(), "{wrong}");
        }
    }

    /// Left out, null, a number and a window are four different things.
    #[test]
    fn figures_are_read() {
        let read = |text: &str| serde_json::from_str::<StockPolicyLine>(text).map(|line| line.safety_stock);
        assert_eq!(read(r#"{"sku":"A"}"#).unwrap(), None);
        assert_eq!(read(r#"{"sku":"A","safety_stock":null}"#).unwrap(), Some(None));
        let five = Some(Some(Figure { value: crate::edge::wire::units::Whole(5), from: None, until: None }));
        assert_eq!(read(r#"{"sku":"A","safety_stock":5}"#).unwrap(), five);
        let window = read(
            r#"{"sku":"A","safety_stock":{"value":5,"from":"2026-11-23T00:00:00Z","until":"2026-11-24T00:00:00Z"}}"#,
        );
        assert!(window.unwrap().flatten().unwrap().until.is_some());
        for wrong in ["-1", "1.5", "\"5\"", "{\"value\":5,\"x\":1}", "{}"] {
            assert!(read(&format!(r#"{{"sku":"A","safety_stock":{wrong}}}"#)).is_err(), "{wrong}");
        }
        let never = r#"{"sku":"A","safety_stock":{"value":5,"from":"2026-11-24T00:00:00Z","until":"2026-11-24T00:00:00Z"}}"#;
        assert!(read(never).is_err());
    }
}
