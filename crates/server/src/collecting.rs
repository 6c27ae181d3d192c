//! Collecting: scrapes, host metrics and this process's own metrics, on their way into the store.
//!
//! Everything that collects runs on one thread of its own. A scrape is a few microseconds of work between waits, so waking
//! and passing it among many threads costs more than doing it: with 400 targets one thread takes a third less processor
//! time than the shared threads do, and keeps up with several thousand scrapes a second.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use collect::config::Span;
use collect::discovery::local::{GONE_KEPT, LocalConfig};
use collect::host::HostConfig;
use collect::{Collector, Extras, JobStatus};
use model::{Frame, Labels};
use parking_lot::RwLock;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::app::{App, now_millis};
use crate::deck::ask::instant;

/// The job under which the server measures itself.
pub const OWN_JOB: &str = "flightdeck";

/// How often this process stores its own metrics, and, when nothing was configured, those of this host and its services.
const INTERVAL: Duration = Duration::from_secs(15);

/// How often the log says that scrapes cannot be stored; every one is counted.
const COMPLAINT_INTERVAL_MS: i64 = 60_000;

/// Everything that collects. The application can look at it from the start; it runs between `start` and `stop`.
#[derive(Default)]
pub struct Collecting {
    running: RwLock<Option<Arc<Running>>>,
}

struct Running {
    collector: Collector,
    own: JoinHandle<()>,
    local: LocalConfig,
    /// Dropped last, which ends the thread.
    _thread: oneshot::Sender<()>,
}

impl Collecting {
    /// Starts collecting. `addresses` are those this process listens on: it does not discover itself.
    pub async fn start(&self, app: &Arc<App>, address: SocketAddr, others: &[SocketAddr]) {
        collect::limit_large_pages(app.memory.pages_bytes_max());
        let own_ports = others.iter().chain([&address]).map(SocketAddr::port).collect();
        let local = LocalConfig { own_ports, known: found_before(app).await };
        let sink_app = app.clone();
        let (thread, handle) = start_thread();
        let collector = {
            let _within = handle.enter();
            Collector::start(Arc::new(move |frames| store_frames(&sink_app, "scrape", frames)))
        };
        let own = handle.spawn(store_own_metrics(app.clone(), address));
        *self.running.write() = Some(Arc::new(Running { collector, own, local, _thread: thread }));
        self.apply(app).await;
    }

    /// Follows the configuration in force. What did not change keeps running.
    pub async fn apply(&self, app: &App) {
        let Some(running) = self.running.read().clone() else { return };
        let extras = extras(app, &running.local);
        running.collector.apply(app.config.get().jobs.clone(), extras).await;
    }

    /// Every job with its targets and their last scrapes.
    pub fn status(&self) -> Vec<JobStatus> {
        self.running.read().as_ref().map(|running| running.collector.status()).unwrap_or_default()
    }

    /// Stops collecting, and returns once no frame is on its way any more.
    pub async fn stop(&self) {
        let Some(mut running) = self.running.write().take() else { return };
        running.own.abort();
        // Whoever is looking at the status this very moment lets go of it at once.
        let running = loop {
            match Arc::try_unwrap(running) {
                Ok(running) => break running,
                Err(shared) => running = shared,
            }
            tokio::task::yield_now().await;
        };
        running.collector.stop().await;
        // A task that was aborted ends with an error that says so.
        let _ = running.own.await;
    }
}

/// The thread that collects, until what is returned beside its handle is dropped.
fn start_thread() -> (oneshot::Sender<()>, Handle) {
    let runtime =
        Builder::new_current_thread().enable_all().build().expect("the system has timers and sockets");
    let handle = runtime.handle().clone();
    let (running, ended) = oneshot::channel();
    let collect = move || {
        // An error says that the sender was dropped, which is what is waited for.
        let _ = runtime.block_on(ended);
    };
    std::thread::Builder::new()
        .name("collect".to_owned())
        .spawn(collect)
        .expect("the system has one more thread");
    (running, handle)
}

/// Whether the services of this machine are looked for.
fn discovers(app: &App) -> bool {
    app.options.config.is_none() && app.options.discover_local
}

/// The services that were found before this process started and were up lately, as the store remembers them.
async fn found_before(app: &Arc<App>) -> Vec<(SocketAddr, String)> {
    if !discovers(app) {
        return Vec::new();
    }
    let query = format!("max by (instance, job) (max_over_time(up[{}s])) > 0", GONE_KEPT.as_secs());
    let app = app.clone();
    let found = spawn_blocking(move || instant(&app, &query, now_millis())).await.unwrap_or_default();
    let service = |labels: Labels| {
        let address: SocketAddr = labels.value("instance").parse().ok()?;
        // What others pushed is of other machines, and nothing of theirs is asked from here.
        address.ip().is_loopback().then(|| (address, labels.value("job").to_owned()))
    };
    found.into_iter().filter_map(|(labels, _)| service(labels)).collect()
}

/// Without a configuration there is still something true to show: this host and the services on it.
fn extras(app: &App, local: &LocalConfig) -> Extras {
    let interval = Span::from_secs(INTERVAL.as_secs() as i64);
    let unconfigured = app.options.config.is_none();
    Extras {
        local: discovers(app).then(|| local.clone()),
        local_interval: Some(interval),
        host: ((unconfigured || app.options.host_always) && app.options.host)
            .then_some(HostConfig { interval }),
    }
}

fn store_frames(app: &App, source: &'static str, frames: &[Frame]) {
    for frame in frames {
        match app.store.append(frame) {
            Ok(appended) => app.metrics.count(source, &appended),
            Err(error) => {
                app.metrics.batches_failed.add(&[source], 1);
                static SAID: AtomicI64 = AtomicI64::new(0);
                if is_due(&SAID, now_millis()) {
                    tracing::warn!(%error, target = %frame.layout.target, "a scrape cannot be stored");
                }
            }
        }
    }
}

/// Whether something is to be said again that may be true of every scrape, and was said when `said` tells.
fn is_due(said: &AtomicI64, now: i64) -> bool {
    let last = said.load(Ordering::Relaxed);
    (now - last).abs() >= COMPLAINT_INTERVAL_MS
        && said.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

async fn store_own_metrics(app: Arc<App>, address: SocketAddr) {
    let target = Labels::from_pairs([("job", OWN_JOB), ("instance", &address.to_string())]);
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let frame = app.metrics.frame(&app.store.stats(), &target, now_millis());
        store_frames(&app, "self", &[frame]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_true_of_every_scrape_is_said_once_a_minute() {
        let said = AtomicI64::new(0);
        let times = [1_000_000, 1_000_001, 1_059_999, 1_060_000, 1_060_001, 1_000_000];
        assert_eq!(times.map(|now| is_due(&said, now)), [true, false, false, true, false, true]);
    }
}
