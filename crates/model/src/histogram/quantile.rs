//! Quantiles of native histograms.
//!
//! Within an exponential bucket, observations are taken to be spread evenly over the logarithm; within a custom
//! bucket or the zero bucket, evenly. A histogram with positive buckets only has its zero bucket begin at zero,
//! one with negative buckets only has it end there.

use super::buckets::Bucket;
use super::types::FloatHistogram;

/// A quantile, and what observations of NaN did to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// The estimate.
    pub value: f64,
    /// Whether NaN had a part in it.
    pub nan: NanEffect,
}

/// What observations of NaN, which count but are in no bucket, did to a quantile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NanEffect {
    /// There were none.
    #[default]
    None,
    /// They count as higher than every bucket, which pushed the quantile up.
    Skewed,
    /// The quantile lies among them, and so is NaN.
    Result,
}

impl FloatHistogram {
    /// The value below which the share `q` of observations lies: -Inf and +Inf where `q` is below 0 or above 1, NaN where it
    /// is NaN or there are no observations.
    pub fn quantile(&self, q: f64) -> Quantile {
        let plain = |value| Quantile { value, nan: NanEffect::None };
        if q < 0.0 {
            return plain(f64::NEG_INFINITY);
        }
        if q > 1.0 {
            return plain(f64::INFINITY);
        }
        if self.count == 0.0 || q.is_nan() {
            return plain(f64::NAN);
        }
        // Counting from the nearer end loses less precision. NaN is beyond the upper end, where it would be in the way.
        let from_below = self.sum.is_nan() || q < 0.5;
        let (mut rank, found) = if from_below {
            let rank = q * self.count;
            (rank, Found::at_rank(self.buckets(), rank))
        } else {
            let rank = (1.0 - q) * self.count;
            (rank, Found::at_rank(self.buckets().rev(), rank))
        };
        let bucket = match self.effective_bounds(found.bucket) {
            Ok(bucket) => bucket,
            Err(bound) => return plain(bound),
        };
        // Rounding can make the buckets hold more than the count.
        let counted = found.counted.min(self.count);
        if counted < rank {
            return if self.sum.is_nan() {
                Quantile { value: f64::NAN, nan: NanEffect::Result }
            } else {
                plain(bucket.upper)
            };
        }
        rank = if from_below { rank - (counted - bucket.count) } else { counted - rank };
        let skewed = self.sum.is_nan() && counted + found.beyond < self.count;
        Quantile {
            value: self.interpolate(&bucket, rank / bucket.count),
            nan: if skewed { NanEffect::Skewed } else { NanEffect::None },
        }
    }

    /// The bucket with the bounds to interpolate between, or the value where there is nothing to interpolate.
    fn effective_bounds(&self, mut bucket: Bucket) -> Result<Bucket, f64> {
        if self.has_custom_buckets() {
            if bucket.lower == f64::NEG_INFINITY {
                if bucket.upper <= 0.0 {
                    return Err(bucket.upper);
                }
                bucket.lower = 0.0;
            } else if bucket.upper == f64::INFINITY {
                return Err(bucket.lower);
            }
        } else if bucket.lower < 0.0 && bucket.upper > 0.0 {
            self.narrow_zero_bucket(&mut bucket);
        }
        Ok(bucket)
    }

    /// Cuts the zero bucket at zero where all other buckets are on one side of it.
    pub(super) fn narrow_zero_bucket(&self, bucket: &mut Bucket) {
        match (self.negative.is_empty(), self.positive.is_empty()) {
            (true, false) => bucket.lower = 0.0,
            (false, true) => bucket.upper = 0.0,
            _ => {}
        }
    }

    /// The value so far into the bucket, from its lower bound.
    fn interpolate(&self, bucket: &Bucket, fraction: f64) -> f64 {
        if self.has_custom_buckets() || (bucket.lower <= 0.0 && bucket.upper >= 0.0) {
            return bucket.lower + (bucket.upper - bucket.lower) * fraction;
        }
        let (lower, upper) = (bucket.lower.abs().log2(), bucket.upper.abs().log2());
        if bucket.lower > 0.0 {
            (lower + (upper - lower) * fraction).exp2()
        } else {
            -(upper + (lower - upper) * (1.0 - fraction)).exp2()
        }
    }
}

