//! Where to export, what, and how much of it at once.

use std::path::PathBuf;
use std::time::Duration;

use super::{Signal, environment};

/// How a collector is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Protobuf over HTTP/1.1, by convention at port 4318.
    #[default]
    Http,
    /// gRPC, by convention at port 4317.
    Grpc,
}

/// What can be said about an export.
#[derive(Clone, Debug)]
pub struct OtlpOptions {
    /// The collector, such as `http://collector:4318`; `https` with the feature `otlp-tls`.
    pub endpoint: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Sent along with every request, such as a token.
    pub headers: Vec<(String, String)>,
    /// Whether requests are compressed; with the feature `gzip`.
    pub gzip: bool,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// Whom to trust at `https`, and as whom to appear.
    pub certificates: Certificates,
    /// What is otherwise for one signal: metrics, spans and lines may have collectors of their own.
    pub elsewhere: Elsewhere,
    /// Whether metrics are exported.
    pub metrics: bool,
    /// Whether spans are.
    pub traces: bool,
    /// Whether log lines are.
    pub logs: bool,
    /// How often metrics are.
    pub metrics_every: Duration,
    /// How long a span or line may wait for others to go with it.
    pub batch_delay: Duration,
    /// How many spans or lines go together.
    pub batch_items_max: usize,
    /// How many spans, and how many lines, may wait; what is beyond is dropped and counted.
    pub queue_items_max: usize,
    /// About how much memory they may take: of spans, and of lines, so many bytes.
    pub queue_bytes_max: usize,
    /// How long a batch is tried again before it is dropped.
    pub retry_for: Duration,
    /// What is otherwise for the batches of one signal.
    pub batches: Batches,
}

/// How single signals are gathered, if not as all are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Batches {
    /// Spans.
    pub traces: Option<Batch>,
    /// Log lines.
    pub logs: Option<Batch>,
}

/// How one signal is gathered; see the fields of [`OtlpOptions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How long an item may wait for others to go with it.
    pub delay: Duration,
    /// How many go together.
    pub items_max: usize,
    /// How many may wait.
    pub queue_items_max: usize,
}

/// Files in PEM for connections to `https`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates {
    /// The authorities to trust, instead of those of the operating system.
    pub trusted: Option<PathBuf>,
    /// A certificate and its key, for collectors that want to know who calls.
    pub own: Option<(PathBuf, PathBuf)>,
}

/// Where single signals go, if not where all go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Metrics.
    pub metrics: Option<OtlpTarget>,
    /// Spans.
    pub traces: Option<OtlpTarget>,
    /// Log lines.
    pub logs: Option<OtlpTarget>,
}

/// Where one signal goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpTarget {
    /// The whole address: nothing is added to its path.
    pub url: String,
    /// How the collector is spoken to.
    pub protocol: Protocol,
    /// Sent along with every request.
    pub headers: Vec<(String, String)>,
    /// Whether requests are compressed; with the feature `gzip`.
    pub gzip: bool,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How long a batch is tried again before it is dropped.
    pub retry_for: Duration,
    /// Whom to trust at `https`, and as whom to appear.
    pub certificates: Certificates,
}

impl OtlpOptions {
    /// Everything, by HTTP, to a collector.
    pub fn to(endpoint: &str) -> OtlpOptions {
        OtlpOptions {
            endpoint: endpoint.to_owned(),
            protocol: Protocol::Http,
            headers: Vec::new(),
            gzip: false,
            request_timeout: Duration::from_secs(10),
            certificates: Certificates::default(),
            elsewhere: Elsewhere::default(),
            metrics: true,
            traces: true,
            logs: true,
            metrics_every: Duration::from_secs(15),
            batch_delay: Duration::from_secs(1),
            batch_items_max: 512,
            queue_items_max: 4_096,
            queue_bytes_max: 16 << 20,
            retry_for: Duration::from_secs(60),
            batches: Batches::default(),
        }
    }

