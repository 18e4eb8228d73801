//! Everything that waits is bounded, and full is an answer.

use futures_util::future::join_all;

use super::kiosk::Order;
use super::world::{LATENCY, Shop, in_virtual_time, limits};
use crate::actor::Fault;

/// Ten thousand askers at once meet a bound of sixty-four: what is told `busy` was surely not done, what is answered
/// was, and never more than the bound waits.
#[test]
fn full_is_an_answer_and_surely_not_done() {
    in_virtual_time(async || {
        let shop = Shop::open(1_000_000, limits(64, 4)).await;
        let ids: Vec<String> = (0..10_000).map(|n| format!("take-{n}")).collect();
        let answers = join_all(ids.iter().map(|id| shop.ask(id, Order::Take))).await;
        let done = answers.iter().filter(|answer| **answer == Ok(1)).count();
        let busy = answers.iter().filter(|answer| **answer == Err(Fault::Busy)).count();
        assert_eq!(done + busy, 10_000, "there are only two answers");
        // The mailbox lets every clone of its address in once beyond its bound.
        assert!((1..=66).contains(&done), "{done} were let in");
        assert_eq!(shop.look().await, 1_000_000 - i64::try_from(done).unwrap());
        // None of the refused sneaks in later, and the room is free again.
        tokio::time::sleep(10 * LATENCY).await;
        assert_eq!(shop.look().await, 1_000_000 - i64::try_from(done).unwrap());
        assert_eq!(shop.ask("later", Order::Take).await, Ok(1));
    });
}

/// A command whose asker went away before it was decided is dropped; one whose asker goes later is carried out.
#[test]
fn askers_may_leave() {
    in_virtual_time(async || {
        let shop = Shop::open(5, limits(64, 4)).await;
        let head = shop.head().await;
        let early = shop.ask("early", Order::Take);
        // Polled once, the command is in the mailbox; then nobody waits for it any more.
        drop(futures_util::future::select(Box::pin(early), std::future::ready(())).await);
        assert_eq!((shop.look().await, shop.head().await), (5, head));

        let late = tokio::time::timeout(LATENCY / 2, shop.ask("late", Order::Take)).await;
        assert!(late.is_err(), "it was answered before its commit");
        tokio::time::sleep(2 * LATENCY).await;
        assert_eq!(shop.look().await, 4);
        assert_eq!(shop.head().await.version, head.version + 1);
    });
}
