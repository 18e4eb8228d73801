//! Running the commands that speak to a daemon from outside.

use super::exit::Exit;
use super::failure::{self, Failure};
use super::print;

/// Drives a client command to its end on one thread (it shares the machine with the daemon, and hand-overs between
/// threads would cost more than they bring), and tells its failure.
pub(super) fn drive(command: impl Future<Output = Result<Exit, Failure>>) -> Exit {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            print::complaint(error);
            return Exit::Unavailable;
        }
    };
    runtime.block_on(command).unwrap_or_else(|failure| {
        let exit = failure::exit(failure.as_ref());
        print::complaint(failure);
        exit
    })
}
