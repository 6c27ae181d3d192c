//! One line in a Rust service: metrics, health checks, request ids and trace context that are right under load and cheap
//! enough to stay on everywhere.
//!
//! # A web service
//!
//! With the feature `axum`:
//!
#![cfg_attr(feature = "axum", doc = "```")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, routing::get};
//!
//! let deck = flightdeck::Flightdeck::new("orders");
//! let app: Router = Router::new()
//!     .route("/orders/{id}", get(|| async { "an order" }))
//!     .layer(deck.layer());
//! deck.check("database", || async { Ok::<(), std::io::Error>(()) });
//! let app = app.merge(deck.routes()); // /metrics /health /health/live /health/ready
//! # let _ = app;
//! ```
//!
//! That measures every request by route, method and status: how many, how long until the first byte and the last, how
//! many at once, how large ([`http`] tells the names). What a client can make up never becomes a label: a path that matches no
//! route is `unmatched`, a word that is no method is `_OTHER`. Requests that are cancelled are 499, panics are 500, and
//! what is in progress is counted until the last byte, however it ends. Requests have an id and a trace
//! ([`correlate`]), and the buckets of histograms remember one of them as exemplar.
//!
//! # Metrics of your own
//!
//! A [`Registry`] has metrics by name. What is defined ends in `register`, or in one of the calls that give it labels:
//!
//! ```
//! # #[cfg(feature = "derive")]
//! # fn main() -> Result<(), flightdeck::Error> {
//! use flightdeck::{LabelValue, Labels, Registry};
//!
//! #[derive(LabelValue)]
//! enum Payment {
//!     Card,
//!     BankTransfer,
//! }
//!
//! #[derive(Labels)]
//! struct Order<'a> {
//!     payment_method: Payment,
//!     country: &'a str,
//! }
//!
//! let registry = Registry::new();
//! let orders = registry.counter("orders_created_total", "Orders taken.").family::<Order>()?;
//! let totals = registry.histogram("order_total_dollars", "What orders cost.").buckets(&[10.0, 100.0, 1000.0]).register()?;
//!
//! orders.get(&Order { payment_method: Payment::BankTransfer, country: "de" }).inc();
//! totals.observe(17.5);
//! assert!(registry.text().contains("orders_created_total{country=\"de\",payment_method=\"bank_transfer\"} 1.0"));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "derive"))]
//! # fn main() {}
//! ```
//!
//! | | |
//! |---|---|
//! | [`Counter`] | only grows |
//! | [`Gauge`], [`Level`] | goes up and down; a level only by steps, so that threads do not meet at it |
//! | [`Histogram`] | observations in buckets: of your choice, [native](Native), or both at once |
//! | [`Summary`] | quantiles over a sliding window; its [`Sketch`] can be merged with others |
//! | [`Info`], [`StateSet`] | labels that describe; one state of several |
//! | [`Registry::collect_with`] | whatever is computed when somebody asks |
//!
//! Handles are cheap to clone and can be held for as long as you like. Nothing here takes a lock to count, keeps samples
//! until somebody reads them, or shows a sum that its buckets do not add up to.
//!
//! # What a service depends on
//!
//! [`dependency`] times calls to databases, counts hits of caches and watches pools; with the features `sqlx` and `redis` a pool
//! and a connection do it by themselves. `http::ExternalApi` is a layer for HTTP clients: it measures calls by host,
//! method and status until the last byte of the answer, and tells the called which request and trace they are part of. [`deliver`] leaves the metrics of
//! batch jobs in a file or with a Pushgateway.
//!
//! # Logs and traces
//!
//! With the features `logs` and `otlp`, one call each:
//!
#![cfg_attr(all(feature = "axum", feature = "otlp"), doc = "```no_run")]
#![cfg_attr(not(all(feature = "axum", feature = "otlp")), doc = "```ignore")]
//! # async fn run() -> Result<(), flightdeck::Error> {
//! let deck = flightdeck::Flightdeck::builder("orders")
//!     .otlp(flightdeck::otlp::OtlpOptions::to("http://collector:4318"))
//!     .sample_ratio(0.1)
//!     .redact(&["iban"])
//!     .build();
//! deck.logs().init()?; // JSON to stdout, and to the collector
//! // … serve …
//! deck.shutdown().await; // sends what is left
//! # Ok(())
//! # }
//! ```
//!
//! Without `otlp(…)` the export is what `OTEL_EXPORTER_OTLP_ENDPOINT` and its kin say, and none where they say nothing. Requests
//! are server spans under OpenTelemetry's stable names, spans of `tracing` their children, calls to other services the
//! leaves. Of what was not sampled, requests that fail or take longer than a second are kept all the same
//! (`http::Traces`). Lines have the id of their request, trace and span. Fields, headers, query parameters and
//! parameters of routes whose names say that they are secret are redacted before anything leaves the process, and so are
//! segments of paths that look like keys (`logs::Paths`).
//!
//! A collector that is slow, full or gone is not noticed by the service: what waits is bounded, what finds no room is dropped,
//! and `flightdeck_export_items_total` tells how much.
//!
//! # Labels are bounded
//!
//! A family has at most [`SERIES_MAX`] series unless told otherwise; what is beyond goes into one whose labels are
//! `__overflow__`. [`Registry::cardinality`], `/metrics/cardinality` and `flightdeck_series_overflowed_total` say which label
//! exploded. Series that nobody uses can be forgotten: [`Definition::idle_ttl`].
//!
//! # Names are checked
//!
//! What no exposition could carry is refused when it is registered. What the field advises against (camelCase,
//! milliseconds, a gauge that ends in `_total`) is a [warning](Registry::warnings), or refused where the registry was made with
//! [`Naming::Refuse`].
//!
//! # Features
//!
//! | feature | what it adds | what it pulls in |
//! |---|---|---|
//! | `derive` (default) | `#[derive(Labels)]`, `#[derive(LabelValue)]` | nothing: the macros need no parser |
//! | `gzip`, `zstd` | compressed expositions | flate2; zstd |
//! | `http` | the layer for any `tower` service and for clients | http, http-body, tower's traits |
//! | `upgrade` | WebSockets and other upgrades, measured until they end | hyper's server, tokio |
//! | `health` | health checks | tokio, for its clock and tasks |
//! | `runtime` | metrics of the tokio runtime | tokio |
//! | `logs` | log lines as JSON | tracing, tracing-subscriber |
//! | `otlp` | export of metrics, spans and lines by HTTP and gRPC | hyper, tokio, `http`, `logs` |
//! | `otlp-tls` | the same to `https` | rustls with ring, the system's certificates |
//! | `sqlx` | a pool that measures itself and its queries | sqlx without drivers, async-stream |
//! | `redis` | a connection that measures its commands | redis |
//! | `reqwest` | reqwest's client, measured | reqwest without TLS |
//! | `axum` | all of it in one line | axum, `gzip`, `health`, `http`, `runtime` and `upgrade` |
//! | `full` | everything | all of the above |
//!
//! The crate needs Rust 1.95, and says so in its manifest (`rust-version`). It has no unsafe code.

