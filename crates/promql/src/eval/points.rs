//! The values of one series over all steps: a dense column of floats and, for the few that have any, histograms.
//!
//! A step without a float holds the staleness marker's bits. That NaN is signalling and every arithmetic
//! operation returns quiet ones, so no value a query computes can be mistaken for absence; selectors drop
//! the markers that were stored.

use std::sync::Arc;

use model::{FloatHistogram, STALE_NAN};

/// What a step without a float holds.
pub(crate) const ABSENT: f64 = STALE_NAN;

/// Whether a float of a column is no value at all.
#[inline]
pub(crate) fn is_absent(value: f64) -> bool {
    value.to_bits() == ABSENT.to_bits()
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Point {
    /// A float.
    Float(f64),
    /// A histogram.
    Histogram(Arc<FloatHistogram>),
}

impl From<f64> for Point {
    fn from(value: f64) -> Point {
        Point::Float(value)
    }
}

impl From<FloatHistogram> for Point {
    fn from(histogram: FloatHistogram) -> Point {
        Point::Histogram(Arc::new(histogram))
    }
}

/// The values of one series at every step.
#[derive(Clone, Debug)]
pub(crate) struct Points {
    /// The floats, `ABSENT` where there is none.
    pub(crate) floats: Vec<f64>,
    /// The histograms, as long as `floats`; `None` when the series has none at any step.
    pub(crate) histograms: Option<Vec<Option<Arc<FloatHistogram>>>>,
}

impl Points {
    /// No value at any of `count` steps.
    pub(crate) fn absent(count: usize) -> Points {
        Points { floats: vec![ABSENT; count], histograms: None }
    }

    /// Floats alone.
    pub(crate) fn floats(floats: Vec<f64>) -> Points {
        Points { floats, histograms: None }
    }

    /// How many steps there are.
    pub(crate) fn len(&self) -> usize {
        self.floats.len()
    }

    /// The value at a step.
    pub(crate) fn get(&self, step: usize) -> Option<Point> {
        if let Some(histogram) = self.histogram(step) {
            return Some(Point::Histogram(histogram.clone()));
        }
        self.float(step).map(Point::Float)
    }

    /// The float at a step.
    #[inline]
    pub(crate) fn float(&self, step: usize) -> Option<f64> {
        let value = self.floats[step];
        (!is_absent(value)).then_some(value)
    }

    /// The histogram at a step.
    #[inline]
    pub(crate) fn histogram(&self, step: usize) -> Option<&Arc<FloatHistogram>> {
        self.histograms.as_ref()?[step].as_ref()
    }

    /// Whether there is a value at a step.
    #[inline]
    pub(crate) fn is_present(&self, step: usize) -> bool {
        !is_absent(self.floats[step]) || self.histogram(step).is_some()
    }

    /// Puts a value at a step that has none.
    pub(crate) fn set(&mut self, step: usize, point: Point) {
        match point {
            Point::Float(value) => self.floats[step] = value,
            Point::Histogram(histogram) => self.set_histogram(step, histogram),
        }
    }

    /// Puts a histogram at a step, in place of a float.
    pub(crate) fn set_histogram(&mut self, step: usize, histogram: Arc<FloatHistogram>) {
        let count = self.floats.len();
        self.floats[step] = ABSENT;
        self.histograms.get_or_insert_with(|| vec![None; count])[step] = Some(histogram);
    }

    /// Takes the value at a step away.
    pub(crate) fn clear(&mut self, step: usize) {
        self.floats[step] = ABSENT;
        if let Some(histograms) = &mut self.histograms {
            histograms[step] = None;
        }
    }

    /// Sets the flag of each step that has a value.
    pub(crate) fn mark_present(&self, flags: &mut [bool]) {
        flags.iter_mut().zip(&self.floats).for_each(|(flag, &value)| *flag |= !is_absent(value));
        for (flag, histogram) in flags.iter_mut().zip(self.histograms.iter().flatten()) {
            *flag |= histogram.is_some();
        }
    }

    /// Whether there is no value at any step.
    pub(crate) fn is_empty(&self) -> bool {
        self.floats.iter().all(|&value| is_absent(value)) && !self.has_histograms()
    }

    /// Whether any step has a histogram.
    pub(crate) fn has_histograms(&self) -> bool {
        self.histograms.as_ref().is_some_and(|histograms| histograms.iter().any(Option::is_some))
    }

    /// The same value at each of `count` steps as at the first.
    pub(crate) fn broadcast(self, count: usize) -> Points {
        let first = self.histogram(0).cloned();
        Points {
            floats: vec![self.floats.first().copied().unwrap_or(ABSENT); count],
            histograms: first.map(|histogram| vec![Some(histogram); count]),
        }
    }

    /// Takes the values of `other` where this has none; false when both have one at some step.
    pub(crate) fn merge(&mut self, other: &Points) -> bool {
        for step in 0..self.len() {
            let Some(point) = other.get(step) else { continue };
            if self.is_present(step) {
                return false;
            }
            self.set(step, point);
        }
        true
    }

    /// Replaces each float by what `map` makes of it and drops histograms.
    pub(crate) fn map_floats(&mut self, map: impl Fn(f64) -> f64) {
        self.histograms = None;
        for value in &mut self.floats {
            if !is_absent(*value) {
                *value = map(*value);
            }
        }
    }

    /// Replaces each histogram by the float `map` makes of it and drops what was a float before.
    pub(crate) fn map_histograms(&mut self, map: impl Fn(&FloatHistogram) -> f64) {
        self.floats.fill(ABSENT);
        let histograms = self.histograms.take().unwrap_or_default();
        for (value, histogram) in self.floats.iter_mut().zip(&histograms) {
            if let Some(histogram) = histogram {
                *value = map(histogram);
            }
        }
    }

    /// How much memory the values take.
    pub(crate) fn memory_bytes(&self) -> usize {
        let histograms = self.histograms.as_ref().map_or(0, |histograms| {
            histograms.iter().map(|slot| 8 + slot.as_ref().map_or(0, |found| found.memory_bytes())).sum()
        });
        self.floats.capacity() * 8 + histograms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_is_no_value_arithmetic_can_make() {
        assert!(is_absent(ABSENT));
        assert!(!is_absent(std::hint::black_box(ABSENT) + 1.0));
        assert!(!is_absent(f64::NAN));
    }

    #[test]
    fn merging_needs_disjoint_steps() {
        let mut left = Points::floats(vec![1.0, ABSENT, ABSENT]);
        assert!(left.merge(&Points::floats(vec![ABSENT, 2.0, ABSENT])));
        assert_eq!((left.float(0), left.float(1), left.float(2)), (Some(1.0), Some(2.0), None));
        assert!(!left.merge(&Points::floats(vec![5.0, ABSENT, ABSENT])));
    }

    #[test]
    fn a_step_has_a_float_or_a_histogram() {
        let mut points = Points::floats(vec![1.0, 2.0]);
        points.set_histogram(0, Arc::new(FloatHistogram::default()));
        assert_eq!(points.float(0), None);
        assert!(points.is_present(0));
        points.map_histograms(|histogram| histogram.count + 7.0);
        assert_eq!((points.float(0), points.float(1)), (Some(7.0), None));
    }
}
