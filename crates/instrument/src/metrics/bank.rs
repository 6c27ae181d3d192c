//! Where the numbers are: a bank of rows and columns. A metric owns rows, a thread owns a column.
//!
//! Two threads that add to the same counter write to different memory, and two counters of one thread lie side by
//! side, so that ten thousand series cost eight bytes each per thread and not a cache line each. A column is made of
//! shelves, each twice as long as the one before, which are allocated when a thread first writes to them and never move.
//!
//! Nothing outside this file knows where cells come from: `shelf` makes them, `allocate` names them.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock};

use super::cells::Writer;
use super::column::{COLUMNS, SHARED, current};
use super::sync::{AtomicU64, Ordering};
use crate::lock;

/// Cells of the first shelf.
const FIRST_SHELF: u32 = 512;

/// Shelves of a column: together they hold 2^31 cells.
const SHELVES: usize = 22;

/// All numbers of a registry.
pub struct Bank {
    columns: [OnceLock<Box<Column>>; COLUMNS],
    /// One more than the highest column that was ever written to.
    columns_used: AtomicUsize,
    allocator: Mutex<Allocator>,
}

struct Column {
    shelves: [OnceLock<Box<[AtomicU64]>>; SHELVES],
}

impl Bank {
    /// An empty bank.
    pub(crate) fn new() -> Arc<Bank> {
        Arc::new(Bank {
            columns: [const { OnceLock::new() }; COLUMNS],
            columns_used: AtomicUsize::new(0),
            allocator: Mutex::new(Allocator::default()),
        })
    }

    /// Rows that nobody else has, all zero.
    pub(crate) fn allocate(self: &Arc<Bank>, count: u32) -> Rows {
        let place = lock(&self.allocator).take(count.max(1));
        Rows { bank: Arc::clone(self), place, count: count.max(1) }
    }

    #[inline]
    fn shelf(&self, column: usize, shelf: u8) -> &[AtomicU64] {
        if let Some(shelves) = self.columns[column].get()
            && let Some(cells) = shelves.shelves[usize::from(shelf)].get()
        {
            return cells;
        }
        self.build(column, shelf)
    }

    #[cold]
    fn build(&self, column: usize, shelf: u8) -> &[AtomicU64] {
        let shelves = self.columns[column]
            .get_or_init(|| Box::new(Column { shelves: [const { OnceLock::new() }; SHELVES] }));
        self.columns_used.fetch_max(column + 1, Ordering::Release);
        let cells = FIRST_SHELF << shelf;
        shelves.shelves[usize::from(shelf)].get_or_init(|| (0..cells).map(|_| AtomicU64::new(0)).collect())
    }

    /// Bytes of all cells that exist.
    pub(crate) fn bytes(&self) -> usize {
        let shelves = self.columns.iter().filter_map(OnceLock::get).flat_map(|column| &column.shelves);
        shelves.filter_map(OnceLock::get).map(|cells| cells.len() * size_of::<AtomicU64>()).sum()
    }
}

/// Rows of a bank that one metric owns; given back, cleared, when it is dropped.
pub(crate) struct Rows {
    bank: Arc<Bank>,
    place: Place,
    count: u32,
}

impl Rows {
    /// The cells that the calling thread writes to.
    #[inline]
    pub(crate) fn own(&self) -> (&[AtomicU64], Writer) {
        let (column, writer) = current();
        (self.of(self.bank.shelf(column, self.place.shelf)), writer)
    }

    /// The cells that all threads share, for numbers that can be set.
    #[inline]
    pub(crate) fn shared(&self) -> &[AtomicU64] {
        self.of(self.bank.shelf(SHARED, self.place.shelf))
    }

    /// The cells of every thread that ever wrote near these.
    pub(crate) fn each(&self) -> impl Iterator<Item = &[AtomicU64]> {
        self.each_column().map(|(_, cells)| cells)
    }

    /// The same with the columns they are in.
    pub(crate) fn each_column(&self) -> impl Iterator<Item = (usize, &[AtomicU64])> {
        let used = self.bank.columns_used.load(Ordering::Acquire);
        (0..used).filter_map(|column| self.in_column(column).map(|cells| (column, cells)))
    }

