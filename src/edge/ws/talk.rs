//! The task around one socket: it reads, lets commands run, and writes what the session has to say.
//!
//! Everything of a connection is in this one task, and it writes before it reads on: a reader that does not take what it
//! is sent is not heard either, so what it can make the daemon keep is bounded by one frame and its commands under way.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, select_all};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::AsyncReadExt;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_util::sync::CancellationToken;

use super::close::Close;
use super::hall::Counted;
use super::metered::{Meter, Metered};
use super::session::{Greeting, Heard, Session, hello};
use super::subscription::{Next, Subscription};
use crate::config::Feed;
use crate::edge::door::Door;

/// Messages taken before answers are written: commands sent together are decided together.
const HEARD_AT_ONCE: usize = 64;
/// Bytes written before the socket must have taken them.
const WRITTEN_AT_ONCE: usize = 32 * 1024;
/// How often deadlines are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long commands under way have when the daemon stops.
const FINISH: Duration = Duration::from_secs(5);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// Bytes still read at the end so that the goodbye arrives: closing over unread bytes would reset the connection.
const LEFT_UNREAD_MAX: usize = 1024 * 1024;
/// Pings at once, and per second afterwards; more is a flood.
const PINGS: u32 = 20;
const PINGS_PER_S: u32 = 2;

/// Write deadlines after which a socket that takes a byte now and then is cut all the same: about 600 bytes a second.
const SLOWEST: u32 = 10;

type Socket = WebSocketStream<Metered>;

/// Who speaks.
#[derive(Debug)]
pub(super) enum Life {
    /// Nobody knows yet.
    Stranger(Greeting),
    /// Somebody known.
    Known(Box<Session>),
}

/// One connection.
pub(super) struct Talk {
    socket: Socket,
    meter: Arc<Meter>,
    door: Arc<Door>,
    life: Life,
    shutdown: CancellationToken,
    /// Commands under way. They go on while the socket takes nothing: one of them may be what others wait for.
    errands: FuturesUnordered<BoxFuture<'static, (Utf8Bytes, usize)>>,
    counted: Option<Counted>,
    /// When the next frame of news may go out.
    news_at: Instant,
    begun: Instant,
    heard_at: Instant,
    pinged_at: Instant,
    looked_at: Instant,
    pings_left: u32,
}

impl Talk {
    pub(super) fn new(
        socket: Socket,
        meter: Arc<Meter>,
        door: Arc<Door>,
        life: Life,
        shutdown: CancellationToken,
    ) -> Self {
        let now = Instant::now();
        Self {
            socket,
            meter,
            door,
            life,
            shutdown,
            errands: FuturesUnordered::new(),
            counted: None,
            news_at: now,
            begun: now,
            heard_at: now,
            pinged_at: now,
            looked_at: now,
            pings_left: PINGS,
        }
    }

    /// Talks until the end, and says goodbye.
    pub(super) async fn run(mut self) {
        self.door.metrics.feed_connections.inc();
        let close = match self.talk().await {
            Ok(()) => Close::GONE,
            Err(close) => close,
        };
        if close == Close::GOING_AWAY {
            drop(tokio::time::timeout(FINISH, self.finish()).await);
        }
        self.door.metrics.feed_connections.dec();
        self.door.metrics.feed_closed(close.reason);
        tracing::debug!(code = close.code, reason = close.reason, "a connection to the feed ended");
        if close != Close::GONE {
            drop(tokio::time::timeout(GOODBYE, self.goodbye(close)).await);
        }
    }

    /// Commands that were taken are answered before the daemon goes; nothing more is heard.
    async fn finish(&mut self) {
        let Life::Known(session) = &mut self.life else { return };
        loop {
            while let Some(frame) = session.reply() {
                if self.socket.feed(Message::Text(frame)).await.is_err() {
                    return;
                }
            }
            match self.errands.next().await {
                Some((answer, weight)) => session.answer(answer, weight),
                None => break,
            }
        }
        drop(self.socket.flush().await);
    }

    async fn goodbye(mut self, close: Close) {
        if close == Close::BYE {
            // The answer to the reader's own goodbye is written already and has to leave.
            drop(self.socket.flush().await);
            return;
        }
        let frame = CloseFrame { code: close.code.into(), reason: Utf8Bytes::from_static(close.reason) };
        if self.socket.close(Some(frame)).await.is_err() {
            return;
        }
        self.meter.trust();
        let mut rest = [0; 4 * 1024];
        let mut left = LEFT_UNREAD_MAX;
        while let Ok(count) = self.socket.get_mut().read(&mut rest).await {
            if count == 0 || left == 0 {
                return;
            }
            left = left.saturating_sub(count);
        }
    }

