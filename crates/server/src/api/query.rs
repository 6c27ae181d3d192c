//! `/api/v1/query`, `/api/v1/query_range` and `/api/v1/explain`: parameters in, the engine, JSON out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::Response;
use model::Timestamp;
use promql::{Answer, Limits, QueryError, QueryOptions, Selections, Stop, Value};
use tsdb::StoreError;

use super::envelope::{ApiError, ErrorType, JSON, write_success, write_success_of};
use super::explain::Explained;
use super::params::Params;
use super::pieces::{self, Pieces};
use super::result;
use super::selectors::TRUNCATED;
use super::stats::{Stats, Timings};
use super::thin::thin;
use super::times::parse_duration_millis;
use crate::app::{App, now_millis};
use crate::queries::{Running, Ticket};
use crate::usage::Who;

/// How many points of a series a range query may answer with.
const POINTS_MAX: i64 = 11_000;
/// How many steps it may have where `max_points` keeps the answer small: a day by the second.
const THINNED_STEPS_MAX: i64 = 100_000;
/// How long a query that seemed small is evaluated on the thread that read it. One that takes longer begins anew on a
/// thread that may block, as does every large one.
const PATIENCE: Duration = Duration::from_millis(2);
/// How many samples are written as an answer on the thread that read the question.
const SOON_SAMPLES_MAX: usize = 5_000;
/// How many bytes the text of a query may have.
const QUERY_BYTES_MAX: usize = 1 << 20;

/// What may be asked for as `stats`.
const STATS: [&str; 2] = ["true", "all"];

/// When a query is evaluated.
#[derive(Clone, Copy, Debug)]
enum When {
    At(Timestamp),
    Range { start: Timestamp, end: Timestamp, step: i64 },
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Value,
    Plan,
}

/// One question.
struct Question {
    text: String,
    when: When,
    timeout: Duration,
    lookback_ms: Option<i64>,
    limit: Option<usize>,
    points_max: Option<usize>,
    stats: Option<String>,
    wanted: Wanted,
    who: Who,
}

/// Evaluates a query at one time.
pub async fn instant(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let when = When::at(&params)?;
    answer(app, &params, when, Wanted::Value).await
}

/// Evaluates a query at every step of a range.
pub async fn range(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let when = When::range(&params)?;
    answer(app, &params, when, Wanted::Value).await
}

/// Evaluates a query, at one time or, where `step` is given, over a range, and tells how that was done.
pub async fn explain(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let is_range = params.get("step").is_some();
    if let Some(end) = ["start", "end"].into_iter().find(|name| !is_range && params.get(name).is_some()) {
        return Err(ApiError::bad_parameter(end, "only goes with step; an instant is given as time"));
    }
    let when = if is_range { When::range(&params)? } else { When::at(&params)? };
    answer(app, &params, when, Wanted::Plan).await
}

impl When {
    fn at(params: &Params) -> Result<When, ApiError> {
        Ok(When::At(params.time("time")?.unwrap_or_else(now_millis)))
    }

    fn range(params: &Params) -> Result<When, ApiError> {
        let start = params.required_time("start")?;
        let end = params.required_time("end")?;
        if end < start {
            return Err(ApiError::bad_parameter("end", "end timestamp must not be before start time"));
        }
        let Some(step) = params.millis("step")? else {
            return Err(ApiError::bad_parameter("step", "cannot parse \"\" to a valid duration"));
        };
        if step <= 0 {
            let message =
                "zero or negative query resolution step widths are not accepted. Try a positive integer";
            return Err(ApiError::bad_parameter("step", message));
        }
        let thinned = params.limit("max_points")?.is_some_and(|most| most <= POINTS_MAX as usize);
        let steps_max = if thinned { THINNED_STEPS_MAX } else { POINTS_MAX };
        if end.saturating_sub(start) / step > steps_max {
            return Err(ApiError::bad(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
            ));
        }
        Ok(When::Range { start, end, step })
    }
}

