//! `changes` and `resets`: how often a series changed, or fell.

use crate::annotation::Annotations;
use crate::error::QueryError;
use crate::eval::points::Point;
use crate::functions::window::{Either, Stamped, Window, is_start_reset};
use crate::syntax::RangeKind;

pub(super) fn changes(window: &Window<'_>, _: &mut Annotations) -> Result<Option<Point>, QueryError> {
    Ok(count(window, |previous, current| match (previous.value, current.value) {
        (Either::Float(before), Either::Float(after)) => {
            before != after && !(before.is_nan() && after.is_nan())
        }
        (Either::Histogram(before), Either::Histogram(after)) => !before.same_counts(after),
        _ => true,
    }))
}

pub(super) fn resets(window: &Window<'_>, _: &mut Annotations) -> Result<Option<Point>, QueryError> {
    Ok(count(window, |previous, current| {
        let restarted = is_start_reset(previous.start, previous.time, current.start, current.time);
        match (previous.value, current.value) {
            (Either::Float(before), Either::Float(after)) => after < before || restarted,
            (Either::Histogram(before), Either::Histogram(after)) => {
                restarted || after.is_reset_after(before)
            }
            _ => true,
        }
    }))
}

fn count(window: &Window<'_>, counts: impl Fn(&Stamped<'_>, &Stamped<'_>) -> bool) -> Option<Point> {
    let (first_float, first_histogram) = first_samples(window)?;
    let mut samples = window.merged(first_float, first_histogram);
    let mut previous = samples.next()?;
    let mut total = 0.0;
    for current in samples {
        if counts(&previous, &current) {
            total += 1.0;
        }
        previous = current;
    }
    Some(Point::Float(total))
}

/// Where to begin. An anchored range begins with the last sample at or before its start, of whichever kind, and is
/// empty unless a sample follows the start.
fn first_samples(window: &Window<'_>) -> Option<(usize, usize)> {
    if window.kind != RangeKind::Anchored {
        return Some((0, 0));
    }
    let floats = window.times.partition_point(|&time| time <= window.start);
    let histograms = window.histogram_times.partition_point(|&time| time <= window.start);
    if floats == window.times.len() && histograms == window.histogram_times.len() {
        return None;
    }
    let float_anchor = floats.checked_sub(1);
    let histogram_anchor = histograms.checked_sub(1);
    Some(match (float_anchor, histogram_anchor) {
        (None, None) => (0, 0),
        (Some(float), None) => (float, histograms),
        (None, Some(histogram)) => (floats, histogram),
        (Some(float), Some(histogram)) => {
            if window.times[float] >= window.histogram_times[histogram] {
                (float, histograms)
            } else {
                (floats, histogram)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn changes_and_resets_are_counted() {
        passes(
            r#"
load 1m
  x 1 2 2 1 NaN NaN 3
  h {{schema:0 sum:1 count:2 buckets:[2]}} {{schema:0 sum:1 count:1 buckets:[1]}} {{schema:0 sum:1 count:1 buckets:[1]}}
  mixed 1 {{schema:0 sum:1 count:1 buckets:[1]}} 1

eval instant at 6m changes(x[10m])
  {} 4

eval instant at 6m resets(x[10m])
  {} 1

eval instant at 2m changes(h[10m])
  {} 1

eval instant at 2m resets(h[10m])
  {} 1

eval instant at 2m changes(mixed[10m])
  {} 2

# The sample before an anchored range is what the first one in it is compared with.
eval instant at 3m changes(x[1m] anchored)
  {} 1

eval instant at 3m changes(x[1m])
  {} 0
"#,
        );
    }
}
