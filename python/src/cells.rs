//! Where numbers lie: a run of 64-bit cells that belongs to one series.
//!
//! | cell | counter, gauge | summary | histogram |
//! |---|---|---|---|
//! | 0 | the latch | the latch | the latch |
//! | 1 | the number | sum | sum |
//! | 2.. | | count | observations of each bucket, not yet added up |
//!
//! One number is changed by compare-and-swap. Numbers that must be read together are changed and read under the latch, a
//! cell of its own that is 1 for the few nanoseconds that takes; so a scrape never sees a sum that its buckets do not
//! add up to, with a GIL or without.
//!
//! Nothing outside this file knows that the cells are on the heap.

use std::sync::atomic::{AtomicU64, Ordering};

/// Looks at the latch before it is taken by force: whoever held it was in another process, copied by a fork half way.
/// Together that is about a second.
const ATTEMPTS_MAX: u32 = 5_000;

/// The latch.
const LATCH: usize = 0;

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
    cells: Box<[AtomicU64]>,
}

impl Cells {
    /// Room for so many numbers, all zero.
    pub(crate) fn new(numbers: usize) -> Cells {
        Cells { cells: (0..numbers + FIRST).map(|_| AtomicU64::new(0)).collect() }
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.cells.len() - FIRST
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> f64 {
        f64::from_bits(self.cells[at].load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn set(&self, at: usize, value: f64) {
        self.cells[at].store(value.to_bits(), Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn add(&self, at: usize, amount: f64) {
        let cell = &self.cells[at];
        let mut seen = cell.load(Ordering::Relaxed);
        loop {
            let sum = (f64::from_bits(seen) + amount).to_bits();
            match cell.compare_exchange_weak(seen, sum, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    /// Adds to the sum and to one other number as one change.
    #[inline]
    pub(crate) fn observe(&self, at: usize, amount: f64) {
        self.latch();
        self.add(FIRST, amount);
        self.add(at, 1.0);
        self.unlatch();
    }

    /// Sets every number to zero as one change.
    pub(crate) fn clear(&self) {
        self.latch();
        self.cells[FIRST..].iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
        self.unlatch();
    }

    /// All numbers as they were at one moment.
    pub(crate) fn read(&self, into: &mut Vec<f64>) {
        into.clear();
        self.latch();
        into.extend(self.cells[FIRST..].iter().map(|cell| f64::from_bits(cell.load(Ordering::Relaxed))));
        self.unlatch();
    }

    #[inline]
    fn latch(&self) {
        let latch = &self.cells[LATCH];
        if latch.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait();
        }
    }

    #[cold]
    fn wait(&self) {
        let latch = &self.cells[LATCH];
        for attempt in 0..ATTEMPTS_MAX {
            if latch.compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return;
            }
            match attempt {
                0..64 => std::hint::spin_loop(),
                64..128 => std::thread::yield_now(),
                _ => std::thread::sleep(std::time::Duration::from_micros(100)),
            }
        }
        latch.store(1, Ordering::Relaxed);
    }

    #[inline]
    fn unlatch(&self) {
        self.cells[LATCH].store(0, Ordering::Release);
    }
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
                    cells.read(&mut numbers);
                    assert_eq!(numbers[0], 3.0 * numbers[1]);
                }
            });
        });
        assert_eq!(cells.get(2), 40_000.0);
    }

    #[test]
    fn a_latch_that_a_fork_left_behind_is_taken() {
        let cells = Cells::new(2);
        cells.cells[LATCH].store(1, Ordering::Relaxed);
        cells.observe(2, 1.0);
        assert_eq!((cells.get(1), cells.get(2)), (1.0, 1.0));
    }
}
