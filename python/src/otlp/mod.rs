//! Spans and log lines for a collector that speaks OTLP over HTTP, on a thread of its own that needs no interpreter.
//!
//! A service never waits: what is exported goes into a queue that is bounded, and what finds no room is dropped and counted.
//! Nobody has to say where the collector is if it is Flightdeck on the same host: the thread asks there now and then, more and
//! more seldom, and nothing is made to be exported until somebody answered.
//!
//! From the bottom up: `item` is what is exported and how it is encoded, `http` one request, `worker` the thread.

mod http;
mod item;
mod worker;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

use item::{Line, Span, Value};
use worker::{Shared, Signal};

/// Attributes of one span or line; the rest is left out.
const ATTRIBUTES_MAX: usize = 64;

/// Exports spans and lines. After a fork the child needs one of its own.
#[pyclass(frozen, module = "flightdeck._core")]
pub(crate) struct Exporter {
    shared: Arc<Shared>,
}

#[pymethods]
impl Exporter {
    /// `endpoint` is `http://host:port` and maybe a path. With `asks_first` nothing is wanted until somebody answered there.
    #[new]
    fn new(
        endpoint: &str,
        headers: Vec<(String, String)>,
        resource: Vec<(String, String)>,
        signals: (bool, bool),
        asks_first: bool,
    ) -> PyResult<Exporter> {
        let collector = http::Collector::new(endpoint, headers).map_err(PyValueError::new_err)?;
        let shared = worker::start(collector, resource, signals, asks_first)?;
        Ok(Exporter { shared })
    }

    /// Whether spans are wanted: somebody takes them.
    fn wants_spans(&self) -> bool {
        self.shared.wants(Signal::Traces)
    }

    /// Whether log lines are.
    fn wants_lines(&self) -> bool {
        self.shared.wants(Signal::Logs)
    }

    /// Exports a span that is over. Ids are hexadecimal, times nanoseconds since 1970, the kind a number of OTLP's.
    #[expect(clippy::too_many_arguments)]
    fn span(
        &self,
        trace_id: &str,
        span_id: &str,
        parent_id: Option<&str>,
        name: String,
        kind: u64,
        begin_ns: u64,
        end_ns: u64,
        attributes: &Bound<'_, PyDict>,
        error: Option<String>,
    ) {
        let Some((trace_id, span_id)) = item::id(trace_id).zip(item::id(span_id)) else { return };
        let parent_id = parent_id.and_then(item::id);
        let attributes = attributes_of(attributes);
        self.shared.span(Span {
            trace_id,
            span_id,
            parent_id,
            name,
            kind,
            begin_ns,
            end_ns: end_ns.max(begin_ns),
            attributes,
            error,
        });
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
        let trace =
            trace.and_then(|(trace, span, sampled)| Some((item::id(&trace)?, item::id(&span)?, sampled)));
        let (attributes, message) = (attributes_of(attributes), item::shortened(message));
        self.shared.line(Line { time_ns, severity, level, message, trace, attributes });
    }

    /// Waits until what was exported so far is sent; whether it was.
    fn flush(&self, py: Python<'_>, seconds: f64) -> bool {
        let patience = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        py.detach(|| self.shared.flush(patience))
    }

    /// What became of spans and lines: by signal and outcome, how many.
    fn counts(&self) -> HashMap<(&'static str, &'static str), u64> {
        self.shared.counts()
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// What is neither text nor a number is left as its text, and what has none is left out.
fn attributes_of(given: &Bound<'_, PyDict>) -> Vec<(String, Value)> {
    let attribute = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let value = if let Ok(truth) = value.cast::<PyBool>() {
            Value::Truth(truth.is_true())
        } else if let Ok(number) = value.extract::<i64>() {
            Value::Integer(number)
        } else if let Ok(number) = value.extract::<f64>() {
            Value::Float(number)
        } else {
            Value::Text(item::shortened(value.str().ok()?.to_string()))
        };
        Some((name.extract().ok()?, value))
    };
    given.iter().take(ATTRIBUTES_MAX).filter_map(attribute).collect()
}
