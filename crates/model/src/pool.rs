//! A pool: equal things in one allocation, as long as somebody holds them.
//!
//! A thousand replicas of a service expose the same series with the same metadata in the same order. Whoever remembers
//! such a list per target remembers it through a pool, and a thousand targets cost what one does.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use foldhash::fast::FixedState;

/// Things that somebody holds, each once.
#[derive(Debug)]
pub struct Pool<T: ?Sized> {
    kept: Mutex<Kept<T>>,
}

#[derive(Debug)]
struct Kept<T: ?Sized> {
    /// By their hashes, or by the next free number where another thing has the same. The pool itself holds nothing: a page
    /// that was a gigabyte long ends with its target.
    things: HashMap<u64, Weak<T>, FixedState>,
    /// When there are this many, those that nobody holds any more are forgotten.
    sweep_at: usize,
}

/// How many things nobody holds may be listed besides a quarter of those that somebody does.
const UNHELD_MAX: usize = 64;

impl<T: ?Sized + Eq + Hash> Pool<T> {
    /// An empty pool.
    pub fn new() -> Pool<T> {
        Pool { kept: Mutex::new(Kept { things: HashMap::default(), sweep_at: UNHELD_MAX }) }
    }

    /// What is kept and equals `thing`, or else `thing` itself, which is kept from now on.
    pub fn share(&self, thing: impl AsRef<T> + Into<Arc<T>>) -> Arc<T> {
        let hash = FixedState::default().hash_one(thing.as_ref());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.sweep();
        let mut place = hash;
        while let Some(known) = kept.things.get(&place).and_then(Weak::upgrade) {
            if *known == *thing.as_ref() {
                return known;
            }
            place = place.wrapping_add(1);
        }
        let thing = thing.into();
        kept.things.insert(place, Arc::downgrade(&thing));
        thing
    }

    /// How many things are listed.
    pub fn len(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).things.len()
    }

    /// Whether nothing is listed.
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
        self.things.retain(|_, thing| thing.strong_count() > 0);
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

    #[test]
    fn what_nobody_holds_is_let_go_at_once() {
        let (pool, held) = (Pool::new(), Arc::new(()));
        // As a large page would hold its bytes.
        #[derive(Debug)]
        struct Page(u64, #[allow(dead_code)] Arc<()>);
        impl PartialEq for Page {
            fn eq(&self, other: &Page) -> bool {
                self.0 == other.0
            }
        }
        impl Eq for Page {}
        impl Hash for Page {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                (self.0 % 2).hash(state);
            }
        }
        let page = |number| pool.share(Arc::new(Page(number, held.clone())));
        let (first, third) = (page(1), page(3));
        assert!(Arc::ptr_eq(&first, &page(1)), "one of two with the same hash");
        assert!(Arc::ptr_eq(&third, &page(3)), "the other one");
        drop((first, third));
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
