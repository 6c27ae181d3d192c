//! The HTTP layer: what every request of a service is measured by.
//!
//! `layer` wraps a service, `exchange` is one request from its arrival to the last byte of its answer, `body` watches
//! that answer go out, `families` has the metrics. A failure in here is counted and never reaches a request.
//!
//! | metric | labels | |
//! |---|---|---|
//! | `http_requests_total` | method, route, status | requests answered |
//! | `http_request_duration_seconds` | method, route, status | until the last byte; of event streams until the first |
//! | `http_response_first_byte_seconds` | method, route, status | until the head of the answer |
//! | `http_requests_in_progress` | method, route | not answered to the end yet |
//! | `http_request_size_bytes` | method, route | with axum bodies as they were read, elsewhere those that announced their length |
//! | `http_response_size_bytes` | method, route | bodies as they were sent |
//! | `http_request_panics_total` | method, route | handlers that panicked; their status is 500 |
//! | `http_response_body_errors_total` | method, route | answers that broke off after their head |
//! | `grpc_request_duration_seconds` | route, code | gRPC calls by what their trailers say, until the last byte |
//! | `http_sessions_in_progress`, `http_session_duration_seconds` | kind, route | event streams, WebSockets and other upgrades while they are open |
//!
//! WebSockets and other upgrades are requests of status 101 that are over with their head. How long what follows is open
//! is measured as a session, with the feature `upgrade` (which `axum` has) by itself for whatever hyper upgrades. Elsewhere
//! only whoever has the connection knows: it holds a [`Session`] of [`DeckLayer::session`] meanwhile.
//!
//! [`ExternalApi`] is the other direction: calls to other services, from their beginning to the last byte of the answer.
//!
//! [`HttpNames`] switches to the names of OpenTelemetry's conventions, or has both.
//!
//! ```
//! use flightdeck::http::{DeckLayer, HttpOptions};
//!
//! let registry = flightdeck::Registry::new();
//! let layer = DeckLayer::register(&registry, HttpOptions::default())?;
//! // tower::ServiceBuilder::new().layer(layer).service(…)
//! # let _ = layer;
//! # Ok::<(), flightdeck::Error>(())
//! ```

mod body;
mod client;
mod exchange;
mod families;
mod grpc;
mod host;
mod layer;
pub(crate) mod method;
#[cfg(feature = "otlp")]
pub(crate) mod span;
#[cfg(feature = "upgrade")]
mod upgrade;

pub use body::TrackedBody;
pub use client::{Answer, Call, CallFuture, ExternalApi, MeasuredClient};
pub use families::{HttpNames, Session};
pub use layer::{DeckLayer, HttpOptions, Instrumented, ResponseFuture, set_route};
#[cfg(feature = "otlp")]
pub use span::Traces;
