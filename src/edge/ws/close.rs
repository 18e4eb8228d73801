//! How a connection to the feed ends. 4000 to 4499: come back later; 4500 to 4999: don't.

/// The end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The code (RFC 6455 §7.4).
    pub code: u16,
    /// A stable word, also on metrics.
    pub reason: &'static str,
}

macro_rules! ends {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $reason:literal;)*) => {
        impl Close {
            $($(#[$doc])* pub const $name: Self = Self { code: $code, reason: $reason };)*

            /// Every end there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

ends! {
    /// The reader said goodbye.
    BYE = 1000, "bye";
    /// The daemon stops.
    GOING_AWAY = 1001, "going_away";
    /// Frames that are none: unmasked, reserved bits, broken fragments.
    PROTOCOL = 1002, "protocol_error";
    /// A binary message.
    UNSUPPORTED = 1003, "text_only";
    /// The line was cut; nobody is told.
    GONE = 1006, "gone";
    /// Text that is no UTF-8.
    NO_TEXT = 1007, "invalid_utf8";
    /// A message longer than may be.
    TOO_BIG = 1009, "too_big";
    /// The socket took nothing for the write deadline.
    SLOW_READER = 4000, "slow_reader";
    /// Nobody said who it was in time.
    AUTH_TIMEOUT = 4001, "auth_timeout";
    /// No sign of life after a ping.
    NO_PONG = 4002, "no_pong";
    /// Pings in a flood.
    TOO_MANY_PINGS = 4003, "too_many_pings";
    /// The first message was not the one that was needed.
    BAD_MESSAGE = 4500, "bad_message";
    /// The token is not known, not known any more, or does not allow what was followed.
    UNAUTHORISED = 4501, "unauthorised";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No code and no word twice.
    #[test]
    fn ends_are_told_apart() {
        for (at, end) in Close::ALL.iter().enumerate() {
            let others = Close::ALL.iter().skip(at + 1);
            assert!(
                others.clone().all(|other| other.code != end.code && other.reason != end.reason),
                "{end:?}"
            );
        }
    }
}
