//! Questions the server asks itself, through the same engine and under the same limits as everybody's.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use model::{Labels, Timestamp};
use promql::{Answer, Limits, QueryError, QueryOptions, SampleValue, Stop, Value};

use crate::app::App;

/// How long one question may take; the deck would rather miss one value than be late with all.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);

/// A series of an answer over time.
pub type Line = (Labels, Vec<(Timestamp, f64)>);

/// The answer at one time. A question that fails has no answer; the log says why.
pub fn instant(app: &App, query: &str, time: Timestamp) -> Vec<(Labels, f64)> {
    let began = Instant::now();
    let should_stop = || stop(app, began);
    let outcome = app.engine.instant(&app.store, query, time, &options(app, &should_stop));
    match answered(app, query, outcome) {
        Some(Value::Vector(samples)) => samples
            .into_iter()
            .filter_map(|sample| match sample.value {
                SampleValue::Float(value) if !value.is_nan() => Some((sample.labels, value)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The answer over a range.
pub fn range(app: &App, query: &str, start: Timestamp, end: Timestamp, step: i64) -> Vec<Line> {
    let began = Instant::now();
    let should_stop = || stop(app, began);
    let outcome = app.engine.range(&app.store, query, start, end, step, &options(app, &should_stop));
    match answered(app, query, outcome) {
        Some(Value::Matrix(series)) => {
            series.into_iter().map(|series| (series.labels, series.floats.iter().collect())).collect()
        }
        _ => Vec::new(),
    }
}

/// The value of an answer. A question that found no time or no memory says nothing about the services.
fn answered(app: &App, query: &str, outcome: Result<Answer, QueryError>) -> Option<Value> {
    let error = match outcome {
        Ok(answer) => return Some(answer.value),
        Err(error) => error,
    };
    if matches!(error, QueryError::TimedOut | QueryError::Cancelled | QueryError::Limit { .. }) {
        app.decks.unanswered.fetch_add(1, Ordering::Relaxed);
    }
    tracing::debug!(%error, query, "a question of the deck failed");
    None
}

fn options<'a>(app: &App, should_stop: &'a (dyn Fn() -> Option<Stop> + Sync)) -> QueryOptions<'a> {
    let limits = Limits {
        samples_max: app.options.query.samples_max,
        bytes_max: app.memory.query_bytes_max(),
        ..Limits::default()
    };
    QueryOptions { limits, should_stop, ..QueryOptions::default() }
}

fn stop(app: &App, began: Instant) -> Option<Stop> {
    if app.health.is_stopping() {
        Some(Stop::Cancelled)
    } else if began.elapsed() > QUESTION_TIMEOUT {
        Some(Stop::TimedOut)
    } else {
        None
    }
}
