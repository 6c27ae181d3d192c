//! Mean, variance and standard deviation of native histograms.

use super::compensated::CompensatedSum;
use super::types::FloatHistogram;

impl FloatHistogram {
    /// The sum over the count; NaN where there are no observations.
    pub fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// The variance around the mean, all observations of a bucket taken to be at its middle: the geometric one of
    /// exponential buckets, the arithmetic one of custom buckets, zero for the zero bucket.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        let mut squares = CompensatedSum::default();
        for bucket in self.populated_buckets() {
            let middle = if self.has_custom_buckets() {
                (bucket.upper + bucket.lower) / 2.0
            } else if bucket.lower <= 0.0 && bucket.upper >= 0.0 {
                0.0
            } else {
                (bucket.upper * bucket.lower).sqrt().copysign(bucket.upper)
            };
            let delta = middle - mean;
            squares.add(bucket.count * delta * delta);
        }
        squares.total() / self.count
    }

    /// The square root of the variance.
    pub fn standard_deviation(&self) -> f64 {
        self.variance().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::super::equality::almost_equal;
    use super::super::notation::parse_notation;

    fn check(notation: &str, mean: f64, variance: f64) {
        let histogram = parse_notation(notation).unwrap().histogram;
        let got = (histogram.mean(), histogram.variance());
        assert!(
            almost_equal(got.0, mean, 1e-12) && almost_equal(got.1, variance, 1e-12),
            "{notation}: {got:?}"
        );
    }

    #[test]
    fn moments_come_from_the_middles_of_buckets() {
        check("{{schema:2 count:4 sum:10 buckets:[1 0 0 0 1 0 0 1 1]}}", 2.5, 1.163807968526718);
        check("{{schema:8 count:10 sum:10 buckets:[1 2 3 4]}}", 1.0, 2.3971123370139447e-05);
        check("{{count:10 sum:-100 n_buckets:[0 0 0 0 10]}}", -10.0, 1.725830020304794);
        check("{{count:2 sum:2 z_bucket:2}}", 1.0, 1.0);
        check("{{schema:-53 count:2 sum:8 custom_values:[2 6] buckets:[0 2]}}", 4.0, 0.0);
        check("{{}}", f64::NAN, f64::NAN);
        check("{{count:1 sum:Inf buckets:[1]}}", f64::INFINITY, f64::INFINITY);
    }
}
