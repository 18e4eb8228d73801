//! A socket that counts what it takes and what it gives.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What went through a socket.
#[derive(Debug)]
pub(super) struct Meter {
    written: AtomicU64,
    may_read: AtomicU64,
}

/// The socket.
#[derive(Debug)]
pub(super) struct Metered {
    stream: TcpStream,
    meter: Arc<Meter>,
}

impl Meter {
    /// A meter that lets so many bytes in until it is told otherwise.
    pub(super) fn new(may_read: u64) -> Arc<Self> {
        Arc::new(Self { written: AtomicU64::new(0), may_read: AtomicU64::new(may_read) })
    }

    /// Bytes the other side took so far.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Lets everything in from now on.
    pub(super) fn trust(&self) {
        self.may_read.store(u64::MAX, Ordering::Relaxed);
    }

    fn read(&self, bytes: usize) -> io::Result<()> {
        let left = self.may_read.load(Ordering::Relaxed);
        if left == u64::MAX {
            return Ok(());
        }
        let left = left
            .checked_sub(bytes as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "more than a stranger may send"))?;
        self.may_read.store(left, Ordering::Relaxed);
        Ok(())
    }
}

impl Metered {
    pub(super) const fn new(stream: TcpStream, meter: Arc<Meter>) -> Self {
        Self { stream, meter }
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        Poll::Ready(self.meter.read(buf.filled().len().saturating_sub(before)))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.meter.written.fetch_add(count as u64, Ordering::Relaxed);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
