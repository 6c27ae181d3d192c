//! Functions of samples and of ranges, and folds of groups.

use std::cmp::Ordering;

use promql::syntax::FunctionId;

/// A function of one sample and of parameters.
pub(crate) fn of_samples(id: FunctionId) -> Option<fn(f64, &[f64]) -> f64> {
    Some(match id {
        FunctionId::Abs => |value, _| value.abs(),
        FunctionId::Ceil => |value, _| value.ceil(),
        FunctionId::Floor => |value, _| value.floor(),
        FunctionId::Sqrt => |value, _| value.sqrt(),
        FunctionId::Sgn => |value, _| {
            if value > 0.0 {
                1.0
            } else if value < 0.0 {
                -1.0
            } else {
                value
            }
        },
        FunctionId::ClampMin => |value, params| larger(value, params[0]),
        FunctionId::ClampMax => |value, params| smaller(value, params[0]),
        _ => return None,
    })
}

/// A function of a range's samples, of which there is one at least; `start` is not part of the range, `end` is.
pub(crate) fn of_range(
    id: FunctionId,
    samples: &[(i64, f64)],
    start: i64,
    end: i64,
    param: f64,
) -> Option<f64> {
    let values: Vec<f64> = samples.iter().map(|(_, value)| *value).collect();
    let pairs = || values.windows(2).map(|pair| (pair[0], pair[1]));
    let count = values.len() as f64;
    Some(match id {
        FunctionId::Rate => extrapolated(samples, start, end, true)? / ((end - start) as f64 / 1000.0),
        FunctionId::Increase => extrapolated(samples, start, end, true)?,
        FunctionId::Delta => extrapolated(samples, start, end, false)?,
        FunctionId::Irate | FunctionId::Idelta => {
            let [.., (before, previous), (at, last)] = samples else { return None };
            if id == FunctionId::Idelta {
                return Some(last - previous);
            }
            (if last < previous { *last } else { last - previous }) / ((at - before) as f64 / 1000.0)
        }
        FunctionId::SumOverTime => total(&values),
        FunctionId::AvgOverTime => total(&values) / count,
        FunctionId::CountOverTime => count,
        FunctionId::MinOverTime => smallest(&values),
        FunctionId::MaxOverTime => largest(&values),
        FunctionId::LastOverTime => values[values.len() - 1],
        FunctionId::FirstOverTime => values[0],
        FunctionId::PresentOverTime => 1.0,
        FunctionId::StddevOverTime => variance(&values).sqrt(),
        FunctionId::StdvarOverTime => variance(&values),
        FunctionId::QuantileOverTime => quantile(param, values),
        FunctionId::Changes => pairs().filter(|(a, b)| a != b && !(a.is_nan() && b.is_nan())).count() as f64,
        FunctionId::Resets => pairs().filter(|(a, b)| b < a).count() as f64,
        other => panic!("the reference does not know {other:?}"),
    })
}

/// The change over a range, as if the samples reached its ends where they come near.
fn extrapolated(samples: &[(i64, f64)], start: i64, end: i64, counter: bool) -> Option<f64> {
    let (&(first_at, first), &(last_at, last)) = (samples.first()?, samples.last()?);
    if samples.len() < 2 {
        return None;
    }
    let mut change = last - first;
    if counter {
        for pair in samples.windows(2).filter(|pair| pair[1].1 < pair[0].1) {
            change += pair[0].1;
        }
    }
    let seconds = |from: i64, to: i64| (to - from) as f64 / 1000.0;
    let (sampled, mut to_start, mut to_end) =
        (seconds(first_at, last_at), seconds(start, first_at), seconds(last_at, end));
    let between = sampled / (samples.len() - 1) as f64;
    if to_start >= between * 1.1 {
        to_start = between / 2.0;
    }
    // A counter has not been below zero, so it cannot have begun earlier than there.
    if counter && change > 0.0 && first >= 0.0 {
        to_start = to_start.min(sampled * (first / change));
    }
    if to_end >= between * 1.1 {
        to_end = between / 2.0;
    }
    Some(change * ((sampled + to_start + to_end) / sampled))
}

pub(crate) fn smallest(values: &[f64]) -> f64 {
    values.iter().copied().filter(|value| !value.is_nan()).reduce(f64::min).unwrap_or(f64::NAN)
}

pub(crate) fn largest(values: &[f64]) -> f64 {
    values.iter().copied().filter(|value| !value.is_nan()).reduce(f64::max).unwrap_or(f64::NAN)
}

/// The sum with what rounding took from it, by Neumaier; of negative zeros it is zero.
pub(crate) fn total(values: &[f64]) -> f64 {
    let mut total = Total::default();
    values.iter().for_each(|&value| total.add(value));
    if total.sum.is_finite() { total.value() } else { total.sum }
}

/// The variance around a running mean, which of equal values is exactly zero. What follows may hang on the last bit: one
/// variance that seems to fall is a counter that was reset.
pub(crate) fn variance(values: &[f64]) -> f64 {
    let (mut mean, mut squares) = (Total::default(), Total::default());
    for (index, value) in values.iter().enumerate() {
        let delta = value - mean.value();
        mean.add(delta / (index + 1) as f64);
        squares.add(delta * (value - mean.value()));
    }
    squares.value() / values.len() as f64
}

/// A sum, and what rounding took from it.
#[derive(Default)]
struct Total {
    sum: f64,
    lost: f64,
}

impl Total {
    fn add(&mut self, value: f64) {
        let next = self.sum + value;
        self.lost +=
            if self.sum.abs() >= value.abs() { (self.sum - next) + value } else { (value - next) + self.sum };
        self.sum = next;
    }

    fn value(&self) -> f64 {
        self.sum + self.lost
    }
}

/// NaN sorts below everything.
pub(crate) fn quantile(q: f64, mut values: Vec<f64>) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(|a, b| a.is_nan().cmp(&b.is_nan()).reverse().then(a.total_cmp(b)));
    let rank = q * (values.len() - 1) as f64;
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    values[lower] * (1.0 - weight) + values[upper] * weight
}

fn larger(a: f64, b: f64) -> f64 {
    match a.partial_cmp(&b) {
        None => f64::NAN,
        Some(Ordering::Less) => b,
        Some(Ordering::Equal) if a.is_sign_negative() => b,
        Some(_) => a,
    }
}

fn smaller(a: f64, b: f64) -> f64 {
    -larger(-a, -b)
}
