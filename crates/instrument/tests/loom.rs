//! Every interleaving of the striped structures, as far as two or three threads can be followed.
//!
//! The source under test is compiled here a second time, with the model checker's atomics in the place of the real.

#[path = "../src/metrics/cells.rs"]
#[allow(dead_code, reason = "the crate uses all of it, these tests a part")]
mod cells;

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering, fence};

    /// A change of nothing: after a mere load the checker would not see that the change which follows conflicts with
    /// what others read before it, and would try one interleaving only.
    pub(crate) fn load_to_change(cell: &AtomicU64) -> u64 {
        cell.fetch_or(0, Ordering::Relaxed)
    }

    /// The model ends a path in which a thread waits for longer than any other can take.
    pub(crate) const ATTEMPTS_MAX: u32 = 20;

    pub(crate) fn pause(_: u32) {
        loom::thread::yield_now();
    }
}

use cells::Writer;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

/// A histogram of one column: a sequence, a sum and two buckets.
struct Column {
    sequence: AtomicU64,
    sum: AtomicU64,
    buckets: [AtomicU64; 2],
}

impl Column {
    fn new() -> Column {
        Column {
            sequence: AtomicU64::new(0),
            sum: AtomicU64::new(0),
            buckets: [AtomicU64::new(0), AtomicU64::new(0)],
        }
    }

    fn observe(&self, value: u64, writer: Writer) {
        cells::write(&self.sequence, writer, || {
            let bucket = &self.buckets[value as usize - 1];
            bucket.store(sync::load_to_change(bucket) + 1, Ordering::Relaxed);
            self.sum.store(sync::load_to_change(&self.sum) + value, Ordering::Relaxed);
        });
    }

    /// Sum, and what the buckets say it should be.
    fn read(&self) -> (u64, u64) {
        cells::read(&self.sequence, || {
            let counts = [0, 1].map(|bucket: usize| self.buckets[bucket].load(Ordering::Relaxed));
            (self.sum.load(Ordering::Relaxed), counts[0] + 2 * counts[1])
        })
    }
}

#[test]
fn a_reader_never_sees_a_sum_without_its_buckets() {
    // A reader that looks again has endless paths: those with up to three forced switches are followed.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let column = Arc::new(Column::new());
        let theirs = column.clone();
        let writer = loom::thread::spawn(move || theirs.observe(1, Writer::Alone));
        let (sum, want) = column.read();
        assert_eq!(sum, want);
        writer.join().unwrap();
        assert_eq!(column.read(), (1, 1));
    });
}

#[test]
fn writers_that_share_a_column_lose_nothing() {
    loom::model(|| {
        let column = Arc::new(Column::new());
        let theirs = column.clone();
        let writer = loom::thread::spawn(move || theirs.observe(1, Writer::Shared));
        column.observe(2, Writer::Shared);
        writer.join().unwrap();
        assert_eq!(column.read(), (3, 3));
    });
}

#[test]
fn shared_numbers_lose_nothing() {
    loom::model(|| {
        let number = Arc::new(AtomicU64::new(0));
        let theirs = number.clone();
        let writer = loom::thread::spawn(move || cells::add(&theirs, 1.0, Writer::Shared));
        cells::add(&number, 2.0, Writer::Shared);
        writer.join().unwrap();
        assert_eq!(f64::from_bits(number.load(Ordering::Relaxed)), 3.0);
    });
}

#[test]
fn two_threads_never_hold_one_column_and_a_column_that_changes_hands_keeps_its_numbers() {
    loom::model(|| {
        let held = Arc::new([AtomicU64::new(u64::MAX << 2)]);
        let numbers = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        // As `column` does it: claim, write as the only one, give back.
        let work = |held: &[AtomicU64; 1], numbers: &[AtomicU64; 2]| {
            let column = cells::claim(&held[..]).expect("there are as many columns as threads");
            // A mere load may see what is out of date, unless claiming rules that out.
            let seen = f64::from_bits(numbers[column].load(Ordering::Relaxed));
            numbers[column].store((seen + 1.0).to_bits(), Ordering::Relaxed);
            cells::release(&held[..], column);
        };
        let (their_held, their_numbers) = (held.clone(), numbers.clone());
        let thread = loom::thread::spawn(move || work(&their_held, &their_numbers));
        work(&held, &numbers);
        thread.join().unwrap();
        let sum: f64 = numbers.iter().map(|number| f64::from_bits(number.load(Ordering::Relaxed))).sum();
        assert_eq!(sum, 2.0);
    });
}
