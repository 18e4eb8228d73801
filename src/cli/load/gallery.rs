//! What all readers of a run saw, and how old it was.
//!
//! Grants are counted: a reader that shows `v` of `opening` units has seen `opening - v` of them, so it is as old as the
//! first grant behind those. The times are the clients' own, taken when they knew.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::plan::{Draw, Plan};
use super::tally::{Window, histogram, micros};
use crate::client::feed::{FeedError, Incoming, Item};

/// The SKU whose shown number every reader remembers.
const WATCHED: usize = 0;

#[expect(clippy::disallowed_types, reason = "held for one frame, never across an await")]
type Lock<T> = std::sync::Mutex<T>;

/// Which of many numbered things are there.
type Bits = Vec<u64>;

/// What readers share. Many are fed the same bytes, so the last frame is understood only once.
#[derive(Debug)]
pub(super) struct Gallery {
    plan: Arc<Plan>,
    /// What the channel showed of each SKU before the first grant.
    opening: i64,
    seen: Lock<Seen>,
    /// Rung when every reader that is waited for has shown a burst.
    complete: Notify,
}

/// Readers of one kind together, inside the measured window.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) frames: u64,
    pub(super) items: u64,
    pub(super) bytes: u64,
    pub(super) conflated: u64,
    /// How old a reader's number was just before a newer one came.
    pub(super) stale_us: Histogram<u64>,
    /// From just before a command is sent to the frame that shows it.
    pub(super) delivery_us: Histogram<u64>,
}

/// Everything readers saw.
#[derive(Debug)]
pub(super) struct Seen {
    /// Readers that keep up, and those that read slowly on purpose.
    pub(super) fast: Crowd,
    pub(super) slow: Crowd,
    /// Connections lost and opened anew.
    pub(super) reconnects: u64,
    readers: Vec<Reader>,
    window: Option<Window>,
    /// When each grant of the watched SKU was known, in that order.
    granted: Vec<Instant>,
    /// When each command for it was sent; kept only where deliveries are timed.
    sent: Option<Vec<Instant>>,
    round: Round,
    last: Frame,
}

#[derive(Debug)]
struct Reader {
    slow: bool,
    whole: bool,
    shown: Option<i64>,
    /// The round `bits` is of.
    round: u64,
    bits: Bits,
}

/// A burst that is waited for: each SKU of it must be shown with this number.
#[derive(Debug, Default)]
struct Round {
    number: u64,
    value: i64,
    size: usize,
    missing: usize,
}

/// A frame and what it says.
#[derive(Debug, Default)]
struct Frame {
    text: String,
    round: u64,
    kind: Kind,
    items: u64,
    conflated: u64,
    watched: Option<i64>,
    bits: Bits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    Page {
        last: bool,
    },
    Changes,
    #[default]
    Other,
}

