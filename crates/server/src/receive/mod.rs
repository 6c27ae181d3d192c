//! The receivers: what others push. Each protocol one file; all of them decode, append, wait for the disk, answer.
//!
//! A sample that is refused is counted and named; the others of its batch are kept.

mod body;
mod import;
mod intake;
mod otlp;
mod otlp_grpc;
mod remote_write;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;

use crate::app::App;

pub use body::read as read_body;
pub use intake::Intake;
pub use otlp::TOTALS_MAX;
pub use otlp_grpc::router as grpc_router;

/// The routes of the receivers.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/write", post(remote_write::write))
        .route("/api/v1/otlp/v1/metrics", post(otlp::metrics))
        .route("/v1/metrics", post(otlp::metrics))
        .route("/api/v1/import/prometheus", post(import::prometheus).put(import::prometheus))
        .layer(DefaultBodyLimit::disable())
}
