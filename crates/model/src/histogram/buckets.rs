//! A histogram as the buckets a person thinks of: bounds, whether they belong to it, and a count.

use super::bounds::exponential_bound;
use super::spans::Indexed;
use super::types::FloatHistogram;

/// One bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bucket {
    /// Where it begins.
    pub lower: f64,
    /// Where it ends.
    pub upper: f64,
    /// Whether an observation of exactly `lower` is in it.
    pub lower_inclusive: bool,
    /// Whether an observation of exactly `upper` is in it.
    pub upper_inclusive: bool,
    /// How many observations it holds.
    pub count: f64,
    /// Its index, for comparison with buckets of the same side and schema; 0 for the zero bucket.
    pub index: i32,
}

/// Which bounds belong to a bucket, with the number the HTTP API has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BoundaryRule {
    /// `(lower, upper]`
    UpperInclusive = 0,
    /// `[lower, upper)`
    LowerInclusive = 1,
    /// `(lower, upper)`
    Neither = 2,
    /// `[lower, upper]`
    Both = 3,
}

impl Bucket {
    /// Which bounds belong to it.
    pub fn boundary_rule(&self) -> BoundaryRule {
        match (self.lower_inclusive, self.upper_inclusive) {
            (false, true) => BoundaryRule::UpperInclusive,
            (true, false) => BoundaryRule::LowerInclusive,
            (false, false) => BoundaryRule::Neither,
            (true, true) => BoundaryRule::Both,
        }
    }

    /// The share of its observations at or below `value`, which lies between its finite bounds: evenly spread over the
    /// bucket when `linear`, else evenly over the logarithm.
    pub(super) fn fraction_below(&self, value: f64, linear: bool) -> f64 {
        if linear {
            return (value - self.lower) / (self.upper - self.lower);
        }
        let (lower, upper, at) = (self.lower.abs().log2(), self.upper.abs().log2(), value.abs().log2());
        if value > 0.0 { (at - lower) / (upper - lower) } else { 1.0 - (at - upper) / (lower - upper) }
    }
}

impl FloatHistogram {
    /// The positive buckets, or all of a histogram with custom bounds, in ascending order; `rev()` for descending.
    pub fn positive_buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> + '_ {
        let custom = self.has_custom_buckets();
        Indexed::new(&self.positive_spans, &self.positive).map(move |(index, count)| {
            let (lower, upper) = (self.bound(index.wrapping_sub(1)), self.bound(index));
            let lower_inclusive = custom && index == 0;
            Bucket { lower, upper, lower_inclusive, upper_inclusive: true, count, index }
        })
    }

    /// The negative buckets from zero downwards; `rev()` for ascending.
    pub fn negative_buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> + '_ {
        Indexed::new(&self.negative_spans, &self.negative).map(move |(index, count)| {
            let (lower, upper) = (-self.bound(index), -self.bound(index.wrapping_sub(1)));
            Bucket { lower, upper, lower_inclusive: true, upper_inclusive: false, count, index }
        })
    }

    /// The zero bucket, populated or not; none where bounds are custom.
    pub fn zero_bucket(&self) -> Option<Bucket> {
        (!self.has_custom_buckets()).then_some(Bucket {
            lower: -self.zero_threshold,
            upper: self.zero_threshold,
            lower_inclusive: true,
            upper_inclusive: true,
            count: self.zero_count,
            index: 0,
        })
    }

    /// All buckets in ascending order, the zero bucket among them when it is populated; `rev()` for descending.
    ///
    /// A bucket that the zero bucket reaches into is cut off there.
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> + '_ {
        let threshold = self.zero_threshold;
        let negative = self.negative_buckets().rev().map(move |mut bucket| {
            if bucket.upper < 0.0 && bucket.upper > -threshold {
                bucket.upper = -threshold;
            }
            bucket
        });
        let positive = self.positive_buckets().map(move |mut bucket| {
            if bucket.lower > 0.0 && bucket.lower < threshold {
                bucket.lower = threshold;
            }
            bucket
        });
        let zero = self.zero_bucket().filter(|bucket| bucket.count > 0.0);
        negative.chain(zero).chain(positive)
    }

    /// The buckets the HTTP API shows: all that are populated, in ascending order.
    pub fn populated_buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        self.buckets().filter(|bucket| bucket.count != 0.0)
    }

    /// The upper bound of the positive bucket at `index`.
    fn bound(&self, index: i32) -> f64 {
        if !self.has_custom_buckets() {
            return exponential_bound(index, self.schema);
        }
        match usize::try_from(index) {
            Ok(index) => self.custom_values.get(index).copied().unwrap_or(f64::INFINITY),
            Err(_) => f64::NEG_INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::notation::parse_notation;

    fn check(notation: &str, want: &[&str]) {
        let histogram = parse_notation(notation).unwrap().histogram;
        let show = |bucket: super::Bucket| bucket.to_string();
        assert_eq!(histogram.buckets().map(show).collect::<Vec<_>>(), want);
        let mut backward: Vec<_> = histogram.buckets().rev().map(show).collect();
        backward.reverse();
        assert_eq!(backward, want);
    }

    #[test]
    fn buckets_ascend_from_the_lowest_to_the_highest() {
        check(
            "{{z_bucket:3 z_bucket_w:0.25 buckets:[1 0 2] n_buckets:[4 5] n_offset:2}}",
            &["[-8,-4):5", "[-4,-2):4", "[-0.25,0.25]:3", "(0.5,1]:1", "(1,2]:0", "(2,4]:2"],
        );
        check("{{schema:1 offset:1 buckets:[1 2]}}", &["(1,1.414213562373095]:1", "(1.414213562373095,2]:2"]);
    }

    #[test]
    fn custom_buckets_reach_from_infinity_to_infinity() {
        check(
            "{{schema:-53 custom_values:[-2 3] buckets:[1 2 3]}}",
            &["[-Inf,-2]:1", "(-2,3]:2", "(3,+Inf]:3"],
        );
        check("{{schema:-53 buckets:[7]}}", &["[-Inf,+Inf]:7"]);
    }

    #[test]
    fn the_zero_bucket_cuts_the_buckets_it_reaches_into() {
        check(
            "{{z_bucket:1 z_bucket_w:0.75 buckets:[2] n_buckets:[2]}}",
            &["[-1,-0.75):2", "[-0.75,0.75]:1", "(0.75,1]:2"],
        );
    }

    #[test]
    fn custom_buckets_without_bounds_of_their_own_do_not_panic() {
        check(
            "{{schema:-53 custom_values:[1] offset:-2 buckets:[1 1 1 1 1]}}",
            &["(-Inf,-Inf]:1", "(-Inf,-Inf]:1", "[-Inf,1]:1", "(1,+Inf]:1", "(+Inf,+Inf]:1"],
        );
    }
}
