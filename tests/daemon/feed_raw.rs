//! A reader of the feed that writes its frames by hand: it can break every rule a good one keeps.

use lagerd::client::Client;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::process::Daemon;
use crate::talk::metric;
use crate::wait::wait_for;

/// First bytes of frames: whole text, whole binary, ping, pong, goodbye.
pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const PING: u8 = 0x89;
pub(crate) const CLOSE: u8 = 0x88;
/// The first part of a text, a part in the middle, the last part.
pub(crate) const TEXT_BEGINS: u8 = 0x01;
pub(crate) const TEXT_GOES_ON: u8 = 0x00;
pub(crate) const TEXT_ENDS: u8 = 0x80;

/// The code of a connection that was cut without a goodbye.
pub(crate) const CUT: u16 = 1006;

/// What good readers ask for.
const GOOD: [&str; 5] = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: bGFnZXJkLWxhZ2VyZC1sYQ==",
    "Sec-WebSocket-Protocol: lagerd.v1.json",
];

/// Zeros, so that what is masked is as it was.
const MASK: [u8; 4] = [0; 4];

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    Ping,
    Pong,
    Closed(u16),
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Raw {
    stream: TcpStream,
    got: Vec<u8>,
}

/// The head of a good request to a daemon, with more lines behind.
pub(crate) fn head(daemon: &Daemon, more: &[&str]) -> String {
    request(&format!("127.0.0.1:{}", daemon.port()), &[&GOOD, more].concat())
}

/// The head of a good request without the line that begins like this.
pub(crate) fn head_without(daemon: &Daemon, line: &str) -> String {
    let lines: Vec<_> = GOOD.into_iter().filter(|good| !good.starts_with(line)).collect();
    request(&format!("127.0.0.1:{}", daemon.port()), &lines)
}

/// The head of a good request to a daemon that is called by a name.
pub(crate) fn head_by_name(host: &str, more: &[&str]) -> String {
    request(host, &[&GOOD, more].concat())
}

fn request(host: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("GET /v1/feed HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n")
}

impl Raw {
    /// Connects and says nothing.
    pub(crate) async fn connect(daemon: &Daemon) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", daemon.port())).await.expect("connect");
        Self { stream, got: Vec::new() }
    }

    /// Sends a request's head; the status of the answer.
    pub(crate) async fn ask(&mut self, head: &str) -> u16 {
        self.asked(head).await.unwrap_or_else(|| panic!("no answer to {head}"))
    }

    async fn asked(&mut self, head: &str) -> Option<u16> {
        self.send_bytes(head.as_bytes()).await;
        let end = loop {
            if let Some(at) = self.got.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more().await {
                return None;
            }
        };
        let answer: Vec<u8> = self.got.drain(..end).collect();
        String::from_utf8(answer).ok()?.split(' ').nth(1)?.parse().ok()
    }

    /// A reader whose hello was read.
    pub(crate) async fn open(daemon: &Daemon) -> Self {
        let mut reader = Self::connect(daemon).await;
        assert_eq!(reader.ask(&head(daemon, &[])).await, 101);
        let hello = reader.json().await;
        assert!(hello["hello"]["limits"]["message_bytes"].is_u64(), "{hello}");
        reader
    }

    /// The same with a receive buffer as small as the kernel lets it be; `None` while there is no daemon at this port.
    pub(crate) async fn open_narrow(port: u16) -> Option<Self> {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(2_304).expect("a small buffer");
        let stream = socket.connect(([127, 0, 0, 1], port).into()).await.ok()?;
        let mut reader = Self { stream, got: Vec::new() };
        let status = reader.asked(&request(&format!("127.0.0.1:{port}"), &GOOD)).await?;
        (status == 101 && matches!(reader.frame().await, Frame::Text(_))).then_some(reader)
    }

    /// Sends bytes; who is refused early may find the connection closed while it still sends.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        drop(self.stream.write_all(bytes).await);
    }

    /// Sends a masked frame.
    pub(crate) async fn send(&mut self, first: u8, payload: &[u8]) {
        self.send_bytes(&frame(first, payload.len(), payload)).await;
    }

    /// Sends a text.
    pub(crate) async fn say(&mut self, text: &str) {
        self.send(TEXT, text.as_bytes()).await;
    }

    /// The next frame; pings are not answered.
    pub(crate) async fn frame(&mut self) -> Frame {
        loop {
            if let Some((frame, length)) = parsed(&self.got) {
                self.got.drain(..length);
                return frame;
            }
            if !self.more().await {
                return Frame::Closed(CUT);
            }
        }
    }

    /// The next text, pings and pongs passed over.
    pub(crate) async fn text(&mut self) -> String {
        loop {
            match self.frame().await {
                Frame::Text(text) => return text,
                Frame::Ping | Frame::Pong => {}
                Frame::Closed(code) => panic!("closed {code} where a text was awaited"),
            }
        }
    }

    /// The next text as JSON.
    pub(crate) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).expect("JSON")
    }

    /// Says something that is not done; the code of why.
    pub(crate) async fn complaint(&mut self, text: &str) -> String {
        self.say(text).await;
        let told = self.json().await;
        let code = ["error", "refused"].iter().find_map(|word| told[word]["code"].as_str());
        code.unwrap_or_else(|| panic!("{text}: {told}")).to_owned()
    }

    /// Reads until the end; its code.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            if let Frame::Closed(code) = self.frame().await {
                return code;
            }
        }
    }

    /// Whether the daemon has answered or ended the connection, without waiting for it.
    pub(crate) fn is_over(&self) -> bool {
        let told = self.stream.try_read(&mut [0; 1]);
        !matches!(told, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    }

    /// False at the end.
    async fn more(&mut self) -> bool {
        let reading =
            tokio::time::timeout(std::time::Duration::from_secs(30), self.stream.read_buf(&mut self.got));
        matches!(reading.await.expect("a frame or an end"), Ok(1..))
    }
}

/// A masked frame that announces `length` bytes, whatever follows.
pub(crate) fn frame(first: u8, length: usize, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => bytes.push(0x80 | short),
        (_, Ok(middle)) => {
            bytes.push(0x80 | 126);
            bytes.extend(middle.to_be_bytes());
        }
        (_, Err(_)) => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload);
    bytes
}

/// The first frame of these bytes, as far as it is whole, and its length.
fn parsed(bytes: &[u8]) -> Option<(Frame, usize)> {
    let (&first, &second) = (bytes.first()?, bytes.get(1)?);
    let (length, begin) = match second {
        127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
        126 => (u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        short => (u64::from(short), 2),
    };
    let end = begin + usize::try_from(length).ok()?;
    let payload = bytes.get(begin..end)?;
    let frame = match first {
        TEXT => Frame::Text(String::from_utf8(payload.to_vec()).expect("UTF-8")),
        PING => Frame::Ping,
        0x8a => Frame::Pong,
        CLOSE => Frame::Closed(payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))),
        other => panic!("a frame that begins with {other:#x}"),
    };
    Some((frame, end))
}

/// Connections that ended for this reason, as counted.
pub(crate) async fn ended_for(client: &mut Client, reason: &str) -> f64 {
    metric(client, &format!("lagerd_feed_closed_total{{reason=\"{reason}\"}}")).await
}

/// Waits until nobody reads any more.
pub(crate) async fn nobody_left(client: &mut Client) {
    wait_for("every reader to be gone", async || {
        (metric(client, "lagerd_feed_connections").await < 1.0).then_some(())
    })
    .await;
}
