//! The queries that run: how many at once, for how long, and how one is stopped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The queries of this process.
pub struct Queries {
    turns: Arc<Semaphore>,
    running: Arc<Mutex<BTreeMap<u64, Arc<Running>>>>,
    next: AtomicU64,
}

/// One query that runs.
#[derive(Debug)]
pub struct Running {
    /// Its number, unique in this process.
    pub id: u64,
    /// Its text.
    pub query: String,
    began: Instant,
    timeout: Duration,
    cancelled: AtomicBool,
}

/// Held while somebody wants the answer. Dropping it cancels the query and frees its turn.
pub struct Ticket {
    running: Arc<Running>,
    all: Arc<Mutex<BTreeMap<u64, Arc<Running>>>>,
    _turn: OwnedSemaphorePermit,
}

impl Queries {
    /// At most so many at once.
    pub fn new(concurrency_max: usize) -> Queries {
        Queries {
            turns: Arc::new(Semaphore::new(concurrency_max)),
            running: Arc::default(),
            next: AtomicU64::new(1),
        }
    }

    /// Waits for a turn. The time spent waiting counts; an error says how long that was.
    pub async fn enter(&self, query: &str, timeout: Duration) -> Result<(Ticket, Arc<Running>), Duration> {
        let began = Instant::now();
        let turn = tokio::time::timeout(timeout, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(began.elapsed()) };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let cancelled = AtomicBool::new(false);
        let running = Arc::new(Running { id, query: query.to_owned(), began, timeout, cancelled });
        self.running.lock().insert(id, running.clone());
        Ok((Ticket { running: running.clone(), all: self.running.clone(), _turn: turn }, running))
    }

    /// Every query that runs, oldest first.
    pub fn list(&self) -> Vec<Arc<Running>> {
        self.running.lock().values().cloned().collect()
    }

    /// Stops a query; false when there is none of that number.
    pub fn cancel(&self, id: u64) -> bool {
        let found = self.running.lock().get(&id).cloned();
        found.is_some_and(|running| {
            running.cancelled.store(true, Ordering::Relaxed);
            true
        })
    }

    /// Stops all of them.
    pub fn cancel_all(&self) {
        self.running.lock().values().for_each(|running| running.cancelled.store(true, Ordering::Relaxed));
    }
}

impl Running {
    /// Whether nobody wants the answer any more.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Whether its time is up.
    pub fn is_overdue(&self) -> bool {
        self.took() > self.timeout
    }

    /// How long it has been waiting and running.
    pub fn took(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.running.cancelled.store(true, Ordering::Relaxed);
        self.all.lock().remove(&self.running.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_query_ends_with_its_ticket_and_waits_for_its_turn() {
        let queries = Queries::new(1);
        let (ticket, running) =
            queries.enter("up", Duration::from_secs(5)).await.expect("the first has a turn");
        assert_eq!(queries.list().len(), 1);
        assert!(queries.enter("up", Duration::from_millis(10)).await.is_err());
        assert!(!running.is_cancelled() && queries.cancel(running.id) && running.is_cancelled());
        drop(ticket);
        assert!(queries.list().is_empty() && !queries.cancel(running.id));
        assert!(queries.enter("up", Duration::from_millis(10)).await.is_ok());
    }
}
