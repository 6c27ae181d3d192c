//! The `_over_time` family that picks or counts samples: count, present, first, last, min, max and their times.

use crate::annotation::Annotations;
use crate::error::QueryError;
use crate::eval::points::Point;
use crate::functions::window::Window;

type Outcome = Result<Option<Point>, QueryError>;

pub(super) fn count(window: &Window<'_>, _: &mut Annotations) -> Outcome {
    Ok(Some(Point::Float((window.floats.len() + window.histograms.len()) as f64)))
}

pub(super) fn present(_: &Window<'_>, _: &mut Annotations) -> Outcome {
    Ok(Some(Point::Float(1.0)))
}

pub(super) fn first(window: &Window<'_>, _: &mut Annotations) -> Outcome {
    Ok(match (window.times.first(), window.histogram_times.first()) {
        (Some(float), Some(histogram)) if float >= histogram => first_histogram(window),
        (None, _) => first_histogram(window),
        _ => window.floats.first().copied().map(Point::Float),
    })
}

pub(super) fn last(window: &Window<'_>, _: &mut Annotations) -> Outcome {
    let last_histogram = || window.histograms.last().cloned().map(Point::Histogram);
    Ok(match (window.times.last(), window.histogram_times.last()) {
        (Some(float), Some(histogram)) if float <= histogram => last_histogram(),
        (None, _) => last_histogram(),
        _ => window.floats.last().copied().map(Point::Float),
    })
}

fn first_histogram(window: &Window<'_>) -> Option<Point> {
    window.histograms.first().cloned().map(Point::Histogram)
}

pub(super) fn time_of_first(window: &Window<'_>, _: &mut Annotations) -> Outcome {
    let time = window.times.first().into_iter().chain(window.histogram_times.first()).min();
    Ok(time.map(|&time| Point::Float(time as f64 / 1000.0)))
}

pub(super) fn time_of_last(window: &Window<'_>, _: &mut Annotations) -> Outcome {
    let time = window.times.last().into_iter().chain(window.histogram_times.last()).max();
    Ok(time.map(|&time| Point::Float(time as f64 / 1000.0)))
}

pub(super) fn max(window: &Window<'_>, notes: &mut Annotations) -> Outcome {
    Ok(extreme(window, notes, |value, best| value > best).map(|index| Point::Float(window.floats[index])))
}

pub(super) fn min(window: &Window<'_>, notes: &mut Annotations) -> Outcome {
    Ok(extreme(window, notes, |value, best| value < best).map(|index| Point::Float(window.floats[index])))
}

pub(super) fn time_of_max(window: &Window<'_>, notes: &mut Annotations) -> Outcome {
    Ok(extreme(window, notes, |value, best| value >= best).map(|index| time_of(window, index)))
}

pub(super) fn time_of_min(window: &Window<'_>, notes: &mut Annotations) -> Outcome {
    Ok(extreme(window, notes, |value, best| value <= best).map(|index| time_of(window, index)))
}

fn time_of(window: &Window<'_>, index: usize) -> Point {
    Point::Float(window.times[index] as f64 / 1000.0)
}

/// The index of the float that no other beats; NaN is beaten by everything.
fn extreme(window: &Window<'_>, notes: &mut Annotations, beats: impl Fn(f64, f64) -> bool) -> Option<usize> {
    let mut best = *window.floats.first()?;
    window.note_ignored_histograms(notes);
    let mut best_index = 0;
    for (index, &value) in window.floats.iter().enumerate() {
        if beats(value, best) || best.is_nan() {
            (best, best_index) = (value, index);
        }
    }
    Some(best_index)
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn samples_are_picked_and_counted() {
        passes(
            r#"
load 1m
  x 3 NaN 1 4 1 stale
  h {{schema:0 sum:1 count:1 buckets:[1]}}x2
  mixed 5 {{schema:0 sum:1 count:1 buckets:[1]}}

eval instant at 5m count_over_time(x[10m])
  {} 5

eval instant at 5m present_over_time(x[10m])
  {} 1

eval instant at 5m min_over_time(x[10m])
  {} 1

eval instant at 5m max_over_time(x[10m])
  {} 4

eval instant at 5m first_over_time(x[10m])
  x 3

eval instant at 5m last_over_time(x[10m])
  x 1

eval instant at 5m ts_of_first_over_time(x[10m])
  {} 0

eval instant at 5m ts_of_last_over_time(x[10m])
  {} 240

eval instant at 5m ts_of_max_over_time(x[10m])
  {} 180

# Of equal extremes the last.
eval instant at 5m ts_of_min_over_time(x[10m])
  {} 240

eval instant at 2m last_over_time(h[10m])
  h {{schema:0 sum:1 count:1 buckets:[1]}}

eval instant at 1m min_over_time(mixed[10m])
  expect info msg: PromQL info: ignored histograms in a range containing both floats and histograms for metric name "mixed" (1:15)
  {} 5

eval instant at 1m absent_over_time(nothing{a="b"}[10m])
  {a="b"} 1
"#,
        );
    }
}
