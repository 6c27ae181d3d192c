//! A page: what one scrape said, as one row of values over a shared list of series.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use model::{Exemplar, Labels, Metadata, Pool, Timestamp, Value};

/// The series of pages, in the order of their rows. Two shapes with the same `id` are the same shape.
#[derive(Debug)]
pub struct Shape {
    id: u64,
    /// The full label set of each column as it was exposed, `__name__` included. No two are equal.
    pub series: Box<[Labels]>,
    /// Metadata by metric family name, as the exposition declared it.
    pub metadata: Arc<[(String, Metadata)]>,
}

impl Shape {
    /// The shape of these series. Targets that expose the same have the same, as long as one of them holds it.
    pub fn new(series: Vec<Labels>, metadata: impl Into<Arc<[(String, Metadata)]>>) -> Arc<Shape> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        static SHARED: LazyLock<Pool<Shape>> = LazyLock::new(Pool::new);
        static METADATA: LazyLock<Pool<[(String, Metadata)]>> = LazyLock::new(Pool::new);
        let series = series.into_iter().map(Labels::shared).collect();
        let metadata = METADATA.share(metadata.into());
        SHARED.share(Arc::new(Shape { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), series, metadata }))
    }

    /// The identity: unique in this process, never reused.
    pub fn id(&self) -> u64 {
        self.id
    }
}

/// Shapes are equal that say the same, whatever their identity.
impl PartialEq for Shape {
    fn eq(&self, other: &Shape) -> bool {
        self.series == other.series && self.metadata == other.metadata
    }
}

impl Eq for Shape {}

impl Hash for Shape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.series.hash(state);
        self.metadata.hash(state);
    }
}

/// One row: what every column of a shape said in one scrape.
#[derive(Clone, Debug)]
pub struct Page {
    /// The series of the row. While the exposition's structure stays the same, so does this allocation.
    pub shape: Arc<Shape>,
    /// One float per column. Where a column is absent or holds a histogram, the float means nothing.
    pub values: Vec<f64>,
    /// Columns that say nothing in this page, ascending; usually empty.
    pub absent: Vec<u32>,
    /// Columns with a time of their own, ascending.
    pub times: Vec<(u32, Timestamp)>,
    /// Columns that hold a native histogram, ascending; `Value::Float` does not occur here.
    pub histograms: Vec<(u32, Value)>,
    /// Exemplars by column, in the order they were exposed. One that the last page told in the very same line
    /// is not told again.
    pub exemplars: Vec<(u32, Exemplar)>,
    /// Since when each column has been counting; empty when nobody said, else one per column with 0 for unknown.
    /// The same allocation as in the last page while none of them changed.
    pub starts: Arc<[Timestamp]>,
    /// How many samples were left out because their series had been told before in the same page.
    pub duplicates: u64,
}

/// How pages are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether the `_created` lines of OpenMetrics and the created timestamps of protobuf become `Page::starts`.
    /// Where not, the lines are series like any other.
    pub created_as_start: bool,
    /// Whether native histograms are read from protobuf.
    pub native_histograms: bool,
    /// Whether the classic series (`_bucket`, `_count`, `_sum`) of a histogram that is also native, or that is
    /// converted, are kept beside it.
    pub keep_classic: bool,
    /// Whether classic histograms become native ones with custom bounds.
    pub classic_to_custom: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            created_as_start: true,
            native_histograms: true,
            keep_classic: false,
            classic_to_custom: false,
        }
    }
}
