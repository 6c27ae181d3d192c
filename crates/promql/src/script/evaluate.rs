//! One `eval` command in all its forms: as written, with `@` at several times, and as a step of a range query.

use model::Timestamp;
use tsdb::Store;

use crate::parse::parse;
use crate::print::canonical;
use crate::script::Failure;
use crate::script::command::{Eval, When};
use crate::script::compare::{check_sorted, compare};
use crate::script::engine::{Answer, ask};
use crate::syntax::{At, Expr, FunctionId};
use crate::value::{SampleValue, Value, VectorSample};

/// A minute either side of an instant query's time is where the range query around it begins and ends.
const AROUND: Timestamp = 60_000;

/// What became of one command.
pub(crate) struct Outcome {
    pub(crate) queries: usize,
    pub(crate) failure: Option<Failure>,
}

/// Evaluates the command; stops at the first form that fails.
pub(crate) fn evaluate(eval: &Eval, store: &Store) -> Outcome {
    let mut run = Run { eval, store, queries: 0 };
    let result = match eval.when {
        When::Range { .. } => run.once(&eval.query, eval.when).map(|_| ()),
        When::At(time) => run.every_form(time),
    };
    let failure = result.err().map(|(query, message)| Failure { line: eval.line, query, message });
    Outcome { queries: run.queries, failure }
}

/// The query that failed, and how.
type Failed = (String, String);

struct Run<'a> {
    eval: &'a Eval,
    store: &'a Store,
    queries: usize,
}

impl Run<'_> {
    fn every_form(&mut self, time: Timestamp) -> Result<(), Failed> {
        self.instant(&self.eval.query, time)?;
        let Some(pinned) = pin(&self.eval.query, time) else { return Ok(()) };
        let times =
            if time == 0 { vec![-1000, 0, 1000] } else { vec![-10 * time, 0, time / 5, time, 10 * time] };
        times.into_iter().try_for_each(|at| self.instant(&pinned, at))
    }

    /// An instant query, and the range query whose middle step it is.
    fn instant(&mut self, query: &str, time: Timestamp) -> Result<(), Failed> {
        let Some(value) = self.once(query, When::At(time))? else { return Ok(()) };
        let expected = &self.eval.expected;
        let depends_on_range =
            ["start()", "end()", "range()", "step()"].iter().any(|call| query.contains(call));
        if expected.range_vector.is_some() || expected.string.is_some() || depends_on_range {
            return Ok(());
        }
        let when = When::Range { start: time - AROUND, end: time + AROUND, step: AROUND };
        let fail =
            |message: String| (query.to_owned(), format!("as a range query around {time} ms: {message}"));
        self.queries += 1;
        let answer = ask(self.store, query, when).map_err(|error| fail(error.to_string()))?;
        // Where order counts the range query has another, that of the labels.
        if expected.ordered {
            return Ok(());
        }
        let middle = middle_step(&answer, time, matches!(value, Value::Scalar { .. })).map_err(fail)?;
        compare(self.eval, &middle).map_err(fail)
    }

    /// One query. `None` where it failed as it should.
    fn once(&mut self, query: &str, when: When) -> Result<Option<Value>, Failed> {
        self.queries += 1;
        let place = match when {
            When::At(time) => format!("at {time} ms: "),
            When::Range { .. } => String::new(),
        };
        let fail = |message: String| (query.to_owned(), format!("{place}{message}"));
        let expected = &self.eval.expected;
        let answer = match (ask(self.store, query, when), &expected.fail) {
            (Ok(answer), None) => answer,
            (Ok(_), Some(_)) => return Err(fail("expected a failure, but it succeeded".to_owned())),
            (Err(error), None) => return Err(fail(format!("failed: {error}"))),
            (Err(error), Some(wanted)) if wanted.matches(&error.to_string()) => return Ok(None),
            (Err(error), Some(wanted)) => {
                return Err(fail(format!("expected the failure {}\ngot {error}", wanted.describe())));
            }
        };
        expected.check_annotations(&answer.warnings, &answer.infos).map_err(fail)?;
        compare(self.eval, &answer.value).map_err(fail)?;
        Ok(Some(answer.value))
    }
}

