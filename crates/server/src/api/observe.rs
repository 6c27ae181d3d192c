//! Counts and times every request by its route; paths that are no route share one name, so the labels stay few.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

/// Wraps every request.
pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let began = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    app.metrics.http_requests.add(&[route, response.status().as_str()], 1);
    app.metrics.http_request_seconds.observe(&[route], began.elapsed());
    response
}
