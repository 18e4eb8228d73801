//! The stored form of a refusal: documents remember why they were refused.
//!
//! Some refusals name an act, a state or a kind of document in a word of ours. Such a word is stored as text and looked up
//! again among all words there are; one that is not known is damage. So that no word can be written that nobody could
//! read, a word that is missing from the list is stored as [`OTHER`], and a test reads the domain's sources for words that
//! are missing.

use super::codec::{Reader, Writer, damaged};
use super::shared::{
    get_command_id, get_condition, get_order_id, get_sku, get_time, put_command_id, put_condition,
    put_order_id, put_sku, put_time,
};
use crate::domain::ids::{ChannelId, LineId, WarehouseId};
use crate::domain::order::{
    Carrier, Commercial, FulfilmentState, InboundState, ReturnState, Step, TransferState,
};
use crate::domain::refusal::{Refusal, Shortfall};
use crate::journal::JournalError;

type Read<T> = Result<T, JournalError>;

/// Stands for a word that is not known.
const OTHER: &str = "other";

/// Kinds of documents, and acts that are no steps of a fulfilment.
const WORDS: &[&str] = &[
    OTHER,
    "order",
    "fulfilment",
    "return",
    "transfer",
    "inbound",
    "document",
    "address",
    "amend",
    "cancel",
    "carrier",
    "carry",
    "close",
    "expect",
    "hold",
    "inspect",
    "pickup",
    "receive",
    "receive elsewhere",
    "reroute",
    "resume",
    "ship",
    "uncollected",
];

/// The word of ours that says this.
fn known_word(word: &str) -> Option<&'static str> {
    let steps = Step::ALL.iter().map(|step| step.name());
    let states = Commercial::ALL.iter().map(|state| state.name());
    let states = states.chain(FulfilmentState::ALL.iter().map(|state| state.name()));
    let states = states.chain(ReturnState::ALL.iter().map(|state| state.name()));
    let states = states.chain(TransferState::ALL.iter().map(|state| state.name()));
    let states = states.chain(InboundState::ALL.iter().map(|state| state.name()));
    let states = states.chain(Carrier::ALL.iter().map(|state| state.name()));
    WORDS.iter().copied().chain(steps).chain(states).find(|known| *known == word)
}

fn put_word(writer: &mut Writer, word: &'static str) {
    let known = known_word(word);
    debug_assert!(known.is_some(), "`{word}` is missing from the words that refusals are read back with");
    writer.text(known.unwrap_or(OTHER));
}

