//! One keep-alive connection: a request out, its answer in, both through reused buffers.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::error::ClientError;
use super::response::{Chunks, Framing, Head};
use super::target::Target;

/// Room asked for before each read: most answers fit, so most take one read.
const READ_BYTES: usize = 8 * 1024;

/// A buffer that grew beyond this for one large answer is given back before the next.
const KEEP_BYTES: usize = 1024 * 1024;

/// HTTP methods the contract uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Commands.
    Post,
    /// Absolute settings.
    Put,
    /// Releases.
    Delete,
}

impl Method {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Get => b"GET ",
            Self::Post => b"POST ",
            Self::Put => b"PUT ",
            Self::Delete => b"DELETE ",
        }
    }
}

/// One request. The path is sent as given, so its parts must be encoded with [`segment`](super::segment).
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What to do.
    pub method: Method,
    /// Path and query.
    pub path: &'a str,
    /// Command id, sent as `Idempotency-Key`. Only a request with one (or a GET) is ever sent a second time.
    pub id: Option<&'a str>,
    /// JSON body.
    pub body: Option<&'a [u8]>,
}

/// A connection that is opened when first needed and again after it was lost.
///
/// Requests go one after the other: `&mut self` is the queue. The body of the last answer stays readable until the
/// next request.
#[derive(Debug)]
pub struct Connection {
    target: Arc<Target>,
    stream: Option<TcpStream>,
    timeout: Duration,
    out: Vec<u8>,
    input: Vec<u8>,
    unchunked: Vec<u8>,
    body: Body,
    retry_after_s: Option<u64>,
    /// Whether any byte of the present request may have left: from then on "not done" can't be said.
    sent: bool,
}

/// Where the last answer's body lies.
#[derive(Debug, Clone, Copy)]
enum Body {
    Input { from: usize, to: usize },
    Unchunked,
}

impl Connection {
    /// Opens nothing yet. `timeout` bounds each request as a whole: connect, send and answer.
    #[must_use]
    pub fn new(target: Arc<Target>, timeout: Duration) -> Self {
        Self {
            target,
            stream: None,
            timeout,
            out: Vec::with_capacity(1024),
            input: Vec::with_capacity(READ_BYTES),
            unchunked: Vec::new(),
            body: Body::Input { from: 0, to: 0 },
            retry_after_s: None,
            sent: false,
        }
    }

    /// Connects now, so that a later measurement does not contain it.
    ///
    /// # Errors
    /// The daemon can't be reached within the timeout.
    pub async fn open(&mut self) -> Result<(), ClientError> {
        let timeout = self.timeout;
        tokio::time::timeout(timeout, self.connect()).await.map_err(|_| self.unreachable())?
    }

    /// Sends one request and reads its answer; returns the status, the body is [`Connection::body`].
    ///
    /// A connection kept from an earlier request may have been closed meanwhile by a daemon that restarted: a request
    /// that is safe to repeat is then sent once more on a new one.
    ///
    /// # Errors
    /// Only when no answer was read; every status is an `Ok`.
    pub async fn send(&mut self, request: &Request<'_>) -> Result<u16, ClientError> {
        self.write_head(request);
        self.sent = false;
        let timeout = self.timeout;
        let error = match tokio::time::timeout(timeout, self.exchange(request)).await {
            Ok(Ok(status)) => return Ok(status),
            Ok(Err(ClientError::Connect { cause, .. })) if self.sent => ClientError::Lost(cause),
            Ok(Err(error)) => error,
            Err(_) if self.sent => ClientError::Timeout(timeout.as_millis()),
            Err(_) => self.unreachable(),
        };
        // What arrives later on this connection would be taken for the next answer.
        self.stream = None;
        Err(error)
    }

