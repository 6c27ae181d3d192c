//! The answer of a query as JSON: `{"resultType":"vector","result":[…]}`.
//!
//! An answer may have millions of values, so they are written as bytes and not through a serializer.

use std::io;

use model::histogram::Bucket;
use model::{FloatHistogram, Timestamp};
use promql::{MatrixSeries, SampleValue, Value, VectorSample};

use super::json::{push_labels, push_string};
use super::pieces::Pieces;
use super::stats::Stats;
use super::value::{push_seconds, push_value};

/// How many values are written between two looks at whether a piece is ready to go out.
const VALUES_AT_ONCE: usize = 1_024;

/// Writes what a query yields, and what it used, when the caller asked.
pub fn write(pieces: &mut Pieces, value: &Value, stats: Option<&Stats>) -> io::Result<()> {
    let out = pieces.buffer();
    out.extend_from_slice(b"{\"resultType\":");
    push_string(out, value.value_type().as_str());
    out.extend_from_slice(b",\"result\":");
    match value {
        Value::Scalar { time, value } => push_float(out, *time, *value),
        Value::String { time, value } => {
            out.push(b'[');
            push_seconds(out, *time);
            out.push(b',');
            push_string(out, value);
            out.push(b']');
        }
        Value::Vector(samples) => list(pieces, samples, |pieces, sample| {
            push_sample(pieces.buffer(), sample);
            pieces.pass_on()
        })?,
        Value::Matrix(series) => list(pieces, series, write_series)?,
    }
    let out = pieces.buffer();
    if let Some(stats) = stats {
        out.extend_from_slice(b",\"stats\":");
        serde_json::to_writer(&mut *out, stats)?;
    }
    out.push(b'}');
    Ok(())
}

/// Writes a list of what `write` writes of each item.
pub fn list<T>(
    pieces: &mut Pieces,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Pieces, T) -> io::Result<()>,
) -> io::Result<()> {
    pieces.buffer().push(b'[');
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            pieces.buffer().push(b',');
        }
        write(pieces, item)?;
    }
    pieces.buffer().push(b']');
    Ok(())
}

fn push_sample(out: &mut Vec<u8>, VectorSample { labels, time, value }: &VectorSample) {
    out.extend_from_slice(b"{\"metric\":");
    push_labels(out, labels);
    match value {
        SampleValue::Float(value) => {
            out.extend_from_slice(b",\"value\":");
            push_float(out, *time, *value);
        }
        SampleValue::Histogram(histogram) => {
            out.extend_from_slice(b",\"histogram\":");
            push_histogram(out, *time, histogram);
        }
    }
    out.push(b'}');
}

fn write_series(pieces: &mut Pieces, series: &MatrixSeries) -> io::Result<()> {
    let MatrixSeries { labels, floats, histograms } = series;
    let out = pieces.buffer();
    out.extend_from_slice(b"{\"metric\":");
    push_labels(out, labels);
    if !floats.is_empty() {
        out.extend_from_slice(b",\"values\":[");
        for (number, chunk) in floats.chunks(VALUES_AT_ONCE).enumerate() {
            let out = pieces.buffer();
            for (index, &(time, value)) in chunk.iter().enumerate() {
                if number + index > 0 {
                    out.push(b',');
                }
                push_float(out, time, value);
            }
            pieces.pass_on()?;
        }
        pieces.buffer().push(b']');
    }
    if !histograms.is_empty() {
        pieces.buffer().extend_from_slice(b",\"histograms\":");
        list(pieces, histograms, |pieces, (time, histogram)| {
            push_histogram(pieces.buffer(), *time, histogram);
            pieces.pass_on()
        })?;
    }
    pieces.buffer().push(b'}');
    pieces.pass_on()
}

fn push_float(out: &mut Vec<u8>, time: Timestamp, value: f64) {
    out.push(b'[');
    push_seconds(out, time);
    out.push(b',');
    push_quoted(out, value);
    out.push(b']');
}

fn push_quoted(out: &mut Vec<u8>, value: f64) {
    out.push(b'"');
    push_value(out, value);
    out.push(b'"');
}

fn push_histogram(out: &mut Vec<u8>, time: Timestamp, histogram: &FloatHistogram) {
    out.push(b'[');
    push_seconds(out, time);
    out.extend_from_slice(b",{\"count\":");
    push_quoted(out, histogram.count);
    out.extend_from_slice(b",\"sum\":");
    push_quoted(out, histogram.sum);
    let mut buckets = histogram.populated_buckets().peekable();
    if buckets.peek().is_some() {
        out.extend_from_slice(b",\"buckets\":[");
        for (number, bucket) in buckets.enumerate() {
            if number > 0 {
                out.push(b',');
            }
            push_bucket(out, &bucket);
        }
        out.push(b']');
    }
    out.extend_from_slice(b"}]");
}

fn push_bucket(out: &mut Vec<u8>, bucket: &Bucket) {
    out.push(b'[');
    push_value(out, f64::from(bucket.boundary_rule() as u8));
    for value in [bucket.lower, bucket.upper, bucket.count] {
        out.push(b',');
        push_quoted(out, value);
    }
    out.push(b']');
}
