//! Calls to other services: measured, part of the trace, and told who asks.
//!
//! An [`ExternalApi`] is a layer for clients that are `tower` services, such as those of hyper, and with the feature `reqwest`
//! for reqwest's.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Poll, ready};
use std::time::Instant;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use tower_layer::Layer;
use tower_service::Service;

use super::families::status_text;
use super::method;
use crate::correlate::{self, Context};
use crate::metrics::{Counter, Family, Histogram, Level, Registry, Tracked, guarded, set_current_span};
use crate::{Error, LATENCY_BUCKETS};

/// Hosts that have a label of their own; the others are one.
const HOSTS_MAX: usize = 100;

/// The host of calls beyond that, and of requests that name none.
const OTHER_HOST: &str = "other";

/// Measures calls to other services, and sends the trace and the request's id along:
///
/// | metric | labels | |
/// |---|---|---|
/// | `external_api_requests_total` | host, method, status | calls that ended |
/// | `external_api_request_duration_seconds` | host, method, status | until the head of the answer |
/// | `external_api_requests_in_progress` | host, method | not answered yet |
///
/// The status is `error` where there was no answer, and `cancelled` where nobody waited for one. Paths are never labels, and
/// of hosts the first hundred.
///
/// ```
/// # let client = ();
/// let registry = flightdeck::Registry::new();
/// let client = flightdeck::http::ExternalApi::register(&registry)?.measure(client);
/// # let _ = client;
/// # Ok::<(), flightdeck::Error>(())
/// ```
#[derive(Clone)]
pub struct ExternalApi {
    shared: Arc<Shared>,
    #[cfg(feature = "otlp")]
    exporter: Option<(crate::otlp::Exporter, Arc<[String]>)>,
}

struct Shared {
    requests: Family<[&'static str; 3], Counter>,
    duration: Family<[&'static str; 3], Histogram>,
    in_progress: Family<[&'static str; 2], Level>,
    hosts: RwLock<HashSet<Box<str>>>,
}

impl ExternalApi {
    /// Calls that are counted in `registry`.
    pub fn register(registry: &Registry) -> Result<ExternalApi, Error> {
        let labels = ["host", "method", "status"];
        let shared = Shared {
            requests: registry.counter("external_api_requests", "Calls to other services.").labels(labels)?,
            duration: registry
                .histogram("external_api_request_duration_seconds", "Time until the head of the answer.")
                .buckets(&LATENCY_BUCKETS)
                .labels(labels)?,
            in_progress: registry
                .level("external_api_requests_in_progress", "Calls that are not answered yet.")
                .labels(["host", "method"])?,
            hosts: RwLock::default(),
        };
        Ok(ExternalApi {
            shared: Arc::new(shared),
            #[cfg(feature = "otlp")]
            exporter: None,
        })
    }

    /// Also exports a span for each call that is part of a trace. `secrets` are further names of query parameters to
    /// redact.
    #[cfg(feature = "otlp")]
    pub fn exported_by(mut self, exporter: &crate::otlp::Exporter, secrets: &[String]) -> ExternalApi {
        self.exporter = Some((exporter.clone(), secrets.into()));
        self
    }

    /// A client whose calls are measured; the same as [`Layer::layer`].
    pub fn measure<S>(&self, client: S) -> MeasuredClient<S> {
        MeasuredClient { inner: client, api: self.clone() }
    }

    /// A call that begins now, for clients that are no `tower` service. Adds headers that are not there already. What
    /// it returns is told how the call ended; dropped before, the call was cancelled.
    pub fn begin(&self, method: &Method, uri: &Uri, headers: &mut HeaderMap) -> Call {
        let context = correlate::current().map(|context| context.child());
        if let Some(context) = &context {
            propagate(context, headers);
        }
        let method = method::label(method);
        let host = self.shared.host(uri.authority().map(|authority| authority.as_str()));
        let in_progress = self.shared.in_progress.get(&[&host, method]).track();
        Call {
            shared: self.shared.clone(),
            started: Instant::now(),
            method,
            host,
            outcome: Outcome::Cancelled,
            context,
            in_progress: Some(in_progress),
            #[cfg(feature = "otlp")]
            span: self.exporter.clone().map(|(exporter, secrets)| span::Client::new(exporter, secrets, uri)),
        }
    }
}

impl Shared {
    /// The label of a host: a name that a program makes up for each call must not make a series for each.
    fn host(&self, authority: Option<&str>) -> Box<str> {
        let Some(authority) = authority else { return OTHER_HOST.into() };
        // A name and password in the address are nobody's business.
        let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase().into_boxed_str();
        if self.hosts.read().unwrap_or_else(PoisonError::into_inner).contains(&host) {
            return host;
        }
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_MAX && !hosts.contains(&host) {
            return OTHER_HOST.into();
        }
        hosts.insert(host.clone());
        host
    }
}

/// Tells whoever is called which request and trace the call is part of.
fn propagate(context: &Context, headers: &mut HeaderMap) {
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.entry(HeaderName::from_static(name)).or_insert(value);
        }
    };
    put("x-request-id", context.request_id());
    put("traceparent", &context.trace().traceparent());
    if !context.trace().state.is_empty() {
        put("tracestate", &context.trace().state);
    }
}

/// How a call ended.
#[derive(Clone, Copy)]
enum Outcome {
    Status(u16),
    Error,
    Cancelled,
}

/// A call that is not answered yet.
pub struct Call {
    shared: Arc<Shared>,
    started: Instant,
    method: &'static str,
    host: Box<str>,
    outcome: Outcome,
    context: Option<Context>,
    in_progress: Option<Tracked>,
    #[cfg(feature = "otlp")]
    span: Option<span::Client>,
}

impl Call {
    /// There is an answer of that status.
    pub fn answered(mut self, status: u16) {
        self.outcome = Outcome::Status(status);
    }

