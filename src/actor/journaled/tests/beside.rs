//! What is written beside the journal: with its batch or not at all, and in nothing else.

use super::kiosk::{BUYER, Kiosk, Order};
use super::world::{LATENCY, START, Shop, envelope, in_virtual_time, kiosk_id, limits, wait_for};
use crate::actor::Fault;
use crate::actor::journaled::rescue;
use crate::domain::machine::{Aside, Closed, Draft, Moment};
use crate::journal::memory::Fault as StoreFault;
use crate::journal::record::changes_of;
use crate::journal::{Batch, Change, Head, Journal, Ring, Table};

const NAME: &str = "Erika Mustermann";

/// Lets one kiosk with a unit decide these commands in one draft.
fn decided(orders: &[Order]) -> (Vec<bool>, Closed<Kiosk>) {
    let mut kiosk = Kiosk::default();
    let moment = Moment { now: START, version: 1, may_expire: true };
    let mut draft = Draft::default();
    draft.decide(&mut kiosk, &moment, &envelope("opening"), &Order::Stock(1)).unwrap();
    let numbered = orders.iter().zip(["a", "b", "c", "d"]);
    let answers =
        numbered.map(|(order, id)| draft.decide(&mut kiosk, &moment, &envelope(id), order).is_ok()).collect();
    (answers, draft.close(&kiosk))
}

fn aside(value: Option<&str>) -> Aside {
    Aside { key: BUYER.to_owned(), value: value.map(|value| value.as_bytes().to_vec()) }
}

async fn buyer(shop: &Shop) -> Option<String> {
    let stored = shop.journal.row(&kiosk_id(), Table::Contacts, BUYER.as_bytes()).await.unwrap()?;
    Some(String::from_utf8(stored.to_vec()).unwrap())
}

/// A refused command takes back what it wrote beside the journal, of several writes under a key the last one counts, and
/// a command that writes nothing else is a cause all the same.
#[test]
fn a_refusal_takes_its_asides_back() {
    let (answers, closed) = decided(&[Order::TakeFor(NAME), Order::TakeFor("too late")]);
    assert_eq!((answers, closed.asides), (vec![true, false], vec![aside(Some(NAME))]));
    let (answers, closed) = decided(&[Order::Take, Order::TakeFor("too late")]);
    assert_eq!((answers, closed.asides), (vec![true, false], vec![]));
    let (_, closed) = decided(&[Order::TakeFor(NAME), Order::Erase]);
    assert_eq!(closed.asides, [aside(None)]);
    assert_eq!(closed.causes.len(), 3);
}

/// Nothing that can be printed of it shows a person.
#[test]
fn asides_are_not_shown() {
    let (_, closed) = decided(&[Order::TakeFor(NAME)]);
    let value = closed.asides[0].value.clone().map(bytes::Bytes::from);
    let change = Change { table: Table::Contacts, key: BUYER.into(), value };
    let head = Head { version: 1, nonce: 1 };
    let batch = Batch { expected: Head::GENESIS, head, entry: bytes::Bytes::new(), changes: vec![change] };
    let shown = format!("{closed:?} {:?} {batch:?}", closed.asides);
    assert!(shown.contains(BUYER) && !shown.contains("Erika"), "{shown}");
}

/// It is written with its batch, no entry has it, it is deleted by itself, and a rescue file only counts it.
#[test]
fn asides_are_in_no_entry() {
    in_virtual_time(async || {
        let shop = Shop::open(5, limits(64, 4)).await;
        assert_eq!(shop.ask("a", Order::TakeFor(NAME)).await, Ok(1));
        assert_eq!(buyer(&shop).await.as_deref(), Some(NAME));
        let entries = shop.journal.read(&kiosk_id(), 1, 10).await.unwrap();
        assert_eq!(entries.len(), 2);
        for stored in &entries {
            assert!(!stored.entry.windows(5).any(|part| part == b"Erika"));
            assert!(changes_of(&stored.entry).unwrap().iter().all(|change| !change.table.is_beside()));
        }
        let (expected, head) = (entries[0].head, entries[1].head);
        let value = Some(NAME.into());
        let changes = vec![Change { table: Table::Contacts, key: BUYER.into(), value }];
        let mut ring = Ring::new(1 << 20);
        ring.push(Batch { expected, head, entry: entries[1].entry.clone(), changes }.into());
        let rescued = rescue::text(&kiosk_id(), &ring, &Kiosk::default());
        assert!(rescued.contains("1 rows of persons") && !rescued.contains("Erika"), "{rescued}");

        assert_eq!(shop.ask("b", Order::Erase).await, Ok(0));
        assert_eq!((buyer(&shop).await, shop.head().await.version), (None, 3));
    });
}

/// However its commit fails, the name is there once its command is answered: a lost reply, another writer in between, a
/// write that got only half way, a ghost.
#[test]
fn asides_survive_an_unknown_outcome() {
    for fault in [
        StoreFault::LostReply,
        StoreFault::ForeignWriter,
        StoreFault::Interrupted,
        StoreFault::Ghost { after: Some(1) },
        StoreFault::Ghost { after: Some(9) },
    ] {
        in_virtual_time(async || {
            let shop = Shop::open(5, limits(64, 4)).await;
            shop.journal.faults().script([fault]);
            assert_eq!(shop.ask("a", Order::TakeFor(NAME)).await, Ok(1), "{fault:?}");
            assert_eq!(buyer(&shop).await.as_deref(), Some(NAME), "{fault:?}");
            // What was found in the log is kept whole too: a store that loses it gets it back.
            let head = shop.head().await;
            shop.journal.faults().lose_tail(&kiosk_id(), head.version - 1).unwrap();
            assert_eq!((buyer(&shop).await, shop.head().await.version), (None, 1));
            reconnect(&shop).await;
            assert_eq!(shop.head().await, head, "{fault:?}");
            assert_eq!(buyer(&shop).await.as_deref(), Some(NAME), "{fault:?}");
            assert_eq!(shop.look().await, 4, "{fault:?}");
        });
    }
}

/// A name that was erased stays so when the store loses its tail and gets it back.
#[test]
fn a_repair_does_not_bring_back_what_was_erased() {
    in_virtual_time(async || {
        let shop = Shop::open(5, limits(64, 4)).await;
        shop.ask("a", Order::TakeFor(NAME)).await.unwrap();
        shop.ask("b", Order::Erase).await.unwrap();
        for lost in [1, 2] {
            shop.journal.faults().lose_tail(&kiosk_id(), lost).unwrap();
            reconnect(&shop).await;
            assert_eq!((buyer(&shop).await, shop.head().await.version), (None, 3));
        }
    });
}

/// Takes the store away and brings it back, and waits until the kiosk has looked where its journal stands.
async fn reconnect(shop: &Shop) {
    shop.journal.faults().set_away(true);
    shop.journal.faults().set_away(false);
    wait_for("the kiosk to look", async || shop.ask("again", Order::Look).await.ok()).await;
    tokio::time::sleep(100 * LATENCY).await;
    assert!(!matches!(shop.ask("again", Order::Look).await, Err(Fault::StoreLost(_))));
}
