//! Windows of exponential buckets, as they lie among the numbers of a series: how native histograms and quantiles are counted.
//!
//! What such a bucket is, and how those of several resolutions come together, is the Rust library's (`flightdeck::Sketch`). A window
//! is a header and a fixed number of counters. It has the finest schema that holds everything it has seen: what is outside of
//! it moves the window, and when that is not enough, neighbours are added together, which halves the resolution. All of it
//! are numbers like those of other metrics, so that workers can share them; windows of several workers are brought together
//! at the coarsest of their schemas.

use std::sync::atomic::{AtomicU64, Ordering};

use flightdeck::Sketch;
use flightdeck::binding::index;
pub(crate) use flightdeck::binding::{SCHEMA_MAX, SCHEMA_MIN};

use crate::cells::add;

/// What is added to schemas and indexes so that a header is a whole positive number.
const SCHEMA_BASE: i64 = 16;
const INDEX_BASE: i64 = 1 << 32;
const INDEX_RANGE: i64 = 1 << 33;

/// Adds what is in a window of positive or of negative numbers; whether it has seen anything.
pub(crate) fn read(window: &[f64], negative: bool, into: &mut Sketch) -> bool {
    let Some((header, counters)) = window.split_first() else { return false };
    let Some((schema, first)) = read_header(*header) else { return false };
    for (at, count) in counters.iter().enumerate().filter(|(_, count)| **count > 0.0) {
        into.add_bucket(schema, first.wrapping_add(at as i32), *count as u64, negative);
    }
    true
}

/// Writes the positive numbers of a sketch into a window, coarsened until they fit.
fn write(mut sketch: Sketch, window: &mut [f64]) {
    let Some((header, counters)) = window.split_first_mut() else { return };
    let length = counters.len() as i32;
    let ends = |sketch: &Sketch| {
        let (low, high) = (sketch.positive().keys().next(), sketch.positive().keys().next_back());
        low.copied().zip(high.copied()).unwrap_or_default()
    };
    while ends(&sketch).1 - ends(&sketch).0 >= length && sketch.schema() > Some(SCHEMA_MIN) {
        sketch.halve();
    }
    let (low, high) = ends(&sketch);
    // What follows may be smaller or larger.
    let first = low - (length - (high - low + 1)) / 2;
    counters.fill(0.0);
    for (index, count) in sketch.positive() {
        if let Some(counter) = counters.get_mut((index - first) as usize) {
            *counter += *count as f64;
        }
    }
    *header = header_of(sketch.schema().unwrap_or(SCHEMA_MAX), first);
}

/// Brings two windows of one length together in the first.
pub(crate) fn merge(into: &mut [f64], other: &[f64]) {
    let mut sketch = Sketch::default();
    if !read(other, false, &mut sketch) {
        return;
    }
    if read(into, false, &mut sketch) {
        write(sketch, into);
    } else {
        into.copy_from_slice(other);
    }
}

/// Counts one positive number, as part of a change of all numbers of its series.
#[inline]
pub(crate) fn record(window: &[AtomicU64], value: f64, finest: i8) {
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
fn make_room(window: &[AtomicU64], value: f64, finest: i8) {
    let mut numbers: Vec<f64> =
        window.iter().map(|cell| f64::from_bits(cell.load(Ordering::Relaxed))).collect();
    let mut sketch = Sketch::default();
    read(&numbers, false, &mut sketch);
    let schema = sketch.schema().unwrap_or(finest);
    sketch.add_bucket(schema, index(value, schema), 1, false);
    write(sketch, &mut numbers);
    for (cell, number) in window.iter().zip(numbers) {
        cell.store(number.to_bits(), Ordering::Relaxed);
    }
}

/// Schema and the index of the first counter.
fn read_header(header: f64) -> Option<(i8, i32)> {
    let header = header as i64;
    let schema = i8::try_from(header / INDEX_RANGE - SCHEMA_BASE).ok()?;
    let first = i32::try_from(header % INDEX_RANGE - INDEX_BASE).ok()?;
    (SCHEMA_MIN..=SCHEMA_MAX).contains(&schema).then_some((schema, first))
}

fn header_of(schema: i8, first: i32) -> f64 {
    ((i64::from(schema) + SCHEMA_BASE) * INDEX_RANGE + i64::from(first) + INDEX_BASE) as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn window(values: &[f64], finest: i8) -> Vec<f64> {
        let cells: Vec<AtomicU64> = (0..161).map(|_| AtomicU64::new(0)).collect();
        values.iter().for_each(|value| record(&cells, *value, finest));
        cells.iter().map(|cell| f64::from_bits(cell.load(Ordering::Relaxed))).collect()
    }

    fn sketch(window: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        assert!(read(window, false, &mut sketch));
        sketch
    }

    #[test]
    fn a_window_holds_every_number_and_two_are_as_if_one_had_seen_all() {
        let check = |left: &[f64], right: &[f64]| {
            let (mut merged, other) = (window(left, SCHEMA_MAX), window(right, SCHEMA_MAX));
            merge(&mut merged, &other);
            let merged = sketch(&merged);
            let mut want = BTreeMap::<i32, u64>::new();
            for value in left.iter().chain(right) {
                *want.entry(index(*value, merged.schema().unwrap())).or_default() += 1;
            }
            assert_eq!(*merged.positive(), want);
        };
        check(&[1.0, 1.1, 1.2], &[1.05]);
        check(&[5e-324, 1.0, 1e-9], &[f64::MAX, 3.0, f64::INFINITY]);
        check(&[1e-6, 2e-6], &[]);
        check(&[], &[1e6, 7.0]);
    }

    #[test]
    fn quantiles_are_near() {
        let values: Vec<f64> = (1..=1_000).map(f64::from).collect();
        let sketch = sketch(&window(&values, 4));
        for (share, want) in [(0.5, 500.0), (0.99, 990.0)] {
            let got = sketch.quantile(share).unwrap();
            assert!((got / want - 1.0).abs() < 0.05, "{got} for {want}");
        }
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
