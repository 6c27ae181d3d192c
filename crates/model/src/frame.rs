//! A frame: all that one target said at one time, as one row of values over a shared layout.
//!
//! Scrapes are regular. A target exposes the same lines in the same order again and again, so what changes
//! from one scrape to the next is the row of values and almost never the list of series. A `Layout` is that
//! list, made once and shared by every frame until the exposition changes; its identity tells a reader that
//! whatever it resolved for the last frame still holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::exemplar::Exemplar;
use crate::labels::Labels;
use crate::metadata::Metadata;
use crate::sample::{Timestamp, Value};

/// The points of a target in the order of its rows. Two layouts with the same `id` are the same layout.
#[derive(Debug)]
pub struct Layout {
    id: u64,
    /// The target's own labels (`job`, `instance`, ...). No point has a label of one of these names.
    pub target: Labels,
    /// Per column, the metric name and the labels that are not the target's. No two columns are equal.
    pub points: Arc<[Labels]>,
    /// Metadata by metric family name, as the exposition declared it.
    pub metadata: Arc<[(String, Metadata)]>,
}

impl Layout {
    /// Makes a layout with an identity of its own.
    pub fn new(target: Labels, points: Vec<Labels>, metadata: Vec<(String, Metadata)>) -> Arc<Layout> {
        Layout::sharing(target, points.into(), metadata.into())
    }

    /// As `new`, of lists that other targets have too.
    pub fn sharing(
        target: Labels,
        points: Arc<[Labels]>,
        metadata: Arc<[(String, Metadata)]>,
    ) -> Arc<Layout> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Arc::new(Layout { id, target, points, metadata })
    }

    /// The identity: unique in this process, never reused.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The full labels of a column.
    pub fn series(&self, column: usize) -> Labels {
        self.target.union(&self.points[column])
    }
}

/// One row: what every column of a layout said at one time.
///
/// A column that says nothing this time holds nothing in `values`: see `absent`.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The list of series this row belongs to.
    pub layout: Arc<Layout>,
    /// The time of every value in the row.
    pub time: Timestamp,
    /// One float per column. Where a column is absent or holds a histogram, the float is ignored.
    pub values: Vec<f64>,
    /// Columns that say nothing in this row, ascending; usually empty.
    pub absent: Vec<u32>,
    /// Columns that hold a native histogram in this row, ascending; `Value::Float` does not occur here.
    pub histograms: Vec<(u32, Value)>,
    /// Exemplars by column, in the order they were exposed.
    pub exemplars: Vec<(u32, Exemplar)>,
    /// Since when each column has been counting; empty when nobody said, else one per column with 0 for unknown.
    pub starts: Arc<[Timestamp]>,
}
