//! Finding the series of a family by its label values, without a lock and without writing to memory that threads share.
//!
//! A table is open addressing over slots that are filled once. What was removed stays as a dead entry until the table
//! is built anew, and then readers must notice: every thread keeps the tables it used last, and asks the family's
//! generation, which seldom changes, whether its copy is still the one. So a thread may keep the series of a few
//! families for longer than those exist: until it needs the place, or ends.

use std::any::Any;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use crate::lock;

/// Tables a thread keeps; families beyond that share places, which costs a lock and a little time.
const CACHED_TABLES: usize = 256;

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// An entry of a table.
pub(crate) struct Entry<V> {
    pub(crate) hash: u64,
    pub(crate) key: Box<[u8]>,
    pub(crate) live: AtomicBool,
    pub(crate) value: V,
}

/// Series by label values: reading needs no lock, changing is for one at a time.
pub(crate) struct Index<V> {
    id: u64,
    generation: AtomicU64,
    current: Mutex<Current<V>>,
}

/// Entries in the order in which they came. Shared with whoever walks them; copied when it changes meanwhile.
pub(crate) type Entries<V> = Arc<Vec<Arc<Entry<V>>>>;

struct Current<V> {
    table: Arc<Table<V>>,
    /// What the table has, dead entries included.
    entries: Entries<V>,
}

struct Table<V> {
    slots: Box<[OnceLock<Arc<Entry<V>>>]>,
}

struct Cached {
    id: u64,
    generation: u64,
    table: Arc<dyn Any + Send + Sync>,
}

thread_local! {
    static CACHE: RefCell<Vec<Option<Cached>>> = const { RefCell::new(Vec::new()) };
}

impl<V: Send + Sync + 'static> Index<V> {
    pub(crate) fn new() -> Index<V> {
        Index {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            generation: AtomicU64::new(0),
            current: Mutex::new(Current { table: Arc::new(Table::with_slots(8)), entries: Arc::default() }),
        }
    }

    /// Calls `found` with the live entry of that key.
    #[inline]
    pub(crate) fn find<T>(&self, hash: u64, key: &[u8], found: impl FnOnce(&Entry<V>) -> T) -> Option<T> {
        let generation = self.generation.load(Ordering::Acquire);
        let mut found = Some(found);
        let answer = CACHE.try_with(|cache| {
            let cache = cache.try_borrow().ok()?;
            let place = cache.get(self.id as usize % CACHED_TABLES)?.as_ref()?;
            if place.id != self.id || place.generation != generation {
                return None;
            }
            let table = place.table.downcast_ref::<Table<V>>()?;
            Some(table.find(hash, key).and_then(|entry| found.take().map(|found| found(entry))))
        });
        if let Ok(Some(answer)) = answer {
            return answer;
        }
        let table = self.load();
        table.find(hash, key).and_then(|entry| found.take().map(|found| found(entry)))
    }

    /// The current table; the thread keeps it for next time.
    #[cold]
    fn load(&self) -> Arc<Table<V>> {
        let table = {
            let current = lock(&self.current);
            // The generation is read under the lock, so that it belongs to the table.
            (Arc::clone(&current.table), self.generation.load(Ordering::Acquire))
        };
        let cached = Cached { id: self.id, generation: table.1, table: table.0.clone() };
        let replaced = CACHE.try_with(|cache| {
            let mut cache = cache.try_borrow_mut().ok()?;
            if cache.is_empty() {
                cache.resize_with(CACHED_TABLES, || None);
            }
            cache[self.id as usize % CACHED_TABLES].replace(cached)
        });
        // What was replaced may be the last of its table, whose series end with it: not while the cache is borrowed.
        drop(replaced);
        table.0
    }

    /// Adds an entry. Only the holder of the family's lock may, or a key could be there twice.
    pub(crate) fn insert(&self, entry: Arc<Entry<V>>) {
        let mut current = lock(&self.current);
        if current.entries.len() * 2 >= current.table.slots.len() {
            self.rebuild(&mut current);
        }
        current.table.insert(Arc::clone(&entry));
        Arc::make_mut(&mut current.entries).push(entry);
    }

    /// Builds the table anew without its dead entries, so that they are freed once no thread has the old one.
    pub(crate) fn sweep(&self) {
        self.rebuild(&mut lock(&self.current));
    }

    fn rebuild(&self, current: &mut Current<V>) {
        let entries: Vec<_> = current.entries.iter().filter(|entry| entry.is_live()).cloned().collect();
        let table = Table::with_slots(((entries.len() + 1) * 4).next_power_of_two().max(8));
        entries.iter().for_each(|entry| table.insert(Arc::clone(entry)));
        *current = Current { table: Arc::new(table), entries: Arc::new(entries) };
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Every entry in the order in which they came; some may be dead.
    pub(crate) fn entries(&self) -> Entries<V> {
        Arc::clone(&lock(&self.current).entries)
    }
}

