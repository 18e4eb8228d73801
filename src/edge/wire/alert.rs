//! What somebody should look at.

use serde::Serialize;
use utoipa::ToSchema;

use super::history::CrossedAnswer;
use super::text::Text;
use super::time::Time;
use crate::actor::view::Alert;
use crate::domain::ids::{ChannelId, OrderId, OrderNumber, Reason, ReservationId, Sku, WarehouseId};

/// What an alert is about, as far as that is known: the same wherever alerts are told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AlertAbout {
    /// About which document: an order, a return, a transfer, a receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub document: Option<Text<OrderId>>,
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
    /// About which goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub sku: Option<Text<Sku>>,
    /// About which reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reservation: Option<Text<ReservationId>>,
    /// Which line a figure of the goods crossed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crossed: Option<CrossedAnswer>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertItem {
    /// Its number since the daemon has started.
    pub id: u64,
    /// When it was told.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// What it is, for example `order_late` or `sold_out`.
    #[schema(value_type = String)]
    pub alert: &'static str,
    /// What it is about.
    #[serde(flatten)]
    pub about: AlertAbout,
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
            id: alert.id,
            at: Time(alert.at),
            alert: alert.kind,
            about: AlertAbout {
                document: alert.document.map(Text),
                channel: alert.channel.map(Text),
                order: alert.number.map(Text),
                warehouse: alert.warehouse.map(Text),
                sku: alert.sku.map(Text),
                reservation: alert.reservation.map(Text),
                crossed: alert.crossed.map(CrossedAnswer::from),
                reason: alert.reason.map(Text),
            },
        }
    }
}
