//! Quantiles of what was observed lately.
//!
//! The window of time is cut into slices. Each thread keeps a sketch per slice in a ring and clears the oldest as time
//! goes on, so that nothing has to tick and nobody keeps samples. Reading brings together the slices that lie in the
//! window, of all threads; sketches of several processes can be merged the same way. A quantile is within 1.1 % of an
//! observed value while those of a slice span less than a factor of 256, and within 2.2 % up to 65,536.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::bank::{Bank, Rows};
use super::cells::{read, write};
use super::exponential::{HEADER_CELLS, Sketch, record};
use super::metric::{Encode, Kind, Metric, SeriesView};
use super::refused;
use super::sync::{AtomicU64, Ordering};
use super::time::seconds;

/// Slices the window is cut into; one more is being filled.
const SLICES: u64 = 5;

const FINEST_SCHEMA: i8 = 5;
const COUNTERS: u32 = 256;

const SEQUENCE: usize = 0;
const SUM: usize = 1;
const COUNT: usize = 2;
/// Where the ring begins.
const RING: usize = 3;

/// Cells of a slice: which one it is (0 for none), zeros, and a window.
const SLICE_CELLS: usize = 2 + (HEADER_CELLS + COUNTERS) as usize;
const RING_SLICES: u64 = SLICES + 1;

/// Negative numbers have windows of their own, without the first two cells.
const NEGATIVE_CELLS: usize = (HEADER_CELLS + COUNTERS) as usize;

/// What the summaries of a family have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct SummarySettings {
    pub(crate) quantiles: Arc<[f64]>,
    pub(crate) window: Duration,
}

impl Default for SummarySettings {
    fn default() -> SummarySettings {
        SummarySettings { quantiles: Arc::from([0.5, 0.9, 0.95, 0.99]), window: Duration::from_secs(600) }
    }
}

/// Counts, adds up, and tells quantiles over a sliding window.
#[derive(Clone)]
pub struct Summary {
    core: Arc<Core>,
}

struct Core {
    slice_ms: u64,
    started: Instant,
    rows: Rows,
    negative: OnceLock<Rows>,
}

impl Summary {
    /// Takes one observation. What is no finite number is counted as refused.
    #[inline]
    pub fn observe(&self, value: f64) {
        self.core.observe(value, self.core.elapsed_ms());
    }

    /// Observes a duration, in seconds.
    #[inline]
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(seconds(duration));
    }

    /// What the window holds now: can be merged with those of others and asked for any quantile.
    pub fn sketch(&self) -> Sketch {
        self.core.snapshot(self.core.elapsed_ms()).2
    }
}

impl Core {
    fn elapsed_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Slices are numbered from 1, since 0 marks one that was never used.
    fn slice(&self, elapsed_ms: u64) -> u64 {
        elapsed_ms / self.slice_ms + 1
    }

    fn observe(&self, value: f64, elapsed_ms: u64) {
        if !value.is_finite() {
            return refused();
        }
        let number = self.slice(elapsed_ms);
        let place = (number % RING_SLICES) as usize;
        let negative = (value < 0.0).then(|| self.negative_rows());
        let (cells, writer) = self.rows.own();
        write(&cells[SEQUENCE], writer, || {
            cells[COUNT].store(cells[COUNT].load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            let sum = f64::from_bits(cells[SUM].load(Ordering::Relaxed)) + value;
            cells[SUM].store(sum.to_bits(), Ordering::Relaxed);
            let slice = slice_cells(cells, place);
            if slice[0].load(Ordering::Relaxed) != number {
                slice.iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
                if let Some(rows) = self.negative.get() {
                    let window = negative_cells(rows.own().0, place);
                    window.iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
                }
                slice[0].store(number, Ordering::Relaxed);
            }
            match negative {
                Some(rows) => record(negative_cells(rows.own().0, place), -value, FINEST_SCHEMA),
                None if value == 0.0 => {
                    slice[1].store(slice[1].load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                }
                None => record(&slice[2..], value, FINEST_SCHEMA),
            }
        });
    }

    fn negative_rows(&self) -> &Rows {
        let cells = NEGATIVE_CELLS as u32 * RING_SLICES as u32;
        self.negative.get_or_init(|| self.rows.bank().allocate(cells))
    }

    /// Count, sum, and what the window holds.
    fn snapshot(&self, elapsed_ms: u64) -> (u64, f64, Sketch) {
        let newest = self.slice(elapsed_ms);
        let oldest = newest.saturating_sub(SLICES).max(1);
        let (mut count, mut sum, mut total) = (0, 0.0, Sketch::default());
        for (column, cells) in self.rows.each_column() {
            let (column_count, column_sum, sketch) = read(&cells[SEQUENCE], || {
                let mut sketch = Sketch::default();
                for place in 0..RING_SLICES as usize {
                    let slice = slice_cells(cells, place);
                    if (oldest..=newest).contains(&slice[0].load(Ordering::Relaxed)) {
                        sketch.zero += slice[1].load(Ordering::Relaxed);
                        sketch.add_window(&slice[2..], false);
                        if let Some(cells) = self.negative.get().and_then(|rows| rows.in_column(column)) {
                            sketch.add_window(negative_cells(cells, place), true);
                        }
                    }
                }
                let sum = f64::from_bits(cells[SUM].load(Ordering::Relaxed));
                (cells[COUNT].load(Ordering::Relaxed), sum, sketch)
            });
            count += column_count;
            sum += column_sum;
            total.merge(&sketch);
        }
        (count, sum, total)
    }
}

fn slice_cells(cells: &[AtomicU64], place: usize) -> &[AtomicU64] {
    &cells[RING + place * SLICE_CELLS..][..SLICE_CELLS]
}

fn negative_cells(cells: &[AtomicU64], place: usize) -> &[AtomicU64] {
    &cells[place * NEGATIVE_CELLS..][..NEGATIVE_CELLS]
}

/// A summary at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct SummarySnapshot {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    /// Not a number where the window is empty.
    pub(crate) quantiles: Vec<(f64, f64)>,
}

impl Metric for Summary {
    type Settings = SummarySettings;

