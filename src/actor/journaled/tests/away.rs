//! A store that is away.

use futures_util::future::join_all;
use tokio::time::Instant;

use super::kiosk::Order;
use super::world::{LATENCY, Shop, in_virtual_time, limits, wait_for};
use crate::actor::Fault;

/// While the store is away, commands are told so and surely not done, soon; when it is back, later ones work, without a
/// rebuilt actor.
#[test]
fn a_store_that_is_away_is_told_and_waited_for() {
    in_virtual_time(async || {
        let shop = Shop::open(9, limits(64, 1)).await;
        shop.journal.faults().set_away(true);
        let asked = Instant::now();
        let ids: Vec<String> = (0..8).map(|n| format!("away-{n}")).collect();
        for answer in join_all(ids.iter().map(|id| shop.ask(id, Order::Take))).await {
            assert!(matches!(answer, Err(Fault::Unavailable(_))), "{answer:?}");
        }
        assert!(matches!(shop.ask("late", Order::Take).await, Err(Fault::Unavailable(_))));
        assert!(asked.elapsed() < 10 * LATENCY, "they waited {:?}", asked.elapsed());

        shop.journal.faults().set_away(false);
        let back = wait_for("the store", async || shop.ask("back", Order::Take).await.ok()).await;
        assert_eq!((back, shop.look().await, shop.restarts()), (1, 8, 0));
    });
}

/// What had been decided when the outcome became unknown is not told as undone while the store is away: it is answered
/// when the store is back.
#[test]
fn unknown_outcomes_wait_for_the_store() {
    in_virtual_time(async || {
        let shop = Shop::open(9, limits(64, 1)).await;
        shop.journal.faults().script([crate::journal::memory::Fault::LostReply]);
        let faults = shop.journal.faults();
        let (answer, ()) = futures_util::join!(shop.ask("a", Order::Take), async {
            tokio::time::sleep(LATENCY / 2).await;
            faults.set_away(true);
            tokio::time::sleep(100 * LATENCY).await;
            faults.set_away(false);
        });
        assert_eq!((answer, shop.look().await), (Ok(1), 8));
    });
}

/// An actor that dies while the store is away is rebuilt when it is back.
#[test]
fn a_death_beside_an_absent_store_is_healed() {
    in_virtual_time(async || {
        let shop = Shop::open(9, limits(64, 1)).await;
        shop.journal.faults().set_away(true);
        assert_eq!(shop.ask("bomb", Order::Explode).await, Err(Fault::OutcomeUnknown));
        tokio::time::sleep(100 * LATENCY).await;
        assert!(matches!(shop.ask("a", Order::Take).await, Err(Fault::Unavailable(_))));
        shop.journal.faults().set_away(false);
        let back = wait_for("the store", async || shop.ask("back", Order::Take).await.ok()).await;
        assert_eq!((back, shop.look().await, shop.restarts()), (1, 8, 1));
    });
}
