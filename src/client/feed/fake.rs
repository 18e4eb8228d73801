//! The daemon's side of a feed for tests: says what the test tells it to.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::client::target::Target;

/// A place where readers knock.
pub(crate) struct Door {
    listener: TcpListener,
    pub(crate) url: String,
}

impl Door {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, url }
    }

    pub(crate) fn target(&self) -> Arc<Target> {
        Arc::new(Target::new(&self.url, Some("secret")).unwrap())
    }

    /// Lets the next reader in and says hello.
    pub(crate) async fn accept(&self) -> Peer {
        let mut peer = self.accept_silently().await;
        peer.say(
            json!({"hello": {"server": "fake", "ping_every_s": 25, "limits": {"commands_in_flight": 2}}}),
        )
        .await;
        peer
    }

    /// Lets the next reader in and leaves the first words to the test.
    pub(crate) async fn accept_silently(&self) -> Peer {
        Peer::upgrade(self.accept_raw().await).await
    }

    /// Takes the next connection as it is.
    pub(crate) async fn accept_raw(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }
}

/// Speaks the feed's subprotocol and notes who comes.
struct Upgrade<'a>(&'a mut Option<String>);

impl Callback for Upgrade<'_> {
    fn on_request(self, request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
        assert_eq!(request.uri().path(), "/v1/feed");
        assert_eq!(request.headers()["sec-websocket-protocol"], "lagerd.v1.json");
        let told = request.headers().get("authorization");
        *self.0 = told.map(|value| value.to_str().unwrap().to_owned());
        let spoken = HeaderValue::from_static("lagerd.v1.json");
        response.headers_mut().insert("sec-websocket-protocol", spoken);
        Ok(response)
    }
}

/// One reader, seen from the daemon.
pub(crate) struct Peer {
    socket: WebSocketStream<TcpStream>,
    pub(crate) authorization: Option<String>,
}

impl Peer {
    /// Lets somebody in who knocks at a door of another kind.
    pub(crate) async fn upgrade(stream: TcpStream) -> Self {
        let mut authorization = None;
        let socket = accept_hdr_async(stream, Upgrade(&mut authorization)).await.unwrap();
        Self { socket, authorization }
    }

    pub(crate) async fn say(&mut self, frame: Value) {
        self.try_say(frame).await.unwrap();
    }

    /// Says something to a reader who may have gone; `None` where he has.
    pub(crate) async fn try_say(&mut self, frame: Value) -> Option<()> {
        self.socket.send(Message::text(frame.to_string())).await.ok()
    }

    pub(crate) async fn ping(&mut self) {
        self.socket.send(Message::Ping(Bytes::from_static(b"?"))).await.unwrap();
    }

    /// The next message that is no text: a pong or a close.
    pub(crate) async fn control(&mut self) -> Message {
        self.socket.next().await.unwrap().unwrap()
    }

    /// What the reader says next.
    pub(crate) async fn hear(&mut self) -> Value {
        self.try_hear().await.unwrap()
    }

    /// What a reader says next who may have gone; `None` where he has.
    pub(crate) async fn try_hear(&mut self) -> Option<Value> {
        let text = self.socket.next().await?.ok()?.into_text().ok()?;
        serde_json::from_str(&text).ok()
    }

    pub(crate) async fn close(&mut self, code: u16, reason: &'static str) {
        self.socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await.unwrap();
    }
}
