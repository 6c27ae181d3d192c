//! The atomics under the striped structures, named once so that `tests/loom.rs` can put a model checker's in their place.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Reads a number that the same thread is about to change: its own, or one whose change is checked.
#[inline]
pub(crate) fn load_to_change(cell: &AtomicU64) -> u64 {
    cell.load(Ordering::Relaxed)
}

/// How often a reader or a shared writer looks again before it gives up: about a second.
pub(crate) const ATTEMPTS_MAX: u32 = 10_000;

/// Passes the time until another thread may have finished: first by spinning, then by letting others run.
#[cold]
pub(crate) fn pause(attempt: u32) {
    match attempt {
        0..64 => std::hint::spin_loop(),
        64..1_024 => std::thread::yield_now(),
        _ => std::thread::sleep(std::time::Duration::from_micros(100)),
    }
}
