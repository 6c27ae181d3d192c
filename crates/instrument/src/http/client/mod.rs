//! Calls to other services: measured, part of the trace, and told who asks.
//!
//! `call` is one call from its beginning to the last byte of its answer, `families` has the metrics, `span` what a trace
//! says of it. An [`ExternalApi`] is a layer for clients that are `tower` services, such as those of hyper, and with the
//! feature `reqwest` for reqwest's.

mod call;
mod families;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "otlp")]
mod span;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

pub use call::Call;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use self::call::RequestBytes;
use self::families::{Asked, Families};
use super::body::TrackedBody;
use super::families::HttpNames;
use super::method;
use crate::Error;
use crate::correlate::{self, Context, Propagation};
use crate::metrics::{Registry, guarded};

/// Measures calls to other services, and sends the trace and the request's id along:
///
/// | metric | labels | |
/// |---|---|---|
/// | `external_api_requests_total` | host, method, status | calls that ended |
/// | `external_api_request_duration_seconds` | host, method, status | until the last byte of the answer was read; of event streams until the head |
/// | `external_api_response_first_byte_seconds` | host, method, status | until the head of the answer |
/// | `external_api_requests_in_progress` | host, method | not answered, or the answer not read to its end |
/// | `external_api_request_size_bytes` | host, method | bodies of calls that were answered: those whose length is known, and axum's and reqwest's whatever they are |
/// | `external_api_response_size_bytes` | host, method | bodies of answers, as far as they were read |
/// | `external_api_responses_incomplete_total` | host, method, reason | answers whose body broke off (`error`) or was not read to its end (`dropped`) |
/// | `external_api_grpc_duration_seconds` | host, code | gRPC calls by what their trailers say |
///
/// The status is `error` where there was no answer, and `cancelled` where nobody waited for one. A body that breaks off
/// after its head leaves the status as it was, as does one that nobody reads: many a caller wants the status alone. Paths
/// are never labels, and of hosts the first hundred. Bodies pass through as they come; nothing is kept of them.
///
/// With [`HttpNames::OpenTelemetry`] the first six are `http_client_request_duration_seconds`,
/// `http_client_active_requests`, `http_client_request_body_size_bytes` and `http_client_response_body_size_bytes`, with
/// the attributes of the stable conventions as labels.
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
    families: Arc<Families>,
    host: Option<Arc<str>>,
    propagation: Propagation,
    #[cfg(feature = "otlp")]
    outlet: Option<span::Outlet>,
}

impl ExternalApi {
    /// Calls that are counted in `registry`.
    pub fn register(registry: &Registry) -> Result<ExternalApi, Error> {
        ExternalApi::with_names(registry, HttpNames::default())
    }

    /// The same under other names.
    pub fn with_names(registry: &Registry, names: HttpNames) -> Result<ExternalApi, Error> {
        Ok(ExternalApi {
            families: Arc::new(Families::register(registry, names)?),
            host: None,
            propagation: Propagation::default(),
            #[cfg(feature = "otlp")]
            outlet: None,
        })
    }

    /// The host of calls whose address names none: those through a channel of tonic's or a Unix socket. Without it they
    /// are calls to `other`.
    pub fn at(mut self, host: &str) -> ExternalApi {
        self.host = Some(host.into());
        self
    }

    /// What is sent along besides the request's id.
    pub fn propagating(mut self, propagation: Propagation) -> ExternalApi {
        self.propagation = propagation;
        self
    }

    /// Also exports a span for each call that is part of a trace. `secrets` are further names of query parameters to
    /// redact.
    #[cfg(feature = "otlp")]
    pub fn exported_by(mut self, exporter: &crate::otlp::Exporter, secrets: &[String]) -> ExternalApi {
        let (exporter, secrets) = (exporter.clone(), secrets.into());
        self.outlet = Some(span::Outlet { exporter, secrets, paths: crate::redact::Paths::default() });
        self
    }

    /// What spans tell of paths; see [`Paths`](crate::logs::Paths).
    #[cfg(feature = "otlp")]
    pub fn paths(mut self, paths: crate::redact::Paths) -> ExternalApi {
        if let Some(outlet) = &mut self.outlet {
            outlet.paths = paths;
        }
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
            self.propagate(context, headers);
        }
        let authority = uri.authority().map(|authority| authority.as_str()).or(self.host.as_deref());
        let asked = Asked {
            method: method::label(method),
            host: self.families.hosts.label(authority),
            scheme: if uri.scheme_str() == Some("https") { "https" } else { "http" },
        };
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let call = Call::begin(self.families.clone(), asked, context, announced);
        #[cfg(feature = "otlp")]
        let call = call.seen(self.outlet.clone().map(|outlet| span::Client::new(outlet, method, uri)));
        call
    }

    /// Tells whoever is called which request and trace the call is part of.
    fn propagate(&self, context: &Context, headers: &mut HeaderMap) {
        // The state of a trace belongs to whoever told the trace.
        let is_told = headers.contains_key("traceparent");
        let mut put = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.entry(HeaderName::from_static(name)).or_insert(value);
            }
        };
        put("x-request-id", context.request_id());
        if self.propagation.trace {
            put("traceparent", &context.trace().traceparent());
            if !is_told && !context.trace().state.is_empty() {
                put("tracestate", &context.trace().state);
            }
        }
        if let Some(baggage) = context.baggage().filter(|_| self.propagation.baggage) {
            put("baggage", baggage);
        }
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
    B: Body + 'static,
    R: Body,
{
    type Response = Response<TrackedBody<R>>;
    type Error = S::Error;
    type Future = CallFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut std::task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> CallFuture<S::Future> {
        let (mut head, mut body) = request.into_parts();
        let call = guarded(|| {
            let call = self.api.begin(&head.method, &head.uri, &mut head.headers);
            call.sending(sent_bytes(&mut body))
        });
        CallFuture { inner: self.inner.call(Request::from_parts(head, body)), call }
    }
}

