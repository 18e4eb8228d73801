//! An order's life where all goes well.

use super::shop::{fulfil, level, order, order_of, place, reason, receive, sender, show};
use crate::actor::fault::Fault;
use crate::actor::house::reserve::Reserve;
use crate::actor::house::trial::{Trial, run};
use crate::domain::desk::Verb;
use crate::domain::desk::command::{FulfilStep, Fulfilled};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{ChannelId, LineId, Sku, WarehouseId};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Placed, its stock is promised; shipped, its goods are gone; delivered, it leaves memory and stays readable.
#[test]
fn an_order_is_placed_shipped_and_delivered() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 5).await;
        let placed = place(&trial, "o1", order("web", "1001", &[("A", 2)])).await.unwrap().order;
        assert_eq!(show(&placed), "accepted 0/0/2/0/0; BER:requested=2");
        assert_eq!(level(&trial, "BER", "A"), "5/0/2");
        let shipped = FulfilStep::Ship { lines: None, parcels: Vec::new(), at: None };
        let after = fulfil(&trial, "s1", &placed.id, 1, FulfilStep::Accept).await;
        assert_eq!(show(&after), "in_fulfilment 0/0/2/0/0; BER:accepted=2");
        let after = fulfil(&trial, "s2", &placed.id, 1, shipped).await;
        assert_eq!(show(&after), "shipped 0/0/0/2/0; BER:shipped=2");
        assert_eq!(level(&trial, "BER", "A"), "3/0/0");
        let after = fulfil(&trial, "s3", &placed.id, 1, FulfilStep::Deliver { at: None }).await;
        assert_eq!(show(&after), "delivered 0/0/0/2/0; BER:delivered=2");
        assert_eq!(trial.house.documents(None, 10, |_| true), []);
        let found = trial.house.find_order("1001", None).await.unwrap();
        assert_eq!(show(&found), "delivered 0/0/0/2/0; BER:delivered=2");
        assert_eq!(trial.house.untold(), 0);
    });
}

/// The same order again is answered the same and sells nothing more; another command about it, too.
#[test]
fn an_order_is_taken_once() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 5).await;
        let first = place(&trial, "o1", order("web", "1", &[("A", 2)])).await.unwrap().order;
        for id in ["o1", "o2"] {
            let again = place(&trial, id, order("web", "1", &[("A", 2)])).await.unwrap().order;
            assert_eq!((show(&again), &again.id), (show(&first), &first.id), "{id}");
        }
        assert_eq!(level(&trial, "BER", "A"), "5/0/2");
        let other = place(&trial, "o3", order("solo", "1", &[("A", 1)])).await.unwrap().order;
        assert_ne!(other.id, first.id);
        assert!(matches!(
            trial.house.find_order("1", None).await,
            Err(Fault::Refused(Refusal::AmbiguousOrder))
        ));
        let solo = ChannelId::parse("solo").unwrap();
        assert_eq!(trial.house.find_order("1", Some(&solo)).await.unwrap().id, other.id);
    });
}

/// A channel that asks is refused with the numbers, is told the same again, and may try anew under another id.
#[test]
fn an_order_beyond_stock_is_refused() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 1).await;
        let short = |answer: Result<_, Fault>| match answer {
            Err(Fault::Refused(Refusal::InsufficientStock(short))) => {
                short.iter().map(|line| format!("{} {}/{}", line.sku, line.asked, line.free)).collect()
            }
            Err(other) => other.to_string(),
            Ok(_) => "placed".to_owned(),
        };
        assert_eq!(short(place(&trial, "o1", order("web", "1", &[("A", 2)])).await), "A 2/1");
        receive(&trial.house, "r2", "HAM", "A", 1).await;
        assert_eq!(short(place(&trial, "o1", order("web", "1", &[("A", 2)])).await), "A 2/1");
        assert_eq!(short(place(&trial, "o2", order("web", "1", &[("A", 2)])).await), "placed");
        assert_eq!((level(&trial, "BER", "A"), level(&trial, "HAM", "A")), ("1/0/1".into(), "1/0/1".into()));
    });
}

