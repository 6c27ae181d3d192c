//! What the exporter's thread does: gather, send, send again.

use std::sync::Arc;
use std::sync::mpsc as blocking;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::Signal;
use super::answer::Verdict;
use super::exporter::Counted;
use super::metrics;
use super::options::OtlpOptions;
use super::queue::{Item, Waiting};
use super::resource::Resource;
use super::retry::Backoff;
use super::told;
use super::transport::Transport;
use crate::correlate::random;
use crate::metrics::Registry;
use crate::metrics::time::now_ms;

/// How long a batch waits to be tried again while somebody waits for a flush.
const HURRIED: Duration = Duration::from_millis(100);

/// Somebody waits until everything is sent.
pub(super) struct Flush {
    pub(super) deadline: Instant,
    pub(super) done: blocking::Sender<()>,
}

/// The way of one signal to the collector.
pub(super) struct Outlet {
    signal: Signal,
    transport: Transport,
    counted: Counted,
    options: OtlpOptions,
    /// Those who wait for a flush.
    flushes: Vec<Flush>,
    /// Whether nobody has a handle any more.
    is_orphaned: bool,
    /// When the collector wants to hear again, if it said.
    not_before: Option<Instant>,
}

impl Outlet {
    pub(super) fn new(
        signal: Signal,
        transport: Transport,
        options: OtlpOptions,
        counted: Counted,
    ) -> Outlet {
        Outlet {
            signal,
            transport,
            counted,
            options,
            flushes: Vec::new(),
            is_orphaned: false,
            not_before: None,
        }
    }

    /// Sends a message with so many items until it is taken, refused or too old.
    async fn deliver(&mut self, message: Vec<u8>, items: u64, flushed: &mut mpsc::UnboundedReceiver<Flush>) {
        let body = self.transport.collector().body(message);
        let (began, mut backoff) = (Instant::now(), Backoff::default());
        loop {
            let not_before = self.not_before.take();
            self.pause(not_before, false, flushed).await;
            let sent = tokio::time::timeout(self.options.request_timeout, self.transport.send(&body)).await;
            let (after, reason) = match sent {
                Ok(Verdict::Taken { refused }) => {
                    let refused = refused.min(items);
                    self.counted.add(self.signal, "sent", items - refused);
                    return self.lose("refused", refused, "the collector took a part");
                }
                Ok(Verdict::Refused { reason }) => return self.lose("refused", items, &reason),
                Ok(Verdict::Later { after, reason }) => (after, reason),
                Err(_) => (None, "no answer in time".to_owned()),
            };
            let wait = backoff.next(after, random() as f64 / u64::MAX as f64);
            let until = Instant::now() + wait;
            self.not_before = after.map(|_| until);
            if self.is_orphaned || began.elapsed() + wait > self.options.retry_for {
                return self.lose("expired", items, &reason);
            }
            if after.is_none() {
                self.pause(Some(until), true, flushed).await;
            }
            self.counted.retried(self.signal);
        }
    }

    /// Waits, less long if that may be cut short and somebody waits for a flush.
    async fn pause(
        &mut self,
        until: Option<Instant>,
        may_hurry: bool,
        flushed: &mut mpsc::UnboundedReceiver<Flush>,
    ) {
        let Some(mut until) = until else { return };
        loop {
            // What the collector asked for is kept to while the service runs, and not when it is about to end.
            if self.is_orphaned || (may_hurry && self.is_awaited()) {
                until = until.min(Instant::now() + HURRIED);
            }
            tokio::select! {
                () = tokio::time::sleep_until(until.into()) => return,
                flush = flushed.recv(), if !self.is_orphaned => self.hear(flush),
            }
        }
    }

    fn hear(&mut self, flush: Option<Flush>) {
        match flush {
            Some(flush) => self.flushes.push(flush),
            None => self.is_orphaned = true,
        }
    }

    fn is_awaited(&self) -> bool {
        self.flushes.iter().any(|flush| flush.deadline > Instant::now())
    }

    /// Everything is sent.
    fn settle(&mut self) {
        for flush in self.flushes.drain(..) {
            // Whoever waited too long is not there any more.
            let _ = flush.done.send(());
        }
    }

