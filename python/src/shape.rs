//! What the numbers of a series are: sum and counts, and for some kinds windows of exponential buckets behind them.
//!
//! | | numbers |
//! |---|---|
//! | counter, gauge | the number |
//! | summary | sum, count; with quantiles, slices of time in a ring: which one it is, zeros, window, window of negative numbers |
//! | histogram | sum, observations of each bucket; if it is native, zeros, window, window of negative numbers |

use std::sync::atomic::Ordering::Relaxed;
use std::time::{SystemTime, UNIX_EPOCH};

use flightdeck::Sketch;
use flightdeck::binding::parts::{NativeBuckets, Runs};

use crate::buckets;
use crate::cells::{Cells, FIRST, add};

/// Counters of a native histogram's window.
const NATIVE_COUNTERS: usize = 160;
/// Numbers of a native histogram behind its buckets.
const NATIVE_NUMBERS: usize = 1 + 2 * (1 + NATIVE_COUNTERS);
/// What is at most this far from zero is zero: the threshold that Prometheus has.
const ZERO_THRESHOLD: f64 = 2.938735877055719e-39;

/// Slices the window of a summary is cut into; one more is being filled.
const SLICES: u64 = 5;
const RING_SLICES: usize = SLICES as usize + 1;
const SLICE_COUNTERS: usize = 160;
const SLICE_NUMBERS: usize = 2 + 2 * (1 + SLICE_COUNTERS);
/// Where a slice's windows begin.
const SLICE_POSITIVE: usize = 2;
const SLICE_NEGATIVE: usize = 3 + SLICE_COUNTERS;
/// Neighbouring buckets differ by 2.2 %.
const SLICE_SCHEMA: i8 = 5;

/// What all series of a metric have alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shape {
    /// The upper bounds of a histogram's buckets, the last one infinite; empty for others.
    pub(crate) bounds: Vec<f64>,
    /// The finest schema of a native histogram.
    pub(crate) native_schema: Option<i8>,
    /// Of a summary, and over how long.
    pub(crate) quantiles: Vec<f64>,
    pub(crate) window_seconds: f64,
}

impl Shape {
    /// How many numbers a series has, of which so many are no windows.
    pub(crate) fn numbers(&self, plain: usize) -> usize {
        let ring = if self.quantiles.is_empty() { 0 } else { RING_SLICES * SLICE_NUMBERS };
        plain + self.native_schema.map_or(0, |_| NATIVE_NUMBERS) + ring
    }

    /// Counts an observation of a histogram in a bucket.
    #[inline]
    pub(crate) fn observe(&self, cells: &Cells, bucket: usize, amount: f64) {
        let at = FIRST + 1 + bucket;
        let Some(schema) = self.native_schema else { return cells.observe(at, amount) };
        let native = FIRST + 1 + self.bounds.len();
        cells.change(|cells| {
            add(&cells[FIRST], amount);
            add(&cells[at], 1.0);
            if amount.abs() <= ZERO_THRESHOLD {
                add(&cells[native], 1.0);
            } else {
                let window = native + 1 + if amount < 0.0 { 1 + NATIVE_COUNTERS } else { 0 };
                buckets::record(&cells[window..][..1 + NATIVE_COUNTERS], amount.abs(), schema);
            }
        });
    }

    /// Counts an observation of a summary.
    #[inline]
    pub(crate) fn sum_up(&self, cells: &Cells, amount: f64) {
        if self.quantiles.is_empty() {
            return cells.observe(FIRST + 1, amount);
        }
        let now = self.slice_now();
        let place = FIRST + 2 + (now % RING_SLICES as u64) as usize * SLICE_NUMBERS;
        cells.change(|cells| {
            add(&cells[FIRST], amount);
            add(&cells[FIRST + 1], 1.0);
            let slice = &cells[place..][..SLICE_NUMBERS];
            if f64::from_bits(slice[0].load(Relaxed)) != now as f64 {
                slice.iter().for_each(|cell| cell.store(0, Relaxed));
                slice[0].store((now as f64).to_bits(), Relaxed);
            }
            if amount == 0.0 {
                add(&slice[1], 1.0);
            } else {
                let window = if amount < 0.0 { SLICE_NEGATIVE } else { SLICE_POSITIVE };
                buckets::record(&slice[window..][..1 + SLICE_COUNTERS], amount.abs(), SLICE_SCHEMA);
            }
        });
    }

    /// Which slice of time it is. All workers have the same, so their slices can be added up.
    fn slice_now(&self) -> u64 {
        let slice_ms = (self.window_seconds * 1e3 / SLICES as f64).max(1.0) as u64;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_millis() as u64 / slice_ms
    }

