//! Where the daemon is, and what every request to it repeats.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters is encoded, so a SKU with `/`, `#`, spaces or umlauts stays one
/// path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A URL this client can't use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} is no address of a daemon: {reason} (example: http://127.0.0.1:7070)")]
pub struct BadUrl {
    /// The text as given.
    pub url: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The daemon's address, with the header lines every request repeats already written.
#[derive(Clone)]
pub struct Target {
    address: String,
    host: String,
    token: Option<String>,
    headers: Vec<u8>,
}

impl Target {
    /// Reads `http://host[:port]` (port 80 unless given); the token, when there is one, goes out as bearer.
    ///
    /// # Errors
    /// Another scheme, a path, no host, or a token with characters a header can't carry.
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, BadUrl> {
        let bad = |reason| BadUrl { url: url.to_owned(), reason };
        let rest = url.strip_prefix("http://").ok_or_else(|| bad("only http:// is spoken here"))?;
        let host = rest.strip_suffix('/').unwrap_or(rest);
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ', '\r', '\n']) {
            return Err(bad("expected a host and a port, and nothing behind them"));
        }
        let after_bracket = host.rsplit(']').next().unwrap_or(host);
        let address = if after_bracket.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let mut headers = format!("Host: {host}\r\n").into_bytes();
        if let Some(token) = token {
            if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(bad("the token has characters a header can't carry"));
            }
            headers.extend_from_slice(b"Authorization: Bearer ");
            headers.extend_from_slice(token.as_bytes());
            headers.extend_from_slice(b"\r\n");
        }
        Ok(Self { address, host: host.to_owned(), token: token.map(str::to_owned), headers })
    }

    /// Host and port to connect to.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Host and port as given, as the `Host` header names them.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The bearer token, if there is one.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The header lines common to all requests, each ended by CRLF.
    pub(super) fn headers(&self) -> &[u8] {
        &self.headers
    }
}

// Written by hand so that a token never reaches a log.
impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Encodes one path segment or query value.
pub fn segment(text: &str) -> percent_encoding::PercentEncode<'_> {
    utf8_percent_encode(text, SEGMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses people type are understood, the others named.
    #[test]
    fn urls() {
        let address = |url| Target::new(url, None).map(|target| target.address().to_owned());
        assert_eq!(address("http://127.0.0.1:7070").unwrap(), "127.0.0.1:7070");
        assert_eq!(address("http://lager/").unwrap(), "lager:80");
        assert_eq!(address("http://[::1]:7070").unwrap(), "[::1]:7070");
        assert_eq!(address("http://[::1]").unwrap(), "[::1]:80");
        for url in ["https://x", "x:7070", "http://", "http://x/v1", "http://x y"] {
            assert!(address(url).is_err(), "{url}");
        }
    }

    /// Awkward SKUs stay one segment, and a token is never printed.
    #[test]
    fn encoding_and_secrecy() {
        assert_eq!(segment("Täs/se #1").to_string(), "T%C3%A4s%2Fse%20%231");
        let target = Target::new("http://x", Some("geheim")).unwrap();
        assert!(!format!("{target:?}").contains("geheim"));
    }
}
