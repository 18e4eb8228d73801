//! Reading an HTTP/1.1 answer out of a growing buffer, without I/O.

use super::error::ClientError;

/// Above this an answer's head is taken for an attack or another protocol.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Above this an answer's body is refused rather than filling memory; the largest page of a list is far below.
const BODY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// More headers than a reverse proxy chain adds.
const HEADERS_MAX: usize = 64;

/// How the end of the body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// This many bytes.
    Length(usize),
    /// Chunks, ended by an empty one.
    Chunked,
    /// Everything until the peer closes.
    UntilClose,
}

/// An answer's status line and the headers this client acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Where the body starts.
    pub(super) bytes: usize,
    pub(super) status: u16,
    pub(super) framing: Framing,
    /// The peer will close after this answer.
    pub(super) close: bool,
    pub(super) retry_after_s: Option<u64>,
}

impl Head {
    /// Reads the head at the buffer's start; `None` while it is incomplete.
    ///
    /// # Errors
    /// Bytes that can't become an HTTP/1.x answer.
    pub(super) fn read(buffer: &[u8]) -> Result<Option<Self>, ClientError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let bytes = match response.parse(buffer) {
            Ok(httparse::Status::Complete(bytes)) => bytes,
            Ok(httparse::Status::Partial) if buffer.len() > HEAD_BYTES_MAX => {
                return Err(ClientError::Protocol("head too long"));
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(ClientError::Protocol("no HTTP/1.1 head")),
        };
        let status = response.code.ok_or(ClientError::Protocol("no status"))?;
        let mut head = Self {
            bytes,
            status,
            framing: Framing::UntilClose,
            close: response.version == Some(0),
            retry_after_s: None,
        };
        for header in response.headers.iter() {
            head.take(header)?;
        }
        if matches!(status, 100..=199 | 204 | 304) {
            head.framing = Framing::Length(0);
        }
        Ok(Some(head))
    }

    fn take(&mut self, header: &httparse::Header<'_>) -> Result<(), ClientError> {
        let text = || std::str::from_utf8(header.value).unwrap_or_default().trim();
        if header.name.eq_ignore_ascii_case("content-length") {
            let length =
                text().parse::<u64>().map_err(|_| ClientError::Protocol("content-length is no number"))?;
            let length = usize::try_from(length).ok().filter(|_| length <= BODY_BYTES_MAX);
            if self.framing != Framing::Chunked {
                self.framing = Framing::Length(length.ok_or(ClientError::Protocol("body too long"))?);
            }
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            if !text().eq_ignore_ascii_case("chunked") {
                return Err(ClientError::Protocol("unknown transfer-encoding"));
            }
            self.framing = Framing::Chunked;
        } else if header.name.eq_ignore_ascii_case("connection") {
            self.close |= text().eq_ignore_ascii_case("close");
        } else if header.name.eq_ignore_ascii_case("retry-after") {
            self.retry_after_s = text().parse().ok();
        }
        Ok(())
    }
}

/// Unwraps a chunked body as its bytes arrive; remembers where it stands, so no byte is looked at twice.
#[derive(Debug)]
pub(super) struct Chunks {
    at: usize,
    trailer: bool,
}

impl Chunks {
    /// Starts at the body's first byte.
    pub(super) fn starting_at(at: usize) -> Self {
        Self { at, trailer: false }
    }

    /// Appends what is complete to `body`; true once the last chunk and its trailer were seen.
    ///
    /// # Errors
    /// A chunk without a valid size or end, or a body above the limit.
    pub(super) fn take(&mut self, buffer: &[u8], body: &mut Vec<u8>) -> Result<bool, ClientError> {
        loop {
            let rest = buffer.get(self.at..).unwrap_or_default();
            if self.trailer {
                return self.end(rest);
            }
            let (head, size) = match httparse::parse_chunk_size(rest) {
                Ok(httparse::Status::Complete(found)) => found,
                Ok(httparse::Status::Partial) => return Ok(false),
                Err(_) => return Err(ClientError::Protocol("chunk without a size")),
            };
            if size > BODY_BYTES_MAX || body.len() > 256 * 1024 * 1024 {
                return Err(ClientError::Protocol("body too long"));
            }
            let size = usize::try_from(size).map_err(|_| ClientError::Protocol("body too long"))?;
            if size == 0 {
                self.at += head;
                self.trailer = true;
                continue;
            }
            let Some(chunk) = rest.get(head..head + size + 2) else { return Ok(false) };
            let (data, end) = chunk.split_at(size);
            if end != b"\r\n" {
                return Err(ClientError::Protocol("chunk without an end"));
            }
            body.extend_from_slice(data);
            self.at += head + size + 2;
        }
    }

    /// Skips trailer lines up to the empty one.
    fn end(&mut self, rest: &[u8]) -> Result<bool, ClientError> {
        let mut rest = rest;
        while let Some(line) = rest.windows(2).position(|pair| pair == b"\r\n") {
            self.at += line + 2;
            if line == 0 {
                return Ok(true);
            }
            rest = rest.get(line + 2..).unwrap_or_default();
        }
        if rest.len() > HEAD_BYTES_MAX { Err(ClientError::Protocol("trailer too long")) } else { Ok(false) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head is found however the network cuts it, and its headers are acted on whatever their case.
    #[test]
    fn head_in_pieces() {
        let bytes = b"HTTP/1.1 503 Service Unavailable\r\ncontent-LENGTH: 12\r\nRetry-After: 2\r\nConnection: close\r\n\r\nbody";
        let end = bytes.len() - 4;
        for cut in 0..end {
            assert_eq!(Head::read(&bytes[..cut]).unwrap(), None, "cut at {cut}");
        }
        let head = Head::read(bytes).unwrap().unwrap();
        let expected = Head {
            bytes: end,
            status: 503,
            framing: Framing::Length(12),
            close: true,
            retry_after_s: Some(2),
        };
        assert_eq!(head, expected);
    }

    /// Chunked wins over a length, and answers that never carry a body end with their head.
    #[test]
    fn framing() {
        let framing = |text: &str| Head::read(text.as_bytes()).unwrap().unwrap().framing;
        let both = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(framing(both), Framing::Chunked);
        assert_eq!(framing("HTTP/1.1 204 No Content\r\n\r\n"), Framing::Length(0));
        assert_eq!(framing("HTTP/1.0 200 OK\r\n\r\n"), Framing::UntilClose);
    }

    /// What is no answer is refused instead of waited for.
    #[test]
    fn nonsense_is_refused() {
        assert!(Head::read(b"SSH-2.0-OpenSSH\r\n").is_err());
        assert!(Head::read(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").is_err());
        assert!(Head::read(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n").is_err());
        assert!(Head::read(b"HTT").unwrap().is_none());
        let mut body = Vec::new();
        assert!(Chunks::starting_at(0).take(b"zz\r\n", &mut body).is_err());
        assert!(Chunks::starting_at(0).take(b"1\r\nabc", &mut body).is_err());
    }

    /// Chunks come together the same, whatever pieces arrive.
    #[test]
    fn chunks_in_pieces() {
        let wire = b"5\r\nhello\r\n7;ext=1\r\n, world\r\n0\r\nTrailer: x\r\n\r\n";
        let mut chunks = Chunks::starting_at(0);
        let mut body = Vec::new();
        for end in 0..wire.len() {
            assert!(!chunks.take(&wire[..end], &mut body).unwrap(), "ended at {end}");
        }
        assert!(chunks.take(wire, &mut body).unwrap());
        assert_eq!(body, b"hello, world");
    }
}
