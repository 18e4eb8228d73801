//! Messages about stock.

use super::document::of_stock;
use super::table::Family;
use super::tell::{Outline, Teller};
use crate::domain::fact::Fact;
use crate::domain::ids::{ChannelId, WarehouseId};
use crate::edge::amqp::Message;
use crate::edge::wire::alert::AlertAbout;
use crate::edge::wire::event::{AlertEvent, StockEvent};
use crate::edge::wire::history::StockAbout;

/// What is told of a fact about a warehouse's stock.
pub(super) fn messages(teller: &Teller<'_>, warehouse: &WarehouseId, fact: &Fact) -> Vec<Message> {
    let (family, name) = (Family::of_stock(fact.kind), fact.kind.name());
    if family == Family::Reservation && !teller.settings.amqp.holds {
        return Vec::new();
    }
    let place = match family {
        Family::Reservation => fact.channel.as_ref().map(ChannelId::as_str),
        _ => Some(warehouse.as_str()),
    };
    let filled = [place, Some(name)];
    let subject = match fact.lines.as_slice() {
        [line] => Some(format!("{}/{warehouse}", line.sku)),
        _ => None,
    };
    let body = StockEvent::of(teller.head(name), warehouse, fact);
    let event =
        teller.event(Outline { family, fact: name, filled: &filled, subject: subject.clone() }, &body);
    let alert = fact.kind.is_alert().then(|| {
        let body = alert(body, fact);
        teller.beside((Family::Alert, name), subject, &body)
    });
    [event].into_iter().chain(alert).chain(of_stock(teller, warehouse, fact)).collect()
}

fn alert(event: StockEvent, fact: &Fact) -> AlertEvent {
    let StockAbout { document, channel, reservation, reason, crossed, .. } = event.about;
    let sku = match event.lines.as_slice() {
        [line] => Some(line.sku.clone()),
        _ => None,
    };
    let warehouse = Some(event.warehouse);
    AlertEvent {
        head: event.head,
        alert: fact.kind.name(),
        about: AlertAbout { document, channel, order: None, warehouse, sku, reservation, crossed, reason },
        part: None,
        due: None,
        lines: Vec::new(),
        levels: event.lines,
    }
}
