//! The course of the command: events in, lines or pictures out.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior};

use super::args::WatchArgs;
use super::board::{Board, Link};
use super::picture::{Picture, Room};
use super::screen::{self, Screen};
use super::text::json_line;
use crate::cli::exit::Exit;
use crate::cli::{Failure, print};
use crate::client::Target;
use crate::client::feed::{Change, Event, Feed, FeedError};

/// How long one attempt to connect may take, hello included.
const TIMEOUT: Duration = Duration::from_secs(10);

/// More than ten pictures a second nobody reads.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// Ages grow also while nothing happens.
const AGE_EVERY: Duration = Duration::from_secs(1);

/// A daemon that can't be reached shows within this time, mostly; the screen is not borrowed for a complaint.
const BORROW_AFTER: Duration = Duration::from_millis(500);

/// The width a table is printed in where the terminal does not tell its own.
const PRINTED: Room = Room { width: 80, height: 0, colour: false };

/// Watches until the end that was asked for.
///
/// # Errors
/// The daemon can't be reached at the start, or gives no feed.
pub async fn run(args: WatchArgs) -> Result<Exit, Failure> {
    let drawable = screen::is_drawable() && !args.json;
    let show = match (drawable, args.until_ready) {
        (false, _) => Show::Lines,
        (true, true) => Show::Once,
        (true, false) => Show::Live(Live { screen: None, drawn: None, fresh: true }),
    };
    let live = matches!(show, Show::Live(_));
    let mut watch = Watch::new(args, show, io::BufWriter::new(io::stdout()))?;
    let exit = watch.until_the_end().await?;
    let words = watch.in_words();
    watch.leave().await;
    if live && exit == Exit::Ok {
        print::result(&words)?;
    }
    Ok(exit)
}

/// How the table is shown.
enum Show {
    /// A JSON line for each item.
    Lines,
    /// Pictures on a borrowed screen.
    Live(Live),
    /// One picture, printed.
    Once,
}

struct Live {
    /// Borrowed with the first picture.
    screen: Option<Screen>,
    drawn: Option<Instant>,
    /// Whether something happened since.
    fresh: bool,
}

struct Watch<W> {
    args: WatchArgs,
    topic: String,
    feed: Feed,
    board: Board,
    show: Show,
    out: W,
    started: Instant,
}

impl<W: Write> Watch<W> {
    fn new(args: WatchArgs, show: Show, out: W) -> Result<Self, Failure> {
        let target = Arc::new(Target::new(&args.url, args.token.as_deref())?);
        let mut feed = Feed::new(target, TIMEOUT);
        let topic = args.topic();
        feed.subscribe(&topic, args.skus.clone());
        Ok(Self { args, topic, feed, board: Board::new(), show, out, started: Instant::now() })
    }

