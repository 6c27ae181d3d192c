//! Where the workers of a service count together: one file in memory, which every worker has mapped.
//!
//! Each worker counts in cells of its own, so that none waits for another, and a worker that is killed at any moment spoils
//! nothing. A series has the same place in all of them, which is told in a log that only grows; so adding workers up is
//! adding up cells, and any worker can do it. Workers that died are added up once, into one that is dead for good; so a scrape
//! costs what the living cost, and no total ever goes back.
//!
//! The way of a number: `Counter.inc` → `Cells::add`, the same as with one process; only where the cells are differs. The way
//! of a scrape: `Segment::texts` → `Members::bury` → `collect::collect` → `text::Family::text`.
//!
//! From the bottom up: `map` the file, `layout` what lies where in it, `log` the series, `process` who lives, `merge` how numbers
//! are added up, `exemplars`, `members` this process's part, `collect` the sum of all. Which processes belong together and
//! when they meet is Python's to say (`flightdeck/workers.py`).

mod collect;
mod exemplars;
mod layout;
mod log;
mod map;
mod members;
mod merge;
mod process;

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::cells::{Cells, FIRST};
use crate::metric::{Metric, ToldNative, tell_native};
use crate::shape::Shape;
use crate::value::Value;
use layout::Word;
use log::Family;
use members::Members;
use merge::Merge;

/// When a process was started, `None` if there is none of that number.
#[pyfunction]
pub(crate) fn process_started(pid: u64) -> Option<u64> {
    process::started(pid)
}

/// The file of the workers as this one has it. Every method may fail: then the worker counts for itself.
#[pyclass(frozen, module = "flightdeck._core")]
pub(crate) struct Segment {
    members: Mutex<Members>,
}

/// A family as Python tells it: registry, kind, name, mode, label names, bounds, states, help, unit.
type Told = (String, String, String, String, Vec<String>, Vec<f64>, Vec<String>, String, String);

fn family_of(told: Told) -> Family {
    let (registry, kind, name, mode, label_names, bounds, states, help, unit) = told;
    let shape = Shape::default();
    Family { registry, kind, name, mode, label_names, bounds, states, help, unit, shape }.shaped()
}

/// What is told about a point: label values, pid, numbers, created, exemplars, what a native histogram has.
type Point = (Vec<String>, Option<u64>, Vec<f64>, f64, Vec<(usize, String, f64, f64)>, Option<ToldNative>);

