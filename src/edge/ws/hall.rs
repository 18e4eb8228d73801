//! What all connections to the feed share: frames that were encoded once, and how many readers there are.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Frames of one topic kept to be shared: readers that are woken together stand at few different places.
const SHARED_MAX: usize = 32;
/// A reader that gets more frames than this is not slowed: timers are no finer.
const PACE_MIN: Duration = Duration::from_millis(1);

/// Offsets of the first change of a frame and of what it leads up to.
pub(super) type Span = (u64, u64);

/// A frame as it goes out.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The whole text.
    pub text: Utf8Bytes,
    /// Where a reader's own words may be put in.
    pub own_at: usize,
}

#[expect(clippy::disallowed_types, reason = "held for one step on a short list, never across an await")]
type Lock<T> = std::sync::Mutex<T>;

/// Frames of one topic.
#[derive(Debug, Default)]
pub struct Frames(Lock<VecDeque<(Span, Encoded)>>);

impl Frames {
    /// The frame of a span, where somebody has encoded it. A span of a whole topic always has the same rows: a row that
    /// changes leaves it, and then either the number of rows or the end of the span is another.
    #[must_use]
    pub fn known(&self, span: Span) -> Option<Encoded> {
        let frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        frames.iter().rev().find(|(known, _)| *known == span).map(|(_, frame)| frame.clone())
    }

    /// Keeps a frame for others.
    pub fn keep(&self, span: Span, frame: Encoded) {
        let mut frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if frames.len() >= SHARED_MAX {
            frames.pop_front();
        }
        frames.push_back((span, frame));
    }
}

/// What all connections share.
#[derive(Debug, Default)]
pub struct Hall {
    frames: Lock<BTreeMap<String, Weak<Frames>>>,
    readers: AtomicU64,
}

/// A reader among those that share the daemon's frames; not any more once it is dropped.
#[derive(Debug)]
pub struct Counted(Arc<Hall>);

impl Hall {
    /// The frames of a topic. Topics are those of the configuration, so they are few.
    #[must_use]
    pub fn frames(&self, topic: &str) -> Arc<Frames> {
        let mut known = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frames) = known.get(topic).and_then(Weak::upgrade) {
            return frames;
        }
        let frames = Arc::new(Frames::default());
        known.insert(topic.to_owned(), Arc::downgrade(&frames));
        frames
    }

    /// Counts one reader more.
    #[must_use]
    pub fn enter(self: &Arc<Self>) -> Counted {
        self.readers.fetch_add(1, Ordering::Relaxed);
        Counted(self.clone())
    }

    /// How long one reader waits between two frames of news, so that all of them together get about so many a second.
    #[must_use]
    pub fn pace(&self, frames_per_s: u64) -> Duration {
        let micros = self.readers.load(Ordering::Relaxed).saturating_mul(1_000_000) / frames_per_s.max(1);
        let pace = Duration::from_micros(micros);
        if pace < PACE_MIN { Duration::ZERO } else { pace }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.readers.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second reader of a span gets the very bytes of the first, and few spans are kept.
    #[test]
    fn a_span_is_encoded_once() {
        let frames = Frames::default();
        let frame = |text: &'static str| Encoded { text: Utf8Bytes::from_static(text), own_at: 0 };
        frames.keep((1, 2), frame("one"));
        let known = frames.known((1, 2)).map(|frame| frame.text);
        let again = frames.known((1, 2)).map(|frame| frame.text);
        assert_eq!(known.map(|text| text.as_ptr()), again.map(|text| text.as_ptr()));
        for offset in 3..3 + SHARED_MAX as u64 {
            frames.keep((2, offset), frame("other"));
        }
        assert!(frames.known((1, 2)).is_none());
    }

    /// Few readers are not slowed; many share the frames of a second.
    #[test]
    fn many_readers_share_the_frames() {
        let hall = Arc::new(Hall::default());
        let readers: Vec<_> = (0..5_000).map(|_| hall.enter()).collect();
        assert_eq!(hall.pace(50_000), Duration::from_millis(100));
        drop(readers);
        let _one = hall.enter();
        assert_eq!(hall.pace(50_000), Duration::ZERO);
    }
}
