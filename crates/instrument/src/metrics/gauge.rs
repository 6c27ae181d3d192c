//! A number that goes up and down: `Gauge`, which can be set, and `Level`, which only moves by steps.

use std::sync::Arc;
use std::time::SystemTime;

use super::bank::{Bank, Rows};
use super::cells::{add, add_shared};
use super::metric::{Encode, Kind, Metric, SeriesView};
use super::sync::Ordering;
use super::time::unix_ms;

/// A number that can be set. It lies in one place for all threads, because what is set replaces what all have added.
#[derive(Clone)]
pub struct Gauge {
    rows: Arc<Rows>,
}

impl Gauge {
    /// Replaces the number.
    #[inline]
    pub fn set(&self, value: f64) {
        self.rows.shared()[0].store(value.to_bits(), Ordering::Relaxed);
    }

    /// Sets it to the seconds since 1970.
    pub fn set_to_current_time(&self) {
        self.set(unix_ms(SystemTime::now()) as f64 / 1_000.0);
    }

    /// Adds, or takes away what is negative.
    #[inline]
    pub fn add(&self, amount: f64) {
        add_shared(&self.rows.shared()[0], amount);
    }

    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        self.add(1.0);
    }

    /// Takes one away.
    #[inline]
    pub fn dec(&self) {
        self.add(-1.0);
    }

    /// The number.
    pub fn get(&self) -> f64 {
        f64::from_bits(self.rows.shared()[0].load(Ordering::Relaxed))
    }
}

impl Metric for Gauge {
    type Settings = ();

    fn new(bank: &Arc<Bank>, (): &()) -> Gauge {
        Gauge { rows: Arc::new(bank.allocate(1)) }
    }

    fn kind(_: &()) -> Kind {
        Kind::Gauge
    }

    fn encode(&self, (): &(), series: &SeriesView<'_>, out: &mut dyn Encode) {
        out.gauge(series, self.get());
    }

    fn is_held(&self) -> bool {
        Arc::strong_count(&self.rows) > 1
    }

    fn activity(&self) -> u64 {
        self.get().to_bits()
    }
}

/// A gauge that only moves by steps: requests in flight, connections open, jobs queued. It cannot be set, and in return
/// threads do not meet.
#[derive(Clone)]
pub struct Level {
    rows: Arc<Rows>,
}

impl Level {
    /// One more.
    #[inline]
    pub fn inc(&self) {
        self.add(1.0);
    }

    /// One less.
    #[inline]
    pub fn dec(&self) {
        self.add(-1.0);
    }

    /// `steps` more, or less when it is negative.
    #[inline]
    pub fn add(&self, steps: f64) {
        let (cells, writer) = self.rows.own();
        add(&cells[0], steps, writer);
    }

    /// One more until the guard is dropped, however that comes about.
    pub fn track(&self) -> Tracked {
        self.inc();
        Tracked { level: self.clone() }
    }

    /// How many there are.
    pub fn get(&self) -> f64 {
        self.rows.sum()
    }
}

impl Metric for Level {
    type Settings = ();

    fn new(bank: &Arc<Bank>, (): &()) -> Level {
        Level { rows: Arc::new(bank.allocate(1)) }
    }

    fn kind(_: &()) -> Kind {
        Kind::Gauge
    }

    fn encode(&self, (): &(), series: &SeriesView<'_>, out: &mut dyn Encode) {
        out.gauge(series, self.get());
    }

    fn is_held(&self) -> bool {
        Arc::strong_count(&self.rows) > 1
    }

    fn activity(&self) -> u64 {
        self.get().to_bits()
    }
}

/// Takes one away from its level when dropped.
pub struct Tracked {
    level: Level,
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.level.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_can_be_set_by_one_and_moved_by_others() {
        let gauge = Gauge::new(&Bank::new(), &());
        gauge.set(0.3);
        assert_eq!(gauge.get(), 0.3);
        gauge.set(10.0);
        std::thread::scope(|scope| {
            scope.spawn(|| (0..1_000).for_each(|_| gauge.inc()));
            scope.spawn(|| (0..1_000).for_each(|_| gauge.dec()));
        });
        assert_eq!(gauge.get(), 10.0);
    }

    #[test]
    fn a_level_returns_to_zero_whichever_thread_ends_what_another_began() {
        let level = Level::new(&Bank::new(), &());
        let tracked: Vec<Tracked> = (0..100).map(|_| level.track()).collect();
        assert_eq!(level.get(), 100.0);
        std::thread::spawn(move || drop(tracked)).join().unwrap();
        assert_eq!(level.get(), 0.0);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _tracked = level.track();
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        assert_eq!(level.get(), 0.0);
    }
}