impl Question {
    fn read(app: &App, params: &Params, when: When, wanted: Wanted) -> Result<Question, ApiError> {
        let text = params.get("query").unwrap_or("").to_owned();
        if text.len() > QUERY_BYTES_MAX {
            let message = format!("the query has {} bytes; at most {QUERY_BYTES_MAX} are read", text.len());
            return Err(ApiError::bad_parameter("query", message));
        }
        let timeout = app.options.query.timeout;
        let asked = params.duration("timeout")?;
        if asked.is_some_and(|asked| asked.is_zero()) {
            return Err(ApiError::bad_parameter("timeout", "no query is answered in no time"));
        }
        Ok(Question {
            text,
            when,
            timeout: asked.map_or(timeout, |asked| asked.min(timeout)),
            lookback_ms: lookback(params)?,
            limit: params.limit("limit")?,
            points_max: params.limit("max_points")?,
            stats: params.get("stats").map(str::to_owned),
            wanted,
            who: Who::of(&params.headers),
        })
    }
}

/// How far back the newest sample may be, where that is said.
fn lookback(params: &Params) -> Result<Option<i64>, ApiError> {
    let asked = params.get("lookback_delta").map(parse_duration_millis).transpose();
    let asked =
        asked.map_err(|error| ApiError::bad(format!("error parsing lookback delta duration: {error}")))?;
    Ok(asked.filter(|millis| *millis > 0))
}

async fn answer(app: Arc<App>, params: &Params, when: When, wanted: Wanted) -> Result<Response, ApiError> {
    let question = Question::read(&app, params, when, wanted)?;
    let asked = Instant::now();
    let (ticket, running) = turn(&app, &question.text, question.timeout).await?;
    let queued = asked.elapsed();
    let selections = Selections::default();
    let attempt =
        Attempt { app: &app, question: &question, running: &running, queued, selections: &selections };
    let soon = pieces::in_place(|| attempt.evaluate(Some(PATIENCE))).transpose()?.flatten();
    if let Some((answer, timings)) = soon {
        if answer.value.sample_count() <= SOON_SAMPLES_MAX {
            return pieces::whole(JSON, |pieces| respond(pieces, question, answer, timings));
        }
        return pieces::answer(JSON, ticket, move |pieces| respond(pieces, question, answer, timings)).await;
    }
    // The ticket goes with the answer: where the caller goes away, dropping it cancels the query.
    pieces::answer(JSON, ticket, move |pieces| {
        let attempt =
            Attempt { app: &app, question: &question, running: &running, queued, selections: &selections };
        match attempt.evaluate(None)? {
            Some((answer, timings)) => respond(pieces, question, answer, timings),
            None => Err(api_error(QueryError::Cancelled)),
        }
    })
    .await
}

/// Waits for a turn among the queries; the time spent waiting counts.
pub async fn turn(app: &App, text: &str, timeout: Duration) -> Result<(Ticket, Arc<Running>), ApiError> {
    app.queries.enter(text, timeout).await.map_err(|waited| {
        let message = format!("query timed out in query queue after {} ms", waited.as_millis());
        ApiError::new(ErrorType::Timeout, message)
    })
}

/// Whether work that has its turn is still wanted and in time.
pub fn may_go_on(running: &Running) -> Result<(), ApiError> {
    if running.is_cancelled() {
        return Err(ApiError::new(ErrorType::Canceled, "the request was cancelled"));
    }
    if running.is_overdue() {
        return Err(ApiError::new(ErrorType::Timeout, "the request took too long"));
    }
    Ok(())
}

/// A question being evaluated.
struct Attempt<'a> {
    app: &'a App,
    question: &'a Question,
    running: &'a Running,
    queued: Duration,
    /// What was selected for it, by this attempt or the one before.
    selections: &'a Selections,
}

