//! Whether an answer is the expected one, to six digits, and if not, the difference in words.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use model::histogram::almost_equal;
use model::{FloatHistogram, Labels, Timestamp};

use crate::script::command::{Eval, When};
use crate::script::series::Point;
use crate::value::{MatrixSeries, SampleValue, Value, VectorSample};

/// How far numbers may be apart, relative to their sizes.
const TOLERANCE: f64 = 1e-6;

/// The most series that a message lists of either side.
const LISTED_MAX: usize = 20;

/// Compares; the error lists what was expected and what came.
pub(crate) fn compare(eval: &Eval, value: &Value) -> Result<(), String> {
    let reason = match value {
        Value::Scalar { value, .. } => scalar(eval, *value),
        Value::String { value, .. } => match &eval.expected.string {
            Some(wanted) if wanted == value => Ok(()),
            _ => Err("the texts differ".to_owned()),
        },
        Value::Vector(samples) => vector(eval, samples),
        Value::Matrix(series) => matrix(eval, series),
    };
    reason
        .map_err(|reason| format!("{reason}\nexpected:\n{}got:\n{}", list_expected(eval), list_value(value)))
}

/// Whether series are in the order of their labels, as those of a matrix must be.
pub(crate) fn check_sorted(series: &[MatrixSeries]) -> Result<(), String> {
    match series.windows(2).find(|pair| pair[0].labels > pair[1].labels) {
        Some(pair) => Err(format!("{} sorts before {}, but comes after it", pair[1].labels, pair[0].labels)),
        None => Ok(()),
    }
}

fn scalar(eval: &Eval, value: f64) -> Result<(), String> {
    match eval.expected.scalar {
        Some(wanted) if almost_equal(wanted, value, TOLERANCE) => Ok(()),
        Some(_) => Err("the numbers differ".to_owned()),
        None => Err("expected no scalar".to_owned()),
    }
}

fn vector(eval: &Eval, samples: &[VectorSample]) -> Result<(), String> {
    if eval.expected.scalar.is_some() {
        return Err("expected a scalar, got a vector".to_owned());
    }
    let expected = index(eval);
    let mut seen = HashMap::new();
    for (position, sample) in samples.iter().enumerate() {
        let labels = &sample.labels;
        let Some(&(wanted_position, points)) = expected.get(labels) else {
            return Err(format!("unexpected {labels}"));
        };
        if eval.expected.ordered && wanted_position != position {
            return Err(format!(
                "expected {labels} at position {}, came at {}",
                wanted_position + 1,
                position + 1
            ));
        }
        if seen.insert(labels, ()).is_some() {
            return Err(format!("{labels} came twice"));
        }
        let value = match &sample.value {
            SampleValue::Float(value) => Found::Float(*value),
            SampleValue::Histogram(histogram) => Found::Histogram(histogram),
        };
        point(&points[0], value).map_err(|reason| format!("{labels}: {reason}"))?;
    }
    match expected.keys().find(|labels| !seen.contains_key(*labels)) {
        Some(missing) => Err(format!("{missing} is missing")),
        None => Ok(()),
    }
}

fn matrix(eval: &Eval, series: &[MatrixSeries]) -> Result<(), String> {
    if eval.expected.ordered {
        return Err("expected an ordered result, but a matrix has the order of its labels".to_owned());
    }
    if eval.expected.scalar.is_some() {
        return Err("expected a scalar, got a matrix".to_owned());
    }
    check_sorted(series)?;
    let (start, end, step) = match (eval.expected.range_vector, eval.when) {
        (Some(range), _) => range,
        (None, When::Range { start, end, step }) => (start, end, step),
        (None, When::At(time)) => (time, time, 0),
    };
    let expected = index(eval);
    let mut seen = HashMap::new();
    for found in series {
        let labels = &found.labels;
        let Some((_, points)) = expected.get(labels) else { return Err(format!("unexpected {labels}")) };
        seen.insert(labels, ());
        let mut wanted = Vec::new();
        for (index, point) in points.iter().enumerate() {
            let time = start + step * index as Timestamp;
            if time > end {
                return Err(format!("{labels}: expected more points than the range has"));
            }
            if *point != Point::Omitted {
                wanted.push((time, point));
            }
        }
        series_points(&wanted, found).map_err(|reason| format!("{labels}: {reason}"))?;
    }
    match expected.keys().find(|labels| !seen.contains_key(*labels)) {
        Some(missing) => Err(format!("{missing} is missing")),
        None => Ok(()),
    }
}

