//! Series as scripts write them: labels, then values such as `1 2+3x2 _ stale {{schema:1 count:4}}x3`.

use std::sync::Arc;

use model::histogram::parse_notation_series;
use model::{FloatHistogram, Labels, STALE_NAN};

use crate::parse::{parse_labels, parse_number};

/// The most values one series may be written to have.
const VALUES_MAX: usize = 1_000_000;

/// One place in a series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Point {
    /// No sample.
    Omitted,
    /// A float.
    Float(f64),
    /// A histogram, and whether its counter-reset hint was written, so that it counts.
    Histogram { histogram: Arc<FloatHistogram>, hint_noted: bool },
}

/// Reads a line `metric{labels} values`.
pub(crate) fn parse(line: &str) -> Result<(Labels, Vec<Point>), String> {
    let (labels, values) = split_labels(line);
    let labels = parse_labels(labels).map_err(|error| error.to_string())?;
    Ok((labels, points(values)?))
}

/// Cuts a line behind its labels: at the first blank outside of braces.
pub(crate) fn split_labels(line: &str) -> (&str, &str) {
    let (mut quote, mut in_braces, mut escaped) = (None, false, false);
    for (position, character) in line.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some('"' | '\''), '\\') => escaped = true,
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '{') => in_braces = true,
            (None, '}') => in_braces = false,
            (None, ' ' | '\t') if !in_braces => return line.split_at(position),
            _ => {}
        }
    }
    (line, "")
}

/// Reads all values of a series.
fn points(text: &str) -> Result<Vec<Point>, String> {
    let mut points = Vec::new();
    for item in items(text) {
        expand(item, &mut points)?;
        if points.len() > VALUES_MAX {
            return Err(format!("more than {VALUES_MAX} values in a series"));
        }
    }
    Ok(points)
}

/// The items of a series: cut at blanks, but not within a histogram.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0usize;
    text.split(move |character: char| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(character, ' ' | '\t')
    })
    .filter(|item| !item.is_empty())
}

/// Appends the values one item stands for.
fn expand(item: &str, points: &mut Vec<Point>) -> Result<(), String> {
    if item.starts_with("{{") {
        let noted = parse_notation_series(item).map_err(|error| format!("{item}: {error}"))?;
        points.extend(noted.into_iter().map(|noted| Point::Histogram {
            histogram: Arc::new(noted.histogram),
            hint_noted: noted.counter_reset_noted,
        }));
        return Ok(());
    }
    let invalid = || format!("unexpected {item:?} in series values, expected number or \"stale\"");
    if let Some(rest) = item.strip_prefix('_') {
        let count = if rest.is_empty() { 1 } else { times(rest).ok_or_else(invalid)? };
        points.extend(std::iter::repeat_n(Point::Omitted, count));
        return Ok(());
    }
    if item == "stale" {
        points.push(Point::Float(STALE_NAN));
        return Ok(());
    }
    let (mut value, rest) = take_number(item).ok_or_else(invalid)?;
    if rest.is_empty() {
        points.push(Point::Float(value));
        return Ok(());
    }
    let (step, rest) =
        if rest.starts_with('x') { (0.0, rest) } else { take_number(rest).ok_or_else(invalid)? };
    // The first value is not one of the repetitions.
    for _ in 0..=times(rest).ok_or_else(invalid)? {
        points.push(Point::Float(value));
        value += step;
    }
    Ok(())
}

/// Reads `x5`.
pub(crate) fn times(text: &str) -> Option<usize> {
    text.strip_prefix('x')?.parse().ok().filter(|&times| times <= VALUES_MAX)
}

/// Reads a signed number and returns what follows it.
fn take_number(text: &str) -> Option<(f64, &str)> {
    let bytes = text.as_bytes();
    let mut end = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    if bytes.get(end)?.is_ascii_alphabetic() {
        end += 3;
    } else {
        while let Some(&byte) = bytes.get(end) {
            let exponent_sign = matches!(byte, b'+' | b'-') && matches!(bytes[end - 1], b'e' | b'E');
            if !(byte.is_ascii_digit()
                || matches!(byte, b'.' | b'_' | b'e' | b'E')
                || end > 0 && exponent_sign)
            {
                break;
            }
            end += 1;
        }
    }
    let number = text.get(..end)?;
    Some((parse_number(number).ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_values_are_expanded() {
        let check = |line: &str, want: &str| {
            let (labels, points) = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            let points: Vec<String> = points
                .iter()
                .map(|point| match point {
                    Point::Omitted => "_".to_owned(),
                    Point::Float(value) if model::is_stale_nan(*value) => "stale".to_owned(),
                    Point::Float(value) => value.to_string(),
                    Point::Histogram { histogram, .. } => histogram.notation(),
                })
                .collect();
            assert_eq!(format!("{labels} {}", points.join(" ")), want, "{line}");
        };
        check("up 1 2", "up 1 2");
        check(r#"up{a="b c}"} 1x2"#, r#"up{a="b c}"} 1 1 1"#);
        check("{} 1+2x2 _ _x2 -1-0.5x1", "{} 1 3 5 _ _ _ -1 -1.5");
        check("x stale NaN Inf -Inf 1e+2", "x stale NaN inf -inf 100");
        check("x {{count:2 sum:1}}x1", "x {{count:2 sum:1}} {{count:2 sum:1}}");
        for bad in ["up 1y", "up{a} 1", "up 1x", "up x", "up 1+x2", "up 1x99999999"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