impl<V> Entry<V> {
    #[inline]
    pub(crate) fn is_live(&self) -> bool {
        self.live.load(Ordering::Acquire)
    }
}

impl<V> Table<V> {
    fn with_slots(count: usize) -> Table<V> {
        Table { slots: (0..count).map(|_| OnceLock::new()).collect() }
    }

    #[inline]
    fn find(&self, hash: u64, key: &[u8]) -> Option<&Entry<V>> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        // A table is at most half full, so an empty slot ends the search.
        while let Some(entry) = self.slots[at].get() {
            if entry.hash == hash && *entry.key == *key && entry.is_live() {
                return Some(entry);
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn insert(&self, mut entry: Arc<Entry<V>>) {
        let mask = self.slots.len() - 1;
        let mut at = entry.hash as usize & mask;
        while let Err(back) = self.slots[at].set(entry) {
            entry = back;
            at = (at + 1) & mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64) -> Arc<Entry<u64>> {
        let key = Box::from(number.to_le_bytes());
        // Few hashes, so that entries meet.
        Arc::new(Entry { hash: number % 7, key, live: AtomicBool::new(true), value: number })
    }

    fn find(index: &Index<u64>, number: u64) -> Option<u64> {
        index.find(number % 7, &number.to_le_bytes(), |entry| entry.value)
    }

    #[test]
    fn what_was_inserted_is_found_through_growth_and_removal() {
        let index = Index::new();
        for number in 0..200 {
            assert_eq!(find(&index, number), None);
            index.insert(entry(number));
            assert_eq!(find(&index, number), Some(number));
        }
        for entry in index.entries().iter() {
            entry.live.store(entry.value % 2 == 0, Ordering::Release);
        }
        let want = |number| (number % 2 == 0).then_some(number);
        (0..200).for_each(|number| assert_eq!(find(&index, number), want(number)));
        index.sweep();
        (0..200).for_each(|number| assert_eq!(find(&index, number), want(number)));
        assert_eq!(index.entries().len(), 100);
    }

    #[test]
    fn another_thread_sees_a_table_that_was_replaced() {
        let index = Arc::new(Index::new());
        index.insert(entry(1));
        assert_eq!(find(&index, 1), Some(1));
        let other = index.clone();
        std::thread::spawn(move || (2..100).for_each(|number| other.insert(entry(number)))).join().unwrap();
        (1..100).for_each(|number| assert_eq!(find(&index, number), Some(number)));
    }

    #[test]
    fn families_that_share_a_place_are_told_apart() {
        let indexes: Vec<Index<u64>> = (0..2 * CACHED_TABLES).map(|_| Index::new()).collect();
        indexes.iter().enumerate().for_each(|(number, index)| index.insert(entry(number as u64)));
        for (number, index) in indexes.iter().enumerate() {
            assert_eq!(find(index, number as u64), Some(number as u64));
            assert_eq!(find(index, number as u64 + 1), None);
        }
    }
}