#[doc(hidden)]
pub mod binding;
pub mod correlate;
#[cfg(feature = "axum")]
mod deck;
pub mod deliver;
pub mod dependency;
mod error;
#[cfg(any(feature = "axum", feature = "health", feature = "logs"))]
mod escapes;
pub mod expose;
#[cfg(feature = "health")]
pub mod health;
#[cfg(feature = "http")]
pub mod http;
#[cfg(any(feature = "health", feature = "logs"))]
mod json;
#[cfg(feature = "logs")]
pub mod logs;
pub mod metrics;
#[cfg(feature = "otlp")]
pub mod otlp;
mod protobuf;
#[cfg(any(feature = "health", feature = "logs"))]
#[cfg_attr(not(feature = "logs"), allow(dead_code, reason = "health checks have texts alone to redact"))]
mod redact;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "logs")]
mod value;
#[doc = include_str!("../MIGRATING.md")]
pub mod migrating {}

// The derive macros name the crate from outside, and its own tests are inside.
#[cfg(test)]
extern crate self as flightdeck;

#[cfg(all(feature = "axum", feature = "logs"))]
pub use deck::Logs;
#[cfg(feature = "axum")]
pub use deck::{Builder, Flightdeck};
pub use error::Error;
#[cfg(feature = "derive")]
pub use flightdeck_derive::{LabelValue, Labels};
pub use metrics::*;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whatever happened to a thread that had it: what our locks guard is whole at every moment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
