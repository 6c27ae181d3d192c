//! Classic histograms: cumulative buckets that are each a series of its own, told apart by the label `le`.
//!
//! Such buckets come from different scrapes or through arithmetic, so their counts need not ascend as they should.
//! The estimates here repair that first and say that they did.

use super::equality::almost_equal;

/// Up to this relative difference, bucket counts that descend are taken for rounding.
const ROUNDING_TOLERANCE: f64 = 1e-12;

/// One bucket: how many observations were at most `upper_bound`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassicBucket {
    /// The value of `le`.
    pub upper_bound: f64,
    /// The cumulative count.
    pub count: f64,
}

/// A quantile, and what had to be repaired to find it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassicQuantile {
    /// The estimate.
    pub value: f64,
    /// Buckets that had to be raised because their counts descended.
    pub forced_monotonic: Option<ForcedMonotonic>,
    /// Whether differences small enough to be rounding were evened out.
    pub rounding_evened: bool,
}

/// Which buckets were raised to at least the count before them, and by how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForcedMonotonic {
    /// The lowest upper bound of such a bucket.
    pub lowest: f64,
    /// The highest upper bound of such a bucket.
    pub highest: f64,
    /// The most that was added to one.
    pub difference_max: f64,
}

/// The number in a label `le`; `None` if it is not one.
pub fn parse_le(text: &str) -> Option<f64> {
    let bound: f64 = text.parse().ok().filter(|bound: &f64| !bound.is_nan())?;
    // Numbers out of range would read as infinite, though only the word is.
    (bound.is_finite() || !text.contains(|character: char| character.is_ascii_digit())).then_some(bound)
}

/// The value below which the share `q` of observations lies, spread evenly within each bucket; the first bucket
/// begins at zero if it ends above.
///
/// NaN where there are no observations, fewer than two buckets, or none for +Inf; -Inf and +Inf where `q` is below 0 or
/// above 1. The buckets may be in any order; they are sorted, merged and repaired in place.
pub fn classic_quantile(q: f64, buckets: &mut Vec<ClassicBucket>) -> ClassicQuantile {
    let plain = |value| ClassicQuantile { value, forced_monotonic: None, rounding_evened: false };
    if q.is_nan() {
        return plain(f64::NAN);
    }
    if q < 0.0 {
        return plain(f64::NEG_INFINITY);
    }
    if q > 1.0 {
        return plain(f64::INFINITY);
    }
    if !sort_and_merge(buckets) {
        return plain(f64::NAN);
    }
    let (forced_monotonic, rounding_evened) = make_monotonic(buckets);
    ClassicQuantile { value: quantile_of_monotonic(q, buckets), forced_monotonic, rounding_evened }
}

/// The share of observations between `lower` and `upper`, either of which may be infinite.
///
/// NaN where there are no observations, no bucket for +Inf, or a limit is NaN; 0 where the limits are not in order.
/// The buckets may be in any order; they are sorted and merged in place.
pub fn classic_fraction(lower: f64, upper: f64, buckets: &mut Vec<ClassicBucket>) -> f64 {
    if !sort_and_merge(buckets) {
        return f64::NAN;
    }
    let total = buckets.last().map_or(0.0, |bucket| bucket.count);
    if total == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (rank_of(upper, buckets, total) - rank_of(lower, buckets, total)) / total
}

fn quantile_of_monotonic(q: f64, buckets: &[ClassicBucket]) -> f64 {
    let [.., before_last, last] = buckets else { return f64::NAN };
    if last.count == 0.0 {
        return f64::NAN;
    }
    let mut rank = q * last.count;
    let place = buckets.iter().position(|bucket| bucket.count >= rank).unwrap_or(buckets.len() - 1);
    let bucket = buckets[place];
    if place == buckets.len() - 1 {
        return before_last.upper_bound;
    }
    if place == 0 && bucket.upper_bound <= 0.0 {
        return bucket.upper_bound;
    }
    let (mut start, mut count) = (0.0, bucket.count);
    if let Some(below) = place.checked_sub(1).map(|place| buckets[place]) {
        start = below.upper_bound;
        count -= below.count;
        rank -= below.count;
    }
    start + (bucket.upper_bound - start) * (rank / count)
}

/// How many observations are at or below `value`.
fn rank_of(value: f64, buckets: &[ClassicBucket], total: f64) -> f64 {
    let mut below = 0.0;
    let mut start = if buckets[0].upper_bound > 0.0 { 0.0 } else { f64::NEG_INFINITY };
    for bucket in buckets {
        if start >= value {
            return at_most(below, total);
        }
        if bucket.upper_bound > value {
            // An infinite bucket has no inside to find the value in: its observations are taken to be at its finite end.
            let rank = if start == f64::NEG_INFINITY {
                bucket.count
            } else {
                below + (bucket.count - below) * (value - start) / (bucket.upper_bound - start)
            };
            return at_most(rank, total);
        }
        below = bucket.count;
        start = bucket.upper_bound;
    }
    total
}

fn at_most(rank: f64, total: f64) -> f64 {
    if rank > total { total } else { rank }
}

/// Sorts buckets and adds up those with the same bound; says whether the last is the one for +Inf.
fn sort_and_merge(buckets: &mut Vec<ClassicBucket>) -> bool {
    buckets.sort_by(|left, right| left.upper_bound.total_cmp(&right.upper_bound));
    buckets.dedup_by(|bucket, kept| {
        let same = bucket.upper_bound == kept.upper_bound;
        if same {
            kept.count += bucket.count;
        }
        same
    });
    buckets.last().is_some_and(|bucket| bucket.upper_bound == f64::INFINITY)
}

