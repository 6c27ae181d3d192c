//! Connections on which nothing happens: after a while they give their place to others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How many times within the limit it is looked whether a connection is over it.
const LOOKS: u32 = 8;

/// What happens on one connection.
pub struct Activity {
    state: Mutex<State>,
}

struct State {
    requests: usize,
    /// When the last request ended, or the connection began.
    since: Instant,
}

/// Held while a request runs and its answer is on its way.
pub struct Busy(Arc<Activity>);

impl Activity {
    /// Of a new connection.
    pub fn new() -> Arc<Activity> {
        Arc::new(Activity { state: Mutex::new(State { requests: 0, since: Instant::now() }) })
    }

    /// A request began.
    pub fn begin(self: &Arc<Activity>) -> Busy {
        self.state.lock().requests += 1;
        Busy(self.clone())
    }

    /// Returns when there was no request for so long.
    pub async fn idle(&self, timeout: Duration) {
        loop {
            tokio::time::sleep(timeout / LOOKS).await;
            let state = self.state.lock();
            if state.requests == 0 && state.since.elapsed() >= timeout {
                return;
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.requests -= 1;
        state.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_with_a_request_is_not_idle() {
        const TIMEOUT: Duration = Duration::from_millis(80);
        let activity = Activity::new();
        let is_idle = async || tokio::time::timeout(TIMEOUT * 3, activity.idle(TIMEOUT)).await.is_ok();
        let busy = activity.begin();
        assert!(!is_idle().await);
        drop(busy);
        assert!(is_idle().await);
    }
}
