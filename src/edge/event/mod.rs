//! stub
use crate::config::Settings;
use crate::domain::desk::fact::DeskFactKind;
use crate::domain::ids::Sku;
use crate::domain::item::Item;
use crate::edge::amqp::Message;
use crate::feed::happened::Happened;
/// stub
#[must_use]
pub fn needs_contact(_: DeskFactKind) -> bool {
    false
}
/// stub
#[must_use]
pub fn messages(_: &Settings, _: &dyn Fn(&Sku) -> Option<Item>, h: &Happened) -> Vec<Message> {
    vec![Message {
        key: "stock.x.y".into(),
        id: h.id(),
        kind: "k".into(),
        subject: None,
        at: h.at,
        partition: h.journal.clone(),
        sequence: h.sequence(),
        cause: None,
        body: vec![],
        expires_ms: None,
    }]
}
