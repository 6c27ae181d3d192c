//! The HTTP API: one endpoint family, one file. Handlers take the shared `App` and return an envelope.

mod envelope;
mod exemplars;
mod features;
mod labels;
mod language;
mod lifecycle;
mod metadata;
mod observe;
mod params;
mod query;
mod result;
mod rules;
mod selectors;
mod value;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::app::App;
use crate::{http, page};

/// Every route of the main listener.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/page.js", get(page::script))
        .route("/metrics", get(lifecycle::metrics))
        .route("/-/healthy", get(lifecycle::healthy).head(lifecycle::healthy))
        .route("/-/ready", get(lifecycle::ready).head(lifecycle::ready))
        .route("/-/reload", post(lifecycle::reload).put(lifecycle::reload))
        .merge(questions())
        .merge(crate::receive::router())
        .fallback(envelope::no_such_endpoint)
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .layer(from_fn_with_state(app.clone(), http::protect))
        .with_state(app)
}

/// What is asked about series and about the language.
fn questions() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/query", get(query::instant).post(query::instant))
        .route("/api/v1/query_range", get(query::range).post(query::range))
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
}