fn get_word(reader: &mut Reader<'_>) -> Read<&'static str> {
    let word = reader.text()?;
    known_word(word).ok_or_else(|| damaged(format!("`{word}` is no word of a refusal")))
}

/// A refusal.
#[expect(clippy::too_many_lines, reason = "one arm per refusal, none of which would read better elsewhere")]
pub(super) fn put_refusal(writer: &mut Writer, refusal: &Refusal) {
    match refusal {
        Refusal::InsufficientStock(lines) => {
            writer.byte(1);
            writer.list(lines, |writer, Shortfall { sku, asked, free }| {
                put_sku(writer, sku);
                writer.signed(*asked);
                writer.signed(*free);
            });
        }
        Refusal::OutOfRange => writer.byte(2),
        Refusal::InsufficientCondition { condition, asked, there } => {
            writer.byte(3);
            put_condition(writer, *condition);
            writer.signed(*asked);
            writer.signed(*there);
        }
        Refusal::UnknownSku(sku) => {
            writer.byte(4);
            put_sku(writer, sku);
        }
        Refusal::UnknownReservation(id) => {
            writer.byte(5);
            put_command_id(writer, id);
        }
        Refusal::ReservationExpired => writer.byte(6),
        Refusal::Released => writer.byte(7),
        Refusal::Shipped => writer.byte(8),
        Refusal::Allocated => writer.byte(9),
        Refusal::Amended { by } => {
            writer.byte(10);
            put_command_id(writer, by);
        }
        Refusal::Superseded { by } => {
            writer.byte(11);
            put_command_id(writer, by);
        }
        Refusal::NotHeld { sku, asked, held } => {
            writer.byte(12);
            put_sku(writer, sku);
            writer.signed(*asked);
            writer.signed(*held);
        }
        Refusal::IdempotencyConflict => writer.byte(13),
        Refusal::StaleCommand { floor, server_time } => {
            writer.byte(14);
            put_time(writer, *floor);
            put_time(writer, *server_time);
        }
        Refusal::StaleCount { last, oldest, newest } => {
            writer.byte(15);
            writer.option(*last, put_time);
            put_time(writer, *oldest);
            put_time(writer, *newest);
        }
        Refusal::UnknownSeen => writer.byte(16),
        Refusal::FutureMovement { server_time } => {
            writer.byte(17);
            put_time(writer, *server_time);
        }
        Refusal::UnknownDocument { kind } => {
            writer.byte(18);
            put_word(writer, kind);
        }
        Refusal::UnknownLine(line) => {
            writer.byte(19);
            writer.text(line.as_str());
        }
        Refusal::LineIsOther { line } => {
            writer.byte(20);
            writer.text(line.as_str());
        }
        Refusal::OrderExists => writer.byte(21),
        Refusal::IllegalStep { act, found } => {
            writer.byte(22);
            put_word(writer, act);
            put_word(writer, found);
        }
        Refusal::TooMany { line, asked, possible } => {
            writer.byte(23);
            writer.text(line.as_str());
            writer.signed(*asked);
            writer.signed(*possible);
        }
        Refusal::OrderOpen { state } => {
            writer.byte(24);
            put_word(writer, state);
        }
        Refusal::NotServiceable => writer.byte(25),
        Refusal::DeskFull => writer.byte(26),
        Refusal::AmbiguousOrder => writer.byte(31),
        Refusal::UnknownChannel(channel) => {
            writer.byte(27);
            writer.text(channel.as_str());
        }
        Refusal::UnknownWarehouse(warehouse) => {
            writer.byte(28);
            writer.text(warehouse.as_str());
        }
        Refusal::OwnedByOrder { order } => {
            writer.byte(29);
            put_order_id(writer, order);
        }
        Refusal::InsufficientRoom { sku, asked, room } => {
            writer.byte(30);
            put_sku(writer, sku);
            writer.signed(*asked);
            writer.signed(*room);
        }
    }
}

/// A refusal.
pub(super) fn get_refusal(reader: &mut Reader<'_>) -> Read<Refusal> {
    Ok(match reader.byte()? {
        1 => Refusal::InsufficientStock(reader.list(|reader| {
            Ok(Shortfall { sku: get_sku(reader)?, asked: reader.signed()?, free: reader.signed()? })
        })?),
        2 => Refusal::OutOfRange,
        3 => Refusal::InsufficientCondition {
            condition: get_condition(reader)?,
            asked: reader.signed()?,
            there: reader.signed()?,
        },
        4 => Refusal::UnknownSku(get_sku(reader)?),
        5 => Refusal::UnknownReservation(get_command_id(reader)?),
        6 => Refusal::ReservationExpired,
        7 => Refusal::Released,
        8 => Refusal::Shipped,
        9 => Refusal::Allocated,
        10 => Refusal::Amended { by: get_command_id(reader)? },
        11 => Refusal::Superseded { by: get_command_id(reader)? },
        12 => Refusal::NotHeld { sku: get_sku(reader)?, asked: reader.signed()?, held: reader.signed()? },
        13 => Refusal::IdempotencyConflict,
        14 => Refusal::StaleCommand { floor: get_time(reader)?, server_time: get_time(reader)? },
        15 => Refusal::StaleCount {
            last: reader.option(get_time)?,
            oldest: get_time(reader)?,
            newest: get_time(reader)?,
        },
        16 => Refusal::UnknownSeen,
        17 => Refusal::FutureMovement { server_time: get_time(reader)? },
        18 => Refusal::UnknownDocument { kind: get_word(reader)? },
        19 => Refusal::UnknownLine(LineId::stored(reader.text()?)),
        20 => Refusal::LineIsOther { line: LineId::stored(reader.text()?) },
        21 => Refusal::OrderExists,
        22 => Refusal::IllegalStep { act: get_word(reader)?, found: get_word(reader)? },
        23 => Refusal::TooMany {
            line: LineId::stored(reader.text()?),
            asked: reader.signed()?,
            possible: reader.signed()?,
        },
        24 => Refusal::OrderOpen { state: get_word(reader)? },
        25 => Refusal::NotServiceable,
        26 => Refusal::DeskFull,
        27 => Refusal::UnknownChannel(ChannelId::stored(reader.text()?)),
        28 => Refusal::UnknownWarehouse(WarehouseId::stored(reader.text()?)),
        29 => Refusal::OwnedByOrder { order: get_order_id(reader)? },
        30 => Refusal::InsufficientRoom {
            sku: get_sku(reader)?,
            asked: reader.signed()?,
            room: reader.signed()?,
        },
        31 => Refusal::AmbiguousOrder,
        other => return Err(damaged(format!("{other} is no refusal"))),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Every word the domain gives to a refusal is one that is read back: all acts, states and kinds in its sources.
    #[test]
    fn every_word_of_the_domain_is_known() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/desk");
        let mut found = 0;
        for file in std::fs::read_dir(root).unwrap() {
            let path = file.unwrap().path();
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            for before in [
                "act: \"",
                "found: \"",
                "state: \"",
                "kind: \"",
                "illegal(\"",
                "unknown(\"",
                "open(known, \"",
            ] {
                for rest in text.split(before).skip(1) {
                    let word = rest.split('"').next().unwrap();
                    assert!(known_word(word).is_some(), "`{word}` in {} is not known", path.display());
                    found += 1;
                }
            }
        }
        assert!(found > 20, "only {found} words were found: the sources are written otherwise now");
    }
}
