//! A pool: equal things in one allocation, as long as somebody holds them.
//!
//! A thousand replicas of a service expose the same series with the same metadata in the same order. Whoever remembers
//! such a list per target remembers it through a pool, and a thousand targets cost what one does.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Things that somebody holds, each once.
#[derive(Debug)]
pub struct Pool<T: ?Sized> {
    kept: Mutex<Kept<T>>,
}

#[derive(Debug)]
struct Kept<T: ?Sized> {
    things: HashSet<Arc<T>, foldhash::fast::FixedState>,
    /// When there are this many, those that nobody holds any more are dropped.
    sweep_at: usize,
}

/// How many things nobody holds may be kept besides a quarter of those that somebody does.
const UNHELD_MAX: usize = 64;

impl<T: ?Sized + Eq + Hash> Pool<T> {
    /// An empty pool.
    pub fn new() -> Pool<T> {
        Pool { kept: Mutex::new(Kept { things: HashSet::default(), sweep_at: UNHELD_MAX }) }
    }

    /// What is kept and equals `thing`, or else `thing` itself, which is kept from now on.
    pub fn share(&self, thing: impl AsRef<T> + Into<Arc<T>>) -> Arc<T> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = kept.things.get(thing.as_ref()) {
            return shared.clone();
        }
        kept.sweep();
        let thing = thing.into();
        kept.things.insert(thing.clone());
        thing
    }

    /// How many things are kept.
    pub fn len(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).things.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: ?Sized + Eq + Hash> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool::new()
    }
}

impl<T: ?Sized + Eq + Hash> Kept<T> {
    fn sweep(&mut self) {
        if self.things.len() < self.sweep_at {
            return;
        }
        self.things.retain(|thing| Arc::strong_count(thing) > 1);
        self.things.shrink_to_fit();
        self.sweep_at = self.things.len() + self.things.len() / 4 + UNHELD_MAX;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_things_are_one_as_long_as_somebody_holds_them() {
        let pool: Pool<[u64]> = Pool::new();
        let first = pool.share(vec![1]);
        assert!(Arc::ptr_eq(&first, &pool.share(vec![1])));
        for number in 2..5_000 {
            pool.share(vec![number]);
        }
        assert!(pool.len() <= 2 * UNHELD_MAX, "{} lists are kept for nobody", pool.len());
        assert!(Arc::ptr_eq(&first, &pool.share(vec![1])));
    }
}
