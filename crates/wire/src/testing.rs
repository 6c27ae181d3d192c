//! Random series for the round trips of this crate's tests.

use std::sync::Arc;

use model::histogram::CUSTOM_BUCKETS_SCHEMA;
use model::{
    CounterReset, Exemplar, FloatHistogram, Histogram, Labels, METRIC_NAME, Sample, Series, Span, Value,
};
use proptest::prelude::*;

/// Floats of every class, NaN only with the bits that every format keeps.
pub(crate) fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(model::sample::NORMAL_NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(f64::MIN_POSITIVE / 4.0),
        any::<i32>().prop_map(f64::from),
        (any::<i32>(), 0..4).prop_map(|(number, digits)| f64::from(number) / 10f64.powi(digits)),
        any::<f64>().prop_filter("numbers only", |value| !value.is_nan()),
    ]
}

pub(crate) fn labels() -> impl Strategy<Value = Labels> {
    let name = prop::sample::select(vec!["a", "b_total", "http.requests", "ü"]);
    let label = prop::sample::select(vec!["x", "y", "z", "with.dot", "le"]);
    (name, prop::collection::btree_map(label, "[a-c\"\\\\\n ]{0,3}", 0..4)).prop_map(|(name, labels)| {
        let pairs = labels.iter().map(|(name, value)| (*name, value.as_str()));
        Labels::from_pairs(pairs.chain([(METRIC_NAME, name)]))
    })
}

fn spans() -> impl Strategy<Value = Vec<Span>> {
    prop::collection::vec((-3..20i32, 1..5u32), 0..4).prop_map(|spans| {
        let span = |(index, (offset, length)): (usize, (i32, u32))| Span {
            offset: if index == 0 { offset } else { offset.abs() },
            length,
        };
        spans.into_iter().enumerate().map(span).collect()
    })
}

fn total(spans: &[Span]) -> usize {
    spans.iter().map(|span| span.length as usize).sum()
}

pub(crate) fn histogram() -> impl Strategy<Value = Histogram> {
    let bucket_counts = prop::collection::vec(0..1u64 << 40, 20);
    let reset = prop::sample::select(vec![CounterReset::Unknown, CounterReset::Yes, CounterReset::Gauge]);
    (-4..=8i8, spans(), spans(), bucket_counts, 0..100u64, -1e9..1e9f64, reset, any::<bool>()).prop_map(
        |(schema, positive_spans, negative_spans, counts, zero_count, sum, counter_reset, is_custom)| {
            let positive: Vec<u64> = counts.iter().copied().take(total(&positive_spans)).collect();
            let negative: Vec<u64> = counts.iter().rev().copied().take(total(&negative_spans)).collect();
            if is_custom {
                return Histogram {
                    schema: CUSTOM_BUCKETS_SCHEMA,
                    counter_reset,
                    zero_threshold: 0.0,
                    zero_count: 0,
                    count: counts[..3].iter().sum(),
                    sum,
                    positive_spans: vec![Span { offset: 0, length: 3 }],
                    negative_spans: Vec::new(),
                    positive: counts[..3].to_vec(),
                    negative: Vec::new(),
                    custom_values: Arc::from([-1.5, 20.0]),
                };
            }
            let count = zero_count + positive.iter().sum::<u64>() + negative.iter().sum::<u64>();
            Histogram {
                schema,
                counter_reset,
                zero_threshold: 1e-9,
                zero_count,
                count,
                sum,
                positive_spans,
                negative_spans,
                positive,
                negative,
                custom_values: Arc::from([]),
            }
        },
    )
}

fn halved(histogram: &Histogram) -> FloatHistogram {
    let mut halved = histogram.to_float();
    let halve = |counts: &mut Vec<f64>| counts.iter_mut().for_each(|count| *count /= 2.0);
    halve(&mut halved.positive);
    halve(&mut halved.negative);
    halved.count /= 2.0;
    halved.zero_count /= 2.0;
    halved
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => float().prop_map(Value::Float),
        1 => histogram().prop_map(|histogram| Value::Histogram(Arc::new(histogram))),
        1 => histogram().prop_map(|histogram| Value::FloatHistogram(Arc::new(halved(&histogram)))),
    ]
}

pub(crate) fn exemplar() -> impl Strategy<Value = Exemplar> {
    ("[a-f0-9]{1,8}", float(), prop::option::of(1..1_900_000_000_000i64)).prop_map(|(trace, value, time)| {
        Exemplar { labels: Labels::from_pairs([("trace_id", trace.as_str())]), value, time }
    })
}

pub(crate) fn series() -> impl Strategy<Value = Series> {
    let sample = (1..1_900_000_000_000i64, prop::option::of(1..1_900_000_000_000i64), value())
        .prop_map(|(time, start, value)| Sample { time, start, value });
    (labels(), prop::collection::vec(sample, 0..4), prop::collection::vec(exemplar(), 0..3))
        .prop_map(|(labels, samples, exemplars)| Series { labels, samples, exemplars, metadata: None })
}

/// Text in which equal bits are equal and NaN equals itself. Floats come first, as messages keep the kinds apart.
pub(crate) fn shown(series: &[Series], with_starts: bool) -> String {
    let mut text = String::new();
    for series in series {
        let mut samples = series.samples.clone();
        samples.sort_by_key(|sample| !matches!(sample.value, Value::Float(_)));
        if !with_starts {
            samples.iter_mut().for_each(|sample| sample.start = None);
        }
        text.push_str(&format!(
            "{} {samples:?} {:?} {:?}\n",
            series.labels, series.exemplars, series.metadata
        ));
    }
    text
}

/// A sample whose histogram says nothing of resets.
pub(crate) fn without_hint(sample: &Sample) -> Sample {
    let mut sample = sample.clone();
    match &mut sample.value {
        Value::Float(_) => {}
        Value::Histogram(histogram) => Arc::make_mut(histogram).counter_reset = CounterReset::Unknown,
        Value::FloatHistogram(histogram) => Arc::make_mut(histogram).counter_reset = CounterReset::Unknown,
    }
    sample
}
