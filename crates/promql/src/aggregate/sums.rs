//! Compensated sums at every step, added up series by series.

use crate::eval::points::{ABSENT, is_absent};

/// A sum for each step, beside what rounding took from it.
pub(super) struct Sums {
    /// The sums, `ABSENT` where nothing was added yet.
    pub(super) sums: Vec<f64>,
    /// What rounding took, `ABSENT` where nothing was added yet.
    pub(super) lost: Vec<f64>,
    /// Whether something was added at every step.
    complete: bool,
}

impl Sums {
    /// Nothing added yet.
    pub(super) fn new(count: usize) -> Sums {
        Sums { sums: vec![ABSENT; count], lost: vec![ABSENT; count], complete: false }
    }

    /// Adds the values of a series.
    pub(super) fn add(&mut self, values: &[f64]) {
        // NaN is the only thing that can be absence, and most series have none.
        let dense = !values.iter().any(|value| value.is_nan());
        let cells = self.sums.iter_mut().zip(&mut self.lost).zip(values);
        if dense && self.complete {
            cells.for_each(|((sum, lost), &value)| (*sum, *lost) = plus(*sum, *lost, value));
            return;
        }
        for ((sum, lost), &value) in cells {
            if is_absent(value) {
                continue;
            }
            (*sum, *lost) = if is_absent(*sum) { (value, 0.0) } else { plus(*sum, *lost, value) };
        }
        self.complete |= dense;
    }

    /// The sums with what they lost.
    pub(super) fn totals(self) -> Vec<f64> {
        let total = |(sum, lost): (f64, f64)| if is_absent(sum) { ABSENT } else { sum + lost };
        self.sums.into_iter().zip(self.lost).map(total).collect()
    }
}

/// Adds `value`, and what rounding takes to `lost`, without a branch. An infinite sum has lost nothing.
#[inline]
fn plus(sum: f64, lost: f64, value: f64) -> (f64, f64) {
    let total = sum + value;
    let added = total - sum;
    let lost = lost + ((sum - (total - added)) + (value - added));
    (total, if total.is_infinite() { 0.0 } else { lost })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_keep_what_cancels_and_skip_what_is_absent() {
        let check = |series: &[&[f64]], want: &[f64]| {
            let mut sums = Sums::new(want.len());
            series.iter().for_each(|values| sums.add(values));
            assert_eq!(format!("{:?}", sums.totals()), format!("{want:?}"));
        };
        check(&[&[1.0, ABSENT, 1e100], &[2.0, ABSENT, 1.0], &[4.0, ABSENT, -1e100]], &[7.0, ABSENT, 1.0]);
        check(&[&[ABSENT, 1.0], &[1.0, 2.0], &[3.0, 4.0]], &[4.0, 7.0]);
        check(&[&[f64::INFINITY], &[1.0], &[2.0]], &[f64::INFINITY]);
        check(&[&[1.0], &[f64::NAN], &[2.0]], &[f64::NAN]);
        check(&[&[f64::MAX], &[f64::MAX]], &[f64::INFINITY]);
    }

    #[test]
    fn parts_merge_with_what_they_lost() {
        let mut sums = Sums::new(1);
        sums.add(&[1.0]);
        let mut other = Sums::new(1);
        [1e100, 1.0, -1e100].iter().for_each(|&value| other.add(&[value]));
        sums.add(&other.sums);
        sums.add(&other.lost);
        assert_eq!(sums.totals(), [2.0]);
    }
}
