//! One number as Python sees it: what `prometheus_client` calls a value, which is a cell of a series.

#[cfg(unix)]
use std::sync::atomic::AtomicU64;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::cells::{Cells, FIRST, refuse};

/// A number that any thread may change, with room for an exemplar.
#[pyclass(subclass, frozen, module = "flightdeck._core")]
pub(crate) struct Value {
    cells: Cells,
    at: usize,
}

impl Value {
    pub(crate) fn of(cells: &Cells, at: usize) -> Value {
        Value { cells: cells.clone(), at }
    }

    /// Where it is if other workers can read it.
    #[cfg(unix)]
    pub(crate) fn shared(&self) -> Option<&'static AtomicU64> {
        self.cells.shared(self.at)
    }
}

#[pymethods]
impl Value {
    /// The arguments say what it is the value of, which only values in files need to know.
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Value {
        Value::of(&Cells::new(1), FIRST)
    }

    /// Adds. What is no number is counted as refused and changes nothing.
    fn inc(&self, amount: f64) {
        if amount.is_nan() { refuse() } else { self.cells.step(self.at, amount) }
    }

    /// Sets. The time matters to values in files only.
    #[pyo3(signature = (value, timestamp = None))]
    fn set(&self, value: f64, timestamp: Option<&Bound<'_, PyAny>>) {
        let _ = timestamp;
        self.cells.set(self.at, value);
    }

    fn get(&self) -> f64 {
        self.cells.get(self.at)
    }

    fn set_exemplar(&self, exemplar: Py<PyAny>) {
        drop(self.cells.set_exemplar(self.at, exemplar));
    }

    fn get_exemplar(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.cells.exemplar(self.at, |kept| kept.clone_ref(py))
    }
}
