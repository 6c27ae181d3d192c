//! What a query yields.

use std::sync::Arc;

use model::{FloatHistogram, Labels, Timestamp};

use crate::syntax::ValueType;

/// The answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number; the answer to an instant query for a scalar.
    Scalar {
        /// The time of the query.
        time: Timestamp,
        /// The number.
        value: f64,
    },
    /// A text.
    String {
        /// The time of the query.
        time: Timestamp,
        /// The text.
        value: String,
    },
    /// One sample per series; the answer to an instant query.
    Vector(Vec<VectorSample>),
    /// Samples per series; the answer to a range query, and to an instant query for a range.
    Matrix(Vec<MatrixSeries>),
}

/// One series at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorSample {
    /// Which series.
    pub labels: Labels,
    /// The time of the query.
    pub time: Timestamp,
    /// Its value then.
    pub value: SampleValue,
}

/// A float or a histogram.
#[derive(Clone, Debug, PartialEq)]
pub enum SampleValue {
    /// A float.
    Float(f64),
    /// A native histogram.
    Histogram(Arc<FloatHistogram>),
}

/// One series at several times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatrixSeries {
    /// Which series.
    pub labels: Labels,
    /// Its floats, ascending in time.
    pub floats: Vec<(Timestamp, f64)>,
    /// Its histograms, ascending in time.
    pub histograms: Vec<(Timestamp, Arc<FloatHistogram>)>,
}

impl Value {
    /// The type as the HTTP API names it.
    pub fn value_type(&self) -> ValueType {
        match self {
            Value::Scalar { .. } => ValueType::Scalar,
            Value::String { .. } => ValueType::String,
            Value::Vector(_) => ValueType::Vector,
            Value::Matrix(_) => ValueType::Matrix,
        }
    }

    /// How many samples the answer has.
    pub fn sample_count(&self) -> usize {
        match self {
            Value::Scalar { .. } | Value::String { .. } => 1,
            Value::Vector(samples) => samples.len(),
            Value::Matrix(series) => {
                series.iter().map(|series| series.floats.len() + series.histograms.len()).sum()
            }
        }
    }
}
