//! Looks into a store and tells what is there, in lines for people.

use std::fmt::Write as _;

use crate::actor::journaled::load_machine;
use crate::config::Settings;
use crate::domain::channel::Channel;
use crate::domain::desk::{Desk, DeskRow, Document};
use crate::domain::ids::{ChannelId, OrderId, OrderNumber, Sku, WarehouseId};
use crate::domain::item::Items;
use crate::domain::warehouse::Warehouse;
use crate::journal::record::{Entry, Recorded};
use crate::journal::{Journal, JournalError, JournalId, JournalKind, StoredEntry};

use super::order_told;
use super::parts;
use super::store::{OpenError, open_to_look};
use super::telling::{self, Told};

/// Changes of a SKU that are shown per warehouse; the whole history is asked of the running daemon.
const LAST_CHANGES: usize = 10;

/// What to look at.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A SKU at every warehouse.
    Sku(Sku),
    /// An order.
    Order {
        /// Its id over all channels (also of a fulfilment or a return of it), or its channel's number.
        name: String,
        /// Its channel; without one every configured channel is looked at.
        channel: Option<ChannelId>,
    },
    /// Entries of a journal.
    Journal {
        /// Which journal.
        id: JournalId,
        /// The first version; `None` shows the newest.
        from: Option<u64>,
        /// How many entries.
        limit: usize,
    },
}

impl Subject {
    /// A journal's entries, the journal as a person names it.
    ///
    /// # Errors
    /// Says what a journal's name looks like.
    pub fn journal(id: &str, from: Option<u64>, limit: usize) -> Result<Self, String> {
        Ok(Self::Journal { id: id.parse()?, from, limit })
    }

    /// An order, as a person names it.
    ///
    /// # Errors
    /// Says what a channel's id looks like.
    pub fn order(name: &str, channel: Option<&str>) -> Result<Self, String> {
        let channel = channel.map(ChannelId::parse).transpose().map_err(|error| error.to_string())?;
        Ok(Self::Order { name: name.to_owned(), channel })
    }
}

/// Looks into the configured store. The text is empty where nothing is known of the subject.
///
/// # Errors
/// [`OpenError`].
pub async fn look(settings: &Settings, subject: &Subject) -> Result<String, OpenError> {
    let store = open_to_look(settings).await?;
    match subject {
        Subject::Sku(sku) => Ok(self::sku(store.as_ref(), settings, sku).await?),
        Subject::Order { name, channel } => {
            Ok(order(store.as_ref(), settings, name, channel.as_ref()).await?)
        }
        Subject::Journal { id, from, limit } => Ok(entries(store.as_ref(), id, *from, *limit).await?),
    }
}

async fn sku(journal: &dyn Journal, settings: &Settings, sku: &Sku) -> Result<String, JournalError> {
    let rules = parts::rules(settings);
    let mut text = String::new();
    for id in journal.journals().await?.into_iter().filter(|id| id.kind == JournalKind::Warehouse) {
        let name = WarehouseId::stored(&id.name);
        let loaded = load_machine(journal, &id, &move || Warehouse::new(name.clone(), rules), 0).await?;
        let Some(level) = loaded.machine.level(sku) else { continue };
        write_line(&mut text, format_args!("{sku} at {} (journal {id}, head {})", id.name, loaded.head));
        write_line(&mut text, format_args!("  {}", telling::figures(level)));
        let policy = loaded.machine.policy(sku).map(telling::stock_policy).filter(|told| !told.is_empty());
        if let Some(policy) = policy {
            write_line(&mut text, format_args!("  {policy}"));
        }
        claims(&loaded.machine, sku, &mut text);
        last_changes(journal, &id, sku, level.changed, &mut text).await?;
    }
    Ok(text)
}

/// Who holds units of a SKU, and to whom they are promised.
fn claims(warehouse: &Warehouse, sku: &Sku, text: &mut String) {
    for (_, hold) in warehouse.holds().filter(|(_, hold)| hold.held(sku) > 0) {
        for claim in hold.claims() {
            let (quantity, until) = (claim.quantity(sku), telling::time(claim.deadline));
            let cart = hold.cart.as_ref().map(|cart| format!(", cart {cart}")).unwrap_or_default();
            let (by, channel) = (&claim.reservation, &hold.channel);
            write_line(
                text,
                format_args!("  held {quantity} by {by}, channel {channel}{cart}, until {until}"),
            );
        }
    }
    for (reservation, allocation) in warehouse.allocations() {
        for line in allocation.lines.iter().filter(|line| line.sku == *sku) {
            let (quantity, channel) = (line.quantity, &allocation.channel);
            write_line(text, format_args!("  allocated {quantity} to {reservation}, channel {channel}"));
        }
    }
}

