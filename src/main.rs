//! The `lagerd` binary: parses the command line and hands over to [`lagerd::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    lagerd::cli::main()
}