/// The step at `time` of a range query's answer, as the instant query would give it.
fn middle_step(answer: &Answer, time: Timestamp, scalar: bool) -> Result<Value, String> {
    let Value::Matrix(series) = &answer.value else { return Err("the answer is no matrix".to_owned()) };
    check_sorted(series)?;
    let mut samples = Vec::new();
    for series in series {
        let float = series.floats.iter().find(|(at, _)| *at == time);
        let histogram = series.histograms.iter().find(|(at, _)| *at == time);
        let value = match (float, histogram) {
            (Some((_, value)), None) => SampleValue::Float(value),
            (None, Some((_, histogram))) => SampleValue::Histogram(histogram.clone()),
            (None, None) => continue,
            (Some(_), Some(_)) => {
                return Err(format!("{} has a float and a histogram at {time} ms", series.labels));
            }
        };
        samples.push(VectorSample { labels: series.labels.clone(), time, value });
    }
    if !scalar {
        return Ok(Value::Vector(samples));
    }
    match samples.first().map(|sample| &sample.value) {
        Some(SampleValue::Float(value)) => Ok(Value::Scalar { time, value: *value }),
        _ => Err(format!("no number at {time} ms")),
    }
}

/// The query with `@ time` on everything that looks at the store, so that the time it is asked at must not matter.
/// `None` where it would matter still, because of a function that yields the time.
fn pin(query: &str, time: Timestamp) -> Option<String> {
    let mut expr = parse(query).ok()?;
    pin_expr(&mut expr, At::Time(time)).then(|| canonical(&expr))
}

/// Pins every selector and subquery that is not; false where a function in the way yields the time.
fn pin_expr(expr: &mut Expr, at: At) -> bool {
    let pin_one = |slot: &mut Option<At>| {
        if !matches!(slot, Some(At::Time(_))) {
            *slot = Some(at);
        }
    };
    match expr {
        Expr::Aggregate(aggregate) => {
            let param = aggregate.param.as_mut().is_none_or(|param| pin_expr(param, at));
            pin_expr(&mut aggregate.expr, at) && param
        }
        Expr::Binary(binary) => pin_expr(&mut binary.left, at) & pin_expr(&mut binary.right, at),
        Expr::Call(call) => {
            let args = call.args.iter_mut().fold(true, |safe, arg| pin_expr(arg, at) & safe);
            args && !yields_time(call.function.id)
        }
        Expr::Matrix(matrix) => {
            pin_one(&mut matrix.selector.at);
            true
        }
        // What is inside of a pinned subquery is evaluated at the subquery's times, whichever those are.
        Expr::Subquery(subquery) => {
            pin_one(&mut subquery.at);
            true
        }
        Expr::Vector(vector) => {
            pin_one(&mut vector.at);
            true
        }
        Expr::Paren(paren) => pin_expr(&mut paren.expr, at),
        Expr::Unary(unary) => pin_expr(&mut unary.expr, at),
        Expr::Number(_) | Expr::String(_) => true,
    }
}

fn yields_time(function: FunctionId) -> bool {
    use FunctionId::{
        DayOfMonth, DayOfWeek, DayOfYear, DaysInMonth, End, Hour, Minute, Month, PredictLinear, Range, Start,
        Step, Time, Timestamp, Year,
    };
    matches!(
        function,
        DayOfMonth
            | DayOfWeek
            | DayOfYear
            | DaysInMonth
            | End
            | Hour
            | Minute
            | Month
            | PredictLinear
            | Range
            | Start
            | Step
            | Time
            | Timestamp
            | Year
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_pinned() {
        let check =
            |query: &str, want: Option<&str>| assert_eq!(pin(query, 5000).as_deref(), want, "{query}");
        check("up + rate(up[5m])", Some("up @ 5.000 + rate(up[5m] @ 5.000)"));
        check("up @ start() offset 1m", Some("up @ 5.000 offset 1m"));
        check("up @ 1", Some("up @ 1.000"));
        check("sum_over_time(vector(time())[5m:1m])", Some("sum_over_time(vector(time())[5m:1m] @ 5.000)"));
        check("time() + up", None);
        check("1", Some("1"));
    }
}
