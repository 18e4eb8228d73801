//! A tiny HTTP peer for tests: answers every request with what a closure says, and leaves a feed to another.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::feed::fake::Peer;

/// A request as the closure sees it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) id: Option<String>,
    pub(crate) body: serde_json::Value,
}

/// Serves on a free loopback port until the test's runtime ends; returns the URL. `None` cuts the connection.
pub(crate) async fn serve<F>(answer: F) -> String
where
    F: Fn(Asked) -> Option<(u16, String)> + Send + Sync + 'static,
{
    listen(answer, None::<fn(Peer) -> std::future::Ready<()>>).await
}

/// The same with a feed: each of its connections is handed to `talk`.
pub(crate) async fn serve_with_feed<F, T, L>(answer: F, talk: T) -> String
where
    F: Fn(Asked) -> Option<(u16, String)> + Send + Sync + 'static,
    T: Fn(Peer) -> L + Send + Sync + 'static,
    L: Future<Output = ()> + Send + 'static,
{
    listen(answer, Some(talk)).await
}

async fn listen<F, T, L>(answer: F, talk: Option<T>) -> String
where
    F: Fn(Asked) -> Option<(u16, String)> + Send + Sync + 'static,
    T: Fn(Peer) -> L + Send + Sync + 'static,
    L: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let both = Arc::new((answer, talk));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let both = Arc::clone(&both);
            tokio::spawn(async move {
                let mut begin = [0; 12];
                match (stream.peek(&mut begin).await, &both.1) {
                    (Ok(_), Some(talk)) if begin == *b"GET /v1/feed" => {
                        talk(Peer::upgrade(stream).await).await;
                    }
                    _ => converse(stream, &both.0).await,
                }
            });
        }
    });
    url
}

async fn converse<F: Fn(Asked) -> Option<(u16, String)>>(mut stream: TcpStream, answer: &F) {
    let mut buffer = Vec::new();
    loop {
        let asked = loop {
            if let Some((asked, used)) = parse(&buffer) {
                buffer.drain(..used);
                break asked;
            }
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        };
        let Some((status, body)) = answer(asked) else { return };
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn parse(buffer: &[u8]) -> Option<(Asked, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(buffer).unwrap() else { return None };
    let header = |name: &str| {
        let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(std::str::from_utf8(found.value).unwrap().to_owned())
    };
    let length = header("content-length").map_or(0, |length| length.parse::<usize>().unwrap());
    let body = buffer.get(head..head + length)?;
    let asked = Asked {
        method: request.method.unwrap().to_owned(),
        path: request.path.unwrap().to_owned(),
        id: header("idempotency-key"),
        body: serde_json::from_slice(body).unwrap_or_default(),
    };
    Some((asked, head + length))
}
