//! The HTTP API: one endpoint family, one file. Handlers take the shared `App` and return an envelope.

mod admin;
pub mod blocking;
pub mod compress;
pub mod envelope;
pub mod events;
mod exemplars;
mod explain;
mod features;
mod federate;
pub mod fixed;
mod fuzzy;
mod json;
mod labels;
mod language;
mod lifecycle;
mod metadata;
mod notifications;
mod observe;
mod openapi;
pub mod params;
pub mod pieces;
mod query;
mod remote_read;
mod result;
mod rules;
mod running;
mod search;
pub mod selectors;
mod self_metrics;
mod stats;
mod status;
pub mod tags;
mod targets;
mod thin;
pub mod times;
pub mod unwritten;
mod usage;
mod value;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};

use crate::app::App;
use crate::{annotations, dashboards, deck, http, page};

pub use notifications::Notices;

/// Every route of the main listener.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/metrics", get(lifecycle::metrics))
        .route("/-/healthy", get(lifecycle::healthy).head(lifecycle::healthy))
        .route("/-/ready", get(lifecycle::ready).head(lifecycle::ready))
        .route("/-/reload", post(lifecycle::reload).put(lifecycle::reload))
        .route("/-/quit", post(lifecycle::quit).put(lifecycle::quit))
        .route("/version", get(status::version))
        .route("/federate", get(federate::federate))
        .merge(questions())
        .merge(state())
        .merge(crate::receive::router())
        .merge(deck::router())
        .merge(annotations::router())
        .merge(dashboards::router())
        .merge(page::router())
        .fallback(page::missing)
        .method_not_allowed_fallback(envelope::method_not_allowed)
        .layer(from_fn(compress::compress))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .layer(from_fn_with_state(app.clone(), http::protect))
        .with_state(app)
}

/// What is asked about series and about the language.
fn questions() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/query", get(query::instant).post(query::instant))
        .route("/api/v1/query_range", get(query::range).post(query::range))
        .route("/api/v1/explain", get(query::explain).post(query::explain))
        .route("/api/v1/queries", get(running::list))
        .route("/api/v1/usage", get(usage::usage))
        .route("/api/v1/queries/{id}", delete(running::cancel))
        .route("/api/v1/read", post(remote_read::read).layer(DefaultBodyLimit::disable()))
        .route("/api/v1/labels", get(labels::names).post(labels::names))
        .route("/api/v1/label/{name}/values", get(labels::values))
        .route("/api/v1/series", get(labels::series).post(labels::series))
        .route("/api/v1/metadata", get(metadata::metadata))
        .route("/api/v1/query_exemplars", get(exemplars::query).post(exemplars::query))
        .route("/api/v1/features", get(features::features))
        .route("/api/v1/rules", get(rules::rules))
        .route("/api/v1/alerts", get(rules::alerts))
        .route("/api/v1/alertmanagers", get(rules::alertmanagers))
        .route("/api/v1/format_query", get(language::format_query).post(language::format_query))
        .route("/api/v1/parse_query", get(language::parse_query).post(language::parse_query))
        .route("/api/v1/check_query", get(language::check_query).post(language::check_query))
        .route("/api/v1/search/metric_names", get(search::metric_names).post(search::metric_names))
        .route("/api/v1/search/label_names", get(search::label_names).post(search::label_names))
        .route("/api/v1/search/label_values", get(search::label_values).post(search::label_values))
}

/// What is asked about this process, and what an operator may do to it.
fn state() -> Router<Arc<App>> {
    let deleting = post(admin::delete_series).put(admin::delete_series);
    let snapshot = post(admin::snapshot).put(admin::snapshot);
    let cleaning = post(admin::clean_tombstones).put(admin::clean_tombstones);
    Router::new()
        .route("/api/v1/targets", get(targets::targets))
        .route("/api/v1/targets/metadata", get(targets::metadata))
        .route("/api/v1/targets/relabel_steps", get(targets::relabel_steps))
        .route("/api/v1/scrape_pools", get(targets::scrape_pools))
        .route("/api/v1/scrape_pools/config", get(targets::scrape_pool_config))
        .route("/api/v1/status/config", get(status::config))
        .route("/api/v1/status/flags", get(status::flags))
        .route("/api/v1/status/buildinfo", get(status::build_info))
        .route("/api/v1/status/runtimeinfo", get(status::runtime_info))
        .route("/api/v1/status/tsdb", get(status::tsdb))
        .route("/api/v1/status/tsdb/blocks", get(status::blocks))
        .route("/api/v1/status/walreplay", get(status::wal_replay))
        .route("/api/v1/status/self_metrics", get(self_metrics::self_metrics))
        .route("/api/v1/openapi.yaml", get(openapi::openapi))
        .route("/api/v1/notifications", get(notifications::list))
        .route("/api/v1/notifications/live", get(notifications::live))
        .route("/api/v1/admin/tsdb/delete_series", deleting)
        .route("/api/v1/admin/tsdb/snapshot", snapshot)
        .route("/api/v1/admin/tsdb/clean_tombstones", cleaning)
}
