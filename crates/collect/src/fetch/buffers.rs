//! Buffers for what comes over connections: lent to whoever reads, and kept for the next.
//!
//! A page is read, parsed and forgotten within microseconds. So a thread that scrapes a thousand targets needs as many
//! buffers as it reads pages at the same moment, which is one or two, and not one per target. Pages that are larger than
//! nearly all pay for their room out of one budget, so that many of them at once do not fill the memory of the machine.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};

use super::FetchError;

/// How many buffers a thread keeps.
const KEPT_MAX: usize = 4;
/// A buffer that has grown larger than this is not kept.
const KEPT_BYTES_MAX: usize = 4 << 20;

/// How many bytes the large buffers may have together, where nothing else was said.
const LARGE_BYTES_MAX: u64 = 1 << 30;

static LARGE: Budget = Budget { bytes: AtomicU64::new(0), bytes_max: AtomicU64::new(LARGE_BYTES_MAX) };

/// What the large buffers take, and what they may.
#[derive(Debug)]
struct Budget {
    bytes: AtomicU64,
    bytes_max: AtomicU64,
}

/// Says how much memory the pages may take that are being read, those of a usual size apart.
pub fn limit_large_pages(bytes_max: u64) {
    LARGE.bytes_max.store(bytes_max, Ordering::Relaxed);
}

impl Budget {
    fn take(&self, bytes: u64) -> Result<(), FetchError> {
        let bytes_max = self.bytes_max.load(Ordering::Relaxed);
        let within = |taken: u64| taken.checked_add(bytes).filter(|sum| *sum <= bytes_max);
        let taken = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within);
        taken.map(drop).map_err(|_| FetchError::Memory(bytes_max))
    }

    fn give_back(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

thread_local!(static KEPT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) });

/// A buffer of the thread's, given back when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// What the budget for large buffers was charged for this one.
    charged: u64,
}

impl Buffer {
    /// An empty buffer, with the room that its last user needed.
    pub(super) fn lend() -> Buffer {
        Buffer { bytes: KEPT.with_borrow_mut(Vec::pop).unwrap_or_default(), charged: 0 }
    }

    /// Makes room for so many bytes more.
    pub(super) fn grow(&mut self, more: usize) -> Result<(), FetchError> {
        let wanted = self.bytes.len().saturating_add(more);
        if wanted <= self.bytes.capacity() {
            return Ok(());
        }
        let capacity = wanted.max(self.bytes.capacity().saturating_mul(2));
        if capacity > KEPT_BYTES_MAX {
            LARGE.take(capacity as u64 - self.charged)?;
            self.charged = capacity as u64;
        }
        self.bytes.reserve_exact(capacity - self.bytes.len());
        Ok(())
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        LARGE.give_back(self.charged);
        if bytes.capacity() == 0 || bytes.capacity() > KEPT_BYTES_MAX {
            return;
        }
        bytes.clear();
        // A thread that ends keeps nothing any more.
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() < KEPT_MAX {
                kept.push(bytes);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_lent_again_unless_it_grew_too_large() {
        let mut buffer = Buffer::lend();
        buffer.extend_from_slice(&[1; 1000]);
        let place = buffer.as_ptr();
        drop(buffer);
        let again = Buffer::lend();
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
        let mut large = Buffer::lend();
        large.reserve(KEPT_BYTES_MAX + 1);
        drop(large);
        drop(again);
        assert_eq!(KEPT.with_borrow(Vec::len), 1);
    }

    #[test]
    fn large_pages_share_a_budget() {
        let budget = Budget { bytes: AtomicU64::new(0), bytes_max: AtomicU64::new(100) };
        budget.take(60).unwrap();
        let refused = budget.take(41).unwrap_err().to_string();
        assert_eq!(refused, "pages that are being read fill the 100 bytes of memory there are for them");
        budget.give_back(60);
        budget.take(100).unwrap();
    }

    #[test]
    fn a_large_buffer_pays_until_it_is_dropped() {
        let mut buffer = Buffer::lend();
        buffer.grow(KEPT_BYTES_MAX).unwrap();
        assert_eq!(buffer.charged, 0, "a usual one pays nothing");
        buffer.extend_from_slice(&[0; KEPT_BYTES_MAX]);
        buffer.grow(1).unwrap();
        assert_eq!((buffer.charged, buffer.capacity()), (2 * KEPT_BYTES_MAX as u64, 2 * KEPT_BYTES_MAX));
        assert!(LARGE.bytes.load(Ordering::Relaxed) >= buffer.charged);
        assert!(buffer.grow(usize::MAX).is_err(), "and gets what there is");
    }
}
