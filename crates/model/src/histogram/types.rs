//! What a histogram is made of: spans, counter-reset hints, and the two histogram types with their conversions.

use std::sync::Arc;

use crate::sample::is_stale_nan;

/// The schema of histograms with custom bucket bounds.
pub const CUSTOM_BUCKETS_SCHEMA: i8 = -53;

/// The coarsest exponential schema that is stored: every bucket is 2^16 times as wide as the one before it.
pub const SCHEMA_MIN: i8 = -4;

/// The finest exponential schema that is stored: 256 buckets for each power of two.
pub const SCHEMA_MAX: i8 = 8;

/// A run of populated buckets: how many indexes lie between the end of the previous run (or index 0) and this
/// one, and how many buckets it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The gap before the run; for the first run its first index, which may be negative.
    pub offset: i32,
    /// How many buckets follow without a gap.
    pub length: u32,
}

/// Whether a counter histogram has been reset since the sample before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CounterReset {
    /// Nobody knows.
    #[default]
    Unknown,
    /// It has.
    Yes,
    /// It has not.
    No,
    /// The histogram is a gauge, which knows no resets.
    Gauge,
}

/// A native histogram of whole counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The resolution, -4 to 8, or `CUSTOM_BUCKETS_SCHEMA`.
    pub schema: i8,
    /// What is known of resets.
    pub counter_reset: CounterReset,
    /// Observations of at most this absolute value are in the zero bucket.
    pub zero_threshold: f64,
    /// How many observations the zero bucket holds.
    pub zero_count: u64,
    /// How many observations there were, NaN included.
    pub count: u64,
    /// Their sum; the staleness marker's bits here make the whole histogram one.
    pub sum: f64,
    /// Where the positive buckets are.
    pub positive_spans: Vec<Span>,
    /// Where the negative buckets are.
    pub negative_spans: Vec<Span>,
    /// The count of each positive bucket.
    pub positive: Vec<u64>,
    /// The count of each negative bucket.
    pub negative: Vec<u64>,
    /// The upper bounds, ascending, for custom buckets; else empty.
    pub custom_values: Arc<[f64]>,
}

/// A native histogram of fractional counts.
///
/// `==` compares what is stored, field by field; `same_counts` and `same` compare what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatHistogram {
    /// The resolution, -4 to 8, or `CUSTOM_BUCKETS_SCHEMA`.
    pub schema: i8,
    /// What is known of resets.
    pub counter_reset: CounterReset,
    /// Observations of at most this absolute value are in the zero bucket.
    pub zero_threshold: f64,
    /// How many observations the zero bucket holds.
    pub zero_count: f64,
    /// How many observations there were, NaN included.
    pub count: f64,
    /// Their sum; the staleness marker's bits here make the whole histogram one.
    pub sum: f64,
    /// Where the positive buckets are.
    pub positive_spans: Vec<Span>,
    /// Where the negative buckets are.
    pub negative_spans: Vec<Span>,
    /// The count of each positive bucket.
    pub positive: Vec<f64>,
    /// The count of each negative bucket.
    pub negative: Vec<f64>,
    /// The upper bounds, ascending, for custom buckets; else empty.
    pub custom_values: Arc<[f64]>,
}

impl Histogram {
    /// The same histogram with fractional counts.
    pub fn to_float(&self) -> FloatHistogram {
        FloatHistogram {
            schema: self.schema,
            counter_reset: self.counter_reset,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count as f64,
            count: self.count as f64,
            sum: self.sum,
            positive_spans: self.positive_spans.clone(),
            negative_spans: self.negative_spans.clone(),
            positive: self.positive.iter().map(|&count| count as f64).collect(),
            negative: self.negative.iter().map(|&count| count as f64).collect(),
            custom_values: self.custom_values.clone(),
        }
    }

    /// Whether the bounds are custom instead of exponential.
    pub fn has_custom_buckets(&self) -> bool {
        self.schema == CUSTOM_BUCKETS_SCHEMA
    }

    /// Whether this is a staleness marker.
    pub fn is_stale(&self) -> bool {
        is_stale_nan(self.sum)
    }

    /// How many bytes of memory it takes, for limits on queries.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + size_of_val(&self.positive_spans[..])
            + size_of_val(&self.negative_spans[..])
            + size_of_val(&self.positive[..])
            + size_of_val(&self.negative[..])
            + size_of_val(&self.custom_values[..])
    }
}

impl Default for FloatHistogram {
    /// No observations, at schema 0.
    fn default() -> Self {
        FloatHistogram {
            schema: 0,
            counter_reset: CounterReset::Unknown,
            zero_threshold: 0.0,
            zero_count: 0.0,
            count: 0.0,
            sum: 0.0,
            positive_spans: Vec::new(),
            negative_spans: Vec::new(),
            positive: Vec::new(),
            negative: Vec::new(),
            custom_values: Arc::default(),
        }
    }
}

impl FloatHistogram {
    /// The same histogram with whole counts, when all of its counts are whole and below 2^53.
    pub fn to_integer(&self) -> Option<Histogram> {
        Some(Histogram {
            schema: self.schema,
            counter_reset: self.counter_reset,
            zero_threshold: self.zero_threshold,
            zero_count: whole(self.zero_count)?,
            count: whole(self.count)?,
            sum: self.sum,
            positive_spans: self.positive_spans.clone(),
            negative_spans: self.negative_spans.clone(),
            positive: self.positive.iter().map(|&count| whole(count)).collect::<Option<_>>()?,
            negative: self.negative.iter().map(|&count| whole(count)).collect::<Option<_>>()?,
            custom_values: self.custom_values.clone(),
        })
    }

    /// Whether the bounds are custom instead of exponential.
    pub fn has_custom_buckets(&self) -> bool {
        self.schema == CUSTOM_BUCKETS_SCHEMA
    }

    /// Whether this is a staleness marker.
    pub fn is_stale(&self) -> bool {
        is_stale_nan(self.sum)
    }

    /// Whether arithmetic has left the range of floats anywhere: an infinite sum, count or bucket.
    pub fn has_overflow(&self) -> bool {
        self.zero_count.is_infinite()
            || self.count.is_infinite()
            || self.sum.is_infinite()
            || self.positive.iter().chain(&self.negative).any(|count| count.is_infinite())
    }

    /// How many bytes of memory it takes, for limits on queries.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + size_of_val(&self.positive_spans[..])
            + size_of_val(&self.negative_spans[..])
            + size_of_val(&self.positive[..])
            + size_of_val(&self.negative[..])
            + size_of_val(&self.custom_values[..])
    }

    /// How many float samples it counts as, for limits on queries: its bytes over the 16 of a float sample, rounded down.
    pub fn sample_count(&self) -> usize {
        self.memory_bytes() / 16
    }
}

/// `count` as an integer, unless it is fractional, negative or too large to be exact.
fn whole(count: f64) -> Option<u64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    (count.fract() == 0.0 && (0.0..=EXACT_MAX).contains(&count)).then_some(count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_survive_the_way_through_floats_and_fractions_do_not() {
        let float = FloatHistogram {
            count: 3.0,
            sum: 1.5,
            positive_spans: vec![Span { offset: 0, length: 2 }],
            positive: vec![1.0, 2.0],
            ..FloatHistogram::default()
        };
        assert_eq!(float.to_integer().unwrap().to_float(), float);
        for count in [0.5, -1.0, f64::NAN, f64::INFINITY, 2e16] {
            assert_eq!(FloatHistogram { count, ..float.clone() }.to_integer(), None, "{count}");
        }
    }
}