    /// What the environment says, under OpenTelemetry's names. There is an export where an endpoint is named or an
    /// exporter asked for by name, and else none. What makes no sense is told on stderr and taken for absent.
    ///
    /// | variable | |
    /// |---|---|
    /// | `OTEL_EXPORTER_OTLP_ENDPOINT` | the collector, by default `http://localhost:4318`, or `:4317` for gRPC |
    /// | `…_PROTOCOL` | `http/protobuf` (the default) or `grpc` |
    /// | `…_HEADERS` | `name=value,name=value`, values percent-encoded |
    /// | `…_TIMEOUT` | milliseconds that a request may take; 10000 |
    /// | `…_COMPRESSION` | `gzip` or `none` |
    /// | `…_CERTIFICATE`, `…_CLIENT_CERTIFICATE`, `…_CLIENT_KEY` | files in PEM |
    /// | `…_INSECURE` | `true` for gRPC to an endpoint that names no scheme, without TLS |
    /// | each with `_METRICS`, `_TRACES` or `_LOGS` after `OTLP` | the same for one signal; its endpoint is the whole address |
    /// | `OTEL_METRICS_EXPORTER`, `OTEL_TRACES_EXPORTER`, `OTEL_LOGS_EXPORTER` | `otlp` or `none` |
    /// | `OTEL_METRIC_EXPORT_INTERVAL` | milliseconds between two exports of metrics; 15000 |
    /// | `OTEL_METRIC_EXPORT_TIMEOUT`, `OTEL_BSP_EXPORT_TIMEOUT`, `OTEL_BLRP_EXPORT_TIMEOUT` | milliseconds after which metrics, spans or lines are not tried again; 60000, and metrics until the next export |
    /// | `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BLRP_SCHEDULE_DELAY` | milliseconds that a span or line may wait for others; 1000 |
    /// | `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE` | spans or lines that go together; 512 |
    /// | `OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BLRP_MAX_QUEUE_SIZE` | spans or lines that may wait; 4096 |
    /// | `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` | `cumulative`; there is no other |
    /// | `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` | `explicit_bucket_histogram`; native ones are what the program says |
    /// | `OTEL_SDK_DISABLED` | `true` for no export at all |
    ///
    /// What else OpenTelemetry has variables for `Flightdeck` reads (`Flightdeck::builder`), and says of each that is set
    /// and has no effect that it has none.
    pub fn from_env() -> Option<OtlpOptions> {
        let (options, complaints) = environment::read(&|name| std::env::var(name).ok());
        complaints.iter().for_each(|complaint| eprintln!("flightdeck: {complaint}"));
        options
    }

    /// Where a signal goes.
    pub(super) fn target(&self, signal: Signal) -> OtlpTarget {
        let elsewhere = match signal {
            Signal::Metrics => &self.elsewhere.metrics,
            Signal::Traces => &self.elsewhere.traces,
            Signal::Logs => &self.elsewhere.logs,
        };
        elsewhere.clone().unwrap_or_else(|| OtlpTarget {
            url: match self.protocol {
                Protocol::Http => format!("{}/v1/{}", self.endpoint.trim_end_matches('/'), signal.name()),
                Protocol::Grpc => self.endpoint.clone(),
            },
            protocol: self.protocol,
            headers: self.headers.clone(),
            gzip: self.gzip,
            request_timeout: self.request_timeout,
            retry_for: self.retry_for,
            certificates: self.certificates.clone(),
        })
    }

    /// How a signal is gathered.
    pub(super) fn batch(&self, signal: Signal) -> Batch {
        let own = match signal {
            Signal::Traces => self.batches.traces,
            Signal::Logs => self.batches.logs,
            Signal::Metrics => None,
        };
        own.unwrap_or(Batch {
            delay: self.batch_delay,
            items_max: self.batch_items_max,
            queue_items_max: self.queue_items_max,
        })
    }
}
