//! The body of an answer as it goes out, or comes in from another service: its bytes are counted, and its end is the end
//! of the request.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::client::Call;
use super::exchange::Exchange;
use super::families::Failure;
use crate::correlate::Entered;

pin_project_lite::pin_project! {
    /// A body that is watched, of an answer or of that to a call. It passes on every frame, hint and trailer unchanged.
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
                watch.follower.dropped(complete, watch.sent_bytes);
            }
        }
    }
}

/// What is known of a body on its way.
pub(super) struct Watch {
    pub(super) follower: Follower,
    /// Its length, if it was announced.
    pub(super) expected_bytes: Option<u64>,
    /// Whether nobody will read it: answers to HEAD have none.
    pub(super) headless: bool,
    pub(super) sent_bytes: u64,
}

/// Who wants to know what becomes of a body.
pub(super) enum Follower {
    /// A request that is being answered.
    Exchange(Exchange),
    /// A call that was answered.
    Call(Call),
}

impl Follower {
    fn trailers(&mut self, trailers: &HeaderMap) {
        match self {
            Follower::Exchange(exchange) => exchange.trailers(trailers),
            Follower::Call(call) => call.trailers(trailers),
        }
    }

    fn finish(self, broke_off: bool, bytes: u64) {
        match self {
            Follower::Exchange(exchange) => {
                exchange.finish(if broke_off { Failure::Body } else { Failure::None }, Some(bytes));
            }
            Follower::Call(call) => call.finish(broke_off, bytes),
        }
    }

    fn dropped(self, complete: bool, bytes: u64) {
        match self {
            Follower::Exchange(exchange) => exchange.dropped(complete, bytes),
            Follower::Call(call) => call.dropped(complete, bytes),
        }
    }

    /// What is current while more of the body is made. To read one is part of whatever is current already.
    fn enter(&self) -> Option<Entered> {
        match self {
            Follower::Exchange(exchange) => Some(exchange.context().enter()),
            Follower::Call(_) => None,
        }
    }
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
        let _entered = this.watch.as_ref().and_then(|watch| watch.follower.enter());
        let polled = this.inner.poll_frame(task);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(watch) = this.watch.as_mut() {
                    if let Some(data) = frame.data_ref() {
                        watch.sent_bytes += data.remaining() as u64;
                    } else if let Some(trailers) = frame.trailers_ref() {
                        watch.follower.trailers(trailers);
                    }
                }
            }
            Poll::Ready(Some(Err(_))) => finish(this.watch, true),
            Poll::Ready(None) => finish(this.watch, false),
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

fn finish(watch: &mut Option<Watch>, broke_off: bool) {
    if let Some(watch) = watch.take() {
        watch.follower.finish(broke_off, watch.sent_bytes);
    }
}

/// How much of a request's body was read.
#[cfg(any(feature = "axum", feature = "reqwest"))]
pub(super) type ReadBytes = std::sync::Arc<std::sync::atomic::AtomicU64>;

#[cfg(any(feature = "axum", feature = "reqwest"))]
pin_project_lite::pin_project! {
    /// The body of a request: what is read of it is counted.
    pub(super) struct CountedBody<B> {
        #[pin]
        inner: B,
        read: ReadBytes,
    }
}

#[cfg(any(feature = "axum", feature = "reqwest"))]
impl<B> CountedBody<B> {
    /// A body that counts, and where it does.
    pub(super) fn new(inner: B) -> (CountedBody<B>, ReadBytes) {
        let read = ReadBytes::default();
        (CountedBody { inner, read: read.clone() }, read)
    }
}

#[cfg(feature = "axum")]
impl CountedBody<axum::body::Body> {
    /// Puts itself in the place of a body, if that is one of axum's, and says where it counts.
    pub(super) fn replace<B: Body + 'static>(body: &mut B) -> Option<ReadBytes> {
        let body = (body as &mut dyn std::any::Any).downcast_mut::<axum::body::Body>()?;
        let (counted, read) = CountedBody::new(std::mem::take(body));
        *body = axum::body::Body::new(counted);
        Some(read)
    }
}

#[cfg(any(feature = "axum", feature = "reqwest"))]
impl<B: Body> Body for CountedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let polled = this.inner.poll_frame(task);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            this.read.fetch_add(data.remaining() as u64, std::sync::atomic::Ordering::Relaxed);
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
