//! Events sent as they happen: what the live endpoints share.

use std::future::Future;
use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use super::pieces::{self, Piece};

/// Those who listen at one endpoint.
#[derive(Clone, Default)]
pub struct Listeners(Arc<()>);

impl Listeners {
    /// Whether nobody listens.
    pub fn is_empty(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// Answers one more with what `tell` sends until it returns, of which at most `waiting_max` events wait; or refuses,
    /// where `listeners_max` is reached.
    pub fn answer<T: Future<Output = ()> + Send + 'static>(
        &self,
        listeners_max: usize,
        waiting_max: usize,
        tell: impl FnOnce(mpsc::Sender<Piece>) -> T,
    ) -> Response {
        let listener = self.clone();
        if Arc::strong_count(&listener.0) > listeners_max {
            let headers = [(header::RETRY_AFTER, "30")];
            return (StatusCode::SERVICE_UNAVAILABLE, headers, "too many listeners\n").into_response();
        }
        let (events, sent) = mpsc::channel(waiting_max);
        let told = tell(events);
        tokio::spawn(async move {
            let _listener = listener;
            told.await;
        });
        let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
        (headers, pieces::body(sent, ())).into_response()
    }
}
