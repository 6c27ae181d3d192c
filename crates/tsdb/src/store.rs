//! The store's door: append frames and series, select series, ask for labels.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use model::{Exemplar, FloatHistogram, Frame, Labels, Matcher, Metadata, Sample, Series, Timestamp, Value};
use parking_lot::RwLock;

use crate::samples::Samples;

/// Everything that is known of every metric. Shared between threads by reference.
#[derive(Default)]
pub struct Store {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    series: BTreeMap<Labels, Stored>,
    metadata: BTreeMap<String, Metadata>,
}

#[derive(Default)]
struct Stored {
    samples: BTreeMap<Timestamp, Sample>,
    exemplars: Vec<Exemplar>,
}

/// What became of an append.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Appended {
    /// How many samples were taken.
    pub samples: u64,
    /// How many exemplars were taken.
    pub exemplars: u64,
    /// How many samples were refused. `refusals` names the first of them.
    pub refused: u64,
    /// The first refusals, in order, at most `REFUSALS_MAX`.
    pub refusals: Vec<Refusal>,
}

/// One refused sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The series.
    pub series: Labels,
    /// The sample's time.
    pub time: Timestamp,
    /// Why.
    pub reason: RefusalReason,
}

/// Why a sample was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalReason {
    /// There is another value at the same time already.
    DuplicateTimestamp,
    /// Older than the out-of-order window admits.
    TooOld,
    /// A new series while the store is at its limit.
    SeriesLimit,
    /// The labels have no metric name, a name is empty, or the set is too large.
    BadLabels,
    /// The histogram contradicts itself.
    BadHistogram,
}

/// How many refusals an append names.
pub const REFUSALS_MAX: usize = 16;

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A limit was reached; the text names it.
    #[error("{0}")]
    Limit(String),
    /// A file could not be read or written.
    #[error("{0}")]
    Io(String),
}

/// The series a selector matched, in the order of their labels. Labels are known; samples are read one series at a time.
pub struct Selection {
    series: Vec<(Labels, Vec<Sample>)>,
}

impl Store {
    /// A store that forgets everything when it is dropped.
    pub fn in_memory() -> Store {
        Store::default()
    }

    /// Takes one row of one target.
    pub fn append(&self, frame: &Frame) -> Result<Appended, StoreError> {
        let mut inner = self.inner.write();
        let mut appended = Appended::default();
        let mut histograms = frame.histograms.iter().peekable();
        let mut absent = frame.absent.iter().peekable();
        for (column, &value) in frame.values.iter().enumerate() {
            if absent.next_if(|&&absent| absent as usize == column).is_some() {
                continue;
            }
            let value = match histograms.next_if(|(histogram, _)| *histogram as usize == column) {
                Some((_, histogram)) => histogram.clone(),
                None => Value::Float(value),
            };
            let start = frame.starts.get(column).copied().filter(|&start| start != 0);
            let sample = Sample { time: frame.time, start, value };
            inner.push(frame.layout.series(column), sample, &mut appended);
        }
        for (column, exemplar) in &frame.exemplars {
            let exemplar = Exemplar { time: exemplar.time.or(Some(frame.time)), ..exemplar.clone() };
            inner.series.entry(frame.layout.series(*column as usize)).or_default().exemplars.push(exemplar);
            appended.exemplars += 1;
        }
        for (family, metadata) in &frame.layout.metadata {
            inner.metadata.insert(family.clone(), metadata.clone());
        }
        Ok(appended)
    }

    /// Takes samples that did not come as frames.
    pub fn append_series(&self, batch: &[Series]) -> Result<Appended, StoreError> {
        let mut inner = self.inner.write();
        let mut appended = Appended::default();
        for series in batch {
            for sample in &series.samples {
                inner.push(series.labels.clone(), sample.clone(), &mut appended);
            }
            for exemplar in &series.exemplars {
                inner.series.entry(series.labels.clone()).or_default().exemplars.push(exemplar.clone());
                appended.exemplars += 1;
            }
            if let Some(metadata) = &series.metadata {
                inner.metadata.insert(series.labels.metric_name().to_owned(), metadata.clone());
            }
        }
        Ok(appended)
    }

