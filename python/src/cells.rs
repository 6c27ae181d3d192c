//! Where numbers lie: a record of 64-bit words that belongs to one series, in a run of such records.
//!
//! | word | counter, gauge | summary | histogram |
//! |---|---|---|---|
//! | 0 | where others can read the rest, once they can; and when it last kept an exemplar by itself | | |
//! | 1 | when it was created | | |
//! | 2 | the version | the version | the version |
//! | 3 | the number | sum | sum |
//! | 4.. | | count | observations of each bucket, not yet added up |
//!
//! One number is changed by compare-and-swap. Numbers that must be read together are changed while the version is odd, for
//! the few nanoseconds that takes; who reads looks at the version before and after. So a scrape never sees a sum that its
//! buckets do not add up to, with a GIL or without, and reading changes nothing, also in another process.
//!
//! What is from the version on is called cells. They are in the record, or in the file that several workers share (`shared`).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::{Py, PyAny};

use crate::exemplars;
#[cfg(unix)]
use crate::shape::Shape;

/// Looks at an odd version before it is taken for left behind: whoever made it odd was in another process, copied by a
/// fork half way. Together that is about a second.
const ATTEMPTS_MAX: u32 = 5_000;
/// Looks of a reader, which then takes what it has: who writes may have been stopped, or killed.
const READS_MAX: u32 = 1_000;

/// Words of a record before its cells.
const PLACE: usize = 0;
const CREATED: usize = 1;
const HEAD_WORDS: usize = 2;

/// Counts the changes, twice each.
const VERSION: usize = 0;

/// The first number, which is the only one of counters and gauges and the sum of the others.
pub(crate) const FIRST: usize = 1;

/// Chunks of shared files that cells may lie in, and the words of one.
const CHUNKS_MAX: usize = 4_096;
const CHUNK_BITS: u32 = 16;

