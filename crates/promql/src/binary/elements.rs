//! Operators between two values: floats, histograms, or one of each.

use std::sync::Arc;

use model::histogram::Keep;
use model::{CounterReset, FloatHistogram};

use crate::annotation::{Annotations, HistogramOperation, Note};
use crate::eval::points::{Point, Points};
use crate::syntax::{BinaryOp, Span};

/// What an operator makes of two values.
pub(crate) enum Outcome {
    /// A value, and whether a comparison held.
    Value { point: Point, keep: bool },
    /// Nothing, which was noted.
    None,
}

/// Whether the result of an operator is no longer the metric on its left.
pub(crate) fn changes_metric(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Mod
            | BinaryOp::Pow
            | BinaryOp::Atan2
    )
}

/// An operator between two scalars; comparisons yield 0 or 1.
pub(crate) fn scalars(op: BinaryOp, left: f64, right: f64) -> f64 {
    match arithmetic(op) {
        Some(arithmetic) => arithmetic(left, right),
        None => f64::from(u8::from(compares(op, left, right))),
    }
}

/// The arithmetic behind an operator.
pub(crate) fn arithmetic(op: BinaryOp) -> Option<fn(f64, f64) -> f64> {
    Some(match op {
        BinaryOp::Add => |left, right| left + right,
        BinaryOp::Sub => |left, right| left - right,
        BinaryOp::Mul => |left, right| left * right,
        BinaryOp::Div => |left, right| left / right,
        BinaryOp::Mod => |left, right| left % right,
        BinaryOp::Pow => f64::powf,
        BinaryOp::Atan2 => f64::atan2,
        _ => return None,
    })
}

/// Whether a comparison of floats holds.
pub(crate) fn compares(op: BinaryOp, left: f64, right: f64) -> bool {
    match op {
        BinaryOp::Equal => left == right,
        BinaryOp::NotEqual => left != right,
        BinaryOp::Greater => left > right,
        BinaryOp::Less => left < right,
        BinaryOp::GreaterEqual => left >= right,
        BinaryOp::LessEqual => left <= right,
        _ => false,
    }
}

/// An operator between two values of two vectors. What there is to tell about it goes into `note`.
pub(crate) fn values(op: BinaryOp, left: &Point, right: &Point, note: &mut Option<Note<'static>>) -> Outcome {
    match (left, right) {
        (&Point::Float(left), &Point::Float(right)) => floats(op, left, right, note),
        (&Point::Float(left), Point::Histogram(right)) => match op {
            BinaryOp::Mul => changed(right, |histogram| histogram.multiply(left)),
            _ => incompatible(op, ["float", "histogram"], note),
        },
        (Point::Histogram(left), &Point::Float(right)) => match op {
            BinaryOp::Mul => changed(left, |histogram| histogram.multiply(right)),
            BinaryOp::Div => changed(left, |histogram| histogram.divide(right)),
            BinaryOp::TrimUpper => trimmed(left, right, Keep::Below),
            BinaryOp::TrimLower => trimmed(left, right, Keep::Above),
            _ => incompatible(op, ["histogram", "float"], note),
        },
        (Point::Histogram(left), Point::Histogram(right)) => histograms(op, left, right, note),
    }
}

fn floats(op: BinaryOp, left: f64, right: f64, note: &mut Option<Note<'static>>) -> Outcome {
    if let Some(arithmetic) = arithmetic(op) {
        return Outcome::Value { point: Point::Float(arithmetic(left, right)), keep: true };
    }
    if op.is_comparison() {
        return Outcome::Value { point: Point::Float(left), keep: compares(op, left, right) };
    }
    incompatible(op, ["float", "float"], note)
}

fn histograms(
    op: BinaryOp,
    left: &Arc<FloatHistogram>,
    right: &FloatHistogram,
    note: &mut Option<Note<'static>>,
) -> Outcome {
    let operation = match op {
        BinaryOp::Add => HistogramOperation::Addition,
        BinaryOp::Sub => HistogramOperation::Subtraction,
        BinaryOp::Equal | BinaryOp::NotEqual => {
            let keep = left.same_counts(right) == (op == BinaryOp::Equal);
            return Outcome::Value { point: Point::Histogram(left.clone()), keep };
        }
        _ => return incompatible(op, ["histogram", "histogram"], note),
    };
    let mut result = FloatHistogram::clone(left);
    let combined = match operation {
        HistogramOperation::Addition => result.add(right),
        _ => result.subtract(right),
    };
    let Ok(reconciled) = combined else {
        *note = Some(Note::IncompatibleBucketLayout { operator: op.symbol() });
        return Outcome::None;
    };
    if reconciled.counter_reset_conflict {
        *note = Some(Note::CounterResetCollision(operation));
        return Outcome::None;
    }
    if reconciled.custom_bounds {
        *note = Some(Note::MismatchedCustomBuckets(operation));
    }
    if operation == HistogramOperation::Subtraction {
        result.counter_reset = CounterReset::Gauge;
    }
    result.compact(0);
    Outcome::Value { point: Point::from(result), keep: true }
}

