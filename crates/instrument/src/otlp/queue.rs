//! What waits to be exported: so many items, and so many bytes, and nobody ever waits to put one in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

/// Something that is exported.
pub(super) trait Item {
    /// About how much memory it takes.
    fn bytes(&self) -> usize;
}

/// Where items come in.
pub(super) struct Entrance<T> {
    sender: mpsc::Sender<T>,
    bytes: Arc<AtomicUsize>,
    bytes_max: usize,
}

/// Where they go out.
pub(super) struct Waiting<T> {
    receiver: mpsc::Receiver<T>,
    bytes: Arc<AtomicUsize>,
}

/// A queue for so many items. One that begins below `bytes_max` is still taken.
pub(super) fn queue<T: Item>(items_max: usize, bytes_max: usize) -> (Entrance<T>, Waiting<T>) {
    let (sender, receiver) = mpsc::channel(items_max.max(1));
    let bytes = Arc::new(AtomicUsize::new(0));
    (Entrance { sender, bytes: bytes.clone(), bytes_max }, Waiting { receiver, bytes })
}

impl<T: Item> Entrance<T> {
    /// Puts one in; whether there was room.
    pub(super) fn put(&self, item: T) -> bool {
        if self.bytes.load(Ordering::Relaxed) >= self.bytes_max {
            return false;
        }
        let bytes = item.bytes();
        // Before it can be taken out.
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let is_in = self.sender.try_send(item).is_ok();
        if !is_in {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        is_in
    }

    /// How many wait.
    pub(super) fn items(&self) -> usize {
        self.sender.max_capacity() - self.sender.capacity()
    }
}

impl<T: Item> Waiting<T> {
    /// The next one, as soon as there is one. `None`: there will be none.
    pub(super) async fn recv(&mut self) -> Option<T> {
        let item = self.receiver.recv().await?;
        self.bytes.fetch_sub(item.bytes(), Ordering::Relaxed);
        Some(item)
    }

    /// The next one if it is there.
    pub(super) fn try_recv(&mut self) -> Option<T> {
        let item = self.receiver.try_recv().ok()?;
        self.bytes.fetch_sub(item.bytes(), Ordering::Relaxed);
        Some(item)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.receiver.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Item for &'static str {
        fn bytes(&self) -> usize {
            self.len()
        }
    }

    #[test]
    fn what_finds_no_room_stays_outside() {
        let (entrance, mut waiting) = queue(3, 10);
        let check = |item: &'static str, want: bool, items: usize| {
            assert_eq!((entrance.put(item), entrance.items()), (want, items), "{item}");
        };
        check("12345678", true, 1);
        check("12345678", true, 2);
        check("", false, 2);
        assert_eq!(
            (waiting.try_recv(), waiting.try_recv(), waiting.try_recv()),
            (Some("12345678"), Some("12345678"), None)
        );
        check("1", true, 1);
        check("", true, 2);
        check("", true, 3);
        check("", false, 3);
        assert_eq!(waiting.len(), 3);
    }
}
