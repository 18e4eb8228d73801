//! `lagerd serve`: the daemon.

use clap::Args;

use super::exit::Exit;
use super::print;
use super::root::{Globals, start_log};
use crate::runtime::{Ended, OpenError, Options, serve};

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on instead of the configured one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Go on with a store that lost confirmed changes; the log says which
    #[arg(long)]
    accept_loss: bool,
}

pub(super) fn run(args: &ServeArgs, globals: &Globals) -> Exit {
    let flags: Vec<_> = args.listen.iter().map(|listen| ("http.listen", listen.clone())).collect();
    let settings = match globals.settings_or_exit(flags.clone()) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let log = match start_log(&settings) {
        Ok(log) => log,
        Err(exit) => return exit,
    };
    let listen = settings.http.listen;
    let options = Options { sources: globals.sources(flags), log, accept_loss: args.accept_loss };
    match serve(settings, options) {
        Ended::Stopped => Exit::Ok,
        Ended::NoPort(error) => {
            print::complaint(format_args!("cannot listen on {listen}: {error}"));
            Exit::Unavailable
        }
        Ended::NoStore(error) => store_exit(&error),
        Ended::Failed => {
            print::complaint("an actor could not be kept alive; the log says why");
            Exit::Internal
        }
    }
}

/// Prints why a store can't be used, and says how to end.
pub(super) fn store_exit(error: &OpenError) -> Exit {
    print::complaint(error);
    match error {
        OpenError::Unavailable(_) | OpenError::Unusable(_) => Exit::Unavailable,
        OpenError::Lost(_) => Exit::StoreLost,
    }
}
