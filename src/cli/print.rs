//! Writing to the terminal: results to standard output, complaints to standard error. A reader that went away (`| head`)
//! ends the command quietly instead of with a panic.

use std::fmt::Display;
use std::io::{self, Write};

/// Prints a result as it stands, without adding a line end.
///
/// # Errors
/// Where standard output can't be written, a closed pipe excepted.
pub(crate) fn result(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints a complaint on a line of its own, after the program's name.
pub(crate) fn complaint(text: impl Display) {
    // Where standard error is gone too, the exit code still tells.
    drop(writeln!(io::stderr().lock(), "lagerd: {text}"));
}
