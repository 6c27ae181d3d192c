//! The layer itself: it sees a request come, gives it a context, and follows its answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::{Follower, TrackedBody, Watch};
use super::exchange::Exchange;
use super::families::{Arrival, Failure, Families, HttpNames, Latency, Session};
use super::method;
#[cfg(feature = "otlp")]
use super::span::Traces;
use crate::Error;
use crate::correlate::{self, BAGGAGE_BYTES_MAX, Propagation, TraceContext};
use crate::metrics::{LATENCY_BUCKETS, Native, Registry, guarded};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What can be said about the layer before it is made.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Which names the metrics have.
    pub names: HttpNames,
    /// Bounds of the buckets that durations fall into, in seconds; [`LATENCY_BUCKETS`] unless told otherwise.
    pub latency_buckets: Vec<f64>,
    /// Durations in native buckets, too.
    pub native: Option<Native>,
    /// The share of traces that begin here which is sampled.
    pub sample_ratio: f64,
    /// Whether callers that sent a decision are obeyed; otherwise the share is of all traces.
    pub callers_decide: bool,
    /// What is taken from callers besides the request's id.
    pub propagation: Propagation,
    /// Path prefixes under which services are mounted that have no routes the layer could ask for, such as a directory
    /// of files. Their requests have the route `prefix/*`.
    pub mounts: Vec<String>,
    /// A header in which a request may ask for log lines of a level of its own, such as `debug`. It comes from outside, so
    /// there is none unless it is named here, and a proxy should let it through only for those who may.
    #[cfg(feature = "logs")]
    pub level_header: Option<HeaderName>,
    /// Which requests leave a span; none unless said.
    #[cfg(feature = "otlp")]
    pub traces: Option<Traces>,
}

impl Default for HttpOptions {
    fn default() -> HttpOptions {
        HttpOptions {
            names: HttpNames::default(),
            latency_buckets: LATENCY_BUCKETS.to_vec(),
            native: None,
            sample_ratio: 1.0,
            callers_decide: true,
            propagation: Propagation::default(),
            mounts: Vec::new(),
            #[cfg(feature = "logs")]
            level_header: None,
            #[cfg(feature = "otlp")]
            traces: None,
        }
    }
}

/// What all services behind one layer share.
pub(super) struct Settings {
    pub(super) families: Families,
    sample_ratio: f64,
    callers_decide: bool,
    propagation: Propagation,
    mounts: Vec<String>,
    #[cfg(feature = "logs")]
    level_header: Option<HeaderName>,
    #[cfg(feature = "otlp")]
    pub(super) traces: Option<Traces>,
}

/// Measures a service: put it around a router with `Router::layer`, or around any other `tower` service.
#[derive(Clone)]
pub struct DeckLayer {
    settings: Arc<Settings>,
}

impl DeckLayer {
    /// A layer whose metrics are in `registry`.
    pub fn register(registry: &Registry, options: HttpOptions) -> Result<DeckLayer, Error> {
        let mounts = options.mounts.iter().map(|mount| mount.trim_end_matches('/').to_owned()).collect();
        let latency = Latency { buckets: &options.latency_buckets, native: options.native };
        let families = Families::register(registry, options.names, latency)?;
        Ok(DeckLayer {
            settings: Arc::new(Settings {
                families,
                sample_ratio: options.sample_ratio,
                callers_decide: options.callers_decide,
                propagation: options.propagation,
                mounts,
                #[cfg(feature = "logs")]
                level_header: options.level_header,
                #[cfg(feature = "otlp")]
                traces: options.traces,
            }),
        })
    }

    /// Counts a session as open until what this returns is dropped: a tunnel, or whatever else the layer does not see
    /// itself. `kind` and `route` are labels.
    pub fn session(&self, kind: &str, route: &str) -> Session {
        self.settings.families.session(kind, route)
    }
}

impl<S> Layer<S> for DeckLayer {
    type Service = Instrumented<S>;

    fn layer(&self, inner: S) -> Instrumented<S> {
        Instrumented { inner, settings: self.settings.clone() }
    }
}

/// A service that is measured.
#[derive(Clone)]
pub struct Instrumented<S> {
    inner: S,
    settings: Arc<Settings>,
}

