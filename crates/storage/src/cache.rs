//! A cache with a limit in bytes: decoded blocks are kept until others are wanted more.
//!
//! Sharded, each shard a clock: an entry that was used since the hand last passed gets another round.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use parking_lot::Mutex;

const SHARDS: usize = 16;

/// Values by key, within a number of bytes. Values are cheap to clone: an `Arc` of what is cached.
pub struct Cache<K, V> {
    shards: Vec<Mutex<Shard<K, V>>>,
    hasher: foldhash::fast::RandomState,
    shard_bytes_max: usize,
}

struct Shard<K, V> {
    slots: HashMap<K, usize, foldhash::fast::RandomState>,
    entries: Vec<Slot<K, V>>,
    hand: usize,
    bytes: usize,
}

struct Slot<K, V> {
    key: K,
    value: V,
    bytes: usize,
    was_used: bool,
}

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// An empty cache that holds at most `bytes_max` bytes as its users count them.
    pub fn new(bytes_max: usize) -> Cache<K, V> {
        let shard = || {
            let slots = HashMap::default();
            Mutex::new(Shard { slots, entries: Vec::new(), hand: 0, bytes: 0 })
        };
        let shards = (0..SHARDS).map(|_| shard()).collect();
        Cache { shards, hasher: foldhash::fast::RandomState::default(), shard_bytes_max: bytes_max / SHARDS }
    }

    /// The value of a key, if it is still there.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut shard = self.shard(key).lock();
        let &slot = shard.slots.get(key)?;
        let entry = &mut shard.entries[slot];
        entry.was_used = true;
        Some(entry.value.clone())
    }

    /// Keeps a value that takes `bytes`, letting others go. One too large for the cache is not kept.
    pub fn insert(&self, key: K, value: V, bytes: usize) {
        if bytes > self.shard_bytes_max {
            return;
        }
        let mut shard = self.shard(&key).lock();
        if let Some(&slot) = shard.slots.get(&key) {
            shard.remove(slot);
        }
        while shard.bytes + bytes > self.shard_bytes_max {
            shard.evict_one();
        }
        let slot = shard.entries.len();
        shard.slots.insert(key.clone(), slot);
        shard.entries.push(Slot { key, value, bytes, was_used: false });
        shard.bytes += bytes;
    }

    /// Forgets every key that `keep` does not want: what belonged to a part that is gone.
    pub fn retain(&self, keep: impl Fn(&K) -> bool) {
        for shard in &self.shards {
            let mut shard = shard.lock();
            let mut slot = 0;
            while slot < shard.entries.len() {
                if keep(&shard.entries[slot].key) { slot += 1 } else { shard.remove(slot) }
            }
        }
    }

    /// How many bytes are held.
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().bytes).sum()
    }

    fn shard(&self, key: &K) -> &Mutex<Shard<K, V>> {
        // The map inside uses the low bits of a hash of its own.
        &self.shards[(self.hasher.hash_one(key) >> 32) as usize % SHARDS]
    }
}

impl<K: Hash + Eq, V> Shard<K, V> {
    fn evict_one(&mut self) {
        loop {
            self.hand %= self.entries.len();
            if !std::mem::take(&mut self.entries[self.hand].was_used) {
                return self.remove(self.hand);
            }
            self.hand += 1;
        }
    }

    fn remove(&mut self, slot: usize) {
        let removed = self.entries.swap_remove(slot);
        self.slots.remove(&removed.key);
        self.bytes -= removed.bytes;
        if let Some(moved) = self.entries.get(slot)
            && let Some(place) = self.slots.get_mut(&moved.key)
        {
            *place = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_and_what_is_used_stays() {
        let cache = Cache::new(SHARDS * 1_000);
        for key in 0..10_000_u32 {
            cache.insert(key, key, 100);
            assert!(key < 4 || cache.get(&3).is_some() || key == 3, "after {key}");
            assert!(cache.bytes() <= SHARDS * 1_000);
        }
        assert!(cache.get(&0).is_none());
        cache.insert(3, 33, 10);
        assert_eq!(cache.get(&3), Some(33));
        cache.retain(|&key| key == 3);
        assert_eq!(cache.bytes(), 10);
        cache.insert(4, 4, 1_001);
        assert_eq!(cache.get(&4), None);
    }
}
