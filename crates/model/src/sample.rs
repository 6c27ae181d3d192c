//! A sample: a time and a value, which is a float or a native histogram.

use std::sync::Arc;

use crate::histogram::{FloatHistogram, Histogram};

/// Milliseconds since the Unix epoch.
pub type Timestamp = i64;

/// The NaN whose bits mean that a series has ended: no value from here on until the next one.
pub const STALE_NAN: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// The NaN that an ordinary computation yields, with the bits Prometheus gives it.
pub const NORMAL_NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0001);

/// Whether `value` is the staleness marker, bit for bit.
pub fn is_stale_nan(value: f64) -> bool {
    value.to_bits() == STALE_NAN.to_bits()
}

/// What a series says at one time.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Float(f64),
    /// A native histogram of whole counts.
    Histogram(Arc<Histogram>),
    /// A native histogram of fractional counts, or a gauge histogram.
    FloatHistogram(Arc<FloatHistogram>),
}

impl Value {
    /// Whether the value is the staleness marker in any of its forms.
    pub fn is_stale(&self) -> bool {
        match self {
            Value::Float(value) => is_stale_nan(*value),
            Value::Histogram(histogram) => is_stale_nan(histogram.sum),
            Value::FloatHistogram(histogram) => is_stale_nan(histogram.sum),
        }
    }
}

/// A value at a time, and, where it was told, since when the series has been counting.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// When the value was true.
    pub time: Timestamp,
    /// When the counter behind the value was last zero; `None` where nobody said.
    pub start: Option<Timestamp>,
    /// The value.
    pub value: Value,
}
