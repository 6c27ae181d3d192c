//! The share of observations between two values: the inverse of the quantile, with the same interpolation.

use super::buckets::Bucket;
use super::types::FloatHistogram;

/// A share of observations, and whether some observations could not be considered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fraction {
    /// The estimate, of all observations including NaN.
    pub value: f64,
    /// Whether there were observations of NaN, which are between no two values.
    pub nan_excluded: bool,
}

impl FloatHistogram {
    /// The share of observations between `lower` and `upper`, either of which may be infinite: NaN where there are no
    /// observations or a limit is NaN, 0 where the limits are not in order.
    pub fn fraction(&self, lower: f64, upper: f64) -> Fraction {
        if self.count == 0.0 || lower.is_nan() || upper.is_nan() {
            return Fraction { value: f64::NAN, nan_excluded: false };
        }
        if lower >= upper {
            return Fraction { value: 0.0, nan_excluded: false };
        }
        let (mut lower_rank, mut upper_rank) = (None, None);
        let mut rank = 0.0;
        for bucket in self.buckets() {
            lower_rank = lower_rank.or_else(|| self.rank_in(bucket, lower, rank));
            upper_rank = upper_rank.or_else(|| self.rank_in(bucket, upper, rank));
            rank += bucket.count;
        }
        let nan_excluded = self.sum.is_nan() && rank < self.count;
        let total = if self.sum.is_nan() { rank } else { self.count };
        let [lower_rank, upper_rank] = [lower_rank, upper_rank].map(|rank: Option<f64>| match rank {
            Some(rank) if rank > total => total,
            Some(rank) => rank,
            None => total,
        });
        Fraction { value: (upper_rank - lower_rank) / self.count, nan_excluded }
    }

    /// How many observations are at or below `value`, `rank` of them below `bucket`; `None` if it is above the bucket.
    fn rank_in(&self, mut bucket: Bucket, value: f64, rank: f64) -> Option<f64> {
        let around_zero = bucket.lower <= 0.0 && bucket.upper >= 0.0;
        if around_zero {
            self.narrow_zero_bucket(&mut bucket);
        }
        if bucket.lower >= value {
            return Some(rank);
        }
        if bucket.upper <= value {
            return None;
        }
        // Nothing can be said about where in an infinite bucket an observation is; it is taken to be at its finite end.
        if bucket.lower == f64::NEG_INFINITY && (around_zero || self.has_custom_buckets()) {
            return Some(bucket.count);
        }
        Some(rank + bucket.count * bucket.fraction_below(value, around_zero || self.has_custom_buckets()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::equality::almost_equal;
    use super::super::notation::parse_notation;
    use super::*;

    const INFINITY: f64 = f64::INFINITY;

    fn check(notation: &str, cases: &[(f64, f64, f64)]) {
        let histogram = parse_notation(notation).unwrap().histogram;
        for &(lower, upper, want) in cases {
            let got = histogram.fraction(lower, upper).value;
            assert!(almost_equal(got, want, 1e-12), "{lower} to {upper} of {notation}: {got}, not {want}");
        }
    }

    #[test]
    fn shares_of_exponential_buckets() {
        check(
            "{{count:4 sum:5 buckets:[1 2 1]}}",
            &[
                (1.0, 2.0, 0.5),
                (0.0, 8.0, 1.0),
                (-INFINITY, 2f64.sqrt(), 0.5),
                (2f64.sqrt(), INFINITY, 0.5),
                (2.0, 1.0, 0.0),
            ],
        );
        check("{{count:4 sum:-5 n_buckets:[1 2 1]}}", &[(-2.0, -1.0, 0.5), (-INFINITY, -(2f64.sqrt()), 0.5)]);
        check("{{count:4 sum:0 z_bucket:4 z_bucket_w:0.5}}", &[(-0.25, 0.25, 0.5), (0.0, 0.25, 0.25)]);
        check(
            "{{count:5 sum:1 z_bucket:4 z_bucket_w:0.5 buckets:[1]}}",
            &[(0.0, 0.25, 0.4), (-0.25, 0.25, 0.4)],
        );
    }

    #[test]
    fn shares_of_custom_buckets() {
        check(
            "{{schema:-53 count:4 sum:5 custom_values:[5 10] buckets:[1 2 1]}}",
            &[
                (5.0, 10.0, 0.5),
                (7.5, INFINITY, 0.5),
                (-INFINITY, INFINITY, 1.0),
                (20.0, INFINITY, 0.25),
                (20.0, 30.0, 0.0),
            ],
        );
    }

    #[test]
    fn what_has_no_answer_is_nan() {
        check("{{}}", &[(0.0, 1.0, f64::NAN)]);
        check(
            "{{count:1 buckets:[1]}}",
            &[(f64::NAN, 1.0, f64::NAN), (0.0, f64::NAN, f64::NAN), (1.0, 1.0, 0.0)],
        );
    }

    #[test]
    fn nan_observations_are_between_no_two_values() {
        let fraction = parse_notation("{{count:8 sum:NaN buckets:[1 2 1]}}")
            .unwrap()
            .histogram
            .fraction(-INFINITY, INFINITY);
        assert_eq!(fraction, Fraction { value: 0.5, nan_excluded: true });
    }
}
