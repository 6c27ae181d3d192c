//! What a query has used so far, against what it may use, and when it has to stop.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use model::sorting::sort_while;

use crate::engine::{Limits, QueryOptions, Stop};
use crate::error::QueryError;
use crate::eval::row::{Row, merge_equal};

/// How many series are gone through between two looks at whether to stop.
const CHECK_SERIES: usize = 256;

/// How many bytes and samples are taken before all threads are told of them.
const UNTOLD_BYTES_MAX: u64 = 32 << 10;
const UNTOLD_SAMPLES_MAX: u64 = 1_024;

/// What a row takes besides its values.
const ROW_BYTES: usize = 64;

/// How many series a small query selects at most.
const SMALL_SERIES_MAX: u64 = 1_024;

/// Counts what a query uses and says when it is too much.
pub(crate) struct Meter<'a> {
    limits: Limits,
    only_small: bool,
    should_stop: &'a (dyn Fn() -> Option<Stop> + Sync),
    clock: Option<&'a (dyn Fn() -> u64 + Sync)>,
    gauge: Arc<Gauge>,
    /// Series selected from the store.
    series: AtomicU64,
    nodes: Vec<NodeMeter>,
}

/// What one node of the plan used.
#[derive(Debug, Default)]
pub(crate) struct NodeMeter {
    pub(crate) evaluations: AtomicU64,
    pub(crate) series: AtomicU64,
    pub(crate) samples: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) nanos: AtomicU64,
}

/// What is held in memory.
#[derive(Debug, Default)]
struct Gauge {
    samples: AtomicU64,
    samples_peak: AtomicU64,
    bytes: AtomicU64,
    bytes_peak: AtomicU64,
}

/// Memory in use, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    gauge: Arc<Gauge>,
    told: Amount,
    /// What came since, too little to tell yet.
    untold: Amount,
}

/// So much memory.
#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    samples: u64,
    bytes: u64,
}

