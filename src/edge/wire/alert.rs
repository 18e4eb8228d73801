//! What somebody should look at.

use serde::Serialize;
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use crate::actor::view::Alert;
use crate::domain::ids::{ChannelId, OrderId, OrderNumber, Reason, WarehouseId};

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertItem {
    /// When it was told.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// What it is, for example `order_late`.
    #[schema(value_type = String)]
    pub alert: &'static str,
    /// About which document: an order, a return, a transfer, a receipt.
    #[schema(value_type = String)]
    pub document: Text<OrderId>,
    /// Of which channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub channel: Option<Text<ChannelId>>,
    /// What the channel calls the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub order: Option<Text<OrderNumber>>,
    /// At which warehouse.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub warehouse: Option<Text<WarehouseId>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
}

/// The newest of them, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertsAnswer {
    /// The alerts.
    pub items: Vec<AlertItem>,
}

impl From<Alert> for AlertItem {
    fn from(alert: Alert) -> Self {
        Self {
            at: Time(alert.at),
            alert: alert.kind.name(),
            document: Text(alert.document),
            channel: alert.channel.map(Text),
            order: alert.number.map(Text),
            warehouse: alert.warehouse.map(Text),
            reason: alert.reason.map(Text),
        }
    }
}