/// The bucket that a rank falls into.
struct Found {
    bucket: Bucket,
    /// How many observations are in it and those before it.
    counted: f64,
    /// How many are in those after it.
    beyond: f64,
}

impl Found {
    /// Goes through `buckets` until they hold `rank` observations; the last bucket when they never do.
    fn at_rank(mut buckets: impl Iterator<Item = Bucket>, rank: f64) -> Found {
        let mut found = Found { bucket: Bucket::default(), counted: 0.0, beyond: 0.0 };
        for bucket in buckets.by_ref() {
            found.bucket = bucket;
            found.counted += bucket.count;
            if bucket.count != 0.0 && found.counted >= rank {
                break;
            }
        }
        found.beyond = buckets.map(|bucket| bucket.count).sum();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::equality::almost_equal;
    use super::super::notation::parse_notation;
    use super::*;

    fn check(notation: &str, cases: &[(f64, f64)]) {
        let histogram = parse_notation(notation).unwrap().histogram;
        for &(q, want) in cases {
            let got = histogram.quantile(q).value;
            assert!(almost_equal(got, want, 1e-12), "quantile {q} of {notation}: {got}, not {want}");
        }
    }

    #[test]
    fn interpolation_is_exponential_outside_of_the_zero_bucket() {
        check("{{count:4 sum:5 buckets:[1 2 1]}}", &[(0.5, 2f64.sqrt()), (0.0, 0.5), (1.0, 4.0)]);
        check("{{count:4 sum:-5 n_buckets:[1 2 1]}}", &[(0.5, -(2f64.sqrt())), (0.0, -4.0), (1.0, -0.5)]);
        check(
            "{{count:12 sum:100 z_bucket:2 z_bucket_w:0.001 buckets:[2 3 0 1 4]}}",
            &[(0.1, 0.0006), (0.99, 15.67072476139083), (0.9, 12.99603834169977), (0.5, 1.5874010519681994)],
        );
        check(
            "{{count:12 sum:100 z_bucket:2 z_bucket_w:0.001 n_buckets:[2 3 0 1 4]}}",
            &[(0.99, -0.00006), (0.9, -0.0006), (0.5, -1.5874010519681996), (0.0, -16.0)],
        );
    }

    #[test]
    fn interpolation_is_linear_in_custom_buckets_and_none_at_their_infinite_ends() {
        check(
            "{{schema:-53 count:4 sum:5 custom_values:[5 10] buckets:[1 2 1]}}",
            &[(0.5, 7.5), (0.125, 2.5), (0.9, 10.0), (1.0, 10.0)],
        );
        check("{{schema:-53 count:4 sum:5 custom_values:[-5 10] buckets:[4 0]}}", &[(0.5, -5.0)]);
        check("{{schema:-53 count:4 sum:5 buckets:[4]}}", &[(0.5, 0.5 * f64::INFINITY)]);
    }

    #[test]
    fn what_has_no_answer_gives_the_ends_or_nan() {
        check(
            "{{count:4 sum:5 buckets:[1 2 1]}}",
            &[(-0.1, f64::NEG_INFINITY), (1.1, f64::INFINITY), (f64::NAN, f64::NAN)],
        );
        check("{{}}", &[(0.5, f64::NAN), (2.0, f64::INFINITY)]);
        check("{{count:4}}", &[(0.5, 0.0)]);
    }

    #[test]
    fn nan_observations_are_above_all_buckets() {
        let quantile = |notation: &str, q| parse_notation(notation).unwrap().histogram.quantile(q);
        let some = quantile("{{count:10 sum:NaN buckets:[1 2 1]}}", 0.2);
        assert_eq!((some.value, some.nan), (2f64.sqrt(), NanEffect::Skewed));
        let beyond = quantile("{{count:10 sum:NaN buckets:[1 2 1]}}", 0.5);
        assert_eq!((beyond.value.is_nan(), beyond.nan), (true, NanEffect::Result));
        let infinities = quantile("{{count:4 sum:NaN buckets:[1 2 1]}}", 0.5);
        assert_eq!((infinities.value, infinities.nan), (2f64.sqrt(), NanEffect::None));
    }
}
