//! A series as it travels alone: its labels with a run of samples, for what does not come as frames.

use crate::exemplar::Exemplar;
use crate::labels::Labels;
use crate::metadata::Metadata;
use crate::sample::Sample;

/// Samples of one series, as a remote write, an OTLP export or an import brings them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The full label set.
    pub labels: Labels,
    /// In the order they came.
    pub samples: Vec<Sample>,
    /// In the order they came.
    pub exemplars: Vec<Exemplar>,
    /// What the sender said of the metric, if it did.
    pub metadata: Option<Metadata>,
}