/// Rows together with the memory they take.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    pub(crate) hold: Hold,
    /// Whether it is known that no two have the same labels.
    pub(crate) are_distinct: bool,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(options: &'a QueryOptions<'_>, nodes: usize) -> Meter<'a> {
        Meter {
            limits: options.limits,
            only_small: options.only_small,
            should_stop: options.should_stop,
            clock: options.clock,
            gauge: Arc::default(),
            series: AtomicU64::new(0),
            nodes: std::iter::repeat_with(NodeMeter::default).take(nodes).collect(),
        }
    }

    /// An error once the caller wants the query to stop.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        match (self.should_stop)() {
            None => Ok(()),
            Some(Stop::Cancelled) => Err(QueryError::Cancelled),
            Some(Stop::TimedOut) => Err(QueryError::TimedOut),
        }
    }

    /// The time, where the caller has a clock.
    pub(crate) fn now(&self) -> u64 {
        self.clock.map_or(0, |clock| clock())
    }

    /// The meter of one node.
    pub(crate) fn node(&self, id: usize) -> &NodeMeter {
        &self.nodes[id]
    }

    /// Counts series that were selected.
    pub(crate) fn select(&self, id: usize, series: usize) -> Result<(), QueryError> {
        self.node(id).series.fetch_add(series as u64, Relaxed);
        let total = self.series.fetch_add(series as u64, Relaxed) + series as u64;
        if total > self.limits.series_max {
            return Err(QueryError::Limit {
                message: "query would select too many series",
                bound: "series_max",
                limit: self.limits.series_max,
            });
        }
        if total > SMALL_SERIES_MAX { self.check_large() } else { Ok(()) }
    }

    /// An error where the query was to be evaluated only if it is small, which it is not.
    pub(crate) fn check_large(&self) -> Result<(), QueryError> {
        if self.only_small { Err(QueryError::Large) } else { Ok(()) }
    }

    /// An error at every so many series once the caller wants the query to stop.
    pub(crate) fn check_at(&self, index: usize) -> Result<(), QueryError> {
        if index.is_multiple_of(CHECK_SERIES) { self.check() } else { Ok(()) }
    }

    /// Sorts, equal items staying in their order, for as long as the caller wants the query to go on.
    pub(crate) fn sort<T>(
        &self,
        items: &mut Vec<T>,
        compare: impl Fn(&T, &T) -> Ordering,
    ) -> Result<(), QueryError> {
        // Most answers come in order, as the store selects.
        if items.is_sorted_by(|left, right| compare(left, right).is_le()) {
            return self.check();
        }
        let mut order: Vec<u32> = (0..items.len() as u32).collect();
        let by_item = |&left: &u32, &right: &u32| compare(&items[left as usize], &items[right as usize]);
        if !sort_while(&mut order, by_item, || self.check().is_ok()) {
            return Err(self.check().err().unwrap_or(QueryError::Cancelled));
        }
        let mut places: Vec<Option<T>> = items.drain(..).map(Some).collect();
        items.extend(order.iter().filter_map(|&place| places[place as usize].take()));
        Ok(())
    }

    /// Counts samples that were read.
    pub(crate) fn read(&self, id: usize, samples: usize) {
        self.node(id).samples.fetch_add(samples as u64, Relaxed);
    }

    /// No memory yet, to grow.
    pub(crate) fn nothing(&self) -> Hold {
        Hold { gauge: self.gauge.clone(), told: Amount::default(), untold: Amount::default() }
    }

    /// Takes memory for samples, or says that it would be too much.
    pub(crate) fn hold(&self, samples: usize, bytes: usize) -> Result<Hold, QueryError> {
        let mut hold = self.nothing();
        self.resize(&mut hold, samples, bytes)?;
        Ok(hold)
    }

    /// Adds to memory already taken.
    pub(crate) fn grow(&self, hold: &mut Hold, samples: usize, bytes: usize) -> Result<(), QueryError> {
        hold.untold.samples += samples as u64;
        hold.untold.bytes += bytes as u64;
        if hold.untold.bytes < UNTOLD_BYTES_MAX && hold.untold.samples < UNTOLD_SAMPLES_MAX {
            return Ok(());
        }
        self.tell(hold)
    }

    /// Adds what one row takes.
    pub(crate) fn grow_by_row(&self, hold: &mut Hold, row: &Row) -> Result<(), QueryError> {
        self.grow(hold, row.points.len(), row.points.memory_bytes() + ROW_BYTES)
    }

    /// Takes so much instead of what was taken.
    pub(crate) fn resize(&self, hold: &mut Hold, samples: usize, bytes: usize) -> Result<(), QueryError> {
        let whole = Amount { samples: samples as u64, bytes: bytes as u64 };
        hold.untold = Amount {
            samples: whole.samples.saturating_sub(hold.told.samples),
            bytes: whole.bytes.saturating_sub(hold.told.bytes),
        };
        let rest = Amount {
            samples: hold.told.samples.saturating_sub(whole.samples),
            bytes: hold.told.bytes.saturating_sub(whole.bytes),
        };
        hold.give_back(rest);
        self.tell(hold)
    }

    /// Rows with the memory they take; `hold` is what was taken for them, or for what they were made of, until now.
    pub(crate) fn rows(&self, id: usize, rows: Vec<Row>, hold: Hold) -> Result<Rows, QueryError> {
        let mut rows = Rows { rows, hold, are_distinct: false };
        let samples = rows.rows.iter().map(|row| row.points.len()).sum();
        let bytes = rows.rows.iter().map(|row| row.points.memory_bytes() + ROW_BYTES).sum();
        self.resize(&mut rows.hold, samples, bytes)?;
        self.note_bytes(id, &rows);
        Ok(rows)
    }

    /// The same where several may have the same labels: these become one.
    pub(crate) fn merged(&self, id: usize, rows: Vec<Row>, hold: Hold) -> Result<Rows, QueryError> {
        Ok(Rows { are_distinct: true, ..self.rows(id, merge_equal(rows, self)?, hold)? })
    }

    /// Rows of one's own: where others have them too, a copy.
    pub(crate) fn own(&self, rows: Arc<Rows>) -> Result<Rows, QueryError> {
        match Arc::try_unwrap(rows) {
            Ok(rows) => Ok(rows),
            Err(shared) => {
                let Amount { samples, bytes } = shared.hold.told;
                let hold = self.hold(samples as usize, bytes as usize)?;
                Ok(Rows { rows: shared.rows.clone(), hold, are_distinct: shared.are_distinct })
            }
        }
    }

    /// Notes what the rows of a node take.
    pub(crate) fn note_bytes(&self, id: usize, rows: &Rows) {
        self.node(id).bytes.fetch_max(rows.hold.told.bytes, Relaxed);
    }

    /// Series selected, and the most samples and bytes held at once.
    pub(crate) fn totals(&self) -> (u64, u64, u64) {
        (
            self.series.load(Relaxed),
            self.gauge.samples_peak.load(Relaxed),
            self.gauge.bytes_peak.load(Relaxed),
        )
    }

    /// Counts what was taken since the last time, and says where it is too much.
    pub(crate) fn tell(&self, hold: &mut Hold) -> Result<(), QueryError> {
        let untold = std::mem::take(&mut hold.untold);
        hold.told.samples += untold.samples;
        hold.told.bytes += untold.bytes;
        let samples = self.gauge.samples.fetch_add(untold.samples, Relaxed) + untold.samples;
        let bytes = self.gauge.bytes.fetch_add(untold.bytes, Relaxed) + untold.bytes;
        self.gauge.samples_peak.fetch_max(samples, Relaxed);
        self.gauge.bytes_peak.fetch_max(bytes, Relaxed);
        self.check_held(samples, bytes)
    }

    fn check_held(&self, samples: u64, bytes: u64) -> Result<(), QueryError> {
        let message = "query processing would load too many samples into memory in query execution";
        if samples > self.limits.samples_max {
            return Err(QueryError::Limit { message, bound: "samples_max", limit: self.limits.samples_max });
        }
        if bytes > self.limits.bytes_max {
            return Err(QueryError::Limit { message, bound: "bytes_max", limit: self.limits.bytes_max });
        }
        Ok(())
    }
}

impl Hold {
    /// Takes over what another one took.
    pub(crate) fn absorb(&mut self, mut other: Hold) {
        for (own, taken) in [(&mut self.told, &mut other.told), (&mut self.untold, &mut other.untold)] {
            own.samples += std::mem::take(&mut taken.samples);
            own.bytes += std::mem::take(&mut taken.bytes);
        }
    }

    fn give_back(&mut self, amount: Amount) {
        self.told.samples -= amount.samples;
        self.told.bytes -= amount.bytes;
        self.gauge.samples.fetch_sub(amount.samples, Relaxed);
        self.gauge.bytes.fetch_sub(amount.bytes, Relaxed);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.give_back(self.told);
    }
}
