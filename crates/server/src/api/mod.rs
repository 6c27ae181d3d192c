//! The HTTP API: one endpoint family, one file. Handlers take the shared `App` and return an envelope.

mod envelope;
mod lifecycle;
mod observe;
mod params;
mod query;

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
        .merge(crate::receive::router())
        .fallback(envelope::no_such_endpoint)
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .layer(from_fn_with_state(app.clone(), http::protect))
        .with_state(app)
}
