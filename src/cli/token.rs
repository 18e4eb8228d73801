//! `lagerd token`: makes tokens. Nothing is stored; the daemon knows a token by its hash in the configuration.

use std::fs::File;
use std::io::{self, Read};

use clap::Subcommand;

use super::exit::Exit;
use super::print;
use crate::config::TokenHash;

/// What to do about tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it once, with the section for the configuration file
    #[command(after_help = "Example:\n  \
            lagerd token new --name shop --scope read:web-de --scope sell:web-de >> lagerd.toml\n\n\
            The section goes to standard output, the token itself to standard error alone: no file keeps it.\n\
            Scopes: read:<channel>, read:*, sell:<channel>, stock:<warehouse>, fulfil:<warehouse>,\n\
            contact:<channel>, admin (everything).")]
    New {
        /// Who will use it: 1 to 32 of A-Z a-z 0-9 _ -
        #[arg(long, default_value = "shop", value_parser = crate::config::parse_id)]
        name: String,
        /// What it allows; may be given several times
        #[arg(long = "scope", default_value = "admin")]
        scopes: Vec<crate::config::Scope>,
    },
}

/// Runs `lagerd token …`.
#[must_use]
pub(super) fn run(command: &TokenCommand) -> Exit {
    let TokenCommand::New { name, scopes } = command;
    let token = match random() {
        Ok(token) => token,
        Err(error) => {
            print::complaint(format!("the system gives no random bytes: {error}"));
            return Exit::Unavailable;
        }
    };
    let scopes: Vec<String> = scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
    let text = format!(
        "\n[[token]]\nname = \"{name}\"\nhash = \"{}\"\nscopes = [{}]\n",
        TokenHash::of(&token).configured(),
        scopes.join(", "),
    );
    // Apart from the section, so that `>> lagerd.toml` does not write the secret into the file.
    print::complaint(format_args!("the token, shown only now: {token}"));
    if print::result(&text).is_ok() { Exit::Ok } else { Exit::Unavailable }
}

/// 256 random bits as text, from the kernel.
fn random() -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(blake3::Hash::from_bytes(bytes).to_hex().to_string())
}
