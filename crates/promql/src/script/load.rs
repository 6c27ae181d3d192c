//! `load`: series at a fixed interval from the epoch on, their start timestamps, and classic histograms turned native.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::duration::parse_millis;
use model::histogram::CUSTOM_BUCKETS_SCHEMA;
use model::{CounterReset, FloatHistogram, Labels, METRIC_NAME, Sample, Series, Span, Timestamp, Value};
use tsdb::Store;

use crate::eval::infer_hints;
use crate::script::series::{self, Point, split_labels, times};

/// The label of a classic histogram's buckets.
const BUCKET_LABEL: &str = "le";

/// One `load` command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Load {
    pub(crate) line: usize,
    /// Whether classic histograms are stored as native ones too.
    with_nhcb: bool,
    interval: Timestamp,
    series: Vec<LoadedSeries>,
}

#[derive(Clone, Debug, PartialEq)]
struct LoadedSeries {
    labels: Labels,
    points: Vec<Point>,
    /// Per point its start timestamp, relative to the point's time; empty where there are none.
    starts: Vec<Option<Timestamp>>,
}

impl Load {
    /// Reads the head of a command: `load 5m`, `load_with_nhcb 1m`.
    pub(crate) fn parse(line: usize, head: &str) -> Result<Load, String> {
        let (command, interval) = head.split_once([' ', '\t']).unwrap_or((head, ""));
        let with_nhcb = match command {
            "load" => false,
            "load_with_nhcb" => true,
            _ => return Err("invalid load command. (load[_with_nhcb] <step:duration>)".to_owned()),
        };
        let interval = parse_millis(interval.trim())
            .map_err(|error| format!("invalid step definition {interval:?}: {error}"))?;
        Ok(Load { line, with_nhcb, interval, series: Vec::new() })
    }

    /// Reads the lines below the head, each with its number.
    pub(crate) fn parse_body(&mut self, lines: &[(usize, &str)]) -> Result<(), (usize, String)> {
        let mut pending: Option<(usize, Labels, Vec<Option<Timestamp>>)> = None;
        for &(number, line) in lines {
            let at_line = |message: String| (number, message);
            if let Some((labels, offsets)) = start_line(line) {
                if pending.is_some() {
                    return Err((number, "@st line has no following sample line".to_owned()));
                }
                let (labels, _) = series::parse(labels).map_err(at_line)?;
                pending = Some((number, labels, start_offsets(offsets).map_err(at_line)?));
                continue;
            }
            let (labels, points) = series::parse(line).map_err(at_line)?;
            let mut starts = Vec::new();
            if let Some((start_line, start_labels, offsets)) = pending.take() {
                if start_labels != labels {
                    let message = "@st metric does not match the following sample line metric";
                    return Err((start_line, message.to_owned()));
                }
                if offsets.len() != points.len() {
                    let (starts, points) = (offsets.len(), points.len());
                    let message = format!("@st line has {starts} values but sample line has {points}");
                    return Err((start_line, message));
                }
                starts = offsets;
            }
            // A series that is written twice is what it was written to be last.
            self.series.retain(|earlier| earlier.labels != labels);
            self.series.push(LoadedSeries { labels, points, starts });
        }
        match pending {
            Some((line, ..)) => Err((line, "@st line has no following sample line".to_owned())),
            None => Ok(()),
        }
    }

    /// Writes everything into the store.
    pub(crate) fn fill(&self, store: &Store) -> Result<(), String> {
        let mut batch: Vec<Series> = self.series.iter().map(|series| self.to_series(series)).collect();
        if self.with_nhcb {
            batch.extend(native_histograms(&batch)?);
        }
        let appended = store.append_series(&batch).map_err(|error| error.to_string())?;
        match appended.refusals.first() {
            Some(refusal) => Err(format!(
                "{} of {} samples refused, the first of {} at {} ms: {:?}",
                appended.refused,
                appended.refused + appended.samples,
                refusal.series,
                refusal.time,
                refusal.reason
            )),
            None => Ok(()),
        }
    }

