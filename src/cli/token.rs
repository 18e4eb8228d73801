//! `lagerd token`: makes tokens. Nothing is stored; the daemon knows a token by its hash in the configuration.

use std::fs::File;
use std::io::{self, Read};

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use super::exit::Exit;
use super::print;
use crate::config::{Scope, TokenHash};

const HOURS_PER_DAY: i64 = 24;

/// What to do about tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it once, with the section for the configuration file
    #[command(after_help = "Example:\n  \
            lagerd token new --name shop --scope read:web-de --scope sell:web-de >> lagerd.toml\n  \
            lagerd token new --name prometheus --scope 'read:*' --days 365 >> lagerd.toml\n\n\
            The section goes to standard output, the token itself to standard error alone: no file keeps it.\n\
            Scopes: read:<channel>, read:*, sell:<channel>, stock:<warehouse>, fulfil:<warehouse>,\n\
            contact:<channel>, admin (everything). None implies another.\n\n\
            The daemon knows it after a SIGHUP. To replace a token, make a new one of the same name: both are good\n\
            until the old section is removed, and the SIGHUP after that ends what the old one has open.")]
    New(NewToken),
}

/// What the new token is.
#[derive(Debug, Args)]
pub struct NewToken {
    /// Who will use it, as history names him: 1 to 32 of A-Z a-z 0-9 _ -
    #[arg(long, default_value = "shop", value_parser = crate::config::parse_id)]
    name: String,
    /// What it allows; may be given several times
    #[arg(long = "scope", default_value = "admin")]
    scopes: Vec<Scope>,
    /// From when on it is refused, for example 2027-01-01T00:00:00Z; never where it is not said
    #[arg(long, value_name = "TIME", conflicts_with = "days")]
    expires: Option<Timestamp>,
    /// After how many days from now it is refused
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3_650))]
    days: Option<u16>,
}

/// Runs `lagerd token …`.
#[must_use]
pub(super) fn run(command: &TokenCommand) -> Exit {
    let TokenCommand::New(new) = command;
    let now = Timestamp::now();
    if new.expires.is_some_and(|expires| expires <= now) {
        print::complaint("--expires: this time is over; the token would be refused from the beginning");
        return Exit::Usage;
    }
    let token = match random() {
        Ok(token) => token,
        Err(error) => {
            print::complaint(format!("the system gives no random bytes: {error}"));
            return Exit::Unavailable;
        }
    };
    // Apart from the section, so that `>> lagerd.toml` does not write the secret into the file.
    print::complaint(format_args!("the token, shown only now: {token}"));
    for line in advice(new) {
        print::complaint(line);
    }
    if print::result(&section(new, &token, now)).is_ok() { Exit::Ok } else { Exit::Unavailable }
}

fn section(new: &NewToken, token: &str, now: Timestamp) -> String {
    let scopes: Vec<String> = new.scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
    let after = |days: u16| now.checked_add(SignedDuration::from_hours(i64::from(days) * HOURS_PER_DAY)).ok();
    let expires = new.expires.or_else(|| new.days.and_then(after));
    let expires = expires.map(|time| {
        // Fractions of a second say nothing here.
        let whole = Timestamp::from_second(time.as_second()).unwrap_or(time);
        format!("expires = \"{whole}\"\n")
    });
    format!(
        "\n[[token]]\nname = \"{}\"\nhash = \"{}\"\nscopes = [{}]\n{}",
        new.name,
        TokenHash::of(token).configured(),
        scopes.join(", "),
        expires.unwrap_or_default(),
    )
}

/// What to do with it now.
fn advice(new: &NewToken) -> Vec<String> {
    let everything = new.scopes.contains(&Scope::Admin);
    let warned = everything.then(|| "it may do everything; --scope makes one that may do less".to_owned());
    let next = "add the section to the configuration, then: lagerd config check, and SIGHUP to the daemon";
    let sent = "callers send it with every request: Authorization: Bearer <token>";
    warned.into_iter().chain([next.to_owned(), sent.to_owned()]).collect()
}

/// 256 random bits as text, from the kernel.
fn random() -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(blake3::Hash::from_bytes(bytes).to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The section is one the daemon reads, with the hash of the token and the end that was asked for.
    #[test]
    fn the_section_is_read() {
        let scopes = vec![Scope::Read("web-de".to_owned()), Scope::Sell("web-de".to_owned())];
        let new = NewToken { name: "shop".to_owned(), scopes, expires: None, days: Some(2) };
        let now: Timestamp = "2026-11-25T10:00:00.123Z".parse().unwrap();
        let text = section(&new, "secret", now);
        let read: toml::Table = text.parse().unwrap();
        let read = &read["token"][0];
        assert_eq!(read["hash"].as_str(), Some(TokenHash::of("secret").configured().as_str()));
        assert_eq!(read["expires"].as_str(), Some("2026-11-27T10:00:00Z"));
        assert_eq!(read["scopes"].as_array().map(Vec::len), Some(2));
        assert!(!text.contains("secret"), "{text}");
    }
}