    /// Finds the series that satisfy every matcher and have a sample in the range, both ends included.
    pub fn select(
        &self,
        matchers: &[Matcher],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Selection, StoreError> {
        let inner = self.inner.read();
        let series = inner
            .series
            .iter()
            .filter(|(labels, _)| matchers.iter().all(|matcher| matcher.matches(labels.value(&matcher.name))))
            .map(|(labels, stored)| {
                (
                    labels.clone(),
                    stored.samples.range(range.clone()).map(|(_, sample)| sample.clone()).collect::<Vec<_>>(),
                )
            })
            .filter(|(_, samples)| !samples.is_empty())
            .collect();
        Ok(Selection { series })
    }

    /// The names of the labels that series matching any of `selectors` have in the range; no selector means every series. Sorted.
    pub fn label_names(
        &self,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Vec<String>, StoreError> {
        let names: BTreeSet<String> = self
            .matching(selectors, range)?
            .iter()
            .flat_map(|labels| labels.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>())
            .collect();
        Ok(names.into_iter().collect())
    }

    /// The values that label `name` has on series matching any of `selectors` in the range. Sorted.
    pub fn label_values(
        &self,
        name: &str,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Vec<String>, StoreError> {
        let values: BTreeSet<String> = self
            .matching(selectors, range)?
            .iter()
            .filter_map(|labels| labels.get(name).map(str::to_owned))
            .collect();
        Ok(values.into_iter().collect())
    }

    /// What is known of each metric family, by name.
    pub fn metadata(&self) -> Vec<(String, Metadata)> {
        self.inner.read().metadata.iter().map(|(name, metadata)| (name.clone(), metadata.clone())).collect()
    }

    /// The exemplars of series matching any of `selectors`, by series.
    pub fn exemplars(
        &self,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Vec<(Labels, Vec<Exemplar>)>, StoreError> {
        let inner = self.inner.read();
        let matches = |labels: &Labels| {
            selectors
                .iter()
                .any(|matchers| matchers.iter().all(|matcher| matcher.matches(labels.value(&matcher.name))))
        };
        Ok(inner
            .series
            .iter()
            .filter(|(labels, _)| matches(labels))
            .map(|(labels, stored)| {
                (
                    labels.clone(),
                    stored
                        .exemplars
                        .iter()
                        .filter(|exemplar| exemplar.time.is_some_and(|time| range.contains(&time)))
                        .cloned()
                        .collect::<Vec<_>>(),
                )
            })
            .filter(|(_, exemplars)| !exemplars.is_empty())
            .collect())
    }

    fn matching(
        &self,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<BTreeSet<Labels>, StoreError> {
        let everything = [Vec::new()];
        let selectors = if selectors.is_empty() { &everything } else { selectors };
        let mut found = BTreeSet::new();
        for matchers in selectors {
            let selection = self.select(matchers, range.clone())?;
            found.extend((0..selection.len()).map(|index| selection.labels(index)));
        }
        Ok(found)
    }
}

impl Inner {
    fn push(&mut self, labels: Labels, sample: Sample, appended: &mut Appended) {
        let stored = self.series.entry(labels.clone()).or_default();
        match stored.samples.get(&sample.time) {
            Some(existing) if !same_bits(&existing.value, &sample.value) => {
                appended.refused += 1;
                if appended.refusals.len() < REFUSALS_MAX {
                    let reason = RefusalReason::DuplicateTimestamp;
                    appended.refusals.push(Refusal { series: labels, time: sample.time, reason });
                }
            }
            Some(_) => appended.samples += 1,
            None => {
                stored.samples.insert(sample.time, sample);
                appended.samples += 1;
            }
        }
    }
}

impl Selection {
    /// How many series matched.
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether none did.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// The full labels of a series.
    pub fn labels(&self, index: usize) -> Labels {
        self.series[index].0.clone()
    }

    /// The samples of a series within the selected range, histograms as floats: what queries read.
    pub fn read(&self, index: usize) -> Result<Samples, StoreError> {
        let mut samples = Samples::default();
        let (mut times, mut histogram_times) = (Vec::new(), Vec::new());
        for sample in &self.series[index].1 {
            let start = sample.start.unwrap_or(0);
            let histogram: Arc<FloatHistogram> = match &sample.value {
                Value::Float(value) => {
                    times.push(sample.time);
                    samples.values.push(*value);
                    samples.starts.push(start);
                    continue;
                }
                Value::Histogram(histogram) => Arc::new(histogram.to_float()),
                Value::FloatHistogram(histogram) => histogram.clone(),
            };
            histogram_times.push(sample.time);
            samples.histograms.push(histogram);
            samples.histogram_starts.push(start);
        }
        for starts in [&mut samples.starts, &mut samples.histogram_starts] {
            if starts.iter().all(|&start| start == 0) {
                starts.clear();
            }
        }
        (samples.times, samples.histogram_times) = (times.into(), histogram_times.into());
        Ok(samples)
    }

    /// The samples of a series as they were written, whole counts kept whole: what exports read.
    pub fn read_raw(&self, index: usize) -> Result<Vec<Sample>, StoreError> {
        Ok(self.series[index].1.clone())
    }
}

fn same_bits(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => left.to_bits() == right.to_bits(),
        _ => left == right,
    }
}