    fn to_series(&self, series: &LoadedSeries) -> Series {
        let mut samples = Vec::with_capacity(series.points.len());
        for (index, point) in series.points.iter().enumerate() {
            let time = self.interval * index as Timestamp;
            let value = match point {
                Point::Omitted => continue,
                Point::Float(value) => Value::Float(*value),
                Point::Histogram { histogram, .. } => Value::FloatHistogram(histogram.clone()),
            };
            let start = series.starts.get(index).copied().flatten().map(|offset| time + offset);
            samples.push(Sample { time, start, value });
        }
        set_hints(&mut samples);
        Series { labels: series.labels.clone(), samples, ..Series::default() }
    }
}

/// The labels and the offsets of a line of start timestamps.
fn start_line(line: &str) -> Option<(&str, &str)> {
    let (head, offsets) = split_labels(line);
    if let Some(labels) = head.strip_suffix("@st") {
        return Some((labels, offsets));
    }
    None
}

/// Reads `_ -1mx2 -30s-1mx2`: durations relative to the samples, repeated and increased like values.
fn start_offsets(text: &str) -> Result<Vec<Option<Timestamp>>, String> {
    let mut offsets = Vec::new();
    for item in text.split_whitespace() {
        let invalid = || format!("invalid @st item {item:?}");
        if let Some(rest) = item.strip_prefix('_') {
            let count = if rest.is_empty() { 1 } else { times(rest).ok_or_else(invalid)? };
            offsets.extend(std::iter::repeat_n(None, count));
            continue;
        }
        let (first, rest) = take_duration(item).ok_or_else(invalid)?;
        if rest.is_empty() {
            offsets.push(Some(first));
            continue;
        }
        let (step, rest) =
            if rest.starts_with('x') { (0, rest) } else { take_duration(rest).ok_or_else(invalid)? };
        let count = times(rest).ok_or_else(invalid)? as Timestamp;
        offsets.extend((0..=count).map(|index| Some(first + step * index)));
    }
    Ok(offsets)
}

/// Reads a signed duration and returns what follows it.
fn take_duration(text: &str) -> Option<(Timestamp, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned
        .find(|character: char| !character.is_ascii_alphanumeric() || character == 'x')
        .unwrap_or(unsigned.len());
    let millis = parse_millis(&unsigned[..end]).ok()?;
    Some((if text.starts_with('-') { -millis } else { millis }, &unsigned[end..]))
}

/// What a classic histogram's series say at one time.
#[derive(Default)]
struct Classic {
    /// Bounds and cumulative counts.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: f64,
}

/// The native histograms with custom buckets that the classic ones of a batch amount to.
fn native_histograms(batch: &[Series]) -> Result<Vec<Series>, String> {
    let mut found: HashMap<Labels, BTreeMap<Timestamp, Classic>> = HashMap::new();
    let mut order: Vec<Labels> = Vec::new();
    for series in batch {
        let name = series.labels.metric_name();
        let Some((base, part)) =
            name.rsplit_once('_').filter(|(_, part)| matches!(*part, "bucket" | "count" | "sum"))
        else {
            continue;
        };
        let bound = series.labels.value(BUCKET_LABEL).parse::<f64>();
        if part == "bucket" && !bound.as_ref().is_ok_and(|bound| !bound.is_nan()) {
            continue;
        }
        let labels = series.labels.to_builder().set(METRIC_NAME, base).remove(BUCKET_LABEL).build();
        if !found.contains_key(&labels) {
            order.push(labels.clone());
        }
        let histogram = found.entry(labels).or_default();
        for sample in &series.samples {
            let Value::Float(value) = sample.value else { continue };
            let classic = histogram.entry(sample.time).or_default();
            match (part, &bound) {
                ("bucket", Ok(bound)) => classic.buckets.push((*bound, value)),
                ("count", _) => classic.count = Some(value),
                _ => classic.sum = value,
            }
        }
    }
    let mut converted = Vec::new();
    for labels in order {
        let mut samples = Vec::new();
        for (&time, classic) in &found[&labels] {
            let histogram =
                classic.to_native().map_err(|reason| format!("{labels} at {time} ms: {reason}"))?;
            samples.push(Sample { time, start: None, value: Value::FloatHistogram(Arc::new(histogram)) });
        }
        set_hints(&mut samples);
        converted.push(Series { labels, samples, ..Series::default() });
    }
    Ok(converted)
}

