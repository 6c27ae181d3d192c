//! What the label endpoints share: `match[]`, the range, the limit, and leaving the async threads for the store's work.

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::response::Response;
use model::{Matcher, Timestamp};
use serde::Serialize;
use tsdb::{Store, StoreError};

use super::blocking::blocking;
use super::envelope::{ApiError, ErrorType, success_with};
use super::params::Params;
use super::query::{may_go_on, turn};
use crate::app::App;
use crate::queries::Running;

/// What is said of an answer that was cut at its limit.
pub const TRUNCATED: &str = "results truncated due to limit";

/// How many `match[]` one request may have.
const SELECTORS_MAX: usize = 1_000;

/// Among how many label sets what is looked for is found at once.
pub const SMALL_LABEL_SETS_MAX: usize = 50_000;

/// How much memory all compiled patterns of one request may take.
const PATTERN_BYTES_MAX: usize = 32 << 20;

/// Which series a request asks about, and how much of the answer it wants.
pub struct Scope {
    /// One matcher list per `match[]`; none means every series.
    pub selectors: Vec<Vec<Matcher>>,
    /// The time range, both ends included.
    pub range: RangeInclusive<Timestamp>,
    /// How many results at most.
    pub limit: Option<usize>,
}

impl Scope {
    /// Reads `match[]`, `start`, `end` and `limit`.
    pub fn read(params: &Params) -> Result<Scope, ApiError> {
        let start = params.time("start")?.unwrap_or(Timestamp::MIN);
        let end = params.time("end")?.unwrap_or(Timestamp::MAX);
        // A range that ends before it begins holds nothing, as the last moment of time does.
        let range = if start <= end { start..=end } else { Timestamp::MAX..=Timestamp::MAX };
        let selectors = selectors(params).map_err(ApiError::bad)?;
        Ok(Scope { selectors, range, limit: params.limit("limit")? })
    }

    /// As `read`, where at least one `match[]` must be given.
    pub fn read_selective(params: &Params) -> Result<Scope, ApiError> {
        if params.all("match[]").next().is_none() {
            return Err(ApiError::bad("no match[] parameter provided"));
        }
        // Prometheus names the parameter here and not elsewhere.
        selectors(params).map_err(|error| ApiError::bad_parameter("match[]", error))?;
        Scope::read(params)
    }
}

/// Answers with `results`, cut at the limit, and says so where it cut.
pub fn limited<T: Serialize>(mut results: Vec<T>, limit: Option<usize>) -> Response {
    let mut warnings = Vec::new();
    if let Some(limit) = limit
        && results.len() > limit
    {
        results.truncate(limit);
        warnings.push(TRUNCATED.to_owned());
    }
    success_with(results, warnings, Vec::new())
}

/// Does the store's work on a thread that may block.
pub async fn ask<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let store = app.store.clone();
    blocking(move || work(&store).map_err(store_error)).await?
}

/// Does the store's work among label sets in its turn among the queries: here where there are few, else as `work_through`.
pub async fn look_up<T: Send + 'static>(
    app: &Arc<App>,
    name: &str,
    work: impl FnOnce(&Store, &dyn Fn() -> bool) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    if app.store.label_sets() > SMALL_LABEL_SETS_MAX {
        return work_through(app, name, work).await;
    }
    let (_ticket, running) = turn(app, name, app.options.query.timeout).await?;
    let outcome = super::pieces::in_place(|| work(&app.store, &|| may_go_on(&running).is_ok()));
    outcome.map_or_else(
        || Err(ApiError::new(ErrorType::Internal, "the request broke off")),
        |outcome| outcome.map_err(|error| stopped(&running, error)),
    )
}

/// Does the store's work in its turn among the queries, on a thread that may block. The work is told whether to go on:
/// once the caller goes away or time is up, not.
pub async fn work_through<T: Send + 'static>(
    app: &Arc<App>,
    name: &str,
    work: impl FnOnce(&Store, &dyn Fn() -> bool) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let (_ticket, running) = turn(app, name, app.options.query.timeout).await?;
    let store = app.store.clone();
    let work = move || {
        let outcome = work(&store, &|| may_go_on(&running).is_ok());
        outcome.map_err(|error| stopped(&running, error))
    };
    blocking(work).await?
}

/// What a failed store call is to the caller, where it may have failed because it was to stop.
pub fn stopped(running: &Running, error: StoreError) -> ApiError {
    may_go_on(running).err().unwrap_or_else(|| store_error(error))
}

/// What a failed store call is to the caller: a bound it ran into, or a fault of ours.
pub fn store_error(error: StoreError) -> ApiError {
    let kind = match error {
        StoreError::Limit(_) => ErrorType::Execution,
        StoreError::Stopped => ErrorType::Canceled,
        _ => ErrorType::Internal,
    };
    ApiError::new(kind, error.to_string())
}

/// The matchers of every `match[]`; an error says what is wrong with one.
pub fn selectors(params: &Params) -> Result<Vec<Vec<Matcher>>, String> {
    let selectors = any_selectors(params)?;
    if selectors.iter().any(|matchers| matchers.iter().all(Matcher::matches_empty)) {
        return Err("match[] must contain at least one non-empty matcher".to_owned());
    }
    Ok(selectors)
}

/// As `selectors`, where one may match every series: `{}` and `{job!="api"}`.
pub fn any_selectors(params: &Params) -> Result<Vec<Vec<Matcher>>, String> {
    let (mut selectors, mut pattern_bytes) = (Vec::new(), 0);
    for text in params.all("match[]") {
        let matchers = promql::parse::parse_selector(text).map_err(|error| error.to_string())?;
        let patterns = matchers.iter().filter_map(Matcher::regex);
        pattern_bytes += patterns.map(model::Regex::memory_bytes).sum::<usize>();
        if pattern_bytes > PATTERN_BYTES_MAX {
            return Err(format!("patterns compile to more than {PATTERN_BYTES_MAX} bytes together"));
        }
        selectors.push(matchers);
        if selectors.len() > SELECTORS_MAX {
            return Err(format!("more than {SELECTORS_MAX} selectors"));
        }
    }
    Ok(selectors)
}
