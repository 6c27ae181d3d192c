//! Compares two answers of the query API: the same series, the same times, values and histograms within a millionth.

use serde_json::Value;

/// How far two values may lie apart, relative to the larger.
const TOLERANCE: f64 = 1e-6;

/// What is this close to nothing is what is left of numbers that should have cancelled each other out.
const NOTHING: f64 = 1e-9;

/// What differs between the answers of the peer and ours; empty when nothing does.
pub fn differences(theirs: &Value, ours: &Value) -> String {
    let (their_type, our_type) = (&theirs["data"]["resultType"], &ours["data"]["resultType"]);
    if their_type != our_type {
        return format!("result types {their_type} and {our_type}");
    }
    let (theirs, ours) = (&theirs["data"]["result"], &ours["data"]["result"]);
    if their_type == "scalar" || their_type == "string" {
        return if same_point(theirs, ours) { String::new() } else { format!("{theirs} and {ours}") };
    }
    let (theirs, ours) = (sorted(theirs), sorted(ours));
    if theirs.len() != ours.len() {
        return format!("{} and {} series; {theirs:.3?} and {ours:.3?}", theirs.len(), ours.len());
    }
    for (their_series, our_series) in theirs.iter().zip(&ours) {
        if their_series["metric"] != our_series["metric"] {
            return format!("series {} and {}", their_series["metric"], our_series["metric"]);
        }
        let (their_points, our_points) = (points(their_series), points(our_series));
        if their_points.len() != our_points.len() {
            return format!(
                "{}: {} and {} points",
                their_series["metric"],
                their_points.len(),
                our_points.len()
            );
        }
        if let Some((a, b)) = their_points.iter().zip(&our_points).find(|(a, b)| !same_point(a, b)) {
            return format!("{}: {a} and {b}", their_series["metric"]);
        }
    }
    String::new()
}

fn sorted(result: &Value) -> Vec<&Value> {
    let mut series: Vec<&Value> = result.as_array().into_iter().flatten().collect();
    series.sort_by_key(|series| series["metric"].to_string());
    series
}

fn points(series: &Value) -> Vec<&Value> {
    let lists = [&series["values"], &series["histograms"]].into_iter().filter_map(Value::as_array).flatten();
    let single = [&series["value"], &series["histogram"]].into_iter().filter(|point| !point.is_null());
    lists.chain(single).collect()
}

fn same_point(left: &Value, right: &Value) -> bool {
    let number = |point: &Value| point[1].as_str().and_then(|text| text.parse::<f64>().ok());
    let times = (left[0].as_f64(), right[0].as_f64());
    match (number(left), number(right)) {
        (Some(a), Some(b)) => times.0 == times.1 && same_value(a, b),
        _ => times.0 == times.1 && same_histogram(&left[1], &right[1]),
    }
}

/// Whether two values of JSON are the same but for the last digits of numbers, which stand in texts.
fn same_histogram(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same_histogram(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_histogram(a, b))
        }
        (Value::String(a), Value::String(b)) => match (a.parse(), b.parse()) {
            (Ok(a), Ok(b)) => same_value(a, b),
            _ => a == b,
        },
        _ => left == right,
    }
}

fn same_value(left: f64, right: f64) -> bool {
    left == right
        || (left - right).abs() < NOTHING
        || (left.is_nan() && right.is_nan())
        || (left - right).abs() <= TOLERANCE * left.abs().max(right.abs())
}
