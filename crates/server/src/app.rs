//! What every request handler shares: the store, the metrics, the health and the way to ask for a reload.

use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;
use promql::{Engine, Settings};
use tokio::sync::{Notify, mpsc, oneshot};
use tsdb::Store;
use wire::otlp::Accumulator;

use crate::annotations::Annotations;
use crate::api::Notices;
use crate::collecting::Collecting;
use crate::config::{Config, Current};
use crate::dashboards::{Dashboards, Snapshots};
use crate::deck::Decks;
use crate::flags::{ServeOptions, query_settings};
use crate::health::Health;
use crate::http::Door;
use crate::keeper::{Asked, Keeper};
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::queries::Queries;
use crate::receive::{Intake, TOTALS_MAX};
use crate::usage::Usage;

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
    pub health: Arc<Health>,
    /// Who may ask, and how.
    pub door: Arc<Door>,
    /// The configuration that runs.
    pub config: Current,
    /// When the process started.
    pub started: SystemTime,
    /// Asks for the configuration to be read again.
    pub reload: mpsc::Sender<oneshot::Sender<ReloadAnswer>>,
    /// Asks for the process to stop, in order.
    pub quit: Notify,
    /// How much memory there is to use.
    pub memory: Memory,
    /// What answers queries.
    pub engine: Engine,
    /// The queries that run.
    pub queries: Queries,
    /// Who asks for what.
    pub usage: Usage,
    /// What makes accepted samples durable.
    pub keeper: Keeper,
    /// The way in for what is pushed.
    pub intake: Intake,
    /// What collects.
    pub collecting: Collecting,
    /// Running totals of what OTLP sends as differences.
    pub totals: Mutex<Accumulator>,
    /// What operators are told.
    pub notices: Notices,
    /// What happened, as told from outside.
    pub annotations: Annotations,
    /// The dashboards that are kept.
    pub dashboards: Dashboards,
    /// Dashboards as they were seen.
    pub snapshots: Snapshots,
    /// Whether anything is broken.
    pub decks: Decks,
}

impl App {
    /// Everything in its first state, with the end the keeper's thread listens at.
    pub fn new(
        options: ServeOptions,
        store: Arc<Store>,
        config: Config,
        health: Arc<Health>,
        door: Arc<Door>,
        reload: mpsc::Sender<oneshot::Sender<ReloadAnswer>>,
    ) -> (Arc<App>, Asked) {
        let (keeper, asked) = Keeper::new();
        let settings =
            Settings { lookback_ms: options.query.lookback_millis, ..query_settings(&options.features) };
        let app = App {
            store,
            metrics: Metrics::new(),
            health,
            door,
            config: Current::new(config),
            started: SystemTime::now(),
            reload,
            quit: Notify::new(),
            memory: Memory::new(options.memory_bytes_max),
            engine: Engine::new(settings),
            queries: Queries::new(options.query.concurrency_max),
            usage: Usage::default(),
            keeper,
            intake: Intake::new(),
            collecting: Collecting::default(),
            totals: Mutex::new(Accumulator::new(TOTALS_MAX)),
            notices: Notices::default(),
            annotations: Annotations::open(&options.data),
            dashboards: Dashboards::open(&options.data),
            snapshots: Snapshots::open(&options.data),
            decks: Decks::default(),
            options,
        };
        app.metrics.memory_limit.set(&[], app.memory.bytes_max as f64);
        (Arc::new(app), asked)
    }
}

/// Milliseconds since the epoch, now.
pub fn now_millis() -> model::Timestamp {
    jiff::Timestamp::now().as_millisecond()
}
