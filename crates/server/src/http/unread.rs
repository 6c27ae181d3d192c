//! Answers that nobody takes: a peer that leaves the next piece of one waiting for too long loses its connection.
//!
//! A peer of HTTP/2 can keep reading from its socket and yet never allow the next byte of an answer, so that a limit on
//! the silence of the socket (`patience`) does not see it. What is seen here is that hyper does not ask for the next
//! piece. Pieces are small, so what waits inside of hyper is little.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;

use super::idle::Busy;

/// How large a piece is at most.
const PIECE_BYTES_MAX: usize = 16 << 10;
/// How many times within the limit it is looked whether somebody is over it.
const LOOKS: u32 = 8;

/// The answers of one connection of which a piece was handed out and the next one not asked for yet.
#[derive(Default)]
pub struct Unread {
    since: Mutex<BTreeMap<u64, Instant>>,
    next: AtomicU64,
}

/// An answer that is watched.
pub struct Watched {
    body: Body,
    _busy: Busy,
    /// What is left of a piece that was too large.
    rest: Bytes,
    number: u64,
    unread: Arc<Unread>,
}

impl Unread {
    /// Watches an answer; its connection is busy until it is out.
    pub fn watch(self: &Arc<Unread>, body: Body, busy: Busy) -> Watched {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Watched { body, _busy: busy, rest: Bytes::new(), number, unread: self.clone() }
    }

    /// Returns when an answer was left waiting for so long.
    pub async fn too_long(&self, timeout: Duration) {
        loop {
            tokio::time::sleep(timeout / LOOKS).await;
            if self.since.lock().values().any(|since| since.elapsed() >= timeout) {
                return;
            }
        }
    }
}

impl Watched {
    fn cut(&mut self, mut data: Bytes) -> Frame<Bytes> {
        self.rest = data.split_off(data.len().min(PIECE_BYTES_MAX));
        Frame::data(data)
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.unread.since.lock().remove(&self.number);
        let rest = std::mem::take(&mut self.rest);
        let polled = if rest.is_empty() {
            Pin::new(&mut self.body).poll_frame(context)
        } else {
            Poll::Ready(Some(Ok(Frame::data(rest))))
        };
        let Poll::Ready(Some(Ok(frame))) = polled else { return polled };
        let frame = match frame.into_data() {
            Ok(data) => self.cut(data),
            Err(trailers) => trailers,
        };
        if !self.is_end_stream() {
            self.unread.since.lock().insert(self.number, Instant::now());
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.unread.since.lock().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::super::idle::Activity;
    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(80);

    #[tokio::test]
    async fn pieces_are_small_and_nothing_is_lost() {
        let text: Vec<u8> = (0..100_000u32).map(|number| number as u8).collect();
        let mut body = Arc::new(Unread::default()).watch(Body::from(text.clone()), Activity::new().begin());
        let mut got = Vec::new();
        while let Some(frame) = body.frame().await {
            assert_eq!(
                body.size_hint().exact(),
                Some((text.len() - got.len()) as u64 - PIECE_BYTES_MAX.min(text.len() - got.len()) as u64)
            );
            got.extend(frame.expect("it is whole").into_data().expect("is data"));
        }
        assert!(got == text && body.is_end_stream());
    }

    #[tokio::test]
    async fn only_an_answer_that_waits_is_noticed() {
        let unread = Arc::new(Unread::default());
        let too_long = async || tokio::time::timeout(TIMEOUT * 3, unread.too_long(TIMEOUT)).await.is_ok();
        let mut body = unread.watch(Body::from(vec![0; 100_000]), Activity::new().begin());
        assert!(!too_long().await, "nobody began to read");
        let piece = body.frame().await;
        assert!(piece.is_some() && too_long().await, "a piece is out and the next is not asked for");
        drop(body);
        assert!(!too_long().await, "it is gone");
        let mut ended = unread.watch(Body::from("short"), Activity::new().begin());
        let piece = ended.frame().await;
        assert!(piece.is_some() && !too_long().await, "there is no next piece");
    }
}