    /// The cells of one column, if anything was ever written near them.
    pub(crate) fn in_column(&self, column: usize) -> Option<&[AtomicU64]> {
        let shelves = self.bank.columns[column].get()?;
        shelves.shelves[usize::from(self.place.shelf)].get().map(|cells| self.of(cells))
    }

    /// The bank they are in.
    pub(crate) fn bank(&self) -> &Arc<Bank> {
        &self.bank
    }

    /// The sum of the first row over all threads.
    #[inline]
    pub(crate) fn sum(&self) -> f64 {
        self.each().map(|cells| f64::from_bits(cells[0].load(Ordering::Relaxed))).sum()
    }

    #[inline]
    fn of<'a>(&self, shelf: &'a [AtomicU64]) -> &'a [AtomicU64] {
        &shelf[self.place.offset as usize..][..self.count as usize]
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        // The last handle is gone, so nobody writes; whoever is given these rows next is told through a lock.
        for cells in self.each() {
            cells.iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
        }
        lock(&self.bank.allocator).give_back(self.place, self.count);
    }
}

/// Where rows begin: in which shelf, and how far along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    shelf: u8,
    offset: u32,
}

/// Which rows are free.
#[derive(Default)]
struct Allocator {
    shelf: u8,
    /// How much of `shelf` was ever handed out.
    used: u32,
    /// What was given back, by length.
    free: BTreeMap<u32, Vec<Place>>,
}

impl Allocator {
    fn take(&mut self, count: u32) -> Place {
        if let Some(place) = self.take_free(count) {
            return place;
        }
        while (FIRST_SHELF << self.shelf) - self.used < count {
            // What is left of this shelf is too short for these, not for others.
            let rest = (FIRST_SHELF << self.shelf) - self.used;
            if rest > 0 {
                self.give_back(Place { shelf: self.shelf, offset: self.used }, rest);
            }
            self.shelf += 1;
            self.used = 0;
            assert!(usize::from(self.shelf) < SHELVES, "a registry holds at most 2^31 numbers");
        }
        let place = Place { shelf: self.shelf, offset: self.used };
        self.used += count;
        place
    }

    /// The shortest free run that is long enough; what is left of it stays free.
    fn take_free(&mut self, count: u32) -> Option<Place> {
        let (&length, _) = self.free.range(count..).next()?;
        let places = self.free.get_mut(&length)?;
        let place = places.pop()?;
        if places.is_empty() {
            self.free.remove(&length);
        }
        if length > count {
            self.give_back(Place { offset: place.offset + count, ..place }, length - count);
        }
        Some(place)
    }

    fn give_back(&mut self, place: Place, count: u32) {
        self.free.entry(count).or_default().push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells::add;
    use super::*;

    #[test]
    fn rows_never_overlap_and_are_used_again() {
        let mut allocator = Allocator::default();
        let mut taken = Vec::new();
        for count in [1, 500, 30, 1, 2_000, 3, 400].repeat(5) {
            let place = allocator.take(count);
            assert!(place.offset + count <= FIRST_SHELF << place.shelf);
            taken.push((place.shelf, place.offset, place.offset + count));
        }
        taken.sort_unstable();
        for pair in taken.windows(2) {
            assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1, "{pair:?} overlap");
        }
        let place = allocator.take(77);
        allocator.give_back(place, 77);
        assert_eq!(allocator.take(77), place);
    }

    #[test]
    fn what_threads_wrote_stays_when_they_end_and_goes_with_the_metric() {
        let bank = Bank::new();
        let rows = Arc::new(bank.allocate(1));
        for _ in 0..8 {
            let rows = rows.clone();
            std::thread::spawn(move || {
                let (cells, writer) = rows.own();
                add(&cells[0], 2.0, writer);
            })
            .join()
            .unwrap();
        }
        assert_eq!(rows.sum(), 16.0);
        let place = rows.place;
        drop(rows);
        let next = bank.allocate(1);
        assert_eq!((next.place, next.sum()), (place, 0.0));
    }

    #[test]
    fn ten_thousand_counters_of_one_thread_take_little_memory() {
        let bank = Bank::new();
        let rows: Vec<Rows> = (0..10_000).map(|_| bank.allocate(1)).collect();
        rows.iter().for_each(|rows| rows.own().0[0].store(1, Ordering::Relaxed));
        assert!(bank.bytes() <= 16 * 10_000, "{}", bank.bytes());
    }
}