    async fn talk(&mut self) -> Result<(), Close> {
        let known = matches!(self.life, Life::Known(_));
        let hello = hello(&self.door.settings(), !known);
        self.send(hello).await?;
        loop {
            let behind = self.write().await?;
            let look_at = self.looked_at + LOOK_EVERY;
            let news_at = self.news_at;
            let Self { socket, life, errands, shutdown, .. } = self;
            tokio::select! {
                () = shutdown.cancelled() => return Err(Close::GOING_AWAY),
                Some(answer) = errands.next(), if !errands.is_empty() => self.answered(answer),
                message = socket.next() => self.hear_all(message)?,
                () = changed(life), if !behind => {}
                () = tokio::time::sleep_until(news_at), if behind => {}
                () = tokio::time::sleep_until(look_at) => self.look().await?,
            }
        }
    }

    /// Writes what there is to say, and news as far as its turn has come, up to some bytes: then the reader is heard again.
    /// True where more is left for later.
    async fn write(&mut self) -> Result<bool, Close> {
        let mut gathered = 0;
        while let Life::Known(session) = &mut self.life {
            let now = Instant::now();
            let frame = match session.reply() {
                Some(frame) => frame,
                None if now < self.news_at => break,
                None => match session.news(now) {
                    Next::Nothing => break,
                    Next::Quiet => {
                        self.slow_down();
                        break;
                    }
                    Next::Frame(frame) => frame,
                    Next::News(frame, conflated) => {
                        self.door.metrics.feed_conflated.inc_by(conflated);
                        self.slow_down();
                        frame
                    }
                },
            };
            gathered += frame.len();
            self.feed(frame).await?;
            if gathered >= WRITTEN_AT_ONCE {
                self.flush(gathered).await?;
                return Ok(true);
            }
        }
        self.flush(gathered).await?;
        Ok(Instant::now() < self.news_at)
    }

    /// Many readers share the frames of a second; a little chance keeps them from all asking at once.
    fn slow_down(&mut self) {
        let pace = self.door.hall.pace(self.door.settings().feed.frames_per_s);
        if !pace.is_zero() {
            self.news_at = Instant::now() + pace.mul_f64(fastrand::f64().mul_add(0.25, 0.75));
        }
    }

    fn answered(&mut self, (answer, weight): (Utf8Bytes, usize)) {
        let Life::Known(session) = &mut self.life else { return };
        session.answer(answer, weight);
        while let Some(Some((answer, weight))) = self.errands.next().now_or_never() {
            session.answer(answer, weight);
        }
    }

    fn hear_all(&mut self, message: Option<Result<Message, Error>>) -> Result<(), Close> {
        self.heard_at = Instant::now();
        self.hear(message)?;
        for _ in 1..HEARD_AT_ONCE {
            if let Life::Known(session) = &self.life
                && session.unsaid() >= WRITTEN_AT_ONCE
            {
                break;
            }
            match self.socket.next().now_or_never() {
                Some(message) => self.hear(message)?,
                None => break,
            }
        }
        Ok(())
    }

    fn hear(&mut self, message: Option<Result<Message, Error>>) -> Result<(), Close> {
        match message {
            Some(Ok(Message::Text(text))) => self.hear_text(&text),
            Some(Ok(Message::Binary(_))) => Err(Close::UNSUPPORTED),
            Some(Ok(Message::Ping(_))) => match self.pings_left.checked_sub(1) {
                Some(left) => {
                    self.pings_left = left;
                    Ok(())
                }
                None => Err(Close::TOO_MANY_PINGS),
            },
            Some(Ok(Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(_))) => Err(Close::BYE),
            Some(Err(error)) => Err(end_of(&error)),
            None => Err(Close::GONE),
        }
    }

    fn hear_text(&mut self, text: &str) -> Result<(), Close> {
        match &mut self.life {
            Life::Stranger(greeting) => match greeting.hear(text) {
                Ok(session) => {
                    self.meter.trust();
                    self.life = Life::Known(Box::new(session));
                    Ok(())
                }
                Err((frame, close)) => {
                    // Told before the end, as far as the socket takes it at once.
                    drop(self.socket.feed(Message::Text(frame)).now_or_never());
                    Err(close)
                }
            },
            Life::Known(session) => {
                match session.hear(text, Instant::now()) {
                    Heard::Nothing => {}
                    Heard::Run(errand) => self.errands.push(errand.run().boxed()),
                    Heard::Close(close) => {
                        while let Some(frame) = session.reply() {
                            drop(self.socket.feed(Message::Text(frame)).now_or_never());
                        }
                        return Err(close);
                    }
                }
                if self.counted.is_none() && !session.subscriptions().is_empty() {
                    self.counted = Some(self.door.hall.enter());
                } else if session.subscriptions().is_empty() {
                    self.counted = None;
                }
                Ok(())
            }
        }
    }

