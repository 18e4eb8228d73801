//! A refusal is an answer about state, so it is told only when that state is confirmed.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::join;
use tokio::time::Instant;

use super::kiosk::{Kiosk, Order, units_row};
use super::world::{LATENCY, START, Shop, in_virtual_time, limits, wait_for};
use crate::actor::Fault;
use crate::domain::refusal::Refusal;
use crate::journal::memory::Fault as Mishap;
use crate::journal::record::Entry;

/// How long an answer took, and the answer.
async fn timed<T>(answer: impl Future<Output = T>) -> (Duration, T) {
    let asked = Instant::now();
    let answer = answer.await;
    (asked.elapsed(), answer)
}

fn is_short(answer: &Result<i64, Fault>) -> bool {
    matches!(answer, Err(Fault::Refused(Refusal::InsufficientStock(_))))
}

/// Another writer's entry: the shelf holds five again.
fn restocked() -> bytes::Bytes {
    let (causes, facts) = (Vec::new(), Vec::new());
    Entry::<Kiosk> { at: START, causes, facts, rows: vec![units_row(5)] }.encode()
}

/// The unit a refusal is about is still on its way into the journal: the refusal waits for it. Where nothing is in
/// flight it is told at once.
#[test]
fn a_refusal_waits_for_what_it_rests_on() {
    in_virtual_time(async || {
        let shop = Shop::open(1, limits(64, 1)).await;
        let (taken, refused) = join!(timed(shop.ask("a", Order::Take)), timed(shop.ask("b", Order::Take)));
        assert!(taken.0 >= LATENCY && taken.1 == Ok(1), "{taken:?}");
        assert!(refused.0 >= LATENCY && is_short(&refused.1), "{refused:?}");
        let (waited, refused) = timed(shop.ask("c", Order::Take)).await;
        assert!(waited < LATENCY && is_short(&refused), "{waited:?}: {refused:?}");
    });
}

/// Three batches are in flight when a command is refused, and another writer gets in before them: nothing the refusal
/// rests on has come to be. It is decided again, and granted, since the other writer brought goods.
#[test]
fn a_refusal_is_decided_again_where_its_ground_has_gone() {
    in_virtual_time(async || {
        let shop = Shop::open(3, limits(64, 1)).await;
        shop.journal.faults().set_foreign_writer(|_, _| restocked());
        shop.journal.faults().script([Mishap::ForeignWriter]);
        let asked = ["a", "b", "c", "d"].map(|id| shop.ask(id, Order::Take));
        let answers = join_all(asked).await;
        assert_eq!(answers, [Ok(1), Ok(1), Ok(1), Ok(1)]);
        assert_eq!(shop.look().await, 1);
    });
}

/// A batch in the middle of three is refused by the store: what was confirmed before it is told as done, everything
/// behind it was surely not done, the refusal behind it is not told as one.
#[test]
fn no_refusal_rests_on_a_batch_the_store_refused() {
    in_virtual_time(async || {
        let shop = Shop::open(3, limits(64, 1)).await;
        shop.journal.faults().script([Mishap::Pass, Mishap::Unavailable { calls: 0 }]);
        let asked = ["a", "b", "c", "d"].map(|id| shop.ask(id, Order::Take));
        let answers = join_all(asked).await;
        assert_eq!(answers[0], Ok(1));
        for answer in &answers[1..] {
            assert!(matches!(answer, Err(Fault::Unavailable(_))), "{answers:?}");
        }
        let left = wait_for("the store", async || shop.ask("look", Order::Look).await.ok()).await;
        assert_eq!(left, 2);
        assert_eq!(shop.ask("d", Order::Take).await, Ok(1));
    });
}

/// The reply to a commit is lost: its commands are found by their ids and answered as done, once, and what was refused
/// behind them is refused again.
#[test]
fn a_lost_reply_is_looked_up() {
    in_virtual_time(async || {
        let shop = Shop::open(3, limits(64, 1)).await;
        shop.journal.faults().script([Mishap::LostReply]);
        let asked = ["a", "b", "c", "d"].map(|id| shop.ask(id, Order::Take));
        let answers = join_all(asked).await;
        assert_eq!(answers[..3], [Ok(1), Ok(1), Ok(1)]);
        assert!(is_short(&answers[3]), "{answers:?}");
        assert_eq!(shop.look().await, 0);
    });
}

/// A batch that lands after its outcome was given up as unknown is an entry like any other: done once.
#[test]
fn a_ghost_is_no_second_sale() {
    in_virtual_time(async || {
        let shop = Shop::open(1, limits(64, 1)).await;
        shop.journal.faults().script([Mishap::Ghost { after: Some(1) }]);
        let answers = join_all(["a", "b"].map(|id| shop.ask(id, Order::Take))).await;
        assert_eq!(answers[0], Ok(1));
        assert!(is_short(&answers[1]), "{answers:?}");
        assert_eq!(shop.look().await, 0);
    });
}

/// The same id in the same batch, or while its first is in flight, waits and gets that outcome; it is done once.
#[test]
fn the_same_id_waits_for_its_first() {
    for batch in [1, 8] {
        in_virtual_time(async || {
            let shop = Shop::open(5, limits(64, batch)).await;
            let asked = (0..4).map(|_| timed(shop.ask("a", Order::Take)));
            for (waited, answer) in join_all(asked).await {
                assert_eq!(answer, Ok(1));
                assert!(waited >= LATENCY, "answered after {waited:?}, before it was confirmed");
            }
            assert_eq!(shop.look().await, 4);
        });
    }
}
