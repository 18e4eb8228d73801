//! One message on its way to the broker, before it is one of AMQP.

use std::fmt;
use std::sync::Arc;

use crate::domain::time::Timestamp;
use crate::domain::trace::Trace;

/// A message that leaves: an event, or a document that somebody outside works with. Its debug form hides the body, which may
/// bear a name and an address.
#[derive(Clone, PartialEq)]
pub struct Message {
    /// Where it goes, say `stock.BER.stock_reserved`.
    pub key: String,
    /// Its id, the same whenever it is sent again: `message_id`, and `id` of CloudEvents.
    pub id: String,
    /// What it is, say `lagerd.stock.reserved.v1`.
    pub kind: String,
    /// What it is about, say `TEE-M/BER`; `None` where that is told by the body alone.
    pub subject: Option<String>,
    /// When it happened.
    pub at: Timestamp,
    /// Within what it has an order: a journal's name, or a channel's view.
    pub partition: Arc<str>,
    /// Its place there, as a text that sorts like the place.
    pub sequence: String,
    /// The id of the command that caused it.
    pub cause: Option<String>,
    /// Whose trace that command belonged to.
    pub trace: Option<Trace>,
    /// What it says, as JSON.
    pub body: Vec<u8>,
    /// How long a queue may keep it, in milliseconds: it bears somebody's name and address.
    pub expires_ms: Option<u64>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, id, kind, subject, partition, sequence, body, .. } = self;
        let mut form = f.debug_struct("Message");
        form.field("key", key).field("id", id).field("kind", kind).field("subject", subject);
        form.field("partition", partition).field("sequence", sequence).field("bytes", &body.len());
        form.finish_non_exhaustive()
    }
}
