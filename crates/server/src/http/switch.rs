//! A router that can be replaced while connections are open: first the one that says what start-up is doing, then the API.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use parking_lot::RwLock;

use crate::health::Health;

/// The router in force.
#[derive(Clone)]
pub struct Switch {
    router: Arc<RwLock<Router>>,
}

impl Switch {
    /// Starts with a router.
    pub fn new(router: Router) -> Switch {
        Switch { router: Arc::new(RwLock::new(router)) }
    }

    /// The router that answers the next request.
    pub fn current(&self) -> Router {
        self.router.read().clone()
    }

    /// Puts another one in force, for open connections too.
    pub fn replace(&self, router: Router) {
        *self.router.write() = router;
    }
}

/// What is answered until the store is open: healthy, and not ready because of this and that.
pub fn starting_router(health: Arc<Health>) -> Router {
    let not_yet = |State(health): State<Arc<Health>>| async move { unavailable(&health) };
    Router::new()
        .route("/-/healthy", get(|| async { "Flightdeck is healthy.\n" }))
        .route("/-/ready", get(not_yet))
        .fallback(not_yet)
        .with_state(health)
}

fn unavailable(health: &Health) -> Response {
    let reasons = health.not_ready_because().unwrap_or_else(|| "starting".to_owned());
    (StatusCode::SERVICE_UNAVAILABLE, reasons + "\n").into_response()
}
