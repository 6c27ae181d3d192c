//! The exporter as the service sees it: queues that never make anybody wait.

use std::sync::Arc;
use std::sync::mpsc as blocking;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::options::{Batch, OtlpOptions};
use super::queue::{Entrance, queue};
use super::records::LogRecord;
use super::resource::Resource;
use super::spans::Span;
use super::transport::{Collector, Transport};
use super::worker::{Flush, Outlet, export_items, export_metrics, export_told};
use super::{Signal, records};
use crate::Error;
use crate::metrics::{Counter, Family, Registry};

/// Exports metrics, spans and log lines. A clone is another handle; when the last one is gone, what waits is sent once
/// more and the thread ends.
#[derive(Clone)]
pub struct Exporter {
    shared: Arc<Shared>,
}

struct Shared {
    spans: Option<Entrance<Span>>,
    records: Option<Entrance<LogRecord>>,
    /// Where metrics go that are not in a registry of this library.
    told: Option<watch::Sender<Arc<Vec<u8>>>>,
    flushes: Vec<mpsc::UnboundedSender<Flush>>,
    counted: Counted,
}

/// What may become of items.
const OUTCOMES: [&str; 4] = ["sent", "refused", "expired", "dropped"];

/// What became of items.
#[derive(Clone)]
pub(super) struct Counted {
    items: Family<[&'static str; 2], Counter>,
    retries: Family<[&'static str; 1], Counter>,
}

impl Counted {
    fn register(registry: &Registry) -> Result<Counted, Error> {
        Ok(Counted {
            items: registry
                .counter(
                    "flightdeck_export_items",
                    "Data points, spans and log lines by what became of them: sent, refused by the collector, expired \
                     while it could not be reached, or dropped because too many waited.",
                )
                .labels(["signal", "outcome"])?,
            retries: registry
                .counter("flightdeck_export_retries", "Requests to the collector that were sent again.")
                .labels(["signal"])?,
        })
    }

    pub(super) fn add(&self, signal: Signal, outcome: &'static str, items: u64) {
        if items > 0 {
            self.items.with(&[signal.name(), outcome], |counter| counter.add(items as f64));
        }
    }

    pub(super) fn retried(&self, signal: Signal) {
        self.retries.with(&[signal.name()], Counter::inc);
    }
}

impl Exporter {
    /// Starts exporting what is in `registry`, and what it is given. What it does is counted in the same registry.
    pub fn start(options: OtlpOptions, resource: Resource, registry: &Registry) -> Result<Exporter, Error> {
        Exporter::begin(options, resource, None, registry)
    }

    /// The same for metrics that somebody else keeps: what [`Exporter::metrics`] is given goes out, as of `teller`, and the registry
    /// does not.
    #[doc(hidden)]
    pub fn start_told(
        options: OtlpOptions,
        resource: Resource,
        teller: Resource,
        registry: &Registry,
    ) -> Result<Exporter, Error> {
        Exporter::begin(options, resource, Some(teller), registry)
    }

    fn begin(
        options: OtlpOptions,
        resource: Resource,
        teller: Option<Resource>,
        registry: &Registry,
    ) -> Result<Exporter, Error> {
        let failed =
            |error: std::io::Error| Error::Delivery { reason: format!("cannot start to export: {error}") };
        let counted = Counted::register(registry)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(failed)?;
        let mut work = tokio::task::JoinSet::new();
        let mut flushes = Vec::new();
        let mut outlet = |signal| -> Result<(Outlet, mpsc::UnboundedReceiver<Flush>), Error> {
            let target = options.target(signal);
            let transport = Transport::new(Collector::new(&target, signal)?);
            let (flush, flushed) = mpsc::unbounded_channel();
            flushes.push(flush);
            let Batch { delay, items_max, queue_items_max } = options.batch(signal);
            let options = OtlpOptions {
                request_timeout: target.request_timeout,
                retry_for: target.retry_for,
                batch_delay: delay,
                batch_items_max: items_max,
                queue_items_max,
                ..options.clone()
            };
            Ok((Outlet::new(signal, transport, options, counted.clone()), flushed))
        };
        let mut told = None;
        if options.metrics {
            let (outlet, flushed) = outlet(Signal::Metrics)?;
            if let Some(teller) = teller {
                let (entrance, latest) = watch::channel(Arc::default());
                told = Some(entrance);
                work.spawn_on(export_told(outlet, teller, latest, flushed), runtime.handle());
            } else {
                let work_of_metrics = export_metrics(outlet, resource.clone(), registry.clone(), flushed);
                work.spawn_on(work_of_metrics, runtime.handle());
            }
        }
        let mut spans = None;
        if options.traces {
            let (outlet, flushed) = outlet(Signal::Traces)?;
            let items_max = options.batch(Signal::Traces).queue_items_max;
            let (entrance, waiting) = queue(items_max, options.queue_bytes_max);
            spans = Some(entrance);
            work.spawn_on(
                export_items(outlet, resource.clone(), waiting, flushed, super::spans::request),
                runtime.handle(),
            );
        }
        let mut lines = None;
        if options.logs {
            let (outlet, flushed) = outlet(Signal::Logs)?;
            let items_max = options.batch(Signal::Logs).queue_items_max;
            let (entrance, waiting) = queue(items_max, options.queue_bytes_max);
            lines = Some(entrance);
            work.spawn_on(
                export_items(outlet, resource, waiting, flushed, records::request),
                runtime.handle(),
            );
        }
        let shared = Arc::new(Shared { spans, records: lines, told, flushes, counted });
        watch_queues(registry, &shared);
        std::thread::Builder::new()
            .name("flightdeck-otlp".to_owned())
            .spawn(move || runtime.block_on(async { while work.join_next().await.is_some() {} }))
            .map_err(failed)?;
        Ok(Exporter { shared })
    }

    /// Sends everything that waits, and the metrics as they are; whether that was done in time. It blocks the thread:
    /// call it at the end of `main`, or from `spawn_blocking`.
    pub fn flush(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let (done, is_done) = blocking::channel();
        let asked = self
            .shared
            .flushes
            .iter()
            .filter(|flush| flush.send(Flush { deadline, done: done.clone() }).is_ok());
        (0..asked.count())
            .all(|_| is_done.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok())
    }

    /// Exports metrics as they are now, in Prometheus's protobuf format; what was given before and is not sent yet is not needed
    /// any more.
    #[doc(hidden)]
    pub fn metrics(&self, told: Vec<u8>) {
        if let Some(entrance) = &self.shared.told {
            entrance.send_replace(Arc::new(told));
        }
    }

    /// What became of spans, lines and metrics that were given, for those who do not read the registry: signal, outcome, how many.
    #[doc(hidden)]
    pub fn outcomes(&self) -> Vec<(&'static str, &'static str, u64)> {
        let mut all = Vec::new();
        let told = self.shared.told.as_ref().map(|_| Signal::Metrics);
        for signal in [Signal::Traces, Signal::Logs].into_iter().chain(told) {
            for outcome in OUTCOMES {
                let (items, mut count) = (&self.shared.counted.items, 0.0);
                items.with(&[signal.name(), outcome], |counter| count = counter.get());
                all.push((signal.name(), outcome, count as u64));
            }
        }
        all
    }

    /// Whether spans are wanted at all.
    #[doc(hidden)]
    pub fn wants_spans(&self) -> bool {
        self.shared.spans.is_some()
    }

    /// Exports a span, if there is room.
    #[doc(hidden)]
    pub fn span(&self, span: Span) {
        if self.shared.spans.as_ref().is_some_and(|queue| !queue.put(span)) {
            self.shared.counted.add(Signal::Traces, "dropped", 1);
        }
    }

    /// Exports a line, if there is room.
    #[doc(hidden)]
    pub fn log(&self, record: LogRecord) {
        if self.shared.records.as_ref().is_some_and(|queue| !queue.put(record)) {
            self.shared.counted.add(Signal::Logs, "dropped", 1);
        }
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Exporter").field("spans", &self.shared.spans.is_some()).finish_non_exhaustive()
    }
}

/// Exposes how much waits.
fn watch_queues(registry: &Registry, shared: &Arc<Shared>) {
    let shared = Arc::downgrade(shared);
    registry.collect_with(move |samples| {
        let Some(shared) = shared.upgrade() else { return };
        let mut expose = |signal: Signal, waiting: Option<usize>| {
            if let Some(waiting) = waiting {
                let help = "Spans and log lines that wait to be exported.";
                samples.gauge(
                    "flightdeck_export_queue_items",
                    help,
                    &[("signal", signal.name())],
                    waiting as f64,
                );
            }
        };
        let spans = shared.spans.as_ref();
        expose(Signal::Traces, spans.map(Entrance::items));
        let records = shared.records.as_ref();
        expose(Signal::Logs, records.map(Entrance::items));
    });
}
