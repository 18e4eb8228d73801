//! `lagerd replay`: what happened is told again to one queue of RabbitMQ, say to an ERP that was down.
//!
//! The daemon tells it, step by step, with the ids it had: a consumer that knows an id drops it.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::client::{Client, NewReplay, Target};

/// Options of `lagerd replay`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  \
    lagerd replay --queue erp --since 2026-11-24T00:00:00Z --until 2026-11-25T00:00:00Z\n\n\
    Every event keeps its id: a consumer drops those it knows. Journals are told one after the other, each in its\n\
    order; older entries than [store] retain_days keeps are gone. The queue must be there; nobody else is told.\n\
    A token needs the scope admin.\n\
    Exit codes: 0 all told, 69 the daemon or its broker can't be used.")]
pub struct ReplayArgs {
    /// The queue that is told.
    #[arg(long, value_name = "NAME")]
    pub queue: String,
    /// Tells what was recorded at this time or later (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub since: jiff::Timestamp,
    /// And before this one; without it, up to now.
    #[arg(long, value_name = "TIME")]
    pub until: Option<jiff::Timestamp>,
    /// Only this journal, for example w:BER (a warehouse), c:web-de (a channel), d:07 (orders), or i:items.
    #[arg(long, value_name = "JOURNAL")]
    pub journal: Option<String>,
    /// Where the daemon listens.
    #[arg(long, default_value = "http://127.0.0.1:7070")]
    pub url: String,
    /// Bearer token, where the daemon asks for one.
    #[arg(long, env = "LAGERD_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// Asks for one step after the other until all is told.
///
/// # Errors
/// The daemon or its broker can't be used.
pub async fn run(args: ReplayArgs) -> Result<Exit, Failure> {
    let target = Arc::new(Target::new(&args.url, args.token.as_deref())?);
    // A step is confirmed by the broker before it is answered.
    let mut client = Client::new(target, Duration::from_secs(60)).with_patience(Duration::from_secs(30));
    let mut wanted = NewReplay {
        queue: args.queue,
        since: args.since.to_string(),
        // One end for all steps, also where it is now.
        until: Some(args.until.unwrap_or_else(jiff::Timestamp::now).to_string()),
        journal: args.journal,
        after: None,
    };
    let style = ProgressStyle::with_template("{spinner} {pos} entries told  {msg}");
    let bar = ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    loop {
        let told = client.replay(&wanted).await?;
        bar.inc(told.entries);
        match told.next {
            Some(next) => {
                bar.set_message(next.clone());
                wanted.after = Some(next);
            }
            None => break,
        }
    }
    let entries = bar.position();
    bar.finish_and_clear();
    super::print::result(&format!("{entries} entries told to {}\n", wanted.queue))?;
    Ok(Exit::Ok)
}