/// Tells the layer around which route a request takes, for frameworks that it cannot ask. The first one to tell wins;
/// `route` must be a template with few values, never the path itself.
pub fn set_route(extensions: &Extensions, route: &str) {
    if let Some(context) = extensions.get::<correlate::Context>() {
        let _ = context.route().set(Arc::from(route));
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for Instrumented<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    RequestBody: Body + 'static,
    ResponseBody: Body,
{
    type Response = Response<TrackedBody<ResponseBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> ResponseFuture<S::Future> {
        let watched = guarded(|| self.watch(&mut request)).flatten();
        // Handlers do work before their future is polled, too.
        let entered = watched.as_ref().map(|watched| watched.exchange.context().enter());
        let inner = self.inner.call(request);
        drop(entered);
        ResponseFuture { inner, watched }
    }
}

/// What the future of an answer takes along.
struct Watched {
    exchange: Exchange,
    is_head: bool,
    #[cfg(feature = "upgrade")]
    upgrade: Option<super::upgrade::Upgrade>,
}

impl<S> Instrumented<S> {
    /// Begins the exchange. `None` when a layer further out does that already.
    fn watch<B: Body + 'static>(&self, request: &mut Request<B>) -> Option<Watched> {
        let route = route(request.extensions(), request.uri().path(), &self.settings.mounts);
        if let Some(outer) = request.extensions().get::<correlate::Context>() {
            if let Some(route) = route {
                let _ = outer.route().set(route);
            }
            return None;
        }
        let context = self.settings.context(request.headers());
        let arrival = Arrival {
            method: method::label(request.method()),
            route,
            scheme: scheme(request),
            version: version(request.version()),
        };
        #[cfg(feature = "upgrade")]
        let upgrade = self.settings.watch_upgrade(request, &context, &arrival);
        let announced = request_bytes(request);
        let exchange = Exchange::begin(self.settings.clone(), context.clone(), arrival, announced);
        #[cfg(feature = "axum")]
        let exchange = match announced {
            Some(0) => exchange,
            // What a client announces need not come.
            _ => exchange.reading(super::body::CountedBody::replace(request.body_mut())),
        };
        #[cfg(feature = "otlp")]
        let exchange = exchange.seen(self.settings.traces.as_ref().and_then(|traces| traces.see(request)));
        let is_head = request.method() == Method::HEAD;
        request.extensions_mut().insert(context);
        Some(Watched {
            exchange,
            is_head,
            #[cfg(feature = "upgrade")]
            upgrade,
        })
    }
}

/// The template that a request matched.
fn route(extensions: &Extensions, path: &str, mounts: &[String]) -> Option<Arc<str>> {
    #[cfg(feature = "axum")]
    if let Some(matched) = extensions.get::<axum::extract::MatchedPath>() {
        return Some(Arc::from(matched.as_str()));
    }
    #[cfg(not(feature = "axum"))]
    let _ = extensions;
    let is_below = |mount: &&String| {
        path.strip_prefix(mount.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    mounts.iter().find(is_below).map(|mount| Arc::from(format!("{mount}/*")))
}

impl Settings {
    /// The context that the client sent, as far as it makes sense, or a new one.
    fn context(&self, headers: &HeaderMap) -> correlate::Context {
        let all = |name: &'static str| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        // A header that is no text is one all the same: what came twice is not to be trusted.
        let parents = headers.get_all("traceparent").iter().count();
        let trace = TraceContext::from_headers(all("traceparent"), all("tracestate"))
            .filter(|_| parents == 1 && self.propagation.trace);
        let trace = match trace {
            Some(trace) if self.callers_decide => trace,
            Some(trace) => trace.drawn(self.sample_ratio),
            None => TraceContext::new_root(self.sample_ratio),
        };
        let sent =
            headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| correlate::is_sane(id));
        let request_id = sent.map_or_else(correlate::new_request_id, str::to_owned);
        let context = correlate::Context::new(request_id, trace);
        #[cfg(feature = "logs")]
        let context = match self.level(headers) {
            Some(level) => context.with_level(level),
            None => context,
        };
        let context = match self.baggage(headers) {
            Some(baggage) => context.with_baggage(baggage),
            None => context,
        };
        #[cfg(feature = "otlp")]
        if !context.trace().sampled
            && let Some(pending) = self.traces.as_ref().and_then(Traces::pending)
        {
            return context.with_pending(pending);
        }
        context
    }

    /// What callers want to be passed on, if it is.
    fn baggage(&self, headers: &HeaderMap) -> Option<Box<str>> {
        if !self.propagation.baggage {
            return None;
        }
        let lines = headers.get_all("baggage").iter().filter_map(|value| value.to_str().ok());
        let baggage = lines.collect::<Vec<_>>().join(",");
        (1..=BAGGAGE_BYTES_MAX).contains(&baggage.len()).then(|| baggage.into())
    }

    /// Counts a connection as a session if this request comes to be one.
    #[cfg(feature = "upgrade")]
    fn watch_upgrade<B>(
        self: &Arc<Settings>,
        request: &mut Request<B>,
        context: &correlate::Context,
        arrival: &Arrival,
    ) -> Option<super::upgrade::Upgrade> {
        if !super::upgrade::is_possible(request) {
            return None;
        }
        let (settings, context, matched) = (self.clone(), context.clone(), arrival.route.clone());
        let kind = super::upgrade::kind(request.headers());
        super::upgrade::watch(request, move || {
            let route = context.route().get().cloned().or(matched);
            let route = route.as_deref().unwrap_or(super::families::UNMATCHED);
            guarded(|| settings.families.session(kind, route))
        })
    }

    /// The level of log lines that the request asks for, if it may.
    #[cfg(feature = "logs")]
    fn level(&self, headers: &HeaderMap) -> Option<tracing::Level> {
        headers.get(self.level_header.as_ref()?)?.to_str().ok()?.trim().parse().ok()
    }
}

/// What the request itself tells; servers behind a proxy that ends TLS see `http`.
fn scheme<B>(request: &Request<B>) -> &'static str {
    match request.uri().scheme_str() {
        Some("https") => "https",
        _ => "http",
    }
}

/// The version as a label.
pub(super) fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

/// The length that was announced; bodies that come in pieces have none.
fn request_bytes<B: Body>(request: &Request<B>) -> Option<u64> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    announced.or_else(|| request.body().size_hint().exact())
}