fn changed(histogram: &Arc<FloatHistogram>, change: impl Fn(&mut FloatHistogram)) -> Outcome {
    let mut result = FloatHistogram::clone(histogram);
    change(&mut result);
    result.compact(0);
    Outcome::Value { point: Point::from(result), keep: true }
}

fn trimmed(histogram: &Arc<FloatHistogram>, cut: f64, keep: Keep) -> Outcome {
    let mut result = FloatHistogram::clone(histogram);
    result.trim(cut, keep);
    Outcome::Value { point: Point::from(result), keep: true }
}

fn incompatible(op: BinaryOp, [left, right]: [&'static str; 2], note: &mut Option<Note<'static>>) -> Outcome {
    *note = Some(Note::IncompatibleTypes { left, operator: op.symbol(), right });
    Outcome::None
}

/// An operator between the values of a series and a scalar. Comparisons keep the series' value, whichever side it is on.
pub(crate) fn with_scalar(
    points: &mut Points,
    op: BinaryOp,
    scalar: &[f64],
    scalar_left: bool,
    return_bool: bool,
    span: Span,
    notes: &mut Annotations,
) {
    if points.histograms.is_none()
        && let Some(arithmetic) = arithmetic(op)
    {
        for (value, &scalar) in points.floats.iter_mut().zip(scalar) {
            if !crate::eval::points::is_absent(*value) {
                *value = if scalar_left { arithmetic(scalar, *value) } else { arithmetic(*value, scalar) };
            }
        }
        return;
    }
    for (step, &scalar) in scalar.iter().enumerate().take(points.len()) {
        let Some(point) = points.get(step) else { continue };
        let scalar = Point::Float(scalar);
        let (left, right) = if scalar_left { (&scalar, &point) } else { (&point, &scalar) };
        let mut note = None;
        let outcome = values(op, left, right, &mut note);
        if let Some(note) = note {
            notes.add(note, span);
        }
        points.clear(step);
        if let Outcome::Value { point: result, keep } = outcome {
            if return_bool {
                points.set(step, Point::Float(f64::from(u8::from(keep))));
            } else if keep {
                let from_series = scalar_left && op.is_comparison();
                points.set(step, if from_series { point } else { result });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::points::ABSENT;

    #[test]
    fn scalars_meet_scalars() {
        let check =
            |op, left, right, want: f64| assert_eq!(scalars(op, left, right), want, "{left} {op} {right}");
        check(BinaryOp::Mod, -7.0, 3.0, -1.0);
        check(BinaryOp::Pow, 2.0, 10.0, 1024.0);
        check(BinaryOp::Less, 1.0, 2.0, 1.0);
        check(BinaryOp::Equal, f64::NAN, f64::NAN, 0.0);
        check(BinaryOp::NotEqual, f64::NAN, f64::NAN, 1.0);
    }

    #[test]
    fn comparisons_keep_the_value_of_the_series() {
        let check = |op, scalar_left, return_bool, want: &[f64]| {
            let mut points = Points::floats(vec![1.0, ABSENT, 3.0]);
            let mut notes = Annotations::default();
            with_scalar(&mut points, op, &[2.0; 3], scalar_left, return_bool, Span::default(), &mut notes);
            assert_eq!(format!("{:?}", points.floats), format!("{want:?}"));
        };
        check(BinaryOp::Greater, false, false, &[ABSENT, ABSENT, 3.0]);
        check(BinaryOp::Greater, true, false, &[1.0, ABSENT, ABSENT]);
        check(BinaryOp::Greater, true, true, &[1.0, ABSENT, 0.0]);
        check(BinaryOp::Sub, true, false, &[1.0, ABSENT, -1.0]);
    }
}