/// An order takes its cart's reservation over: the units are held once, then promised.
#[test]
fn a_reservation_becomes_an_order() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 2).await;
        receive(&trial.house, "r2", "HAM", "A", 1).await;
        let lines = vec![ClaimLine { sku: Sku::parse("A").unwrap(), quantity: 3 }];
        let channel = ChannelId::parse("web").unwrap();
        let request = Reserve { channel, cart: None, lines, ttl_ms: 60_000, partial: false };
        let held = trial.house.reserve(&sender("c1"), request).await.unwrap();
        assert_eq!((level(&trial, "BER", "A"), level(&trial, "HAM", "A")), ("2/2/0".into(), "1/1/0".into()));
        let mut wanted = order("web", "1", &[("A", 3)]);
        wanted.reservation = Some(held.id.clone());
        let placed = place(&trial, "o1", wanted).await.unwrap().order;
        assert_eq!(show(&placed), "accepted 0/0/3/0/0; BER:requested=2 HAM:requested=1");
        assert_eq!((level(&trial, "BER", "A"), level(&trial, "HAM", "A")), ("2/0/2".into(), "1/0/1".into()));
        let released = trial.house.release(&sender("d1"), &held.id).await;
        assert!(matches!(released, Err(Fault::Refused(Refusal::OwnedByOrder { .. }))), "{released:?}");
    });
}

/// A sale that is told and gone already moves goods and nothing else.
#[test]
fn a_fulfilled_sale_is_a_movement() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "HAM", "A", 5).await;
        let mut sale = order("till", "bon-1", &[("A", 2)]);
        let at = trial.house.now();
        sale.fulfilled = Some(Fulfilled { warehouse: WarehouseId::parse("HAM").unwrap(), at, day: 0 });
        let placed = place(&trial, "o1", sale.clone()).await.unwrap().order;
        assert_eq!(show(&placed), "delivered 0/0/0/2/0; HAM:collected=2");
        assert_eq!(level(&trial, "HAM", "A"), "3/0/0");
        place(&trial, "o2", sale).await.unwrap();
        assert_eq!(level(&trial, "HAM", "A"), "3/0/0");
    });
}

/// A part is cancelled, a part shipped; what was promised for the cancelled part is free again.
#[test]
fn a_part_is_cancelled_and_the_rest_ships() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 5).await;
        let placed = place(&trial, "o1", order("web", "1", &[("A", 4)])).await.unwrap().order;
        let lines = Some(vec![(LineId::parse("1").unwrap(), 3)]);
        let ship = FulfilStep::Ship { lines, parcels: Vec::new(), at: None };
        let after = fulfil(&trial, "s1", &placed.id, 1, ship).await;
        assert_eq!(show(&after), "partially_shipped 0/0/1/3/0; BER:shipped=3 BER:requested=1");
        let verb = Verb::Cancel { order: placed.id.clone(), lines: None, reason: reason("customer") };
        let after = order_of(trial.house.desk(&sender("x1"), verb).await.unwrap());
        assert_eq!(show(&after), "shipped 0/0/0/3/1; BER:shipped=3");
        assert_eq!(level(&trial, "BER", "A"), "2/0/0");
    });
}

/// Two revisions that come in the wrong order end as the newer one says.
#[test]
fn revisions_decide() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 9).await;
        let revision = |revision, quantity, content| {
            let mut said = order("web", "1", &[("A", quantity)]);
            (said.revision, said.content) = (Some(revision), content);
            said
        };
        place(&trial, "o2", revision(2, 3, 22)).await.unwrap();
        let late = place(&trial, "o1", revision(1, 5, 11)).await.unwrap();
        assert!(late.superseded);
        assert_eq!(show(&late.order), "accepted 0/0/3/0/0; BER:requested=3");
        let newer = place(&trial, "o3", revision(3, 1, 33)).await.unwrap();
        assert_eq!(show(&newer.order), "accepted 0/0/1/0/2; BER:requested=1");
        let other = place(&trial, "o4", revision(3, 7, 44)).await;
        assert!(matches!(other, Err(Fault::Refused(Refusal::OrderExists))), "{other:?}");
        assert_eq!(level(&trial, "BER", "A"), "9/0/1");
    });
}

/// A time of placing is kept as told.
#[test]
fn what_was_told_is_kept() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 9).await;
        let mut said = order("web", "1", &[("A", 1)]);
        said.placed_at = Some(Timestamp::from_millis(1_795_000_000_000));
        said.carried = r#"{"campaign":"advent"}"#.into();
        let placed = place(&trial, "o1", said).await.unwrap().order;
        assert_eq!(placed.placed_at.as_millis(), 1_795_000_000_000);
        assert_eq!(&*placed.carried, r#"{"campaign":"advent"}"#);
    });
}
