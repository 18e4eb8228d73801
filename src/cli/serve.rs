//! `lagerd serve`: the daemon.

use std::net::TcpListener;

use clap::Args;

use super::exit::Exit;
use super::print;
use super::root::{Globals, start_log};
use crate::runtime::{Ended, OpenError, Options, inherited, serve};

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
    let port = match passed_port(args) {
        Ok(port) => port,
        Err(exit) => return exit,
    };
    let passed = port.as_ref().and_then(|port| port.local_addr().ok()).map(|address| address.to_string());
    // A port that was opened for us is held to the same rules as one we open: not without tokens, say.
    let flags: Vec<_> =
        args.listen.clone().or(passed).into_iter().map(|listen| ("http.listen", listen)).collect();
    let settings = match globals.settings_or_exit(flags.clone()) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let log = match start_log(&settings) {
        Ok(log) => log,
        Err(exit) => return exit,
    };
    let listen = settings.http.listen;
    let options = Options { sources: globals.sources(flags), log, accept_loss: args.accept_loss, port };
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

/// The port that a service manager has opened for us, where it has.
fn passed_port(args: &ServeArgs) -> Result<Option<TcpListener>, Exit> {
    let port = inherited().map_err(|error| {
        print::complaint(format_args!("cannot use the socket that was passed: {error}"));
        Exit::Unavailable
    })?;
    if port.is_some() && args.listen.is_some() {
        print::complaint(
            "--listen names an address, and a socket was passed (socket activation): leave one out",
        );
        return Err(Exit::Usage);
    }
    Ok(port)
}

/// Prints why a store can't be used, and says how to end.
pub(super) fn store_exit(error: &OpenError) -> Exit {
    print::complaint(error);
    match error {
        OpenError::Unavailable(_) | OpenError::Unusable(_) => Exit::Unavailable,
        OpenError::Lost(_) => Exit::StoreLost,
    }
}
