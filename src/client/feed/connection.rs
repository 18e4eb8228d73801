//! One connection to the feed: messages out, frames in.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Sink, Stream};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::error::FeedError;
use super::incoming::{Hello, Incoming, Skipped};
use super::item::Item;
use super::outgoing::Outgoing;
use crate::client::error::Problem;
use crate::client::target::Target;

/// What both sides speak.
const SUBPROTOCOL: &str = "lagerd.v1.json";

/// A load generator holds thousands of connections whose frames are a few hundred bytes; tungstenite's own 128 KiB would
/// be more than half a gigabyte for them.
const BUFFER_BYTES: usize = 4 * 1024;

/// Bytes written before they must leave; the buffer grows only as far as it is used.
const WRITE_BYTES: usize = 64 * 1024;

/// Larger frames are no feed's: a page of a snapshot is far below.
const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long a goodbye waits for the daemon's.
const GOODBYE: Duration = Duration::from_secs(1);

/// The close code of a close frame without one (RFC 6455, 7.1.5).
const NO_CODE: u16 = 1005;

/// How much one connection keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buffers {
    /// Bytes read at once.
    pub read: usize,
    /// Bytes the kernel takes before they are read, about; what it likes best when absent.
    pub kernel: Option<u32>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { read: BUFFER_BYTES, kernel: None }
    }
}

/// An open connection whose hello was read. It ends with its first error; [`Feed`](super::Feed) opens new ones.
#[derive(Debug)]
pub struct FeedConnection {
    socket: WebSocketStream<TcpStream>,
    hello: Hello,
    /// The last frame; typed frames borrow from it.
    text: Utf8Bytes,
    /// Whether something may wait in the write buffer.
    unsent: bool,
    heard_at: Instant,
}

impl FeedConnection {
    /// Connects, upgrades and reads the daemon's hello, all within `timeout`. The target's token goes with the upgrade.
    ///
    /// # Errors
    /// The daemon can't be reached, gives no feed, or does not begin with its hello.
    pub async fn open(target: Arc<Target>, timeout: Duration) -> Result<Self, FeedError> {
        Self::open_with(target, timeout, Buffers::default()).await
    }

    /// Opens a connection that keeps more, or less, than most.
    ///
    /// # Errors
    /// As [`FeedConnection::open`].
    pub async fn open_with(
        target: Arc<Target>,
        timeout: Duration,
        buffers: Buffers,
    ) -> Result<Self, FeedError> {
        let opened = tokio::time::timeout(timeout, Self::upgrade(&target, buffers)).await;
        opened.unwrap_or_else(|_| Err(connect_error(&target, ErrorKind::TimedOut.into())))
    }

    async fn upgrade(target: &Target, buffers: Buffers) -> Result<Self, FeedError> {
        let refused = |cause| connect_error(target, cause);
        let stream = connect(target.address(), buffers.kernel).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        let uri: Uri = format!("ws://{}/v1/feed", target.host())
            .parse()
            .map_err(|_| FeedError::Protocol(format!("{} is no address", target.host())))?;
        let mut request = ClientRequestBuilder::new(uri).with_sub_protocol(SUBPROTOCOL);
        if let Some(token) = target.token() {
            request = request.with_header("Authorization", format!("Bearer {token}"));
        }
        let config = WebSocketConfig::default()
            .read_buffer_size(buffers.read)
            .write_buffer_size(WRITE_BYTES)
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await.map_err(translate)?;
        let mut connection = Self {
            socket,
            hello: Hello::default(),
            text: Utf8Bytes::default(),
            unsent: false,
            heard_at: Instant::now(),
        };
        match connection.next().await? {
            Incoming::Hello(hello) => connection.hello = hello,
            _ => return Err(FeedError::Protocol("the daemon did not begin with its hello".to_owned())),
        }
        Ok(connection)
    }

    /// What the daemon said of itself.
    #[must_use]
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// When anything was last heard, pings included.
    #[must_use]
    pub fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// Sends a message now. Who waits for frames at the same time uses [`FeedConnection::queue`].
    ///
    /// # Errors
    /// The connection ended.
    pub async fn send(&mut self, outgoing: &Outgoing<'_>) -> Result<(), FeedError> {
        self.queue_text(text(outgoing)?)?;
        self.flush().await
    }

    /// Writes a message to the buffer; it leaves with the next [`FeedConnection::flush`] or while the next frame is
    /// awaited, so many cost one write.
    ///
    /// # Errors
    /// The connection ended.
    pub fn queue(&mut self, outgoing: &Outgoing<'_>) -> Result<(), FeedError> {
        self.queue_text(text(outgoing)?)
    }

    /// Writes a message that is already text to the buffer.
    ///
    /// # Errors
    /// The connection ended.
    pub fn queue_text(&mut self, text: impl Into<Utf8Bytes>) -> Result<(), FeedError> {
        self.unsent = true;
        // The socket takes everything and keeps what can't leave yet, so there is no room to wait for.
        Pin::new(&mut self.socket).start_send(Message::Text(text.into())).map_err(translate)
    }

