//! Erases what has been kept long enough: contacts, and documents settled long ago.
//!
//! Contacts lie beside the journal, so the journal decides: one whose order says erased, or that belongs to no order, is
//! deleted again. That may happen after a store was repaired.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::reading::{away, journal};
use crate::actor::fault::Fault;
use crate::actor::house::House;
use crate::domain::desk::{Answer, DeskCommand, Document, Verb};
use crate::domain::ids::{CommandId, OrderId, SHARDS};
use crate::domain::order::privacy::{contact_ends, document_ends};
use crate::domain::order::{Contact, Keeping, Order};
use crate::domain::refusal::Refusal;
use crate::journal::{RowCursor, Table};

/// How often contacts are looked through.
const EVERY: Duration = Duration::from_secs(3_600);
/// How soon it is tried again where the store was away.
const AGAIN: Duration = Duration::from_secs(60);
/// How many looks at contacts come to one at settled documents, of which there are many more.
const DOCUMENTS_EVERY: u32 = 24;
/// Settled documents read at once.
const PAGE: usize = 200;

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Contacts whose time was over.
    pub contacts: usize,
    /// Contacts that had been erased before, or belonged to nothing.
    pub again: usize,
    /// Documents settled long ago.
    pub documents: usize,
}

/// Runs until it is told to stop; looks once at the beginning.
pub(in crate::actor::house) async fn retain(house: Arc<House>, stopping: CancellationToken) {
    let mut round = 0_u32;
    loop {
        let documents = round.is_multiple_of(DOCUMENTS_EVERY);
        let pause = match house.erase_due(documents).await {
            Ok(erased) => {
                if erased != Erased::default() {
                    let Erased { contacts, again, documents } = erased;
                    tracing::info!(contacts, again, documents, "erased what was kept long enough");
                }
                round = round.wrapping_add(1);
                EVERY
            }
            Err(fault) => {
                tracing::warn!(%fault, "what is to be erased can't be looked through now; it is tried again");
                AGAIN
            }
        };
        if tokio::time::timeout(pause, stopping.cancelled()).await.is_ok() {
            return;
        }
    }
}

impl House {
    /// How long personal data and documents are kept.
    #[must_use]
    pub const fn keeping(&self) -> &Keeping {
        &self.desks.rules.keeping
    }

    /// Erases every contact whose time is over, and where asked to, documents settled long ago.
    ///
    /// # Errors
    /// What stood in the way; what was erased until then stays so.
    pub async fn erase_due(self: &Arc<Self>, documents: bool) -> Result<Erased, Fault> {
        let mut erased = Erased::default();
        for shard in 0..SHARDS {
            let id = journal(shard);
            let mut from = Some(RowCursor::default());
            while let Some(cursor) = from {
                let page = self.journal.rows(&id, Table::Contacts, cursor).await.map_err(away)?;
                for (key, _) in &page.rows {
                    let order = OrderId::parse(&String::from_utf8_lossy(key));
                    let Ok(order) = order else { continue };
                    self.erase_contact_due(&order, &mut erased).await?;
                }
                from = page.next;
            }
        }
        if documents {
            self.forget_due(&mut erased).await?;
        }
        Ok(erased)
    }

    async fn erase_contact_due(self: &Arc<Self>, id: &OrderId, erased: &mut Erased) -> Result<(), Fault> {
        let order = match self.document(id).await {
            Ok(Document::Order(order)) => order,
            Ok(Document::Return(_) | Document::Transfer(_) | Document::Inbound(_)) => return Ok(()),
            Err(Fault::Refused(Refusal::UnknownDocument { .. })) => {
                return self.erase_nobodys(id, erased).await;
            }
            Err(fault) => return Err(fault),
        };
        let Some(force) = due(&order, self.keeping(), self.now()) else { return Ok(()) };
        let verb = Verb::EraseContact { order: id.clone(), force };
        match self.ask_desk(self.inside(self.erasing(id, "erase"), None), verb).await {
            Ok(_) if force => erased.contacts = erased.contacts.saturating_add(1),
            Ok(_) => erased.again = erased.again.saturating_add(1),
            // It was given anew meanwhile.
            Err(Fault::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    /// Deletes a contact that belongs to no order. Views lag behind what is written, so the desk itself is asked.
    async fn erase_nobodys(self: &Arc<Self>, id: &OrderId, erased: &mut Erased) -> Result<(), Fault> {
        let look = Verb::Look { id: id.clone() };
        if self.ask_desk(self.inside(self.erasing(id, "look"), None), look).await? == Answer::Unknown {
            self.forget(vec![id.clone()]).await?;
            erased.again = erased.again.saturating_add(1);
        }
        Ok(())
    }

    async fn forget_due(&self, erased: &mut Erased) -> Result<(), Fault> {
        let mut cursor = None;
        loop {
            let (documents, next) = self.archived(cursor.as_deref(), PAGE).await?;
            let over = |document: &&Document| document_ends(document, self.keeping()) <= self.now();
            let mut ids: Vec<OrderId> =
                documents.iter().filter(over).map(|known| known.id().clone()).collect();
            ids.sort_unstable();
            for of_desk in ids.chunk_by(|one, other| one.shard() == other.shard()) {
                self.forget(of_desk.to_vec()).await?;
            }
            erased.documents = erased.documents.saturating_add(ids.len());
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Lets a desk forget documents of its own, and their contacts.
    async fn forget(&self, documents: Vec<OrderId>) -> Result<(), Fault> {
        let Some(first) = documents.first().cloned() else { return Ok(()) };
        let envelope = self.inside(self.erasing(&first, "forget"), None);
        let command = DeskCommand { verb: Verb::Forget { documents }, archived: None, looked: 0 };
        self.mailbox_of(&first)?.ask(envelope, command).await.map(|_| ())
    }

    /// A command's id of its own for each look: an older one's answer would change nothing.
    fn erasing(&self, id: &OrderId, what: &str) -> CommandId {
        CommandId::stored(&format!("{id}/{what}/{}", self.now().as_millis()))
    }
}

/// Whether a stored contact has to go, and whether also from an open order; `None` where it stays.
fn due(order: &Order, keeping: &Keeping, now: crate::domain::time::Timestamp) -> Option<bool> {
    if order.withdrawn {
        // It goes with the order, as soon as that has told everybody.
        return None;
    }
    match order.contact {
        Contact::Kept => (contact_ends(order, keeping) <= now).then_some(true),
        Contact::None | Contact::Erased(_) => Some(false),
    }
}
