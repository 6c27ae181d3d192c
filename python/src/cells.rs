//! Where numbers lie: a run of 64-bit cells that belongs to one series.
//!
//! | cell | counter, gauge | summary | histogram |
//! |---|---|---|---|
//! | 0 | the version | the version | the version |
//! | 1 | the number | sum | sum |
//! | 2.. | | count | observations of each bucket, not yet added up |
//!
//! One number is changed by compare-and-swap. Numbers that must be read together are changed while the version is odd, for
//! the few nanoseconds that takes; who reads looks at the version before and after. So a scrape never sees a sum that its
//! buckets do not add up to, with a GIL or without, and reading changes nothing, also in another process.
//!
//! The cells are on the heap, or in the file that several workers share (`shared`).

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Looks at an odd version before it is taken for left behind: whoever made it odd was in another process, copied by a
/// fork half way. Together that is about a second.
const ATTEMPTS_MAX: u32 = 5_000;
/// Looks of a reader, which then takes what it has: who writes may have been stopped, or killed.
const READS_MAX: u32 = 1_000;

/// Counts the changes, twice each.
const VERSION: usize = 0;

/// The first number, which is the only one of counters and gauges and the sum of the others.
pub(crate) const FIRST: usize = 1;

static REFUSALS: AtomicU64 = AtomicU64::new(0);

