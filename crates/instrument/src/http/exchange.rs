//! One request, from its arrival to the last byte of its answer, however it ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderMap;

use super::families::{Arrival, CLIENT_CLOSED_REQUEST, Failure, Outcome, Session};
use super::grpc;
use super::layer::Settings;
use crate::correlate::Context;
#[cfg(feature = "otlp")]
use crate::metrics::SpanReference;
use crate::metrics::{Tracked, guarded, set_current_span};

/// A request that is in progress. Dropping it is how requests end that nobody finished: the client went away or the
/// handler panicked.
pub(crate) struct Exchange {
    settings: Arc<Settings>,
    context: Context,
    arrival: Arrival,
    started: Instant,
    /// What the request announced.
    request_bytes: Option<u64>,
    /// Where the body of the request is counted as it is read, if it can be.
    #[cfg(feature = "axum")]
    read_bytes: Option<super::body::ReadBytes>,
    /// Taken when the request is over.
    in_progress: Option<[Option<Tracked>; 2]>,
    answer: Option<Answer>,
    session: Option<Session>,
    grpc: Option<grpc::Call>,
    #[cfg(feature = "otlp")]
    seen: Option<super::span::Seen>,
}

/// The head of the answer, once it is known.
#[derive(Clone, Copy)]
struct Answer {
    status: u16,
    first_byte: Duration,
}

impl Exchange {
    pub(super) fn begin(
        settings: Arc<Settings>,
        context: Context,
        arrival: Arrival,
        request_bytes: Option<u64>,
    ) -> Exchange {
        let in_progress = guarded(|| settings.families.arrive(&arrival));
        Exchange {
            settings,
            context,
            arrival,
            started: Instant::now(),
            request_bytes,
            #[cfg(feature = "axum")]
            read_bytes: None,
            in_progress: Some(in_progress.unwrap_or_default()),
            answer: None,
            session: None,
            grpc: None,
            #[cfg(feature = "otlp")]
            seen: None,
        }
    }

    /// The same, with where the body of the request is counted.
    #[cfg(feature = "axum")]
    pub(super) fn reading(mut self, read: Option<super::body::ReadBytes>) -> Exchange {
        self.read_bytes = read;
        self
    }

    /// The same, with what its span will say.
    #[cfg(feature = "otlp")]
    pub(super) fn seen(mut self, seen: Option<super::span::Seen>) -> Exchange {
        self.seen = seen;
        self
    }

    /// What identifies the request.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// The head of the answer is on its way. `is_stream` tells that its body has no end of its own.
    pub(super) fn answered(&mut self, status: u16, headers: &HeaderMap, is_stream: bool) {
        self.answer = Some(Answer { status, first_byte: self.started.elapsed() });
        self.grpc = grpc::Call::answered(headers);
        if is_stream {
            let settings = self.settings.clone();
            let route = self.route();
            self.session = guarded(|| {
                settings.families.session("sse", route.as_deref().unwrap_or(super::families::UNMATCHED))
            });
        }
    }

    /// What comes after the body.
    pub(super) fn trailers(&mut self, trailers: &HeaderMap) {
        if let Some(call) = &mut self.grpc {
            call.ended(trailers);
        }
    }

    /// It is over.
    pub(super) fn finish(mut self, failure: Failure, response_bytes: Option<u64>) {
        self.end(failure, response_bytes);
    }

    /// The body was dropped before its end, or at an end that only the server knew of.
    pub(super) fn dropped(mut self, complete: bool, response_bytes: u64) {
        let failure = match () {
            // Whatever makes the body failed while it was asked for more.
            () if std::thread::panicking() => Failure::Panic,
            () if complete || self.session.is_some() => Failure::None,
            () => Failure::Cancelled,
        };
        self.end(failure, Some(response_bytes));
    }

    #[cfg(feature = "axum")]
    fn read_bytes(&self) -> Option<u64> {
        self.read_bytes.as_ref().map(|read| read.load(std::sync::atomic::Ordering::Relaxed))
    }

    #[cfg(not(feature = "axum"))]
    fn read_bytes(&self) -> Option<u64> {
        None
    }

    fn route(&self) -> Option<Arc<str>> {
        self.context.route().get().cloned().or_else(|| self.arrival.route.clone())
    }

    fn end(&mut self, failure: Failure, response_bytes: Option<u64>) {
        let Some(in_progress) = self.in_progress.take() else { return };
        let elapsed = self.started.elapsed();
        let status = match (failure, self.answer) {
            (Failure::Cancelled, _) => CLIENT_CLOSED_REQUEST,
            (_, Some(answer)) => answer.status,
            (_, None) => 500,
        };
        // How long a stream was open is no latency.
        let is_session = self.session.is_some();
        let duration = self.answer.filter(|_| is_session).map_or(elapsed, |answer| answer.first_byte);
        let outcome = Outcome {
            status,
            failure,
            first_byte: self.answer.map(|answer| answer.first_byte),
            duration,
            request_bytes: self.read_bytes().or(self.request_bytes),
            response_bytes,
            grpc: self.grpc.map(|call| call.code(failure == Failure::Cancelled)),
        };
        // One exemplar of a request is enough: that of its duration, wherever its end was noticed.
        let before = set_current_span(None);
        guarded(|| {
            drop(in_progress);
            drop(self.session.take());
            self.arrival.route = self.route();
            #[cfg(feature = "otlp")]
            let span = self.export(&outcome, elapsed).or_else(|| self.context.span());
            #[cfg(not(feature = "otlp"))]
            let span = self.context.span();
            self.settings.families.finish(&self.arrival, &outcome, span);
            #[cfg(feature = "logs")]
            self.log(&outcome);
        });
        set_current_span(before);
    }
}

#[cfg(feature = "otlp")]
impl Exchange {
    /// Exports the span, and says which one it is if it was kept: that of a request that failed may be kept although it
    /// was not sampled, and is then worth an exemplar.
    fn export(&mut self, outcome: &Outcome, elapsed: Duration) -> Option<SpanReference> {
        let (seen, traces) = (self.seen.take()?, self.settings.traces.as_ref()?);
        let trace = self.context.trace();
        let kept = traces.finish(seen, &self.context, &self.arrival, outcome, elapsed);
        kept.then_some(SpanReference { trace_id: trace.trace_id, span_id: trace.span_id })
    }
}

#[cfg(feature = "logs")]
impl Exchange {
    /// One line for the request, an error where the service is at fault.
    fn log(&self, outcome: &Outcome) {
        let _entered = self.context.enter();
        let method = self.arrival.method;
        let route = self.arrival.route.as_deref().unwrap_or(super::families::UNMATCHED);
        let duration_ms = outcome.duration.as_secs_f64() * 1e3;
        let status = outcome.status;
        if status >= 500 {
            tracing::error!(target: crate::logs::REQUEST_TARGET, method, route, status, duration_ms, "request");
        } else {
            tracing::info!(target: crate::logs::REQUEST_TARGET, method, route, status, duration_ms, "request");
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let failure = if std::thread::panicking() { Failure::Panic } else { Failure::Cancelled };
        self.end(failure, None);
    }
}
