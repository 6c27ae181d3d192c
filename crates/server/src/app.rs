//! What every request handler shares: the store, the metrics, the health and the way to ask for a reload.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::{mpsc, oneshot};
use tsdb::Store;

use crate::config::Current;
use crate::flags::ServeOptions;
use crate::health::Health;
use crate::metrics::Metrics;

/// The answer to a request for a reload: what is wrong with the new configuration, if anything.
pub type ReloadAnswer = Result<(), String>;

/// One process's worth of shared state.
pub struct App {
    /// What the command line said.
    pub options: ServeOptions,
    /// Where samples are.
    pub store: Arc<Store>,
    /// What this process says about itself.
    pub metrics: Metrics,
    /// Whether it is ready.
    pub health: Health,
    /// The configuration that runs.
    pub config: Current,
    /// When the process started.
    pub started: SystemTime,
    /// Asks for the configuration to be read again.
    pub reload: mpsc::Sender<oneshot::Sender<ReloadAnswer>>,
}

/// Milliseconds since the epoch, now.
pub fn now_millis() -> model::Timestamp {
    jiff::Timestamp::now().as_millisecond()
}
