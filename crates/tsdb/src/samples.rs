//! The samples of one selected series as columns: times beside values, floats beside histograms.
//!
//! Series of one target share their times, so `times` is shared too: a reader that computed something from the
//! times alone (where each step's window begins and ends) may keep it as long as the next series brings the
//! same allocation (`Arc::ptr_eq`).

use std::sync::Arc;

use model::{FloatHistogram, Timestamp};

/// Samples of one series within a range, ascending in time. Staleness markers are included, as samples.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// When each float was true.
    pub times: Arc<[Timestamp]>,
    /// The floats.
    pub values: Vec<f64>,
    /// Since when each float has been counting (0 for unknown); empty when no start is known.
    pub starts: Vec<Timestamp>,
    /// When each histogram was true.
    pub histogram_times: Arc<[Timestamp]>,
    /// The histograms.
    pub histograms: Vec<Arc<FloatHistogram>>,
    /// As `starts`, for the histograms.
    pub histogram_starts: Vec<Timestamp>,
}

impl Samples {
    /// How many samples there are, of either kind.
    pub fn len(&self) -> usize {
        self.values.len() + self.histograms.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
