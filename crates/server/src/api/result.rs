//! The answer of a query as JSON: `{"resultType":"vector","result":[…]}`.
//!
//! An answer may have millions of values, so they are written as bytes and not through a serializer.

use std::io;
use std::ops::Range;

use model::histogram::Bucket;
use model::{FloatHistogram, Timestamp};
use promql::{MatrixSeries, SampleValue, Value, VectorSample};
use rayon::prelude::*;

use super::json::{push_labels, push_string};
use super::pieces::Pieces;
use super::stats::Stats;
use super::value::{push_seconds, push_value};

/// How many values are written between two looks at whether a piece is ready to go out.
const VALUES_AT_ONCE: usize = 1_024;

/// How many values a thread writes before they go out.
const BLOCK_VALUES: usize = 1 << 14;
/// As how many values it takes to write a label set, and a histogram.
pub const LABELS_VALUES: usize = 8;
const HISTOGRAM_VALUES: usize = 32;

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
        Value::Vector(samples) => list_in_blocks(pieces, samples, |_| LABELS_VALUES, write_sample)?,
        Value::Matrix(series) => list_in_blocks(pieces, series, values_of, write_series)?,
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

/// The same on several threads where there is much to write: a block for each thread at a time, so that no more than
/// these wait to go out. `worth` says how many values an item is worth.
pub fn list_in_blocks<T: Sync>(
    pieces: &mut Pieces,
    items: &[T],
    worth: impl Fn(&T) -> usize,
    write: impl Fn(&mut Pieces, &T) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let write_block = |pieces: &mut Pieces, block: &Range<usize>| {
        block.clone().try_for_each(|number| {
            if number > 0 {
                pieces.buffer().push(b',');
            }
            write(pieces, &items[number])
        })
    };
    pieces.buffer().push(b'[');
    let mut next = 0;
    while next < items.len() {
        let blocks = blocks_of(items, next, &worth);
        next = blocks.last().map_or(items.len(), |block| block.end);
        // An item that is a block by itself may be of any size, so it goes out while it is written.
        if blocks.len() == 1 || blocks.iter().any(|block| block.len() == 1) {
            blocks.iter().try_for_each(|block| write_block(pieces, block))?;
            continue;
        }
        let written = blocks.par_iter().map(|block| {
            let mut written = Pieces::in_memory();
            write_block(&mut written, block).map(|()| written)
        });
        for mut block in written.collect::<io::Result<Vec<Pieces>>>()? {
            pieces.buffer().append(block.buffer());
            pieces.pass_on()?;
        }
    }
    pieces.buffer().push(b']');
    Ok(())
}

/// The next items, in one block for each thread at most.
fn blocks_of<T>(items: &[T], first: usize, worth: impl Fn(&T) -> usize) -> Vec<Range<usize>> {
    let (mut blocks, mut end) = (Vec::new(), first);
    while end < items.len() && blocks.len() < rayon::current_num_threads() {
        let (start, mut values) = (end, 0);
        while end < items.len() && values < BLOCK_VALUES {
            values += worth(&items[end]);
            end += 1;
        }
        blocks.push(start..end);
    }
    blocks
}

fn values_of(series: &MatrixSeries) -> usize {
    LABELS_VALUES + series.floats.len() + series.histograms.len() * HISTOGRAM_VALUES
}

fn write_sample(pieces: &mut Pieces, sample: &VectorSample) -> io::Result<()> {
    push_sample(pieces.buffer(), sample);
    pieces.pass_on()
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
        let (mut floats, mut is_first) = (floats.iter().peekable(), true);
        while floats.peek().is_some() {
            let out = pieces.buffer();
            for (time, value) in floats.by_ref().take(VALUES_AT_ONCE) {
                if !std::mem::take(&mut is_first) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_the_same_however_many_write_it() {
        let check = |count: usize, worth: fn(&usize) -> usize| {
            let items: Vec<usize> = (0..count).collect();
            let write = |pieces: &mut Pieces, item: &usize| {
                pieces.buffer().extend_from_slice(item.to_string().as_bytes());
                pieces.pass_on()
            };
            let mut pieces = Pieces::in_memory();
            list_in_blocks(&mut pieces, &items, worth, write).expect("memory takes all");
            let written: Vec<usize> = serde_json::from_slice(pieces.buffer()).expect("it is JSON");
            assert_eq!(written, items);
        };
        check(0, |_| 1);
        check(1, |_| 1);
        check(100_000, |_| 1);
        check(1_000, |item| if item % 7 == 0 { BLOCK_VALUES } else { 100 });
        check(10, |_| BLOCK_VALUES);
    }
}