impl Gallery {
    /// Room for `fast` readers, numbered from 0, and `slow` ones behind them.
    pub(super) fn new(plan: Arc<Plan>, opening: i64, (fast, slow): (usize, usize), timed: bool) -> Self {
        let reader =
            |number| Reader { slow: number >= fast, whole: false, shown: None, round: 0, bits: Bits::new() };
        let seen = Seen {
            fast: Crowd::new(),
            slow: Crowd::new(),
            reconnects: 0,
            readers: (0..fast + slow).map(reader).collect(),
            window: None,
            granted: Vec::new(),
            sent: timed.then(Vec::new),
            round: Round::default(),
            last: Frame::default(),
        };
        Self { plan, opening, seen: Lock::new(seen), complete: Notify::new() }
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> impl std::ops::DerefMut<Target = Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Measures from now on what falls into the window.
    pub(super) fn measure(&self, window: Window) {
        self.seen().window = Some(window);
    }

    /// Notes that a command goes out for the first time.
    pub(super) fn sent(&self, draw: Draw, now: Instant) {
        if let Some(sent) = self.seen().sent.as_mut().filter(|_| draw.skus().any(|sku| sku == WATCHED)) {
            sent.push(now);
        }
    }

    /// Notes that a client knows of its grant.
    pub(super) fn granted(&self, draw: Draw, now: Instant) {
        if draw.skus().any(|sku| sku == WATCHED) {
            self.seen().granted.push(now);
        }
    }

    /// From now on readers are waited for until they show every one of the first `size` SKUs `round` grants down.
    pub(super) fn begin(&self, round: u64, size: usize) {
        let mut seen = self.seen();
        let missing = seen.readers.iter().filter(|reader| !reader.slow).count();
        let value = self.opening.saturating_sub_unsigned(round);
        seen.round = Round { number: round, value, size, missing };
    }

    /// Waits until all have shown the burst.
    pub(super) async fn complete(&self) {
        while self.seen().round.missing > 0 {
            self.complete.notified().await;
        }
    }

    /// Takes a reader's next frame. True where it is news, not its table.
    ///
    /// # Errors
    /// The frame is not as promised, or the daemon refused the topic.
    pub(super) fn take(&self, reader: usize, text: &str, now: Instant) -> Result<bool, FeedError> {
        let mut seen = self.seen();
        if seen.last.text != text || seen.last.round != seen.round.number {
            let Seen { last, round, .. } = &mut *seen;
            last.text.clear();
            last.read(&self.plan, round, text)?;
            last.text.push_str(text);
        }
        let (news, complete) = seen.take(reader, self.opening, now);
        if complete {
            self.complete.notify_one();
        }
        Ok(news)
    }

    /// Waits until every reader's table is whole; false where patience ended first. Slow ones are not waited for.
    pub(super) async fn whole(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while self.seen().readers.iter().any(|reader| !reader.whole && !reader.slow) {
            if Instant::now() > end {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        true
    }

    /// Readers that show another number than this.
    pub(super) fn behind(&self, available: i64) -> usize {
        self.seen().readers.iter().filter(|reader| reader.shown != Some(available)).count()
    }
}

impl Crowd {
    fn new() -> Self {
        let (stale_us, delivery_us) = (histogram(), histogram());
        Self { frames: 0, items: 0, bytes: 0, conflated: 0, stale_us, delivery_us }
    }
}

impl Seen {
    /// The last frame came to a reader: whether it is news to it, and whether it was the last one a burst waited for.
    fn take(&mut self, reader: usize, opening: i64, now: Instant) -> (bool, bool) {
        let Self { fast, slow, readers, window, granted, sent, round, last, .. } = self;
        let Some(reader) = readers.get_mut(reader) else { return (false, false) };
        let crowd = if reader.slow { slow } else { fast };
        let begun = window.is_some_and(|window| now >= window.measure_from);
        if last.kind == Kind::Changes && begun && window.is_some_and(|window| now <= window.until) {
            crowd.frames += 1;
            crowd.items += last.items;
            crowd.bytes += u64::try_from(last.text.len()).unwrap_or(0);
            crowd.conflated += last.conflated;
        }
        let index = |shown: i64| usize::try_from(opening.saturating_sub(shown)).ok();
        if let Some(now_shown) = last.watched {
            let before = reader.shown.replace(now_shown).unwrap_or(now_shown);
            if let Some(before) = index(before).filter(|_| begun) {
                let since = granted.get(before).map_or(0, |at| micros(now.saturating_duration_since(*at)));
                crowd.stale_us.saturating_record(since);
                let news =
                    sent.as_deref().and_then(|sent| sent.get(before..index(now_shown)?.min(sent.len())));
                for at in news.unwrap_or_default() {
                    crowd.delivery_us.saturating_record(micros(now.duration_since(*at)));
                }
            }
        }
        reader.whole |= last.kind == Kind::Page { last: true };
        let complete = !reader.slow && !last.bits.is_empty() && reader.completes(round, &last.bits);
        round.missing = round.missing.saturating_sub(usize::from(complete));
        (last.kind == Kind::Changes, complete && round.missing == 0)
    }
}

impl Reader {
    /// Whether the frame shows the last of the burst that this reader had not shown yet.
    fn completes(&mut self, round: &Round, shown: &Bits) -> bool {
        if self.round != round.number {
            self.round = round.number;
            self.bits.clear();
        }
        self.bits.resize(shown.len(), 0);
        let count = |bits: &Bits| bits.iter().map(|word| word.count_ones() as usize).sum::<usize>();
        let before = count(&self.bits);
        self.bits.iter_mut().zip(shown).for_each(|(word, new)| *word |= new);
        before < round.size && count(&self.bits) == round.size
    }
}

impl Frame {
    /// Reads a frame in place of the one before.
    fn read(&mut self, plan: &Plan, round: &Round, text: &str) -> Result<(), FeedError> {
        let (kind, items, conflated) = match Incoming::<'_, Item<'_>>::read(text)? {
            Incoming::Snapshot(page) => (Kind::Page { last: !page.more }, page.items, 0),
            Incoming::Changes(changes) => (Kind::Changes, changes.items, changes.conflated),
            Incoming::Complaint(complaint) => return Err(FeedError::Upgrade(complaint.problem)),
            Incoming::Hello(_)
            | Incoming::Authenticated(_)
            | Incoming::Resumed(_)
            | Incoming::Checksum(_)
            | Incoming::Unsubscribed(_)
            | Incoming::Answer(_)
            | Incoming::Other => (Kind::Other, Vec::new(), 0),
        };
        self.kind = kind;
        self.round = round.number;
        self.conflated = conflated;
        self.items = u64::try_from(items.len()).unwrap_or(0);
        self.watched = None;
        self.bits.clear();
        if !items.is_empty() {
            self.bits.resize(round.size.div_ceil(64), 0);
        }
        for item in &items {
            let Some(number) = plan.number(&item.sku) else { continue };
            let shown = item.figures.available();
            if number == WATCHED {
                self.watched = Some(shown);
            }
            if shown == round.value
                && number < round.size
                && let Some(word) = self.bits.get_mut(number / 64)
            {
                *word |= 1 << (number % 64);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::args::Shape;
    use super::*;

    fn gallery(shape: Shape, skus: usize, readers: (usize, usize)) -> (Gallery, Instant) {
        let gallery = Gallery::new(Arc::new(Plan::new(shape, skus, "r")), 10, readers, true);
        let now = Instant::now();
        let hour = Duration::from_secs(3600);
        gallery.measure(Window { measure_from: now, until: now + hour, give_up: now + hour });
        (gallery, now)
    }

    fn changes(items: &[(usize, i64)]) -> String {
        let item = |(sku, available): &(usize, i64)| json!({"sku": format!("LOAD-r-{sku:06}"), "available": available});
        let items: Vec<_> = items.iter().map(item).collect();
        json!({"changes": {"topic": "t", "offset": 1, "items": items, "conflated": 2}}).to_string()
    }

    /// A reader is as old as the first grant it does not show, and a grant nobody knows of yet makes nobody old.
    #[test]
    fn staleness() {
        let (gallery, start) = gallery(Shape::Hot, 1, (1, 1));
        let at = |ms| start + Duration::from_millis(ms);
        let one = Draw::of(0);
        gallery.take(0, &changes(&[(0, 10)]), at(0)).unwrap();
        gallery.take(1, &changes(&[(0, 10)]), at(0)).unwrap();
        (0..3).for_each(|ms| gallery.sent(one, at(ms)));
        gallery.granted(one, at(5));
        gallery.granted(one, at(9));
        gallery.take(0, &changes(&[(0, 9)]), at(7)).unwrap();
        gallery.take(0, &changes(&[(0, 7)]), at(20)).unwrap();
        gallery.granted(one, at(21));
        gallery.take(0, &changes(&[(0, 7)]), at(30)).unwrap();
        gallery.take(1, &changes(&[(0, 7)]), at(105)).unwrap();
        assert_eq!((gallery.behind(7), gallery.behind(8)), (0, 2));
        let seen = gallery.seen();
        let close = |histogram: &Histogram<u64>, us| histogram.equivalent(histogram.max(), us);
        assert!(
            close(&seen.fast.stale_us, 11_000),
            "two known grants, the second since 9: {}",
            seen.fast.stale_us.max()
        );
        assert!(close(&seen.slow.stale_us, 100_000));
        assert_eq!((seen.fast.delivery_us.len(), seen.slow.delivery_us.len()), (3, 3));
        assert!(close(&seen.fast.delivery_us, 19_000), "sent at 1, shown at 20");
        assert_eq!((seen.fast.frames, seen.fast.items, seen.fast.conflated), (4, 4, 8));
    }

    /// A burst is over when every reader that keeps up has shown every SKU of it at its new number, told however often.
    #[tokio::test]
    async fn bursts() {
        let (gallery, now) = gallery(Shape::Uniform, 2, (2, 1));
        gallery.begin(1, 2);
        let take = |reader, items: &[(usize, i64)]| gallery.take(reader, &changes(items), now).unwrap();
        let over = || gallery.seen().round.missing == 0;
        take(0, &[(0, 9)]);
        take(0, &[(0, 9)]);
        take(0, &[(1, 10)]);
        take(1, &[(0, 9), (1, 9)]);
        take(2, &[(0, 9), (1, 9)]);
        assert!(!over());
        take(0, &[(1, 9)]);
        assert!(over());
        gallery.complete().await;
        gallery.begin(2, 2);
        take(1, &[(0, 9), (1, 9)]);
        assert!(!over());
        take(0, &[(0, 8), (1, 8)]);
        take(1, &[(0, 8), (1, 8)]);
        assert!(over());
    }
}
