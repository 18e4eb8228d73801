//! `lagerd audit` and `lagerd inspect`: look at a store without changing it; `lagerd compact`: leave what it holds as it
//! is, in files that hold nothing else.

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::print;
use super::root::Globals;
use super::serve::store_exit;
use crate::config::Settings;
use crate::domain::ids::Sku;
use crate::runtime::inspect::Subject;
use crate::runtime::{OpenError, audit, compact, inspect};

/// What to look at.
#[derive(Debug, Subcommand)]
pub enum InspectCommand {
    /// A SKU at every warehouse: figures, who holds it, what happened last
    #[command(after_help = "Example:\n  lagerd inspect sku TEE-M --config lagerd.toml\n\n\
        Exit codes: 0 shown, 1 nothing is known of it, 69 the store can't be opened (a running daemon holds an embedded one).")]
    Sku {
        /// The SKU
        sku: String,
    },
    /// An order: its lines and parts, what it still has to tell, what happened, why it ships from where it does
    #[command(after_help = "Example:\n  lagerd inspect order o-1 --channel web-de --config lagerd.toml\n\n\
        The id over all channels works too, also that of a fulfilment or a return. Without a channel every configured one\n\
        is looked at. Of a person nothing is shown, only whether there is a contact.\n\
        Exit codes: 0 shown, 1 nothing is known of it, 69 the store can't be opened (a running daemon holds an embedded one).")]
    Order {
        /// Its id, or its channel's number
        order: String,
        /// Its channel
        #[arg(long, value_name = "ID")]
        channel: Option<String>,
    },
    /// The entries of a journal
    #[command(after_help = "Example:\n  lagerd inspect journal w:BER --limit 5\n\n\
        Exit codes: 0 shown, 1 nothing is known of it, 69 the store can't be opened (a running daemon holds an embedded one).")]
    Journal(JournalArgs),
}

/// Which entries.
#[derive(Debug, Args)]
pub struct JournalArgs {
    /// The journal: w:WAREHOUSE, c:CHANNEL, i:items or d:00 to d:15
    journal: String,
    /// First version to show; without it the newest are shown
    #[arg(long)]
    from: Option<u64>,
    /// Entries to show
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

/// Checks every invariant and prints the report; broken ones end with [`Exit::CheckFailed`].
pub(super) fn audit(globals: &Globals) -> Exit {
    look(globals, async |settings| {
        let report = audit::run(settings).await?;
        let exit = if report.is_clean() { Exit::Ok } else { Exit::CheckFailed };
        Ok((audit::text(&report), exit))
    })
}

/// Writes the store's files anew and prints what was done.
pub(super) fn compact(globals: &Globals) -> Exit {
    look(globals, async |settings| Ok((compact::run(settings).await?, Exit::Ok)))
}

/// Prints what the store has of a SKU or a journal.
pub(super) fn inspect(command: &InspectCommand, globals: &Globals) -> Exit {
    let subject = match command {
        InspectCommand::Sku { sku } => Sku::parse(sku).map(Subject::Sku).map_err(|error| error.to_string()),
        InspectCommand::Order { order, channel } => Subject::order(order, channel.as_deref()),
        InspectCommand::Journal(JournalArgs { journal, from, limit }) => {
            Subject::journal(journal, *from, *limit)
        }
    };
    let subject = match subject {
        Ok(subject) => subject,
        Err(error) => {
            print::complaint(error);
            return Exit::Usage;
        }
    };
    look(globals, async |settings| {
        let text = inspect::look(settings, &subject).await?;
        if text.is_empty() {
            return Ok(("nothing is known of it\n".to_owned(), Exit::CheckFailed));
        }
        Ok((text, Exit::Ok))
    })
}

fn look<F>(globals: &Globals, work: F) -> Exit
where
    F: AsyncFnOnce(&Settings) -> Result<(String, Exit), OpenError>,
{
    let settings = match globals.settings_or_exit(Vec::new()) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            print::complaint(error);
            return Exit::Internal;
        }
    };
    match runtime.block_on(work(&settings)) {
        Ok((text, exit)) => print::result(&text).map_or(Exit::Internal, |()| exit),
        Err(error) => store_exit(&error),
    }
}
