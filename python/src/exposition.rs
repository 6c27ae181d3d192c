//! What is exposed: everything that is needed is taken from Python first, and then other threads may run while it is written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::cells::{Cells, FIRST};
use crate::metric::Metric;
use crate::shape::Shape;
use crate::{protobuf, text};

/// In which format something is exposed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    OpenMetrics,
    Protobuf,
}

impl Format {
    /// By the name that Python has for it.
    pub(crate) fn named(name: &str) -> Format {
        match name {
            "openmetrics" => Format::OpenMetrics,
            "protobuf" => Format::Protobuf,
            _ => Format::Text,
        }
    }
}

/// What all series of a family have alike.
pub(crate) struct Family<'a> {
    pub(crate) name: &'a str,
    pub(crate) help: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) label_names: &'a [String],
    pub(crate) with_created: bool,
}

impl Family<'_> {
    /// The family in a format.
    pub(crate) fn write(&self, format: Format, snapshot: &Snapshot<'_>) -> Vec<u8> {
        match format {
            Format::Protobuf => protobuf::write(self, snapshot),
            Format::Text | Format::OpenMetrics => text::write(self, format, snapshot),
        }
    }
}

/// All series of a family at one moment, one behind the other.
#[derive(Default)]
pub(crate) struct Snapshot<'a> {
    /// As many for each as there are label names.
    pub(crate) values: Vec<&'a str>,
    /// When each was created.
    pub(crate) created: Vec<f64>,
    /// As many for each.
    pub(crate) numbers: Vec<f64>,
    /// Which all series have the same of.
    pub(crate) shape: Cow<'a, Shape>,
    /// By the place of the series and of the number.
    pub(crate) exemplars: BTreeMap<(usize, usize), ExemplarText>,
}

/// One series of a snapshot.
pub(crate) struct Point<'a> {
    pub(crate) values: &'a [&'a str],
    pub(crate) created: f64,
    pub(crate) numbers: &'a [f64],
}

impl Snapshot<'_> {
    /// All series, with their places.
    pub(crate) fn each(&self) -> impl Iterator<Item = (usize, Point<'_>)> {
        let series = self.created.len().max(1);
        let (labels, numbers) = (self.values.len() / series, self.numbers.len() / series);
        self.created.iter().enumerate().map(move |(at, created)| {
            let values = &self.values[at * labels..][..labels];
            (at, Point { values, created: *created, numbers: &self.numbers[at * numbers..][..numbers] })
        })
    }
}

/// An example of what a number counts, as it is written.
pub(crate) struct ExemplarText {
    /// In the order of their names.
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
    pub(crate) time: Option<String>,
}

impl ExemplarText {
    /// Of an `Exemplar` as Python has it.
    pub(crate) fn of(exemplar: &Bound<'_, PyAny>) -> PyResult<ExemplarText> {
        let py = exemplar.py();
        let mut labels = Vec::new();
        for (name, value) in exemplar.getattr(intern!(py, "labels"))?.cast_into::<PyDict>()? {
            labels.push((name.str()?.to_string(), value.str()?.to_string()));
        }
        labels.sort();
        let time = exemplar.getattr(intern!(py, "timestamp"))?;
        let time = if time.is_none() { None } else { Some(time.str()?.to_string()) };
        Ok(ExemplarText { labels, value: exemplar.getattr(intern!(py, "value"))?.extract()?, time })
    }
}

/// One metric of ours in a format: `text`, `openmetrics` or `protobuf`. With `with_created`, when its series were created as well.
///
/// `None`: it has no native numbers, so that Python has to collect it.
#[pyfunction]
#[pyo3(signature = (format, kind, name, help, unit, label_names, metric, with_created))]
#[expect(clippy::too_many_arguments)]
pub(crate) fn render<'py>(
    py: Python<'py>,
    format: &str,
    kind: &str,
    name: &str,
    help: &str,
    unit: &str,
    label_names: Vec<String>,
    metric: &Bound<'py, Metric>,
    with_created: bool,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let format = Format::named(format);
    let with_created = with_created && kind != "gauge";
    let family = Family { name, help, kind, unit, label_names: &label_names, with_created };
    let metric = metric.get();
    let written = if let Some((bank, shape)) = metric.bank() {
        let children = bank.snapshot();
        let (mut exemplars, mut at) = (Gathered::of(format), 0);
        children.each(|_, cells| {
            exemplars.add(py, at, &cells);
            at += 1;
        });
        let exemplars = exemplars.done()?;
        py.detach(|| {
            let mut snapshot = Snapshot { exemplars, ..Snapshot::of(shape) };
            children.each(|values, cells| snapshot.add(values, &cells));
            family.write(format, &snapshot)
        })
    } else if let Some(series) = metric.numbers() {
        let mut exemplars = Gathered::of(format);
        exemplars.add(py, 0, &series.cells);
        let mut snapshot = Snapshot { exemplars: exemplars.done()?, ..Snapshot::of(series.shape()) };
        snapshot.add(&[], &series.cells);
        family.write(format, &snapshot)
    } else {
        return Ok(None);
    };
    Ok(Some(PyBytes::new(py, &written)))
}

impl<'a> Snapshot<'a> {
    fn of(shape: &'a Shape) -> Snapshot<'a> {
        Snapshot { shape: Cow::Borrowed(shape), ..Snapshot::default() }
    }

    fn add(&mut self, values: &[&'a str], cells: &Cells) {
        self.values.extend_from_slice(values);
        self.created.push(cells.created());
        if self.shape.quantiles.is_empty() {
            return cells.read(&mut self.numbers);
        }
        let mut numbers = Vec::new();
        cells.read(&mut numbers);
        self.shape.expose(&mut numbers);
        self.numbers.append(&mut numbers);
    }
}

/// The exemplars of a family, as they are found.
struct Gathered {
    wanted: bool,
    found: PyResult<BTreeMap<(usize, usize), ExemplarText>>,
}

impl Gathered {
    fn of(format: Format) -> Gathered {
        Gathered { wanted: format != Format::Text, found: Ok(BTreeMap::new()) }
    }

    fn add(&mut self, py: Python<'_>, series: usize, cells: &Cells) {
        if !self.wanted || !cells.may_have_exemplars() {
            return;
        }
        for number in 0..cells.len() {
            let Some(kept) = cells.exemplar(FIRST + number, |kept| kept.clone_ref(py)) else { continue };
            match (ExemplarText::of(kept.bind(py)), &mut self.found) {
                (Ok(text), Ok(found)) => drop(found.insert((series, number), text)),
                (Err(error), found @ Ok(_)) => *found = Err(error),
                (_, Err(_)) => {}
            }
        }
    }

    fn done(self) -> PyResult<BTreeMap<(usize, usize), ExemplarText>> {
        self.found
    }
}
