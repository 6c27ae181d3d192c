//! Buffers for what comes over connections: lent to whoever reads, and kept for the next.
//!
//! A page is read, parsed and forgotten within microseconds. So a thread that scrapes a thousand targets needs as many
//! buffers as it reads pages at the same moment, which is one or two, and not one per target.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// How many buffers a thread keeps.
const KEPT_MAX: usize = 4;
/// A buffer that has grown larger than this is not kept.
const KEPT_BYTES_MAX: usize = 4 << 20;

thread_local!(static KEPT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) });

/// A buffer of the thread's, given back when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
}

impl Buffer {
    /// An empty buffer, with the room that its last user needed.
    pub(super) fn lend() -> Buffer {
        Buffer { bytes: KEPT.with_borrow_mut(Vec::pop).unwrap_or_default() }
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
}
