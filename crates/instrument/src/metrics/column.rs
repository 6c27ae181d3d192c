//! Which column the calling thread writes to.
//!
//! A thread takes a column when it first records something and gives it back when it ends. The next thread that takes
//! the column goes on adding to what it finds, so nothing is lost and memory follows the most threads there ever were at
//! once. When all columns are taken, threads share column 0.

use std::cell::Cell;

use super::cells::{Writer, claim, release};
use super::sync::AtomicU64;

/// How many columns there are; column 0 is the shared one.
pub(crate) const COLUMNS: usize = 256;

/// The column of threads that have none.
pub(crate) const SHARED: usize = 0;

const UNCLAIMED: usize = usize::MAX;

static HELD: [AtomicU64; COLUMNS / 64] = [const { AtomicU64::new(0) }; COLUMNS / 64];

thread_local! {
    /// Read on every record: it needs no destructor, so reading it is one instruction.
    static COLUMN: Cell<usize> = const { Cell::new(UNCLAIMED) };
    /// Gives the column back when the thread ends.
    static LEASE: Lease = const { Lease { column: Cell::new(SHARED) } };
}

struct Lease {
    column: Cell<usize>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Destructors of other thread locals may still record something: they share.
        COLUMN.set(SHARED);
        if self.column.get() != SHARED {
            release(&HELD, self.column.get());
        }
    }
}

/// The column of the calling thread, and whether others write to it.
#[inline]
pub(crate) fn current() -> (usize, Writer) {
    let mut column = COLUMN.get();
    if column == UNCLAIMED {
        column = take();
    }
    (column, if column == SHARED { Writer::Shared } else { Writer::Alone })
}

#[cold]
fn take() -> usize {
    let column = LEASE
        .try_with(|lease| {
            let column = claim_own();
            lease.column.set(column);
            column
        })
        .unwrap_or(SHARED);
    COLUMN.set(column);
    column
}

/// A column for one thread alone, or the shared one.
fn claim_own() -> usize {
    match claim(&HELD) {
        // Number 0 stands for the shared column: whoever is handed it first keeps it for the process.
        Some(SHARED) => claim(&HELD).unwrap_or(SHARED),
        Some(column) => column,
        None => SHARED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_live_at_once_have_different_columns() {
        let mine = current().0;
        assert_eq!(current().0, mine);
        let theirs = std::thread::spawn(|| current().0).join().unwrap();
        assert_ne!(mine, theirs);
        assert_ne!(theirs, SHARED);
    }

    #[test]
    fn more_threads_than_columns_share_one() {
        let barrier = std::sync::Arc::new(std::sync::Barrier::new(COLUMNS + 20));
        let threads: Vec<_> = (0..COLUMNS + 20)
            .map(|_| {
                let barrier = barrier.clone();
                std::thread::spawn(move || {
                    let (column, writer) = current();
                    barrier.wait();
                    (column, writer)
                })
            })
            .collect();
        let taken: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let shared = taken.iter().filter(|(column, _)| *column == SHARED).count();
        assert!(shared >= 21, "{shared}");
        assert!(taken.iter().all(|(column, writer)| (*column == SHARED) == (*writer == Writer::Shared)));
    }
}
