//! A bounded memory for answers that a policy gives again and again.
//!
//! A policy never changes, so an entry is right for as long as the policy lives; it is forgotten
//! only to keep the memory small.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

/// A map that starts afresh when it is full.
pub(crate) struct Cache<K, V> {
    entries: RwLock<HashMap<K, V>>,
    limit: usize,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { entries: RwLock::new(HashMap::new()), limit }
    }

    /// The remembered value, or the one that `make` computes. Two threads may compute the same one.
    pub(crate) fn get_or(&self, key: K, make: impl FnOnce(&K) -> V) -> V {
        // A panic while the lock was held cannot leave half an entry: values are complete before they go in.
        let known = self.entries.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(value) = known {
            return value;
        }
        let value = make(&key);
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.limit {
            entries.clear();
        }
        entries.insert(key, value.clone());
        value
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}