    async fn until_the_end(&mut self) -> Result<Exit, Failure> {
        let end = self.args.span.map(|span| self.started + span);
        let mut ticks = tokio::time::interval(DRAW_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = Stop::listen()?;
        loop {
            let event = tokio::select! {
                event = self.feed.next_event() => event?,
                () = stop.asked() => return Ok(Exit::Ok),
                () = sleep_until(end) => return Ok(self.time_is_up()),
                _ = ticks.tick(), if matches!(self.show, Show::Live(_)) => {
                    self.draw()?;
                    continue;
                }
            };
            let was_away = matches!(self.board.link(), Link::Reconnecting(_));
            self.board.take(&event, Instant::now());
            match self.take(event, was_away) {
                Ok(None) => {}
                Ok(Some(exit)) => return Ok(exit),
                // Whoever read the lines has gone away.
                Err(error) if is_broken_pipe(&error) => return Ok(Exit::Ok),
                Err(error) => return Err(error),
            }
        }
    }

    fn take(&mut self, event: Event, was_away: bool) -> Result<Option<Exit>, Failure> {
        match event {
            Event::Away { error, .. } => {
                let never = self.feed.counts().connected == 0;
                if never && matches!(error, FeedError::Connect { .. }) {
                    return Err(error.into());
                }
                // Each further attempt would say the same.
                if !was_away {
                    self.remark(&format!("reconnecting: {error}"));
                }
            }
            Event::Refused { problem, .. } if self.feed.table(&self.topic).is_none() => {
                self.give_back();
                print::complaint(format_args!("{} was refused: {problem}", self.topic));
                return Ok(Some(Exit::CheckFailed));
            }
            Event::Refused { problem, .. } => self.remark(&problem.to_string()),
            Event::Distrusted { why, .. } => self.remark(&format!("beginning anew: {why}")),
            Event::Ready { changes, resumed, .. } => {
                self.rows(changes)?;
                if self.args.until_ready && !resumed {
                    self.print_once()?;
                    return Ok(Some(Exit::Ok));
                }
            }
            Event::Changed { changes, .. } => self.rows(changes)?,
            Event::Connected | Event::Agreed { .. } => {}
        }
        if let Show::Live(live) = &mut self.show {
            live.fresh = true;
        }
        Ok(None)
    }

    /// Writes the rows of one frame, by SKU.
    fn rows(&mut self, mut changes: Vec<Change>) -> Result<(), Failure> {
        if !matches!(self.show, Show::Lines) || changes.is_empty() {
            return Ok(());
        }
        changes.sort_unstable_by(|a, b| a.sku.cmp(&b.sku));
        let warehouse = self.args.warehouse.is_some();
        for Change { sku, figures } in changes {
            self.out.write_all(json_line(&sku, figures, warehouse)?.as_bytes())?;
        }
        Ok(self.out.flush()?)
    }

    fn draw(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let early = self.feed.counts().connected == 0 && now.duration_since(self.started) < BORROW_AFTER;
        let Show::Live(live) = &mut self.show else { return Ok(()) };
        let current = live.drawn.is_some_and(|at| now.duration_since(at) < AGE_EVERY) && !live.fresh;
        if early || current {
            return Ok(());
        }
        live.drawn = Some(now);
        live.fresh = false;
        let screen = match live.screen.take() {
            Some(screen) => screen,
            None => Screen::borrow()?,
        };
        let drawn = screen.draw(&self.picture(now).lines(screen.room()));
        if let Show::Live(live) = &mut self.show {
            live.screen = Some(screen);
        }
        drawn
    }

    fn print_once(&mut self) -> io::Result<()> {
        if !matches!(self.show, Show::Once) {
            return Ok(());
        }
        let text = self.picture(Instant::now()).whole(screen::printable().unwrap_or(PRINTED));
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    fn picture(&self, now: Instant) -> Picture<'_> {
        Picture {
            topic: &self.topic,
            url: &self.args.url,
            table: self.feed.table(&self.topic),
            board: &self.board,
            counts: self.feed.counts(),
            sort: self.args.sort,
            now,
        }
    }

    /// The end of `--for`: right, unless there never was anything to see.
    fn time_is_up(&mut self) -> Exit {
        if self.board.began() {
            return Exit::Ok;
        }
        self.give_back();
        print::complaint(format_args!("{} had no whole table in this time", self.topic));
        Exit::Unavailable
    }

    /// Tells what happened beside the rows; a picture shows it itself.
    fn remark(&self, text: &str) {
        if !matches!(self.show, Show::Live(_)) {
            print::complaint(text);
        }
    }

    /// Gives a borrowed screen back, so that what is printed next stays.
    fn give_back(&mut self) {
        self.show = Show::Lines;
    }

    /// What was seen, for the terminal that was given back.
    fn in_words(&self) -> String {
        let counts = self.feed.counts();
        format!(
            "{}: {} rows, {} changes in {} s, checksum agreed {}x, came back {}x\n",
            self.topic,
            self.feed.table(&self.topic).map_or(0, |table| table.len()),
            self.board.changes(),
            self.started.elapsed().as_secs(),
            counts.agreed,
            counts.connected.saturating_sub(1),
        )
    }

    async fn leave(self) {
        drop(self.show);
        self.feed.close().await;
    }
}

/// The signals people and init systems end a command with.
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

async fn sleep_until(end: Option<Instant>) {
    match end {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn is_broken_pipe(failure: &Failure) -> bool {
    failure.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;
    use crate::cli::Command;
    use crate::client::feed::fake::{Door, Peer};

    fn args(url: &str, more: &[&str]) -> WatchArgs {
        let line = ["lagerd", "watch", "--url", url, "--token", "secret"];
        let cli = crate::cli::Cli::try_parse_from(line.iter().chain(more)).unwrap();
        let Command::Watch(args) = cli.command else { panic!("watch") };
        *args
    }

    async fn watch(args: WatchArgs) -> (Result<Exit, Failure>, String) {
        let mut watch = Watch::new(args, Show::Lines, Vec::new()).unwrap();
        let exit = watch.until_the_end().await;
        (exit, String::from_utf8(watch.out).unwrap())
    }

    fn item(sku: &str, available: i64) -> serde_json::Value {
        json!({"sku": sku, "available": available, "state": "in_stock"})
    }

    async fn table(peer: &mut Peer, items: &[serde_json::Value]) {
        let page = json!({"topic": "channel:web", "view": "v", "offset": 1, "items": items, "more": false});
        peer.say(json!({"snapshot": page})).await;
    }

    /// Lines bring the table first and then what changes, over a daemon that comes back.
    #[tokio::test]
    async fn lines() {
        let door = Door::open().await;
        let args = args(&door.url, &["web", "--sku", "A", "--sku", "B", "--for", "2s"]);
        let (told, _) = tokio::join!(watch(args), async {
            let mut peer = door.accept().await;
            let wish = json!({"subscribe": {"topic": "channel:web", "skus": ["A", "B"]}});
            assert_eq!(peer.hear().await, wish);
            table(&mut peer, &[item("B", 2), item("A", 1)]).await;
            peer.close(1001, "bye").await;
            let mut peer = door.accept().await;
            peer.hear().await;
            table(&mut peer, &[item("B", 2), item("A", 0)]).await;
            peer
        });
        let (exit, text) = told;
        assert_eq!(exit.unwrap(), Exit::Ok);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                r#"{"sku":"A","available":1,"state":"in_stock"}"#,
                r#"{"sku":"B","available":2,"state":"in_stock"}"#,
                r#"{"sku":"A","available":0,"state":"in_stock"}"#,
            ]
        );
    }

    /// Each end has its code: the table once, a refusal, a time in which nothing came, nobody there.
    #[tokio::test]
    async fn ends() {
        let door = Door::open().await;
        let (told, _) = tokio::join!(watch(args(&door.url, &["web", "--until-ready"])), async {
            let mut peer = door.accept().await;
            table(&mut peer, &[item("A", 1)]).await;
            peer
        });
        assert_eq!((told.0.unwrap(), told.1.lines().count()), (Exit::Ok, 1));

        let (told, _) = tokio::join!(watch(args(&door.url, &["web"])), async {
            let mut peer = door.accept().await;
            let problem = json!({"status": 404, "code": "unknown_channel"});
            peer.say(json!({"error": problem, "topic": "channel:web"})).await;
            peer
        });
        assert_eq!(told.0.unwrap(), Exit::CheckFailed);

        let hurry = args(&door.url, &["--warehouse", "BER", "--for", "200ms"]);
        let (told, mut peer) = tokio::join!(watch(hurry), door.accept());
        assert_eq!(told.0.unwrap(), Exit::Unavailable);
        assert_eq!(peer.hear().await["subscribe"]["topic"], "warehouse:BER");

        let url = door.url.clone();
        drop(door);
        let (told, _) = watch(args(&url, &["web"])).await;
        let failure = told.unwrap_err();
        assert_eq!(crate::cli::failure::exit(failure.as_ref()), Exit::Unavailable, "{failure}");
    }
}
