//! A metric with its children: what every kind of metric has in common.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use flightdeck::binding::parts::Runs;

use crate::bank::{Bank, key_of};
use crate::cells::{Cells, FIRST};
use crate::shape::Shape;
use crate::value::Value;

/// Children of one metric that stay objects because they were asked for lately.
const RECENT_MAX: usize = 256;
/// After so many others were asked for, those that stayed so far have to be asked for again.
const MISSES_MAX: usize = 8 * RECENT_MAX;

/// The native half of `prometheus_client.metrics.MetricWrapperBase`.
///
/// It is told what it is once, by the Python half: its label names and children, if it has labels; its cells, if it is
/// recorded to.
#[pyclass(subclass, frozen, module = "flightdeck._core")]
#[derive(Default)]
pub(crate) struct Metric {
    family: OnceLock<Box<Family>>,
    series: OnceLock<Series>,
    /// When it was created, where it has no cells that say so.
    created: AtomicU64,
}

struct Family {
    names: Py<PyTuple>,
    children: Children,
}

enum Children {
    /// Objects, in a dict by tuples of text: of subclasses, which may keep anything in them.
    Kept(Py<PyDict>),
    Packed(Box<Packed>),
}

/// Children that are objects only while somebody has use for them.
struct Packed {
    bank: Bank,
    layout: Arc<Layout>,
    recent: Py<PyDict>,
    /// Those that are more than their numbers.
    pinned: Py<PyDict>,
    misses: AtomicUsize,
}

/// How the series of a metric are recorded to.
pub(crate) struct Layout {
    pub(crate) shape: Shape,
    /// Numbers that are no windows.
    plain: usize,
    /// Whether recording is changing the numbers and nothing else.
    is_direct: bool,
}

/// The same as Python tells it: plain numbers, bounds, whether it is direct, schema, quantiles, seconds of the window.
type ToldLayout = (usize, Vec<f64>, bool, Option<i8>, Vec<f64>, f64);

impl Layout {
    fn of((plain, bounds, is_direct, native_schema, quantiles, window_seconds): ToldLayout) -> Arc<Layout> {
        let shape = Shape { bounds, native_schema, quantiles, window_seconds };
        Arc::new(Layout { shape, plain, is_direct })
    }

    fn numbers(&self) -> usize {
        self.shape.numbers(self.plain)
    }
}

/// What a metric that is recorded to records in.
pub(crate) struct Series {
    pub(crate) cells: Cells,
    layout: Arc<Layout>,
    /// Of a child that is no object by itself: its parent and its label values.
    child_of: Option<(Py<PyAny>, Py<PyTuple>)>,
}

impl Metric {
    /// What it can record in directly. `None`: it has labels, records somewhere else, or more than a number.
    #[inline]
    pub(crate) fn series(&self) -> Option<&Series> {
        self.series.get().filter(|series| series.layout.is_direct)
    }

    /// Its numbers, however they are recorded.
    pub(crate) fn numbers(&self) -> Option<&Series> {
        self.series.get()
    }

    /// Its children, if they are packed.
    pub(crate) fn bank(&self) -> Option<(&Bank, &Shape)> {
        self.packed().ok().map(|packed| (&packed.bank, &packed.layout.shape))
    }

    fn family(&self) -> PyResult<&Family> {
        let family = self.family.get().map(Box::as_ref);
        family.ok_or_else(|| PyRuntimeError::new_err("a metric without labels has no children"))
    }

    fn packed(&self) -> PyResult<&Packed> {
        match &self.family()?.children {
            Children::Packed(packed) => Ok(packed),
            Children::Kept(_) => Err(PyRuntimeError::new_err("its children are objects")),
        }
    }

    fn bind_family(&self, family: Family) -> PyResult<()> {
        let refused = self.family.set(Box::new(family)).is_err();
        if refused { Err(PyRuntimeError::new_err("a metric has its labels for good")) } else { Ok(()) }
    }
}

/// What Python is told of a native histogram: schema, zeros, and spans and counts of both sides.
pub(crate) type ToldNative = (i64, f64, ToldSide, ToldSide);
type ToldSide = (Vec<(i64, u64)>, Vec<i64>);

pub(crate) fn tell_native(shape: &Shape, numbers: &[f64]) -> Option<ToldNative> {
    let native = shape.native(numbers)?;
    let side = |runs: Runs| (runs.spans, runs.deltas);
    Some((native.schema, native.zeros as f64, side(native.positive), side(native.negative)))
}

impl Series {
    /// What its numbers are.
    #[inline]
    pub(crate) fn shape(&self) -> &Shape {
        &self.layout.shape
    }
}

/// A child as an object.
fn object<'py>(
    parent: &Bound<'py, Metric>,
    packed: &Packed,
    values: &Bound<'py, PyTuple>,
    cells: Cells,
) -> PyResult<Bound<'py, PyAny>> {
    let kind = parent.get_type();
    // Not `__init__`: it would make a metric of it.
    let child = parent.py().get_type::<Metric>().call_method1(intern!(parent.py(), "__new__"), (&kind,))?;
    let child_of = Some((parent.clone().into_any().unbind(), values.clone().unbind()));
    let series = Series { cells, layout: Arc::clone(&packed.layout), child_of };
    if child.cast::<Metric>()?.get().series.set(series).is_err() {
        return Err(PyRuntimeError::new_err("a metric has its numbers for good"));
    }
    Ok(child)
}

