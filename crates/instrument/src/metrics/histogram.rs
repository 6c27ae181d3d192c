//! Observations in buckets: with bounds of the caller's choice, exponential ("native"), or both at once.
//!
//! A thread's cells: a sequence, the sum, a counter for each bound and one beyond, and for native ones the count of
//! zeros and a window. The count is not kept: it is the sum of the buckets, so that the two cannot disagree.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::bank::{Bank, Rows};
use super::cells::{read, write};
use super::exemplar::{Exemplar, Slot, SpanReference, current_span};
use super::exponential::{HEADER_CELLS, SCHEMA_MAX, SCHEMA_MIN, Sketch, record};
use super::metric::{Encode, Kind, Metric, SeriesView};
use super::refused;
use super::sync::{AtomicU64, Ordering};
use super::time::seconds;

/// Bounds that suit the latency of requests, in seconds: those that OpenTelemetry's conventions advise.
pub const LATENCY_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Bounds that suit the sizes of bodies, in bytes: 64 B to 64 MiB, each four times the last.
pub const SIZE_BUCKETS: [f64; 11] = [
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// So many bounds, each `factor` times the one before: `exponential_buckets(1.0, 2.0, 3)` is 1, 2, 4.
pub fn exponential_buckets(start: f64, factor: f64, count: usize) -> Vec<f64> {
    std::iter::successors(Some(start), |bound| Some(bound * factor)).take(count).collect()
}

/// So many bounds, each `width` above the one before: `linear_buckets(1.0, 2.0, 3)` is 1, 3, 5.
pub fn linear_buckets(start: f64, width: f64, count: usize) -> Vec<f64> {
    (0..count).map(|number| start + width * number as f64).collect()
}

/// Up to so many bounds are compared one after the other; beyond, halving is faster.
const SCANNED_BOUNDS_MAX: usize = 32;

const SEQUENCE: usize = 0;
const SUM: usize = 1;
const CLASSIC: usize = 2;

/// What native histograms of a family have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Native {
    /// The resolution to begin with, 8 (finest) to -4: 2^schema buckets between a number and its double.
    pub schema: i8,
    /// How many buckets each sign may have; beyond that the resolution is halved.
    pub buckets_max: u32,
    /// Numbers this near to zero are zero.
    pub zero_threshold: f64,
}

impl Default for Native {
    /// Within 2.2 % of the truth, coarser once observations span more than a factor of 32.
    fn default() -> Native {
        // The threshold is 2^-128.
        Native { schema: 5, buckets_max: 160, zero_threshold: 2.938_735_877_055_719e-39 }
    }
}

/// What the histograms of a family have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSettings {
    /// Sorted, finite, without `+Inf`.
    pub(crate) bounds: Arc<[f64]>,
    pub(crate) native: Option<Native>,
}

impl Default for HistogramSettings {
    fn default() -> HistogramSettings {
        HistogramSettings { bounds: Arc::from(LATENCY_BUCKETS), native: None }
    }
}

impl HistogramSettings {
    /// Sorts bounds and leaves out what is twice, `+Inf`, or no number.
    pub(crate) fn set_bounds(&mut self, bounds: &[f64]) {
        let mut bounds: Vec<f64> = bounds.iter().copied().filter(|bound| bound.is_finite()).collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        self.bounds = bounds.into();
    }

    pub(crate) fn set_native(&mut self, native: Native) {
        self.native = Some(Native {
            schema: native.schema.clamp(SCHEMA_MIN, SCHEMA_MAX),
            // Below 130 the coarsest schema could not hold every number there is.
            buckets_max: native.buckets_max.clamp(130, 4_096),
            zero_threshold: native.zero_threshold.max(0.0),
        });
    }

    fn cells(&self) -> u32 {
        let classic = self.bounds.len() as u32 + 1;
        let native = self.native.map_or(0, |native| 1 + HEADER_CELLS + native.buckets_max);
        CLASSIC as u32 + classic + native
    }

    fn zero(&self) -> usize {
        CLASSIC + self.bounds.len() + 1
    }
}

/// Counts observations in buckets and adds them up.
#[derive(Clone)]
pub struct Histogram {
    core: Arc<Core>,
}

struct Core {
    settings: HistogramSettings,
    rows: Rows,
    /// The window of negative numbers: few histograms ever see one.
    negative: OnceLock<Rows>,
    /// One for each bucket.
    exemplars: OnceLock<Box<[Slot]>>,
}

impl Histogram {
    /// Counts one observation. What is no number is counted as refused.
    #[inline]
    pub fn observe(&self, value: f64) {
        if let Some(bucket) = self.count(value)
            && let Some(span) = current_span()
        {
            self.core.offer(bucket, span, value);
        }
    }

    /// Counts one observation and keeps it as the exemplar of its bucket, with labels of the caller's choice.
    pub fn observe_with_exemplar(&self, value: f64, labels: &[(&str, &str)]) {
        if let Some(bucket) = self.count(value)
            && !self.core.slots()[bucket].put_labels(labels, value)
        {
            refused();
        }
    }

