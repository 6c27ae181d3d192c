//! What a metric says about itself: type, unit and help.

use std::fmt;
use std::str::FromStr;

/// The type a metric family was exposed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MetricType {
    /// Nobody said.
    #[default]
    Unknown,
    /// Only goes up, except when its process restarts.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
    /// Buckets that can shrink.
    GaugeHistogram,
    /// Quantiles computed by the program itself.
    Summary,
    /// Constant text in labels.
    Info,
    /// A set of states of which some hold.
    StateSet,
}

impl MetricType {
    /// The name that expositions and the API use.
    pub fn name(self) -> &'static str {
        match self {
            MetricType::Unknown => "unknown",
            MetricType::Counter => "counter",
            MetricType::Gauge => "gauge",
            MetricType::Histogram => "histogram",
            MetricType::GaugeHistogram => "gaugehistogram",
            MetricType::Summary => "summary",
            MetricType::Info => "info",
            MetricType::StateSet => "stateset",
        }
    }
}

impl fmt::Display for MetricType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for MetricType {
    type Err = ();

    /// Takes the names of every exposition format; `untyped` is text format's word for unknown.
    fn from_str(name: &str) -> Result<MetricType, ()> {
        Ok(match name {
            "unknown" | "untyped" => MetricType::Unknown,
            "counter" => MetricType::Counter,
            "gauge" => MetricType::Gauge,
            "histogram" => MetricType::Histogram,
            "gaugehistogram" => MetricType::GaugeHistogram,
            "summary" => MetricType::Summary,
            "info" => MetricType::Info,
            "stateset" => MetricType::StateSet,
            _ => return Err(()),
        })
    }
}

/// What is known of a metric family. Empty texts mean that nobody said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Metadata {
    /// The family's type.
    pub kind: MetricType,
    /// Its unit, such as `seconds`.
    pub unit: String,
    /// What it means, for people.
    pub help: String,
}
