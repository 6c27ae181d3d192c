//! Native histograms: sparse, exponential or with custom bounds.
//!
//! A histogram of schema `s` has a bucket at index `i` for every value in `(2^(2^-s))^(i-1) < v <= (2^(2^-s))^i`,
//! mirrored below zero, and a zero bucket around zero. Spans say which indexes are populated. Schema -53 has
//! the bounds in `custom_values` instead, one bucket more than bounds (the last reaches +Inf), and no negative side.
//!
//! `Histogram` counts whole observations and is what programs expose; `FloatHistogram` is what arithmetic yields.
//! Both keep absolute counts per bucket, not the deltas of the wire.

use std::sync::Arc;

/// The schema of histograms with custom bucket bounds.
pub const CUSTOM_BUCKETS_SCHEMA: i8 = -53;

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
}
