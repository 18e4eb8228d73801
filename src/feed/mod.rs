//! What leaves the house towards readers: the newest value of every SKU, ordered by when it changed.
//!
//! `skus` gives every SKU one number for the life of the process, `latest` keeps one topic's values in the order of their
//! last change, `reader` is one reader's place in that order, `bell` wakes readers, `news` tells a channel which SKUs to
//! look at again, `channel` is a channel's topic, `shown` what a channel shows of a SKU, `backlog` what of it the channel has
//! not confirmed, `board` a topic of things that come and go, `supply` how many SKUs are short, `sum` the checksum of a table, `turns` when time alone changes something.
//!
//! May know: the domain, the journal. Must not know: actors, sockets, wire formats.
//!
//! Promises: everything since an offset is a walk back from the newest change, so resume after any absence, catching up
//! and a slow reader are one operation, and nothing is ever queued for a reader. An offset never goes back within a view.
//!
//! Deliberately lacks: a history of values. A reader gets the newest value of what changed, never the ones between.

pub mod backlog;
pub mod bell;
pub mod board;
pub mod channel;
pub mod happened;
pub mod latest;
pub mod news;
pub mod reader;
pub mod relay;
pub mod shown;
pub mod skus;
pub mod sum;
pub mod supply;
pub mod turns;

pub use backlog::{Backlog, Lag, Pending, Work};
pub use bell::Bell;
pub use board::Board;
pub use channel::ChannelFeed;
pub use latest::Latest;
pub use news::{Dirty, News};
pub use reader::{Reader, Step};
pub use shown::Shown;
pub use skus::{SkuId, Skus};
pub use supply::{Short, Supply};
pub use turns::Turns;