impl Attempt<'_> {
    /// Evaluates the question. With patience, only if that is little work, and nothing is returned where it was not.
    fn evaluate(&self, patience: Option<Duration>) -> Result<Option<(Answer, Timings)>, ApiError> {
        let Attempt { app, question, running, queued, selections } = *self;
        let began = Instant::now();
        let late = AtomicBool::new(false);
        let should_stop = || {
            if running.is_cancelled() {
                Some(Stop::Cancelled)
            } else if running.is_overdue() {
                Some(Stop::TimedOut)
            } else if patience.is_some_and(|patience| began.elapsed() > patience) {
                late.store(true, Ordering::Relaxed);
                Some(Stop::Cancelled)
            } else {
                None
            }
        };
        let clock = move || began.elapsed().as_nanos() as u64;
        let limits = Limits {
            samples_max: app.options.query.samples_max,
            bytes_max: app.memory.query_bytes_max(),
            ..Limits::default()
        };
        let options = QueryOptions {
            lookback_ms: question.lookback_ms,
            limits,
            should_stop: &should_stop,
            clock: (question.wanted == Wanted::Plan).then_some(&clock as _),
            stats_by_step: question.stats.as_deref() == Some("all"),
            only_small: patience.is_some(),
            selections: Some(selections),
        };
        let text = question.text.as_str();
        let expr = promql::parse::parse(text).map_err(|error| api_error(error.into()))?;
        // With patience is the first attempt; a second one is the same question.
        if patience.is_some() {
            app.usage.note(&expr, &question.who, now_millis());
        }
        let prepared = began.elapsed();
        let answer = match question.when {
            When::At(time) => app.engine.instant_expr(&app.store, text, &expr, time, &options),
            When::Range { start, end, step } => {
                app.engine.range_expr(&app.store, text, &expr, (start, end, step), &options)
            }
        };
        let timings = Timings { queued, prepared, evaluated: began.elapsed().saturating_sub(prepared) };
        match answer {
            Ok(answer) => Ok(Some((answer, timings))),
            Err(QueryError::Large) => Ok(None),
            Err(QueryError::Cancelled) if late.into_inner() && !running.is_cancelled() => Ok(None),
            Err(error) => Err(api_error(error)),
        }
    }
}

fn respond(
    pieces: &mut Pieces,
    question: Question,
    mut answer: Answer,
    timings: Timings,
) -> Result<(), ApiError> {
    let mut warnings = answer.annotations.warnings(&question.text);
    let infos = answer.annotations.infos(&question.text);
    let stats = Stats::new(&answer.stats, &timings);
    if question.wanted == Wanted::Plan {
        return write_success(pieces, Explained::new(&answer, stats), warnings, infos);
    }
    let truncated = question.limit.is_some_and(|limit| match &mut answer.value {
        Value::Vector(samples) => truncate(samples, limit),
        Value::Matrix(series) => truncate(series, limit),
        Value::Scalar { .. } | Value::String { .. } => false,
    });
    if truncated {
        warnings.push(TRUNCATED.to_owned());
    }
    if let Some(points_max) = question.points_max {
        let window = match question.when {
            When::At(_) => None,
            When::Range { start, end, .. } => Some((start, end)),
        };
        thin(&mut answer.value, points_max, window);
    }
    if let Some(asked) = question.stats.as_deref().filter(|asked| !STATS.contains(asked)) {
        let (asked, [plain, all]) = (model::names::quote(asked), STATS);
        warnings.push(format!(
            "value {asked} for parameter \"stats\" is deprecated and will be rejected in the next major release, use \"{plain}\" or \"{all}\""
        ));
    }
    let stats = question.stats.is_some().then_some(stats);
    let write = |pieces: &mut Pieces| result::write(pieces, &answer.value, stats.as_ref());
    write_success_of(pieces, write, &warnings, &infos)
}

fn truncate<T>(items: &mut Vec<T>, limit: usize) -> bool {
    let truncated = items.len() > limit;
    items.truncate(limit);
    truncated
}

fn api_error(error: QueryError) -> ApiError {
    match error {
        QueryError::Parse(_) | QueryError::RangeType(_) | QueryError::Duration(_) => {
            ApiError::bad_parameter("query", error)
        }
        QueryError::TimedOut => ApiError::new(ErrorType::Timeout, error.to_string()),
        QueryError::Cancelled | QueryError::Large => ApiError::new(ErrorType::Canceled, error.to_string()),
        QueryError::Store(StoreError::Limit(_)) => ApiError::new(ErrorType::Execution, error.to_string()),
        QueryError::Store(_) => ApiError::new(ErrorType::Internal, error.to_string()),
        QueryError::Execution(_) | QueryError::Limit { .. } => {
            ApiError::new(ErrorType::Execution, error.to_string())
        }
    }
}
