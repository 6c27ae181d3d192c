//! When two histograms are the same, and when they are nearly so.

use crate::sample::is_stale_nan;

use super::spans::same_layout;
use super::types::FloatHistogram;

impl FloatHistogram {
    /// Whether both have the same counts, bit for bit, in the same buckets; the counter-reset hint does not matter,
    /// nor how spans are cut. A NaN equals itself.
    pub fn same_counts(&self, other: &FloatHistogram) -> bool {
        self.matches(other, |left, right| left.to_bits() == right.to_bits())
    }

    /// `same_counts` and the same hint.
    pub fn same(&self, other: &FloatHistogram) -> bool {
        self.counter_reset == other.counter_reset && self.same_counts(other)
    }

    /// Whether both have nearly the same counts, as `almost_equal` has it, in the same buckets; for tests.
    pub fn almost_same_counts(&self, other: &FloatHistogram, tolerance: f64) -> bool {
        self.matches(other, |left, right| almost_equal(left, right, tolerance))
    }

    fn matches(&self, other: &FloatHistogram, equal: impl Fn(f64, f64) -> bool) -> bool {
        let all_equal = |left: &[f64], right: &[f64]| {
            left.len() == right.len() && left.iter().zip(right).all(|(&left, &right)| equal(left, right))
        };
        self.schema == other.schema
            && equal(self.count, other.count)
            && equal(self.sum, other.sum)
            && self.zero_threshold == other.zero_threshold
            && equal(self.zero_count, other.zero_count)
            && self.custom_values == other.custom_values
            && same_layout(&self.positive_spans, &other.positive_spans)
            && same_layout(&self.negative_spans, &other.negative_spans)
            && all_equal(&self.positive, &other.positive)
            && all_equal(&self.negative, &other.negative)
    }
}

/// Whether two numbers differ by less than `tolerance` relative to the sum of their sizes; two NaN are equal unless
/// only one of them is the staleness marker.
pub fn almost_equal(left: f64, right: f64, tolerance: f64) -> bool {
    if is_stale_nan(left) || is_stale_nan(right) {
        return is_stale_nan(left) && is_stale_nan(right);
    }
    if left == right || (left.is_nan() && right.is_nan()) {
        return true;
    }
    let (size, difference) = (left.abs() + right.abs(), (left - right).abs());
    if left == 0.0 || right == 0.0 || size < f64::MIN_POSITIVE {
        return difference < tolerance * f64::MIN_POSITIVE;
    }
    difference / size.min(f64::MAX) < tolerance
}

#[cfg(test)]
mod tests {
    use super::super::notation::parse_notation;
    use super::super::types::Span;
    use super::*;
    use crate::sample::STALE_NAN;

    #[test]
    fn cuts_between_spans_and_hints_do_not_matter() {
        let one = parse_notation("{{count:3 sum:NaN buckets:[1 1 1]}}").unwrap().histogram;
        let mut other =
            parse_notation("{{count:3 sum:NaN buckets:[1 1 1] counter_reset_hint:gauge}}").unwrap().histogram;
        other.positive_spans =
            vec![Span { offset: 0, length: 1 }, Span { offset: 0, length: 2 }, Span { offset: 3, length: 0 }];
        assert!(one.same_counts(&other));
        assert!(!one.same(&other));
        other.counter_reset = one.counter_reset;
        assert!(one.same(&other));
        other.positive[2] = 1.0 + 1e-9;
        assert!(!one.same_counts(&other));
        assert!(one.almost_same_counts(&other, 1e-6));
        assert!(!one.almost_same_counts(&other, 1e-12));
        other.positive_spans[1].offset = 1;
        assert!(!one.almost_same_counts(&other, 1e-6));
    }

    #[test]
    fn near_numbers_are_almost_equal() {
        let equal = |left: f64, right: f64| almost_equal(left, right, 1e-6);
        assert!(equal(1.0, 1.000_001) && !equal(1.0, 1.000_01));
        assert!(equal(f64::INFINITY, f64::INFINITY) && !equal(f64::INFINITY, f64::MAX));
        assert!(equal(f64::NAN, f64::NAN) && equal(STALE_NAN, STALE_NAN) && !equal(STALE_NAN, f64::NAN));
        assert!(equal(0.0, -0.0) && !equal(0.0, 1e-300) && equal(f64::MAX, f64::MAX * (1.0 - 1e-9)));
    }
}
