//! Spans, log lines and metrics for a collector: the export of the Rust library, given what Python has, and told where to by the
//! same variables of the environment.
//!
//! Nothing here waits or needs the interpreter. The library's thread begins when somebody is there who takes spans or lines, in
//! the process that has them; after a fork the child needs an `Exporter` of its own, and leaves its parent's alone.
//! Where the environment names no collector, a Flightdeck on the same host is looked for (`find`).

mod find;
mod item;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use flightdeck::Registry;
use flightdeck::binding::{LogRecord, Span};
use flightdeck::otlp::{OtlpOptions, Resource};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What is exported.
#[derive(Clone, Copy)]
pub(crate) enum Signal {
    Traces,
    Logs,
}

/// What the service, the export and who looks for a Flightdeck have in common.
pub(crate) struct Shared {
    resource: Resource,
    /// As what metrics are sent: they are those of all workers together.
    teller: Resource,
    options: OtlpOptions,
    export: OnceLock<flightdeck::otlp::Exporter>,
    /// By signal, whether somebody takes it.
    wanted: [AtomicBool; 2],
}

impl Shared {
    /// Begins to export, unless that was done.
    fn start(&self) -> Result<(), flightdeck::Error> {
        if self.export.get().is_none() {
            let registry = Registry::new();
            let made = flightdeck::otlp::Exporter::start_told(
                self.options.clone(),
                self.resource.clone(),
                self.teller.clone(),
                &registry,
            )?;
            let _ = self.export.set(made);
        }
        Ok(())
    }

    fn want(&self, signal: Signal, wanted: bool) {
        self.wanted[signal as usize].store(wanted, Relaxed);
    }

    fn wants(&self, signal: Signal) -> bool {
        self.wanted[signal as usize].load(Relaxed)
    }

    /// By signal and outcome, how many.
    fn outcomes(&self) -> Vec<(&'static str, &'static str, u64)> {
        self.export.get().map(flightdeck::otlp::Exporter::outcomes).unwrap_or_default()
    }
}

/// Exports spans, lines and metrics.
#[pyclass(frozen, module = "flightdeck._core")]
pub(crate) struct Exporter {
    shared: Option<Arc<Shared>>,
    search: Option<find::Search>,
    process: u32,
}

#[pymethods]
impl Exporter {
    /// `instance` is the one that metrics are of. `signals` tells whether there are spans, lines and metrics. Where the environment
    /// says nothing of a collector, it is `fallback`: a Flightdeck, of which nothing is wanted until it answered there, and which
    /// reads metrics where they are exposed.
    #[new]
    fn new(
        py: Python<'_>,
        service: &str,
        resource: Vec<(String, String)>,
        instance: &str,
        signals: (bool, bool, bool),
        fallback: &str,
    ) -> PyResult<Exporter> {
        let resource =
            resource.iter().fold(Resource::new(service), |made, (name, value)| made.with(name, value));
        let teller = resource.clone().with("service.instance.id", instance);
        // Certificates are read, which takes a while.
        let made = py.detach(|| Exporter::make((resource, teller), signals, fallback));
        made.map_err(PyValueError::new_err)
    }

    /// Whether spans are wanted: somebody takes them.
    fn wants_spans(&self) -> bool {
        self.shared().wants(Signal::Traces)
    }

    /// Whether log lines are.
    fn wants_lines(&self) -> bool {
        self.shared().wants(Signal::Logs)
    }

    /// How many seconds are between two exports of metrics; `None`: they are not exported.
    fn metrics_every(&self) -> Option<f64> {
        let options = &self.shared().options;
        options.metrics.then_some(options.metrics_every.as_secs_f64())
    }

    /// Exports metrics as they are now, in Prometheus's protobuf format.
    fn metrics(&self, told: &[u8]) {
        if let Some(export) = self.shared().export.get() {
            export.metrics(told.to_vec());
        }
    }