    /// Makes what is exposed of a summary's numbers: sum, count, and the values of its quantiles.
    pub(crate) fn expose(&self, numbers: &mut Vec<f64>) {
        if self.quantiles.is_empty() {
            return;
        }
        let newest = self.slice_now();
        let mut sketch = Sketch::default();
        for slice in numbers[2..].chunks(SLICE_NUMBERS) {
            if !(newest.saturating_sub(SLICES) as f64..=newest as f64).contains(&slice[0]) {
                continue;
            }
            sketch.add_zeros(slice[1] as u64);
            for (window, is_negative) in [(SLICE_POSITIVE, false), (SLICE_NEGATIVE, true)] {
                buckets::read(&slice[window..][..1 + SLICE_COUNTERS], is_negative, &mut sketch);
            }
        }
        numbers.truncate(2);
        numbers.extend(self.quantiles.iter().map(|share| sketch.quantile(*share).unwrap_or(f64::NAN)));
    }

    /// Adds a worker's numbers to those of others.
    pub(crate) fn combine(&self, into: &mut [f64], numbers: &[f64]) {
        let windows = self.numbers(0);
        let plain = into.len() - windows;
        for (sum, number) in into[..plain].iter_mut().zip(numbers) {
            *sum += number;
        }
        let (into, numbers) = (&mut into[plain..], &numbers[plain..]);
        if self.native_schema.is_some() {
            into[0] += numbers[0];
            for window in [1, 2 + NATIVE_COUNTERS] {
                let window = window..window + 1 + NATIVE_COUNTERS;
                buckets::merge(&mut into[window.clone()], &numbers[window]);
            }
            return;
        }
        for (into, slice) in into.chunks_mut(SLICE_NUMBERS).zip(numbers.chunks(SLICE_NUMBERS)) {
            // An older slice in the same place is over.
            if slice[0] > into[0] {
                into.copy_from_slice(slice);
            } else if slice[0] == into[0] {
                into[1] += slice[1];
                for window in [SLICE_POSITIVE, SLICE_NEGATIVE] {
                    let window = window..window + 1 + SLICE_COUNTERS;
                    buckets::merge(&mut into[window.clone()], &slice[window]);
                }
            }
        }
    }

    /// What a native histogram has in its windows; `None` for others.
    pub(crate) fn native(&self, numbers: &[f64]) -> Option<NativeBuckets> {
        let finest = self.native_schema?;
        let windows = numbers.get(1 + self.bounds.len()..)?;
        let mut sketch = Sketch::default();
        for (from, is_negative) in [(1, false), (2 + NATIVE_COUNTERS, true)] {
            buckets::read(windows.get(from..from + 1 + NATIVE_COUNTERS)?, is_negative, &mut sketch);
        }
        Some(NativeBuckets {
            schema: i64::from(sketch.schema().unwrap_or(finest)),
            zero_threshold: ZERO_THRESHOLD,
            zeros: *windows.first()? as u64,
            positive: Runs::of(sketch.positive()),
            negative: Runs::of(sketch.negative()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(cells: &Cells) -> Vec<f64> {
        let mut numbers = Vec::new();
        cells.read(&mut numbers);
        numbers
    }

    #[test]
    fn a_native_histogram_counts_every_observation_once() {
        let shape = Shape { bounds: vec![1.0, f64::INFINITY], native_schema: Some(3), ..Shape::default() };
        let cells = Cells::new(shape.numbers(3));
        for amount in [0.0, 0.5, 0.5, 2.0, -2.0, f64::INFINITY] {
            shape.observe(&cells, usize::from(amount > 1.0), amount);
        }
        let mut all = numbers(&cells);
        shape.combine(&mut all, &numbers(&cells));
        let native = shape.native(&all).unwrap();
        let count = |runs: &Runs| {
            let mut last = 0;
            runs.deltas
                .iter()
                .map(|delta| {
                    last += delta;
                    last
                })
                .sum::<i64>()
        };
        assert_eq!((native.zeros, count(&native.positive), count(&native.negative)), (2, 8, 2));
        assert_eq!(all[1] + all[2], 12.0);
    }

    #[test]
    fn quantiles_forget_what_is_older_than_the_window() {
        let shape = Shape { quantiles: vec![0.5], window_seconds: 0.2, ..Shape::default() };
        let cells = Cells::new(shape.numbers(2));
        (0..100).for_each(|_| shape.sum_up(&cells, 100.0));
        let exposed = |cells: &Cells| {
            let mut all = numbers(cells);
            shape.combine(&mut all, &numbers(&Cells::new(shape.numbers(2))));
            shape.expose(&mut all);
            all
        };
        let first = exposed(&cells);
        assert!((first[2] / 100.0 - 1.0).abs() < 0.03, "{first:?}");
        std::thread::sleep(std::time::Duration::from_millis(450));
        assert!(exposed(&cells)[2].is_nan());
        shape.sum_up(&cells, -3.0);
        let last = exposed(&cells);
        assert!((last[2] / -3.0 - 1.0).abs() < 0.03 && last[..2] == [9_997.0, 101.0], "{last:?}");
    }
}
