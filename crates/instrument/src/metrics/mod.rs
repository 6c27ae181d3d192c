//! Metrics: numbers that any thread may change at any time without waiting, and that are read whole.
//!
//! From the bottom up: `cells` says how one thread writes what others read, `column` which thread writes where, `bank`
//! where the numbers lie. A metric (`counter`, `gauge`, `histogram`, `summary`, `info`) owns rows of a bank. A `family`
//! finds metrics by label values (`labels`, `table`) and bounds how many there are; a `registry` has families.

mod bank;
mod cells;
mod collector;
mod column;
mod counter;
pub(crate) mod exemplar;
pub(crate) mod exponential;
mod family;
mod gauge;
mod histogram;
mod info;
pub(crate) mod labels;
pub(crate) mod metric;
pub(crate) mod naming;
mod registry;
mod summary;
mod sync;
mod table;
pub(crate) mod time;

use std::sync::atomic::{AtomicU64, Ordering};

pub use collector::Samples;
pub use counter::Counter;
pub use exemplar::{EXEMPLAR_CHARACTERS_MAX, Exemplar, SpanReference, current_span, set_current_span};
pub use exponential::Sketch;
pub use family::{Cardinality, DynamicFamily, Family, OVERFLOW_VALUE, SERIES_MAX};
pub use gauge::{Gauge, Level, Tracked};
pub use histogram::{
    Histogram, HistogramSettings, HistogramSnapshot, LATENCY_BUCKETS, Native, SIZE_BUCKETS, Timer,
    exponential_buckets, linear_buckets,
};
pub use info::{Info, StateSet};
pub use labels::{Key, LABEL_VALUE_BYTES_MAX, LabelValue, Labels, NamedLabels};
pub use metric::{Kind, Metric};
pub use naming::Naming;
pub use registry::{Definition, Registry};
pub use summary::{Summary, SummarySettings, SummarySnapshot};

/// Things that were asked of metrics and not done, because they would have spoilt them.
static REFUSED: AtomicU64 = AtomicU64::new(0);

/// Failures inside the instrumentation that were kept from whoever is instrumented.
static FAILURES: AtomicU64 = AtomicU64::new(0);

/// Counts something that a metric refused: no number, a negative amount, a state it does not know.
#[cold]
pub(crate) fn refused() {
    REFUSED.fetch_add(1, Ordering::Relaxed);
}

/// Calls `work`; a panic inside it is counted, and nobody else notices.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    if outcome.is_err() {
        FAILURES.fetch_add(1, Ordering::Relaxed);
    }
    outcome.ok()
}

pub(crate) fn refusals() -> u64 {
    REFUSED.load(Ordering::Relaxed)
}

pub(crate) fn failures() -> u64 {
    FAILURES.load(Ordering::Relaxed)
}
