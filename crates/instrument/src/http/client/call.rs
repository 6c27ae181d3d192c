//! One call to another service, from its beginning to the last byte of its answer, however it ends.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, Method, Response};
use http_body::Body;

use super::families::{Answer, Asked, Failure, Families, Outcome};
use crate::correlate::Context;
use crate::http::body::{Follower, TrackedBody, Watch};
use crate::http::grpc;
use crate::http::layer::{is_stream, version};
use crate::metrics::{Tracked, guarded, set_current_span};

/// A call that is not over yet. It is told how it ended; dropped before, it was cancelled.
pub struct Call {
    families: Arc<Families>,
    asked: Asked,
    started: Instant,
    /// Where in the trace the call is, where it is part of one.
    context: Option<Context>,
    /// Taken when the call is over.
    in_progress: Option<[Option<Tracked>; 2]>,
    request: RequestBytes,
    answer: Option<Answer>,
    /// Whether the answer has no end of its own.
    is_stream: bool,
    grpc: Option<grpc::Call>,
    #[cfg(feature = "otlp")]
    span: Option<super::span::Client>,
}

/// How large the body of a request is, as far as that can be told.
pub(super) struct RequestBytes {
    pub(super) announced: Option<u64>,
    /// Where it is counted as it is sent.
    #[cfg(any(feature = "axum", feature = "reqwest"))]
    pub(super) counted: Option<crate::http::body::ReadBytes>,
}

impl RequestBytes {
    /// One whose length is known before it is sent, or not at all.
    pub(super) fn announced(bytes: Option<u64>) -> RequestBytes {
        RequestBytes {
            announced: bytes,
            #[cfg(any(feature = "axum", feature = "reqwest"))]
            counted: None,
        }
    }

    fn get(&self) -> Option<u64> {
        #[cfg(any(feature = "axum", feature = "reqwest"))]
        if let Some(counted) = &self.counted {
            return Some(counted.load(std::sync::atomic::Ordering::Relaxed));
        }
        self.announced
    }
}

impl Call {
    pub(super) fn begin(
        families: Arc<Families>,
        asked: Asked,
        context: Option<Context>,
        announced: Option<u64>,
    ) -> Call {
        let in_progress = families.begin(&asked);
        Call {
            families,
            asked,
            started: Instant::now(),
            context,
            in_progress: Some(in_progress),
            request: RequestBytes::announced(announced),
            answer: None,
            is_stream: false,
            grpc: None,
            #[cfg(feature = "otlp")]
            span: None,
        }
    }

    /// The same, with what is known of the body that is sent.
    pub(super) fn sending(mut self, mut request: RequestBytes) -> Call {
        request.announced = request.announced.or(self.request.announced);
        self.request = request;
        self
    }

    /// The same, with what its span will say.
    #[cfg(feature = "otlp")]
    pub(super) fn seen(mut self, span: Option<super::span::Client>) -> Call {
        self.span = span;
        self
    }

    /// There is an answer of that status, and no more to come of it that is to be waited for.
    pub fn answered(mut self, status: u16) {
        self.head(status, "");
        self.end(Failure::None, None);
    }

    /// There is an answer: the call is over when its body is, and what is read of that is counted.
    pub fn follow<B: Body>(mut self, response: Response<B>) -> Response<TrackedBody<B>> {
        let (head, body) = response.into_parts();
        let watch = guarded(|| {
            self.head(head.status.as_u16(), version(head.version));
            self.is_stream = is_stream(&head.headers);
            self.grpc = grpc::Call::answered(&head.headers);
            // Nothing will ask these for their end. An upgraded connection is no longer an answer.
            if body.is_end_stream() || head.status.is_informational() {
                self.end(Failure::None, Some(0));
                return None;
            }
            Some(Watch {
                expected_bytes: body.size_hint().exact(),
                headless: self.asked.method == Method::HEAD.as_str()
                    || matches!(head.status.as_u16(), 204 | 304),
                follower: Follower::Call(self),
                sent_bytes: 0,
            })
        });
        let body = match watch.flatten() {
            Some(watch) => TrackedBody::watched(body, watch),
            None => TrackedBody::unwatched(body),
        };
        Response::from_parts(head, body)
    }

    /// There will be no answer.
    pub fn failed(mut self) {
        self.end(Failure::Connection, None);
    }

    fn head(&mut self, status: u16, version: &'static str) {
        self.answer = Some(Answer { status, version, first_byte: self.started.elapsed() });
    }

    /// What comes after the body.
    pub(in crate::http) fn trailers(&mut self, trailers: &HeaderMap) {
        if let Some(call) = &mut self.grpc {
            call.ended(trailers);
        }
    }

    /// The body of the answer has ended, or broken off.
    pub(in crate::http) fn finish(mut self, broke_off: bool, response_bytes: u64) {
        self.end(if broke_off { Failure::Body } else { Failure::None }, Some(response_bytes));
    }

    /// The body was dropped before its end, or at an end that only the reader knew of.
    pub(in crate::http) fn dropped(mut self, complete: bool, response_bytes: u64) {
        let failure = if complete || self.is_stream { Failure::None } else { Failure::Dropped };
        self.end(failure, Some(response_bytes));
    }

    fn end(&mut self, failure: Failure, response_bytes: Option<u64>) {
        let Some(in_progress) = self.in_progress.take() else { return };
        let elapsed = self.started.elapsed();
        let answer = self.answer;
        let outcome = Outcome {
            answer,
            failure,
            // How long a stream was open is no latency.
            duration: answer.filter(|_| self.is_stream).map_or(elapsed, |answer| answer.first_byte),
            // What was meant to be sent to nobody was not sent.
            request_bytes: answer.and_then(|_| self.request.get()),
            response_bytes,
            grpc: self.grpc.map(|call| call.code(failure == Failure::Dropped)),
        };
        // The body may end where another request is at work, whose span this is none of.
        let before = set_current_span(None);
        guarded(|| {
            drop(in_progress);
            let span = self.context.as_ref().and_then(Context::span);
            self.families.finish(&self.asked, &outcome, span);
            #[cfg(feature = "otlp")]
            if let (Some(span), Some(context)) = (self.span.take(), &self.context) {
                span.finish(context, &self.asked, &outcome, elapsed);
            }
        });
        set_current_span(before);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(Failure::Cancelled, None);
    }
}
