//! Who follows a machine's confirmed state: the read views and the feed.

use crate::domain::machine::Machine;
use crate::domain::time::Timestamp;
use crate::journal::Head;

/// Follows confirmed state, on the actor's thread: must be quick and must not wait.
pub trait Watch<M: Machine>: Send + 'static {
    /// The whole state was loaded anew.
    fn loaded(&mut self, machine: &M, head: Head);

    /// A batch that was decided at `at` was confirmed. The machine may be ahead of it by batches in flight: good for
    /// gauges, not for truth.
    fn confirmed(
        &mut self,
        machine: &M,
        rows: &[M::Row],
        facts: &[(Option<usize>, M::Fact)],
        head: Head,
        at: Timestamp,
    );
}
