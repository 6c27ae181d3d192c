//! The native core of the Python package `flightdeck`: the numbers of metrics, and what happens on every request.
//!
//! The rule of the border: what a service does all the time (`labels`, `inc`, `observe`) is one native call that touches no
//! Python object but its arguments; what it does once (making a metric, an error, a scrape of a custom collector) is
//! Python above. A native method that meets anything unusual hands over to the Python method of the same name with an
//! underscore before it, which is written for clarity.
//!
//! It is built on the Rust library `flightdeck`: how numbers become text and messages, exponential buckets, and the export of
//! spans and lines are its own (`flightdeck::binding`). What is here is what Python needs of its own: numbers that several
//! processes share, and children that are found by the values of their labels without a copy.
//!
//! From the bottom up: `cells` is where numbers lie, `shape` what they are and `buckets` their windows, `bank` the children of a metric, `value` one number as Python sees it,
//! `metric` a metric with its children, `kinds` the four kinds of it that are recorded to, `exposition` what is taken of them for a
//! scrape, `text` and `protobuf` how that is written without the interpreter, `shared` the file in memory in which the workers of
//! a service count together, `http` what happens on every request, `otlp` the way of spans and
//! log lines to a collector.

mod bank;
mod buckets;
mod cells;
mod exemplars;
mod exposition;
mod http;
mod kinds;
mod metric;
mod otlp;
mod protobuf;
mod shape;
#[cfg(unix)]
mod shared;
mod text;
mod value;

use pyo3::prelude::*;

/// `flightdeck._core`.
#[pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use super::exposition::render;
    #[pymodule_export]
    use super::http::{Recorder, read_answer_headers, read_request_headers, trace_state};
    #[pymodule_export]
    use super::kinds::{Counter, Gauge, Histogram, Summary};
    #[pymodule_export]
    use super::metric::Metric;
    #[pymodule_export]
    use super::otlp::Exporter;
    #[pymodule_export]
    use super::protobuf::encode_family;
    #[cfg(unix)]
    #[pymodule_export]
    use super::shared::{Segment, process_started};
    #[pymodule_export]
    use super::text::format_number;
    #[pymodule_export]
    use super::value::Value;

    use super::*;

    /// Has exemplars be made of the trace at hand: `source` is asked for labels while anything may be recorded.
    #[pyfunction]
    fn set_exemplar_source(source: Py<PyAny>) {
        super::exemplars::set_source(source);
    }

    /// Begins (1) and ends (-1) something whose trace is recorded.
    #[pyfunction]
    fn count_recorded(change: i64) {
        super::exemplars::count_recorded(change);
    }

    /// How many observations were refused because they were no number.
    #[pyfunction]
    fn refusals() -> u64 {
        super::cells::refusals()
    }
}