    /// Sends what was queued.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn flush(&mut self) -> Result<(), FeedError> {
        std::future::poll_fn(|context| Pin::new(&mut self.socket).poll_flush(context))
            .await
            .map_err(translate)?;
        self.unsent = false;
        Ok(())
    }

    /// The next frame, read. Loses nothing when cancelled.
    ///
    /// # Errors
    /// The connection ended, or the frame is not what the contract promises.
    pub async fn next(&mut self) -> Result<Incoming<'_>, FeedError> {
        Incoming::<'_, Item<'_>>::read(self.next_text().await?)
    }

    /// The next frame with its items only counted: several times cheaper than reading them.
    ///
    /// # Errors
    /// As [`FeedConnection::next`].
    pub async fn next_skipping(&mut self) -> Result<Incoming<'_, Skipped>, FeedError> {
        Incoming::<'_, Skipped>::read(self.next_text().await?)
    }

    /// The next frame as it came. Loses nothing when cancelled.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn next_text(&mut self) -> Result<&str, FeedError> {
        // The buffer below can be used again only when nobody holds the frame before.
        self.text = Utf8Bytes::default();
        self.text = self.next_bytes().await?;
        Ok(self.text.as_str())
    }

    /// The next frame, owned: it shares the connection's buffer.
    pub(super) async fn next_bytes(&mut self) -> Result<Utf8Bytes, FeedError> {
        std::future::poll_fn(|context| self.poll_text(context)).await
    }

    /// Says goodbye and waits a moment for the daemon's.
    pub async fn close(mut self) {
        let goodbye = async {
            if self.socket.close(None).await.is_ok() {
                while self.next_bytes().await.is_ok() {}
            }
        };
        // A daemon that does not answer is left without its goodbye.
        drop(tokio::time::timeout(GOODBYE, goodbye).await);
    }

    fn poll_text(&mut self, context: &mut Context<'_>) -> Poll<Result<Utf8Bytes, FeedError>> {
        self.poll_unsent(context);
        loop {
            let message = ready!(Pin::new(&mut self.socket).poll_next(context));
            let message = message.unwrap_or(Err(Error::ConnectionClosed)).map_err(translate)?;
            self.heard_at = Instant::now();
            match message {
                Message::Text(text) => return Poll::Ready(Ok(text)),
                Message::Close(close) => {
                    // The reply is written by now; whether it leaves is the daemon's concern no longer.
                    drop(Pin::new(&mut self.socket).poll_flush(context));
                    return Poll::Ready(Err(closed(close)));
                }
                Message::Binary(_) => {
                    return Poll::Ready(Err(FeedError::Protocol("a binary frame".to_owned())));
                }
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    fn poll_unsent(&mut self, context: &mut Context<'_>) {
        // A write that fails is not told here: the reading side knows better why the connection ended.
        if self.unsent && Pin::new(&mut self.socket).poll_flush(context).is_ready() {
            self.unsent = false;
        }
    }
}

/// The kernel offers the other side a window by its buffer, so a smaller one must be asked for before connecting.
async fn connect(address: &str, kernel: Option<u32>) -> std::io::Result<TcpStream> {
    let Some(bytes) = kernel else { return TcpStream::connect(address).await };
    let found = tokio::net::lookup_host(address).await?.next();
    let address = found.ok_or_else(|| std::io::Error::from(ErrorKind::AddrNotAvailable))?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_recv_buffer_size(bytes)?;
    socket.connect(address).await
}

fn text(outgoing: &Outgoing<'_>) -> Result<String, FeedError> {
    serde_json::to_string(outgoing).map_err(|cause| FeedError::frame(cause, ""))
}

fn connect_error(target: &Target, cause: std::io::Error) -> FeedError {
    FeedError::Connect { address: target.address().to_owned(), cause }
}

fn closed(frame: Option<CloseFrame>) -> FeedError {
    frame.map_or_else(
        || FeedError::Closed { code: NO_CODE, reason: String::new() },
        |frame| FeedError::Closed { code: frame.code.into(), reason: frame.reason.as_str().to_owned() },
    )
}

fn translate(error: Error) -> FeedError {
    match error {
        Error::Io(cause) => FeedError::Lost(cause),
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(
            ProtocolError::ResetWithoutClosingHandshake
            | ProtocolError::SendAfterClosing
            | ProtocolError::HandshakeIncomplete,
        ) => FeedError::Lost(ErrorKind::UnexpectedEof.into()),
        Error::Http(answer) => {
            let retry_after_s =
                answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            let body = answer.body().as_deref().unwrap_or_default();
            FeedError::Upgrade(Box::new(Problem::read(answer.status().as_u16(), body, retry_after_s)))
        }
        other => FeedError::Protocol(other.to_string()),
    }
}
