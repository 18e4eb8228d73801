//! The token a buyer follows an order with.
//!
//! It is made of the order's id under a key of the store, so that every answer about the order tells the same one and
//! nothing but its hash has to be kept. It ends when the hash is forgotten, with the order's contact.

use std::fmt;

use super::command::FingerprintKey;
use crate::domain::ids::OrderId;

/// Of what the key of tokens is made beside the store's own.
const CONTEXT: &str = "lagerd 1 tracking tokens";
/// RFC 4648, in small letters: a token survives being read out and typed.
const ALPHABET: [char; 32] = [
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u',
    'v', 'w', 'x', 'y', 'z', '2', '3', '4', '5', '6', '7',
];
/// Bytes of a token: 160 bits, which nobody guesses.
const BYTES: usize = 20;

/// A token. It opens an order's state to whoever has it, so it prints as stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

impl Token {
    /// The text the buyer sends.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(self.0.as_bytes()).as_bytes()
    }

    /// The path it opens.
    #[must_use]
    pub fn path(&self, order: &OrderId) -> String {
        path(order, &self.0)
    }
}

/// The path a token opens.
#[must_use]
pub fn path(order: &OrderId, token: &str) -> String {
    format!("/track/{order}.{token}")
}

/// The token of an order.
#[must_use]
pub fn mint(key: &FingerprintKey, order: &OrderId) -> Token {
    let hash = blake3::keyed_hash(&key.derived(CONTEXT), order.as_str().as_bytes());
    let (groups, _) = hash.as_bytes().as_chunks::<5>();
    let mut text = String::with_capacity(BYTES / 5 * 8);
    for group in groups.iter().take(BYTES / 5) {
        let bits = group.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        text.extend((0..8).rev().filter_map(|at| {
            let digit = usize::try_from((bits >> (at * 5)) & 31).ok()?;
            ALPHABET.get(digit)
        }));
    }
    Token(text)
}

/// Whether a text that was sent is the token of this hash. Takes the same time whichever letter is wrong.
#[must_use]
pub fn matches(sent: &str, kept: &[u8; 32]) -> bool {
    blake3::hash(sent.as_bytes()) == *kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An order's token is always the same, another order's or another store's is another one, and only the right one
    /// matches what was kept.
    #[test]
    fn tokens_belong_to_one_order_of_one_store() {
        let key = FingerprintKey::of_store(b"store");
        let order = OrderId::minted("o-1", "order", &["web", "o-1"]);
        let token = mint(&key, &order);
        assert_eq!(token.as_str().len(), 32);
        assert!(token.as_str().chars().all(|letter| ALPHABET.contains(&letter)), "{}", token.as_str());
        assert_eq!(mint(&key, &order), token);
        assert_ne!(mint(&key, &OrderId::minted("o-2", "order", &["web", "o-2"])), token);
        assert_ne!(mint(&FingerprintKey::of_store(b"other"), &order), token);
        assert!(matches(token.as_str(), &token.hash()));
        let cut = token.as_str().get(1..).unwrap();
        for wrong in ["", "a", cut, &token.as_str().to_uppercase()] {
            assert!(!matches(wrong, &token.hash()), "{wrong}");
        }
        assert_eq!(token.path(&order), format!("/track/{order}.{}", token.as_str()));
        assert_eq!(format!("{token:?}"), "Token(***)");
    }
}