    fn new(bank: &Arc<Bank>, settings: &SummarySettings) -> Summary {
        let cells = RING as u64 + RING_SLICES * SLICE_CELLS as u64;
        let core = Core {
            slice_ms: (settings.window.as_millis() as u64 / SLICES).max(1),
            started: Instant::now(),
            rows: bank.allocate(cells as u32),
            negative: OnceLock::new(),
        };
        Summary { core: Arc::new(core) }
    }

    fn kind(_: &SummarySettings) -> Kind {
        Kind::Summary
    }

    fn encode(&self, settings: &SummarySettings, series: &SeriesView<'_>, out: &mut dyn Encode) {
        let (count, sum, sketch) = self.core.snapshot(self.core.elapsed_ms());
        let quantiles = settings.quantiles.iter();
        let quantiles = quantiles.map(|quantile| (*quantile, sketch.quantile(*quantile).unwrap_or(f64::NAN)));
        out.summary(series, &SummarySnapshot { count, sum, quantiles: quantiles.collect() });
    }

    fn is_held(&self) -> bool {
        Arc::strong_count(&self.core) > 1
    }

    fn activity(&self) -> u64 {
        self.core.rows.each().map(|cells| cells[COUNT].load(Ordering::Relaxed)).fold(0, u64::wrapping_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(window_ms: u64) -> Summary {
        let window = Duration::from_millis(window_ms);
        Summary::new(&Bank::new(), &SummarySettings { window, ..SummarySettings::default() })
    }

    fn check_near(got: Option<f64>, want: f64) {
        let got = got.unwrap();
        assert!((got / want - 1.0).abs() < 0.023, "{got} is not {want}");
    }

    #[test]
    fn quantiles_are_those_of_the_window() {
        let summary = summary(1_000);
        (1..=1_000).for_each(|value| summary.core.observe(f64::from(value), 10));
        let (count, sum, sketch) = summary.core.snapshot(20);
        assert_eq!((count, sum), (1_000, 500_500.0));
        check_near(sketch.quantile(0.5), 500.0);
        check_near(sketch.quantile(0.99), 990.0);
        // Half a window later both are there, a window and a half later only the new ones.
        (0..1_000).for_each(|_| summary.core.observe(5.0, 600));
        check_near(summary.core.snapshot(900).2.quantile(0.25), 5.0);
        check_near(summary.core.snapshot(900).2.quantile(0.75), 500.0);
        let later = summary.core.snapshot(1_500);
        assert_eq!((later.0, later.2.count()), (2_000, 1_000));
        assert_eq!(summary.core.snapshot(5_000).2.quantile(0.5), None);
    }

    #[test]
    fn a_slice_that_comes_round_again_starts_from_nothing() {
        let summary = summary(500);
        for round in 0..50 {
            summary.core.observe(-1.0, round * 100);
            summary.core.observe(0.0, round * 100);
            summary.core.observe(1.0, round * 100);
        }
        let sketch = summary.core.snapshot(49 * 100).2;
        assert_eq!(sketch.count(), 3 * RING_SLICES);
        check_near(sketch.quantile(0.1).map(|value| -value), 1.0);
        assert_eq!(sketch.quantile(0.5), Some(0.0));
    }

    #[test]
    fn summaries_of_two_processes_merge() {
        let (left, right) = (summary(1_000), summary(1_000));
        (0..100).for_each(|_| left.observe(1.0));
        (0..300).for_each(|_| right.observe(100.0));
        let mut merged = left.sketch();
        merged.merge(&right.sketch());
        check_near(merged.quantile(0.2), 1.0);
        check_near(merged.quantile(0.5), 100.0);
    }
}
