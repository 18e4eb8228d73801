//! Exit codes: scripts and units act on them, so they never change their meaning. The README's table is compared with
//! [`TABLE`].

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Ok,
    /// It ran, and what it checked or was given does not hold: a broken invariant, an oversold unit, a refused line.
    CheckFailed,
    /// The command line or a file named on it can't be used.
    Usage,
    /// The store lost acknowledged changes, or belongs to somebody else; an operator decides.
    StoreLost,
    /// The store or the daemon can't be reached or opened.
    Unavailable,
    /// The daemon gave itself up: an actor kept dying, or a sync to disk failed. Starting again is right.
    Internal,
    /// The configuration has problems; each was printed.
    Config,
}

/// Every exit code with its meaning, in order.
pub const TABLE: [(Exit, &str); 7] = [
    (Exit::Ok, "done"),
    (Exit::CheckFailed, "ran, but a check failed or a line was refused"),
    (Exit::Usage, "the command line or a file named on it can't be used"),
    (Exit::StoreLost, "the store lost acknowledged changes; an operator decides"),
    (Exit::Unavailable, "the store or the daemon can't be reached or opened"),
    (Exit::Internal, "the daemon gave itself up; starting again is right"),
    (Exit::Config, "the configuration has problems"),
];

impl Exit {
    /// The number the shell sees; from 64 on as in `sysexits.h`.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::CheckFailed => 1,
            Self::Usage => 2,
            Self::StoreLost => 65,
            Self::Unavailable => 69,
            Self::Internal => 70,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table is in the order of its numbers and names each once.
    #[test]
    fn table_is_in_order() {
        let codes: Vec<u8> = TABLE.iter().map(|(exit, _)| exit.code()).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    }
}
