//! Sums that remember what rounding took: Kahan's method with Neumaier's correction, for numbers and whole histograms.

use super::arithmetic::{Reconciled, check_combinable};
use super::types::FloatHistogram;
use super::validate::HistogramError;
use super::working::{Lost, Working};

/// A sum and what rounding took from it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CompensatedSum {
    /// The sum as plain addition gives it.
    pub sum: f64,
    /// What is to be added to it in the end.
    pub lost: f64,
}

impl CompensatedSum {
    /// Adds `value`.
    pub fn add(&mut self, value: f64) {
        let total = self.sum + value;
        self.lost = if total.is_infinite() {
            0.0
        } else if self.sum.abs() >= value.abs() {
            self.lost + ((self.sum - total) + value)
        } else {
            self.lost + ((value - total) + self.sum)
        };
        self.sum = total;
    }

    /// The sum with what it lost.
    pub fn total(self) -> f64 {
        self.sum + self.lost
    }

    /// Adds `factor`, which is 1 or -1, times a sum and what that lost.
    pub(super) fn add_scaled(&mut self, other: CompensatedSum, factor: f64) {
        self.add(other.sum * factor);
        if other.lost != 0.0 {
            self.add(other.lost * factor);
        }
    }
}

/// A sum of histograms in which every count remembers what rounding took.
///
/// Sums and averages over thousands of series or samples need it to be independent of their order.
#[derive(Clone, Debug)]
pub struct CompensatedHistogram {
    value: FloatHistogram,
    count_lost: f64,
    sum_lost: f64,
    lost: Lost,
}

impl CompensatedHistogram {
    /// The sum of one histogram.
    pub fn new(first: FloatHistogram) -> Self {
        let lost = Lost {
            zero_count: 0.0,
            positive: vec![0.0; first.positive.len()],
            negative: vec![0.0; first.negative.len()],
        };
        CompensatedHistogram { value: first, count_lost: 0.0, sum_lost: 0.0, lost }
    }

    /// Adds `other`; `FloatHistogram::add` says how.
    pub fn add(&mut self, other: &FloatHistogram) -> Result<Reconciled, HistogramError> {
        check_combinable(&self.value, other)?;
        let mut reconciled = Reconciled {
            counter_reset_conflict: self.value.merge_counter_reset(other),
            ..Default::default()
        };
        let value = &mut self.value;
        increase(&mut value.count, &mut self.count_lost, other.count);
        increase(&mut value.sum, &mut self.sum_lost, other.sum);
        if value.has_shape_of(other) {
            increase(&mut value.zero_count, &mut self.lost.zero_count, other.zero_count);
            increase_all(&mut value.positive, &mut self.lost.positive, &other.positive);
            increase_all(&mut value.negative, &mut self.lost.negative, &other.negative);
            return Ok(reconciled);
        }
        let mut buckets = Working::new(value, &self.lost);
        reconciled.custom_bounds = buckets.combine(Working::exact(other), 1.0);
        self.lost = buckets.store(value);
        Ok(reconciled)
    }

    /// Divides by `divisor`, what was lost included.
    pub fn divide(&mut self, divisor: f64) {
        self.value.divide(divisor);
        if divisor == 0.0 {
            // Nothing was lost from what is infinite now.
            *self = CompensatedHistogram::new(std::mem::take(&mut self.value));
            return;
        }
        self.count_lost /= divisor;
        self.sum_lost /= divisor;
        self.lost.zero_count /= divisor;
        self.lost.positive.iter_mut().chain(&mut self.lost.negative).for_each(|lost| *lost /= divisor);
    }

    /// The sum so far without what it lost: enough to see its shape and whether it overflowed.
    pub fn value(&self) -> &FloatHistogram {
        &self.value
    }

    /// The sum with what it lost.
    pub fn total(mut self) -> FloatHistogram {
        self.value.count += self.count_lost;
        self.value.sum += self.sum_lost;
        self.value.zero_count += self.lost.zero_count;
        for (counts, lost) in
            [(&mut self.value.positive, &self.lost.positive), (&mut self.value.negative, &self.lost.negative)]
        {
            counts.iter_mut().zip(lost).for_each(|(count, lost)| *count += lost);
        }
        self.value
    }
}