/// The values as one key; an error where one is no text, or none that can be written.
fn key(values: &Bound<'_, PyTuple>) -> PyResult<Vec<u8>> {
    let texts: Vec<Bound<'_, PyString>> = values
        .iter()
        .map(|value| value.cast_into::<PyString>().map_err(|_| PyTypeError::new_err("label values are text")))
        .collect::<PyResult<_>>()?;
    let texts: Vec<_> = texts.iter().map(|text| text.to_cow()).collect::<PyResult<_>>()?;
    Ok(key_of(texts.iter().map(|text| text.as_ref())))
}

impl Packed {
    /// A child that is not among the recent ones.
    #[cold]
    fn find<'py>(
        &self,
        parent: &Bound<'py, Metric>,
        values: &Bound<'py, PyTuple>,
        remember: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if let Some(child) = self.pinned.bind(parent.py()).get_item(values)? {
            return Ok(Some(child));
        }
        let Some(cells) = self.bank.find(&key(values)?) else { return Ok(None) };
        let child = object(parent, self, values, cells)?;
        if remember {
            self.remember(values, &child)?;
        }
        Ok(Some(child))
    }

    fn remember(&self, values: &Bound<'_, PyTuple>, child: &Bound<'_, PyAny>) -> PyResult<()> {
        let recent = self.recent.bind(values.py());
        if recent.len() >= RECENT_MAX {
            if self.misses.fetch_add(1, Ordering::Relaxed) % MISSES_MAX == MISSES_MAX - 1 {
                recent.clear();
            } else {
                // Without a GIL another thread may just have emptied it.
                let _ = recent.call_method0(intern!(values.py(), "popitem"));
            }
        }
        recent.set_item(values, child)
    }
}

#[pymethods]
impl Metric {
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Metric {
        Metric::default()
    }

