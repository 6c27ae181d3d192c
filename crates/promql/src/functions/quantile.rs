//! Quantiles of floats: `quantile_over_time`, `mad_over_time`, and the aggregation `quantile`.

use crate::annotation::{Annotations, Note};
use crate::error::QueryError;
use crate::eval::points::Point;
use crate::functions::window::Window;

pub(super) fn quantile_over_time(
    window: &Window<'_>,
    notes: &mut Annotations,
) -> Result<Option<Point>, QueryError> {
    if window.floats.is_empty() {
        return Ok(None);
    }
    let quantile = window.params[0];
    if !is_quantile(quantile) {
        notes.add(Note::InvalidQuantile(quantile), window.span);
    }
    window.note_ignored_histograms(notes);
    Ok(Some(Point::Float(quantile_of(quantile, &mut window.floats.to_vec()))))
}

/// The median of the distances to the median.
pub(super) fn mad_over_time(
    window: &Window<'_>,
    notes: &mut Annotations,
) -> Result<Option<Point>, QueryError> {
    if window.floats.is_empty() {
        return Ok(None);
    }
    window.note_ignored_histograms(notes);
    if window.floats.iter().any(|value| value.is_nan()) {
        return Ok(Some(Point::Float(f64::NAN)));
    }
    let mut values = window.floats.to_vec();
    let median = quantile_of(0.5, &mut values);
    values.iter_mut().for_each(|value| *value = (*value - median).abs());
    Ok(Some(Point::Float(quantile_of(0.5, &mut values))))
}

/// Whether a number is a share between nothing and all.
pub(crate) fn is_quantile(quantile: f64) -> bool {
    (0.0..=1.0).contains(&quantile)
}

/// The value below which a share of `values` lies, which are reordered; NaN sorts before everything.
pub(crate) fn quantile_of(quantile: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || quantile.is_nan() {
        return f64::NAN;
    }
    if quantile < 0.0 {
        return f64::NEG_INFINITY;
    }
    if quantile > 1.0 {
        return f64::INFINITY;
    }
    let rank = quantile * (values.len() - 1) as f64;
    let weight = rank - rank.floor();
    let lower = rank.floor().max(0.0) as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let order = |left: &f64, right: &f64| match (left.is_nan(), right.is_nan()) {
        (true, true) => std::cmp::Ordering::Equal,
        (true, false) => std::cmp::Ordering::Less,
        (false, true) => std::cmp::Ordering::Greater,
        (false, false) => left.total_cmp(right),
    };
    let (_, &mut lower_value, above) = values.select_nth_unstable_by(lower, order);
    let upper_value =
        if upper == lower { lower_value } else { above.iter().copied().min_by(order).unwrap_or(lower_value) };
    lower_value * (1.0 - weight) + upper_value * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        let check = |quantile: f64, values: &[f64], want: f64| {
            assert_eq!(
                quantile_of(quantile, &mut values.to_vec()).to_string(),
                want.to_string(),
                "{quantile}"
            );
        };
        check(0.5, &[3.0, 1.0, 2.0], 2.0);
        check(0.25, &[4.0, 1.0, 3.0, 2.0], 1.75);
        check(1.0, &[4.0, 1.0], 4.0);
        check(-1.0, &[4.0], f64::NEG_INFINITY);
        check(2.0, &[4.0], f64::INFINITY);
        check(0.5, &[], f64::NAN);
        check(0.0, &[1.0, f64::NAN], f64::NAN);
        check(1.0, &[1.0, f64::NAN], 1.0);
    }
}