pin_project_lite::pin_project! {
    /// The answer that is being waited for.
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        watched: Option<Watched>,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<TrackedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = {
            let _entered = this.watched.as_ref().map(|watched| watched.exchange.context().enter());
            ready!(this.inner.poll(task))
        };
        let watched = this.watched.take();
        Poll::Ready(match outcome {
            Ok(response) => Ok(answered(response, watched)),
            Err(error) => {
                if let Some(watched) = watched {
                    watched.exchange.finish(Failure::Service, None);
                }
                Err(error)
            }
        })
    }
}

fn answered<B: Body>(response: Response<B>, watched: Option<Watched>) -> Response<TrackedBody<B>> {
    let Some(mut watched) = watched else { return response.map(TrackedBody::unwatched) };
    let (mut head, body) = response.into_parts();
    if let Ok(id) = HeaderValue::from_str(watched.exchange.context().request_id()) {
        // What a handler chose to answer stays.
        head.headers.entry(REQUEST_ID).or_insert(id);
    }
    watched.exchange.answered(head.status.as_u16(), &head.headers, is_stream(&head.headers));
    #[cfg(feature = "upgrade")]
    if let Some(upgrade) = watched.upgrade.take() {
        upgrade.answered(head.status);
    }
    // Nothing will ask these for their end. An upgraded connection is no longer an answer.
    if body.is_end_stream() || head.status.is_informational() {
        watched.exchange.finish(Failure::None, Some(0));
        return Response::from_parts(head, TrackedBody::unwatched(body));
    }
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let watch = Watch {
        expected_bytes: announced.or_else(|| body.size_hint().exact()),
        follower: Follower::Exchange(watched.exchange),
        headless: watched.is_head || matches!(head.status.as_u16(), 204 | 304),
        sent_bytes: 0,
    };
    Response::from_parts(head, TrackedBody::watched(body, watch))
}

/// Whether the body goes on until somebody goes away: server-sent events.
pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = content_type.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("text/event-stream")
}