static REFUSALS: AtomicU64 = AtomicU64::new(0);
static CHUNKS: [OnceLock<&'static [AtomicU64]>; CHUNKS_MAX] = [const { OnceLock::new() }; CHUNKS_MAX];
static CHUNKS_USED: AtomicUsize = AtomicUsize::new(0);

/// Counts something that would have spoilt a series.
#[cold]
pub(crate) fn refuse() {
    REFUSALS.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn refusals() -> u64 {
    REFUSALS.load(Ordering::Relaxed)
}

/// Where cells are that others can read: a number for a chunk of words, and the place in it.
#[derive(Clone, Copy)]
pub(crate) struct Place(u32);

impl Place {
    /// Makes a chunk known for good; `None` when there are too many.
    pub(crate) fn of_chunk(chunk: &'static [AtomicU64]) -> Option<Place> {
        let at = CHUNKS_USED.fetch_add(1, Ordering::Relaxed);
        CHUNKS.get(at)?.set(chunk).ok()?;
        // Zero is no place.
        u32::try_from(at + 1).ok().map(|number| Place(number << CHUNK_BITS))
    }

    /// A place in the same chunk.
    pub(crate) fn at(self, word: usize) -> Place {
        Place(self.0 & (u32::MAX << CHUNK_BITS) | (word as u32 & !(u32::MAX << CHUNK_BITS)))
    }

    fn words(self, words: usize) -> Option<&'static [AtomicU64]> {
        let chunk = (self.0 >> CHUNK_BITS).checked_sub(1)?;
        let at = (self.0 & !(u32::MAX << CHUNK_BITS)) as usize;
        CHUNKS.get(chunk as usize)?.get()?.get(at..at + words)
    }
}

/// Records that lie next to each other, and the exemplars that somebody gave their numbers.
pub(crate) struct Run {
    words: Box<[AtomicU64]>,
    exemplars: Mutex<BTreeMap<u32, Py<PyAny>>>,
}

/// Words of a record with so many numbers.
pub(crate) fn record_words(numbers: usize) -> usize {
    HEAD_WORDS + FIRST + numbers
}

impl Run {
    /// Room for so many records with so many numbers each, all zero.
    pub(crate) fn new(records: usize, numbers: usize) -> Arc<Run> {
        let words = (0..records * record_words(numbers)).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Run { words, exemplars: Mutex::default() })
    }

    fn exemplars(&self) -> MutexGuard<'_, BTreeMap<u32, Py<PyAny>>> {
        self.exemplars.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The numbers of one series.
#[derive(Clone)]
pub(crate) struct Cells {
    run: Arc<Run>,
    /// The first word of its record, and how many numbers there are.
    at: u32,
    numbers: u32,
}

impl Cells {
    /// Numbers by themselves, all zero.
    pub(crate) fn new(numbers: usize) -> Cells {
        Cells::of_run(&Run::new(1, numbers), 0, numbers)
    }

    /// One record of a run.
    pub(crate) fn of_run(run: &Arc<Run>, record: usize, numbers: usize) -> Cells {
        Cells { run: Arc::clone(run), at: (record * record_words(numbers)) as u32, numbers: numbers as u32 }
    }

    /// Numbers that are shared from the beginning.
    #[cfg(unix)]
    pub(crate) fn of_shared(place: Place, numbers: usize) -> Cells {
        let cells = Cells::new(numbers);
        cells.record()[PLACE].store(u64::from(place.0), Ordering::Relaxed);
        cells
    }

    #[inline]
    fn record(&self) -> &[AtomicU64] {
        &self.run.words[self.at as usize..][..HEAD_WORDS + FIRST + self.numbers as usize]
    }

    #[inline]
    fn cells(&self) -> &[AtomicU64] {
        let record = self.record();
        match record[PLACE].load(Ordering::Relaxed) as u32 {
            0 => &record[HEAD_WORDS..],
            place => Place(place).words(record.len() - HEAD_WORDS).unwrap_or(&record[HEAD_WORDS..]),
        }
    }

    /// Goes on in cells that others can read. What was counted so far is added as the shape says, or takes the place of what is
    /// there.
    #[cfg(unix)]
    pub(crate) fn share(&self, place: Place, adds: Option<&Shape>) {
        let record = self.record();
        let shared = record[PLACE].load(Ordering::Relaxed) as u32 != 0;
        let Some(cells) = place.words(record.len() - HEAD_WORDS).filter(|_| !shared) else { return };
        let own = &record[HEAD_WORDS..];
        let mut numbers = Vec::with_capacity(own.len());
        read(own, &mut numbers);
        record[PLACE].fetch_or(u64::from(place.0), Ordering::Relaxed);
        if let Some(shape) = adds {
            let mut there = Vec::with_capacity(own.len());
            read(cells, &mut there);
            shape.combine(&mut there, &numbers);
            numbers = there;
        } else if own[VERSION].load(Ordering::Relaxed) == 0 {
            // Nobody set it yet.
            return;
        }
        for (at, number) in numbers.into_iter().enumerate() {
            self.set(FIRST + at, number);
        }
    }

    /// Where a number is that others can read.
    #[cfg(unix)]
    pub(crate) fn shared(&self, at: usize) -> Option<&'static AtomicU64> {
        let record = self.record();
        Place(record[PLACE].load(Ordering::Relaxed) as u32).words(record.len() - HEAD_WORDS)?.get(at)
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers as usize
    }

    /// When it was created, in seconds since 1970; 0 where nobody said.
    pub(crate) fn created(&self) -> f64 {
        f64::from_bits(self.record()[CREATED].load(Ordering::Relaxed))
    }

    pub(crate) fn set_created(&self, seconds: f64) {
        self.record()[CREATED].store(seconds.to_bits(), Ordering::Relaxed);
    }

    /// The exemplar of a number.
    pub(crate) fn exemplar<T>(&self, at: usize, clone: impl FnOnce(&Py<PyAny>) -> T) -> Option<T> {
        self.run.exemplars().get(&(self.at + at as u32)).map(clone)
    }

    /// Gives a number an exemplar. The one it had is returned: what its end makes happen must not happen in here.
    pub(crate) fn set_exemplar(&self, at: usize, exemplar: Py<PyAny>) -> Option<Py<PyAny>> {
        self.run.exemplars().insert(self.at + at as u32, exemplar)
    }

    /// Whether a number should get an exemplar of the trace at hand.
    pub(crate) fn wants_exemplar(&self, at: usize) -> bool {
        let noted = (self.record()[PLACE].load(Ordering::Relaxed) >> 32) as u32;
        !exemplars::is_early(noted, exemplars::stamp(at))
    }

    /// Notes that it got one.
    pub(crate) fn note_exemplar(&self, at: usize) {
        let word = &self.record()[PLACE];
        let seen = word.load(Ordering::Relaxed);
        let noted = u64::from(exemplars::stamp(at)) << 32 | u64::from(seen as u32);
        // Who was faster noted the same.
        let _ = word.compare_exchange(seen, noted, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether any number of the run has an exemplar.
    pub(crate) fn may_have_exemplars(&self) -> bool {
        !self.run.exemplars().is_empty()
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
        self.change(|cells| {
            add(&cells[FIRST], amount);
            add(&cells[at], 1.0);
        });
    }

    /// Changes several numbers as one; they begin at `FIRST`.
    #[inline]
    pub(crate) fn change(&self, change: impl FnOnce(&[AtomicU64])) {
        let cells = self.cells();
        let version = begin(&cells[VERSION]);
        change(cells);
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

/// Adds to one number.
#[inline]
pub(crate) fn add(cell: &AtomicU64, amount: f64) {
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
        cells.cells()[VERSION].store(1, Ordering::Relaxed);
        cells.observe(2, 1.0);
        assert_eq!((cells.get(1), cells.get(2)), (1.0, 1.0));
    }

    #[test]
    fn what_was_counted_moves_along() {
        let check = |adds: Option<&Shape>, want| {
            let cells = Cells::new(1);
            cells.step(FIRST, 2.0);
            let chunk = Box::leak(Box::new([0, 0, 1f64.to_bits()].map(AtomicU64::new)));
            cells.share(Place::of_chunk(chunk).unwrap().at(1), adds);
            assert_eq!((cells.get(FIRST), f64::from_bits(chunk[2].load(Ordering::Relaxed))), (want, want));
        };
        check(Some(&Shape::default()), 3.0);
        check(None, 2.0);
    }
}
