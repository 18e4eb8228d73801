//! Why a client command could not run.

use super::exit::Exit;
use crate::client::ClientError;

/// What stopped a command of the client side (`load`, `demo`, `import`, `export`). It is told to the person at the
/// terminal; scripts see only whether the daemon or the call was at fault, in the exit code.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Whether the daemon could not be used, or what was asked for.
pub(super) fn exit(failure: &(dyn std::error::Error + 'static)) -> Exit {
    let mut cause = Some(failure);
    while let Some(error) = cause {
        if error.is::<ClientError>() {
            return Exit::Unavailable;
        }
        cause = error.source();
    }
    Exit::Usage
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A script can tell a daemon that is away from a file that is wrong.
    #[test]
    fn daemon_and_call_are_told_apart() {
        let away: Failure = ClientError::Timeout(5).into();
        assert_eq!(exit(away.as_ref()), Exit::Unavailable);
        let wrong: Failure = "no such column".into();
        assert_eq!(exit(wrong.as_ref()), Exit::Usage);
    }
}
