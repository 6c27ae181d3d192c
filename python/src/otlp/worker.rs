//! The thread that exports: ask whether anybody is there, gather, send, send again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::http::{Collector, Verdict};
use super::item::{self, Line, Span};

/// Spans, and lines, that may wait; what is beyond is dropped and counted.
const QUEUE_ITEMS_MAX: usize = 4_096;
const QUEUE_BYTES_MAX: usize = 16 << 20;
const BATCH_ITEMS_MAX: usize = 512;
/// How long something may wait for others to go with it.
const BATCH_WAIT: Duration = Duration::from_secs(1);
/// How long a batch is tried before it is dropped, and the waits between two attempts.
const RETRY_FOR: Duration = Duration::from_secs(60);
const RETRY_WAIT: Duration = Duration::from_secs(1);
const RETRY_WAIT_MAX: Duration = Duration::from_secs(30);
/// Waits between two times of asking whether anybody is there.
const ASK_WAIT: Duration = Duration::from_secs(5);
const ASK_WAIT_MAX: Duration = Duration::from_secs(120);

/// What is exported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Signal {
    Traces,
    Logs,
}

const SIGNALS: [(Signal, &str, &str); 2] =
    [(Signal::Traces, "traces", "/v1/traces"), (Signal::Logs, "logs", "/v1/logs")];
const OUTCOMES: [&str; 4] = ["sent", "refused", "expired", "dropped"];

/// What the service and the thread have in common.
pub(super) struct Shared {
    queue: Mutex<Queue>,
    /// Something came in, or somebody waits.
    stirred: Condvar,
    /// Everything was sent.
    settled: Condvar,
    wanted: [AtomicBool; 2],
    counts: [[AtomicU64; OUTCOMES.len()]; 2],
}

#[derive(Default)]
struct Queue {
    spans: Vec<Span>,
    lines: Vec<Line>,
    /// About how much memory they take.
    bytes: usize,
    /// Whether the thread has a batch that is not decided.
    is_sending: bool,
    flushes: usize,
    is_closed: bool,
}

impl Shared {
    pub(super) fn wants(&self, signal: Signal) -> bool {
        self.wanted[signal as usize].load(Relaxed)
    }

    pub(super) fn span(&self, span: Span) {
        let mut queue = self.queue();
        if queue.spans.len() >= QUEUE_ITEMS_MAX || queue.bytes >= QUEUE_BYTES_MAX {
            return self.count(Signal::Traces, "dropped", 1);
        }
        queue.bytes += span.bytes();
        queue.spans.push(span);
        self.stir(&queue);
    }

    pub(super) fn line(&self, line: Line) {
        let mut queue = self.queue();
        if queue.lines.len() >= QUEUE_ITEMS_MAX || queue.bytes >= QUEUE_BYTES_MAX {
            return self.count(Signal::Logs, "dropped", 1);
        }
        queue.bytes += line.bytes();
        queue.lines.push(line);
        self.stir(&queue);
    }

    /// Wakes the thread for the first of a batch and when there are enough for one.
    fn stir(&self, queue: &Queue) {
        let items = queue.spans.len() + queue.lines.len();
        if items == 1 || items == BATCH_ITEMS_MAX {
            self.stirred.notify_one();
        }
    }

    pub(super) fn flush(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut queue = self.queue();
        queue.flushes += 1;
        self.stirred.notify_one();
        while queue.is_sending || !queue.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            queue = self.settled.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        queue.flushes -= 1;
        !queue.is_sending && queue.is_empty()
    }

    pub(super) fn close(&self) {
        // Never waits: after a fork another thread may have had the lock, for good.
        if let Ok(mut queue) = self.queue.try_lock() {
            queue.is_closed = true;
            self.stirred.notify_all();
        }
    }

    pub(super) fn counts(&self) -> HashMap<(&'static str, &'static str), u64> {
        let mut counts = HashMap::new();
        for (signal, name, _) in SIGNALS {
            for (outcome, count) in OUTCOMES.into_iter().zip(&self.counts[signal as usize]) {
                counts.insert((name, outcome), count.load(Relaxed));
            }
        }
        counts
    }

    fn count(&self, signal: Signal, outcome: &str, items: u64) {
        if let Some(at) = OUTCOMES.iter().position(|known| *known == outcome) {
            self.counts[signal as usize][at].fetch_add(items, Relaxed);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, less long if somebody is in a hurry; whether to go on.
    fn pause(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        let mut queue = self.queue();
        while !queue.is_closed && queue.flushes == 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            queue = self.stirred.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        !queue.is_closed
    }
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.lines.is_empty()
    }
}

/// Starts the thread.
pub(super) fn start(
    collector: Collector,
    resource: Vec<(String, String)>,
    (traces, logs): (bool, bool),
    asks_first: bool,
) -> std::io::Result<Arc<Shared>> {
    let shared = Arc::new(Shared {
        queue: Mutex::default(),
        stirred: Condvar::new(),
        settled: Condvar::new(),
        wanted: [AtomicBool::new(traces && !asks_first), AtomicBool::new(logs && !asks_first)],
        counts: Default::default(),
    });
    let worker =
        Worker { shared: Arc::clone(&shared), collector, resource, signals: [traces, logs], asks_first };
    std::thread::Builder::new().name("flightdeck-otlp".to_owned()).spawn(move || worker.run())?;
    Ok(shared)
}

struct Worker {
    shared: Arc<Shared>,
    collector: Collector,
    resource: Vec<(String, String)>,
    signals: [bool; 2],
    asks_first: bool,
}

impl Worker {
    fn run(&self) {
        while self.find_collector() && self.export() {}
    }

