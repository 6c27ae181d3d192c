//! Native histograms: sparse, exponential or with custom bounds.
//!
//! A histogram of schema `s` has a bucket at index `i` for every value in `(2^(2^-s))^(i-1) < v <= (2^(2^-s))^i`,
//! mirrored below zero, and a zero bucket around zero. Spans say which indexes are populated. Schema -53 has
//! the bounds in `custom_values` instead, one bucket more than bounds (the last reaches +Inf), and no negative side.
//!
//! `Histogram` counts whole observations and is what programs expose; `FloatHistogram` is what arithmetic yields.
//! Both keep absolute counts per bucket, not the deltas of the wire. Everything a query does with one is in this
//! folder: `arithmetic` and its compensated sum, `resets`, `quantile`, `fraction`, `moments`, `trim`, and the texts
//! of people (`text`) and test scripts (`notation`). `classic` does the same for buckets that are series of their own.
//!
//! Invalid histograms (see `validate`) give meaningless numbers here, but never a panic.

mod arithmetic;
mod bounds;
mod buckets;
pub mod classic;
mod compact;
mod compensated;
mod equality;
mod fraction;
mod moments;
mod notation;
mod quantile;
mod resets;
mod resolution;
mod spans;
mod text;
mod trim;
mod types;
mod validate;
mod working;

pub use arithmetic::Reconciled;
pub use bounds::exponential_bound;
pub use buckets::{BoundaryRule, Bucket};
pub use compensated::{CompensatedHistogram, CompensatedSum};
pub use equality::almost_equal;
pub use fraction::Fraction;
pub use notation::{NotationError, NotedHistogram, parse_notation, parse_notation_series};
pub use quantile::{NanEffect, Quantile};
pub use text::format_general;
pub use trim::Keep;
pub use types::{
    CUSTOM_BUCKETS_SCHEMA, CounterReset, FloatHistogram, Histogram, SCHEMA_MAX, SCHEMA_MIN, Span,
};
pub use validate::{HistogramError, Side};