    /// Observes a duration, in seconds.
    #[inline]
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(seconds(duration));
    }

    /// Observes the time until the timer is dropped.
    pub fn start_timer(&self) -> Timer {
        Timer { histogram: Some(self.clone()), started: Instant::now() }
    }

    /// Calls `work` and observes how long it took.
    pub fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let _timer = self.start_timer();
        work()
    }

    /// Awaits `work` and observes how long that took, or how long until it was given up.
    pub async fn time_async<T>(&self, work: impl Future<Output = T>) -> T {
        let _timer = self.start_timer();
        work.await
    }

    /// How many observations there were, and their sum.
    pub fn totals(&self) -> (u64, f64) {
        let snapshot = self.snapshot();
        (snapshot.count, snapshot.sum)
    }

    /// Counts and says in which bucket.
    #[inline]
    fn count(&self, value: f64) -> Option<usize> {
        if value.is_nan() {
            refused();
            return None;
        }
        let core = &*self.core;
        let bucket = bucket(&core.settings.bounds, value);
        let (cells, writer) = core.rows.own();
        write(&cells[SEQUENCE], writer, || {
            let counter = &cells[CLASSIC + bucket];
            counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            let sum = f64::from_bits(cells[SUM].load(Ordering::Relaxed)) + value;
            cells[SUM].store(sum.to_bits(), Ordering::Relaxed);
            if let Some(native) = &core.settings.native {
                core.count_native(cells, native, value);
            }
        });
        Some(bucket)
    }

    pub(crate) fn snapshot(&self) -> HistogramSnapshot {
        self.core.snapshot()
    }
}

/// The first bucket whose bound is not below `value`.
#[inline]
fn bucket(bounds: &[f64], value: f64) -> usize {
    if bounds.len() <= SCANNED_BOUNDS_MAX {
        bounds.iter().map(|bound| usize::from(*bound < value)).sum()
    } else {
        bounds.partition_point(|bound| *bound < value)
    }
}

impl Core {
    /// Runs between the two halves of a change, so nobody else writes to these cells.
    fn count_native(&self, cells: &[AtomicU64], native: &Native, value: f64) {
        let zero = self.settings.zero();
        if value.abs() <= native.zero_threshold {
            cells[zero].store(cells[zero].load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        } else if value > 0.0 {
            record(&cells[zero + 1..], value, native.schema);
        } else {
            let cells = HEADER_CELLS + native.buckets_max;
            let rows = self.negative.get_or_init(|| self.rows.bank().allocate(cells));
            record(rows.own().0, -value, native.schema);
        }
    }

    fn snapshot(&self) -> HistogramSnapshot {
        let buckets = self.settings.bounds.len() + 1;
        let mut total = HistogramSnapshot::empty(&self.settings);
        let mut counts = vec![0; buckets];
        for (column, cells) in self.rows.each_column() {
            let (sum, sketch) = read(&cells[SEQUENCE], || {
                for (count, cell) in counts.iter_mut().zip(&cells[CLASSIC..]) {
                    *count = cell.load(Ordering::Relaxed);
                }
                let sum = f64::from_bits(cells[SUM].load(Ordering::Relaxed));
                (sum, self.settings.native.map(|_| self.sketch(column, cells)))
            });
            total.sum += sum;
            total.buckets.iter_mut().zip(&counts).for_each(|(total, count)| *total += count);
            if let (Some((_, total)), Some(sketch)) = (&mut total.native, sketch) {
                total.merge(&sketch);
            }
        }
        total.count = total.buckets.iter().sum();
        if let Some(slots) = self.exemplars.get() {
            total.exemplars = slots.iter().map(Slot::get).collect();
        }
        total
    }

    fn sketch(&self, column: usize, cells: &[AtomicU64]) -> Sketch {
        let zero = self.settings.zero();
        let mut sketch = Sketch { zero: cells[zero].load(Ordering::Relaxed), ..Sketch::default() };
        sketch.add_window(&cells[zero + 1..], false);
        if let Some(window) = self.negative.get().and_then(|rows| rows.in_column(column)) {
            sketch.add_window(window, true);
        }
        sketch
    }

    fn slots(&self) -> &[Slot] {
        let buckets = self.settings.bounds.len() + 1;
        self.exemplars.get_or_init(|| (0..buckets).map(|_| Slot::default()).collect())
    }

    #[cold]
    fn offer(&self, bucket: usize, span: SpanReference, value: f64) {
        self.slots()[bucket].offer(span, value);
    }
}

/// A histogram at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSnapshot {
    pub(crate) bounds: Arc<[f64]>,
    /// One more than bounds; each counts only its own.
    pub(crate) buckets: Vec<u64>,
    pub(crate) sum: f64,
    pub(crate) count: u64,
    pub(crate) native: Option<(Native, Sketch)>,
    /// By bucket; empty when there are none.
    pub(crate) exemplars: Vec<Option<Exemplar>>,
}

impl HistogramSnapshot {
    fn empty(settings: &HistogramSettings) -> HistogramSnapshot {
        HistogramSnapshot {
            bounds: settings.bounds.clone(),
            buckets: vec![0; settings.bounds.len() + 1],
            sum: 0.0,
            count: 0,
            native: settings.native.map(|native| (native, Sketch::default())),
            exemplars: Vec::new(),
        }
    }
}

