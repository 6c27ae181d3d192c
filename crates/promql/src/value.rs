//! What a query yields.

use std::fmt;
use std::sync::Arc;

use model::{FloatHistogram, Labels, Timestamp};

use crate::eval::points::is_absent;
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
    pub floats: Floats,
    /// Its histograms, ascending in time.
    pub histograms: Vec<(Timestamp, Arc<FloatHistogram>)>,
}

/// Floats and their times, ascending: of an answer over a range the column that was computed, as it is, so that the
/// answer takes no more memory than its evaluation did.
#[derive(Clone, Default)]
pub struct Floats {
    /// The times of all steps, which the series of an answer share.
    times: Arc<[Timestamp]>,
    /// As many values, some of which say that there is none.
    values: Vec<f64>,
}

impl Floats {
    /// A column of values, one for each time.
    pub(crate) fn of_column(times: &Arc<[Timestamp]>, values: Vec<f64>) -> Floats {
        debug_assert_eq!(times.len(), values.len(), "each value has its time");
        Floats { times: times.clone(), values }
    }

    /// The floats there are.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, f64)> {
        let all = self.times.iter().copied().zip(self.values.iter().copied());
        all.filter(|(_, value)| !is_absent(*value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl FromIterator<(Timestamp, f64)> for Floats {
    fn from_iter<I: IntoIterator<Item = (Timestamp, f64)>>(floats: I) -> Floats {
        let (times, values): (Vec<Timestamp>, Vec<f64>) = floats.into_iter().unzip();
        Floats { times: times.into(), values }
    }
}

impl PartialEq for Floats {
    fn eq(&self, other: &Floats) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Floats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
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
