//! How numbers are written by one thread and read by any other, without locks.
//!
//! A cell is 64 bits. The cells of a column belong to one thread, so that adding is a load and a store; only in the
//! column that threads share does it take a compare-and-swap. What must be read together (the sum of a histogram and
//! its buckets) is guarded by a sequence: odd while it is being written, and a reader that saw it change looks again.
//!
//! This file is compiled a second time by `tests/loom.rs`, which tries every interleaving.

use super::sync::{ATTEMPTS_MAX, AtomicU64, Ordering, fence, load_to_change, pause};

/// Who else may write to the cells at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// Nobody: the calling thread owns the column.
    Alone,
    /// Other threads that have no column of their own.
    Shared,
}

/// Adds to a number.
#[inline]
pub(crate) fn add(cell: &AtomicU64, amount: f64, writer: Writer) {
    match writer {
        Writer::Alone => {
            let sum = f64::from_bits(load_to_change(cell)) + amount;
            cell.store(sum.to_bits(), Ordering::Relaxed);
        }
        Writer::Shared => add_shared(cell, amount),
    }
}

/// Adds to a number that any thread may be writing.
pub(crate) fn add_shared(cell: &AtomicU64, amount: f64) {
    let mut seen = load_to_change(cell);
    loop {
        let sum = (f64::from_bits(seen) + amount).to_bits();
        match cell.compare_exchange_weak(seen, sum, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

/// Makes a change that readers see whole. While `change` runs nobody else writes to the cells the sequence guards.
#[inline]
pub(crate) fn write(sequence: &AtomicU64, writer: Writer, change: impl FnOnce()) {
    let before = match writer {
        Writer::Alone => {
            let before = load_to_change(sequence);
            sequence.store(before.wrapping_add(1), Ordering::Relaxed);
            before
        }
        Writer::Shared => enter(sequence),
    };
    // A reader that sees any of the stores below also sees the odd sequence above.
    fence(Ordering::Release);
    change();
    sequence.store(before.wrapping_add(2), Ordering::Release);
}

/// Waits for the sequence to be even and makes it odd.
#[cold]
fn enter(sequence: &AtomicU64) -> u64 {
    let mut attempt = 0;
    loop {
        let seen = load_to_change(sequence);
        // A writer that died inside (a fork copied it half way) must not stop all others for ever.
        let enterable = seen.is_multiple_of(2) || attempt >= ATTEMPTS_MAX;
        let odd = seen.wrapping_add(1) | 1;
        if enterable
            && sequence.compare_exchange_weak(seen, odd, Ordering::Acquire, Ordering::Relaxed).is_ok()
        {
            return odd.wrapping_sub(1);
        }
        pause(attempt);
        attempt += 1;
    }
}

/// Reads what a sequence guards as it was between two changes. `take` may run several times.
pub(crate) fn read<T>(sequence: &AtomicU64, mut take: impl FnMut() -> T) -> T {
    for attempt in 0..ATTEMPTS_MAX {
        let before = sequence.load(Ordering::Acquire);
        if before.is_multiple_of(2) {
            let taken = take();
            fence(Ordering::Acquire);
            if sequence.load(Ordering::Relaxed) == before {
                return taken;
            }
        }
        pause(attempt);
    }
    // Whoever made it odd is gone. What it left may be one observation out of step, which beats no answer.
    take()
}

/// Takes the lowest number that nobody holds. `None` when all are held.
pub(crate) fn claim(held: &[AtomicU64]) -> Option<usize> {
    for (index, word) in held.iter().enumerate() {
        let mut seen = load_to_change(word);
        while seen != u64::MAX {
            let bit = seen.trailing_ones() as usize;
            // Acquire: what the last holder wrote to its cells is seen by the next.
            match word.compare_exchange_weak(seen, seen | 1 << bit, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Some(index * 64 + bit),
                Err(now) => seen = now,
            }
        }
    }
    None
}

/// Gives a number back.
pub(crate) fn release(held: &[AtomicU64], number: usize) {
    held[number / 64].fetch_and(!(1 << (number % 64)), Ordering::Release);
}
