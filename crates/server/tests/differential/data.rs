//! What the reference of the engine's tests does not know: native histograms, buckets, and what describes a target.

use std::sync::Arc;

use model::histogram::{CUSTOM_BUCKETS_SCHEMA, CounterReset, Span};
use model::{FloatHistogram, Labels, STALE_NAN, Sample, Series, Value};

use crate::reference::data::{Random, Times};

/// The upper bounds of classic buckets.
const BOUNDS: [&str; 5] = ["0.1", "0.5", "1", "5", "+Inf"];

/// Classic buckets of two jobs, some of them missing.
pub fn buckets(random: &mut Random, times: Times) -> Vec<Series> {
    let mut series = Vec::new();
    for job in ["a", "b"] {
        let (mut counts, mut rows) = ([0.0; BOUNDS.len()], vec![Vec::new(); BOUNDS.len()]);
        for (time, _) in times.random(random) {
            if random.one_in(50) {
                counts = [0.0; BOUNDS.len()];
            }
            let mut below = 0.0;
            for (count, row) in counts.iter_mut().zip(&mut rows) {
                below += random.below(4) as f64;
                *count += below;
                row.push(sample(time, Value::Float(*count)));
            }
        }
        for (bound, samples) in BOUNDS.iter().zip(rows) {
            if !random.one_in(20) {
                let labels = [("__name__", "bucket"), ("job", job), ("instance", "0"), ("le", bound)];
                series.push(of(&labels, samples));
            }
        }
    }
    series
}

/// Native histograms: exponential and custom buckets, counters and gauges, layouts that stay and that change; and
/// series of which some samples are numbers.
pub fn natives(random: &mut Random, times: Times) -> Vec<Series> {
    let mut series = Vec::new();
    for (name, instance) in
        [("native", "0"), ("native", "1"), ("native", "2"), ("mixed", "0"), ("mixed", "1")]
    {
        let labels = [("__name__", name), ("job", "a"), ("instance", instance)];
        let (custom, gauge) = (instance == "1", random.one_in(4));
        let mut layout = Layout::random(random, custom);
        let (changes, mut counts) = (random.one_in(3), [0.0; 7]);
        let mut samples = Vec::new();
        for (time, ends) in times.random(random) {
            let reset = random.one_in(30);
            for count in &mut counts {
                *count = if reset { 0.0 } else { *count } + random.below(5) as f64;
            }
            if changes {
                layout = Layout::random(random, custom);
            }
            let number = name == "mixed" && random.one_in(2);
            samples.push(sample(
                time,
                match (ends, number) {
                    (true, _) => Value::Float(STALE_NAN),
                    (_, true) => Value::Float(random.below(9) as f64),
                    _ => Value::FloatHistogram(Arc::new(layout.histogram(&counts, gauge))),
                },
            ));
        }
        // A remote write has the numbers of a series before its histograms, so it takes them in turns.
        let runs = samples.chunk_by(|a, b| is_number(a) == is_number(b));
        series.extend(runs.map(|run| of(&labels, run.to_vec())));
    }
    series
}

/// What describes the targets, each in two versions, one after the other.
pub fn infos(random: &mut Random, times: Times) -> Vec<Series> {
    let mut series = Vec::new();
    for job in ["a", "b"] {
        for instance in ["0", "1"] {
            let (all, zone) = (times.random(random), random.choose(&["eu", "us"]));
            let (before, after) = all.split_at(random.below(all.len().max(1)));
            for (version, times) in [("1", before), ("2", after)] {
                let labels = [
                    ("__name__", "target_info"),
                    ("job", job),
                    ("instance", instance),
                    ("version", version),
                    ("zone", zone),
                ];
                series.push(of(&labels, times.iter().map(|at| sample(at.0, Value::Float(1.0))).collect()));
            }
        }
    }
    series
}

/// Where the buckets of a histogram are.
struct Layout {
    schema: i8,
    zero_threshold: f64,
    spans: Vec<Span>,
    bounds: Arc<[f64]>,
}

impl Layout {
    fn random(random: &mut Random, custom: bool) -> Layout {
        if custom {
            let bounds: &[f64] = if random.one_in(3) { &[1.0, 5.0, 10.0] } else { &[1.0, 2.0, 5.0] };
            let spans = vec![Span { offset: 0, length: 4 }];
            return Layout {
                schema: CUSTOM_BUCKETS_SCHEMA,
                zero_threshold: 0.0,
                spans,
                bounds: bounds.into(),
            };
        }
        let first = Span { offset: random.below(3) as i32 - 1, length: 2 };
        let second = Span { offset: 1 + random.below(2) as i32, length: 2 };
        Layout {
            schema: [0, 0, 1, 2, -1][random.below(5)],
            zero_threshold: if random.one_in(3) { 0.01 } else { 0.001 },
            spans: vec![first, second],
            bounds: Arc::from([]),
        }
    }

    fn histogram(&self, counts: &[f64; 7], gauge: bool) -> FloatHistogram {
        let custom = self.schema == CUSTOM_BUCKETS_SCHEMA;
        let (positive, rest) = counts.split_at(4);
        let (negative, zero_count) = if custom { (&[][..], 0.0) } else { (&rest[..2], rest[2]) };
        let total = |counts: &[f64]| counts.iter().sum::<f64>();
        let negative_spans = (!custom).then_some(Span { offset: 0, length: 2 });
        FloatHistogram {
            schema: self.schema,
            counter_reset: if gauge { CounterReset::Gauge } else { CounterReset::Unknown },
            zero_threshold: self.zero_threshold,
            zero_count,
            count: total(positive) + total(negative) + zero_count,
            sum: total(positive) * 2.0 - total(negative) + 0.25,
            positive_spans: self.spans.clone(),
            negative_spans: negative_spans.into_iter().collect(),
            positive: positive.to_vec(),
            negative: negative.to_vec(),
            custom_values: self.bounds.clone(),
        }
    }
}

fn is_number(sample: &Sample) -> bool {
    matches!(sample.value, Value::Float(_))
}

fn sample(time: i64, value: Value) -> Sample {
    Sample { time, start: None, value }
}

fn of(labels: &[(&str, &str)], samples: Vec<Sample>) -> Series {
    Series { labels: Labels::from_pairs(labels.iter().copied()), samples, ..Series::default() }
}
