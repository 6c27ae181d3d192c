//! A window: the samples of one series that a range function sees at one step.

use std::sync::Arc;

use model::{FloatHistogram, Timestamp};

use crate::annotation::{Annotations, Note};
use crate::eval::points::Point;
use crate::syntax::{RangeKind, Span};

/// The samples of one series within one range. Staleness markers are gone; there is at least one sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'a> {
    /// When each float was true.
    pub(crate) times: &'a [Timestamp],
    /// The floats.
    pub(crate) floats: &'a [f64],
    /// Since when each float has been counting, 0 for unknown; empty when none is known or nobody asks.
    pub(crate) starts: &'a [Timestamp],
    /// When each histogram was true.
    pub(crate) histogram_times: &'a [Timestamp],
    /// The histograms.
    pub(crate) histograms: &'a [Arc<FloatHistogram>],
    /// As `starts`, for the histograms.
    pub(crate) histogram_starts: &'a [Timestamp],
    /// Where the range begins; a sample at this very time is outside.
    pub(crate) start: Timestamp,
    /// Where the range ends; a sample at this very time is inside.
    pub(crate) end: Timestamp,
    /// The time of the step, which differs from the end by offset and `@`.
    pub(crate) step_time: Timestamp,
    /// The scalar arguments at this step.
    pub(crate) params: &'a [f64],
    /// Whether samples beyond the range's ends are there too.
    pub(crate) kind: RangeKind,
    /// The name of the metric.
    pub(crate) metric: &'a str,
    /// The place that annotations are about: the first argument.
    pub(crate) span: Span,
}

/// A sample of either kind, with its time and start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamped<'a> {
    pub(crate) time: Timestamp,
    pub(crate) start: Timestamp,
    pub(crate) value: Either<'a>,
}

/// A float or a histogram.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Either<'a> {
    Float(f64),
    Histogram(&'a Arc<FloatHistogram>),
}

impl<'a> Window<'a> {
    /// How long the range is, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.end.saturating_sub(self.start) as f64 / 1000.0
    }

    /// Whether both kinds of samples are there.
    pub(crate) fn is_mixed(&self) -> bool {
        !self.floats.is_empty() && !self.histograms.is_empty()
    }

    /// The float at `index` with its time and start.
    pub(crate) fn float(&self, index: usize) -> Stamped<'a> {
        Stamped {
            time: self.times[index],
            start: self.starts.get(index).copied().unwrap_or(0),
            value: Either::Float(self.floats[index]),
        }
    }

    /// The histogram at `index` with its time and start.
    pub(crate) fn histogram(&self, index: usize) -> Stamped<'a> {
        Stamped {
            time: self.histogram_times[index],
            start: self.histogram_starts.get(index).copied().unwrap_or(0),
            value: Either::Histogram(&self.histograms[index]),
        }
    }

    /// All samples from the given indexes on, in the order of time.
    pub(crate) fn merged(
        &self,
        first_float: usize,
        first_histogram: usize,
    ) -> impl Iterator<Item = Stamped<'a>> {
        let window = *self;
        let (mut float, mut histogram) = (first_float, first_histogram);
        std::iter::from_fn(move || {
            let float_time = window.times.get(float).copied();
            let histogram_time = window.histogram_times.get(histogram).copied();
            let float_first = match (float_time, histogram_time) {
                (None, None) => return None,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some(left), Some(right)) => left < right,
            };
            if float_first {
                float += 1;
                Some(window.float(float - 1))
            } else {
                histogram += 1;
                Some(window.histogram(histogram - 1))
            }
        })
    }

    /// Says that the range mixes floats and histograms, of which no result can come.
    pub(crate) fn note_mixed(&self, notes: &mut Annotations) -> Option<Point> {
        notes.add(Note::MixedFloatsHistograms { metric: self.metric }, self.span);
        None
    }

    /// Says that histograms were left out, if there are any.
    pub(crate) fn note_ignored_histograms(&self, notes: &mut Annotations) {
        if !self.histograms.is_empty() {
            notes.add(Note::HistogramIgnoredInMixedRange { metric: self.metric }, self.span);
        }
    }

    /// Says that histograms of both kinds cannot be combined.
    pub(crate) fn note_mixed_schemas(&self, notes: &mut Annotations) {
        notes.add(Note::MixedExponentialCustom { metric: self.metric }, self.span);
    }
}

/// Whether the counter began anew between two samples, by what they say about when they began.
pub(crate) fn is_start_reset(
    previous_start: Timestamp,
    previous: Timestamp,
    start: Timestamp,
    time: Timestamp,
) -> bool {
    if start == 0 || start >= time || start < previous {
        return false;
    }
    if start > previous {
        return true;
    }
    // It began exactly at the previous sample: so does each of a series of deltas, but so does a counter whose
    // sender does not know when it began. The two differ in what the previous sample says of itself.
    previous_start <= previous && previous_start != 0 && previous_start != previous
}

/// Whether a sample claims to have begun before the previous one was taken, yet at another time than that one.
pub(crate) fn starts_overlap(previous_start: Timestamp, previous: Timestamp, start: Timestamp) -> bool {
    start != 0 && start < previous && start != previous_start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_tell_resets() {
        let check = |previous_start, previous, start, time, want: bool| {
            assert_eq!(is_start_reset(previous_start, previous, start, time), want);
        };
        check(0, 10, 0, 20, false);
        check(0, 10, 20, 20, false);
        check(5, 10, 5, 20, false);
        check(5, 10, 15, 20, true);
        check(5, 10, 10, 20, true);
        check(0, 10, 10, 20, false);
        check(10, 10, 10, 20, false);
        assert!(starts_overlap(1, 10, 5));
        assert!(!starts_overlap(5, 10, 5));
        assert!(!starts_overlap(1, 10, 10));
    }
}
