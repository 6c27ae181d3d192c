//! Binary operators between scalars, vectors, and both.

use std::collections::BTreeSet;

use model::{Labels, METRIC_NAME};
use promql::syntax::{BinaryExpr, BinaryOp, Cardinality, VectorMatching};

use super::{Outcome, unique};

type Vector = Vec<(Labels, f64)>;

/// Applies the operator at one time.
pub(crate) fn apply(binary: &BinaryExpr, left: Outcome, right: Outcome) -> Result<Outcome, String> {
    Ok(match (left, right) {
        (Outcome::Scalar(left), Outcome::Scalar(right)) => {
            let (value, keep) = operate(binary.op, left, right);
            let truth = f64::from(u8::from(keep));
            Outcome::Scalar(if binary.op.is_comparison() { truth } else { value })
        }
        (Outcome::Vector(vector), Outcome::Scalar(scalar)) => {
            Outcome::Vector(with_scalar(binary, vector, |value| operate(binary.op, value, scalar))?)
        }
        (Outcome::Scalar(scalar), Outcome::Vector(vector)) => {
            Outcome::Vector(with_scalar(binary, vector, |value| operate(binary.op, scalar, value))?)
        }
        (Outcome::Vector(left), Outcome::Vector(right)) => {
            let matching = binary.matching.as_ref().expect("vectors are matched");
            Outcome::Vector(if binary.op.is_set() {
                set(binary.op, matching, left, right)
            } else {
                matched(binary, matching, left, right)?
            })
        }
    })
}

/// The value, and for a comparison whether it holds.
fn operate(op: BinaryOp, left: f64, right: f64) -> (f64, bool) {
    match op {
        BinaryOp::Add => (left + right, true),
        BinaryOp::Sub => (left - right, true),
        BinaryOp::Mul => (left * right, true),
        BinaryOp::Div => (left / right, true),
        BinaryOp::Mod => (left % right, true),
        BinaryOp::Pow => (left.powf(right), true),
        BinaryOp::Atan2 => (left.atan2(right), true),
        BinaryOp::Equal => (left, left == right),
        BinaryOp::NotEqual => (left, left != right),
        BinaryOp::Greater => (left, left > right),
        BinaryOp::Less => (left, left < right),
        BinaryOp::GreaterEqual => (left, left >= right),
        BinaryOp::LessEqual => (left, left <= right),
        other => panic!("the reference does not know {other}"),
    }
}

fn with_scalar(
    binary: &BinaryExpr,
    vector: Vector,
    of: impl Fn(f64) -> (f64, bool),
) -> Result<Vector, String> {
    let mut results = Vec::new();
    for (labels, value) in vector {
        let (result, keep) = of(value);
        if !binary.op.is_comparison() {
            results.push((labels.without_name(), result));
        } else if binary.return_bool {
            results.push((labels.without_name(), f64::from(u8::from(keep))));
        } else if keep {
            results.push((labels, value));
        }
    }
    unique(results)
}

/// The labels by which series find each other.
fn signature(matching: &VectorMatching, labels: &Labels) -> Labels {
    let named = |name: &str| matching.labels.iter().any(|label| label == name);
    labels.filter(|name| if matching.on { named(name) } else { !named(name) && name != METRIC_NAME })
}

fn set(op: BinaryOp, matching: &VectorMatching, left: Vector, right: Vector) -> Vector {
    let signatures = |vector: &Vector| -> BTreeSet<Labels> {
        vector.iter().map(|(labels, _)| signature(matching, labels)).collect()
    };
    let (of_left, of_right) = (signatures(&left), signatures(&right));
    match op {
        BinaryOp::And => {
            left.into_iter().filter(|(labels, _)| of_right.contains(&signature(matching, labels))).collect()
        }
        BinaryOp::Unless => {
            left.into_iter().filter(|(labels, _)| !of_right.contains(&signature(matching, labels))).collect()
        }
        _ => {
            let rest =
                right.into_iter().filter(|(labels, _)| !of_left.contains(&signature(matching, labels)));
            left.into_iter().chain(rest).collect()
        }
    }
}

fn matched(
    binary: &BinaryExpr,
    matching: &VectorMatching,
    left: Vector,
    right: Vector,
) -> Result<Vector, String> {
    if left.is_empty() || right.is_empty() {
        return Ok(Vec::new());
    }
    let swapped = matching.cardinality == Cardinality::OneToMany;
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let mut signatures = BTreeSet::new();
    for (labels, _) in &one {
        if !signatures.insert(signature(matching, labels)) {
            return Err("found duplicate series for the match group".to_owned());
        }
    }
    let mut taken = BTreeSet::new();
    let mut results = Vec::new();
    for (labels, value) in &many {
        let wanted = signature(matching, labels);
        let Some((partner, other)) = one.iter().find(|(labels, _)| signature(matching, labels) == wanted)
        else {
            continue;
        };
        let (left, right) = if swapped { (*other, *value) } else { (*value, *other) };
        let (mut result, keep) = operate(binary.op, left, right);
        if binary.return_bool {
            result = f64::from(u8::from(keep));
        } else if !keep {
            continue;
        }
        let labels = result_labels(binary, matching, labels, partner);
        let one_to_one = matching.cardinality == Cardinality::OneToOne;
        if !taken.insert(if one_to_one { wanted } else { labels.clone() }) {
            return Err("multiple matches for labels".to_owned());
        }
        results.push((labels, result));
    }
    Ok(results)
}

fn result_labels(binary: &BinaryExpr, matching: &VectorMatching, many: &Labels, one: &Labels) -> Labels {
    let drops_name = !binary.op.is_comparison() || binary.return_bool;
    let labels = if drops_name { many.without_name() } else { many.clone() };
    let named = |name: &str| matching.labels.iter().any(|label| label == name);
    if matching.cardinality == Cardinality::OneToOne {
        return labels.filter(|name| named(name) == matching.on);
    }
    let mut builder = labels.to_builder();
    for label in &matching.include {
        match one.value(label) {
            "" => builder.remove(label),
            value => builder.set(label, value),
        };
    }
    builder.build()
}
