//! Buckets whose bounds are powers of 2^(2^-schema): how native histograms and quantiles are counted.
//!
//! A window is a header and a fixed number of counters. It has the finest schema that holds everything it has seen: what is
//! outside of it moves the window, and when that is not enough, neighbours are added together, which halves the resolution. All
//! of it are numbers like those of other metrics, so that workers can share them; windows of several workers are brought
//! together at the coarsest of their schemas.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cells::add;

/// The finest schema: 256 buckets between a number and its double.
pub(crate) const SCHEMA_MAX: i32 = 8;
/// The coarsest: a bucket spans a factor of 65,536, so that 140 of them hold every number there is.
pub(crate) const SCHEMA_MIN: i32 = -4;

/// What is added to schemas and indexes so that a header is a whole positive number.
const SCHEMA_BASE: i64 = 16;
const INDEX_BASE: i64 = 1 << 32;
const INDEX_RANGE: i64 = 1 << 33;

/// Upper bounds of the buckets between 1 and 2 at the finest schema.
static BOUNDS: LazyLock<[f64; 256]> = LazyLock::new(|| std::array::from_fn(|at| (at as f64 / 256.0).exp2()));

/// The bucket a positive number falls in: bucket `i` holds what is above 2^((i-1)/2^schema) and at most 2^(i/2^schema).
pub(crate) fn index(value: f64, schema: i32) -> i32 {
    if value.is_infinite() {
        return index(f64::MAX, schema) + 1;
    }
    // Subnormal numbers are scaled first.
    let (value, scale) = if value < f64::MIN_POSITIVE { (value * 2f64.powi(54), -54) } else { (value, 0) };
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32 - 1023 + scale;
    let fraction = f64::from_bits(bits & !(0x7ff << 52) | 1023 << 52);
    let finest = exponent * 256 + BOUNDS.partition_point(|bound| *bound < fraction) as i32;
    coarsen(finest, (SCHEMA_MAX - schema) as u32)
}

/// The index of the same bucket `steps` schemas below; rounded up, because buckets include their upper bound.
fn coarsen(index: i32, steps: u32) -> i32 {
    (index + ((1 << steps) - 1)) >> steps
}

/// The upper bound of a bucket.
fn upper_bound(index: i32, schema: i32) -> f64 {
    (f64::from(index) * (-f64::from(schema)).exp2()).exp2()
}

/// What is in a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Side {
    pub(crate) schema: i32,
    pub(crate) counts: BTreeMap<i32, f64>,
}

impl Side {
    /// Reads a window; `None` while it has seen nothing.
    pub(crate) fn of(window: &[f64]) -> Option<Side> {
        let (header, counters) = window.split_first()?;
        let (schema, first) = read_header(*header)?;
        let counted = counters.iter().enumerate().filter(|(_, count)| **count > 0.0);
        Some(Side { schema, counts: counted.map(|(at, count)| (first + at as i32, *count)).collect() })
    }

    /// Becomes as coarse as `schema`, if that is coarser.
    pub(crate) fn adopt(&mut self, schema: i32) {
        let steps = (self.schema - schema).max(0) as u32;
        if steps > 0 {
            for (index, count) in std::mem::take(&mut self.counts) {
                *self.counts.entry(coarsen(index, steps)).or_default() += count;
            }
            self.schema = schema;
        }
    }

    /// Adds what another one has seen.
    pub(crate) fn merge(&mut self, mut other: Side) {
        if self.counts.is_empty() {
            self.schema = self.schema.min(other.schema).max(SCHEMA_MIN);
        }
        let schema = self.schema.min(other.schema);
        self.adopt(schema);
        other.adopt(schema);
        for (index, count) in other.counts {
            *self.counts.entry(index).or_default() += count;
        }
    }

