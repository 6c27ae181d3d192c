//! Which request is being worked on: an id that people read, and a trace that machines follow.
//!
//! The HTTP layer makes a [`Context`] for every request and makes it current whenever the request's future is polled, so
//! that log lines, exemplars and calls to other services find it without being handed it.

mod id;
mod request_id;
mod trace_context;

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{self, Poll};

pub use id::{new_span_id, new_trace_id};
pub use request_id::{REQUEST_ID_BYTES_MAX, is_sane, new_request_id};
pub use trace_context::{TRACE_STATE_BYTES_MAX, TraceContext};

use crate::metrics::{SpanReference, set_current_span};

/// What identifies the work at hand. Cloning it is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    inner: Arc<Inner>,
}

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    request_id: String,
    trace: TraceContext,
    /// The route as somebody inside the service told it.
    route: OnceLock<Arc<str>>,
    /// The least severe level of log lines, if it is not the usual.
    #[cfg(feature = "logs")]
    level: Option<tracing::Level>,
}

impl Context {
    /// A context of a request that came with these.
    pub fn new(request_id: String, trace: TraceContext) -> Context {
        let inner = Inner {
            request_id,
            trace,
            route: OnceLock::new(),
            #[cfg(feature = "logs")]
            level: None,
        };
        Context { inner: Arc::new(inner) }
    }

    /// The same with a level of log lines of its own: what belongs to this request is written although it is less
    /// severe than what is usually written.
    #[cfg(feature = "logs")]
    pub fn with_level(&self, level: tracing::Level) -> Context {
        let Inner { request_id, trace, .. } = &*self.inner;
        let inner = Inner {
            request_id: request_id.clone(),
            trace: trace.clone(),
            route: OnceLock::new(),
            level: Some(level),
        };
        Context { inner: Arc::new(inner) }
    }

    /// The request's id, as in `X-Request-ID`.
    pub fn request_id(&self) -> &str {
        &self.inner.request_id
    }

    /// The trace, with the span that stands for this request.
    pub fn trace(&self) -> &TraceContext {
        &self.inner.trace
    }

    /// The context of a call made on behalf of this one: the same trace, a span of its own.
    pub fn child(&self) -> Context {
        Context::new(self.inner.request_id.clone(), self.inner.trace.child())
    }

    /// The slot of the route.
    #[cfg(feature = "http")]
    pub(crate) fn route(&self) -> &OnceLock<Arc<str>> {
        &self.inner.route
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
        .try_with(|current| current.borrow().as_ref().and_then(|context| context.inner.level))
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
