//! The answer of a query as JSON: `{"resultType":"vector","result":[…]}`.

use std::sync::Arc;

use model::histogram::Bucket;
use model::{FloatHistogram, Labels, Timestamp};
use promql::{MatrixSeries, SampleValue, Value, VectorSample};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::stats::Stats;
use super::value::{seconds, value_text};

/// What a query yields, on its way out.
pub struct QueryData {
    /// The value.
    pub value: Value,
    /// What it used, when the caller asked.
    pub stats: Option<Stats>,
}

impl Serialize for QueryData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = 2 + usize::from(self.stats.is_some());
        let mut data = serializer.serialize_struct("QueryData", fields)?;
        let kind = self.value.value_type().as_str();
        data.serialize_field("resultType", kind)?;
        match &self.value {
            Value::Scalar { time, value } => {
                data.serialize_field("result", &(seconds(*time), value_text(*value)))?
            }
            Value::String { time, value } => data.serialize_field("result", &(seconds(*time), value))?,
            Value::Vector(samples) => data.serialize_field("result", &Each(samples, One))?,
            Value::Matrix(series) => data.serialize_field("result", &Each(series, Many))?,
        }
        if let Some(stats) = &self.stats {
            data.serialize_field("stats", stats)?;
        }
        data.end()
    }
}

/// Serializes every item of a slice through a wrapper.
struct Each<'a, T, F>(&'a [T], F);

impl<'a, T, W: Serialize + 'a, F: Fn(&'a T) -> W> Serialize for Each<'a, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for item in self.0 {
            list.serialize_element(&(self.1)(item))?;
        }
        list.end()
    }
}

/// A label set as a JSON object.
pub struct LabelMap<'a>(pub &'a Labels);

impl Serialize for LabelMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

struct One<'a>(&'a VectorSample);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let VectorSample { labels, time, value } = self.0;
        let mut sample = serializer.serialize_struct("Sample", 2)?;
        sample.serialize_field("metric", &LabelMap(labels))?;
        match value {
            SampleValue::Float(value) => {
                sample.serialize_field("value", &(seconds(*time), value_text(*value)))?
            }
            SampleValue::Histogram(histogram) => {
                sample.serialize_field("histogram", &(seconds(*time), Shown(histogram)))?;
            }
        }
        sample.end()
    }
}

struct Many<'a>(&'a MatrixSeries);

impl Serialize for Many<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let MatrixSeries { labels, floats, histograms } = self.0;
        let mut series = serializer.serialize_struct("Series", 3)?;
        series.serialize_field("metric", &LabelMap(labels))?;
        if !floats.is_empty() {
            let float = |(time, value): &(Timestamp, f64)| (seconds(*time), value_text(*value));
            series.serialize_field("values", &Each(floats, float))?;
        }
        if !histograms.is_empty() {
            series.serialize_field("histograms", &Each(histograms, AtTime))?;
        }
        series.end()
    }
}

struct AtTime<'a>(&'a (Timestamp, Arc<FloatHistogram>));

impl Serialize for AtTime<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (seconds(self.0.0), Shown(&self.0.1)).serialize(serializer)
    }
}

struct Shown<'a>(&'a FloatHistogram);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let buckets: Vec<Bucket> = self.0.populated_buckets().collect();
        let mut histogram = serializer.serialize_struct("Histogram", 3)?;
        histogram.serialize_field("count", &value_text(self.0.count))?;
        histogram.serialize_field("sum", &value_text(self.0.sum))?;
        if !buckets.is_empty() {
            let bucket = |bucket: &Bucket| {
                let rule = bucket.boundary_rule() as u8;
                (rule, value_text(bucket.lower), value_text(bucket.upper), value_text(bucket.count))
            };
            histogram.serialize_field("buckets", &Each(&buckets, bucket))?;
        }
        histogram.end()
    }
}
