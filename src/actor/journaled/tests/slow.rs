//! Slow commands are told, and nothing of what they said.

use std::fmt;
use std::sync::Arc;

use futures_util::future::join_all;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::kiosk::Order;
use super::world::{Shop, in_virtual_time, limits};
use crate::journal::locked::Locked;

/// Keeps the lines of one thread.
#[derive(Clone, Default)]
struct Kept(Arc<Locked<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!("{field}={value:?} ");
    }
}

impl Subscriber for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.with(|lines| lines.push(line.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What waits for a store longer than is wanted is told in one line for all that were answered together: which part of the
/// way took how long, without ids and contents; what is faster, or where nobody wants to know, is not.
#[test]
fn slow_commands_are_told() {
    let kept = Kept::default();
    let slow = |kept: &Kept| kept.0.with(|lines| lines.iter().filter(|line| line.contains("slow")).count());
    let counted = tracing::subscriber::with_default(kept.clone(), || {
        in_virtual_time(async || {
            let shop = Shop::open(20, limits(64, 16)).await;
            shop.ask("a", Order::Take).await.unwrap();
            shop.ground.metrics.slow_after(11);
            shop.ask("b", Order::Take).await.unwrap();
            assert_eq!(slow(&kept), 0);
            shop.ground.metrics.slow_after(10);
            let ids = ["canary-1", "canary-2", "canary-3"];
            let told = join_all(ids.map(|id| shop.ask(id, Order::TakeFor("canary")))).await;
            assert!(told.iter().all(Result::is_ok), "{told:?}");
            shop.ground.metrics.render()
        })
    });
    assert!(counted.contains("lagerd_slow_commands_total{actor=\"i:kiosk\"} 3"), "{counted}");
    let lines = kept.0.with(std::mem::take);
    let told: Vec<_> = lines.iter().filter(|line| line.contains("slow command")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    for field in
        ["actor=i:kiosk", "verb=", "total_ms=10", "queued_ms=0", "decide_ms=0", "commit_ms=10", "commands=3"]
    {
        assert!(told[0].contains(field), "{field}: {told:?}");
    }
    assert!(lines.iter().all(|line| !line.contains("canary")), "{lines:?}");
}
