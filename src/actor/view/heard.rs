//! Whom the house heard of, and when: a connector that has died says nothing, and nobody misses it.

use std::collections::BTreeMap;

use crate::domain::ids::{ChannelId, SourceId, WarehouseId};
use crate::domain::time::Timestamp;
use crate::journal::locked::Locked;

/// Voices remembered; beyond that the one heard of longest ago goes. Channels are those of the configuration, names of
/// sources whatever counts bring.
const VOICES_MAX: usize = 1_000;

/// Somebody who tells the house something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voice {
    /// A channel.
    Channel(ChannelId),
    /// Who counts a warehouse's stock.
    Source(WarehouseId, SourceId),
}

/// The newest that was heard of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// When; of a count, its as-of time.
    pub at: Timestamp,
    /// What: `acknowledged`, `order`, `reserved`, `sold` or `count`.
    pub what: &'static str,
}

/// The newest that was heard of everybody.
#[derive(Debug, Default)]
pub struct Heard(Locked<BTreeMap<Voice, Newest>>);

impl Heard {
    /// Notes that something was heard of somebody. What is older than what is known changes nothing.
    pub fn note(&self, voice: &Voice, at: Timestamp, what: &'static str) {
        self.0.with(|known| {
            if let Some(newest) = known.get_mut(voice) {
                if newest.at < at {
                    *newest = Newest { at, what };
                }
                return;
            }
            known.insert(voice.clone(), Newest { at, what });
            if known.len() > VOICES_MAX {
                let oldest = known.iter().min_by_key(|(_, newest)| newest.at).map(|(voice, _)| voice.clone());
                oldest.map(|voice| known.remove(&voice));
            }
        });
    }

    /// The newest of everybody.
    #[must_use]
    pub fn all(&self) -> Vec<(Voice, Newest)> {
        self.0.with(|known| known.iter().map(|(voice, newest)| (voice.clone(), *newest)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(number: usize) -> Voice {
        Voice::Source(WarehouseId::stored("BER"), SourceId::stored(&format!("s-{number}")))
    }

    /// The newest is kept whatever comes late, and names nobody asked for push out the oldest, not the memory.
    #[test]
    fn the_newest_is_kept() {
        let heard = Heard::default();
        let at = Timestamp::from_millis;
        heard.note(&source(0), at(5_000), "count");
        heard.note(&source(0), at(4_000), "count");
        assert_eq!(heard.all(), [(source(0), Newest { at: at(5_000), what: "count" })]);
        for number in 1..=VOICES_MAX {
            heard.note(&source(number), at(10), "count");
        }
        assert_eq!(heard.all().len(), VOICES_MAX);
        assert!(heard.all().iter().any(|(voice, _)| *voice == source(0)));
    }
}
