//! `flightdeck serve`: open, serve, stop in reverse.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::app::App;
use crate::deck::Decks;
use crate::flags::{ServeOptions, feature_remarks};
use crate::health::{Check, Health};
use crate::http::{self, Door, Limits, Listening, Switch};
use crate::{api, config, logs, opening, receive, reload, signals};

/// How long scrapes, and then requests, may take to finish once a stop was asked for. The whole stop takes at most 5 s.
const STOP_PATIENCE: Duration = Duration::from_millis(1_500);
/// How long a peer may leave an answer unread before its connection is given up.
const UNREAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How many requests for a reload wait at once; further ones wait at the door.
const RELOADS_WAITING_MAX: usize = 4;

/// Runs until a signal says to stop.
pub fn run(options: ServeOptions) -> anyhow::Result<ExitCode> {
    let listener = http::bind(options.listen, "--listen")?;
    run_on(options, listener, |_| Ok(()))
}

/// The same on a listener that is there already; calls `serving` with its address once questions are answered.
pub fn run_on(
    options: ServeOptions,
    listener: TcpListener,
    serving: impl FnOnce(SocketAddr) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    logs::start(&options.log)?;
    feature_remarks(&options.features).iter().for_each(|remark| tracing::warn!("{remark}"));
    let config = config::load(options.config.as_deref())?;
    let door = Door::open(options.web_config.clone(), options.path_prefix.clone())?;
    let grpc_listener = bind_grpc(&options)?;
    // Else they carry the name of whoever is the first to ask for something.
    let evaluators = rayon::ThreadPoolBuilder::new().thread_name(|number| format!("evaluate-{number}"));
    evaluators.build_global().context("starting the threads that evaluate queries")?;
    let runtime = Runtime::new().context("starting the runtime")?;
    let outcome = runtime.block_on(serve(options, config, door, listener, grpc_listener, began, serving));
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn serve(
    options: ServeOptions,
    config: config::Config,
    door: Arc<Door>,
    listener: TcpListener,
    grpc_listener: Option<TcpListener>,
    began: Instant,
    serving: impl FnOnce(SocketAddr) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut signals = signals::Signals::watch()?;
    let health = Arc::new(Health::starting());
    let switch = Switch::new(door.guard(http::starting_router(health.clone())));
    let limits = Limits {
        connections_max: options.connections_max,
        unread_timeout: UNREAD_TIMEOUT,
        idle_timeout: options.read_timeout,
    };
    let listening = Listening::start(listener, door.clone(), switch.clone(), limits)?;
    tokio::spawn(door.clone().watch());

    let opening = tokio::task::spawn_blocking(move || {
        opening::open(&options, &config).map(|store| (options, config, store))
    });
    let (options, config, store) = tokio::select! {
        opened = opening => opened.context("opening the store")??,
        () = signals.stop() => return Ok(()),
    };
    let (reload, mut reloads) = mpsc::channel(RELOADS_WAITING_MAX);
    let (app, asked) = App::new(options, store, config, health, door.clone(), reload);
    let threads = app.keeper.start(&app, asked)?;
    let grpc = grpc_listener
        .map(|listener| {
            let router = Switch::new(door.guard(receive::grpc_router(app.clone())));
            Listening::start(listener, door.clone(), router, limits)
        })
        .transpose()?;
    // Else a dashboard of its folders would be missing, or anew in ours, for whoever is faster.
    reload::loaded(&app);
    switch.replace(door.guard(api::router(app.clone())));
    app.health.pass(Check::LogReplayed);
    let others: Vec<SocketAddr> = grpc.iter().map(|grpc| grpc.address).collect();
    app.collecting.start(&app, listening.address, &others).await;
    Decks::start(&app).context("starting a thread")?;
    announce(&app, &listening, grpc.as_ref(), began);
    serving(listening.address)?;

    reload::until_stopped(&app, &mut signals, &mut reloads).await;

    let stopping = Instant::now();
    app.health.fail(Check::NotStopping, "a signal asked this process to stop");
    if tokio::time::timeout(STOP_PATIENCE, app.collecting.stop()).await.is_err() {
        tracing::warn!("gave up on scrapes that were still running");
    }
    app.queries.cancel_all();
    // A merge may take minutes, and is done again as well after the next start.
    app.store.stop_merging();
    let grpc_stopped = async {
        if let Some(grpc) = grpc {
            grpc.stop(STOP_PATIENCE).await;
        }
    };
    tokio::join!(grpc_stopped, listening.stop(STOP_PATIENCE));
    let last_sync =
        tokio::task::spawn_blocking(move || threads.stop()).await.context("stopping the store's threads")?;
    if let Err(reason) = last_sync {
        anyhow::bail!("stopped, but what was scraped last is not on disk: {reason}");
    }
    let took_ms = stopping.elapsed().as_millis() as u64;
    tracing::info!(took_ms, "stopped; everything accepted is on disk");
    Ok(())
}

/// The port of OTLP is often taken by a collector; unless it was asked for by name, doing without is only worth a warning.
fn bind_grpc(options: &ServeOptions) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = options.listen_otlp else { return Ok(None) };
    match http::bind(address, "--otlp-grpc-listen") {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if options.listen_otlp_required => Err(error),
        Err(error) => {
            tracing::warn!("no OTLP over gRPC: {error:#}");
            Ok(None)
        }
    }
}

/// Says what was opened, how long it took, and where to look.
fn announce(app: &App, listening: &Listening, grpc: Option<&Listening>, began: Instant) {
    let took = began.elapsed();
    let configuration =
        app.config.get().file.as_ref().map_or("none".to_owned(), |file| file.display().to_string());
    tracing::info!(
        version = crate::commands::version::VERSION,
        url = %format!("{}://{}/", app.door.scheme(), listening.address),
        otlp_grpc = grpc.map(|grpc| grpc.address.to_string()).unwrap_or_else(|| "off".to_owned()),
        configuration,
        data = %app.options.data.display(),
        took_ms = took.as_millis() as u64,
        "serving"
    );
}
