//! The root of the command line, and what every command shares.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use super::config::{self, ConfigCommand};
use super::demo::DemoArgs;
use super::exit::Exit;
use super::export::ExportArgs;
use super::import::ImportArgs;
use super::load::LoadArgs;
use super::look::{self, InspectCommand};
use super::outside;
use super::print;
use super::replay::ReplayArgs;
use super::serve::{self, ServeArgs};
use super::token::{self, TokenCommand};
use super::watch::WatchArgs;
use crate::config::{LogFormat, Settings, Sources, load};
use crate::telemetry::{self, LogHandle};

/// One truth about stock for every channel and warehouse, in real time.
#[derive(Debug, Parser)]
#[command(
    name = "lagerd",
    version,
    about,
    arg_required_else_help = true,
    after_help = "Example:\n  lagerd demo --for 30s\n  lagerd config default > lagerd.toml\n  \
        lagerd serve --config lagerd.toml"
)]
pub struct Cli {
    /// What every command shares.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that stand before or after any command.
#[derive(Debug, Clone, Args)]
pub struct Globals {
    /// Configuration file; without one systemd's, without that the built-in one
    #[arg(long, global = true, value_name = "FILE", env = "LAGERD_CONFIG")]
    pub config: Option<PathBuf>,
    /// Log lines to write: off, error, warn, info, debug, trace, or "info,lagerd::journal=debug"
    #[arg(long, global = true, value_name = "FILTER", env = "LAGERD_LOG")]
    pub log: Option<String>,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon
    #[command(after_help = "Example:\n  lagerd serve --config lagerd.toml")]
    Serve(ServeArgs),
    /// Check every invariant over the whole store
    #[command(after_help = "Example:\n  lagerd audit --config lagerd.toml\n\n\
        Reads the store itself and changes nothing. The embedded store belongs to one process: stop the daemon\n\
        first. Redis can be audited while the daemon runs.\n\
        Exit codes: 0 every invariant holds, 1 one does not, 69 the store can't be opened.")]
    Audit,
    /// Look into the store
    #[command(
        subcommand,
        after_help = "Example:\n  lagerd inspect sku TEE-M\n\n\
        Reads the store itself and changes nothing. The embedded store belongs to one process: stop the daemon\n\
        first, or ask it: GET /v1/stock/TEE-M/history?warehouse=BER."
    )]
    Inspect(InspectCommand),
    /// Write the store's files anew, so that nothing erased is left in them
    #[command(after_help = "Example:\n  lagerd compact --config lagerd.toml\n\n\
        What is erased is gone from the store at once, and from the bytes on its disk when its files are written anew.\n\
        The embedded store belongs to one process: stop the daemon first; it needs as much free room as the store\n\
        holds. Redis does it while the daemon runs; its replicas and backups have files of their own.\n\
        Exit codes: 0 done, 69 the store can't be opened or written.")]
    Compact,
    /// Look at the configuration: check it, show what counts, print the default
    #[command(subcommand, after_help = "Example:\n  lagerd config check --config lagerd.toml")]
    Config(ConfigCommand),
    /// Print what is told to RabbitMQ and what it may say, as AsyncAPI 3
    #[command(after_help = "Example:\n  lagerd asyncapi > lagerd.asyncapi.yaml\n\n\
        The text is JSON, which is YAML 1.2 as well; a running daemon serves it at /asyncapi.yaml.")]
    Asyncapi,
    /// Make tokens for shops, tills and tools
    #[command(subcommand, after_help = "Example:\n  lagerd token new --name shop --scope sell:web-de")]
    Token(TokenCommand),
    /// Put a running daemon under load and check it against the clients' own records
    Load(Box<LoadArgs>),
    /// Watch a merchant's busy hour on a daemon of its own, and see the books closed
    Demo(Box<DemoArgs>),
    /// Bring a file into a running daemon
    Import(Box<ImportArgs>),
    /// Write what a running daemon holds to a file
    Export(Box<ExportArgs>),
    /// Tell a part of what happened again, to one queue of RabbitMQ
    Replay(Box<ReplayArgs>),
    /// Watch what a channel may sell, or what a warehouse has, as it changes
    Watch(Box<WatchArgs>),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, everything else is a complaint; clap knows which and where to print it.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            drop(error.print());
            return exit.into();
        }
    };
    run(&cli).into()
}

fn run(cli: &Cli) -> Exit {
    match &cli.command {
        Command::Serve(args) => serve::run(args, &cli.globals),
        Command::Audit => look::audit(&cli.globals),
        Command::Inspect(command) => look::inspect(command, &cli.globals),
        Command::Compact => look::compact(&cli.globals),
        Command::Config(command) => config::run(command, &cli.globals),
        Command::Asyncapi => match print::result(crate::runtime::asyncapi()) {
            Ok(()) => Exit::Ok,
            Err(_) => Exit::Unavailable,
        },
        Command::Token(command) => token::run(command),
        Command::Load(args) => outside::drive(super::load::run(args.as_ref().clone())),
        Command::Demo(args) => outside::drive(super::demo::run(args.as_ref().clone())),
        Command::Import(args) => {
            outside::drive(super::import::run(args.as_ref().clone(), jiff::Timestamp::now()))
        }
        Command::Replay(args) => outside::drive(super::replay::run(args.as_ref().clone())),
        Command::Export(args) => outside::drive(super::export::run(args.as_ref().clone())),
        Command::Watch(args) => outside::drive(super::watch::run(args.as_ref().clone())),
    }
}

impl Globals {
    /// Where settings come from, with a command's own flags (key path and value) on top.
    #[must_use]
    pub fn sources(&self, mut flags: Vec<(&'static str, String)>) -> Sources {
        flags.extend(self.log.clone().filter(|filter| !filter.is_empty()).map(|filter| ("log", filter)));
        Sources::of_process(self.config.clone(), flags)
    }

    /// Loads the settings; prints every problem where there is one.
    ///
    /// # Errors
    /// The exit code to end with.
    pub fn settings_or_exit(&self, flags: Vec<(&'static str, String)>) -> Result<Settings, Exit> {
        load(&self.sources(flags)).map_err(|problems| {
            print::complaint(problems);
            Exit::Config
        })
    }

    /// The file that counts, for people.
    #[must_use]
    pub fn file_name(&self) -> String {
        let file = self.sources(Vec::new()).file();
        file.map_or_else(|| "built-in configuration".to_owned(), |file| file.display().to_string())
    }
}

/// Starts the process's log as the settings say; for commands that run long.
///
/// # Errors
/// The exit code to end with.
pub fn start_log(settings: &Settings) -> Result<LogHandle, Exit> {
    let format = match settings.log_format {
        LogFormat::Auto => telemetry::Format::Auto,
        LogFormat::Text => telemetry::Format::Text,
        LogFormat::Json => telemetry::Format::Json,
        LogFormat::Journald => telemetry::Format::Journald,
    };
    telemetry::start(&settings.log, format).map_err(|error| {
        print::complaint(error);
        Exit::Config
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// The definition holds together, and every command's help ends with an example.
    #[test]
    fn every_command_has_an_example() {
        fn look(command: &clap::Command, path: &str) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Example:\n  "), "{path} has no example");
            for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
                look(child, &format!("{path} {}", child.get_name()));
            }
        }
        let command = Cli::command();
        command.clone().debug_assert();
        look(&command, "lagerd");
    }
}