    /// Writes it into a window, coarsened until it fits.
    fn write(mut self, window: &mut [f64]) {
        let Some((header, counters)) = window.split_first_mut() else { return };
        let length = counters.len() as i32;
        let range = |side: &Side| {
            let (low, high) = (side.counts.keys().next(), side.counts.keys().next_back());
            low.copied().zip(high.copied()).unwrap_or_default()
        };
        while range(&self).1 - range(&self).0 >= length && self.schema > SCHEMA_MIN {
            self.adopt(self.schema - 1);
        }
        let (low, high) = range(&self);
        // What follows may be smaller or larger.
        let first = low - (length - (high - low + 1)) / 2;
        counters.fill(0.0);
        for (index, count) in self.counts {
            if let Some(counter) = counters.get_mut((index - first) as usize) {
                *counter += count;
            }
        }
        *header = header_of(self.schema, first);
    }

    /// Runs of consecutive buckets: how far each begins after the end of the last, and how long it is; then the counts, each
    /// as its difference to the one before.
    pub(crate) fn spans(&self) -> (Vec<(i64, u64)>, Vec<i64>) {
        let (mut spans, mut deltas) = (Vec::<(i64, u64)>::new(), Vec::new());
        let (mut next, mut last) = (0, 0);
        for (index, count) in &self.counts {
            let (index, count) = (i64::from(*index), *count as i64);
            match spans.last_mut() {
                Some((_, length)) if index == next => *length += 1,
                _ => spans.push((index - next, 1)),
            }
            deltas.push(count - last);
            (next, last) = (index + 1, count);
        }
        (spans, deltas)
    }

    /// Typical values of its buckets, with how many there are: the value whose relative error is the same at both ends.
    fn values(&self) -> impl DoubleEndedIterator<Item = (f64, f64)> {
        self.counts.iter().map(|(index, count)| {
            let (low, high) = (upper_bound(index - 1, self.schema), upper_bound(*index, self.schema));
            (if (low + high).is_finite() { 2.0 * low * (high / (low + high)) } else { low }, *count)
        })
    }
}

/// The value below which a share `quantile` of all lies; not a number when there are none.
pub(crate) fn quantile(negative: &Side, zeros: f64, positive: &Side, quantile: f64) -> f64 {
    let count = |side: &Side| side.counts.values().sum::<f64>();
    let count = count(negative) + zeros + count(positive);
    let rank = (quantile * count).ceil().clamp(1.0, count.max(1.0));
    let mut seen = 0.0;
    let negative = negative.values().rev().map(|(value, count)| (-value, count));
    let mut all = negative.chain(std::iter::once((0.0, zeros))).chain(positive.values());
    let found = all.find(|(_, count)| {
        seen += count;
        *count > 0.0 && seen >= rank
    });
    found.map_or(f64::NAN, |(value, _)| value)
}

/// Brings two windows of one length together in the first.
pub(crate) fn merge(into: &mut [f64], other: &[f64]) {
    let Some(other_side) = Side::of(other) else { return };
    match Side::of(into) {
        None => into.copy_from_slice(other),
        Some(mut side) => {
            side.merge(other_side);
            side.write(into);
        }
    }
}

/// Counts one positive number, as part of a change of all numbers of its series.
#[inline]
pub(crate) fn record(window: &[AtomicU64], value: f64, finest: i32) {
    let Some((header, counters)) = window.split_first() else { return };
    if let Some((schema, first)) = read_header(f64::from_bits(header.load(Ordering::Relaxed)))
        && let Ok(at) = usize::try_from(index(value, schema) - first)
        && let Some(counter) = counters.get(at)
    {
        return add(counter, 1.0);
    }
    make_room(window, value, finest);
}

#[cold]
fn make_room(window: &[AtomicU64], value: f64, finest: i32) {
    let mut numbers: Vec<f64> =
        window.iter().map(|cell| f64::from_bits(cell.load(Ordering::Relaxed))).collect();
    let mut side = Side::of(&numbers).unwrap_or(Side { schema: finest, counts: BTreeMap::new() });
    *side.counts.entry(index(value, side.schema)).or_default() += 1.0;
    side.write(&mut numbers);
    for (cell, number) in window.iter().zip(numbers) {
        cell.store(number.to_bits(), Ordering::Relaxed);
    }
}

