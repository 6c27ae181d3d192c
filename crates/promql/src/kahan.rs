//! Compensated summation: a sum that remembers what rounding took from it.

/// A running sum with Neumaier's compensation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct KahanSum {
    /// The sum as plain addition has it.
    pub(crate) sum: f64,
    /// What plain addition lost.
    pub(crate) lost: f64,
}

impl KahanSum {
    /// A sum that begins at `first`.
    pub(crate) fn new(first: f64) -> KahanSum {
        KahanSum { sum: first, lost: 0.0 }
    }

    /// Adds a term. A sum that left the range of floats has nothing left to compensate.
    #[inline]
    pub(crate) fn add(&mut self, term: f64) {
        let total = self.sum + term;
        self.lost = if total.is_infinite() {
            0.0
        } else if self.sum.abs() >= term.abs() {
            self.lost + ((self.sum - total) + term)
        } else {
            self.lost + ((term - total) + self.sum)
        };
        self.sum = total;
    }

    /// Scales what was summed so far.
    pub(crate) fn scale(self, factor: f64) -> KahanSum {
        KahanSum { sum: self.sum * factor, lost: self.lost * factor }
    }

    /// The best approximation of the sum.
    pub(crate) fn value(self) -> f64 {
        self.sum + self.lost
    }
}

/// A running mean: exact division at the end while the sum fits a float, incremental once it would not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KahanMean {
    /// The sum, or once `incremental` the mean.
    total: KahanSum,
    /// How many values went in.
    pub(crate) count: f64,
    incremental: bool,
}

impl KahanMean {
    /// The mean of one value.
    pub(crate) fn new(first: f64) -> KahanMean {
        KahanMean { total: KahanSum::new(first), count: 1.0, incremental: false }
    }

    /// Adds a value.
    #[inline]
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1.0;
        if !self.incremental {
            let mut total = self.total;
            total.add(value);
            if !total.sum.is_infinite() {
                self.total = total;
                return;
            }
            self.become_incremental(self.count - 1.0);
        }
        self.total = self.total.scale((self.count - 1.0) / self.count);
        self.total.add(value / self.count);
    }

    /// Adds all values of another mean.
    pub(crate) fn merge(&mut self, mut other: KahanMean) {
        let count = self.count + other.count;
        if !self.incremental && !other.incremental {
            let mut total = self.total;
            total.add(other.total.sum);
            total.add(other.total.lost);
            if !total.sum.is_infinite() {
                (self.total, self.count) = (total, count);
                return;
            }
        }
        self.become_incremental(self.count);
        other.become_incremental(other.count);
        let theirs = other.total.scale(other.count / count);
        self.total = self.total.scale(self.count / count);
        self.total.add(theirs.sum);
        self.total.add(theirs.lost);
        self.count = count;
    }

    /// The mean.
    pub(crate) fn value(self) -> f64 {
        if self.incremental {
            self.total.value()
        } else {
            self.total.sum / self.count + self.total.lost / self.count
        }
    }

    fn become_incremental(&mut self, count: f64) {
        if !self.incremental {
            self.incremental = true;
            self.total = KahanSum { sum: self.total.sum / count, lost: self.total.lost / count };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> f64 {
        let mut sum = KahanSum::default();
        values.iter().for_each(|&value| sum.add(value));
        sum.value()
    }

    fn mean(values: &[f64]) -> KahanMean {
        let mut mean = KahanMean::new(values[0]);
        values[1..].iter().for_each(|&value| mean.add(value));
        mean
    }

    #[test]
    fn sums_keep_what_cancels() {
        assert_eq!(sum(&[1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum(&[f64::INFINITY, 1.0]), f64::INFINITY);
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }

    #[test]
    fn means_survive_sums_beyond_the_floats() {
        assert_eq!(mean(&[1.0, 2.0, 6.0]).value(), 3.0);
        assert_eq!(mean(&[f64::MAX, f64::MAX]).value(), f64::MAX);
        assert_eq!(mean(&[f64::INFINITY, 1.0]).value(), f64::INFINITY);
        let mut merged = mean(&[f64::MAX, f64::MAX]);
        merged.merge(mean(&[f64::MAX, f64::MAX]));
        assert!((merged.value() / f64::MAX - 1.0).abs() < 1e-15);
        let mut small = mean(&[1.0, 2.0]);
        small.merge(mean(&[6.0]));
        assert_eq!((small.value(), small.count), (3.0, 3.0));
    }
}
