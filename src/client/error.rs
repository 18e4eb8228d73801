//! What can go wrong between asking and knowing the answer.

use serde::Deserialize;

/// What an error says about the command that met it. Everything that retries branches on this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Surely not done, and worth asking again a little later (connection refused, `busy`, not ready).
    NotDone,
    /// Nobody knows yet (timeout, cut connection, `outcome_unknown`): ask again with the same id.
    Unknown,
    /// Answered: the daemon refused it, or can't understand it. Asking again changes nothing by itself.
    Refused,
}

/// A call that did not bring the expected answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No connection was made, so nothing was sent.
    #[error("could not connect to {address}: {cause}")]
    Connect {
        /// Host and port that were tried.
        address: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The connection ended after the request may have been sent and before its answer was read.
    #[error("connection lost before the answer: {0}")]
    Lost(std::io::Error),
    /// The answer did not arrive in time.
    #[error("no answer within {0} ms")]
    Timeout(u128),
    /// The bytes that came back are not HTTP/1.1 this client understands.
    #[error("the answer is not understandable HTTP: {0}")]
    Protocol(&'static str),
    /// The daemon answered with problem details.
    #[error(transparent)]
    Problem(Box<Problem>),
    /// The daemon answered with success, but not with the body the contract promises.
    #[error("the answer's body is not as promised: {0}")]
    Body(#[from] serde_json::Error),
}

impl ClientError {
    /// Whether the command surely did not happen, is of unknown outcome, or was answered for good.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Connect { .. } => Verdict::NotDone,
            Self::Lost(_) | Self::Timeout(_) | Self::Protocol(_) => Verdict::Unknown,
            Self::Body(_) => Verdict::Refused,
            Self::Problem(problem) => problem.verdict(),
        }
    }

    /// The stable problem code, where the daemon sent one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            Self::Connect { .. } | Self::Lost(_) | Self::Timeout(_) | Self::Protocol(_) | Self::Body(_) => {
                None
            }
        }
    }
}

/// RFC 9457 problem details as lagerd sends them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, thiserror::Error)]
#[error("{status} {code}: {}", self.told())]
#[serde(default)]
pub struct Problem {
    /// HTTP status, taken from the status line.
    pub status: u16,
    /// Stable code such as `insufficient_stock`; empty when the answer was no problem document.
    pub code: String,
    /// Short text for people.
    pub title: String,
    /// Longer text for people, with the numbers.
    pub detail: String,
    /// Per-line numbers of a refusal, as sent.
    pub lines: serde_json::Value,
    /// Seconds the daemon asks to wait before the next try (`Retry-After`).
    #[serde(skip)]
    pub retry_after_s: Option<u64>,
}

impl Problem {
    /// Reads an answer that is no success; a body that is no problem document still yields its status and text.
    #[must_use]
    pub fn read(status: u16, body: &[u8], retry_after_s: Option<u64>) -> Self {
        let mut problem: Self = serde_json::from_slice(body).unwrap_or_else(|_| Self {
            detail: String::from_utf8_lossy(body).chars().take(200).collect(),
            ..Self::default()
        });
        problem.status = status;
        problem.retry_after_s = retry_after_s;
        problem
    }

    /// What this problem says about the command; see [`Verdict`].
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.status, self.code.as_str()) {
            (_, "outcome_unknown") | (500 | 502 | 504, _) => Verdict::Unknown,
            (429 | 503, _) => Verdict::NotDone,
            _ => Verdict::Refused,
        }
    }

    fn told(&self) -> &str {
        if self.detail.is_empty() { &self.title } else { &self.detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Retrying code must never take an unknown outcome for a refusal, nor the other way round.
    #[test]
    fn verdict_follows_status_and_code() {
        let verdict =
            |status, code: &str| Problem { status, code: code.into(), ..Problem::default() }.verdict();
        assert_eq!(verdict(503, "outcome_unknown"), Verdict::Unknown);
        assert_eq!(verdict(503, "busy"), Verdict::NotDone);
        assert_eq!(verdict(429, ""), Verdict::NotDone);
        assert_eq!(verdict(500, ""), Verdict::Unknown);
        assert_eq!(verdict(409, "insufficient_stock"), Verdict::Refused);
    }

    /// A body that is no JSON (a proxy's page) must not hide the status.
    #[test]
    fn foreign_body_keeps_status() {
        let problem = Problem::read(502, b"<html>bad gateway", Some(3));
        assert_eq!((problem.status, problem.retry_after_s), (502, Some(3)));
        assert_eq!(problem.to_string(), "502 : <html>bad gateway");
    }
}
