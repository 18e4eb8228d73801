//! What goes wrong, and how it ends.

use super::shop::{fulfil, level, order, order_of, place, reason, receive, sender, show};
use crate::actor::fault::Fault;
use crate::actor::house::trial::{Trial, run};
use crate::domain::desk::Verb;
use crate::domain::desk::command::{AnnounceReturn, AnnouncedUnits, FulfilStep};
use crate::domain::ids::{LineId, Sku, WarehouseId};
use crate::domain::order::Inspected;
use crate::domain::refusal::Refusal;

/// A store that says no is not asked again; another place takes its part.
#[test]
fn a_rejected_part_goes_elsewhere() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 5).await;
        receive(&trial.house, "r2", "HAM", "A", 5).await;
        let placed = place(&trial, "o1", order("web", "1", &[("A", 2)])).await.unwrap().order;
        let reject = FulfilStep::Reject { reason: None };
        let after = fulfil(&trial, "s1", &placed.id, 1, reject).await;
        assert_eq!(show(&after), "accepted 0/0/2/0/0; BER:rejected=2 HAM:requested=2");
        assert_eq!((level(&trial, "BER", "A"), level(&trial, "HAM", "A")), ("5/0/0".into(), "5/0/2".into()));
        let reject = FulfilStep::Reject { reason: None };
        let after = fulfil(&trial, "s2", &placed.id, 2, reject).await;
        assert_eq!(show(&after), "held 2/0/0/0/0; BER:rejected=2 HAM:rejected=2");
    });
}

/// Units that are not on the shelf are written off and found elsewhere.
#[test]
fn a_short_pick_is_found_elsewhere() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 3).await;
        receive(&trial.house, "r2", "HAM", "A", 5).await;
        let placed = place(&trial, "o1", order("web", "1", &[("A", 3)])).await.unwrap().order;
        let lines = vec![(LineId::parse("1").unwrap(), 1)];
        let short = FulfilStep::ShortPick { lines, damaged: false, reason: None };
        let after = fulfil(&trial, "s1", &placed.id, 1, short).await;
        assert_eq!(show(&after), "in_fulfilment 0/0/3/0/0; BER:short_picked=2 HAM:requested=1");
        assert_eq!((level(&trial, "BER", "A"), level(&trial, "HAM", "A")), ("2/0/2".into(), "5/0/1".into()));
    });
}

/// Goods that come back lie aside until somebody has looked at them.
#[test]
fn a_return_goes_where_it_belongs() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 3).await;
        let placed = place(&trial, "o1", order("web", "1", &[("A", 3)])).await.unwrap().order;
        let ship = FulfilStep::Ship { lines: None, parcels: Vec::new(), at: None };
        fulfil(&trial, "s1", &placed.id, 1, ship).await;
        fulfil(&trial, "s2", &placed.id, 1, FulfilStep::Deliver { at: None }).await;
        let ham = WarehouseId::parse("HAM").unwrap();
        let line = Some(LineId::parse("1").unwrap());
        let announce = Verb::AnnounceReturn(Box::new(AnnounceReturn {
            order: Some(placed.id.clone()),
            id: placed.id.clone(),
            channel: None,
            reference: None,
            warehouse: ham,
            lines: vec![AnnouncedUnits { line, sku: None, quantity: 2, reason: None }],
            declared_at: None,
            refund_by: None,
        }));
        order_of(trial.house.desk(&sender("t1"), announce).await.unwrap());
        let (document, number) = (placed.id.clone(), 1);
        let receive =
            Verb::ReceiveReturn { document: document.clone(), number, warehouse: None, lines: None };
        let after = order_of(trial.house.desk(&sender("t2"), receive).await.unwrap());
        assert_eq!(after.lines[0].returned, 2);
        assert_eq!(level(&trial, "HAM", "A"), "2/0/0");
        let found = Inspected { sellable: 1, damaged: 1, ..Inspected::default() };
        let lines = vec![(Sku::parse("A").unwrap(), found)];
        let inspect = Verb::InspectReturn { document, number, lines };
        let after = order_of(trial.house.desk(&sender("t3"), inspect).await.unwrap());
        assert_eq!(after.returns[0].state.name(), "closed");
        let stock = trial.house.stock(&Sku::parse("A").unwrap(), trial.house.now()).unwrap();
        let ham = stock.levels.iter().find(|level| level.warehouse.as_str() == "HAM").unwrap();
        assert_eq!((ham.row.level.on_hand, ham.row.level.damaged), (2, 1));
    });
}

/// What a store that is away could not be told is told when it is back; a new daemon goes on where the old one stopped.
#[test]
fn a_new_daemon_goes_on() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 5).await;
        let placed = place(&trial, "o1", order("web", "1", &[("A", 2)])).await.unwrap().order;
        let ship = FulfilStep::Ship { lines: None, parcels: Vec::new(), at: None };
        fulfil(&trial, "s1", &placed.id, 1, ship).await;
        let trial = trial.reopen().await;
        let found = trial.house.find_order("1", None).await.unwrap();
        assert_eq!(show(&found), "shipped 0/0/0/2/0; BER:shipped=2");
        assert_eq!(level(&trial, "BER", "A"), "3/0/0");
        let again = place(&trial, "o1", order("web", "1", &[("A", 2)])).await.unwrap().order;
        assert_eq!(show(&again), show(&found));
    });
}

/// What is sold beyond stock waits, up to the channel's limit, and is promised when goods come.
#[test]
fn waiting_units_are_served_when_goods_come() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 1).await;
        let placed = place(&trial, "o1", order("late", "1", &[("A", 3)])).await.unwrap().order;
        assert_eq!(show(&placed), "accepted 0/2/1/0/0; BER:requested=1");
        let over = place(&trial, "o2", order("late", "2", &[("A", 4)])).await;
        assert!(matches!(over, Err(Fault::Refused(Refusal::InsufficientRoom { room: 3, .. }))), "{over:?}");
        assert_eq!(level(&trial, "BER", "A"), "1/0/1");
        receive(&trial.house, "r2", "BER", "A", 5).await;
        let served = trial.until("1", |order| order.lines[0].backordered == 0).await;
        assert_eq!(show(&served), "accepted 0/0/3/0/0; BER:requested=1 BER:requested=2");
        assert_eq!(level(&trial, "BER", "A"), "6/0/3");
        assert_eq!(trial.house.untold(), 0);
    });
}

/// A sale that was told is never refused: what is not there waits, and is given up when it is cancelled.
#[test]
fn a_told_sale_waits_and_may_be_cancelled() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "HAM", "A", 1).await;
        let placed = place(&trial, "o1", order("till", "1", &[("A", 3)])).await.unwrap().order;
        assert_eq!(show(&placed), "accepted 0/2/1/0/0; HAM:requested=1");
        let verb = Verb::Cancel { order: placed.id.clone(), lines: None, reason: reason("customer") };
        let after = order_of(trial.house.desk(&sender("x1"), verb).await.unwrap());
        assert_eq!(show(&after), "cancelled 0/0/0/0/3; ");
        receive(&trial.house, "r2", "HAM", "A", 5).await;
        assert_eq!(level(&trial, "HAM", "A"), "6/0/0");
        assert_eq!(trial.house.documents(None, 9, |_| true), []);
    });
}