/// How large a body is. One that does not know is counted as it is sent, if it can be.
fn sent_bytes<B: Body + 'static>(body: &mut B) -> RequestBytes {
    let bytes = RequestBytes::announced(body.size_hint().exact());
    #[cfg(feature = "axum")]
    if bytes.announced.is_none() {
        return RequestBytes { counted: super::body::CountedBody::replace(body), ..bytes };
    }
    bytes
}

/// Answers that clients give: what is left of a call once there is one.
pub trait Answer {
    /// The answer, with a body that ends the call.
    type Followed;

    #[doc(hidden)]
    fn follow(self, call: Option<Call>) -> Self::Followed;
}

impl<B: Body> Answer for Response<B> {
    type Followed = Response<TrackedBody<B>>;

    fn follow(self, call: Option<Call>) -> Response<TrackedBody<B>> {
        match call {
            Some(call) => call.follow(self),
            None => self.map(TrackedBody::unwatched),
        }
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
    type Output = Result<A::Followed, E>;

    fn poll(self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = ready!(this.inner.poll(task));
        let call = this.call.take();
        Poll::Ready(match outcome {
            Ok(answer) => Ok(answer.follow(call)),
            Err(error) => {
                if let Some(call) = call {
                    call.failed();
                }
                Err(error)
            }
        })
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
        let api = ExternalApi::with_names(&registry, HttpNames::Both).unwrap();
        call(&api, "http://User:secret@Pay.example/orders/1?x=y").0.answered(201);
        call(&api, "http://pay.example/orders/2").0.failed();
        drop(call(&api, "http://pay.example/orders/3"));
        let open = call(&api, "https://pay.example/orders/4");
        let text = registry.text();
        for status in ["201", "error", "cancelled"] {
            let sample = format!(
                "external_api_requests_total{{host=\"pay.example\",method=\"GET\",status=\"{status}\"}} 1.0\n"
            );
            assert!(text.contains(&sample), "{text}");
        }
        for error in ["connection_error", "cancelled"] {
            let sample = format!(
                "http_client_request_duration_seconds_count{{error_type=\"{error}\",http_request_method=\"GET\",\
                 http_response_status_code=\"\",network_protocol_version=\"\",server_address=\"pay.example\",\
                 server_port=\"80\",url_scheme=\"http\"}} 1.0\n"
            );
            assert!(text.contains(&sample), "{text}");
        }
        for sample in [
            "external_api_requests_in_progress{host=\"pay.example\",method=\"GET\"} 1.0\n",
            "http_client_active_requests{http_request_method=\"GET\",server_address=\"pay.example\",\
             server_port=\"443\",url_scheme=\"https\"} 1.0\n",
        ] {
            assert!(text.contains(sample), "{text}");
        }
        assert!(!text.contains("orders/") && !text.contains("secret"), "{text}");
        drop(open);
    }

    #[test]
    fn calls_that_name_no_host_may_have_one() {
        let registry = Registry::new();
        let api = ExternalApi::register(&registry).unwrap();
        call(&api, "/shop.Till/Pay").0.answered(200);
        call(&api.at("till:50051"), "/shop.Till/Pay").0.answered(200);
        for host in ["other", "till:50051"] {
            let sample =
                format!("external_api_requests_total{{host=\"{host}\",method=\"GET\",status=\"200\"}} 1.0\n");
            assert!(registry.text().contains(&sample));
        }
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
        // Who tells a trace itself tells all of it.
        let mut headers = HeaderMap::from_iter([("traceparent".parse().unwrap(), "theirs".parse().unwrap())]);
        api.propagate(&context, &mut headers);
        assert_eq!(
            (&headers["traceparent"], headers.contains_key("tracestate")),
            (&"theirs".parse().unwrap(), false)
        );
        // Callers may be told less.
        let silent = api.propagating(Propagation { trace: false, baggage: true });
        let (_call, headers) = call(&silent, "http://x/");
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["x-request-id"]);
    }
}