    /// Shows the garbage collector what it holds. Emptying the dicts is their own, so there is nothing to clear here.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(family) = self.family.get() {
            visit.call(&family.names)?;
            match &family.children {
                Children::Kept(children) => visit.call(children)?,
                Children::Packed(packed) => {
                    visit.call(&packed.recent)?;
                    visit.call(&packed.pinned)?;
                }
            }
        }
        if let Some((parent, values)) = self.series.get().and_then(|series| series.child_of.as_ref()) {
            visit.call(parent)?;
            visit.call(values)?;
        }
        Ok(())
    }

    /// Tells it its labels and the dict its children are in, by tuples of text.
    fn _bind_family(&self, names: Py<PyTuple>, children: Py<PyDict>) -> PyResult<()> {
        self.bind_family(Family { names, children: Children::Kept(children) })
    }

    /// Tells it its labels, and that its children are so many numbers each and nothing else.
    fn _bind_packed(&self, names: &Bound<'_, PyTuple>, layout: ToldLayout) -> PyResult<()> {
        let layout = Layout::of(layout);
        let packed = Packed {
            bank: Bank::new(names.len(), layout.numbers()),
            layout,
            recent: PyDict::new(names.py()).unbind(),
            pinned: PyDict::new(names.py()).unbind(),
            misses: AtomicUsize::new(0),
        };
        self.bind_family(Family {
            names: names.clone().unbind(),
            children: Children::Packed(Box::new(packed)),
        })
    }

    /// Makes its numbers and returns them as values, the first one (the sum) first.
    fn _bind_series<'py>(slf: &Bound<'py, Self>, layout: ToldLayout) -> PyResult<Bound<'py, PyList>> {
        let layout = Layout::of(layout);
        let series = Series { cells: Cells::new(layout.numbers()), layout, child_of: None };
        if slf.get().series.set(series).is_err() {
            return Err(PyRuntimeError::new_err("a metric has its numbers for good"));
        }
        PyList::new(slf.py(), Metric::_values(slf)?)
    }

    /// Its numbers as values, without windows.
    fn _values<'py>(slf: &Bound<'py, Self>) -> PyResult<Vec<Bound<'py, Value>>> {
        let Some(series) = slf.get().series.get() else { return Ok(Vec::new()) };
        let value = |number| Bound::new(slf.py(), Value::of(&series.cells, FIRST + number));
        (0..series.layout.plain).map(value).collect()
    }

    /// Its numbers as they were at one moment; of a summary, the values of its quantiles are behind sum and count.
    fn _numbers(&self) -> Option<Vec<f64>> {
        let series = self.series.get()?;
        let mut numbers = Vec::with_capacity(series.cells.len());
        series.cells.read(&mut numbers);
        series.layout.shape.expose(&mut numbers);
        Some(numbers)
    }

    /// Of a native histogram with these numbers: schema, zeros, and for positive and negative numbers spans and counts.
    fn _native(&self, numbers: Vec<f64>) -> Option<ToldNative> {
        tell_native(&self.series.get()?.layout.shape, &numbers)
    }

    /// When it was created, in seconds since 1970.
    #[getter]
    fn _created(&self) -> f64 {
        let own = || f64::from_bits(self.created.load(Ordering::Relaxed));
        self.series.get().map_or_else(own, |series| series.cells.created())
    }

    #[setter(_created)]
    fn set_created(&self, seconds: f64) {
        match self.series.get() {
            Some(series) => series.cells.set_created(seconds),
            None => self.created.store(seconds.to_bits(), Ordering::Relaxed),
        }
    }

    /// Of a child that is an object only for a while: its parent and its label values.
    fn _child_of<'py>(slf: &Bound<'py, Self>) -> Option<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (parent, values) = slf.get().series.get()?.child_of.as_ref()?;
        Some((parent.bind(slf.py()).clone(), values.bind(slf.py()).clone()))
    }

    /// How many packed children there are.
    fn _count_children(&self) -> PyResult<usize> {
        Ok(self.packed()?.bank.len())
    }

    /// The label values of all packed children, in the order in which they were made.
    fn _known_children<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        let (list, mut failed) = (PyList::empty(slf.py()), Ok(()));
        slf.get().packed()?.bank.snapshot().each(|values, _| {
            if failed.is_ok() {
                failed = PyTuple::new(slf.py(), values).and_then(|values| list.append(values));
            }
        });
        failed.map(|()| list)
    }

    /// The packed child with these values. `None`: there is none.
    fn _child<'py>(
        slf: &Bound<'py, Self>,
        values: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let packed = slf.get().packed()?;
        match packed.recent.bind(slf.py()).get_item(values)? {
            Some(child) => Ok(Some(child)),
            None => packed.find(slf, values, true),
        }
    }

    /// The same for who looks at all of them, which is no reason to keep them as objects.
    fn _peek_child<'py>(
        slf: &Bound<'py, Self>,
        values: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        slf.get().packed()?.find(slf, values, false)
    }

    /// The child with these values, made if there is none; `created` is when.
    fn _make_child<'py>(
        slf: &Bound<'py, Self>,
        values: &Bound<'py, PyTuple>,
        created: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let packed = slf.get().packed()?;
        let full = || PyRuntimeError::new_err("there is no room for more label values");
        let cells = packed.bank.find_or_add(&key(values)?, created).ok_or_else(full)?;
        let child = object(slf, packed, values, cells)?;
        packed.remember(values, &child)?;
        Ok(child)
    }

    /// Keeps a child as the object it is, because it is more than its numbers.
    fn _pin_child(
        slf: &Bound<'_, Self>,
        values: &Bound<'_, PyTuple>,
        child: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let packed = slf.get().packed()?;
        packed.pinned.bind(slf.py()).set_item(values, child)?;
        packed.recent.bind(slf.py()).set_item(values, child)
    }

    /// Whether any child is more than its numbers.
    fn _has_pinned(slf: &Bound<'_, Self>) -> bool {
        slf.get().packed().is_ok_and(|packed| !packed.pinned.bind(slf.py()).is_empty())
    }

    /// Forgets a packed child and returns it. `None`: there is none.
    fn _forget_child<'py>(
        slf: &Bound<'py, Self>,
        values: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let packed = slf.get().packed()?;
        for kept in [&packed.recent, &packed.pinned] {
            kept.bind(slf.py()).call_method1(intern!(slf.py(), "pop"), (values, slf.py().None()))?;
        }
        let cells = packed.bank.remove(&key(values)?);
        cells.map(|cells| object(slf, packed, values, cells)).transpose()
    }

    /// The child with these label values, by position or by name; made if there is none.
    #[pyo3(signature = (*labelvalues, **labelkwargs))]
    fn labels<'py>(
        slf: &Bound<'py, Self>,
        labelvalues: &Bound<'py, PyTuple>,
        labelkwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(family) = slf.get().family()
            && let Some(child) = family.find(slf, labelvalues, labelkwargs)?
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
        metric: &Bound<'py, Metric>,
        values: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(keywords) = keywords else {
            let plain = values.iter_borrowed().all(|value| value.is_exact_instance_of::<PyString>());
            return if plain { self.look_up(metric, values) } else { Ok(None) };
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
        self.look_up(metric, &PyTuple::new(values.py(), ordered)?)
    }

    #[inline]
    fn look_up<'py>(
        &self,
        metric: &Bound<'py, Metric>,
        values: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let packed = match &self.children {
            Children::Kept(children) => return children.bind(values.py()).get_item(values),
            Children::Packed(packed) => packed,
        };
        if let Some(child) = packed.recent.bind(values.py()).get_item(values)? {
            return Ok(Some(child));
        }
        if values.len() != self.names.bind(values.py()).len() {
            return Ok(None);
        }
        // What cannot be written is made text by the Python half, and found under that.
        packed.find(metric, values, true).or_else(|error| {
            let unwritable = error.is_instance_of::<pyo3::exceptions::PyUnicodeEncodeError>(values.py());
            if unwritable { Ok(None) } else { Err(error) }
        })
    }
}
