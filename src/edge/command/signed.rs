//! What makes a change the same change at every door: its id, and the fingerprint of what it asks.

use serde::Serialize;
use uuid::Uuid;

use crate::actor::house::Sender;
use crate::domain::ids::{ActorName, CommandId};
use crate::domain::time::Timestamp;
use crate::domain::trace::Trace;

/// The key of the fingerprints of one store. Keyed, so that nobody can make two commands of one fingerprint; the same
/// for every process on a store, so that they know each other's commands.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerprintKey([u8; 32]);

/// Who sends a command under which id.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The command's id.
    pub id: CommandId,
    /// Whether the id was made here because the caller sent none.
    pub minted: bool,
    /// Name of the caller's token.
    pub actor: Option<ActorName>,
    /// Whose trace it belongs to, as the caller said.
    pub trace: Option<Trace>,
}

impl std::fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FingerprintKey(..)")
    }
}

impl FingerprintKey {
    /// The key of the store with this identity.
    #[must_use]
    pub fn of_store(identity: &[u8]) -> Self {
        Self(blake3::derive_key("lagerd 1 command fingerprints", identity))
    }

    /// A key for another use, which tells nothing about this one.
    #[must_use]
    pub(in crate::edge) fn derived(&self, use_of_it: &'static str) -> [u8; 32] {
        blake3::derive_key(use_of_it, &self.0)
    }

    /// The fingerprint of a parsed command: its kind, what it is about, and what it says.
    pub fn fingerprint<T: Serialize>(&self, kind: &str, target: &str, said: &T) -> u64 {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(kind.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(target.as_bytes());
        bytes.push(0);
        if serde_json::to_writer(&mut bytes, said).is_err() {
            // Shapes of strings and numbers always serialise; were one not to, its kind and target still count.
            bytes.push(0xff);
        }
        let hash = blake3::keyed_hash(&self.0, &bytes);
        let (first, _) = hash.as_bytes().split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        u64::from_le_bytes(*first)
    }
}

impl Signed {
    /// An id for a command that came with none: a UUID of version 7, which tells its time.
    #[must_use]
    pub fn mint(now: Timestamp) -> CommandId {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        let seconds = millis / 1_000;
        let nanos = u32::try_from(millis % 1_000).unwrap_or(0).saturating_mul(1_000_000);
        let stamp = uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos);
        CommandId::stored(Uuid::new_v7(stamp).hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }

    /// The command itself.
    #[must_use]
    pub fn sender(self, issued_at: Option<Timestamp>, fingerprint: u64) -> Sender {
        let Self { id, minted: _, actor, trace } = self;
        Sender { id, issued_at, fingerprint, actor, trace }
    }

    /// Line `index` of the batch sent under this id.
    #[must_use]
    pub fn line(&self, index: usize, issued_at: Option<Timestamp>, fingerprint: u64) -> Sender {
        let (id, actor) = (self.id.line(index), self.actor.clone());
        Sender { id, issued_at, fingerprint, actor, trace: self.trace }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::wire::reservation::ReserveBody;

    /// Spelling does not count, meaning does; the time of issue is no part of it.
    #[test]
    fn fingerprints_follow_the_meaning() {
        let key = FingerprintKey::of_store(b"store");
        let print = |kind: &str, target: &str, text: &str| {
            key.fingerprint(kind, target, &serde_json::from_str::<ReserveBody>(text).unwrap())
        };
        let plain = print("reserve", "", r#"{"channel":"web","lines":[{"sku":"A","quantity":2}]}"#);
        let spelled = r#"{ "lines":[{"quantity":2,"sku":"\u0041"}], "channel":"web", "partial":false,
            "cart":null, "issued_at":"2026-11-23T10:00:00Z"}"#;
        assert_eq!(plain, print("reserve", "", spelled));
        assert_ne!(plain, print("reserve", "x", spelled));
        assert_ne!(plain, print("other", "", spelled));
        assert_ne!(plain, print("reserve", "", r#"{"channel":"web","lines":[{"sku":"A","quantity":3}]}"#));
        let other = FingerprintKey::of_store(b"other");
        let said: ReserveBody = serde_json::from_str(spelled).unwrap();
        assert_ne!(other.fingerprint("reserve", "", &said), plain);
    }

    /// A minted id tells the time it was made at.
    #[test]
    fn minted_ids_tell_their_time() {
        let now = Timestamp::from_millis(1_763_892_000_123);
        let (one, two) = (Signed::mint(now), Signed::mint(now));
        assert_eq!(one.uuid_v7_time(), Some(now));
        assert_ne!(one, two);
    }
}