    /// Exports a span that is over. Ids are hexadecimal, times nanoseconds since 1970, the kind a number of OTLP's.
    #[expect(clippy::too_many_arguments)]
    fn span(
        &self,
        trace: (String, String, Option<String>, bool, String),
        name: String,
        kind: u64,
        begin_ns: u64,
        end_ns: u64,
        attributes: &Bound<'_, PyDict>,
        error: Option<String>,
    ) {
        let Some(export) = self.shared().export.get() else { return };
        let (trace, span, parent, sampled, state) = trace;
        let Some(trace) = item::trace(&trace, &span, parent.as_deref(), sampled, state) else { return };
        let (start, end) = (item::time(begin_ns), item::time(end_ns));
        let attributes = item::attributes_of(attributes);
        let (kind, status) = (item::kind(kind), item::status(error));
        export.span(Span { trace, name: name.into(), kind, start, end, attributes, status });
    }

    /// Exports a log line. The severity is a number of OTLP's.
    fn line(
        &self,
        time_ns: u64,
        severity: u64,
        level: String,
        message: String,
        trace: Option<(String, String, bool)>,
        attributes: &Bound<'_, PyDict>,
    ) {
        let Some(export) = self.shared().export.get() else { return };
        let trace =
            trace.and_then(|(trace, span, sampled)| item::trace(&trace, &span, None, sampled, String::new()));
        export.log(LogRecord {
            time: item::time(time_ns),
            severity: (severity, level.into()),
            target: String::new(),
            message: Some(item::shortened(message).into()),
            attributes: item::attributes_of(attributes),
            request: Some((String::new(), trace)),
        });
    }

    /// Waits until what was exported so far is sent; whether it was.
    fn flush(&self, py: Python<'_>, seconds: f64) -> bool {
        let patience = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let export = self.shared().export.get();
        export.is_none_or(|export| py.detach(|| export.flush(patience)))
    }

    /// What became of spans and lines: by signal and outcome, how many.
    fn counts(&self) -> HashMap<(&'static str, &'static str), u64> {
        let outcomes = self.shared().outcomes().into_iter();
        outcomes.map(|(signal, outcome, items)| ((signal, outcome), items)).collect()
    }
}

impl Exporter {
    fn make(
        (resource, teller): (Resource, Resource),
        (spans, lines, metrics): (bool, bool, bool),
        fallback: &str,
    ) -> Result<Exporter, String> {
        let told = OtlpOptions::from_env();
        // What is asked in the clear is on this host; what is named with TLS needs not be looked for.
        let place = match &told {
            None if !fallback.starts_with("https://") => Some(find::Place::of(fallback)?),
            _ => None,
        };
        let address = place.as_ref().map_or_else(|| fallback.to_owned(), find::Place::address);
        let mut options = told.unwrap_or_else(|| OtlpOptions::to(&address));
        options.metrics &= metrics && place.is_none();
        options.traces &= spans;
        options.logs &= lines;
        let (spans, lines, metrics) = (options.traces, options.logs, options.metrics);
        let shared = Arc::new(Shared {
            resource,
            teller,
            options,
            export: OnceLock::new(),
            wanted: [AtomicBool::new(place.is_none() && spans), AtomicBool::new(place.is_none() && lines)],
        });
        let search = match place {
            Some(place) if spans || lines => Some(find::Search::start(place, Arc::clone(&shared))?),
            None if spans || lines || metrics => {
                shared.start().map_err(|error| error.to_string())?;
                None
            }
            _ => None,
        };
        Ok(Exporter { shared: Some(shared), search, process: std::process::id() })
    }

    fn shared(&self) -> &Shared {
        self.shared.as_deref().expect("it is there until the drop")
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            return;
        }
        // The threads that are to be told stayed with the parent, and one may have had a lock: what they had is left alone.
        std::mem::forget((self.shared.take(), self.search.take()));
    }
}