/// Counts something that would have spoilt a series.
#[cold]
pub(crate) fn refuse() {
    REFUSALS.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn refusals() -> u64 {
    REFUSALS.load(Ordering::Relaxed)
}

/// The numbers of one series.
pub(crate) struct Cells {
    own: Box<[AtomicU64]>,
    shared: OnceLock<&'static [AtomicU64]>,
}

impl Cells {
    /// Room for so many numbers, all zero.
    pub(crate) fn new(numbers: usize) -> Cells {
        Cells { own: (0..numbers + FIRST).map(|_| AtomicU64::new(0)).collect(), shared: OnceLock::new() }
    }

    /// Numbers that are shared from the beginning.
    pub(crate) fn of_shared(cells: &'static [AtomicU64]) -> Cells {
        Cells { own: Box::new([]), shared: OnceLock::from(cells) }
    }

    /// Goes on in cells that others can read. What was counted so far is added, or takes the place of what is there.
    pub(crate) fn share(&self, cells: &'static [AtomicU64], adds: bool) {
        if cells.len() != self.own.len() || self.shared.set(cells).is_err() {
            return;
        }
        let written = self.own[VERSION].load(Ordering::Relaxed) != 0;
        for (at, own) in self.own.iter().enumerate().skip(FIRST) {
            let number = f64::from_bits(own.load(Ordering::Relaxed));
            if adds {
                self.add(at, number);
            } else if written {
                self.set(at, number);
            }
        }
    }

    #[inline]
    fn cells(&self) -> &[AtomicU64] {
        match self.shared.get() {
            Some(shared) => shared,
            None => &self.own,
        }
    }

    /// Where a number is that others can read.
    pub(crate) fn shared(&self, at: usize) -> Option<&'static AtomicU64> {
        self.shared.get()?.get(at)
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.cells().len() - FIRST
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> f64 {
        f64::from_bits(self.cells()[at].load(Ordering::Relaxed))
    }

    /// Sets one number, and notes that it was.
    #[inline]
    pub(crate) fn set(&self, at: usize, value: f64) {
        let cells = self.cells();
        cells[at].store(value.to_bits(), Ordering::Relaxed);
        if cells[VERSION].load(Ordering::Relaxed) == 0 {
            cells[VERSION].store(2, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn add(&self, at: usize, amount: f64) {
        add(&self.cells()[at], amount);
    }

    /// Adds to a number that may also be set, and notes that it was.
    #[inline]
    pub(crate) fn step(&self, at: usize, amount: f64) {
        let cells = self.cells();
        add(&cells[at], amount);
        if cells[VERSION].load(Ordering::Relaxed) == 0 {
            cells[VERSION].store(2, Ordering::Relaxed);
        }
    }

    /// Adds to the sum and to one other number as one change.
    #[inline]
    pub(crate) fn observe(&self, at: usize, amount: f64) {
        let cells = self.cells();
        let version = begin(&cells[VERSION]);
        add(&cells[FIRST], amount);
        add(&cells[at], 1.0);
        end(&cells[VERSION], version);
    }

    /// Sets every number to zero as one change.
    pub(crate) fn clear(&self) {
        let cells = self.cells();
        let version = begin(&cells[VERSION]);
        cells[FIRST..].iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
        end(&cells[VERSION], version);
    }

    /// All numbers as they were at one moment, behind those that `into` has.
    pub(crate) fn read(&self, into: &mut Vec<f64>) {
        read(self.cells(), into);
    }
}

/// All numbers of a run as they were at one moment, behind those that `into` has.
pub(crate) fn read(cells: &[AtomicU64], into: &mut Vec<f64>) {
    let before = into.len();
    for attempt in 0..READS_MAX {
        let version = cells[VERSION].load(Ordering::Acquire);
        into.truncate(before);
        into.extend(cells[FIRST..].iter().map(|cell| f64::from_bits(cell.load(Ordering::Relaxed))));
        fence(Ordering::Acquire);
        let same = cells[VERSION].load(Ordering::Relaxed) == version;
        if cells.len() == FIRST + 1 || (same && version.is_multiple_of(2)) {
            return;
        }
        if attempt < 64 { std::hint::spin_loop() } else { std::thread::yield_now() }
    }
}

#[inline]
fn add(cell: &AtomicU64, amount: f64) {
    let mut seen = cell.load(Ordering::Relaxed);
    loop {
        let sum = (f64::from_bits(seen) + amount).to_bits();
        match cell.compare_exchange_weak(seen, sum, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

/// Makes the version odd and returns it.
#[inline]
fn begin(version: &AtomicU64) -> u64 {
    let seen = version.load(Ordering::Relaxed);
    let taken = seen.is_multiple_of(2)
        && version.compare_exchange(seen, seen + 1, Ordering::Acquire, Ordering::Relaxed).is_ok();
    let odd = if taken { seen + 1 } else { wait(version) };
    fence(Ordering::Release);
    odd
}

#[cold]
fn wait(version: &AtomicU64) -> u64 {
    let mut seen = 0;
    for attempt in 0..ATTEMPTS_MAX {
        seen = version.load(Ordering::Relaxed);
        if seen.is_multiple_of(2)
            && version.compare_exchange_weak(seen, seen + 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
        {
            return seen + 1;
        }
        match attempt {
            0..64 => std::hint::spin_loop(),
            64..128 => std::thread::yield_now(),
            _ => std::thread::sleep(std::time::Duration::from_micros(100)),
        }
    }
    seen | 1
}

#[inline]
fn end(version: &AtomicU64, odd: u64) {
    version.store(odd + 1, Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_sees_sum_and_count_together() {
        let cells = Cells::new(2);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..20_000).for_each(|_| cells.observe(2, 3.0)));
            }
            scope.spawn(|| {
                let mut numbers = Vec::new();
                for _ in 0..2_000 {
                    numbers.clear();
                    cells.read(&mut numbers);
                    assert_eq!(numbers[0], 3.0 * numbers[1]);
                }
            });
        });
        assert_eq!(cells.get(2), 40_000.0);
    }

    #[test]
    fn a_version_that_a_fork_left_odd_is_taken() {
        let cells = Cells::new(2);
        cells.own[VERSION].store(1, Ordering::Relaxed);
        cells.observe(2, 1.0);
        assert_eq!((cells.get(1), cells.get(2)), (1.0, 1.0));
    }

    #[test]
    fn what_was_counted_moves_along() {
        let check = |adds, want| {
            let cells = Cells::new(1);
            cells.step(FIRST, 2.0);
            let shared: &[AtomicU64] =
                Box::leak(Box::new([AtomicU64::new(0), AtomicU64::new(1f64.to_bits())]));
            cells.share(shared, adds);
            assert_eq!(cells.get(FIRST), want);
        };
        check(true, 3.0);
        check(false, 2.0);
    }
}
