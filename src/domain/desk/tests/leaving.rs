//! What leaves memory when it is settled, and what is asked of it while it leaves.

use std::collections::BTreeMap;

use super::world::{RULES, START};
use crate::domain::desk::command::ExpectInbound;
use crate::domain::desk::lately::LATELY_MAX;
use crate::domain::desk::{Answer, Desk, DeskCommand, DeskRow, Document, Verb};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, OrderId, Sku, WarehouseId};
use crate::domain::machine::{Closed, Draft, Envelope, Machine, Moment};

/// A desk with its archive; what is decided stays in flight until it is confirmed.
struct Office {
    desk: Desk,
    decided: u64,
    confirmed: u64,
    flying: Vec<Closed<Desk>>,
    archive: BTreeMap<OrderId, Document>,
}

/// What an asker saw of the archive.
type Seen = (Option<Document>, u64);

impl Office {
    fn new() -> Self {
        let (flying, archive) = (Vec::new(), BTreeMap::new());
        Self { desk: Desk::new(RULES), decided: 0, confirmed: 0, flying, archive }
    }

    fn look(&self, id: &OrderId) -> Seen {
        (self.archive.get(id).cloned(), self.confirmed)
    }

    fn decide(&mut self, command: &str, verb: Verb, (archived, looked): Seen) -> Answer {
        let id = CommandId::parse(command).unwrap();
        let envelope = Envelope { id, time: START, timed: true, fingerprint: 7, actor: None, trace: None };
        let moment = Moment { now: START, version: self.decided + 1, may_expire: true };
        let mut draft = Draft::default();
        let command = DeskCommand { verb, archived, looked };
        let answer = draft.decide(&mut self.desk, &moment, &envelope, &command).unwrap();
        if !draft.is_empty() {
            self.decided += 1;
            self.flying.push(draft.close(&self.desk));
        }
        answer
    }

    fn confirm(&mut self) {
        let batch = self.flying.remove(0);
        self.confirmed += 1;
        for row in &batch.rows {
            match row {
                DeskRow::Archived(id, Some(document)) => {
                    drop(self.archive.insert(id.clone(), document.clone()))
                }
                DeskRow::Archived(id, None) => drop(self.archive.remove(id)),
                DeskRow::Open(..) | DeskRow::Refused(..) | DeskRow::Asked(..) => {}
            }
        }
        self.desk.settle(&batch.rows, self.confirmed);
    }

    /// A command of which everything is seen and confirmed at once.
    fn carry_out(&mut self, command: &str, verb: Verb) -> Answer {
        let seen = verb.document().map(|id| self.look(id)).unwrap();
        let answer = self.decide(command, verb, seen);
        while !self.flying.is_empty() {
            self.confirm();
        }
        answer
    }
}

fn id(number: usize) -> OrderId {
    OrderId::parse(&format!("00-{number}")).unwrap()
}

fn expect(number: usize) -> Verb {
    let line = ClaimLine { sku: Sku::parse("TEE-M").unwrap(), quantity: 5 };
    let warehouse = WarehouseId::parse("BER").unwrap();
    let lines = vec![line];
    let expected = ExpectInbound { id: id(number), reference: None, warehouse, lines, eta: None };
    Verb::ExpectInbound(Box::new(expected))
}

fn close(number: usize) -> Verb {
    Verb::CloseInbound { id: id(number) }
}

/// However many documents settle, none stays in memory, and what is noted of them is bounded; the first of them is read
/// from the archive, and its commands are answered as they were first.
#[test]
fn what_settles_leaves_memory() {
    let mut office = Office::new();
    let first = office.carry_out("e-0", expect(0));
    let closed = office.carry_out("c-0", close(0));
    for number in 1..LATELY_MAX {
        office.carry_out(&format!("e-{number}"), expect(number));
        office.carry_out(&format!("c-{number}"), close(number));
        assert!(office.desk.settling.is_empty() && office.desk.documents().next().is_none());
        assert!(office.desk.lately.len() <= LATELY_MAX, "{}", office.desk.lately.len());
    }
    assert_eq!(office.archive.len(), LATELY_MAX);
    assert!(matches!(first, Answer::Document(_)));
    assert_eq!(office.carry_out("c-0", close(0)), closed);
    assert_eq!(office.carry_out("e-0", expect(0)), closed, "taken in once, and as it stands now");
}

/// Who looked at the archive before a document settled there has to look again, and does nothing until then; while it
/// is on its way there, the desk itself knows it.
#[test]
fn an_old_look_is_not_trusted() {
    let mut office = Office::new();
    office.carry_out("e-1", expect(1));
    let before = office.look(&id(1));
    let closed = office.decide("c-1", close(1), before.clone());
    assert_eq!(office.decide("c-1", close(1), before.clone()), closed);
    office.confirm();
    assert!(office.desk.settling.is_empty());
    for verb in [expect(1), close(1), Verb::Look { id: id(1) }] {
        assert_eq!(office.decide("c-1", verb, before.clone()), Answer::LookAgain);
    }
    assert!(office.flying.is_empty(), "nothing was done");
    let now = office.look(&id(1));
    assert_eq!(office.decide("c-1", close(1), now), closed);
    // After a load nothing is known of what came before it.
    office.desk.loaded(9);
    assert_eq!(office.decide("e-2", expect(2), office.look(&id(2))), Answer::LookAgain);
    assert!(matches!(office.decide("e-2", expect(2), (None, 9)), Answer::Document(_)));
}

/// A document that settles anew, or is opened again, while it is on its way to the archive, leaves memory also where the
/// later batch is lost; where that is confirmed, nothing is left of it either.
#[test]
fn a_lost_batch_leaves_nothing_in_memory() {
    let mut office = Office::new();
    office.carry_out("e-1", expect(1));
    office.carry_out("e-2", expect(2));
    office.carry_out("c-1", close(1));
    office.carry_out("c-2", close(2));
    let (first, other) = (office.archive[&id(1)].clone(), office.archive[&id(2)].clone());
    for later in [Some(other), None] {
        for lost in [true, false] {
            let mut desk = Desk::new(RULES);
            let settled = DeskRow::Archived(id(1), Some(first.clone()));
            let anew = DeskRow::Archived(id(1), later.clone());
            desk.put(settled.clone());
            let before = desk.put(anew.clone());
            desk.settle(&[settled], 1);
            if lost {
                desk.put(before);
                desk.settle(&[], 2);
            } else {
                desk.settle(&[anew], 2);
            }
            assert!(desk.settling.is_empty(), "{later:?}, lost {lost}: {:?}", desk.settling);
        }
    }
}
