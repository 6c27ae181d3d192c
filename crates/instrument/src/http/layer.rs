//! The layer itself: it sees a request come, gives it a context, and follows its answer.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::{TrackedBody, Watch};
use super::exchange::Exchange;
use super::families::{Arrival, Failure, Families};
use super::method;
use crate::correlate::{self, TraceContext};
use crate::metrics::guarded;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The route of a request as somebody inside the service knows it.
pub(super) type RouteSlot = Arc<OnceLock<Arc<str>>>;

/// Where a layer leaves the slot for those inside.
#[derive(Clone)]
struct Slot(RouteSlot);

/// What the layers of a service have in common.
pub(crate) struct Settings {
    pub(crate) families: Families,
    /// The share of traces that begin here which is sampled.
    pub(crate) sample_ratio: f64,
    /// Path prefixes of services that have no routes of their own.
    pub(crate) mounts: Vec<String>,
}

/// Measures a service: put it around a router with `Router::layer`, or around any other `tower` service.
#[derive(Clone)]
pub struct DeckLayer {
    settings: Arc<Settings>,
}

impl DeckLayer {
    pub(crate) fn new(settings: Arc<Settings>) -> DeckLayer {
        DeckLayer { settings }
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
    if let Some(Slot(slot)) = extensions.get::<Slot>() {
        let _ = slot.set(Arc::from(route));
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for Instrumented<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    RequestBody: Body,
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
}

impl<S> Instrumented<S> {
    /// Begins the exchange. `None` when a layer further out does that already.
    fn watch<B: Body>(&self, request: &mut Request<B>) -> Option<Watched> {
        let route = route(request.extensions(), request.uri().path(), &self.settings.mounts);
        if let Some(Slot(outer)) = request.extensions().get::<Slot>() {
            if let Some(route) = route {
                let _ = outer.set(route);
            }
            return None;
        }
        let context = context(request.headers(), self.settings.sample_ratio);
        let slot = RouteSlot::default();
        let arrival = Arrival {
            method: method::label(request.method()),
            route,
            scheme: scheme(request),
            version: version(request.version()),
        };
        let exchange = Exchange::begin(
            self.settings.clone(),
            context.clone(),
            arrival,
            slot.clone(),
            request_bytes(request),
        );
        let is_head = request.method() == Method::HEAD;
        request.extensions_mut().insert(Slot(slot));
        request.extensions_mut().insert(context);
        Some(Watched { exchange, is_head })
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

/// The context that the client sent, as far as it makes sense, or a new one.
fn context(headers: &HeaderMap, sample_ratio: f64) -> correlate::Context {
    let all = |name: &'static str| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    // A header that is no text is one all the same: what came twice is not to be trusted.
    let parents = headers.get_all("traceparent").iter().count();
    let trace = TraceContext::from_headers(all("traceparent"), all("tracestate")).filter(|_| parents == 1);
    let sent =
        headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| correlate::is_sane(id));
    let request_id = sent.map_or_else(correlate::new_request_id, str::to_owned);
    correlate::Context::new(request_id, trace.unwrap_or_else(|| TraceContext::new_root(sample_ratio)))
}

/// What the request itself tells; servers behind a proxy that ends TLS see `http`.
fn scheme<B>(request: &Request<B>) -> &'static str {
    match request.uri().scheme_str() {
        Some("https") => "https",
        _ => "http",
    }
}

fn version(version: Version) -> &'static str {
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
    watched.exchange.answered(head.status.as_u16(), is_stream(&head.headers));
    // Nothing will ask these for their end. An upgraded connection is no longer an answer.
    if body.is_end_stream() || head.status.is_informational() {
        watched.exchange.finish(Failure::None, Some(0));
        return Response::from_parts(head, TrackedBody::unwatched(body));
    }
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let watch = Watch {
        expected_bytes: announced.or_else(|| body.size_hint().exact()),
        exchange: watched.exchange,
        headless: watched.is_head || matches!(head.status.as_u16(), 204 | 304),
        sent_bytes: 0,
    };
    Response::from_parts(head, TrackedBody::watched(body, watch))
}

/// Whether the body goes on until somebody goes away: server-sent events.
fn is_stream(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = content_type.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("text/event-stream")
}
