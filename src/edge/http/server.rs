//! Accepting connections, bounding them, and ending them.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::answer;
use super::router::router;
use crate::edge::door::Door;
use crate::edge::ws::Line;

/// Header fields of one request at most; more are answered 431.
const HEADERS_MAX: usize = 64;
/// Bytes of a request's head at most, and of what one connection buffers.
const BUFFER_MAX: usize = 32 * 1024;
/// Connections the kernel keeps until they are accepted, where the machine allows it.
const QUEUE: u32 = 4_096;
/// How long open requests may take to finish once the door shuts.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);
/// How long to wait where the machine has no file descriptors left.
const ACCEPT_BACK_OFF: Duration = Duration::from_millis(50);

/// Opens the port.
///
/// The kernel's queue is asked to hold more than its default: a crowd that comes at once would else wait a second each
/// for its second try to connect.
///
/// # Errors
/// Where the address can't be had.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// Serves connections until `shutdown`; then finishes the open requests, each connection within a deadline.
///
/// One connection more than `[http] connections_max` waits in the kernel's queue; one address may have as many as
/// `connections_per_address` says, or half of all where it says nothing and the address is not loopback.
pub async fn serve(listener: TcpListener, door: Arc<Door>, shutdown: CancellationToken) {
    let most = usize::try_from(door.settings().http.connections_max).unwrap_or(usize::MAX);
    let free = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
    let router = router(door.clone());
    let open = Arc::new(Addresses::new(door.settings().http.connections_per_address, (most / 2).max(1)));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = next(&listener, &free) => accepted,
        };
        let Some((stream, peer, permit)) = accepted else { continue };
        if !open.enter(peer.ip()) {
            tracing::warn!(address = %peer.ip(), "too many connections from one address; one was closed");
            continue;
        }
        let place = Place { address: peer.ip(), open: open.clone(), _permit: permit, door: door.clone() };
        place.door.metrics.http_connections.inc();
        let line = Line { place: Arc::new(place), shutdown: shutdown.clone(), tasks: connections.clone() };
        connections.spawn(connection(stream, router.clone(), door.clone(), (peer.ip(), line)));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// A connection's place among the open ones; given back when it is dropped.
struct Place {
    address: IpAddr,
    open: Arc<Addresses>,
    _permit: OwnedSemaphorePermit,
    door: Arc<Door>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.door.metrics.http_connections.dec();
        self.open.leave(self.address);
    }
}

/// How many connections each address has.
struct Addresses {
    most: usize,
    /// Whether this machine's own addresses are bounded too.
    own_bounded: bool,
    #[expect(clippy::disallowed_types, reason = "held for one step on a map, never across an await")]
    open: std::sync::Mutex<HashMap<IpAddr, usize>>,
}

impl Addresses {
    /// So many each as were configured; else `most`, and any number from this machine.
    fn new(configured: Option<u64>, most: usize) -> Self {
        let set = configured.map(|set| usize::try_from(set).unwrap_or(usize::MAX));
        Self { most: set.unwrap_or(most), own_bounded: set.is_some(), open: Default::default() }
    }

    fn enter(&self, address: IpAddr) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        let fits = *count < self.most || (address.is_loopback() && !self.own_bounded);
        *count = count.saturating_add(usize::from(fits));
        fits
    }

    fn leave(&self, address: IpAddr) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&address);
            }
        }
    }
}

async fn next(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = free.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, permit)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_BACK_OFF).await;
            None
        }
    }
}

async fn connection(stream: TcpStream, router: Router, door: Arc<Door>, (address, line): (IpAddr, Line)) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let timeout = Duration::from_secs(door.settings().http.header_timeout_s);
    let (shutdown, for_requests) = (line.shutdown.clone(), line);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(for_requests.clone());
        answer(door.clone(), router.clone(), request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeout)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(DRAIN_DEADLINE, connection).await {
                Ok(ended) => ended,
                Err(_) => {
                    tracing::warn!(%address, "a connection did not finish in time; it was cut");
                    return;
                }
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%address, %error, "a connection ended early");
    }
}