    /// The body of the last answer.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match self.body {
            Body::Input { from, to } => self.input.get(from..to).unwrap_or_default(),
            Body::Unchunked => &self.unchunked,
        }
    }

    /// `Retry-After` of the last answer, in seconds.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u64> {
        self.retry_after_s
    }

    /// Closes the connection; the next request opens a new one.
    pub fn close(&mut self) {
        self.stream = None;
    }

    fn unreachable(&self) -> ClientError {
        let cause = std::io::Error::from(std::io::ErrorKind::TimedOut);
        ClientError::Connect { address: self.target.address().to_owned(), cause }
    }

    fn write_head(&mut self, request: &Request<'_>) {
        let out = &mut self.out;
        out.clear();
        out.extend_from_slice(request.method.bytes());
        out.extend_from_slice(request.path.as_bytes());
        out.extend_from_slice(b" HTTP/1.1\r\n");
        out.extend_from_slice(self.target.headers());
        if let Some(id) = request.id {
            out.extend_from_slice(b"Idempotency-Key: ");
            out.extend_from_slice(id.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        if let Some(body) = request.body {
            out.extend_from_slice(b"Content-Type: application/json\r\nContent-Length: ");
            push_number(out, body.len());
            out.extend_from_slice(b"\r\n\r\n");
            out.extend_from_slice(body);
        } else if request.method == Method::Get {
            out.extend_from_slice(b"\r\n");
        } else {
            out.extend_from_slice(b"Content-Length: 0\r\n\r\n");
        }
    }

    async fn connect(&mut self) -> Result<(), ClientError> {
        if self.stream.is_some() {
            return Ok(());
        }
        let refused = |cause| ClientError::Connect { address: self.target.address().to_owned(), cause };
        let stream = TcpStream::connect(self.target.address()).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        self.stream = Some(stream);
        Ok(())
    }

    async fn exchange(&mut self, request: &Request<'_>) -> Result<u16, ClientError> {
        let kept = self.stream.is_some();
        let first = self.attempt().await;
        let repeatable = request.id.is_some() || request.method == Method::Get;
        match first {
            Err(ClientError::Lost(_)) if kept && repeatable && self.input.is_empty() => {
                self.stream = None;
                self.attempt().await
            }
            other => other,
        }
    }

    async fn attempt(&mut self) -> Result<u16, ClientError> {
        self.input.clear();
        self.input.shrink_to(KEEP_BYTES);
        self.unchunked.clear();
        self.unchunked.shrink_to(KEEP_BYTES);
        self.connect().await?;
        let Some(stream) = self.stream.as_mut() else {
            return Err(ClientError::Lost(std::io::ErrorKind::NotConnected.into()));
        };
        self.sent = true;
        stream.write_all(&self.out).await.map_err(ClientError::Lost)?;
        let head = loop {
            match Head::read(&self.input)? {
                Some(head) if head.status / 100 == 1 => drop(self.input.drain(..head.bytes)),
                Some(head) => break head,
                None if read_some(stream, &mut self.input).await? > 0 => {}
                None => return Err(ClientError::Lost(std::io::ErrorKind::UnexpectedEof.into())),
            }
        };
        self.read_body(head).await?;
        self.retry_after_s = head.retry_after_s;
        // Bytes behind the answer would be taken for the next one.
        let surplus = matches!(self.body, Body::Input { to, .. } if to < self.input.len());
        if head.close || surplus || head.framing == Framing::UntilClose {
            self.stream = None;
        }
        Ok(head.status)
    }

    async fn read_body(&mut self, head: Head) -> Result<(), ClientError> {
        let Some(stream) = self.stream.as_mut() else { return Ok(()) };
        match head.framing {
            Framing::Length(length) => {
                let to = head.bytes + length;
                while self.input.len() < to {
                    if read_some(stream, &mut self.input).await? == 0 {
                        return Err(ClientError::Lost(std::io::ErrorKind::UnexpectedEof.into()));
                    }
                }
                self.body = Body::Input { from: head.bytes, to };
            }
            Framing::Chunked => {
                let mut chunks = Chunks::starting_at(head.bytes);
                while !chunks.take(&self.input, &mut self.unchunked)? {
                    if read_some(stream, &mut self.input).await? == 0 {
                        return Err(ClientError::Lost(std::io::ErrorKind::UnexpectedEof.into()));
                    }
                }
                self.body = Body::Unchunked;
            }
            Framing::UntilClose => {
                while read_some(stream, &mut self.input).await? > 0 {}
                self.body = Body::Input { from: head.bytes, to: self.input.len() };
            }
        }
        Ok(())
    }
}

async fn read_some(stream: &mut TcpStream, input: &mut Vec<u8>) -> Result<usize, ClientError> {
    input.reserve(READ_BYTES);
    stream.read_buf(input).await.map_err(ClientError::Lost)
}

/// Writes a number without the formatting machinery, which costs more than the rest of the head.
fn push_number(out: &mut Vec<u8>, number: usize) {
    if number >= 10 {
        push_number(out, number / 10);
    }
    out.push(b'0' + u8::try_from(number % 10).unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Answers each accepted connection's requests with the given bytes, one per request, then closes it.
    async fn fake(
        connections: Vec<Vec<&'static [u8]>>,
    ) -> (Arc<Target>, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target::new(&format!("http://{}", listener.local_addr().unwrap()), Some("tok")).unwrap();
        let served = tokio::spawn(async move {
            let mut seen = Vec::new();
            for answers in connections {
                let (mut stream, _) = listener.accept().await.unwrap();
                for answer in answers {
                    let mut request = vec![0; 4096];
                    let read = stream.read(&mut request).await.unwrap();
                    seen.push(String::from_utf8_lossy(&request[..read]).into_owned());
                    stream.write_all(answer).await.unwrap();
                }
            }
            seen
        });
        (Arc::new(target), served)
    }

    fn post(id: Option<&'static str>) -> Request<'static> {
        Request { method: Method::Post, path: "/v1/x", id, body: Some(b"{\"a\":1}") }
    }

    /// Requests carry what the contract asks for, and answers of every framing are read on one connection.
    #[tokio::test]
    async fn keep_alive_and_framings() {
        let (target, served) = fake(vec![vec![
            b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n\r\nto the end",
        ]])
        .await;
        let mut connection = Connection::new(target, Duration::from_secs(5));
        assert_eq!(connection.send(&post(Some("id-1"))).await.unwrap(), 201);
        assert_eq!(connection.body(), b"ok");
        assert_eq!(connection.send(&post(None)).await.unwrap(), 200);
        assert_eq!(connection.body(), b"abc");
        assert_eq!(connection.send(&post(None)).await.unwrap(), 503);
        assert_eq!((connection.body(), connection.retry_after_s()), (&b"to the end"[..], Some(1)));
        let seen = served.await.unwrap();
        assert!(seen[0].starts_with("POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:"));
        assert!(seen[0].contains("Authorization: Bearer tok\r\nIdempotency-Key: id-1\r\n"));
        assert!(seen[0].ends_with("Content-Length: 7\r\n\r\n{\"a\":1}"));
    }

    /// A kept connection that the daemon closed costs a repeatable request nothing; one without an id is never sent
    /// twice.
    #[tokio::test]
    async fn stale_connection() {
        let ok: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let (target, served) = fake(vec![vec![ok], vec![ok]]).await;
        let mut connection = Connection::new(target, Duration::from_secs(5));
        assert_eq!(connection.send(&post(None)).await.unwrap(), 200);
        assert!(matches!(connection.send(&post(None)).await, Err(ClientError::Lost(_))));
        assert_eq!(connection.send(&post(Some("x"))).await.unwrap(), 200);
        assert_eq!(served.await.unwrap().len(), 2);

        let (target, served) = fake(vec![vec![ok], vec![ok]]).await;
        let mut connection = Connection::new(target, Duration::from_secs(5));
        assert_eq!(connection.send(&post(Some("a"))).await.unwrap(), 200);
        assert_eq!(connection.send(&post(Some("b"))).await.unwrap(), 200);
        assert_eq!(served.await.unwrap().len(), 2);
        let error = connection.send(&post(Some("c"))).await.unwrap_err();
        assert_eq!(
            error.verdict(),
            crate::client::Verdict::Unknown,
            "it may have been done before the end: {error}"
        );
    }

    /// Silence ends as a timeout, a closed port as surely not done.
    #[tokio::test]
    async fn silence_and_refusal() {
        let (target, served) =
            fake(vec![vec![b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", b""]]).await;
        let mut connection = Connection::new(Arc::clone(&target), Duration::from_millis(50));
        let error = connection.send(&post(None)).await.unwrap_err();
        assert!(matches!(error, ClientError::Timeout(50)), "{error}");
        assert_eq!(error.verdict(), crate::client::Verdict::Unknown);
        served.abort();
        assert!(served.await.unwrap_err().is_cancelled());
        let error = connection.send(&post(None)).await.unwrap_err();
        assert_eq!(error.verdict(), crate::client::Verdict::NotDone, "{error}");
    }

    /// Numbers are written as people read them.
    #[test]
    fn numbers() {
        let mut out = Vec::new();
        for number in [0, 9, 10, 1234567890] {
            push_number(&mut out, number);
            out.push(b' ');
        }
        assert_eq!(out, b"0 9 10 1234567890 ");
    }
}
