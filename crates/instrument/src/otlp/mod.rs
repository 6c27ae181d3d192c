//! OTLP: metrics, spans and log lines for a collector, over HTTP or gRPC.
//!
//! An [`Exporter`] has a thread of its own, so that nothing a collector does is noticed by the service: what is exported
//! goes into queues that are bounded, and what finds no room is dropped and counted in
//! `flightdeck_export_items_total{signal,outcome}`. Batches are sent again when the collector asks for it, later each time, or
//! when it says. [`Exporter::flush`] sends what is left.
//!
//! ```no_run
//! use flightdeck::otlp::{Exporter, OtlpOptions, Resource};
//!
//! let registry = flightdeck::Registry::new();
//! let options = OtlpOptions::to("http://collector:4318");
//! let exporter = Exporter::start(options, Resource::new("orders"), &registry)?;
//! // …
//! exporter.flush(std::time::Duration::from_secs(5));
//! # Ok::<(), flightdeck::Error>(())
//! ```
//!
//! `options` says where to and how much, and `environment` where that may come from; `exporter` has the queues (`queue`) and `worker` empties them; `transport` is a connection,
//! `answer` what a collector says and `retry` what follows from it. `metrics`, `spans` and `records` are the three
//! signals, `conventions` the names that OpenTelemetry has for metrics of HTTP, `told` metrics that somebody else keeps.

mod answer;
mod conventions;
mod date;
mod environment;
mod exporter;
mod metrics;
mod options;
mod queue;
pub(crate) mod records;
mod resource;
mod retry;
pub(crate) mod spans;
#[cfg(feature = "otlp-tls")]
mod tls;
mod told;
mod tracing_layer;
mod transport;
mod worker;

#[cfg(feature = "axum")]
pub(crate) use environment::is_read;
pub use exporter::Exporter;
pub use options::{Batch, Batches, Certificates, Elsewhere, OtlpOptions, OtlpTarget, Protocol};
pub(crate) use records::LogRecord;
pub use resource::Resource;
pub(crate) use spans::{Pending, Span, SpanKind, SpanStatus};
pub use tracing_layer::SpanLayer;

/// The target of log lines about the export itself. They are written and never exported, or one would cause the next.
pub(crate) const TARGET: &str = "flightdeck::otlp";

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Metrics,
    Traces,
    Logs,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Signal::Metrics => "metrics",
            Signal::Traces => "traces",
            Signal::Logs => "logs",
        }
    }

    /// The method of the collector's service.
    fn grpc_path(self) -> &'static str {
        match self {
            Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        }
    }
}

/// Nanoseconds since 1970; 0 for times before.
fn unix_ns(time: std::time::SystemTime) -> u64 {
    time.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}
