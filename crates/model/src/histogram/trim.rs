//! Trimming: only the observations below or above a value, what the query operators `</` and `>/` yield.
//!
//! The bucket that contains the value is cut by interpolation. Once any bucket was cut, count and sum are estimated
//! anew from what is left, every observation taken to be at the middle of its bucket.

use super::buckets::Bucket;
use super::types::FloatHistogram;

/// Which side of the value stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// What is at or below it: `</`.
    Below,
    /// What is at or above it: `>/`.
    Above,
}

/// How the middle of an interval is found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    Linear,
    PositiveExponential,
    NegativeExponential,
}

/// What stays of a bucket: so many observations, around this value.
struct Kept {
    count: f64,
    middle: f64,
}

impl FloatHistogram {
    /// Keeps the observations on one side of `cut`.
    pub fn trim(&mut self, cut: f64, keep: Keep) {
        let positive_scale =
            if self.has_custom_buckets() { Scale::Linear } else { Scale::PositiveExponential };
        let positive: Vec<_> =
            self.positive_buckets().map(|bucket| kept(bucket, cut, keep, positive_scale)).collect();
        let negative: Vec<_> = self
            .negative_buckets()
            .map(|bucket| kept(bucket, cut, keep, Scale::NegativeExponential))
            .collect();
        let zero = self.zero_bucket().filter(|bucket| bucket.count > 0.0).map(|mut bucket| {
            let populated = |counts: &[f64]| counts.iter().any(|&count| count != 0.0);
            match (populated(&self.negative), populated(&self.positive)) {
                (true, false) => bucket.upper = 0.0,
                (false, true) => bucket.lower = 0.0,
                _ => {}
            }
            kept_of_zero_bucket(bucket, cut, keep)
        });

        let (mut count, mut sum, mut changed) = (0.0, 0.0, false);
        let mut take = |stored: &mut f64, kept: &Kept| {
            count += kept.count;
            sum += kept.middle * kept.count;
            changed |= *stored != kept.count;
            *stored = kept.count;
        };
        self.positive.iter_mut().zip(&positive).for_each(|(stored, kept)| take(stored, kept));
        self.negative.iter_mut().zip(&negative).for_each(|(stored, kept)| take(stored, kept));
        if let Some(kept) = zero {
            take(&mut self.zero_count, &kept);
        }
        if changed {
            (self.count, self.sum) = (count, sum);
            self.compact(0);
        }
    }
}

fn kept(bucket: Bucket, cut: f64, keep: Keep, scale: Scale) -> Kept {
    let (whole, part) = match keep {
        Keep::Below => (bucket.upper <= cut, bucket.lower < cut),
        Keep::Above => (bucket.lower >= cut, bucket.upper > cut),
    };
    if bucket.count == 0.0 {
        Kept { count: 0.0, middle: 0.0 }
    } else if whole {
        Kept { count: bucket.count, middle: middle(bucket.lower, bucket.upper, scale) }
    } else if !part {
        Kept { count: 0.0, middle: 0.0 }
    } else if bucket.lower.is_infinite() || bucket.upper.is_infinite() {
        kept_of_infinite(bucket, cut, keep)
    } else {
        let below = bucket.count * bucket.fraction_below(cut, scale == Scale::Linear);
        match keep {
            Keep::Below => Kept { count: below, middle: middle(bucket.lower, cut, scale) },
            Keep::Above => Kept { count: bucket.count - below, middle: middle(cut, bucket.upper, scale) },
        }
    }
}

/// What stays of a bucket that contains the cut and reaches infinity, about whose observations little is known.
fn kept_of_infinite(bucket: Bucket, cut: f64, keep: Keep) -> Kept {
    let nothing = Kept { count: 0.0, middle: 0.0 };
    if bucket.upper == f64::INFINITY {
        return match keep {
            Keep::Above if bucket.lower.is_finite() => Kept { count: bucket.count, middle: cut },
            _ => nothing,
        };
    }
    // Where the upper bound is positive, the bucket is taken to begin at zero.
    match keep {
        Keep::Below if bucket.upper <= 0.0 => Kept { count: bucket.count, middle: cut },
        Keep::Below if cut > 0.0 => Kept { count: bucket.count * cut / bucket.upper, middle: cut / 2.0 },
        Keep::Above if cut >= 0.0 => {
            Kept { count: bucket.count * (1.0 - cut / bucket.upper), middle: (cut + bucket.upper) / 2.0 }
        }
        _ => nothing,
    }
}

/// What stays of the zero bucket, in which observations are spread evenly; exact zeros are above a cut of zero.
fn kept_of_zero_bucket(bucket: Bucket, cut: f64, keep: Keep) -> Kept {
    let part = |lower: f64, upper: f64| Kept {
        count: bucket.count * ((upper - lower) / (bucket.upper - bucket.lower)),
        middle: (lower + upper) / 2.0,
    };
    let whole = Kept { count: bucket.count, middle: (bucket.lower + bucket.upper) / 2.0 };
    let nothing = Kept { count: 0.0, middle: 0.0 };
    // A cut that is no number leaves a share that is none.
    match keep {
        Keep::Below if cut <= bucket.lower => nothing,
        Keep::Below if cut >= bucket.upper => whole,
        Keep::Below => part(bucket.lower, cut),
        Keep::Above if cut <= bucket.lower => whole,
        Keep::Above if cut >= bucket.upper => nothing,
        Keep::Above => part(cut, bucket.upper),
    }
}

