//! `/api/v1/notifications` and its live form: what an operator should know about this process right now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use model::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::mpsc;

use super::envelope::success;
use super::events::Listeners;
use super::pieces::Piece;
use super::status::date;
use crate::app::{App, now_millis};

/// How often the live form looks for changes.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// After how many looks without a change a comment keeps the connection alive.
const QUIET_LOOKS_MAX: u32 = 30;
/// How long a listener may leave events unread.
const UNREAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How many events wait for a slow listener.
const EVENTS_WAITING_MAX: usize = 16;
/// How many listeners there may be.
const LISTENERS_MAX: usize = 32;

/// Since when each thing is so.
#[derive(Default)]
pub struct Notices {
    since: Mutex<BTreeMap<String, Timestamp>>,
    listeners: Listeners,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Notification {
    text: String,
    date: String,
    active: bool,
}

/// What is to be known now.
pub async fn list(State(app): State<Arc<App>>) -> Response {
    success(app.notices.now(&app))
}

/// The same as it changes, one event each.
pub async fn live(State(app): State<Arc<App>>) -> Response {
    let listeners = app.notices.listeners.clone();
    listeners.answer(LISTENERS_MAX, EVENTS_WAITING_MAX, |events| async move { tell(&app, &events).await })
}

/// Sends changes until the listener goes away or the process stops.
async fn tell(app: &App, events: &mpsc::Sender<Piece>) {
    let mut told: Vec<Notification> = Vec::new();
    let mut quiet = 0;
    while !app.health.is_stopping() {
        let now = app.notices.now(app);
        let gone = told.iter().filter(|old| !now.iter().any(|new| new.text == old.text));
        let ended = gone.map(|old| Notification { active: false, ..old.clone() });
        let changes: Vec<Notification> =
            ended.chain(now.iter().filter(|new| !told.contains(new)).cloned()).collect();
        quiet = if changes.is_empty() { quiet + 1 } else { 0 };
        for change in changes {
            let Ok(text) = serde_json::to_string(&change) else { return };
            if !send(events, format!("data: {text}\n\n")).await {
                return;
            }
        }
        if quiet >= QUIET_LOOKS_MAX || told.is_empty() && quiet == 1 {
            quiet = 0;
            if !send(events, ":\n\n".to_owned()).await {
                return;
            }
        }
        told = now;
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

/// Whether the listener still takes what it is told.
async fn send(events: &mpsc::Sender<Piece>, text: String) -> bool {
    matches!(tokio::time::timeout(UNREAD_TIMEOUT, events.send(Ok(Bytes::from(text)))).await, Ok(Ok(())))
}

impl Notices {
    fn now(&self, app: &App) -> Vec<Notification> {
        let mut texts = Vec::new();
        if app.metrics.config_last_reload_ok.value() <= 0.0 {
            texts.push("Configuration reload has failed.".to_owned());
        }
        if let Some(reasons) = app.health.not_ready_because() {
            texts.extend(reasons.lines().map(|reason| format!("Not ready: {reason}.")));
        }
        texts.extend(app.store.opened().damages.iter().map(|damage| format!("Damaged: {damage}.")));
        let mut since = self.since.lock();
        since.retain(|text, _| texts.contains(text));
        let notify = |text: String| {
            let began = *since.entry(text.clone()).or_insert_with(now_millis);
            Notification { text, date: date(began), active: true }
        };
        texts.into_iter().map(notify).collect()
    }
}
