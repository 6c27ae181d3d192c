//! `/api/v1/status/*` and `/version`: what runs here, how it was started, and what it holds.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use model::Timestamp;
use serde::Serialize;
use serde_json::json;
use tsdb::{PartInfo, Store};

use super::envelope::{ApiError, success};
use super::params::Params;
use super::selectors::ask;
use crate::app::{App, now_millis};
use crate::commands::version::VERSION;
use crate::opening;

/// How many entries each list of the store's status has, unless said otherwise.
const LISTED: usize = 10;
/// How many entries may be asked for.
const LISTED_MAX: usize = 10_000;

/// The configuration in force, without secrets.
pub async fn config(State(app): State<Arc<App>>) -> Response {
    success(json!({ "yaml": app.config.get().shown }))
}

/// The command line, with its defaults.
pub async fn flags(State(app): State<Arc<App>>) -> Response {
    let flags: serde_json::Map<String, serde_json::Value> =
        app.options.shown.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    success(flags)
}

/// Which build this is.
pub async fn build_info() -> Response {
    success(Build::own())
}

/// The same without an envelope.
pub async fn version() -> Response {
    Json(Build::own()).into_response()
}

/// The process: since when, where, and how much it may use. The fields named after Go's runtime tell their nearest
/// equivalent.
pub async fn runtime_info(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let stats = ask(&app, |store| Ok(store.stats())).await?;
    let directory = std::env::current_dir().map(|directory| directory.display().to_string());
    let threads = proc_status("Threads:").unwrap_or(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(success(json!({
        "startTime": date_of(app.started),
        "CWD": directory.unwrap_or_default(),
        "hostname": hostname(),
        "serverTime": date(now_millis()),
        "reloadConfigSuccess": app.metrics.config_last_reload_ok.value() > 0.0,
        "lastConfigTime": date((app.metrics.config_loaded_time.value() * 1000.0) as Timestamp),
        "corruptionCount": stats.damages.len(),
        "goroutineCount": threads,
        "GOMAXPROCS": cores,
        "GOMEMLIMIT": app.memory.bytes_max,
        "GOGC": "",
        "GODEBUG": "",
        "storageRetention": retention(&app),
    })))
}

/// What the store holds, and which names and labels most of it comes from: of the head, as Prometheus has it, and of all
/// there is where the head is empty, because the store was imported, or rests.
pub async fn tsdb(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let limit = match params.get("limit").map(str::parse::<usize>) {
        None => LISTED,
        Some(Ok(limit)) if (1..=LISTED_MAX).contains(&limit) => limit,
        Some(Ok(limit)) if limit > LISTED_MAX => {
            return Err(ApiError::bad(format!("limit must not exceed {LISTED_MAX}")));
        }
        Some(_) => return Err(ApiError::bad("limit must be a positive number")),
    };
    let tables = move |store: &Store| match store.cardinality(limit) {
        of_head if of_head.series > 0 => Ok(of_head),
        _ => store.cardinality_of_all(limit),
    };
    let (stats, cardinality) = ask(&app, move |store| Ok((store.stats(), tables(store)?))).await?;
    Ok(success(json!({
        "headStats": {
            "numSeries": cardinality.series,
            "numLabelPairs": cardinality.label_pairs,
            "chunkCount": stats.series,
            "minTime": stats.min_time.unwrap_or(Timestamp::MAX),
            "maxTime": stats.max_time.unwrap_or(Timestamp::MIN),
        },
        "seriesCountByMetricName": counts(&cardinality.series_by_metric),
        "labelValueCountByLabelName": counts(&cardinality.values_by_label),
        "memoryInBytesByLabelName": counts(&cardinality.bytes_by_label),
        "seriesCountByLabelValuePair": counts(&cardinality.series_by_pair),
    })))
}

/// The parts on disk, in the shape of Prometheus's blocks.
pub async fn blocks(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let stats = ask(&app, |store| Ok(store.stats())).await?;
    let block = |part: &PartInfo| {
        json!({
            "ulid": format!("{:026}", part.number),
            "minTime": part.min_time,
            // A block ends before its end; a part's end is a sample.
            "maxTime": part.max_time.saturating_add(1),
            "stats": {
                "numSamples": part.samples,
                "numSeries": part.series,
                "numChunks": part.series,
            },
            "compaction": { "level": 1 },
            "version": 1,
        })
    };
    Ok(success(json!({ "blocks": stats.parts.iter().map(block).collect::<Vec<_>>() })))
}

/// The log is replayed before this is answered, so it is always done.
pub async fn wal_replay(State(app): State<Arc<App>>) -> Response {
    let records = app.store.opened().log_records;
    success(json!({ "min": 0, "max": records, "current": records }))
}

/// A time as RFC 3339.
pub fn date(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time).map_or_else(|_| String::new(), |time| time.to_string())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Build {
    version: &'static str,
    revision: &'static str,
    branch: &'static str,
    build_user: &'static str,
    build_date: &'static str,
    /// Clients of Prometheus expect the field.
    go_version: &'static str,
}

impl Build {
    fn own() -> Build {
        let (revision, branch, build_user, build_date, go_version) = ("", "", "", "", "");
        Build { version: VERSION, revision, branch, build_user, build_date, go_version }
    }
}

fn counts(counts: &[(String, u64)]) -> Vec<serde_json::Value> {
    counts.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn date_of(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(|_| String::new(), |time| time.to_string())
}

/// The name of this machine.
pub fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

fn proc_status(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(field))?.trim().parse().ok()
}

/// Time and size as Prometheus joins them.
fn retention(app: &App) -> String {
    let keeping = opening::keeping(&app.options, &app.config.get());
    let mut texts = Vec::new();
    match keeping.retention_ms {
        0 => {}
        millis => texts.push(model::duration::format_millis(millis)),
    }
    match keeping.retention_bytes {
        0 => {}
        bytes => texts.push(format!("{bytes}B")),
    }
    texts.join(" or ")
}