    fn lose(&self, outcome: &'static str, items: u64, reason: &str) {
        if items > 0 {
            self.counted.add(self.signal, outcome, items);
            tracing::warn!(target: super::TARGET, signal = self.signal.name(), items, outcome, reason, "not exported");
        }
    }
}

/// Exports spans or lines until nobody can give it any more.
pub(super) async fn export_items<T: Item + Send + 'static>(
    mut outlet: Outlet,
    resource: Resource,
    mut queue: Waiting<T>,
    mut flushed: mpsc::UnboundedReceiver<Flush>,
    encode: fn(&Resource, &[T]) -> Vec<u8>,
) {
    let items_max = outlet.options.batch_items_max.max(1);
    let mut batch = Vec::new();
    let mut is_open = true;
    while is_open {
        let delay = outlet.options.batch_delay;
        tokio::select! {
            biased;
            flush = flushed.recv(), if !outlet.is_orphaned => outlet.hear(flush),
            open = gather(&mut queue, &mut batch, items_max, delay) => is_open = open,
        }
        // What came in before a flush goes out with it; what comes in meanwhile does not keep it from its end.
        let mut left = queue.len() + batch.len();
        loop {
            while batch.len() < items_max && (outlet.is_awaited() || outlet.is_orphaned) {
                match queue.try_recv() {
                    Some(item) => batch.push(item),
                    None => break,
                }
            }
            if batch.is_empty() {
                break;
            }
            outlet.deliver(encode(&resource, &batch), batch.len() as u64, &mut flushed).await;
            left = left.saturating_sub(batch.len());
            batch.clear();
            if left == 0 || outlet.flushes.is_empty() {
                break;
            }
        }
        outlet.settle();
    }
}

/// Waits for items and for others to go with them; whether there may be more. What was gathered stays in the batch when
/// this is given up.
async fn gather<T: Item>(
    queue: &mut Waiting<T>,
    batch: &mut Vec<T>,
    items_max: usize,
    delay: Duration,
) -> bool {
    if batch.is_empty() {
        match queue.recv().await {
            Some(item) => batch.push(item),
            None => return false,
        }
    }
    let until = tokio::time::Instant::now() + delay;
    while batch.len() < items_max {
        match tokio::time::timeout_at(until, queue.recv()).await {
            Ok(Some(item)) => batch.push(item),
            Ok(None) => return false,
            Err(_) => break,
        }
    }
    true
}

/// Exports metrics every so often, and when somebody waits for it.
pub(super) async fn export_metrics(
    mut outlet: Outlet,
    resource: Resource,
    registry: Registry,
    mut flushed: mpsc::UnboundedReceiver<Flush>,
) {
    let every = outlet.options.metrics_every.max(Duration::from_millis(10));
    // What is older than the next export is of no use.
    outlet.options.retry_for = outlet.options.retry_for.min(every);
    let began_ms = now_ms();
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !outlet.is_orphaned {
        tokio::select! {
            _ = ticks.tick() => {}
            flush = flushed.recv() => outlet.hear(flush),
        }
        for request in metrics::requests(&resource, &registry, began_ms) {
            outlet.deliver(request.bytes, request.points, &mut flushed).await;
        }
        outlet.settle();
    }
}

/// Exports metrics as often as somebody tells them. What was told meanwhile is not needed any more: the last has all.
pub(super) async fn export_told(
    mut outlet: Outlet,
    teller: Resource,
    mut latest: watch::Receiver<Arc<Vec<u8>>>,
    mut flushed: mpsc::UnboundedReceiver<Flush>,
) {
    outlet.options.retry_for = outlet.options.retry_for.min(outlet.options.metrics_every);
    let began_ms = now_ms();
    let mut is_open = true;
    while is_open {
        tokio::select! {
            biased;
            changed = latest.changed() => is_open = changed.is_ok(),
            flush = flushed.recv(), if !outlet.is_orphaned => {
                outlet.hear(flush);
                outlet.settle();
                continue;
            }
        }
        let told = Arc::clone(&latest.borrow_and_update());
        if is_open {
            for request in told::requests(&teller, &told, began_ms) {
                outlet.deliver(request.bytes, request.points, &mut flushed).await;
            }
        }
        // Whoever came to wait meanwhile waits for what was told last.
        if !latest.has_changed().unwrap_or(false) {
            outlet.settle();
        }
    }
}
