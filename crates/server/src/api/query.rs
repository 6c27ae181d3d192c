//! `/api/v1/query` and `/api/v1/query_range`: parameters in, the engine, JSON out.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use model::Timestamp;
use promql::{Answer, Limits, QueryError, QueryOptions, Stop, Value};
use tsdb::StoreError;

use super::envelope::{ApiError, ErrorType, success_with};
use super::params::Params;
use super::result::QueryData;
use crate::app::{App, now_millis};
use crate::queries::{Running, Ticket};

/// How many steps a range query may have per series.
const POINTS_MAX: i64 = 11_000;

/// When a query is evaluated.
#[derive(Clone, Copy, Debug)]
enum When {
    At(Timestamp),
    Range { start: Timestamp, end: Timestamp, step: i64 },
}

/// Evaluates a query at one time.
pub async fn instant(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let time = params.time("time")?.unwrap_or_else(now_millis);
    answer(app, params, When::At(time)).await
}

/// Evaluates a query at every step of a range.
pub async fn range(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let start = params.required_time("start")?;
    let end = params.required_time("end")?;
    if end < start {
        return Err(ApiError::bad_parameter("end", "end timestamp must not be before start time"));
    }
    let step = params.millis("step")?.unwrap_or(0);
    if step <= 0 {
        let message =
            "zero or negative query resolution step widths are not accepted. Try a positive integer";
        return Err(ApiError::bad_parameter("step", message));
    }
    if end.saturating_sub(start) / step > POINTS_MAX {
        return Err(ApiError::bad(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ));
    }
    answer(app, params, When::Range { start, end, step }).await
}

async fn answer(app: Arc<App>, params: Params, when: When) -> Result<Response, ApiError> {
    let query = params.get("query").unwrap_or("").to_owned();
    let timeout = app.options.query.timeout;
    let timeout = params.duration("timeout")?.map_or(timeout, |asked| asked.min(timeout));
    let lookback_ms = params.millis("lookback_delta")?.filter(|millis| *millis > 0);
    let limit = params.limit("limit")?;
    let stats = params.get("stats").is_some();
    let (ticket, running) = app.queries.enter(&query, timeout).await.map_err(|waited| {
        let millis = waited.as_millis();
        ApiError::new(ErrorType::Timeout, format!("query timed out in queue after {millis} ms"))
    })?;
    let work = tokio::task::spawn_blocking(move || {
        let answer = evaluate(&app, &query, when, lookback_ms, &running);
        let seconds = running.took().as_secs_f64();
        answer.map(|answer| respond(answer, &query, limit, stats.then_some(seconds)))
    });
    let outcome = work.await;
    // Until here the ticket lived in this future: had the caller gone away, dropping it would have cancelled the query.
    drop::<Ticket>(ticket);
    match outcome {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(api_error(error)),
        Err(error) => {
            tracing::error!(%error, "evaluating a query failed");
            Err(ApiError::new(ErrorType::Internal, "evaluating the query failed; the log says more"))
        }
    }
}

fn evaluate(
    app: &App,
    query: &str,
    when: When,
    lookback_ms: Option<i64>,
    running: &Running,
) -> Result<Answer, QueryError> {
    let should_stop = || {
        if running.is_cancelled() {
            Some(Stop::Cancelled)
        } else if running.is_overdue() {
            Some(Stop::TimedOut)
        } else {
            None
        }
    };
    let options = QueryOptions {
        lookback_ms,
        limits: Limits {
            samples_max: app.options.query.samples_max,
            bytes_max: app.memory.query_bytes_max(),
            ..Limits::default()
        },
        should_stop: &should_stop,
        clock: None,
    };
    match when {
        When::At(time) => app.engine.instant(&app.store, query, time, &options),
        When::Range { start, end, step } => app.engine.range(&app.store, query, start, end, step, &options),
    }
}

fn respond(mut answer: Answer, query: &str, limit: Option<usize>, seconds: Option<f64>) -> Response {
    let mut warnings = answer.annotations.warnings(query);
    let truncated = limit.is_some_and(|limit| match &mut answer.value {
        Value::Vector(samples) => truncate(samples, limit),
        Value::Matrix(series) => truncate(series, limit),
        Value::Scalar { .. } | Value::String { .. } => false,
    });
    if truncated {
        warnings.push("results truncated due to limit".to_owned());
    }
    let stats = seconds.map(|seconds| {
        serde_json::json!({
            "timings": {
                "evalTotalTime": seconds,
                "resultSortTime": 0,
                "queryPreparationTime": 0,
                "innerEvalTime": seconds,
                "execQueueTime": 0,
                "execTotalTime": seconds,
            },
            "samples": {
                "totalQueryableSamples": answer.stats.samples_read,
                "samplesRead": answer.stats.samples_read,
                "peakSamples": answer.stats.samples_peak,
            },
        })
    });
    let infos = answer.annotations.infos(query);
    success_with(QueryData { value: answer.value, stats }, warnings, infos)
}

fn truncate<T>(items: &mut Vec<T>, limit: usize) -> bool {
    let truncated = items.len() > limit;
    items.truncate(limit);
    truncated
}

fn api_error(error: QueryError) -> ApiError {
    match error {
        QueryError::Parse(error) => ApiError::bad_parameter("query", error),
        QueryError::RangeType(_) => ApiError::bad_parameter("query", error),
        QueryError::TimedOut => ApiError::new(ErrorType::Timeout, error.to_string()),
        QueryError::Cancelled => ApiError::new(ErrorType::Canceled, error.to_string()),
        QueryError::Store(StoreError::Limit(_)) => ApiError::new(ErrorType::Execution, error.to_string()),
        QueryError::Store(_) => ApiError::new(ErrorType::Internal, error.to_string()),
        QueryError::Execution(_) | QueryError::Duration(_) | QueryError::Limit { .. } => {
            ApiError::new(ErrorType::Execution, error.to_string())
        }
    }
}
