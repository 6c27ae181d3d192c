//! What can be made to fail while the shop runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use serde::Deserialize;

/// The switches as they are set together.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Switches {
    /// How much longer each query takes.
    pub(crate) slow_query_ms: u64,
    /// The share of requests that fail.
    pub(crate) error_share: f64,
    /// Connections of the pool that nobody gives back.
    pub(crate) held_connections: u32,
}

/// The switches as they are.
#[derive(Default)]
pub(crate) struct Faults {
    switches: Mutex<Switches>,
    requests: AtomicU64,
}

impl Faults {
    pub(crate) fn set(&self, switches: Switches) {
        *self.switches.lock().unwrap_or_else(PoisonError::into_inner) = switches;
    }

    pub(crate) fn slow_query(&self) -> Duration {
        Duration::from_millis(self.get().slow_query_ms)
    }

    /// Fails as large a share of requests as was asked for, evenly.
    pub(crate) fn maybe_fail(&self) -> Result<()> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) as f64;
        let share = self.get().error_share;
        if ((number + 1.0) * share).floor() > (number * share).floor() {
            bail!("a fault was switched on");
        }
        Ok(())
    }

    fn get(&self) -> Switches {
        *self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
