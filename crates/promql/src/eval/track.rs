//! The samples of one series as range functions want them: without staleness markers.

use std::borrow::Cow;
use std::sync::Arc;

use model::{CounterReset, FloatHistogram, Timestamp, is_stale_nan};
use tsdb::Samples;

use crate::eval::points::Points;
use crate::eval::steps::Steps;

/// The samples of one series, markers removed.
pub(crate) struct Track<'s> {
    pub(crate) times: Cow<'s, [Timestamp]>,
    pub(crate) floats: Cow<'s, [f64]>,
    pub(crate) starts: Cow<'s, [Timestamp]>,
    pub(crate) histogram_times: Cow<'s, [Timestamp]>,
    pub(crate) histograms: Cow<'s, [Arc<FloatHistogram>]>,
    pub(crate) histogram_starts: Cow<'s, [Timestamp]>,
    /// The allocation of `times`, if it is the series' own.
    pub(crate) shared_times: Option<&'s Arc<[Timestamp]>>,
    /// As `shared_times`, for the histograms.
    pub(crate) shared_histogram_times: Option<&'s Arc<[Timestamp]>>,
}

impl<'s> Track<'s> {
    /// The samples of a series in the store.
    pub(crate) fn of(samples: &'s Samples) -> Track<'s> {
        let stale_float = samples.values.iter().any(|&value| is_stale_nan(value));
        let stale_histogram = samples.histograms.iter().any(|histogram| histogram.is_stale());
        let fresh_floats: Vec<usize> = match stale_float {
            true => (0..samples.values.len()).filter(|&index| !is_stale_nan(samples.values[index])).collect(),
            false => Vec::new(),
        };
        let fresh_histograms: Vec<usize> = match stale_histogram {
            true => {
                (0..samples.histograms.len()).filter(|&index| !samples.histograms[index].is_stale()).collect()
            }
            false => Vec::new(),
        };
        Track {
            times: keep(&samples.times, stale_float, &fresh_floats),
            floats: keep(&samples.values, stale_float, &fresh_floats),
            starts: keep(&samples.starts, stale_float, &fresh_floats),
            histogram_times: keep(&samples.histogram_times, stale_histogram, &fresh_histograms),
            histograms: keep(&samples.histograms, stale_histogram, &fresh_histograms),
            histogram_starts: keep(&samples.histogram_starts, stale_histogram, &fresh_histograms),
            shared_times: (!stale_float).then_some(&samples.times),
            shared_histogram_times: (!stale_histogram).then_some(&samples.histogram_times),
        }
    }

    /// The values of a computed series at the steps that have one.
    pub(crate) fn of_points(points: &Points, steps: Steps) -> Track<'static> {
        let (mut times, mut floats) = (Vec::new(), Vec::new());
        let (mut histogram_times, mut histograms) = (Vec::new(), Vec::new());
        for (step, time) in steps.times().enumerate() {
            if let Some(histogram) = points.histogram(step) {
                histogram_times.push(time);
                histograms.push(without_hint(histogram));
            } else if let Some(value) = points.float(step) {
                times.push(time);
                floats.push(value);
            }
        }
        Track {
            times: Cow::Owned(times),
            floats: Cow::Owned(floats),
            starts: Cow::Borrowed(&[]),
            histogram_times: Cow::Owned(histogram_times),
            histograms: Cow::Owned(histograms),
            histogram_starts: Cow::Borrowed(&[]),
            shared_times: None,
            shared_histogram_times: None,
        }
    }

    /// Whether there is no sample at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty() && self.histogram_times.is_empty()
    }
}

/// A subquery may skip a sample that was a reset or show it twice, so what it says of resets is worth nothing.
fn without_hint(histogram: &Arc<FloatHistogram>) -> Arc<FloatHistogram> {
    match histogram.counter_reset {
        CounterReset::Unknown | CounterReset::Gauge => histogram.clone(),
        CounterReset::Yes | CounterReset::No => Arc::new(FloatHistogram {
            counter_reset: CounterReset::Unknown,
            ..FloatHistogram::clone(histogram)
        }),
    }
}

fn keep<'s, T: Clone>(all: &'s [T], filtered: bool, indexes: &[usize]) -> Cow<'s, [T]> {
    if !filtered {
        return Cow::Borrowed(all);
    }
    Cow::Owned(indexes.iter().filter_map(|&index| all.get(index).cloned()).collect())
}
