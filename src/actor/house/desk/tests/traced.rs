//! What an order causes belongs to the trace of the command that placed it.

use std::collections::BTreeSet;

use super::shop::{fulfil, order, receive, sender};
use crate::actor::house::Sender;
use crate::actor::house::trial::{Trial, run};
use crate::domain::desk::command::FulfilStep;
use crate::domain::ids::SHARDS;
use crate::domain::trace::Trace;
use crate::journal::{JournalId, JournalKind};

/// Every fact of every journal, `journal cause trace`; the trace by its flags alone.
async fn facts(trial: &Trial) -> BTreeSet<String> {
    let warehouses = ["BER", "HAM"].map(|name| JournalId::new(JournalKind::Warehouse, name));
    let channels = [JournalId::new(JournalKind::Channel, "late")];
    let desks = (0..SHARDS).map(|shard| JournalId::new(JournalKind::Desk, format!("{shard:02}")));
    let mut facts = BTreeSet::new();
    for id in warehouses.into_iter().chain(channels).chain(desks) {
        for happened in trial.told(&id).await {
            let Some(cause) = happened.cause else { continue };
            let trace = cause.trace.map_or("-".to_owned(), |trace| trace.flags.to_string());
            let journal = if id.kind == JournalKind::Desk { "desk" } else { &*happened.journal };
            facts.insert(format!("{journal} {} {trace}", cause.id));
        }
    }
    facts
}

fn traced(id: &str, flags: u8) -> Sender {
    Sender { trace: Some(Trace { id: [7; 16], parent: [7; 8], flags }), ..sender(id) }
}

/// Claims at two warehouses, their promises, waiting units and what a later step tells: each belongs to the trace of its
/// own command, and what had none has none.
#[test]
fn what_a_command_causes_bears_its_trace() {
    run(async {
        let trial = Trial::open(64).await;
        receive(&trial.house, "r1", "BER", "A", 2).await;
        receive(&trial.house, "r2", "HAM", "B", 2).await;
        let wanted = order("web", "1", &[("A", 2), ("B", 2)]);
        let placed = trial.house.place_order(&traced("o1", 1), wanted, None).await.unwrap().order;
        let late = order("late", "2", &[("A", 3)]);
        trial.house.place_order(&traced("o2", 2), late, None).await.unwrap();
        let before = facts(&trial).await;
        let traces = |journal: &str| {
            let facts = before.iter().filter(|fact| fact.starts_with(journal));
            facts.filter_map(|fact| Some(fact.rsplit_once(' ')?.1)).collect::<BTreeSet<_>>()
        };
        assert_eq!(traces("desk"), BTreeSet::from(["1", "2"]), "{before:?}");
        assert_eq!(traces("w:BER"), BTreeSet::from(["-", "1", "2"]), "{before:?}");
        assert_eq!(traces("w:HAM"), BTreeSet::from(["-", "1"]), "{before:?}");
        assert_eq!(traces("c:late"), BTreeSet::from(["2"]), "{before:?}");
        let untraced: Vec<_> = before.iter().filter(|fact| fact.ends_with('-')).collect();
        assert_eq!(untraced, ["w:BER r1 -", "w:HAM r2 -"], "{before:?}");
        // Another command about the order begins no part of its trace.
        let ship = || FulfilStep::Ship { lines: None, parcels: Vec::new(), at: None };
        fulfil(&trial, "s1", &placed.id, 1, ship()).await;
        let shipped: Vec<_> = facts(&trial).await.difference(&before).cloned().collect();
        assert!(!shipped.is_empty() && shipped.iter().all(|fact| fact.ends_with(" -")), "{shipped:?}");
    });
}
