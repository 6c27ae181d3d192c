//! The body of an answer as it goes out: its bytes are counted, and its end is the end of the request.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};

use super::exchange::Exchange;
use super::families::Failure;

pin_project_lite::pin_project! {
    /// A body that the layer watches. It passes on every frame, hint and trailer unchanged.
    pub struct TrackedBody<B: Body> {
        #[pin]
        inner: B,
        watch: Option<Watch>,
    }

    impl<B: Body> PinnedDrop for TrackedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(watch) = this.watch.take() {
                let complete = this.inner.is_end_stream() || watch.is_complete();
                watch.exchange.dropped(complete, watch.sent_bytes);
            }
        }
    }
}

/// What is known of a body that is going out.
pub(super) struct Watch {
    pub(super) exchange: Exchange,
    /// Its length, if it was announced.
    pub(super) expected_bytes: Option<u64>,
    /// Whether nobody will read it: answers to HEAD have none.
    pub(super) headless: bool,
    pub(super) sent_bytes: u64,
}

impl Watch {
    /// Whether everything was sent although the end was never asked for: servers stop at the announced length.
    fn is_complete(&self) -> bool {
        self.headless || self.expected_bytes.is_some_and(|expected| self.sent_bytes >= expected)
    }
}

impl<B: Body> TrackedBody<B> {
    /// A body that is passed on and not watched.
    pub(super) fn unwatched(inner: B) -> TrackedBody<B> {
        TrackedBody { inner, watch: None }
    }

    pub(super) fn watched(inner: B, watch: Watch) -> TrackedBody<B> {
        TrackedBody { inner, watch: Some(watch) }
    }
}

impl<B: Body> Body for TrackedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let _entered = this.watch.as_ref().map(|watch| watch.exchange.context().enter());
        let polled = this.inner.poll_frame(task);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(watch) = this.watch.as_mut() {
                    if let Some(data) = frame.data_ref() {
                        watch.sent_bytes += data.remaining() as u64;
                    } else if let Some(trailers) = frame.trailers_ref() {
                        watch.exchange.trailers(trailers);
                    }
                }
            }
            Poll::Ready(Some(Err(_))) => finish(this.watch, Failure::Body),
            Poll::Ready(None) => finish(this.watch, Failure::None),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn finish(watch: &mut Option<Watch>, failure: Failure) {
    if let Some(watch) = watch.take() {
        watch.exchange.finish(failure, Some(watch.sent_bytes));
    }
}

/// How much of a request's body was read.
#[cfg(feature = "axum")]
pub(super) type ReadBytes = std::sync::Arc<std::sync::atomic::AtomicU64>;

#[cfg(feature = "axum")]
pin_project_lite::pin_project! {
    /// The body of a request: what the service reads of it is counted.
    pub(super) struct CountedBody {
        #[pin]
        inner: axum::body::Body,
        read: ReadBytes,
    }
}

#[cfg(feature = "axum")]
impl CountedBody {
    /// Puts itself in the place of a body, if that is one of axum's, and says where it counts.
    pub(super) fn replace<B: Body + 'static>(body: &mut B) -> Option<ReadBytes> {
        let body = (body as &mut dyn std::any::Any).downcast_mut::<axum::body::Body>()?;
        let read = ReadBytes::default();
        let inner = std::mem::take(body);
        *body = axum::body::Body::new(CountedBody { inner, read: read.clone() });
        Some(read)
    }
}

#[cfg(feature = "axum")]
impl Body for CountedBody {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<bytes::Bytes>, axum::Error>>> {
        let this = self.project();
        let polled = this.inner.poll_frame(task);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            this.read.fetch_add(data.len() as u64, std::sync::atomic::Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
