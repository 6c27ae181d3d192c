//! `/api/v1/admin/tsdb/*`: deleting series and taking snapshots. Off unless the command line says otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tsdb::{Maintained, StoreError};

use super::envelope::{ApiError, ErrorType, success};
use super::params::Params;
use super::selectors::{Scope, ask};
use super::status::date;
use crate::app::{App, now_millis};

/// How many rounds of maintenance cleaning takes at most: each merges some parts.
const CLEANING_ROUNDS_MAX: usize = 10_000;

/// Deletes the samples of matching series within a range.
pub async fn delete_series(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    allowed(&app)?;
    let scope = Scope::read_selective(&params)?;
    ask(&app, move |store| {
        scope
            .selectors
            .iter()
            .try_for_each(|matchers| store.delete(matchers, *scope.range.start(), *scope.range.end()))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Rewrites what holds deleted samples, as far as that can be done at once.
pub async fn clean_tombstones(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    allowed(&app)?;
    ask(&app, |store| {
        for _ in 0..CLEANING_ROUNDS_MAX {
            if store.stats().tombstones == 0 || store.maintain()? == Maintained::default() {
                break;
            }
        }
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Writes everything there is, or all but what is not sealed yet, into a new directory under the data directory.
pub async fn snapshot(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    allowed(&app)?;
    let with_head = !params.flag("skip_head")?.unwrap_or(false);
    let name = format!("{}-{:016x}", date(now_millis()).replace([':', '-', '.'], ""), unique());
    let snapshots = app.options.data.join("snapshots");
    let directory = snapshots.join(&name);
    ask(&app, move |store| {
        std::fs::create_dir_all(&snapshots)
            .map_err(|error| StoreError::Io(format!("{}: {error}", snapshots.display())))?;
        if with_head { store.snapshot(&directory) } else { store.snapshot_of_parts(&directory) }
    })
    .await?;
    Ok(success(serde_json::json!({ "name": name })))
}

/// A number that no other snapshot of this millisecond has.
fn unique() -> u64 {
    static TAKEN: AtomicU64 = AtomicU64::new(0);
    u64::from(std::process::id()) << 32 | TAKEN.fetch_add(1, Ordering::Relaxed)
}

fn allowed(app: &App) -> Result<(), ApiError> {
    if app.options.admin_api {
        return Ok(());
    }
    Err(ApiError::new(ErrorType::Unavailable, "admin APIs disabled"))
}
