//! Annotations: what a query wants to tell besides its answer, each with the place in the query it is about.
//!
//! Texts are those of Prometheus. Two annotations with the same text are one, which then stands at the place that is
//! evaluated last, an operator's right side after its left and both before itself, in whatever order series were
//! computed; some of them count how often they occurred.

use std::fmt::Write;

use hashbrown::HashMap;
use model::Timestamp;
use model::histogram::format_general as general;
use model::names::quote;

use crate::number::significant;
use crate::syntax::Span;

/// How much an annotation matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The answer may be wrong.
    Warning,
    /// The answer may not be what was meant.
    Info,
}

/// How many annotations of either level are shown; of the others their number.
const SHOWN_MAX: usize = 10;

/// All annotations of a query.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    entries: Vec<Entry>,
    index_of: HashMap<String, usize>,
}

#[derive(Clone, Debug)]
struct Entry {
    level: Level,
    text: String,
    span: Span,
    detail: Detail,
}

/// What is added up over the occurrences of an annotation.
#[derive(Clone, Copy, Debug)]
enum Detail {
    None,
    /// The buckets of a classic histogram that were made monotonic.
    Monotonicity(Monotonicity),
    /// How often start times overlapped.
    Count(u64),
}

/// Where and by how much a classic histogram was made monotonic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Monotonicity {
    pub(crate) time_min: Timestamp,
    pub(crate) time_max: Timestamp,
    pub(crate) bucket_min: f64,
    pub(crate) bucket_max: f64,
    pub(crate) difference_max: f64,
    pub(crate) samples: u64,
}

/// What was done with histograms when something about them was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HistogramOperation {
    Addition,
    Subtraction,
    Aggregation,
}