    /// Asks until somebody takes spans or lines; whether to go on.
    fn find_collector(&self) -> bool {
        if !self.asks_first {
            return true;
        }
        let mut wait = ASK_WAIT;
        loop {
            let (mut found, is_there) = (false, self.collector.is_flightdeck());
            for (signal, _, path) in SIGNALS {
                let wanted = is_there && self.signals[signal as usize];
                // A request without anything in it is a valid one.
                let takes = wanted && self.collector.send(path, &[]) == Verdict::Taken;
                self.shared.wanted[signal as usize].store(takes, Relaxed);
                found |= takes;
            }
            if found {
                return true;
            }
            // Whoever flushes has nothing that waits here.
            let until = Instant::now() + wait;
            while Instant::now() < until {
                if self.shared.queue().is_closed {
                    return false;
                }
                std::thread::sleep(Duration::from_millis(500).min(wait));
            }
            wait = (wait * 2).min(ASK_WAIT_MAX);
        }
    }

    /// Exports until it is closed, or whoever was found is gone; whether to go on.
    fn export(&self) -> bool {
        loop {
            let Some((spans, lines)) = self.gather() else { return false };
            let mut taken = true;
            if !spans.is_empty() {
                let body = item::spans(&self.resource, &spans);
                taken &= self.deliver(Signal::Traces, "/v1/traces", &body, spans.len() as u64);
            }
            if !lines.is_empty() {
                let body = item::lines(&self.resource, &lines);
                taken &= self.deliver(Signal::Logs, "/v1/logs", &body, lines.len() as u64);
            }
            let mut queue = self.shared.queue();
            queue.is_sending = false;
            if queue.is_empty() {
                self.shared.settled.notify_all();
            }
            if !taken && self.asks_first {
                self.give_up(&mut queue);
                return true;
            }
        }
    }

    /// Whoever was found is gone: nothing is wanted until somebody is there again.
    fn give_up(&self, queue: &mut Queue) {
        self.shared.wanted.iter().for_each(|wanted| wanted.store(false, Relaxed));
        self.shared.count(Signal::Traces, "expired", queue.spans.len() as u64);
        self.shared.count(Signal::Logs, "expired", queue.lines.len() as u64);
        queue.spans.clear();
        queue.lines.clear();
        queue.bytes = 0;
        self.shared.settled.notify_all();
    }

    /// Waits for something and for others to go with it. `None`: it is closed, and everything was taken.
    fn gather(&self) -> Option<(Vec<Span>, Vec<Line>)> {
        let mut queue = self.shared.queue();
        while queue.is_empty() {
            if queue.is_closed {
                return None;
            }
            self.shared.settled.notify_all();
            queue = self.shared.stirred.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        let until = Instant::now() + BATCH_WAIT;
        while queue.spans.len() < BATCH_ITEMS_MAX && queue.lines.len() < BATCH_ITEMS_MAX {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || queue.flushes > 0 || queue.is_closed {
                break;
            }
            queue = self.shared.stirred.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        queue.is_sending = true;
        let spans = queue.spans.len().min(BATCH_ITEMS_MAX);
        let lines = queue.lines.len().min(BATCH_ITEMS_MAX);
        let spans: Vec<Span> = queue.spans.drain(..spans).collect();
        let lines: Vec<Line> = queue.lines.drain(..lines).collect();
        let taken = spans.iter().map(Span::bytes).chain(lines.iter().map(Line::bytes)).sum();
        queue.bytes = queue.bytes.saturating_sub(taken);
        Some((spans, lines))
    }

    /// Sends a message with so many items until it is taken, refused or too old; whether anybody is there.
    fn deliver(&self, signal: Signal, path: &str, body: &[u8], items: u64) -> bool {
        let (began, mut wait) = (Instant::now(), RETRY_WAIT);
        loop {
            match self.collector.send(path, body) {
                Verdict::Taken => {
                    self.shared.count(signal, "sent", items);
                    return true;
                }
                Verdict::Refused => {
                    self.shared.count(signal, "refused", items);
                    return true;
                }
                Verdict::Later(after) => {
                    let pause = after.unwrap_or(wait);
                    let is_late = began.elapsed() + pause > RETRY_FOR;
                    if is_late || !self.shared.pause(pause) || self.shared.queue().flushes > 0 {
                        self.shared.count(signal, "expired", items);
                        return false;
                    }
                    wait = (wait * 2).min(RETRY_WAIT_MAX);
                }
            }
        }
    }
}