/// Gives each histogram the hint it would have had it been scraped: that of its place after the one before it.
fn set_hints(samples: &mut [Sample]) {
    let mut histograms: Vec<Arc<FloatHistogram>> = Vec::new();
    for sample in samples.iter() {
        if let Value::FloatHistogram(histogram) = &sample.value {
            let mut histogram = FloatHistogram::clone(histogram);
            if histogram.counter_reset == CounterReset::No {
                histogram.counter_reset = CounterReset::Unknown;
            }
            histograms.push(Arc::new(histogram));
        }
    }
    infer_hints(&mut histograms, false);
    let mut histograms = histograms.into_iter();
    for sample in samples {
        if let Value::FloatHistogram(histogram) = &mut sample.value
            && let Some(hinted) = histograms.next()
        {
            *histogram = hinted;
        }
    }
}

impl Classic {
    fn to_native(&self) -> Result<FloatHistogram, String> {
        let mut buckets = self.buckets.clone();
        buckets.sort_by(|left, right| left.0.total_cmp(&right.0));
        buckets.dedup_by(|right, left| right.0 == left.0);
        let count = self.count.or(buckets.last().map(|bucket| bucket.1)).unwrap_or(0.0);
        if buckets.last().is_none_or(|bucket| bucket.0 != f64::INFINITY) {
            buckets.push((f64::INFINITY, count));
        }
        let mut previous = 0.0;
        let mut counts = Vec::with_capacity(buckets.len());
        for (_, cumulative) in &buckets {
            if *cumulative < previous {
                return Err(format!("count is not cumulative: {cumulative} < {previous}"));
            }
            counts.push(cumulative - previous);
            previous = *cumulative;
        }
        if previous != count {
            return Err(format!("count mismatch: {count} is not that of the last bucket, {previous}"));
        }
        let length = u32::try_from(counts.len()).map_err(|error| error.to_string())?;
        let bounds: Vec<f64> = buckets[..buckets.len() - 1].iter().map(|bucket| bucket.0).collect();
        let mut histogram = FloatHistogram {
            schema: CUSTOM_BUCKETS_SCHEMA,
            count,
            sum: self.sum,
            positive_spans: vec![Span { offset: 0, length }],
            positive: counts,
            custom_values: bounds.into(),
            ..FloatHistogram::default()
        };
        histogram.compact(0);
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_offsets_are_expanded() {
        let check = |text: &str, want: &[Option<Timestamp>]| {
            assert_eq!(start_offsets(text).as_deref(), Ok(want), "{text}");
        };
        check("_ _x2 -1m 30s", &[None, None, None, Some(-60_000), Some(30_000)]);
        check("-1msx1", &[Some(-1), Some(-1)]);
        check("-30s-1mx2", &[Some(-30_000), Some(-90_000), Some(-150_000)]);
        check("0-1mx1", &[Some(0), Some(-60_000)]);
        for bad in ["x", "1y2", "-1m+", "_y"] {
            assert!(start_offsets(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn classic_histograms_become_native() {
        let mut load = Load::parse(1, "load_with_nhcb 1m").expect("head");
        load.parse_body(&[
            (2, "h_bucket{le=\"1\"} 2"),
            (3, "h_bucket{le=\"+Inf\"} 5"),
            (4, "h_sum 7"),
            (5, "h_count 5"),
        ])
        .expect("body");
        let batch: Vec<Series> = load.series.iter().map(|series| load.to_series(series)).collect();
        let native = native_histograms(&batch).expect("native");
        assert_eq!(native.len(), 1);
        assert_eq!(native[0].labels.metric_name(), "h");
        let Value::FloatHistogram(histogram) = &native[0].samples[0].value else { panic!("no histogram") };
        assert_eq!((histogram.positive.clone(), histogram.sum), (vec![2.0, 3.0], 7.0));
        assert_eq!(histogram.custom_values.to_vec(), [1.0]);
    }
}
