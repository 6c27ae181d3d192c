//! The kinds of metric that are recorded to. Each method is the usual case; `_inc`, `_set` and `_observe` of the Python half
//! are all others: exemplars, values in files, and errors.

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::cells::{Cells, FIRST, refuse};
use crate::exemplars;
use crate::metric::Metric;

/// A number that only grows.
#[pyclass(extends = Metric, subclass, frozen, module = "flightdeck._core")]
pub(crate) struct Counter;

/// A number that goes up and down.
#[pyclass(extends = Metric, subclass, frozen, module = "flightdeck._core")]
pub(crate) struct Gauge;

/// How many observations there were, and their sum.
#[pyclass(extends = Metric, subclass, frozen, module = "flightdeck._core")]
pub(crate) struct Summary;

/// Observations in buckets.
#[pyclass(extends = Metric, subclass, frozen, module = "flightdeck._core")]
pub(crate) struct Histogram;

#[pymethods]
impl Counter {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(
        _arguments: &Bound<'_, PyTuple>,
        _keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Counter> {
        PyClassInitializer::from(Metric::default()).add_subclass(Counter)
    }

    /// Adds a non-negative amount. What is no number is counted as refused and changes nothing.
    #[pyo3(signature = (amount = 1.0, exemplar = None))]
    fn inc(slf: &Bound<'_, Self>, amount: f64, exemplar: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        if let Some(series) = slf.as_super().get().series()
            && exemplar.is_none()
            && amount >= 0.0
        {
            if exemplars::may_be()
                && let Some(labels) = automatic(slf.py(), &series.cells, FIRST)
            {
                return slf.call_method1(intern!(slf.py(), "_inc"), (amount, labels)).map(drop);
            }
            series.cells.add(FIRST, amount);
            return Ok(());
        }
        if amount.is_nan() {
            refuse();
            return Ok(());
        }
        slf.call_method1(intern!(slf.py(), "_inc"), (amount, exemplar)).map(drop)
    }
}

#[pymethods]
impl Gauge {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(
        _arguments: &Bound<'_, PyTuple>,
        _keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Gauge> {
        PyClassInitializer::from(Metric::default()).add_subclass(Gauge)
    }

    /// Adds an amount.
    #[pyo3(signature = (amount = 1.0))]
    fn inc(slf: &Bound<'_, Self>, amount: f64) -> PyResult<()> {
        Gauge::add(slf, amount)
    }

    /// Takes an amount away.
    #[pyo3(signature = (amount = 1.0))]
    fn dec(slf: &Bound<'_, Self>, amount: f64) -> PyResult<()> {
        match slf.as_super().get().series() {
            Some(_) => Gauge::add(slf, -amount),
            None => slf.call_method1(intern!(slf.py(), "_dec"), (amount,)).map(drop),
        }
    }

    /// Sets it. It may well be no number: a gauge recovers with the next value.
    fn set(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let (Some(series), Ok(number)) = (slf.as_super().get().series(), value.extract::<f64>()) else {
            return slf.call_method1(intern!(slf.py(), "_set"), (value,)).map(drop);
        };
        series.cells.set(FIRST, number);
        Ok(())
    }
}

impl Gauge {
    #[inline]
    fn add(slf: &Bound<'_, Self>, amount: f64) -> PyResult<()> {
        match slf.as_super().get().series() {
            Some(_) if amount.is_nan() => refuse(),
            Some(series) => series.cells.step(FIRST, amount),
            None => return slf.call_method1(intern!(slf.py(), "_inc"), (amount,)).map(drop),
        }
        Ok(())
    }
}

#[pymethods]
impl Summary {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(
        _arguments: &Bound<'_, PyTuple>,
        _keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Summary> {
        PyClassInitializer::from(Metric::default()).add_subclass(Summary)
    }

    /// Counts an observation. What is no number is counted as refused and changes nothing.
    fn observe(slf: &Bound<'_, Self>, amount: f64) -> PyResult<()> {
        match slf.as_super().get().series() {
            Some(_) if amount.is_nan() => refuse(),
            Some(series) => series.shape().sum_up(&series.cells, amount),
            None => return slf.call_method1(intern!(slf.py(), "_observe"), (amount,)).map(drop),
        }
        Ok(())
    }
}

#[pymethods]
impl Histogram {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(
        _arguments: &Bound<'_, PyTuple>,
        _keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Histogram> {
        PyClassInitializer::from(Metric::default()).add_subclass(Histogram)
    }

    /// Counts an observation. What is no number is counted as refused and changes nothing.
    #[pyo3(signature = (amount, exemplar = None))]
    fn observe(slf: &Bound<'_, Self>, amount: f64, exemplar: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        if amount.is_nan() {
            refuse();
            return Ok(());
        }
        if let Some(series) = slf.as_super().get().series()
            && exemplar.is_none()
        {
            let bucket = bucket(&series.shape().bounds, amount)?;
            if exemplars::may_be()
                && let Some(labels) = automatic(slf.py(), &series.cells, FIRST + 1 + bucket)
            {
                return slf.call_method1(intern!(slf.py(), "_observe"), (amount, labels)).map(drop);
            }
            series.shape().observe(&series.cells, bucket, amount);
            return Ok(());
        }
        slf.call_method1(intern!(slf.py(), "_observe"), (amount, exemplar)).map(drop)
    }

    /// The same, and says which bucket it went to; where the numbers are in files, nothing and `None`.
    fn _record(slf: &Bound<'_, Self>, amount: f64) -> PyResult<Option<usize>> {
        let Some(series) = slf.as_super().get().series() else { return Ok(None) };
        let bucket = bucket(&series.shape().bounds, amount)?;
        series.shape().observe(&series.cells, bucket, amount);
        Ok(Some(bucket))
    }
}

/// The labels of the trace at hand, if a number is to have them as an example.
#[cold]
fn automatic<'py>(py: Python<'py>, cells: &Cells, at: usize) -> Option<Bound<'py, PyDict>> {
    let labels = if cells.wants_exemplar(at) { exemplars::labels(py) } else { None };
    labels.inspect(|_| cells.note_exemplar(at))
}

/// The first bucket whose bound is not below the amount.
#[inline]
pub(crate) fn bucket(bounds: &[f64], amount: f64) -> PyResult<usize> {
    let bucket = bounds.partition_point(|bound| *bound < amount);
    if bucket == bounds.len() {
        return Err(PyValueError::new_err("the last bucket of a histogram must be infinite"));
    }
    Ok(bucket)
}
