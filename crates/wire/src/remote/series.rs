//! What a remote write brought: series that can be taken, and those that cannot, by name.

use model::{Labels, Metadata, MetricType, Series};

/// A decoded batch. What was wrong with one series costs that series, or that one sample, alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The good series, in the order they came.
    pub series: Vec<Series>,
    /// Metadata by metric family that came apart from series (remote write 1.0).
    pub metadata: Vec<(String, Metadata)>,
    /// How many series or samples were refused.
    pub refused: u64,
    /// The first of them, at most 16.
    pub refusals: Vec<Refused>,
}

/// One series or sample that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which one: its labels, as far as they can be read.
    pub series: String,
    /// Why.
    pub reason: String,
}

/// How many refusals a batch names.
const REFUSED_NAMED_MAX: usize = 16;

impl Batch {
    pub(crate) fn refuse(&mut self, series: impl Into<String>, reason: impl Into<String>) {
        self.refused += 1;
        if self.refusals.len() < REFUSED_NAMED_MAX {
            self.refusals.push(Refused { series: series.into(), reason: reason.into() });
        }
    }
}

/// The label set of pairs of bytes, which must be UTF-8, in any order, without repeats, and have a metric name.
/// On an error, the labels as far as they can be read come along.
pub(crate) fn labels_of(pairs: &mut [(&[u8], &[u8])]) -> Result<Labels, (String, String)> {
    let refuse = |reason: String, pairs: &[(&[u8], &[u8])]| {
        let shown: Vec<String> = pairs
            .iter()
            .take(32)
            .map(|(name, value)| {
                format!("{}={:?}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
            })
            .collect();
        (format!("{{{}}}", shown.join(", ")), reason)
    };
    pairs.sort_unstable();
    let mut checked = Vec::with_capacity(pairs.len());
    for &(name, value) in pairs.iter() {
        match (std::str::from_utf8(name), std::str::from_utf8(value)) {
            (Ok(""), _) => return Err(refuse("a label has no name".into(), pairs)),
            (Ok(name), Ok(value)) => checked.push((name, value)),
            _ => return Err(refuse("a label is not UTF-8".into(), pairs)),
        }
    }
    if let Some(twice) = checked.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(refuse(format!("label {:?} is given twice", twice[0].0), pairs));
    }
    checked.retain(|(_, value)| !value.is_empty());
    let labels = Labels::from_sorted(checked);
    if labels.metric_name().is_empty() {
        Err(refuse("the metric name is missing".into(), pairs))
    } else {
        Ok(labels)
    }
}

/// The types as both versions of remote write number them.
const KINDS: [MetricType; 8] = [
    MetricType::Unknown,
    MetricType::Counter,
    MetricType::Gauge,
    MetricType::Histogram,
    MetricType::GaugeHistogram,
    MetricType::Summary,
    MetricType::Info,
    MetricType::StateSet,
];

pub(crate) fn kind_of(number: u64) -> MetricType {
    usize::try_from(number).ok().and_then(|number| KINDS.get(number)).copied().unwrap_or_default()
}

pub(crate) fn number_of(kind: MetricType) -> u64 {
    KINDS.iter().position(|candidate| *candidate == kind).unwrap_or(0) as u64
}
