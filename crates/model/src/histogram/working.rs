//! A histogram taken apart for arithmetic: plain lists of indexed cells, each with the part lost to rounding.
//!
//! Two histograms can be merged once they agree on resolution, zero threshold and custom bounds. The methods
//! here bring one to the other's: coarser, a wider zero bucket, fewer bounds. None of them loses an observation.

use std::sync::Arc;

use super::bounds::exponential_bound;
use super::compensated::CompensatedSum;
use super::resolution::coarser_index;
use super::spans::{Indexed, SpanWriter};
use super::types::{FloatHistogram, Span};

/// One bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) index: i32,
    pub(super) count: CompensatedSum,
}

/// The buckets of a histogram, taken apart.
#[derive(Debug)]
pub(super) struct Working {
    pub(super) schema: i8,
    pub(super) zero_threshold: f64,
    pub(super) zero_count: CompensatedSum,
    pub(super) positive: Vec<Cell>,
    pub(super) negative: Vec<Cell>,
    pub(super) custom_values: Arc<[f64]>,
}

/// What rounding took from each bucket of a histogram.
#[derive(Clone, Debug, Default)]
pub(super) struct Lost {
    pub(super) zero_count: f64,
    pub(super) positive: Vec<f64>,
    pub(super) negative: Vec<f64>,
}

impl Working {
    /// The buckets of `histogram`, nothing lost.
    pub(super) fn exact(histogram: &FloatHistogram) -> Self {
        Working::new(histogram, &Lost::default())
    }

    /// The buckets of `histogram` with what they `lost`; counts without a partner there lost nothing.
    pub(super) fn new(histogram: &FloatHistogram, lost: &Lost) -> Self {
        Working {
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            zero_count: CompensatedSum { sum: histogram.zero_count, lost: lost.zero_count },
            positive: cells(&histogram.positive_spans, &histogram.positive, &lost.positive),
            negative: cells(&histogram.negative_spans, &histogram.negative, &lost.negative),
            custom_values: histogram.custom_values.clone(),
        }
    }

    /// Puts the buckets back into `histogram` and returns what they lost.
    pub(super) fn store(self, histogram: &mut FloatHistogram) -> Lost {
        let mut lost = Lost { zero_count: self.zero_count.lost, ..Lost::default() };
        histogram.schema = self.schema;
        histogram.zero_threshold = self.zero_threshold;
        histogram.zero_count = self.zero_count.sum;
        histogram.custom_values = self.custom_values;
        (histogram.positive_spans, histogram.positive, lost.positive) = spans(&self.positive);
        (histogram.negative_spans, histogram.negative, lost.negative) = spans(&self.negative);
        lost
    }

    /// Adds the buckets of `other`, times `factor`; both must have been brought to the same shape.
    pub(super) fn merge(&mut self, other: Working, factor: f64) {
        self.zero_count.add_scaled(other.zero_count, factor);
        self.positive = merged(&self.positive, &other.positive, factor);
        self.negative = merged(&self.negative, &other.negative, factor);
    }

    /// Merges buckets until the resolution is that of `schema`, which must not be finer.
    pub(super) fn reduce_to(&mut self, schema: i8) {
        if self.schema == schema {
            return;
        }
        let steps = self.schema.abs_diff(schema);
        for cells in [&mut self.positive, &mut self.negative] {
            regroup(cells, |index| coarser_index(index, steps));
        }
        self.schema = schema;
    }

    /// Widens the zero bucket to `threshold`, or as little more as it takes not to cut a populated bucket in two.
    pub(super) fn grow_zero_bucket(&mut self, threshold: f64) {
        let mut threshold = threshold;
        if threshold.is_nan() || threshold <= self.zero_threshold {
            return;
        }
        // A bucket of either side can push the threshold outwards, into a bucket of the other side.
        while let Some(wider) = [&self.positive, &self.negative]
            .into_iter()
            .find_map(|cells| straddled(cells, threshold, self.schema))
        {
            threshold = wider;
        }
        for cells in [&mut self.positive, &mut self.negative] {
            let inside = cells.partition_point(|cell| lower_bound(cell.index, self.schema) < threshold);
            for cell in cells.drain(..inside) {
                self.zero_count.add_scaled(cell.count, 1.0);
            }
        }
        self.zero_threshold = threshold;
    }