/// Raises every bucket to at least the count before it, and evens out differences that are rounding, up or down.
fn make_monotonic(buckets: &mut [ClassicBucket]) -> (Option<ForcedMonotonic>, bool) {
    let (mut forced, mut rounding_evened): (Option<ForcedMonotonic>, _) = (None, false);
    let Some((first, rest)) = buckets.split_first_mut() else { return (None, false) };
    let mut previous = first.count;
    for bucket in rest {
        if bucket.count == previous {
            continue;
        }
        if almost_equal(previous, bucket.count, ROUNDING_TOLERANCE) {
            rounding_evened = true;
            bucket.count = previous;
        } else if bucket.count < previous {
            let difference = previous - bucket.count;
            let first_forced = ForcedMonotonic {
                lowest: bucket.upper_bound,
                highest: bucket.upper_bound,
                difference_max: difference,
            };
            let forced = forced.get_or_insert(first_forced);
            forced.lowest = forced.lowest.min(bucket.upper_bound);
            forced.highest = forced.highest.max(bucket.upper_bound);
            forced.difference_max = forced.difference_max.max(difference);
            bucket.count = previous;
        } else {
            previous = bucket.count;
        }
    }
    (forced, rounding_evened)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFINITY: f64 = f64::INFINITY;

    fn buckets(list: &[(f64, f64)]) -> Vec<ClassicBucket> {
        list.iter().map(|&(upper_bound, count)| ClassicBucket { upper_bound, count }).collect()
    }

    fn check(list: &[(f64, f64)], cases: &[(f64, f64)]) {
        for &(q, want) in cases {
            let got = classic_quantile(q, &mut buckets(list)).value;
            assert!(almost_equal(got, want, 1e-12), "quantile {q} of {list:?}: {got}, not {want}");
        }
    }

    #[test]
    fn quantiles_interpolate_within_buckets() {
        let list = [(0.5, 10.0), (0.1, 5.0), (INFINITY, 20.0)];
        check(&list, &[(0.25, 0.1), (0.375, 0.3), (0.125, 0.05), (0.0, 0.0), (1.0, 0.5), (0.6, 0.5)]);
        check(&[(-1.0, 4.0), (1.0, 8.0), (INFINITY, 8.0)], &[(0.25, -1.0), (0.75, 0.0)]);
        check(&[(1.0, 2.0), (1.0, 2.0), (INFINITY, 4.0)], &[(0.5, 0.5)]);
    }

    #[test]
    fn what_has_no_answer_gives_the_ends_or_nan() {
        check(&[(1.0, 1.0), (INFINITY, 1.0)], &[(-0.1, -INFINITY), (1.1, INFINITY), (f64::NAN, f64::NAN)]);
        check(&[], &[(0.5, f64::NAN)]);
        check(&[(1.0, 1.0)], &[(0.5, f64::NAN)]);
        check(&[(INFINITY, 1.0)], &[(0.5, f64::NAN)]);
        check(&[(1.0, 0.0), (INFINITY, 0.0)], &[(0.5, f64::NAN)]);
    }

    #[test]
    fn counts_that_descend_are_raised_and_reported() {
        let got = classic_quantile(
            0.5,
            &mut buckets(&[(1.0, 4.0), (2.0, 3.0), (3.0, 1.0), (4.0, 8.0), (INFINITY, 8.0)]),
        );
        assert_eq!(got.value, 1.0);
        assert_eq!(
            got.forced_monotonic,
            Some(ForcedMonotonic { lowest: 2.0, highest: 3.0, difference_max: 3.0 })
        );
        assert!(!got.rounding_evened);
        let got =
            classic_quantile(0.5, &mut buckets(&[(1.0, 4.0), (2.0, 4.0 - 1e-13), (INFINITY, 4.0 + 1e-13)]));
        assert_eq!((got.value, got.forced_monotonic, got.rounding_evened), (0.5, None, true));
    }

    #[test]
    fn fractions_are_the_inverse() {
        let list = [(0.1, 5.0), (0.5, 10.0), (INFINITY, 20.0)];
        let fraction = |lower, upper| classic_fraction(lower, upper, &mut buckets(&list));
        assert_eq!(fraction(-INFINITY, 0.1), 0.25);
        assert_eq!(fraction(0.1, 0.3), 0.125);
        assert_eq!(fraction(0.5, INFINITY), 0.5);
        assert_eq!(fraction(-INFINITY, INFINITY), 1.0);
        assert_eq!(fraction(7.0, 8.0), 0.0);
        assert_eq!(fraction(8.0, 7.0), 0.0);
        assert!(fraction(f64::NAN, 7.0).is_nan());
        assert_eq!(classic_fraction(-INFINITY, -2.0, &mut buckets(&[(-1.0, 4.0), (INFINITY, 8.0)])), 0.5);
        assert!(classic_fraction(0.0, 1.0, &mut buckets(&[(1.0, 1.0)])).is_nan());
        assert!(classic_fraction(0.0, 1.0, &mut vec![]).is_nan());
    }

    #[test]
    fn le_is_a_number_or_infinite_by_name() {
        for (text, want) in [
            ("0.5", Some(0.5)),
            ("1e3", Some(1000.0)),
            ("+Inf", Some(INFINITY)),
            ("inf", Some(INFINITY)),
            ("-Inf", Some(-INFINITY)),
            ("1e999", None),
            ("NaN", None),
            ("", None),
            ("a", None),
            (" 1", None),
        ] {
            assert_eq!(parse_le(text), want, "{text}");
        }
    }
}
