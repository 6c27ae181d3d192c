//! What must hold for every native histogram, tried with random ones against a naive model: a map from index to count.

use std::collections::BTreeMap;

use model::histogram::{Keep, almost_equal, exponential_bound, parse_notation};
use model::{CounterReset, FloatHistogram, Span};
use proptest::prelude::*;

type Side = BTreeMap<i32, u16>;

/// A histogram as the naive model has it.
#[derive(Clone, Debug)]
struct Naive {
    schema: i8,
    zero_threshold: f64,
    zero_count: u16,
    positive: Side,
    negative: Side,
}

impl Naive {
    fn build(&self) -> FloatHistogram {
        let (positive_spans, positive) = spans(&self.positive);
        let (negative_spans, negative) = spans(&self.negative);
        let count = f64::from(self.zero_count) + positive.iter().chain(&negative).sum::<f64>();
        FloatHistogram {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count.into(),
            count,
            sum: 1.0,
            positive_spans,
            negative_spans,
            positive,
            negative,
            ..FloatHistogram::default()
        }
    }
}

fn spans(side: &Side) -> (Vec<Span>, Vec<f64>) {
    let mut spans: Vec<Span> = Vec::new();
    let mut end = 0;
    for &index in side.keys() {
        match spans.last_mut() {
            Some(span) if index == end => span.length += 1,
            _ => spans.push(Span { offset: index - end, length: 1 }),
        }
        end = index + 1;
    }
    (spans, side.values().map(|&count| f64::from(count)).collect())
}

fn side() -> impl Strategy<Value = Side> {
    prop::collection::btree_map(-12..12, prop_oneof![Just(0u16), 1..100u16], 0..12)
}

/// Histograms whose zero bucket ends at or below their other buckets, as those of programs do.
fn naive() -> impl Strategy<Value = Naive> {
    (-2..=3i8, 0..100u16, -14..-6i32, any::<bool>(), side(), side()).prop_map(
        |(schema, zero_count, zero_index, exact_zero, mut positive, mut negative)| {
            positive.retain(|&index, _| index > zero_index);
            negative.retain(|&index, _| index > zero_index);
            let zero_threshold = if exact_zero { 0.0 } else { exponential_bound(zero_index, schema) };
            Naive { schema, zero_threshold, zero_count, positive, negative }
        },
    )
}

fn custom() -> impl Strategy<Value = FloatHistogram> {
    let bounds = prop::collection::btree_set(-20..20i32, 0..8);
    (bounds, prop::collection::vec(0..50u16, 9)).prop_map(|(bounds, mut counts)| {
        counts.truncate(bounds.len() + 1);
        let positive: Vec<f64> = counts.iter().map(|&count| count.into()).collect();
        FloatHistogram {
            schema: -53,
            count: positive.iter().sum(),
            positive_spans: vec![Span { offset: 0, length: positive.len() as u32 }],
            positive,
            custom_values: bounds.into_iter().map(f64::from).collect(),
            ..FloatHistogram::default()
        }
    })
}

fn any_histogram() -> impl Strategy<Value = FloatHistogram> {
    prop_oneof![3 => naive().prop_map(|naive| naive.build()), 1 => custom()]
}

fn pair() -> impl Strategy<Value = (FloatHistogram, FloatHistogram)> {
    let exponential = || naive().prop_map(|naive| naive.build());
    prop_oneof![3 => (exponential(), exponential()), 1 => (custom(), custom())]
}

fn in_buckets(histogram: &FloatHistogram) -> f64 {
    histogram.zero_count + histogram.positive.iter().chain(&histogram.negative).sum::<f64>()
}

fn compacted(mut histogram: FloatHistogram) -> FloatHistogram {
    histogram.compact(0);
    histogram
}