/// Something to tell about a query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Note<'a> {
    InvalidRatio { ratio: f64, capped: f64 },
    InvalidQuantile(f64),
    BadBucketLabel { metric: &'a str, label: &'a str },
    MixedFloatsHistograms { metric: &'a str },
    MixedFloatsHistogramsAggregation,
    MixedClassicNative { metric: &'a str },
    NotCounter { metric: &'a str },
    NotGauge { metric: &'a str },
    MixedExponentialCustom { metric: &'a str },
    IncompatibleBucketLayout { operator: &'a str },
    SortInRangeQuery,
    PossibleNonCounter { metric: &'a str },
    PossibleNonCounterLabel { metric: &'a str, kind: &'a str },
    ForcedMonotonicity { metric: &'a str, fix: Monotonicity },
    IncompatibleTypes { left: &'a str, operator: &'a str, right: &'a str },
    HistogramIgnoredInAggregation { operator: &'a str },
    HistogramIgnoredInMixedRange { metric: &'a str },
    QuantileIsNan { metric: &'a str },
    QuantileIsSkewed { metric: &'a str },
    FractionExcludesNan { metric: &'a str },
    CounterResetCollision(HistogramOperation),
    MismatchedCustomBuckets(HistogramOperation),
    StartTimeOverlap { metric: &'a str },
}

impl Annotations {
    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The first ten warnings, each with its position in `query`, and how many there are besides.
    pub fn warnings(&self, query: &str) -> Vec<String> {
        self.shown(Level::Warning, "warning", query)
    }

    /// The first ten infos, each with its position in `query`, and how many there are besides.
    pub fn infos(&self, query: &str) -> Vec<String> {
        self.shown(Level::Info, "info", query)
    }

    /// All annotations of a level, each with its position in `query`.
    pub(crate) fn all(&self, level: Level, query: &str) -> Vec<String> {
        self.of(level).map(|entry| entry.to_text(query)).collect()
    }

    /// Notes something about the part of the query at `span`.
    pub(crate) fn add(&mut self, note: Note<'_>, span: Span) {
        let detail = match &note {
            Note::ForcedMonotonicity { fix, .. } => Detail::Monotonicity(*fix),
            Note::StartTimeOverlap { .. } => Detail::Count(1),
            _ => Detail::None,
        };
        self.add_entry(Entry { level: note.level(), text: note.text(), span, detail });
    }

    /// Adds all of `other`, each moved by `offset` bytes of the query.
    pub(crate) fn merge(&mut self, other: Annotations, offset: i64) {
        for mut entry in other.entries {
            let moved = |position: u32| u32::try_from(i64::from(position) + offset).unwrap_or(position);
            // What has no place of its own stays where it is.
            if entry.span != Span::default() {
                entry.span = Span { start: moved(entry.span.start), end: moved(entry.span.end) };
            }
            self.add_entry(entry);
        }
    }

    fn add_entry(&mut self, entry: Entry) {
        match self.index_of.get(&entry.text) {
            Some(&index) => {
                let existing = &mut self.entries[index];
                existing.detail = existing.detail.and(entry.detail);
                // Where both end at the same place, the one around the other begins first.
                let order = |span: Span| (span.end, std::cmp::Reverse(span.start));
                if order(entry.span) > order(existing.span) {
                    existing.span = entry.span;
                }
            }
            None => {
                self.index_of.insert(entry.text.clone(), self.entries.len());
                self.entries.push(entry);
            }
        }
    }

    fn of(&self, level: Level) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.level == level)
    }

    fn shown(&self, level: Level, name: &str, query: &str) -> Vec<String> {
        let count = self.of(level).count();
        let mut texts: Vec<String> =
            self.of(level).take(SHOWN_MAX).map(|entry| entry.to_text(query)).collect();
        if count > SHOWN_MAX {
            texts.push(format!("{} more {name} annotations omitted", count - SHOWN_MAX));
        }
        texts
    }
}

impl Entry {
    fn to_text(&self, query: &str) -> String {
        let mut text = self.text.clone();
        match self.detail {
            Detail::Monotonicity(fix) => {
                let _ = write!(
                    text,
                    ", from buckets {} to {}, with a max diff of {}, over {} samples from {} to {}",
                    general(fix.bucket_min),
                    general(fix.bucket_max),
                    significant(fix.difference_max, 2),
                    fix.samples,
                    rfc3339(fix.time_min),
                    rfc3339(fix.time_max),
                );
            }
            Detail::Count(count) if count > 1 => {
                let _ = write!(text, " ({count} occurrences)");
            }
            Detail::Count(_) | Detail::None => {}
        }
        let _ = write!(text, " ({})", self.span.line_column(query));
        text
    }
}

impl Detail {
    fn and(self, other: Detail) -> Detail {
        match (self, other) {
            (Detail::Monotonicity(left), Detail::Monotonicity(right)) => Detail::Monotonicity(Monotonicity {
                time_min: left.time_min.min(right.time_min),
                time_max: left.time_max.max(right.time_max),
                bucket_min: left.bucket_min.min(right.bucket_min),
                bucket_max: left.bucket_max.max(right.bucket_max),
                difference_max: left.difference_max.max(right.difference_max),
                samples: left.samples + right.samples,
            }),
            (Detail::Count(left), Detail::Count(right)) => Detail::Count(left + right),
            _ => other,
        }
    }
}

impl HistogramOperation {
    fn name(self) -> &'static str {
        match self {
            HistogramOperation::Addition => "addition",
            HistogramOperation::Subtraction => "subtraction",
            HistogramOperation::Aggregation => "aggregation",
        }
    }
}

const MONOTONICITY: &str = "input to histogram_quantile needed to be fixed for monotonicity \
     (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";

impl Note<'_> {
    fn level(&self) -> Level {
        match self {
            Note::PossibleNonCounter { .. }
            | Note::PossibleNonCounterLabel { .. }
            | Note::ForcedMonotonicity { .. }
            | Note::IncompatibleTypes { .. }
            | Note::HistogramIgnoredInAggregation { .. }
            | Note::HistogramIgnoredInMixedRange { .. }
            | Note::QuantileIsNan { .. }
            | Note::QuantileIsSkewed { .. }
            | Note::FractionExcludesNan { .. }
            | Note::MismatchedCustomBuckets(_) => Level::Info,
            _ => Level::Warning,
        }
    }

    fn text(&self) -> String {
        let prefix = match self.level() {
            Level::Warning => "PromQL warning: ",
            Level::Info => "PromQL info: ",
        };
        format!("{prefix}{}", self.message())
    }

    fn message(&self) -> String {
        let mixed = "encountered a mix of histograms and floats for";
        match self {
            Note::InvalidRatio { ratio, capped } => format!(
                "ratio value should be between -1 and 1, got {}, capping to {}",
                general(*ratio),
                general(*capped)
            ),
            Note::InvalidQuantile(quantile) => {
                format!("quantile value should be between 0 and 1, got {}", general(*quantile))
            }
            Note::BadBucketLabel { metric, label } => for_metric(
                format!("bucket label \"le\" is missing or has a malformed value of {}", quote(label)),
                metric,
            ),
            Note::MixedFloatsHistograms { metric } => format!("{mixed} metric name {}", quote(metric)),
            Note::MixedFloatsHistogramsAggregation => format!("{mixed} aggregation"),
            Note::MixedClassicNative { metric } => {
                for_metric("vector contains a mix of classic and native histograms".to_owned(), metric)
            }
            Note::NotCounter { metric } => {
                format!("this native histogram metric is not a counter: {}", quote(metric))
            }
            Note::NotGauge { metric } => {
                format!("this native histogram metric is not a gauge: {}", quote(metric))
            }
            Note::MixedExponentialCustom { metric } => format!(
                "vector contains a mix of histograms with exponential and custom buckets schemas for metric name {}",
                quote(metric)
            ),
            Note::IncompatibleBucketLayout { operator } => {
                format!("incompatible bucket layout encountered for binary operator {operator}")
            }
            Note::SortInRangeQuery => {
                "sort is ineffective for range queries since results are always ordered by labels".to_owned()
            }
            Note::PossibleNonCounter { metric } => format!(
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}",
                quote(metric)
            ),
            Note::PossibleNonCounterLabel { metric, kind } => format!(
                "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got {}: {}",
                quote(kind),
                quote(metric)
            ),
            Note::ForcedMonotonicity { metric, .. } => for_metric(MONOTONICITY.to_owned(), metric),
            Note::IncompatibleTypes { left, operator, right } => format!(
                "incompatible sample types encountered for binary operator {}: {left} {operator} {right}",
                quote(operator)
            ),
            Note::HistogramIgnoredInAggregation { operator } => {
                format!("ignored histogram in {operator} aggregation")
            }
            Note::HistogramIgnoredInMixedRange { metric } => format!(
                "ignored histograms in a range containing both floats and histograms for metric name {}",
                quote(metric)
            ),
            Note::QuantileIsNan { metric } => for_metric(
                "input to histogram_quantile has NaN observations, result is NaN".to_owned(),
                metric,
            ),
            Note::QuantileIsSkewed { metric } => for_metric(
                "input to histogram_quantile has NaN observations, result is skewed higher".to_owned(),
                metric,
            ),
            Note::FractionExcludesNan { metric } => for_metric(
                "input to histogram_fraction has NaN observations, which are excluded from all fractions"
                    .to_owned(),
                metric,
            ),
            Note::CounterResetCollision(operation) => {
                format!("conflicting counter resets during histogram {}", operation.name())
            }
            Note::MismatchedCustomBuckets(operation) => {
                format!("mismatched custom buckets were reconciled during {}", operation.name())
            }
            Note::StartTimeOverlap { metric } => format!(
                "sample has start time that overlaps with previous sample timestamp for metric {}",
                quote(metric)
            ),
        }
    }
}

fn for_metric(message: String, metric: &str) -> String {
    if metric.is_empty() { message } else { format!("{message} for metric name {}", quote(metric)) }
}

fn rfc3339(time: Timestamp) -> String {
    use crate::functions::time::{day_of_month, hour, minute, month, year};
    let seconds = time.div_euclid(1000);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        year(seconds),
        month(seconds),
        day_of_month(seconds),
        hour(seconds),
        minute(seconds),
        seconds.rem_euclid(60)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_annotation_at_the_last_place() {
        let mut annotations = Annotations::default();
        annotations.add(Note::PossibleNonCounter { metric: "foo" }, Span::new(5, 8));
        annotations.add(Note::PossibleNonCounter { metric: "foo" }, Span::new(9, 12));
        assert_eq!(
            annotations.infos("rate(foo[5m])"),
            [
                "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"foo\" (1:10)"
            ]
        );
        assert!(annotations.warnings("").is_empty());
    }

    #[test]
    fn no_more_than_ten_are_shown() {
        let mut annotations = Annotations::default();
        for number in 0..13 {
            annotations.add(Note::NotGauge { metric: &format!("m{number}") }, Span::new(0, 1));
        }
        annotations.add(Note::SortInRangeQuery, Span::new(0, 1));
        annotations.add(Note::FractionExcludesNan { metric: "" }, Span::new(0, 1));
        let warnings = annotations.warnings("x");
        assert_eq!(warnings.len(), 11);
        assert_eq!(warnings[10], "4 more warning annotations omitted");
        assert_eq!(annotations.infos("x").len(), 1);
        assert_eq!(annotations.all(Level::Warning, "x").len(), 14);
    }

    #[test]
    fn fixes_of_monotonicity_add_up() {
        let mut annotations = Annotations::default();
        for (time, bucket) in [(60_000, 2.0), (120_000, 5.0)] {
            let fix = Monotonicity {
                time_min: time,
                time_max: time,
                bucket_min: bucket,
                bucket_max: bucket,
                difference_max: 1.25,
                samples: 1,
            };
            annotations.add(Note::ForcedMonotonicity { metric: "", fix }, Span::new(0, 0));
        }
        let text = annotations.infos("x").remove(0);
        assert!(text.ends_with(
            ", from buckets 2 to 5, with a max diff of 1.2, over 2 samples from 1970-01-01T00:01:00Z to 1970-01-01T00:02:00Z (1:1)"
        ), "{text}");
    }
}
