//! The keeper: the thread that makes what was accepted durable, and the one that maintains the store.
//!
//! Writes are acknowledged in groups: everything that waits when a sync begins is answered by that one sync. With
//! nobody waiting the log is synced every second, so that a scrape is never at risk for longer.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::sync::oneshot;

use crate::allocator;
use crate::app::App;
use crate::health::Check;

/// How often the log is synced when nobody waits for it.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
/// How often the store is maintained.
const MAINTAIN_INTERVAL: Duration = Duration::from_secs(1);
/// How many writers may wait for a sync at once; further ones are told to come back.
const WAITING_MAX: usize = 4096;

/// Whether what was appended is durable.
type Answer = Result<(), String>;

/// What the syncing thread is told.
enum Ask {
    /// Sync, and answer.
    Sync(oneshot::Sender<Answer>),
    /// Sync once more, and end.
    Stop,
}

/// Where writers ask for durability.
pub struct Keeper {
    asking: SyncSender<Ask>,
}

/// The threads behind a keeper.
pub struct KeeperThreads {
    /// Ends with the outcome of the last sync.
    syncing: JoinHandle<Answer>,
    maintaining: JoinHandle<()>,
    stop_maintaining: SyncSender<()>,
    stop_syncing: SyncSender<Ask>,
}

/// The receiving end, until the threads are started.
pub struct Asked(Receiver<Ask>);

impl Keeper {
    /// A keeper and the end its thread will listen at.
    pub fn new() -> (Keeper, Asked) {
        let (asking, asked) = sync_channel(WAITING_MAX);
        (Keeper { asking }, Asked(asked))
    }

    /// Waits until everything appended before the call is durable.
    pub async fn durable(&self) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        match self.asking.try_send(Ask::Sync(answer)) {
            Ok(()) => answered.await.unwrap_or_else(|_| Err("this process is stopping".to_owned())),
            Err(TrySendError::Full(_)) => Err(format!("more than {WAITING_MAX} writers wait for the disk")),
            Err(TrySendError::Disconnected(_)) => Err("this process is stopping".to_owned()),
        }
    }

    /// Starts the threads.
    pub fn start(&self, app: &Arc<App>, asked: Asked) -> anyhow::Result<KeeperThreads> {
        let (stop_maintaining, stopped) = sync_channel(1);
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let syncing_app = app.clone();
        let syncing =
            thread("sync").spawn(move || keep_synced(&syncing_app, &asked.0)).context("starting a thread")?;
        let maintaining_app = app.clone();
        let maintaining = thread("maintain")
            .spawn(move || keep_maintained(&maintaining_app, &stopped))
            .context("starting a thread")?;
        Ok(KeeperThreads { syncing, maintaining, stop_maintaining, stop_syncing: self.asking.clone() })
    }
}

impl KeeperThreads {
    /// Ends both threads after one last sync, and says how that went.
    pub fn stop(self) -> Answer {
        // Neither send fails while its thread runs, and a thread that ended by panic is reported by its join.
        let _ = self.stop_maintaining.try_send(());
        if self.maintaining.join().is_err() {
            tracing::error!("the thread that maintains the store panicked");
        }
        let _ = self.stop_syncing.send(Ask::Stop);
        self.syncing.join().unwrap_or_else(|_| Err("the thread that syncs the log panicked".to_owned()))
    }
}

/// Serves syncs until it is told to stop; returns how the last one went.
fn keep_synced(app: &App, asked: &Receiver<Ask>) -> Answer {
    loop {
        let first = asked.recv_timeout(SYNC_INTERVAL);
        let mut stop = matches!(first, Err(RecvTimeoutError::Disconnected));
        let mut waiting = Vec::new();
        for ask in first.into_iter().chain(asked.try_iter()) {
            match ask {
                Ask::Sync(answer) => waiting.push(answer),
                Ask::Stop => stop = true,
            }
        }
        let began = Instant::now();
        let outcome = app.store.sync().map_err(|error| error.to_string());
        app.metrics.sync_seconds.observe(&[], began.elapsed());
        note_disk(app, "sync", &outcome);
        for answer in waiting {
            // A writer whose connection broke does not wait any more.
            let _ = answer.send(outcome.clone());
        }
        if stop {
            return outcome;
        }
    }
}

fn keep_maintained(app: &App, stopped: &Receiver<()>) {
    let is_over = || !matches!(stopped.recv_timeout(MAINTAIN_INTERVAL), Err(RecvTimeoutError::Timeout));
    if is_over() {
        return;
    }
    // A seal that follows may take long, and replayed pages are large as long as they wait.
    app.store.compress_replayed();
    allocator::give_back();
    while !is_over() {
        let began = Instant::now();
        let outcome = app.store.maintain().map_err(|error| error.to_string());
        app.metrics.maintain_seconds.observe(&[], began.elapsed());
        if outcome.as_ref().is_ok_and(|done| done.sealed + done.merged > 0) {
            allocator::give_back();
        }
        note_disk(app, "maintain", &outcome.map(drop));
    }
}

/// Readiness and the log follow what the disk says; a failure is logged when it begins, not every second.
fn note_disk(app: &App, operation: &str, outcome: &Answer) {
    match outcome {
        Ok(()) if operation == "sync" => app.health.pass(Check::DiskWritable),
        Ok(()) => {}
        Err(reason) => {
            app.metrics.store_errors.add(&[operation], 1);
            if app.health.fail(Check::DiskWritable, reason) {
                tracing::error!(operation, reason, "the store cannot write");
            }
        }
    }
}
