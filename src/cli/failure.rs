//! Why a client command could not run.

use super::exit::Exit;
use crate::client::ClientError;
use crate::client::feed::FeedError;

/// What stopped a command of the client side (`load`, `demo`, `import`, `export`, `watch`). It is told to the person at the
/// terminal; scripts see only whether the daemon or the call was at fault, in the exit code.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Whether the daemon could not be used, refused, or what was asked for can't be.
pub(super) fn exit(failure: &(dyn std::error::Error + 'static)) -> Exit {
    let mut cause = Some(failure);
    while let Some(error) = cause {
        if error.is::<ClientError>() {
            return Exit::Unavailable;
        }
        if let Some(error) = error.downcast_ref::<FeedError>() {
            return of_feed(error);
        }
        cause = error.source();
    }
    Exit::Usage
}

/// A daemon that answered with no is told apart from one that could not be used.
fn of_feed(error: &FeedError) -> Exit {
    match error {
        FeedError::Upgrade(_) | FeedError::TokenMissing | FeedError::Closed { .. } => Exit::CheckFailed,
        FeedError::Connect { .. }
        | FeedError::Lost(_)
        | FeedError::Silent
        | FeedError::Protocol(_)
        | FeedError::Frame { .. } => Exit::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A script can tell a daemon that is away from a file that is wrong.
    #[test]
    fn daemon_and_call_are_told_apart() {
        let away: Failure = ClientError::Timeout(5).into();
        assert_eq!(exit(away.as_ref()), Exit::Unavailable);
        let refused: Failure = FeedError::TokenMissing.into();
        assert_eq!(exit(refused.as_ref()), Exit::CheckFailed);
        let wrong: Failure = "no such column".into();
        assert_eq!(exit(wrong.as_ref()), Exit::Usage);
    }
}