impl Metric for Histogram {
    type Settings = HistogramSettings;

    fn new(bank: &Arc<Bank>, settings: &HistogramSettings) -> Histogram {
        let core = Core {
            settings: settings.clone(),
            rows: bank.allocate(settings.cells()),
            negative: OnceLock::new(),
            exemplars: OnceLock::new(),
        };
        Histogram { core: Arc::new(core) }
    }

    fn kind(_: &HistogramSettings) -> Kind {
        Kind::Histogram
    }

    fn encode(&self, _: &HistogramSettings, series: &SeriesView<'_>, out: &mut dyn Encode) {
        out.histogram(series, &self.snapshot());
    }

    fn is_held(&self) -> bool {
        Arc::strong_count(&self.core) > 1
    }

    fn activity(&self) -> u64 {
        self.core.rows.each().map(|cells| cells[SEQUENCE].load(Ordering::Relaxed)).fold(0, u64::wrapping_add)
    }
}

/// Observes the time since it was started, when it is dropped.
pub struct Timer {
    /// Taken once it has observed.
    histogram: Option<Histogram>,
    started: Instant,
}

impl Timer {
    /// Observes now, and says what.
    pub fn stop(mut self) -> Duration {
        self.observe()
    }

    fn observe(&mut self) -> Duration {
        let elapsed = self.started.elapsed();
        if let Some(histogram) = self.histogram.take() {
            histogram.observe_duration(elapsed);
        }
        elapsed
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.observe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(bounds: &[f64], native: Option<Native>) -> Histogram {
        let mut settings = HistogramSettings { bounds: Arc::default(), native: None };
        settings.set_bounds(bounds);
        native.into_iter().for_each(|native| settings.set_native(native));
        Histogram::new(&Bank::new(), &settings)
    }

    fn check(bounds: &[f64], values: &[f64], want: &[u64]) {
        let histogram = histogram(bounds, None);
        values.iter().for_each(|value| histogram.observe(*value));
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot.buckets, want, "{bounds:?} {values:?}");
        assert_eq!(snapshot.count, want.iter().sum::<u64>());
    }

    #[test]
    fn bounds_that_follow_a_rule() {
        assert_eq!(exponential_buckets(1.0, 2.0, 3), [1.0, 2.0, 4.0]);
        assert_eq!(linear_buckets(1.0, 2.0, 3), [1.0, 3.0, 5.0]);
        assert!(exponential_buckets(1.0, 2.0, 0).is_empty());
    }

    #[test]
    fn observations_fall_into_the_bucket_whose_bound_they_do_not_exceed() {
        check(&[], &[1.0, -1.0], &[2]);
        check(&[1.0, 2.0], &[0.5, 1.0, 1.5, 2.0, 2.5, f64::INFINITY], &[2, 2, 2]);
        check(&[2.0, 1.0, f64::INFINITY, 1.0, f64::NAN], &[1.5], &[0, 1, 0]);
        check(&[1.0], &[f64::NAN], &[0, 0]);
        let many: Vec<f64> = (0..100).map(f64::from).collect();
        let mut want = vec![0; 101];
        want[50] = 1;
        check(&many, &[49.5], &want);
    }

    #[test]
    fn native_buckets_count_both_signs_and_zero() {
        let histogram = histogram(&[1.0], Some(Native::default()));
        [1.0, 2.0, 2.0, -4.0, 0.0].into_iter().for_each(|value| histogram.observe(value));
        let (_, sketch) = histogram.snapshot().native.unwrap();
        assert_eq!((sketch.zero, sketch.positive.len(), sketch.negative.len()), (1, 2, 1));
        assert_eq!(sketch.positive[&32], 2);
        assert_eq!(sketch.negative[&64], 1);
        assert_eq!(histogram.totals(), (5, 1.0));
    }

    #[test]
    fn a_snapshot_under_fire_has_the_sum_of_its_buckets() {
        let histogram = histogram(&[1.5, 2.5], Some(Native::default()));
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..100_000 {
                            [1.0, 2.0, 3.0].into_iter().for_each(|value| histogram.observe(value));
                        }
                    })
                })
                .collect();
            let reader = scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let snapshot = histogram.snapshot();
                    let weights = [1.0, 2.0, 3.0];
                    let sum: f64 = snapshot
                        .buckets
                        .iter()
                        .zip(weights)
                        .map(|(count, weight)| *count as f64 * weight)
                        .sum();
                    assert_eq!(snapshot.sum, sum);
                    assert_eq!(snapshot.native.unwrap().1.count(), snapshot.count);
                }
            });
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            done.store(true, Ordering::Relaxed);
            reader.join().unwrap();
        });
        assert_eq!(histogram.totals(), (600_000, 1_200_000.0));
    }

    #[test]
    fn a_timer_observes_once() {
        let histogram = histogram(&[1.0], None);
        drop(histogram.start_timer());
        histogram.start_timer().stop();
        assert_eq!(histogram.time(|| 7), 7);
        assert_eq!(histogram.totals().0, 3);
    }
}