impl Segment {
    /// Works on the file while other threads may have the interpreter: who has it must never wait for the file, or each
    /// would wait for the other.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Members) -> io::Result<T> + Send,
    ) -> PyResult<T> {
        let outcome = py.detach(|| work(&mut self.members.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(outcome?)
    }
}

#[pymethods]
impl Segment {
    /// Joins the workers that have this file.
    #[new]
    fn new(py: Python<'_>, path: PathBuf, service: &str) -> PyResult<Segment> {
        let members = py.detach(|| Members::join(&path, service))?;
        Ok(Segment { members: Mutex::new(members) })
    }

    /// Goes on as a worker of its own in a child process.
    fn forked(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, Members::forked)
    }

    /// Says which service this worker is of.
    fn rename(&self, py: Python<'_>, service: &str) -> PyResult<()> {
        self.with(py, |members| {
            members.rename(service);
            Ok(())
        })
    }

    /// The process numbers of all workers of this service, the dead added up first.
    fn workers(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        self.with(py, |members| {
            members.bury()?;
            Ok(members.workers())
        })
    }

    /// Whether anybody else counts for this service, or did.
    fn has_others(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |members| {
            let epoch = members.head.get(Word::Epoch);
            Ok(members.head.counting(epoch).filter(|entry| members.is_own(*entry)).nth(1).is_some())
        })
    }

    /// From now on the numbers of this metric are shared.
    fn adopt(
        &self,
        family: Told,
        values: Vec<String>,
        created: f64,
        metric: &Bound<'_, Metric>,
    ) -> PyResult<()> {
        let family = family_of(family);
        let series = metric.get().numbers();
        let own = &series.ok_or_else(|| PyValueError::new_err("the metric has no numbers"))?.cells;
        let numbers = own.len();
        let place = self.with(metric.py(), |members| members.cells(&family, &values, numbers, created))?;
        own.share(place, Some(&family.shape).filter(|_| Merge::of(&family) == Merge::Add));
        Ok(())
    }

    /// One shared number that no metric has.
    fn value(&self, py: Python<'_>, family: Told, values: Vec<String>, created: f64) -> PyResult<Value> {
        let place = self.with(py, |members| members.cells(&family_of(family), &values, 1, created))?;
        Ok(Value::of(&Cells::of_shared(place, 1), FIRST))
    }

    /// Forgets a series in all workers.
    fn remove(&self, py: Python<'_>, family: Told, values: Vec<String>) -> PyResult<()> {
        self.with(py, |members| members.remove(&family_of(family), &values))
    }

    /// Keeps an exemplar of one of this worker's numbers; labels as JSON.
    fn keep_exemplar(&self, number: &Bound<'_, Value>, labels: &str, value: f64, time: f64) -> PyResult<()> {
        match number.get().shared() {
            Some(cell) => self.with(number.py(), |members| members.keep_exemplar(cell, labels, value, time)),
            None => Ok(()),
        }
    }

    /// The families of a registry in a format by name, but for those that Python has to write.
    fn texts<'py>(
        &self,
        py: Python<'py>,
        registry: &str,
        format: &str,
        with_created: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let texts = self.with(py, |members| {
            members.bury()?;
            members.catch_up()?;
            let families = collect::collect(members, |family| {
                family.registry == registry && collect::has_text(family, format)
            });
            Ok(collect::texts(members, &families, format, with_created))
        })?;
        let found = PyDict::new(py);
        for (name, text) in texts {
            found.set_item(name, PyBytes::new(py, &text))?;
        }
        Ok(found)
    }

    /// The families of a registry, without those that `texts` has in that format, or all of them: `(kind, name, help, unit, label names, bounds, states, points)`, each point `(label values,
    /// pid, numbers, created, exemplars, native)` and each exemplar `(number, labels, value, time)`.
    fn families<'py>(
        &self,
        py: Python<'py>,
        registry: &str,
        without: Option<&str>,
    ) -> PyResult<Bound<'py, PyList>> {
        let families: Vec<(Family, Vec<Point>)> = self.with(py, |members| {
            members.bury()?;
            members.catch_up()?;
            let families = collect::collect(members, |family| {
                let is_told = without.is_none_or(|format| !collect::has_text(family, format));
                family.registry == registry && is_told
            });
            let tell_one = |(family, points): (usize, Vec<_>)| {
                (members.log.families[family].clone(), tell(members, family, &points))
            };
            Ok(families.into_iter().map(tell_one).collect())
        })?;
        let found = PyList::empty(py);
        for (family, points) in families {
            let Family { kind, name, help, unit, label_names, bounds, states, .. } = family;
            found.append((kind, name, help, unit, label_names, bounds, states, points))?;
        }
        Ok(found)
    }
}

fn tell(members: &mut Members, family: usize, points: &[collect::Point]) -> Vec<Point> {
    let tell_one = |point: &collect::Point| {
        let exemplars = collect::exemplars_of(members, point.series)
            .into_iter()
            .map(|(number, exemplar)| (number, exemplar.labels, exemplar.value, exemplar.time))
            .collect();
        let (series, shape) = (&members.log.series[point.series], &members.log.families[family].shape);
        let mut numbers = point.numbers.clone();
        let native = tell_native(shape, &numbers);
        shape.expose(&mut numbers);
        (series.values.clone(), point.pid, numbers, series.created, exemplars, native)
    };
    points.iter().map(tell_one).collect()
}