    /// There will be none.
    pub fn failed(mut self) {
        self.outcome = Outcome::Error;
    }

    fn end(&mut self) {
        let elapsed = self.started.elapsed();
        let mut digits = [0; 3];
        let status = match self.outcome {
            Outcome::Status(status) => status_text(status, &mut digits),
            Outcome::Error => "error",
            Outcome::Cancelled => "cancelled",
        };
        drop(self.in_progress.take());
        let labels = [&*self.host, self.method, status];
        self.shared.requests.with(&labels, Counter::inc);
        let before = set_current_span(self.context.as_ref().and_then(Context::span));
        self.shared.duration.with(&labels, |histogram| histogram.observe_duration(elapsed));
        set_current_span(before);
        #[cfg(feature = "otlp")]
        if let (Some(span), Some(context)) = (self.span.take(), &self.context) {
            span.finish(context, self.method, self.outcome, elapsed);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        guarded(|| self.end());
    }
}

impl<S> Layer<S> for ExternalApi {
    type Service = MeasuredClient<S>;

    fn layer(&self, inner: S) -> MeasuredClient<S> {
        self.measure(inner)
    }
}

/// A client whose calls are measured.
#[derive(Clone)]
pub struct MeasuredClient<S> {
    inner: S,
    api: ExternalApi,
}

impl<S, B, R> Service<Request<B>> for MeasuredClient<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = CallFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut std::task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> CallFuture<S::Future> {
        let (mut head, body) = request.into_parts();
        let call = guarded(|| self.api.begin(&head.method, &head.uri, &mut head.headers));
        CallFuture { inner: self.inner.call(Request::from_parts(head, body)), call }
    }
}

#[cfg(feature = "reqwest")]
impl<S> Service<reqwest::Request> for MeasuredClient<S>
where
    S: Service<reqwest::Request, Response = reqwest::Response>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = CallFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut std::task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: reqwest::Request) -> CallFuture<S::Future> {
        let call = guarded(|| self.api.begin_reqwest(&mut request));
        CallFuture { inner: self.inner.call(request), call }
    }
}

#[cfg(feature = "reqwest")]
impl ExternalApi {
    /// Sends a request of reqwest's, measured.
    pub async fn execute(
        &self,
        client: &reqwest::Client,
        mut request: reqwest::Request,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let call = guarded(|| self.begin_reqwest(&mut request));
        CallFuture { inner: client.execute(request), call }.await
    }

    fn begin_reqwest(&self, request: &mut reqwest::Request) -> Call {
        // What reqwest takes for an address and `http` does not has no host to speak of.
        let uri = request.url().as_str().parse().unwrap_or_default();
        let method = request.method().clone();
        self.begin(&method, &uri, request.headers_mut())
    }
}

/// What clients have in common that answer.
trait Answer {
    fn code(&self) -> u16;
}

impl<B> Answer for Response<B> {
    fn code(&self) -> u16 {
        self.status().as_u16()
    }
}

#[cfg(feature = "reqwest")]
impl Answer for reqwest::Response {
    fn code(&self) -> u16 {
        self.status().as_u16()
    }
}

pin_project_lite::pin_project! {
    /// The answer that is being waited for.
    pub struct CallFuture<F> {
        #[pin]
        inner: F,
        call: Option<Call>,
    }
}

impl<F, A: Answer, E> Future for CallFuture<F>
where
    F: Future<Output = Result<A, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let outcome = ready!(this.inner.poll(task));
        if let Some(call) = this.call.take() {
            match &outcome {
                Ok(answer) => call.answered(answer.code()),
                Err(_) => call.failed(),
            }
        }
        Poll::Ready(outcome)
    }
}

/// The span of a call, under the stable names of OpenTelemetry's conventions.
#[cfg(feature = "otlp")]
mod span {
    use std::borrow::Cow;
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use http::Uri;

    use super::Outcome;
    use crate::correlate::Context;
    use crate::http::span::split_port;
    use crate::otlp::{Exporter, Span, SpanKind, SpanStatus};
    use crate::redact::redact_url;
    use crate::value::Value;

    /// What is remembered of a call for its span.
    pub(super) struct Client {
        exporter: Exporter,
        secrets: Arc<[String]>,
        start: SystemTime,
        uri: Uri,
    }

