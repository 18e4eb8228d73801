//! From a request to a connection.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::metered::{Meter, Metered};
use super::session::{Greeting, Session};
use super::talk::{Life, Talk};
use crate::edge::auth::Credential;
use crate::edge::door::Door;
use crate::edge::fault::Problem;
use crate::edge::wire::problem::ProblemBody;

/// The subprotocol.
const PROTOCOL: &str = "lagerd.v1.json";
/// Bytes somebody who has not said who he is may send: a token and some pings.
const STRANGER_BYTES: u64 = 8 * 1024;
/// Bytes the kernel keeps of what a reader has not taken: few, so that a slow reader's news is new when it arrives.
const SEND_BUFFER: usize = 32 * 1024;
/// Bytes read at once: most messages are small, and there may be thousands of connections.
const READ_BUFFER: usize = 4 * 1024;
/// Bytes gathered before they go to the socket.
const WRITE_BUFFER: usize = 32 * 1024;

/// What a request knows of the line it came on.
#[derive(Debug, Clone)]
pub(in crate::edge) struct Line {
    /// Keeps the connection's place among the open ones.
    pub(in crate::edge) place: Arc<dyn std::any::Any + Send + Sync>,
    /// The daemon stops.
    pub(in crate::edge) shutdown: CancellationToken,
    /// Where the connection's task is waited for.
    pub(in crate::edge) tasks: TaskTracker,
}

/// The live feed: news of channels and warehouses, and commands, over one WebSocket (subprotocol `lagerd.v1.json`).
#[utoipa::path(get, path = "/v1/feed", tag = "feed",
    responses((status = 101, description = "a WebSocket; its messages are described in the README"),
        (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge) async fn feed(
    State(door): State<Arc<Door>>,
    Extension(line): Extension<Line>,
    mut request: Request,
) -> Result<Response<Body>, Problem> {
    let inside = door.inside()?;
    let accept = asked_for(request.headers())?;
    must_come_from_a_known_page(&door, request.headers())?;
    let life = match Credential::of_headers(request.headers())? {
        None if !door.settings().tokens.is_empty() => Life::Stranger(Greeting::new(door.clone(), inside)),
        sent => Life::Known(Box::new(Session::enter(door.clone(), inside, sent.unwrap_or_default())?)),
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let tasks = line.tasks.clone();
    tasks.spawn(connected(upgrade, door, line, life));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    Ok(response)
}

/// Checks that the request asks for a WebSocket of our kind; answers what proves that we read it (RFC 6455 §4.2.2).
fn asked_for(headers: &HeaderMap) -> Result<HeaderValue, Problem> {
    let words = |name: header::HeaderName| {
        let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        lines.flat_map(|line| line.split(',')).map(str::trim).collect::<Vec<_>>()
    };
    let has = |name, word: &str| words(name).iter().any(|found| found.eq_ignore_ascii_case(word));
    if !has(header::UPGRADE, "websocket") || !has(header::CONNECTION, "upgrade") {
        return Err(Problem::malformed("websocket_needed", "this path speaks WebSocket (RFC 6455) alone"));
    }
    if !has(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err(Problem::malformed("websocket_version", "`Sec-WebSocket-Version: 13` is spoken here"));
    }
    if !words(header::SEC_WEBSOCKET_PROTOCOL).contains(&PROTOCOL) {
        let detail = format!("offer the subprotocol `{PROTOCOL}`");
        return Err(Problem::malformed("subprotocol_missing", detail));
    }
    let key = words(header::SEC_WEBSOCKET_KEY);
    // 16 bytes in base64.
    let right = |key: &&str| key.len() == 24 && key.ends_with("==");
    let Some(key) = key.first().filter(|key| right(key)) else {
        return Err(Problem::malformed("websocket_key", "`Sec-WebSocket-Key` has 16 bytes in base64"));
    };
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).map_err(|_| Problem::bug())
}

/// Browsers say which page opens a socket, and let any page do it. Only pages of the configured origins and of the daemon
/// itself may. A name that is no address must be configured: a foreign page can make any name of its own lead here.
fn must_come_from_a_known_page(door: &Door, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
    let own = headers.get(header::HOST).and_then(|host| host.to_str().ok()).is_some_and(|host| {
        let page = origin.split_once("://").map_or("", |(_, page)| page);
        page == host.to_ascii_lowercase() && is_address(page)
    });
    if own || door.settings().feed.origins.contains(&origin) {
        return Ok(());
    }
    let title = "pages of this origin may not open the feed";
    Err(Problem::new(StatusCode::FORBIDDEN, "origin_not_allowed", title)
        .detail("add the page's origin to feed.origins"))
}

fn is_address(host: &str) -> bool {
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || bare.parse::<std::net::IpAddr>().is_ok()
}

async fn connected(upgrade: OnUpgrade, door: Arc<Door>, line: Line, life: Life) {
    let Ok(upgraded) = upgrade.await else { return };
    let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
        tracing::error!("an upgraded connection is no TCP stream");
        return;
    };
    let stream = parts.io.into_inner();
    if let Err(error) = rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER) {
        tracing::debug!(%error, "the send buffer stays as it is");
    }
    let known = matches!(life, Life::Known(_));
    let meter = Meter::new(if known { u64::MAX } else { STRANGER_BYTES });
    let most = usize::try_from(door.settings().feed.message_bytes_max).unwrap_or(usize::MAX);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        // What is written is bounded by whoever writes.
        .max_write_buffer_size(usize::MAX)
        .max_message_size(Some(most))
        .max_frame_size(Some(most));
    let stream = Metered::new(stream, meter.clone());
    let socket =
        WebSocketStream::from_partially_read(stream, parts.read_buf.to_vec(), Role::Server, Some(config))
            .await;
    Talk::new(socket, meter, door, life, line.shutdown.clone()).run().await;
    drop(line.place);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses are known whatever they are written like; names are not.
    #[test]
    fn only_addresses_are_the_daemon_itself() {
        for host in ["127.0.0.1:7070", "127.0.0.1", "[::1]:7070", "localhost:80", "10.1.2.3:9"] {
            assert!(is_address(host), "{host}");
        }
        for host in ["rebound.example:7070", "shop.example", "", "localhost.evil.example"] {
            assert!(!is_address(host), "{host}");
        }
    }
}
