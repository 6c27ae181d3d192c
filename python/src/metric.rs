//! A metric with its children: what every kind of metric has in common.

use std::sync::{Arc, OnceLock};

use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::cells::{Cells, FIRST};
use crate::value::Value;

/// The native half of `prometheus_client.metrics.MetricWrapperBase`.
///
/// It is told what it is once, by the Python half: its label names and children, if it has labels; its cells, if it is
/// recorded to.
#[pyclass(subclass, frozen, module = "flightdeck._core")]
#[derive(Default)]
pub(crate) struct Metric {
    family: OnceLock<Family>,
    series: OnceLock<Series>,
    /// The labels of a child as the text format has them, once they were written.
    label_text: OnceLock<LabelText>,
}

/// The labels of a child as text: `{a="b",z="c"}`, and for buckets what is before and after `le`, which is sorted in.
pub(crate) struct LabelText {
    pub(crate) whole: String,
    pub(crate) before_bound: String,
    pub(crate) after_bound: String,
}

struct Family {
    names: Py<PyTuple>,
    children: Py<PyDict>,
}

/// What a metric that is recorded to records in.
pub(crate) struct Series {
    pub(crate) cells: Arc<Cells>,
    /// The upper bounds of a histogram's buckets, the last one infinite; empty for others.
    pub(crate) bounds: Box<[f64]>,
    /// Whether recording is changing the numbers and nothing else.
    is_direct: bool,
}

impl Metric {
    /// What it can record in directly. `None`: it has labels, records somewhere else, or more than a number.
    #[inline]
    pub(crate) fn series(&self) -> Option<&Series> {
        self.series.get().filter(|series| series.is_direct)
    }

    /// Its numbers, however they are recorded.
    pub(crate) fn numbers(&self) -> Option<&Series> {
        self.series.get()
    }

    /// Its labels as text, written by `write` the first time; they never change.
    pub(crate) fn label_text(&self, write: impl FnOnce() -> PyResult<LabelText>) -> PyResult<&LabelText> {
        if let Some(text) = self.label_text.get() {
            return Ok(text);
        }
        let text = write()?;
        Ok(self.label_text.get_or_init(|| text))
    }

    fn family(&self) -> PyResult<&Family> {
        self.family.get().ok_or_else(|| PyRuntimeError::new_err("a metric without labels has no children"))
    }
}

#[pymethods]
impl Metric {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Metric {
        Metric::default()
    }

    /// Shows the garbage collector what it holds. Emptying the dict is the dict's own, so there is nothing to clear here.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(family) = self.family.get() {
            visit.call(&family.names)?;
            visit.call(&family.children)?;
        }
        Ok(())
    }

    /// Tells it its labels and the dict its children are in, by tuples of text.
    fn _bind_family(&self, names: Py<PyTuple>, children: Py<PyDict>) -> PyResult<()> {
        let refused = self.family.set(Family { names, children }).is_err();
        if refused { Err(PyRuntimeError::new_err("a metric has its labels for good")) } else { Ok(()) }
    }

    /// Makes its numbers and returns them as values, the first one (the sum) first.
    #[pyo3(signature = (numbers, bounds = Vec::new(), is_direct = true))]
    fn _bind_series<'py>(
        slf: &Bound<'py, Self>,
        numbers: usize,
        bounds: Vec<f64>,
        is_direct: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let cells = Arc::new(Cells::new(numbers));
        let series = Series { cells: Arc::clone(&cells), bounds: bounds.into_boxed_slice(), is_direct };
        if slf.get().series.set(series).is_err() {
            return Err(PyRuntimeError::new_err("a metric has its numbers for good"));
        }
        let values: PyResult<Vec<_>> =
            (0..numbers).map(|number| Bound::new(slf.py(), Value::of(&cells, FIRST + number))).collect();
        PyList::new(slf.py(), values?)
    }

    /// Its numbers as they were at one moment.
    fn _numbers(&self) -> Option<Vec<f64>> {
        let series = self.series.get()?;
        let mut numbers = Vec::with_capacity(series.cells.len());
        series.cells.read(&mut numbers);
        Some(numbers)
    }

    /// Sets its numbers to zero.
    fn _zero(&self) {
        if let Some(series) = self.series.get() {
            series.cells.clear();
        }
    }

    /// The child with these label values, by position or by name; made if there is none.
    #[pyo3(signature = (*labelvalues, **labelkwargs))]
    fn labels<'py>(
        slf: &Bound<'py, Self>,
        labelvalues: &Bound<'py, PyTuple>,
        labelkwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(family) = slf.get().family()
            && let Some(child) = family.find(labelvalues, labelkwargs)?
        {
            return Ok(child);
        }
        slf.call_method(intern!(slf.py(), "_labels"), labelvalues.clone(), labelkwargs)
    }
}

impl Family {
    /// The child, where it exists and all values are plain text; everything else is for the Python half.
    #[inline]
    fn find<'py>(
        &self,
        values: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let children = self.children.bind(values.py());
        let Some(keywords) = keywords else {
            let plain = values.iter_borrowed().all(|value| value.is_exact_instance_of::<PyString>());
            return if plain { children.get_item(values) } else { Ok(None) };
        };
        let names = self.names.bind(values.py());
        if !values.is_empty() || keywords.len() != names.len() {
            return Ok(None);
        }
        let mut ordered = Vec::with_capacity(names.len());
        for name in names.iter_borrowed() {
            match keywords.get_item(name)? {
                Some(value) if value.is_exact_instance_of::<PyString>() => ordered.push(value),
                _ => return Ok(None),
            }
        }
        children.get_item(PyTuple::new(values.py(), ordered)?)
    }
}
