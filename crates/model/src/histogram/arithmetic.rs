//! Adding, subtracting and scaling histograms.
//!
//! Two histograms need not have the same shape: the result has the coarser resolution, the wider zero bucket, the
//! custom bounds that both have, and every bucket that either has. Empty ones stay until `compact` removes them.

use std::ops::BitOrAssign;

use super::types::{CounterReset, FloatHistogram};
use super::validate::HistogramError;
use super::working::{Working, shared_bounds};

/// What combining histograms had to gloss over, of which the person asking should be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// One side says there was a counter reset, the other that there was none.
    pub counter_reset_conflict: bool,
    /// The custom bounds differed, and only those of both sides were kept.
    pub custom_bounds: bool,
}

impl BitOrAssign for Reconciled {
    fn bitor_assign(&mut self, other: Self) {
        self.counter_reset_conflict |= other.counter_reset_conflict;
        self.custom_bounds |= other.custom_bounds;
    }
}

impl FloatHistogram {
    /// Adds `other` in place.
    ///
    /// The counter-reset hint becomes that of the gauge if either is one, unknown unless both agree.
    pub fn add(&mut self, other: &FloatHistogram) -> Result<Reconciled, HistogramError> {
        self.combine(other, 1.0)
    }

    /// Subtracts `other` in place.
    ///
    /// The hint follows the rules of `add`, which suits differences within a mean; what the operator `-` of a query
    /// yields is a gauge, for the caller to say.
    pub fn subtract(&mut self, other: &FloatHistogram) -> Result<Reconciled, HistogramError> {
        self.combine(other, -1.0)
    }

    /// Multiplies every count and the sum; a negative factor makes it a gauge.
    pub fn multiply(&mut self, factor: f64) {
        self.scale(|value| value * factor);
        if factor < 0.0 {
            self.counter_reset = CounterReset::Gauge;
        }
    }

    /// Divides every count and the sum; a negative divisor makes it a gauge, and one of zero leaves no buckets.
    pub fn divide(&mut self, divisor: f64) {
        if divisor == 0.0 {
            self.positive_spans.clear();
            self.positive.clear();
            self.negative_spans.clear();
            self.negative.clear();
        }
        self.scale(|value| value / divisor);
        if divisor < 0.0 {
            self.counter_reset = CounterReset::Gauge;
        }
    }

    fn scale(&mut self, scaled: impl Fn(f64) -> f64) {
        let totals = [&mut self.zero_count, &mut self.count, &mut self.sum];
        for value in totals.into_iter().chain(&mut self.positive).chain(&mut self.negative) {
            *value = scaled(*value);
        }
    }

    fn combine(&mut self, other: &FloatHistogram, factor: f64) -> Result<Reconciled, HistogramError> {
        check_combinable(self, other)?;
        let mut reconciled =
            Reconciled { counter_reset_conflict: self.merge_counter_reset(other), ..Default::default() };
        self.count += factor * other.count;
        self.sum += factor * other.sum;
        if self.has_shape_of(other) {
            self.zero_count += factor * other.zero_count;
            for (counts, others) in
                [(&mut self.positive, &other.positive), (&mut self.negative, &other.negative)]
            {
                counts.iter_mut().zip(others).for_each(|(count, other)| *count += factor * other);
            }
            return Ok(reconciled);
        }
        let mut buckets = Working::exact(self);
        reconciled.custom_bounds = buckets.combine(Working::exact(other), factor);
        buckets.store(self);
        Ok(reconciled)
    }

    /// Whether every bucket of `other` has its partner at the same place, so that counts can be added one by one.
    pub(super) fn has_shape_of(&self, other: &FloatHistogram) -> bool {
        self.schema == other.schema
            && self.zero_threshold == other.zero_threshold
            && self.positive_spans == other.positive_spans
            && self.negative_spans == other.negative_spans
            && self.positive.len() == other.positive.len()
            && self.negative.len() == other.negative.len()
            && self.custom_values == other.custom_values
    }
}

impl Working {
    /// Adds `factor` times `other` after bringing both to the same shape; says whether custom bounds were given up.
    pub(super) fn combine(&mut self, mut other: Working, factor: f64) -> bool {
        let differing_bounds = self.custom_values != other.custom_values;
        if differing_bounds {
            let shared = shared_bounds(&self.custom_values, &other.custom_values);
            self.keep_bounds(shared.clone());
            other.keep_bounds(shared);
        }
        // Growing one zero bucket over a populated bucket can make it wider than the other again.
        while self.zero_threshold != other.zero_threshold {
            let before = (self.zero_threshold, other.zero_threshold);
            other.grow_zero_bucket(self.zero_threshold);
            self.grow_zero_bucket(other.zero_threshold);
            if before == (self.zero_threshold, other.zero_threshold) {
                break;
            }
        }
        let schema = self.schema.min(other.schema);
        self.reduce_to(schema);
        other.reduce_to(schema);
        self.merge(other, factor);
        if differing_bounds {
            self.positive.retain(|cell| cell.count.sum != 0.0 || cell.count.lost != 0.0);
        }
        differing_bounds
    }
}

/// Checks that the buckets of both are of the same kind.
pub(super) fn check_combinable(left: &FloatHistogram, right: &FloatHistogram) -> Result<(), HistogramError> {
    if left.has_custom_buckets() == right.has_custom_buckets() {
        return Ok(());
    }
    Err(HistogramError::MixedSchemas)
}
