//! `lagerd config`: looks at settings without starting anything.

use clap::Subcommand;

use super::Globals;
use super::exit::Exit;
use super::print;
use crate::config::{self, Settings};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check every layer and name all problems at once
    #[command(after_help = "Example:\n  lagerd config check --config /etc/lagerd/lagerd.toml")]
    Check,
    /// Print what counts in the end, secrets as stars
    #[command(after_help = "Example:\n  LAGERD__HTTP__LISTEN=127.0.0.1:8080 lagerd config show")]
    Show,
    /// Print the commented file to begin with
    #[command(after_help = "Example:\n  lagerd config default > lagerd.toml")]
    Default,
}

/// Runs `lagerd config …`.
#[must_use]
pub(super) fn run(command: &ConfigCommand, globals: &Globals) -> Exit {
    match command {
        ConfigCommand::Default => printed(config::SHIPPED),
        ConfigCommand::Check => globals.settings_or_exit(Vec::new()).map_or_else(
            |exit| exit,
            |settings| printed(&format!("{}: {}\n", globals.file_name(), summary(&settings))),
        ),
        ConfigCommand::Show => globals.settings_or_exit(Vec::new()).map_or_else(
            |exit| exit,
            |settings| match toml::to_string(&settings) {
                Ok(text) => printed(&text),
                Err(error) => {
                    print::complaint(format!("settings can't be shown: {error}"));
                    Exit::Internal
                }
            },
        ),
    }
}

fn summary(settings: &Settings) -> String {
    let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    format!(
        "no problems; {}, {}, {}",
        count(settings.warehouses.len(), "warehouse"),
        count(settings.channels.len(), "channel"),
        count(settings.tokens.len(), "token"),
    )
}

fn printed(text: &str) -> Exit {
    match print::result(text) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            print::complaint(format!("standard output can't be written: {error}"));
            Exit::Unavailable
        }
    }
}