/// The middle of the interval, its finite end where the other is not.
fn middle(lower: f64, upper: f64, scale: Scale) -> f64 {
    match (lower.is_infinite(), upper.is_infinite()) {
        (true, true) => 0.0,
        (true, false) if upper > 0.0 => upper / 2.0,
        (true, false) => upper,
        (false, true) => lower,
        (false, false) => match scale {
            Scale::Linear => (lower + upper) / 2.0,
            Scale::PositiveExponential => (lower * upper).abs().sqrt(),
            Scale::NegativeExponential => -(lower * upper).abs().sqrt(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::notation::parse_notation;
    use super::*;

    fn check(notation: &str, cut: f64, below: &str, above: &str) {
        for (keep, want) in [(Keep::Below, below), (Keep::Above, above)] {
            let mut histogram = parse_notation(notation).unwrap().histogram;
            histogram.trim(cut, keep);
            let want = parse_notation(want).unwrap().histogram;
            assert!(
                histogram.almost_same_counts(&want, 1e-12),
                "{keep:?} {cut} of {notation}: {}, not {}",
                histogram.notation(),
                want.notation()
            );
        }
    }

    #[test]
    fn a_cut_at_a_bound_moves_no_observation() {
        let whole = "{{schema:-53 sum:172.5 count:15 custom_values:[5 10 15 20] buckets:[1 6 4 3 1]}}";
        check(
            whole,
            15.0,
            "{{schema:-53 count:11 sum:97.5 custom_values:[5 10 15 20] buckets:[1 6 4]}}",
            "{{schema:-53 count:4 sum:72.5 custom_values:[5 10 15 20] offset:3 buckets:[3 1]}}",
        );
        check(whole, f64::INFINITY, whole, "{{schema:-53 custom_values:[5 10 15 20]}}");
        check(whole, f64::NEG_INFINITY, "{{schema:-53 custom_values:[5 10 15 20]}}", whole);
    }

    #[test]
    fn a_cut_inside_a_bucket_interpolates() {
        check(
            "{{schema:-53 sum:172.5 count:15 custom_values:[5 10 15 20] buckets:[1 6 4 3 1]}}",
            13.0,
            "{{schema:-53 count:9.4 sum:75.1 custom_values:[5 10 15 20] buckets:[1 6 2.4]}}",
            "{{schema:-53 count:5.6 sum:94.9 custom_values:[5 10 15 20] offset:2 buckets:[1.6 3 1]}}",
        );
        check(
            "{{count:4 sum:9 buckets:[0 4] n_buckets:[0 4]}}",
            2f64.sqrt(),
            "{{count:6 sum:-3.278440019486938 offset:1 buckets:[2] n_offset:1 n_buckets:[4]}}",
            "{{count:2 sum:3.363585661014858 offset:1 buckets:[2]}}",
        );
    }

    #[test]
    fn the_zero_bucket_is_on_the_side_of_the_other_buckets() {
        check(
            "{{count:5 z_bucket:5 z_bucket_w:0.1}}",
            -0.05,
            "{{count:1.25 sum:-0.09375 z_bucket:1.25 z_bucket_w:0.1}}",
            "{{count:3.75 sum:0.09375 z_bucket:3.75 z_bucket_w:0.1}}",
        );
        check(
            "{{count:12 sum:8 z_bucket:2 z_bucket_w:0.5 buckets:[10]}}",
            0.1,
            "{{count:0.4 sum:0.02 z_bucket:0.4 z_bucket_w:0.5}}",
            "{{count:11.6 sum:7.551067811865476 z_bucket:1.6 z_bucket_w:0.5 buckets:[10]}}",
        );
        check("{{count:2 sum:0 z_bucket:2}}", 0.0, "{{}}", "{{count:2 z_bucket:2}}");
    }

    #[test]
    fn infinite_buckets_are_kept_whole_or_not_at_all() {
        let one = "{{schema:-53 sum:100 count:100 buckets:[100]}}";
        check(one, 10.0, "{{schema:-53}}", "{{schema:-53}}");
        let two = "{{schema:-53 sum:33 count:101 custom_values:[5] buckets:[1 100]}}";
        check(
            two,
            2.0,
            "{{schema:-53 sum:0.4 count:0.4 custom_values:[5] buckets:[0.4]}}",
            "{{schema:-53 sum:502.1 count:100.6 custom_values:[5] buckets:[0.6 100]}}",
        );
        check(
            two,
            -10.0,
            "{{schema:-53 custom_values:[5]}}",
            "{{schema:-53 sum:500 count:100 custom_values:[5] offset:1 buckets:[100]}}",
        );
        check(
            "{{schema:-53 sum:33 count:101 custom_values:[-5] buckets:[1 100]}}",
            -10.0,
            "{{schema:-53 sum:-10 count:1 custom_values:[-5] buckets:[1]}}",
            "{{schema:-53 sum:-500 count:100 custom_values:[-5] offset:1 buckets:[100]}}",
        );
    }

    #[test]
    fn a_cut_that_removes_nothing_leaves_count_and_sum_alone() {
        check("{{count:7 sum:9 buckets:[1]}}", 1.0, "{{count:7 sum:9 buckets:[1]}}", "{{}}");
        check("{{}}", 0.0, "{{}}", "{{}}");
    }
}
