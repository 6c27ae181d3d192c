//! What a family needs to know of a metric, and what an exposition format is told.

use std::sync::Arc;

use super::bank::Bank;
use super::exemplar::Exemplar;
use super::histogram::HistogramSnapshot;
use super::labels::values;
use super::summary::SummarySnapshot;

/// What kind of metric a family has, as OpenMetrics names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows; its sample ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
    /// Tells quantiles of what was observed lately.
    Summary,
    /// Constant labels; its sample ends in `_info`.
    Info,
    /// Which of several states hold.
    StateSet,
    /// Whoever computed it did not say.
    Unknown,
}

impl Kind {
    /// The suffix of its main sample.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            _ => "",
        }
    }

    /// The suffixes of everything that an exposition may say about a metric of this kind.
    pub(crate) fn suffixes(self) -> &'static [&'static str] {
        match self {
            Kind::Counter => &["", "_total", "_created"],
            Kind::Info => &["", "_info"],
            Kind::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
            Kind::Summary => &["", "_sum", "_count", "_created"],
            Kind::Gauge | Kind::StateSet | Kind::Unknown => &[""],
        }
    }
}

/// A kind of metric that families can be made of. Sealed: the crate's own metrics are all there are.
pub trait Metric: Clone + Send + Sync + 'static {
    /// What all metrics of a family have in common, such as bucket bounds.
    type Settings: Clone + PartialEq + Send + Sync + 'static;

    #[doc(hidden)]
    fn new(bank: &Arc<Bank>, settings: &Self::Settings) -> Self;

    #[doc(hidden)]
    fn kind(settings: &Self::Settings) -> Kind;

    #[doc(hidden)]
    fn encode(&self, settings: &Self::Settings, series: &SeriesView<'_>, out: &mut dyn Encode);

    /// Whether somebody beside its family has a handle.
    #[doc(hidden)]
    fn is_held(&self) -> bool;

    /// A number that is another one after it was used.
    #[doc(hidden)]
    fn activity(&self) -> u64;
}

/// What a family is, for headers.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Without `_total` or `_info`.
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) unit: String,
    pub(crate) kind: Kind,
}

/// One series while it is written.
pub struct SeriesView<'a> {
    /// Labels that all series of a sub-registry have, or all labels of a computed sample.
    pub(crate) common: &'a [(String, String)],
    pub(crate) names: &'a [String],
    /// The values of `names`, as a key.
    pub(crate) key: &'a [u8],
    /// When the series began; 0 when nobody knows.
    pub(crate) created_ms: u64,
}

impl SeriesView<'_> {
    /// All labels, those of the registry first.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let common = self.common.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        common.chain(self.names.iter().map(String::as_str).zip(values(self.key)))
    }
}

/// An exposition format, as families see it: a header, then each series.
pub trait Encode {
    fn family(&mut self, description: &Description);
    fn counter(&mut self, series: &SeriesView<'_>, value: f64, exemplar: Option<&Exemplar>);
    fn gauge(&mut self, series: &SeriesView<'_>, value: f64);
    fn histogram(&mut self, series: &SeriesView<'_>, histogram: &HistogramSnapshot);
    fn summary(&mut self, series: &SeriesView<'_>, summary: &SummarySnapshot);
    fn info(&mut self, series: &SeriesView<'_>, labels: &[(String, String)]);
    fn states(&mut self, series: &SeriesView<'_>, states: &[(&str, bool)]);
}
