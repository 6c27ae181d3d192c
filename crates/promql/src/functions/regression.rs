//! Lines and trends through samples: `deriv`, `predict_linear`, `double_exponential_smoothing`.

use model::Timestamp;

use crate::annotation::Annotations;
use crate::error::QueryError;
use crate::eval::points::Point;
use crate::functions::window::Window;
use crate::kahan::KahanSum;

pub(super) fn deriv(window: &Window<'_>, notes: &mut Annotations) -> Result<Option<Point>, QueryError> {
    Ok(has_two(window, notes).then(|| {
        // A time near the samples keeps the numbers small, and with them what rounding takes.
        let (slope, _) = regression(window.times, window.floats, window.times[0]);
        Point::Float(slope)
    }))
}

pub(super) fn predict_linear(
    window: &Window<'_>,
    notes: &mut Annotations,
) -> Result<Option<Point>, QueryError> {
    Ok(has_two(window, notes).then(|| {
        let (slope, intercept) = regression(window.times, window.floats, window.step_time);
        Point::Float(slope * window.params[0] + intercept)
    }))
}

pub(super) fn double_exponential_smoothing(
    window: &Window<'_>,
    notes: &mut Annotations,
) -> Result<Option<Point>, QueryError> {
    let (smoothing, trend) = (window.params[0], window.params[1]);
    let invalid = |name: &str, short: &str, value: f64| {
        QueryError::execution(format!("invalid {name} factor. Expected: 0 < {short} < 1, got: {value:.6}"))
    };
    if smoothing <= 0.0 || smoothing >= 1.0 {
        return Err(invalid("smoothing", "sf", smoothing));
    }
    if trend <= 0.0 || trend >= 1.0 {
        return Err(invalid("trend", "tf", trend));
    }
    if !has_two(window, notes) {
        return Ok(None);
    }
    let floats = window.floats;
    let (mut before, mut level, mut slope) = (0.0, floats[0], floats[1] - floats[0]);
    for (index, value) in floats.iter().enumerate().skip(1) {
        if index > 1 {
            slope = trend * (level - before) + (1.0 - trend) * slope;
        }
        let next = smoothing * value + (1.0 - smoothing) * (level + slope);
        (before, level) = (level, next);
    }
    Ok(Some(Point::Float(level)))
}

/// Whether there are two floats to draw a line through. Says that histograms were left out, where that matters.
fn has_two(window: &Window<'_>, notes: &mut Annotations) -> bool {
    if !window.floats.is_empty() {
        window.note_ignored_histograms(notes);
    }
    window.floats.len() >= 2
}

/// The line of least squares: its slope per second, and its value at `origin`.
fn regression(times: &[Timestamp], floats: &[f64], origin: Timestamp) -> (f64, f64) {
    let first = floats[0];
    if floats.iter().all(|&value| value == first) {
        return if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) };
    }
    let mut x_sum = KahanSum::default();
    let mut y_sum = KahanSum::default();
    let mut xy_sum = KahanSum::default();
    let mut xx_sum = KahanSum::default();
    for (&time, &y) in times.iter().zip(floats) {
        let x = time.saturating_sub(origin) as f64 / 1000.0;
        x_sum.add(x);
        y_sum.add(y);
        xy_sum.add(x * y);
        xx_sum.add(x * x);
    }
    let count = floats.len() as f64;
    let (x, y, xy, xx) = (x_sum.value(), y_sum.value(), xy_sum.value(), xx_sum.value());
    let slope = (xy - x * y / count) / (xx - x * x / count);
    (slope, y / count - slope * x / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_through_the_samples() {
        let (slope, at_zero) = regression(&[1000, 2000, 3000], &[3.0, 5.0, 7.0], 0);
        assert!((slope - 2.0).abs() < 1e-12 && (at_zero - 1.0).abs() < 1e-12);
        assert_eq!(regression(&[1000, 2000], &[4.0, 4.0], 0), (0.0, 4.0));
    }

    #[test]
    fn trends_are_followed() {
        crate::functions::passes(
            r#"
load 1m
  line 0+60x5
  flat 7x5
  one 1

eval instant at 5m deriv(line[10m])
  {} 1

eval instant at 5m predict_linear(line[10m], 60)
  {} 360

eval instant at 5m double_exponential_smoothing(line[10m], 0.5, 0.5)
  {} 300

eval instant at 5m double_exponential_smoothing(flat[10m], 0.1, 0.9)
  {} 7

eval instant at 0m deriv(one[10m])

eval instant at 5m double_exponential_smoothing(line[10m], 1, 0.5)
  expect fail msg: invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000
"#,
        );
    }
}