    impl Client {
        pub(super) fn new(exporter: Exporter, secrets: Arc<[String]>, uri: &Uri) -> Client {
            Client { exporter, secrets, start: SystemTime::now(), uri: uri.clone() }
        }

        pub(super) fn finish(
            self,
            context: &Context,
            method: &'static str,
            outcome: Outcome,
            elapsed: Duration,
        ) {
            let sampled = context.trace().sampled;
            if !sampled && context.pending().is_none() {
                return;
            }
            let span = self.span(context, method, outcome, elapsed);
            match context.pending() {
                Some(pending) if !sampled => pending.offer(span, &self.exporter),
                _ => self.exporter.span(span),
            }
        }

        fn span(&self, context: &Context, method: &'static str, outcome: Outcome, elapsed: Duration) -> Span {
            let mut attributes = Vec::new();
            let mut put = |name: &'static str, value: Value| attributes.push((Cow::Borrowed(name), value));
            put("http.request.method", method.into());
            put("url.full", redact_url(&self.uri.to_string(), &self.secrets).into_owned().into());
            if let Some(authority) = self.uri.authority() {
                let host = authority.as_str().rsplit('@').next().unwrap_or_default();
                let (address, port) = split_port(host);
                put("server.address", address.to_owned().into());
                let default = if self.uri.scheme_str() == Some("https") { 443 } else { 80 };
                put("server.port", Value::Integer(port.unwrap_or(default).into()));
            }
            // To a client, what the server blames on it is an error too.
            let error: Option<Value> = match outcome {
                Outcome::Status(status) => {
                    put("http.response.status_code", Value::Integer(status.into()));
                    (status >= 400).then(|| status.to_string().into())
                }
                Outcome::Error => Some("connection_error".into()),
                Outcome::Cancelled => Some("cancelled".into()),
            };
            let status =
                if error.is_some() { SpanStatus::Error(Cow::Borrowed("")) } else { SpanStatus::Unset };
            if let Some(error) = error {
                put("error.type", error);
            }
            Span {
                trace: context.trace().clone(),
                name: Cow::Borrowed(if method == crate::http::method::OTHER { "HTTP" } else { method }),
                kind: SpanKind::Client,
                start: self.start,
                end: self.start + elapsed,
                attributes,
                status,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::TraceContext;

    fn call(api: &ExternalApi, uri: &str) -> (Call, HeaderMap) {
        let mut headers = HeaderMap::new();
        (api.begin(&Method::GET, &uri.parse().unwrap(), &mut headers), headers)
    }

    #[test]
    fn calls_are_counted_however_they_end() {
        let registry = Registry::new();
        let api = ExternalApi::register(&registry).unwrap();
        call(&api, "http://User:secret@Pay.example/orders/1?x=y").0.answered(201);
        call(&api, "http://pay.example/orders/2").0.failed();
        drop(call(&api, "http://pay.example/orders/3"));
        let open = call(&api, "http://pay.example/orders/4");
        let text = registry.text();
        for status in ["201", "error", "cancelled"] {
            let sample = format!(
                "external_api_requests_total{{host=\"pay.example\",method=\"GET\",status=\"{status}\"}} 1.0\n"
            );
            assert!(text.contains(&sample), "{text}");
        }
        assert!(
            text.contains("external_api_requests_in_progress{host=\"pay.example\",method=\"GET\"} 1.0\n")
        );
        assert!(!text.contains("orders/") && !text.contains("secret"), "{text}");
        drop(open);
    }

    #[test]
    fn hosts_are_bounded() {
        let registry = Registry::new();
        let api = ExternalApi::register(&registry).unwrap();
        for number in 0..HOSTS_MAX + 50 {
            call(&api, &format!("http://tenant-{number}.example/")).0.answered(200);
        }
        let text = registry.text();
        assert!(
            text.contains("external_api_requests_total{host=\"other\",method=\"GET\",status=\"200\"} 50.0\n"),
            "{text}"
        );
    }

    #[test]
    fn the_called_are_told_who_asks() {
        let api = ExternalApi::register(&Registry::new()).unwrap();
        assert!(call(&api, "http://x/").1.is_empty());
        let trace = TraceContext { state: "vendor=1".to_owned(), ..TraceContext::new_root(1.0) };
        let context = Context::new("order-17".to_owned(), trace.clone());
        let _entered = context.enter();
        let (_call, headers) = call(&api, "http://x/");
        assert_eq!(
            (&headers["x-request-id"], &headers["tracestate"]),
            (&"order-17".parse().unwrap(), &"vendor=1".parse().unwrap())
        );
        let sent = TraceContext::from_headers(
            [headers["traceparent"].to_str().unwrap()].into_iter(),
            std::iter::empty(),
        );
        let sent = sent.unwrap();
        assert_eq!(sent.trace_id, trace.trace_id);
        assert_ne!(sent.parent_id, Some(trace.span_id), "the call is a span of its own");
    }
}