fn series_points(wanted: &[(Timestamp, &Point)], found: &MatrixSeries) -> Result<(), String> {
    let points = points(found);
    for (index, (time, want)) in wanted.iter().enumerate() {
        let Some((found_time, found)) = points.get(index) else {
            return Err(format!("nothing at {time} ms"));
        };
        if found_time != time {
            return Err(format!("expected a point at {time} ms, the next is at {found_time} ms"));
        }
        point(want, *found).map_err(|reason| format!("at {time} ms {reason}"))?;
    }
    match points.get(wanted.len()) {
        Some((time, _)) => Err(format!("unexpected point at {time} ms")),
        None => Ok(()),
    }
}

/// One value as it came.
#[derive(Clone, Copy)]
enum Found<'a> {
    Float(f64),
    Histogram(&'a Arc<FloatHistogram>),
}

/// The points of a series, floats and histograms together in the order of time.
fn points(series: &MatrixSeries) -> Vec<(Timestamp, Found<'_>)> {
    let floats = series.floats.iter().map(|(time, value)| (time, Found::Float(value)));
    let histograms = series.histograms.iter().map(|(time, histogram)| (*time, Found::Histogram(histogram)));
    let mut points: Vec<_> = floats.chain(histograms).collect();
    points.sort_by_key(|(time, _)| *time);
    points
}

fn point(want: &Point, found: Found<'_>) -> Result<(), String> {
    match (want, found) {
        (Point::Float(want), Found::Float(found)) if almost_equal(*want, found, TOLERANCE) => Ok(()),
        (Point::Histogram { histogram, hint_noted }, Found::Histogram(found))
            if same_histogram(histogram, found, *hint_noted) =>
        {
            Ok(())
        }
        _ => Err(format!("expected {}, got {}", describe(want), describe_found(found))),
    }
}

fn same_histogram(want: &FloatHistogram, found: &FloatHistogram, hint_noted: bool) -> bool {
    let compacted = |histogram: &FloatHistogram| {
        let mut histogram = histogram.clone();
        histogram.compact(0);
        histogram
    };
    compacted(want).almost_same_counts(&compacted(found), TOLERANCE)
        && (!hint_noted || want.counter_reset == found.counter_reset)
}

/// The expected series by their labels, with their places.
fn index(eval: &Eval) -> HashMap<&Labels, (usize, &[Point])> {
    let series = eval.expected.series.iter().enumerate();
    series.map(|(position, (labels, points))| (labels, (position, points.as_slice()))).collect()
}

fn describe(point: &Point) -> String {
    match point {
        Point::Omitted => "_".to_owned(),
        Point::Float(value) if model::is_stale_nan(*value) => "stale".to_owned(),
        Point::Float(value) => value.to_string(),
        Point::Histogram { histogram, .. } => histogram.notation(),
    }
}

fn describe_found(found: Found<'_>) -> String {
    match found {
        Found::Float(value) => value.to_string(),
        Found::Histogram(histogram) => histogram.notation(),
    }
}

fn list_expected(eval: &Eval) -> String {
    let expected = &eval.expected;
    if let Some(scalar) = expected.scalar {
        return format!("  {scalar}\n");
    }
    if let Some(string) = &expected.string {
        return format!("  {string:?}\n");
    }
    list(expected.series.iter().map(|(labels, points)| {
        let points: Vec<String> = points.iter().map(describe).collect();
        format!("{labels} {}", points.join(" "))
    }))
}

fn list_value(value: &Value) -> String {
    match value {
        Value::Scalar { value, .. } => format!("  {value}\n"),
        Value::String { value, .. } => format!("  {value:?}\n"),
        Value::Vector(samples) => list(samples.iter().map(|sample| match &sample.value {
            SampleValue::Float(value) => format!("{} {value}", sample.labels),
            SampleValue::Histogram(histogram) => format!("{} {}", sample.labels, histogram.notation()),
        })),
        Value::Matrix(series) => list(series.iter().map(|series| {
            let points: Vec<String> = points(series)
                .into_iter()
                .map(|(time, found)| format!("{}@{time}", describe_found(found)))
                .collect();
            format!("{} {}", series.labels, points.join(" "))
        })),
    }
}

fn list(lines: impl ExactSizeIterator<Item = String>) -> String {
    let count = lines.len();
    let mut text = String::new();
    for line in lines.take(LISTED_MAX) {
        let _ = writeln!(text, "  {line}");
    }
    if count == 0 {
        text.push_str("  nothing\n");
    } else if count > LISTED_MAX {
        let _ = writeln!(text, "  and {} more", count - LISTED_MAX);
    }
    text
}
