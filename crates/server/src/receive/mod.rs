//! The receivers: what others push. Each one file.

use std::sync::Arc;

use axum::Router;

use crate::app::App;

/// The routes of the receivers.
pub fn router() -> Router<Arc<App>> {
    Router::new()
}