/// The newest changes of a SKU, newest first: each fact names the version of the one before it.
async fn last_changes(
    journal: &dyn Journal,
    id: &JournalId,
    sku: &Sku,
    newest: u64,
    text: &mut String,
) -> Result<(), JournalError> {
    let (mut version, mut shown) = (newest, 0);
    while version > 0 && shown < LAST_CHANGES {
        let page = journal.read(id, version, 1).await?;
        let Some(stored) = page.first().filter(|stored| stored.head.version == version) else { break };
        let entry = Entry::<Warehouse>::decode(&stored.entry)?;
        let mut older = 0;
        for (cause, fact) in entry.facts.iter().rev() {
            let Some(change) = telling::change_of(fact, sku) else { continue };
            older = fact.lines.iter().find(|line| line.sku == *sku).map_or(0, |line| line.previous);
            shown = shown.saturating_add(1);
            let (at, kind, about) = (telling::time(entry.at), fact.kind.name(), telling::about(fact));
            let cause = telling::cause(cause.and_then(|cause| entry.causes.get(cause)));
            write_line(text, format_args!("  {at}  {kind} {change:+}{about}  [{cause}]"));
        }
        if older >= version {
            break;
        }
        version = older;
    }
    Ok(())
}

/// An order by its id or number; the same number on several channels shows all of them.
async fn order(
    journal: &dyn Journal,
    settings: &Settings,
    name: &str,
    channel: Option<&ChannelId>,
) -> Result<String, JournalError> {
    let mut ids = Vec::new();
    if let Ok(number) = OrderNumber::parse(name) {
        let configured = settings.channels.iter().map(|known| known.id.as_str());
        for known in configured.chain(channel.map(ChannelId::as_str)) {
            let id = OrderId::minted(number.as_str(), "order", &[known, number.as_str()]);
            if channel.is_none_or(|channel| channel.as_str() == known) && !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    if let Ok(id) = OrderId::parse(name) {
        ids.push(id.part().map_or_else(|| id.clone(), |(order, ..)| order));
    }
    let mut text = String::new();
    for id in ids {
        let wanted = |order: &&std::sync::Arc<crate::domain::order::Order>| {
            channel.is_none_or(|channel| *channel == order.channel)
        };
        let document = document(journal, &id).await?;
        if let Some(order) = document.as_ref().and_then(Document::order).filter(wanted) {
            text.push_str(&order_told::order(order));
        }
    }
    Ok(text)
}

/// A document, open or settled.
async fn document(journal: &dyn Journal, id: &OrderId) -> Result<Option<Document>, JournalError> {
    let Some(shard) = id.shard() else { return Ok(None) };
    let desk = JournalId::new(JournalKind::Desk, format!("{shard:02}"));
    for row in [DeskRow::Open(id.clone(), None), DeskRow::Archived(id.clone(), None)] {
        let Some(place) = Desk::change(&row) else { continue };
        let Some(value) = journal.row(&desk, place.table, &place.key).await? else { continue };
        match Desk::row_from(place.table, &place.key, &value)? {
            DeskRow::Open(_, found @ Some(_)) | DeskRow::Archived(_, found @ Some(_)) => return Ok(found),
            DeskRow::Open(..) | DeskRow::Archived(..) | DeskRow::Refused(..) | DeskRow::Asked(..) => {}
        }
    }
    Ok(None)
}

async fn entries(
    journal: &dyn Journal,
    id: &JournalId,
    from: Option<u64>,
    limit: usize,
) -> Result<String, JournalError> {
    let span = journal.span(id).await?;
    let mut text = String::new();
    if span.head.version == 0 {
        return Ok(text);
    }
    let (head, first, bytes) = (span.head, span.first, span.log_bytes);
    write_line(
        &mut text,
        format_args!("{id}: head {head}, kept from version {first}, about {bytes} bytes of log"),
    );
    let newest = span.head.version.saturating_add(1).saturating_sub(limit as u64);
    let mut next = from.unwrap_or(newest).max(span.first);
    let mut left = limit;
    while left > 0 {
        let page = journal.read(id, next, left).await?;
        let Some(last) = page.last() else { break };
        next = last.head.version.saturating_add(1);
        left = left.saturating_sub(page.len());
        for stored in &page {
            match id.kind {
                JournalKind::Warehouse => facts::<Warehouse>(stored, &mut text)?,
                JournalKind::Channel => facts::<Channel>(stored, &mut text)?,
                JournalKind::Items => facts::<Items>(stored, &mut text)?,
                JournalKind::Desk => facts::<Desk>(stored, &mut text)?,
            }
        }
    }
    Ok(text)
}

fn facts<M: Told>(stored: &StoredEntry, text: &mut String) -> Result<(), JournalError> {
    let entry = Entry::<M>::decode(&stored.entry)?;
    let (at, rows) = (telling::time(entry.at), entry.rows.len());
    write_line(text, format_args!("{}  {at}, {rows} rows", stored.head));
    for (cause, fact) in &entry.facts {
        let cause = telling::cause(cause.and_then(|cause| entry.causes.get(cause)));
        let (name, lines) = M::told(fact);
        for line in lines {
            write_line(text, format_args!("  {name}  {line}  [{cause}]"));
        }
    }
    Ok(())
}

fn write_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string does not fail.
    writeln!(text, "{line}").unwrap_or_default();
}
