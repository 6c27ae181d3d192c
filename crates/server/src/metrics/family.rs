//! Counters, gauges and histograms of this process: atomics behind a name, grouped by labels whose values are few.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::{Labels, METRIC_NAME, MetricType};
use parking_lot::Mutex;

/// How many label combinations a family holds; past that they fall together under `other`. No label of ours is meant to
/// come near: this bounds mistakes.
const CELLS_MAX: usize = 512;

/// Upper bounds of the request histogram's buckets, in seconds.
const SECONDS_BOUNDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0];

/// A counter or gauge: one number per combination of label values.
pub struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: MetricType,
    labels: &'static [&'static str],
    cells: Mutex<BTreeMap<Vec<String>, Arc<AtomicU64>>>,
}

/// How long things took, per combination of label values.
pub struct Durations {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    labels: &'static [&'static str],
    cells: Mutex<BTreeMap<Vec<String>, Arc<DurationCell>>>,
}

#[derive(Default)]
struct DurationCell {
    buckets: [AtomicU64; SECONDS_BOUNDS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

/// One line of `/metrics`: the series and its value.
pub struct Point {
    /// Name and labels.
    pub labels: Labels,
    /// The value now.
    pub value: f64,
}

impl Family {
    pub(super) const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Family {
        Family { name, help, kind: MetricType::Counter, labels, cells: Mutex::new(BTreeMap::new()) }
    }

    pub(super) const fn gauge(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Family {
        Family { name, help, kind: MetricType::Gauge, labels, cells: Mutex::new(BTreeMap::new()) }
    }

    /// Adds to a counter.
    pub fn add(&self, values: &[&str], amount: u64) {
        self.cell(values).fetch_add(amount, Ordering::Relaxed);
    }

    /// Sets a gauge.
    pub fn set(&self, values: &[&str], value: f64) {
        self.cell(values).store(value.to_bits(), Ordering::Relaxed);
    }

    /// The value of a gauge that has no labels.
    pub fn value(&self) -> f64 {
        f64::from_bits(self.cell(&[]).load(Ordering::Relaxed))
    }

    fn cell(&self, values: &[&str]) -> Arc<AtomicU64> {
        cell_of(&mut self.cells.lock(), self.labels, values)
    }

    pub(super) fn gather(&self, points: &mut Vec<Point>) {
        for (values, cell) in self.cells.lock().iter() {
            let bits = cell.load(Ordering::Relaxed);
            let value = if self.kind == MetricType::Counter { bits as f64 } else { f64::from_bits(bits) };
            points.push(Point { labels: series(self.name, self.labels, values, None), value });
        }
    }
}

impl Durations {
    pub(super) const fn new(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Durations {
        Durations { name, help, labels, cells: Mutex::new(BTreeMap::new()) }
    }

    /// Counts one thing that took so long.
    pub fn observe(&self, values: &[&str], took: Duration) {
        let cell: Arc<DurationCell> = cell_of(&mut self.cells.lock(), self.labels, values);
        let seconds = took.as_secs_f64();
        if let Some(bucket) = SECONDS_BOUNDS.iter().position(|bound| seconds <= *bound) {
            cell.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
        cell.count.fetch_add(1, Ordering::Relaxed);
        cell.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn gather(&self, points: &mut Vec<Point>) {
        let name = |suffix: &str| format!("{}{suffix}", self.name);
        for (values, cell) in self.cells.lock().iter() {
            let mut cumulative = 0;
            for (bound, bucket) in SECONDS_BOUNDS.iter().zip(&cell.buckets) {
                cumulative += bucket.load(Ordering::Relaxed);
                let le = if bound.fract() == 0.0 { format!("{bound:.1}") } else { bound.to_string() };
                let labels = series(&name("_bucket"), self.labels, values, Some(&le));
                points.push(Point { labels, value: cumulative as f64 });
            }
            let count = cell.count.load(Ordering::Relaxed) as f64;
            points.push(Point {
                labels: series(&name("_bucket"), self.labels, values, Some("+Inf")),
                value: count,
            });
            points.push(Point { labels: series(&name("_count"), self.labels, values, None), value: count });
            let seconds = cell.micros.load(Ordering::Relaxed) as f64 / 1e6;
            points.push(Point { labels: series(&name("_sum"), self.labels, values, None), value: seconds });
        }
    }
}

fn cell_of<T: Default>(
    cells: &mut BTreeMap<Vec<String>, Arc<T>>,
    labels: &[&str],
    values: &[&str],
) -> Arc<T> {
    assert_eq!(labels.len(), values.len(), "a value for each of the labels {labels:?}");
    let mut key: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    if cells.len() >= CELLS_MAX && !cells.contains_key(&key) {
        key.fill("other".to_owned());
    }
    cells.entry(key).or_default().clone()
}

fn series(name: &str, labels: &[&str], values: &[String], le: Option<&str>) -> Labels {
    let own = labels.iter().copied().zip(values.iter().map(String::as_str));
    Labels::from_pairs(own.chain([(METRIC_NAME, name)]).chain(le.map(|le| ("le", le))))
}
