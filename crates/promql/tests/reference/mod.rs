//! A slow, obvious evaluator of PromQL over floats: one time after the other, one series after the other, nothing
//! shared, nothing clever, straight from the definition of the language. What the engine yields must be the same.

pub(crate) mod data;
mod functions;
pub(crate) mod generate;
mod operators;

use std::collections::BTreeMap;

use data::Data;
use model::{Labels, METRIC_NAME, is_stale_nan};
use promql::syntax::{
    Aggregate, AggregateOp, At, Call, Duration, DurationContext, Expr, FunctionId, Subquery,
};
use promql::syntax::{UnaryOp, VectorSelector};

/// How old the newest sample of a series may be.
const LOOKBACK: i64 = 300_000;
/// The step of subqueries that name none.
const SUBQUERY_STEP: i64 = 60_000;

/// What an expression yields at one time.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Scalar(f64),
    Vector(Vec<(Labels, f64)>),
}

/// Samples of one series within a range.
pub(crate) type Window = (Labels, Vec<(i64, f64)>);

/// A query's data and its first and last step.
pub(crate) struct Reference<'a> {
    pub(crate) data: &'a Data,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) step: i64,
}

impl Reference<'_> {
    /// The expression's value at `time`; the error is that of a query that cannot be answered.
    pub(crate) fn at(&self, expr: &Expr, time: i64) -> Result<Outcome, String> {
        Ok(match expr {
            Expr::Number(number) => Outcome::Scalar(number.value),
            Expr::Paren(paren) => self.at(&paren.expr, time)?,
            Expr::Vector(selector) => Outcome::Vector(self.newest(selector, time)),
            Expr::Unary(unary) => match (self.at(&unary.expr, time)?, unary.op) {
                (value, UnaryOp::Plus) => value,
                (Outcome::Scalar(value), UnaryOp::Minus) => Outcome::Scalar(-value),
                (Outcome::Vector(vector), UnaryOp::Minus) => {
                    let negated = vector.into_iter().map(|(labels, value)| (labels.without_name(), -value));
                    Outcome::Vector(unique(negated.collect())?)
                }
            },
            Expr::Binary(binary) => {
                let (left, right) = (self.at(&binary.left, time)?, self.at(&binary.right, time)?);
                operators::apply(binary, left, right)?
            }
            Expr::Aggregate(aggregate) => Outcome::Vector(self.aggregate(aggregate, time)?),
            Expr::Call(call) => self.call(call, time)?,
            other => panic!("the reference does not know {other}"),
        })
    }

    fn vector(&self, expr: &Expr, time: i64) -> Result<Vec<(Labels, f64)>, String> {
        match self.at(expr, time)? {
            Outcome::Vector(vector) => Ok(vector),
            Outcome::Scalar(_) => panic!("{expr} is no vector"),
        }
    }

    fn scalar(&self, expr: &Expr, time: i64) -> Result<f64, String> {
        match self.at(expr, time)? {
            Outcome::Scalar(value) => Ok(value),
            Outcome::Vector(_) => panic!("{expr} is no scalar"),
        }
    }

    fn millis(&self, duration: &Duration) -> i64 {
        let context = DurationContext { step_ms: self.step, range_ms: self.end - self.start };
        duration.resolve_signed(context).expect("durations have values")
    }

    fn look_at(&self, at: Option<At>, offset: &Duration, time: i64) -> i64 {
        let time = match at {
            Some(At::Time(time)) => time,
            Some(At::Start) => self.start,
            Some(At::End) => self.end,
            None => time,
        };
        time - self.millis(offset)
    }

    fn newest(&self, selector: &VectorSelector, time: i64) -> Vec<(Labels, f64)> {
        let time = self.look_at(selector.at, &selector.offset, time);
        let mut found = Vec::new();
        for (labels, samples) in self.data.matching(&selector.matchers) {
            let newest = samples.iter().rfind(|(at, _)| *at <= time && *at > time - LOOKBACK);
            if let Some((_, value)) = newest.filter(|(_, value)| !is_stale_nan(*value)) {
                found.push((labels.clone(), *value));
            }
        }
        found
    }

    /// The samples of a range, which is open on the left, with its ends.
    fn windows(&self, expr: &Expr, time: i64) -> Result<(Vec<Window>, i64, i64), String> {
        match expr {
            Expr::Paren(paren) => self.windows(&paren.expr, time),
            Expr::Matrix(matrix) => {
                let end = self.look_at(matrix.selector.at, &matrix.selector.offset, time);
                let start = end - self.millis(&matrix.range);
                let windows = self.data.matching(&matrix.selector.matchers).map(|(labels, samples)| {
                    let inside = samples
                        .iter()
                        .filter(|(at, value)| *at > start && *at <= end && !is_stale_nan(*value));
                    (labels.clone(), inside.copied().collect::<Vec<_>>())
                });
                Ok((windows.filter(|(_, samples)| !samples.is_empty()).collect(), start, end))
            }
            Expr::Subquery(subquery) => self.subquery(subquery, time),
            other => panic!("{other} is no range"),
        }
    }

    fn subquery(&self, subquery: &Subquery, time: i64) -> Result<(Vec<Window>, i64, i64), String> {
        let end = self.look_at(subquery.at, &subquery.offset, time);
        let start = end - self.millis(&subquery.range);
        let step = subquery.step.as_ref().map_or(SUBQUERY_STEP, |step| self.millis(step));
        let mut series: BTreeMap<Labels, Vec<(i64, f64)>> = BTreeMap::new();
        // Steps are multiples of the step since the epoch, whatever the time of the query.
        let mut at = (start.div_euclid(step) + 1) * step;
        while at <= end {
            for (labels, value) in self.vector(&subquery.expr, at)? {
                series.entry(labels).or_default().push((at, value));
            }
            at += step;
        }
        Ok((series.into_iter().collect(), start, end))
    }

    fn call(&self, call: &Call, time: i64) -> Result<Outcome, String> {
        let args = &call.args;
        Ok(match call.function.id {
            FunctionId::Time => Outcome::Scalar(time as f64 / 1000.0),
            FunctionId::Vector => Outcome::Vector(vec![(Labels::empty(), self.scalar(&args[0], time)?)]),
            FunctionId::Scalar => {
                let vector = self.vector(&args[0], time)?;
                Outcome::Scalar(if vector.len() == 1 { vector[0].1 } else { f64::NAN })
            }
            id if functions::of_samples(id).is_some() => {
                let function = functions::of_samples(id).expect("it is one");
                let params: Result<Vec<f64>, String> =
                    args[1..].iter().map(|arg| self.scalar(arg, time)).collect();
                let params = params?;
                let vector = self.vector(&args[0], time)?.into_iter();
                let mapped = vector.map(|(labels, value)| (labels.without_name(), function(value, &params)));
                Outcome::Vector(unique(mapped.collect())?)
            }
            id => {
                let quantile = id == FunctionId::QuantileOverTime;
                let param = if quantile { self.scalar(&args[0], time)? } else { 0.0 };
                let (windows, start, end) = self.windows(&args[usize::from(quantile)], time)?;
                let keeps_name = matches!(id, FunctionId::LastOverTime | FunctionId::FirstOverTime);
                let mut results = Vec::new();
                for (labels, samples) in windows {
                    if let Some(value) = functions::of_range(id, &samples, start, end, param) {
                        results.push((if keeps_name { labels } else { labels.without_name() }, value));
                    }
                }
                Outcome::Vector(unique(results)?)
            }
        })
    }

    fn aggregate(&self, aggregate: &Aggregate, time: i64) -> Result<Vec<(Labels, f64)>, String> {
        let param = match &aggregate.param {
            Some(param) => self.scalar(param, time)?,
            None => 0.0,
        };
        let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
        for (labels, value) in self.vector(&aggregate.expr, time)? {
            let named = |name: &str| aggregate.grouping.iter().any(|label| label == name);
            let group = labels.filter(|name| {
                if aggregate.without { !named(name) && name != METRIC_NAME } else { named(name) }
            });
            groups.entry(group).or_default().push(value);
        }
        let fold = |values: Vec<f64>| match aggregate.op {
            AggregateOp::Sum => functions::total(&values),
            AggregateOp::Avg => functions::total(&values) / values.len() as f64,
            AggregateOp::Count => values.len() as f64,
            AggregateOp::Min => functions::smallest(&values),
            AggregateOp::Max => functions::largest(&values),
            AggregateOp::Group => 1.0,
            AggregateOp::Stddev => functions::variance(&values).sqrt(),
            AggregateOp::Stdvar => functions::variance(&values),
            AggregateOp::Quantile => functions::quantile(param, values),
            other => panic!("the reference does not know {other}"),
        };
        Ok(groups.into_iter().map(|(labels, values)| (labels, fold(values))).collect())
    }
}

/// Refuses two series with the same labels.
pub(crate) fn unique(vector: Vec<(Labels, f64)>) -> Result<Vec<(Labels, f64)>, String> {
    let labels: std::collections::BTreeSet<&Labels> = vector.iter().map(|(labels, _)| labels).collect();
    if labels.len() == vector.len() {
        Ok(vector)
    } else {
        Err("vector cannot contain metrics with the same labelset".to_owned())
    }
}
