//! `flightdeck serve`: open, serve, stop in reverse.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tsdb::Store;

use crate::app::App;
use crate::collecting::Collecting;
use crate::flags::ServeOptions;
use crate::health::Check;
use crate::http::{self, Limits, Listening};
use crate::{api, config, logs, reload, signals};

/// How long requests under way may take to finish once a stop was asked for. The whole stop takes at most 5 s.
const STOP_PATIENCE: Duration = Duration::from_secs(3);
/// How many requests for a reload wait at once; further ones wait at the door.
const RELOADS_WAITING_MAX: usize = 4;

/// Runs until a signal says to stop.
pub fn run(options: ServeOptions) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    logs::start(&options.log)?;
    let config = config::load(options.config.as_deref())?;
    let listener = http::bind(options.listen, "--listen")?;
    let store = Arc::new(Store::in_memory());
    let runtime = Runtime::new().context("starting the runtime")?;
    runtime.block_on(async {
        let mut signals = signals::Signals::watch()?;
        let (reload, mut reloads) = mpsc::channel(RELOADS_WAITING_MAX);
        let (app, asked) = App::new(options, store, config, reload);
        let threads = app.keeper.start(&app, asked)?;
        app.health.pass(Check::LogReplayed);
        let limits = Limits { connections_max: app.options.connections_max, http2: true };
        let listening = Listening::start(listener, None, api::router(app.clone()), limits)?;
        let collecting = Collecting::start(app.clone(), listening.address);
        announce(&app, &listening, began);
        reload::until_stopped(&app, &collecting, &mut signals, &mut reloads).await;
        let stopping = Instant::now();
        app.health.fail(Check::NotStopping, "a signal asked this process to stop");
        collecting.stop().await;
        app.queries.cancel_all();
        listening.stop(STOP_PATIENCE).await;
        tokio::task::spawn_blocking(move || threads.stop()).await.context("stopping the store's threads")?;
        tracing::info!(took_ms = stopping.elapsed().as_millis() as u64, "stopped");
        anyhow::Ok(())
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(ExitCode::SUCCESS)
}

/// Says what was opened, how long it took, and where to look.
fn announce(app: &App, listening: &Listening, began: Instant) {
    let took = began.elapsed();
    tracing::info!(
        version = crate::commands::version::VERSION,
        url = %format!("http://{}/", listening.address),
        data = %app.options.data.display(),
        took_ms = took.as_millis() as u64,
        "serving"
    );
}