    /// Deadlines, pings, and whether the reader may still be here.
    async fn look(&mut self) -> Result<(), Close> {
        // What has come while the socket took nothing is a sign of life.
        if let Some(message) = self.socket.next().now_or_never() {
            self.hear_all(message)?;
        }
        let now = Instant::now();
        let settings = self.door.settings();
        let Feed { auth_timeout_s, ping_interval_s, pong_timeout_s, .. } = settings.feed;
        let passed = now.duration_since(self.looked_at).as_secs();
        let earned = u32::try_from(passed).unwrap_or(u32::MAX).saturating_mul(PINGS_PER_S);
        self.pings_left = self.pings_left.saturating_add(earned).min(PINGS);
        self.looked_at = now;
        match &mut self.life {
            Life::Stranger(_) if now >= self.begun + Duration::from_secs(auth_timeout_s) => {
                return Err(Close::AUTH_TIMEOUT);
            }
            Life::Stranger(_) => {}
            Life::Known(session) => session.still_welcome()?,
        }
        let silent = self.heard_at < self.pinged_at;
        if silent && now >= self.pinged_at + Duration::from_secs(pong_timeout_s) {
            return Err(Close::NO_PONG);
        }
        if !silent && now >= self.pinged_at.max(self.begun) + Duration::from_secs(ping_interval_s) {
            self.pinged_at = now;
            self.send_message(Message::Ping(bytes::Bytes::new())).await?;
        }
        Ok(())
    }

    async fn feed(&mut self, frame: Utf8Bytes) -> Result<(), Close> {
        self.door.metrics.feed_frames.inc();
        self.send_on(async |socket| socket.feed(Message::Text(frame)).await).await
    }

    async fn flush(&mut self, gathered: usize) -> Result<(), Close> {
        if gathered == 0 {
            return Ok(());
        }
        self.send_on(async |socket| socket.flush().await).await
    }

    async fn send(&mut self, frame: Utf8Bytes) -> Result<(), Close> {
        self.send_message(Message::Text(frame)).await
    }

    async fn send_message(&mut self, message: Message) -> Result<(), Close> {
        self.send_on(async |socket| socket.send(message).await).await
    }

    /// Waits until the socket has taken something: as long as it takes any byte within the deadline, not for ever, and
    /// only while its reader may be here.
    async fn send_on(
        &mut self,
        write: impl AsyncFnOnce(&mut Socket) -> Result<(), Error>,
    ) -> Result<(), Close> {
        let Self { socket, meter, shutdown, door, life, errands, .. } = self;
        let mut write = std::pin::pin!(write(socket));
        if let Some(done) = write.as_mut().now_or_never() {
            return done.map_err(|error| end_of(&error));
        }
        let mut look = std::pin::pin!(tokio::time::sleep(LOOK_EVERY));
        let (begun, mut moved, mut written) = (Instant::now(), Instant::now(), meter.written());
        loop {
            tokio::select! {
                done = write.as_mut() => return done.map_err(|error| end_of(&error)),
                () = shutdown.cancelled() => return Err(Close::GOING_AWAY),
                Some((answer, weight)) = errands.next(), if !errands.is_empty() => {
                    if let Life::Known(session) = life {
                        session.answer(answer, weight);
                    }
                }
                () = &mut look => look.set(tokio::time::sleep(LOOK_EVERY)),
            }
            let (now, deadline) = (Instant::now(), Duration::from_secs(door.settings().feed.write_timeout_s));
            if meter.written() != written {
                (moved, written) = (now, meter.written());
            }
            if now >= moved + deadline || now >= begun + deadline * SLOWEST {
                return Err(Close::SLOW_READER);
            }
            if let Life::Known(session) = life {
                session.still_welcome()?;
            }
        }
    }
}

/// Waits until any topic of the session has changed.
async fn changed(life: &mut Life) {
    let Life::Known(session) = life else { return std::future::pending().await };
    match session.subscriptions() {
        [] => std::future::pending().await,
        [only] => only.changed().await,
        several => {
            let all = several.iter_mut().map(Subscription::changed).map(Box::pin);
            drop(select_all(all).await);
        }
    }
}

/// What an error of the socket means.
fn end_of(error: &Error) -> Close {
    match error {
        Error::Capacity(_) => Close::TOO_BIG,
        Error::Protocol(
            tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        ) => Close::GONE,
        Error::Protocol(_) => Close::PROTOCOL,
        Error::Utf8(_) => Close::NO_TEXT,
        Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => Close::TOO_BIG,
        _ => Close::GONE,
    }
}