/// Schema and the index of the first counter.
fn read_header(header: f64) -> Option<(i32, i32)> {
    let header = header as i64;
    let schema = i32::try_from(header / INDEX_RANGE - SCHEMA_BASE).ok()?;
    let first = i32::try_from(header % INDEX_RANGE - INDEX_BASE).ok()?;
    (SCHEMA_MIN..=SCHEMA_MAX).contains(&schema).then_some((schema, first))
}

fn header_of(schema: i32, first: i32) -> f64 {
    ((i64::from(schema) + SCHEMA_BASE) * INDEX_RANGE + i64::from(first) + INDEX_BASE) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(values: &[f64], finest: i32) -> Vec<f64> {
        let cells: Vec<AtomicU64> = (0..161).map(|_| AtomicU64::new(0)).collect();
        values.iter().for_each(|value| record(&cells, *value, finest));
        cells.iter().map(|cell| f64::from_bits(cell.load(Ordering::Relaxed))).collect()
    }

    #[test]
    fn buckets_include_their_upper_bound() {
        let check =
            |value: f64, schema, want: i32| assert_eq!(index(value, schema), want, "{value} at {schema}");
        check(1.0, 0, 0);
        check(1.5, 0, 1);
        check(2.0, 0, 1);
        check(2.000001, 0, 2);
        check(0.5, 3, -8);
        check(4.0, 8, 512);
        check(4.1, -1, 2);
        check(16.0, -2, 1);
        check(f64::MAX, 0, 1024);
        check(f64::INFINITY, 0, 1025);
        check(f64::MIN_POSITIVE / 4.0, 0, -1024);
        check(5e-324, 0, -1074);
    }

    #[test]
    fn a_window_holds_every_number_and_two_are_as_if_one_had_seen_all() {
        let check = |left: &[f64], right: &[f64]| {
            let (mut merged, other) = (window(left, SCHEMA_MAX), window(right, SCHEMA_MAX));
            merge(&mut merged, &other);
            let merged = Side::of(&merged).unwrap();
            let mut want = BTreeMap::<i32, f64>::new();
            for value in left.iter().chain(right) {
                *want.entry(index(*value, merged.schema)).or_default() += 1.0;
            }
            assert_eq!(merged.counts, want);
        };
        check(&[1.0, 1.1, 1.2], &[1.05]);
        check(&[5e-324, 1.0, 1e-9], &[f64::MAX, 3.0, f64::INFINITY]);
        check(&[1e-6, 2e-6], &[]);
        check(&[], &[1e6, 7.0]);
    }

    #[test]
    fn quantiles_are_near() {
        let values: Vec<f64> = (1..=1_000).map(f64::from).collect();
        let side = Side::of(&window(&values, 4)).unwrap();
        let check = |share: f64, want: f64| {
            let got = quantile(&Side::default(), 0.0, &side, share);
            assert!((got / want - 1.0).abs() < 0.05, "{got} for {want}");
        };
        check(0.5, 500.0);
        check(0.99, 990.0);
        assert!(quantile(&Side::default(), 0.0, &Side::default(), 0.5).is_nan());
        assert_eq!(quantile(&Side::default(), 3.0, &side, 0.0), 0.0);
        assert!(quantile(&side, 0.0, &Side::default(), 0.01) < -950.0);
    }

    #[test]
    fn spans_tell_gaps() {
        let side = Side { schema: 0, counts: BTreeMap::from([(-2, 1.0), (-1, 3.0), (4, 2.0)]) };
        assert_eq!(side.spans(), (vec![(-2, 2), (4, 1)], vec![1, 2, -1]));
    }

    #[test]
    fn a_header_is_what_was_written() {
        let check = |schema, first| assert_eq!(read_header(header_of(schema, first)), Some((schema, first)));
        check(SCHEMA_MIN, -140);
        check(SCHEMA_MAX, 300_000);
        check(0, -300_000);
        assert_eq!(read_header(0.0), None);
    }
}
