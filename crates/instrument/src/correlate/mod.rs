//! Which request is being worked on: an id that people read, and a trace that machines follow.
//!
//! The HTTP layer makes a [`Context`] for every request and makes it current whenever the request's future is polled, so
//! that log lines, exemplars and calls to other services find it without being handed it.

mod id;
mod propagation;
mod request_id;
mod trace_context;

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::Arc;
#[cfg(feature = "http")]
use std::sync::OnceLock;
use std::task::{self, Poll};

#[cfg(feature = "otlp")]
pub(crate) use id::random;
pub use id::{new_span_id, new_trace_id};
pub use propagation::{BAGGAGE_BYTES_MAX, Propagation};
pub use request_id::{REQUEST_ID_BYTES_MAX, is_sane, new_request_id};
pub use trace_context::{TRACE_STATE_BYTES_MAX, TraceContext};

use crate::metrics::{SpanReference, set_current_span};

/// What identifies the work at hand. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Context {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    trace: TraceContext,
    /// The context of the whole request, where this one is a part of its work; it then has what follows.
    request: Option<Context>,
    request_id: String,
    /// What came as `baggage`, to be passed on.
    #[cfg(feature = "http")]
    baggage: Option<Box<str>>,
    /// The route as somebody inside the service told it.
    #[cfg(feature = "http")]
    route: OnceLock<Arc<str>>,
    /// The least severe level of log lines, if it is not the usual.
    #[cfg(feature = "logs")]
    level: Option<tracing::Level>,
    /// Spans that are kept until it is known whether anybody wants them.
    #[cfg(feature = "otlp")]
    pending: Option<crate::otlp::Pending>,
}

impl PartialEq for Context {
    fn eq(&self, other: &Context) -> bool {
        (self.request_id(), self.trace()) == (other.request_id(), other.trace())
    }
}

impl Eq for Context {}

impl Context {
    /// A context of a request that came with these.
    pub fn new(request_id: String, trace: TraceContext) -> Context {
        Context::of(None, request_id, trace)
    }

    fn of(request: Option<Context>, request_id: String, trace: TraceContext) -> Context {
        let inner = Inner {
            trace,
            request,
            request_id,
            #[cfg(feature = "http")]
            baggage: None,
            #[cfg(feature = "http")]
            route: OnceLock::new(),
            #[cfg(feature = "logs")]
            level: None,
            #[cfg(feature = "otlp")]
            pending: None,
        };
        Context { inner: Arc::new(inner) }
    }

    /// The same with a level of log lines of its own: what belongs to this request is written although it is less
    /// severe than what is usually written.
    #[cfg(feature = "logs")]
    pub fn with_level(&self, level: tracing::Level) -> Context {
        let mut context = Context::new(self.request_id().to_owned(), self.trace().clone());
        if let Some(inner) = Arc::get_mut(&mut context.inner) {
            inner.level = Some(level);
        }
        context
    }

    /// The same, with something to pass on to whoever is called.
    #[cfg(feature = "http")]
    pub(crate) fn with_baggage(mut self, baggage: Box<str>) -> Context {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.baggage = Some(baggage);
        }
        self
    }

    /// What came as `baggage`.
    #[cfg(feature = "http")]
    pub(crate) fn baggage(&self) -> Option<&str> {
        self.request().baggage.as_deref()
    }

    /// The same, with room for spans of which nobody knows yet whether they are wanted.
    #[cfg(feature = "otlp")]
    pub(crate) fn with_pending(mut self, pending: crate::otlp::Pending) -> Context {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.pending = Some(pending);
        }
        self
    }

    /// The request's id, as in `X-Request-ID`.
    pub fn request_id(&self) -> &str {
        &self.request().request_id
    }

    /// The trace, with the span that stands for the work at hand.
    pub fn trace(&self) -> &TraceContext {
        &self.inner.trace
    }

    /// The context of a call made on behalf of this one: the same request and trace, a span of its own.
    pub fn child(&self) -> Context {
        let request = self.inner.request.clone().unwrap_or_else(|| self.clone());
        Context::of(Some(request), String::new(), self.inner.trace.child())
    }

    /// What holds for the whole request.
    fn request(&self) -> &Inner {
        self.inner.request.as_ref().map_or(&self.inner, |request| &request.inner)
    }

    /// The slot of the route.
    #[cfg(feature = "http")]
    pub(crate) fn route(&self) -> &OnceLock<Arc<str>> {
        &self.request().route
    }

    /// The spans that wait for a decision.
    #[cfg(feature = "otlp")]
    pub(crate) fn pending(&self) -> Option<&crate::otlp::Pending> {
        self.request().pending.as_ref()
    }

    /// The sampled span, for exemplars.
    pub(crate) fn span(&self) -> Option<SpanReference> {
        let trace = &self.inner.trace;
        trace.sampled.then_some(SpanReference { trace_id: trace.trace_id, span_id: trace.span_id })
    }

    /// Makes it the current one until the guard is dropped. For code that does not wait; see [`scope`] for code that does.
    pub fn enter(&self) -> Entered {
        Entered {
            context: swap(Some(self.clone())),
            span: set_current_span(self.span()),
            not_send: std::marker::PhantomData,
        }
    }
}

/// Makes another context current, or none, and returns the one that was: for those who cannot hold a guard.
#[cfg(feature = "otlp")]
pub(crate) fn replace(context: Option<Context>) -> Option<Context> {
    set_current_span(context.as_ref().and_then(Context::span));
    swap(context)
}

thread_local! {
    static CURRENT: RefCell<Option<Context>> = const { RefCell::new(None) };
}

/// The context of the work at hand, if it belongs to a request.
pub fn current() -> Option<Context> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// The level of log lines that the work at hand has of its own.
#[cfg(feature = "logs")]
pub(crate) fn current_level() -> Option<tracing::Level> {
    CURRENT
        .try_with(|current| current.borrow().as_ref().and_then(|context| context.request().level))
        .ok()
        .flatten()
}

fn swap(context: Option<Context>) -> Option<Context> {
    CURRENT.try_with(|current| current.replace(context)).ok().flatten()
}

/// Restores the context that was current before.
pub struct Entered {
    context: Option<Context>,
    span: Option<SpanReference>,
    /// What is current belongs to a thread.
    not_send: std::marker::PhantomData<*const ()>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        drop(swap(self.context.take()));
        set_current_span(self.span);
    }
}

/// Makes `context` current whenever `future` is polled. For tasks that are spawned: they do not inherit it.
pub fn scope<F: Future>(context: Context, future: F) -> Scope<F> {
    Scope { context, future: Box::pin(future) }
}

/// See [`scope`].
pub struct Scope<F> {
    context: Context,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let _entered = self.context.clone().enter();
        self.future.as_mut().poll(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::current_span;

    #[test]
    fn contexts_nest_and_restore() {
        let context = |id: &str| Context::new(id.to_owned(), TraceContext::new_root(1.0));
        let name = || current().map(|context| context.request_id().to_owned());
        assert_eq!(name(), None);
        {
            let outer = context("outer");
            let _outer = outer.enter();
            {
                let inner = context("inner").child();
                let _inner = inner.enter();
                assert_eq!(name().as_deref(), Some("inner"));
                assert_eq!(current_span().map(|span| span.span_id), Some(inner.trace().span_id));
            }
            assert_eq!(name().as_deref(), Some("outer"));
            assert_eq!(current_span().map(|span| span.trace_id), Some(outer.trace().trace_id));
        }
        assert_eq!((name(), current_span()), (None, None));
    }
}