fn increase(sum: &mut f64, lost: &mut f64, value: f64) {
    let mut compensated = CompensatedSum { sum: *sum, lost: *lost };
    compensated.add(value);
    (*sum, *lost) = (compensated.sum, compensated.lost);
}

fn increase_all(sums: &mut [f64], lost: &mut [f64], values: &[f64]) {
    for ((sum, lost), &value) in sums.iter_mut().zip(lost).zip(values) {
        increase(sum, lost, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::notation::parse_notation;
    use super::*;

    #[test]
    fn sums_keep_what_rounding_takes() {
        let mut sum = CompensatedSum::default();
        for value in [1.0, 1e100, 1.0, -1e100] {
            sum.add(value);
        }
        assert_eq!(sum.total(), 2.0);
        sum.add(f64::INFINITY);
        sum.add(1.0);
        assert_eq!(sum.total(), f64::INFINITY);
    }

    fn check(notations: &[&str], want: &str) {
        let mut histograms = notations.iter().map(|notation| parse_notation(notation).unwrap().histogram);
        let mut sum = CompensatedHistogram::new(histograms.next().unwrap());
        for histogram in histograms {
            sum.add(&histogram).unwrap();
        }
        assert_eq!(sum.total().notation(), want);
    }

    #[test]
    fn every_count_of_a_histogram_is_compensated() {
        check(
            &[
                "{{count:1 sum:1 z_bucket:1 buckets:[1 1] n_buckets:[1]}}",
                "{{count:1e100 sum:1e100 z_bucket:1e100 buckets:[1e100 1] n_buckets:[1e100]}}",
                "{{count:1 sum:1 z_bucket:1 buckets:[1 1] n_buckets:[1]}}",
                "{{count:-1e100 sum:-1e100 z_bucket:-1e100 buckets:[-1e100 1] n_buckets:[-1e100]}}",
            ],
            "{{count:2 sum:2 z_bucket:2 buckets:[2 4] n_buckets:[2]}}",
        );
    }

    #[test]
    fn what_was_lost_survives_changes_of_shape() {
        check(
            &[
                "{{schema:1 count:1 buckets:[1 1 1]}}",
                "{{schema:1 count:1 buckets:[0 1e100 0]}}",
                "{{count:1 buckets:[1 1] offset:1}}",
                "{{count:1 buckets:[-1e100] offset:1 z_bucket:1 z_bucket_w:1}}",
            ],
            "{{count:4 z_bucket:2 z_bucket_w:1 offset:1 buckets:[3 1]}}",
        );
        check(
            &[
                "{{schema:-53 custom_values:[1 2 3] buckets:[1 1 1 1]}}",
                "{{schema:-53 custom_values:[1 2 3] buckets:[0 1e100]}}",
                "{{schema:-53 custom_values:[2] buckets:[-1e100 1]}}",
            ],
            "{{schema:-53 custom_values:[2] buckets:[2 3]}}",
        );
    }

    #[test]
    fn division_reaches_what_was_lost() {
        let ones =
            parse_notation("{{count:1 sum:1 z_bucket:1 buckets:[1] n_buckets:[1]}}").unwrap().histogram;
        let mut many = ones.clone();
        many.multiply(1e17);
        let mut sum = CompensatedHistogram::new(many.clone());
        (0..10).for_each(|_| drop(sum.add(&ones)));
        sum.divide(2.0);
        many.divide(-2.0);
        sum.add(&many).unwrap();
        assert_eq!(
            sum.total().notation(),
            "{{count:5 sum:5 z_bucket:5 counter_reset_hint:gauge buckets:[5] n_buckets:[5]}}"
        );

        let mut zero = CompensatedHistogram::new(ones);
        zero.divide(0.0);
        assert_eq!(zero.total().notation(), "{{count:+Inf sum:+Inf z_bucket:+Inf}}");
    }
}
