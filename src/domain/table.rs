//! A hash table that grows in small steps.
//!
//! A table that doubles moves every row at once; with a million holds that is a third of a second in which the actor that
//! owns it answers nobody. Here the rows lie in many small tables, which double one by one at different times.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;

use ahash::{AHashMap, RandomState};

/// Small tables; each holds one in so many of the rows.
const PARTS: usize = 256;

/// Rows by key, in no order.
#[derive(Clone)]
pub struct Table<K, V> {
    parts: Vec<AHashMap<K, V>>,
    chooser: RandomState,
    len: usize,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { parts: Vec::new(), chooser: RandomState::new(), len: 0 }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.parts.iter().flatten()).finish()
    }
}

impl<K: Eq + Hash, V: PartialEq> PartialEq for Table<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<K: Eq + Hash, V> Table<K, V> {
    /// The row of a key.
    #[must_use]
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The row of a key, with the key as the table keeps it.
    #[must_use]
    pub fn get_key_value<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.parts.get(self.part(key))?.get_key_value(key)
    }

    /// Whether there is a row of a key.
    #[must_use]
    pub fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).is_some()
    }

    /// Sets a row and gives back what was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if self.parts.is_empty() {
            self.parts.resize_with(PARTS, AHashMap::new);
        }
        let part = self.part(&key);
        let before = self.parts.get_mut(part).and_then(|part| part.insert(key, value));
        self.len = self.len.saturating_add(usize::from(before.is_none()));
        before
    }

    /// Removes a row and gives it back.
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let part = self.part(key);
        let before = self.parts.get_mut(part).and_then(|part| part.remove(key));
        self.len = self.len.saturating_sub(usize::from(before.is_some()));
        before
    }

    /// Sets or removes a row and gives back what was there.
    pub fn replace(&mut self, key: K, value: Option<V>) -> Option<V> {
        match value {
            Some(value) => self.insert(key, value),
            None => self.remove(&key),
        }
    }

    /// Every row.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.iter().flatten()
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Which small table a key belongs to: by another hash than the one within, or rows would lie unevenly there.
    fn part<Q: Hash + ?Sized>(&self, key: &Q) -> usize {
        usize::try_from(self.chooser.hash_one(key)).unwrap_or(0) % PARTS
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It is a map, whatever is done to it.
        #[test]
        fn a_table_is_a_map(steps in prop::collection::vec((0_u16..900, prop::option::of(0_u8..9)), 0..2_000)) {
            let (mut table, mut model) = (Table::default(), BTreeMap::new());
            for (key, value) in steps {
                let before = match value {
                    Some(value) => model.insert(key, value),
                    None => model.remove(&key),
                };
                prop_assert_eq!(table.replace(key, value), before);
                prop_assert_eq!(table.get(&key), model.get(&key));
                prop_assert_eq!((table.len(), table.is_empty()), (model.len(), model.is_empty()));
            }
            let all: BTreeMap<_, _> = table.iter().map(|(key, value)| (*key, *value)).collect();
            prop_assert_eq!(all, model);
        }
    }
}
