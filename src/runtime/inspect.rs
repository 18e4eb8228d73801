//! Looks into a store and tells what is there, in lines for people.

use std::fmt::Write as _;

use crate::actor::journaled::load_machine;
use crate::config::Settings;
use crate::domain::channel::Channel;
use crate::domain::ids::{Sku, WarehouseId};
use crate::domain::item::Items;
use crate::domain::warehouse::Warehouse;
use crate::journal::record::{Entry, Recorded};
use crate::journal::{Journal, JournalError, JournalId, JournalKind};

use super::parts;
use super::store::{OpenError, open_to_look};

/// What to look at.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A SKU at every warehouse.
    Sku(Sku),
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
}

/// Looks into the configured store.
///
/// # Errors
/// [`OpenError`].
pub async fn look(settings: &Settings, subject: &Subject) -> Result<String, OpenError> {
    let store = open_to_look(settings).await?;
    match subject {
        Subject::Sku(sku) => Ok(self::sku(store.as_ref(), settings, sku).await?),
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
        let head = loaded.head;
        write_line(&mut text, format_args!("{id} at {head}"));
        write_line(
            &mut text,
            format_args!(
                "  on_hand {}  damaged {}  quality_control {}  quarantine {}  reserved {}  allocated {}  deficit {}",
                level.on_hand,
                level.damaged,
                level.quality_control,
                level.quarantine,
                level.reserved,
                level.allocated,
                level.deficit()
            ),
        );
        if let Some(policy) = loaded.machine.policy(sku) {
            write_line(&mut text, format_args!("  {policy:?}"));
        }
        for (_, hold) in loaded.machine.holds().filter(|(_, hold)| hold.held(sku) > 0) {
            for claim in hold.claims() {
                write_line(
                    &mut text,
                    format_args!(
                        "  held {} by {} on {} until {}",
                        claim.quantity(sku),
                        claim.reservation,
                        hold.channel,
                        claim.deadline
                    ),
                );
            }
        }
        for (reservation, allocation) in loaded.machine.allocations() {
            for line in allocation.lines.iter().filter(|line| line.sku == *sku) {
                write_line(
                    &mut text,
                    format_args!("  allocated {} to {reservation} on {}", line.quantity, allocation.channel),
                );
            }
        }
        last_fact(journal, &id, sku, level.changed, &mut text).await?;
    }
    Ok(text)
}

async fn last_fact(
    journal: &dyn Journal,
    id: &JournalId,
    sku: &Sku,
    version: u64,
    text: &mut String,
) -> Result<(), JournalError> {
    let page = journal.read(id, version, 1).await?;
    let Some(stored) = page.first().filter(|stored| stored.head.version == version) else { return Ok(()) };
    let entry = Entry::<Warehouse>::decode(&stored.entry)?;
    for (_, fact) in entry.facts.iter().filter(|(_, fact)| fact.lines.iter().any(|line| line.sku == *sku)) {
        write_line(text, format_args!("  last {} at version {version}, {}", fact.kind.name(), entry.at));
    }
    Ok(())
}

async fn entries(
    journal: &dyn Journal,
    id: &JournalId,
    from: Option<u64>,
    limit: usize,
) -> Result<String, JournalError> {
    let span = journal.span(id).await?;
    let mut text = String::new();
    write_line(
        &mut text,
        format_args!("{id} head {} first {} log about {} bytes", span.head, span.first, span.log_bytes),
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
            write_line(&mut text, format_args!("{}", stored.head));
            match id.kind {
                JournalKind::Warehouse => facts::<Warehouse>(&stored.entry, &mut text)?,
                JournalKind::Channel => facts::<Channel>(&stored.entry, &mut text)?,
                JournalKind::Items => facts::<Items>(&stored.entry, &mut text)?,
            }
        }
    }
    Ok(text)
}

fn facts<M: Recorded>(bytes: &[u8], text: &mut String) -> Result<(), JournalError> {
    let entry = Entry::<M>::decode(bytes)?;
    write_line(text, format_args!("  at {}, {} rows", entry.at, entry.rows.len()));
    for (cause, fact) in &entry.facts {
        let cause = cause.and_then(|cause| entry.causes.get(cause));
        let cause = cause.map_or("time".to_owned(), |cause| cause.id.to_string());
        write_line(text, format_args!("  {cause}: {fact:?}"));
    }
    Ok(())
}

fn write_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string does not fail.
    writeln!(text, "{line}").unwrap_or_default();
}
