//! The deck as it changes: one event each time it is computed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use tokio::sync::mpsc;

use crate::api::pieces::Piece;
use crate::app::App;

/// How many events wait for a slow listener; it gets the newest deck when it is ready for one.
const EVENTS_WAITING_MAX: usize = 1;
/// How many pages may listen.
const LISTENERS_MAX: usize = 256;
/// How often it is checked whether the process stops.
const STOP_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Events for as long as the page is open.
pub async fn live(State(app): State<Arc<App>>) -> Response {
    let listeners = app.decks.listeners.clone();
    listeners.answer(LISTENERS_MAX, EVENTS_WAITING_MAX, |events| async move { tell(&app, &events).await })
}

async fn tell(app: &App, events: &mpsc::Sender<Piece>) {
    let mut latest = app.decks.latest.subscribe();
    while !app.health.is_stopping() {
        let event = Bytes::from(format!("data: {}\n\n", latest.borrow_and_update().json));
        if events.send(Ok(event)).await.is_err() {
            return;
        }
        while tokio::time::timeout(STOP_LOOK_INTERVAL, latest.changed()).await.is_err() {
            if app.health.is_stopping() || events.is_closed() {
                return;
            }
        }
    }
}
