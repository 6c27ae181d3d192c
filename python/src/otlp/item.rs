//! What Python tells of a span or line, as the export has it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flightdeck::binding::{SpanKind, SpanStatus, Value};
use flightdeck::correlate::TraceContext;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

/// Attributes of one span or line; the rest is left out.
const ATTRIBUTES_MAX: usize = 64;
/// Of a message or an attribute.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Where in a trace something is. `None` where an id is none.
pub(super) fn trace(
    trace_id: &str,
    span_id: &str,
    parent_id: Option<&str>,
    sampled: bool,
    state: String,
) -> Option<TraceContext> {
    let parent_id = match parent_id {
        Some(digits) => Some(id(digits, 16)? as u64),
        None => None,
    };
    let (trace_id, span_id) = (id(trace_id, 32)?, id(span_id, 16)? as u64);
    Some(TraceContext { trace_id, span_id, parent_id, sampled, state })
}

/// An id from its hexadecimal digits.
fn id(digits: &str, length: usize) -> Option<u128> {
    let is_id = digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_id { u128::from_str_radix(digits, 16).ok() } else { None }
}

/// Nanoseconds since 1970.
pub(super) fn time(ns: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(ns)
}

/// By OTLP's number.
pub(super) fn kind(number: u64) -> SpanKind {
    match number {
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

/// How it ended: with why it failed, if it did.
pub(super) fn status(error: Option<String>) -> SpanStatus {
    error.map_or(SpanStatus::Unset, |reason| SpanStatus::Error(reason.into()))
}

/// The beginning of a text that is longer than what one may have.
pub(super) fn shortened(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    }
    text
}

/// What is neither text nor a number is left as its text, and what has none is left out.
pub(super) fn attributes_of(given: &Bound<'_, PyDict>) -> Vec<(std::borrow::Cow<'static, str>, Value)> {
    let attribute = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let value = if let Ok(truth) = value.cast::<PyBool>() {
            Value::Truth(truth.is_true())
        } else if let Ok(number) = value.extract::<i64>() {
            Value::Integer(number)
        } else if let Ok(number) = value.extract::<f64>() {
            Value::Float(number)
        } else {
            Value::Text(shortened(value.str().ok()?.to_string()).into())
        };
        Some((name.extract::<String>().ok()?.into(), value))
    };
    given.iter().take(ATTRIBUTES_MAX).filter_map(attribute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_digits() {
        assert_eq!(id("0aff", 4), Some(0xaff));
        for wrong in ["0af", "0afff", "0agf", "ä0f", "+aff"] {
            assert_eq!(id(wrong, 4), None, "{wrong}");
        }
    }
}
