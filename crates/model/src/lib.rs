//! The nouns everyone shares: labels, samples, histograms, exemplars, metadata, frames, time.
//!
//! This crate depends on nothing of ours. It never does IO, never reads a clock, and knows neither a wire
//! format nor a file format; whoever parses or stores these nouns lives in another crate.

pub mod duration;
pub mod exemplar;
pub mod frame;
pub mod histogram;
pub mod labels;
pub mod matcher;
pub mod metadata;
pub mod names;
pub mod pool;
pub mod regex;
pub mod sample;
pub mod series;
pub mod sorting;

pub use exemplar::Exemplar;
pub use frame::{Frame, Layout};
pub use histogram::{CounterReset, FloatHistogram, Histogram, Span};
pub use labels::{Labels, LabelsBuilder, METRIC_NAME};
pub use matcher::{MatchOp, Matcher};
pub use metadata::{Metadata, MetricType};
pub use pool::Pool;
pub use regex::Regex;
pub use sample::{STALE_NAN, Sample, Timestamp, Value, is_stale_nan};
pub use series::Series;
