//! What happens on every HTTP request and would take the interpreter longer: reading headers, making an id, recording.

use flightdeck::correlate::{TraceContext, is_sane};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PySequence, PyTuple};

use crate::cells::FIRST;
use crate::kinds::bucket;
use crate::metric::Metric;

/// Digits of a length that is taken for one.
const LENGTH_DIGITS_MAX: usize = 18;

/// Calls `look` with the name and the value of every header, as far as they are what ASGI says.
fn each_header(headers: &Bound<'_, PyAny>, mut look: impl FnMut(&[u8], &[u8])) -> PyResult<()> {
    let mut look_at = |header: &Bound<'_, PyAny>| -> PyResult<()> {
        if let Ok(pair) = header.cast::<PyTuple>()
            && let (Ok(name), Ok(value)) = (pair.get_borrowed_item(0), pair.get_borrowed_item(1))
            && let (Ok(name), Ok(value)) = (name.cast::<PyBytes>(), value.cast::<PyBytes>())
        {
            look(name.as_bytes(), value.as_bytes());
            return Ok(());
        }
        let pair = header.cast::<PySequence>()?;
        look(&pair.get_item(0)?.extract::<Vec<u8>>()?, &pair.get_item(1)?.extract::<Vec<u8>>()?);
        Ok(())
    };
    if let Ok(list) = headers.cast::<PyList>() {
        list.iter().try_for_each(|header| look_at(&header))
    } else {
        headers.try_iter()?.try_for_each(|header| look_at(&header?))
    }
}

/// Id, length of the body, `traceparent` and `tracestate`.
type RequestHeaders<'py> = (String, Option<u64>, Option<Bound<'py, PyBytes>>, Option<Bound<'py, PyBytes>>);

/// Of a request's headers: its id, the first where several were sent, the length of its body, `traceparent`, empty where it was
/// sent twice, and all of `tracestate`.
#[pyfunction]
pub(crate) fn read_request_headers<'py>(headers: &Bound<'py, PyAny>) -> PyResult<RequestHeaders<'py>> {
    let (mut id, mut length, mut parent, mut state) = (None, None, None::<Vec<u8>>, None::<Vec<u8>>);
    each_header(headers, |name, value| match name {
        b"x-request-id" => id = id.take().or_else(|| Some(sane(value))),
        b"content-length" => length = length_of(value),
        b"traceparent" => parent = Some(if parent.is_none() { value.to_vec() } else { Vec::new() }),
        b"tracestate" => match &mut state {
            Some(all) => all.extend_from_slice(&[b",", value].concat()),
            None => state = Some(value.to_vec()),
        },
        _ => {}
    })?;
    let id = match id.flatten() {
        Some(id) => id,
        None => new_request_id()?,
    };
    let told = |header: Option<Vec<u8>>| header.map(|header| PyBytes::new(headers.py(), &header));
    Ok((id, length, told(parent), told(state)))
}

/// What a caller's `tracestate` says to whoever is called further on; nothing where it or `traceparent` makes no sense.
#[pyfunction]
pub(crate) fn trace_state(parent: &[u8], state: &[u8]) -> String {
    let text = |header| std::str::from_utf8(header).ok().into_iter();
    TraceContext::from_headers(text(parent), text(state)).map_or_else(String::new, |trace| trace.state)
}

/// Of an answer's headers: whether it is an event stream, and whether it has an id.
#[pyfunction]
pub(crate) fn read_answer_headers(headers: &Bound<'_, PyAny>) -> PyResult<(bool, bool)> {
    let (mut streams, mut has_id) = (false, false);
    each_header(headers, |name, value| {
        if name.eq_ignore_ascii_case(b"content-type") {
            streams = value.starts_with(b"text/event-stream");
        } else if name.eq_ignore_ascii_case(b"x-request-id") {
            has_id = true;
        }
    })?;
    Ok((streams, has_id))
}

/// An id that a client sent, if it is short and harmless in logs, headers and shells.
fn sane(id: &[u8]) -> Option<String> {
    std::str::from_utf8(id).ok().filter(|id| is_sane(id)).map(str::to_owned)
}

fn length_of(value: &[u8]) -> Option<u64> {
    let is_length = value.len() <= LENGTH_DIGITS_MAX && value.iter().all(u8::is_ascii_digit);
    if is_length { std::str::from_utf8(value).ok()?.parse().ok() } else { None }
}

/// A random UUID.
fn new_request_id() -> PyResult<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| pyo3::exceptions::PyOSError::new_err(format!("no randomness: {error}")))?;
    // The bits that say «version 4» and «this variant».
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut id = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        for nibble in [byte >> 4, byte & 0xf] {
            id.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
    }
    Ok(id)
}

/// Where requests of one method, route and status are counted.
#[pyclass(frozen, module = "flightdeck._core")]
pub(crate) struct Recorder {
    requests: Py<Metric>,
    duration: Py<Metric>,
    first_byte: Py<Metric>,
    response_size: Py<Metric>,
    request_size: Py<Metric>,
}

#[pymethods]
impl Recorder {
    #[new]
    fn new(
        requests: Py<Metric>,
        duration: Py<Metric>,
        first_byte: Py<Metric>,
        response_size: Py<Metric>,
        request_size: Py<Metric>,
    ) -> Recorder {
        Recorder { requests, duration, first_byte, response_size, request_size }
    }

    /// Counts a request; `None` where there was no answer, or no length was told. Nothing: the numbers are not native.
    fn record(
        &self,
        seconds: Option<f64>,
        first_byte: Option<f64>,
        response_bytes: f64,
        request_bytes: Option<f64>,
    ) -> PyResult<bool> {
        let Some(requests) = self.requests.get().series() else { return Ok(false) };
        requests.cells.add(FIRST, 1.0);
        if let Some(seconds) = seconds {
            observe(&self.duration, seconds)?;
        }
        if let Some(first_byte) = first_byte {
            observe(&self.first_byte, first_byte)?;
            observe(&self.response_size, response_bytes)?;
        }
        if let Some(request_bytes) = request_bytes {
            observe(&self.request_size, request_bytes)?;
        }
        Ok(true)
    }
}

fn observe(metric: &Py<Metric>, amount: f64) -> PyResult<()> {
    if let Some(series) = metric.get().series() {
        series.shape().observe(&series.cells, bucket(&series.shape().bounds, amount)?, amount);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_over_when_harmless() {
        let check = |id: &[u8], want: bool| assert_eq!(sane(id).is_some(), want, "{id:?}");
        check(b"an-id-17", true);
        check(b"", false);
        check(b"<script>", false);
        check("naïve".as_bytes(), false);
    }

    #[test]
    fn lengths_are_digits() {
        let check = |value: &[u8], want| assert_eq!(length_of(value), want, "{value:?}");
        check(b"17", Some(17));
        check(b"", None);
        check(b"+1", None);
        check(&[b'9'; LENGTH_DIGITS_MAX + 1], None);
    }

    #[test]
    fn new_ids_are_random_uuids() {
        let (one, other) = (new_request_id().unwrap(), new_request_id().unwrap());
        assert_eq!((one.len(), &one[14..15]), (36, "4"));
        assert!(sane(one.as_bytes()).is_some() && one != other);
    }
}