    /// Merges custom buckets until only the `shared` bounds, all of which it has, are left.
    pub(super) fn keep_bounds(&mut self, shared: Arc<[f64]>) {
        let bounds = std::mem::replace(&mut self.custom_values, shared);
        let shared = &self.custom_values;
        regroup(&mut self.positive, |index| {
            let bound = usize::try_from(index).ok().and_then(|index| bounds.get(index));
            let place = bound.map_or(shared.len(), |bound| shared.partition_point(|kept| kept < bound));
            place as i32
        });
        self.positive.retain(|cell| cell.count.sum != 0.0 || cell.count.lost != 0.0);
    }
}

/// The bounds that both lists have, each of which ascends.
pub(super) fn shared_bounds(left: &[f64], right: &[f64]) -> Arc<[f64]> {
    let mut rest = right;
    let mut shared = Vec::with_capacity(left.len().min(right.len()));
    for &bound in left {
        rest = &rest[rest.partition_point(|&other| other < bound)..];
        if rest.first() == Some(&bound) {
            shared.push(bound);
        }
    }
    shared.into()
}

/// The outer bound of the populated bucket that `threshold` lies in.
fn straddled(cells: &[Cell], threshold: f64, schema: i8) -> Option<f64> {
    let last = cells.partition_point(|cell| lower_bound(cell.index, schema) < threshold).checked_sub(1)?;
    let upper = exponential_bound(cells[last].index, schema);
    (upper > threshold && cells[last].count.sum != 0.0).then_some(upper)
}

fn lower_bound(index: i32, schema: i8) -> f64 {
    exponential_bound(index.wrapping_sub(1), schema)
}

/// Gives each cell a new index, which must not descend, and merges those that then share one.
fn regroup(cells: &mut Vec<Cell>, new_index: impl Fn(i32) -> i32) {
    cells.iter_mut().for_each(|cell| cell.index = new_index(cell.index));
    cells.dedup_by(|cell, kept| {
        let same = cell.index == kept.index;
        if same {
            kept.count.add_scaled(cell.count, 1.0);
        }
        same
    });
}

fn merged(left: &[Cell], right: &[Cell], factor: f64) -> Vec<Cell> {
    let mut all = Vec::with_capacity(left.len().max(right.len()));
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let index = match (left.peek(), right.peek()) {
            (Some(one), Some(other)) => one.index.min(other.index),
            (Some(cell), None) | (None, Some(cell)) => cell.index,
            (None, None) => return all,
        };
        let mut count =
            left.next_if(|cell| cell.index == index).map_or(CompensatedSum::default(), |cell| cell.count);
        if let Some(cell) = right.next_if(|cell| cell.index == index) {
            count.add_scaled(cell.count, factor);
        }
        all.push(Cell { index, count });
    }
}

fn cells(spans: &[Span], counts: &[f64], lost: &[f64]) -> Vec<Cell> {
    let lost = lost.iter().copied().chain(std::iter::repeat(0.0));
    let counts = Indexed::new(spans, counts).zip(lost);
    counts.map(|((index, sum), lost)| Cell { index, count: CompensatedSum { sum, lost } }).collect()
}

fn spans(cells: &[Cell]) -> (Vec<Span>, Vec<f64>, Vec<f64>) {
    let mut writer = SpanWriter::with_capacity(cells.len());
    for cell in cells {
        writer.push(cell.index, cell.count.sum);
    }
    (writer.spans, writer.counts, cells.iter().map(|cell| cell.count.lost).collect())
}