proptest! {
    #[test]
    fn buckets_are_those_of_the_model(naive in naive()) {
        let histogram = naive.build();
        prop_assert_eq!(histogram.validate(), Ok(()));
        let bound = |index| exponential_bound(index, naive.schema);
        let mut want: Vec<(f64, f64, f64)> = Vec::new();
        want.extend(naive.negative.iter().rev().map(|(&index, &count)| (-bound(index), -bound(index - 1), count.into())));
        if naive.zero_count > 0 {
            want.push((-naive.zero_threshold, naive.zero_threshold, naive.zero_count.into()));
        }
        want.extend(naive.positive.iter().map(|(&index, &count)| (bound(index - 1), bound(index), count.into())));
        let got: Vec<_> = histogram.buckets().map(|bucket| (bucket.lower, bucket.upper, bucket.count)).collect();
        prop_assert_eq!(&got, &want);
        let mut backward: Vec<_> = histogram.buckets().rev().map(|bucket| (bucket.lower, bucket.upper, bucket.count)).collect();
        backward.reverse();
        prop_assert_eq!(&backward, &want);
    }

    #[test]
    fn a_coarser_resolution_holds_every_observation_where_it_belongs(naive in naive(), steps in 0..4i8) {
        let mut histogram = naive.build();
        let schema = (naive.schema - steps).max(-4);
        histogram.reduce_resolution(schema).unwrap();
        prop_assert_eq!(histogram.validate(), Ok(()));
        let mut positive = BTreeMap::new();
        for (&index, &count) in &naive.positive {
            // The coarser bucket is the lowest that reaches as far.
            let upper = exponential_bound(index, naive.schema);
            let coarser = (-100..100).find(|&coarser| exponential_bound(coarser, schema) >= upper).unwrap();
            *positive.entry(coarser).or_insert(0.0) += f64::from(count);
        }
        let got: BTreeMap<i32, f64> = histogram.positive_buckets().map(|bucket| (bucket.index, bucket.count)).collect();
        prop_assert_eq!(got, positive);
    }

    #[test]
    fn addition_commutes_and_loses_nothing((left, right) in pair()) {
        let (mut one, mut other) = (left.clone(), right.clone());
        one.add(&right).unwrap();
        other.add(&left).unwrap();
        prop_assert_eq!(one.validate(), Ok(()));
        let (one, other) = (compacted(one), compacted(other));
        prop_assert!(one.same_counts(&other), "{} and {}", one.notation(), other.notation());
        prop_assert_eq!(in_buckets(&one), left.count + right.count);
        prop_assert_eq!(one.count, left.count + right.count);
    }

    #[test]
    fn addition_without_zero_buckets_is_associative(first in naive(), second in naive(), third in naive()) {
        // Where a zero bucket ends depends on the resolution at the time, and so on the order.
        let [first, second, third] = [first, second, third].map(|naive| Naive { zero_threshold: 0.0, ..naive }.build());
        let (mut left, mut right) = (first.clone(), second.clone());
        left.add(&second).unwrap();
        left.add(&third).unwrap();
        right.add(&third).unwrap();
        let mut outer = first;
        outer.add(&right).unwrap();
        let (left, outer) = (compacted(left), compacted(outer));
        prop_assert!(left.same_counts(&outer), "{} and {}", left.notation(), outer.notation());
    }

    #[test]
    fn subtraction_undoes_addition((left, right) in pair()) {
        let mut sum = left.clone();
        sum.add(&right).unwrap();
        let mut back = sum.clone();
        back.subtract(&right).unwrap();
        prop_assert_eq!(back.count, left.count);
        prop_assert_eq!(in_buckets(&back), left.count);
    }

    #[test]
    fn a_counter_that_grew_was_not_reset((before, more) in pair()) {
        let mut now = before.clone();
        now.add(&more).unwrap();
        // The sum's zero bucket ends where a bucket of either ends, and its resolution is no finer.
        prop_assert!(!now.is_reset_after(&before), "{} then {}", before.notation(), now.notation());
        now.counter_reset = CounterReset::Yes;
        prop_assert!(now.is_reset_after(&before));
        prop_assert!(before.count == now.count || before.is_reset_after(&now));
    }

    #[test]
    fn the_notation_reads_back(histogram in any_histogram()) {
        let histogram = compacted(histogram);
        let read = compacted(parse_notation(&histogram.notation()).unwrap().histogram);
        prop_assert!(read.same(&histogram), "{} read as {}", histogram.notation(), read.notation());
    }

    #[test]
    fn quantiles_ascend_and_fractions_invert_them(histogram in any_histogram(), mut shares in prop::collection::vec(0.0..=1.0f64, 2)) {
        prop_assume!(histogram.count > 0.0);
        shares.sort_by(f64::total_cmp);
        let values: Vec<_> = shares.iter().map(|&share| histogram.quantile(share).value).collect();
        prop_assert!(values[0] <= values[1] * (1.0 + 1e-9_f64.copysign(values[1])), "{shares:?}: {values:?} of {}", histogram.notation());
        // A value inside of a bucket of some width stands for one share only.
        for (&share, &value) in shares.iter().zip(&values) {
            let inside = histogram.populated_buckets().any(|bucket| {
                bucket.lower.is_finite() && bucket.upper.is_finite() && bucket.lower < value * 0.999_999 && value * 1.000_001 < bucket.upper
            });
            if inside && value > 0.0 && !histogram.has_custom_buckets() {
                let fraction = histogram.fraction(f64::NEG_INFINITY, value).value;
                prop_assert!((fraction - share).abs() < 1e-9, "{share} is {value}, below which is {fraction} of {}", histogram.notation());
            }
        }
    }

    #[test]
    fn what_is_trimmed_below_and_above_is_the_whole(naive in naive(), cut in -9.0..9.0f64) {
        let whole = compacted(naive.build());
        let (mut below, mut above) = (whole.clone(), whole.clone());
        below.trim(cut, Keep::Below);
        above.trim(cut, Keep::Above);
        prop_assert!(almost_equal(below.count + above.count, whole.count, 1e-9));
        for (trimmed, share) in
            [(below, whole.fraction(f64::NEG_INFINITY, cut)), (above, whole.fraction(cut, f64::INFINITY))]
        {
            prop_assert!(whole.count == 0.0 || (trimmed.count - share.value * whole.count).abs() < 1e-6);
        }
    }

    #[test]
    fn nonsense_does_not_panic(
        schema in any::<i8>(),
        spans in prop::collection::vec((any::<i32>(), any::<u32>()), 0..5),
        counts in prop::collection::vec(any::<f64>(), 0..8),
        bounds in prop::collection::vec(any::<f64>(), 0..4),
        threshold in any::<f64>(),
        value in any::<f64>(),
        sane in any_histogram(),
    ) {
        let spans: Vec<_> = spans.into_iter().map(|(offset, length)| Span { offset, length }).collect();
        let nonsense = FloatHistogram {
            schema,
            count: value,
            sum: threshold,
            zero_threshold: threshold,
            zero_count: value,
            positive_spans: spans.clone(),
            positive: counts.clone(),
            negative_spans: spans,
            negative: counts,
            custom_values: bounds.into(),
            ..FloatHistogram::default()
        };
        drop(nonsense.validate());
        for (left, right) in [(&nonsense, &sane), (&sane, &nonsense), (&nonsense, &nonsense)] {
            left.is_reset_after(right);
            left.same_counts(right);
            drop(left.clone().add(right));
            drop(left.clone().subtract(right));
        }
        let mut nonsense = nonsense;
        nonsense.quantile(0.3);
        nonsense.quantile(0.7);
        nonsense.fraction(-1.0, value);
        nonsense.variance();
        drop((nonsense.notation(), nonsense.to_string(), nonsense.to_integer()));
        drop(nonsense.reduce_to_supported());
        nonsense.compact(3);
        nonsense.trim(value, Keep::Below);
        nonsense.divide(value);
        nonsense.multiply(value);
    }
}
