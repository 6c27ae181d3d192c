//! The signals this process listens to: stop on SIGINT and SIGTERM, reload on SIGHUP.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Read the configuration again.
    Reload,
    /// Stop, in order.
    Stop,
}

/// The signals, being watched.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    /// Starts watching; from here on none of them ends the process by itself.
    pub fn watch() -> anyhow::Result<Signals> {
        let watch = |kind| signal(kind).context("watching for signals");
        Ok(Signals {
            interrupt: watch(SignalKind::interrupt())?,
            terminate: watch(SignalKind::terminate())?,
            hangup: watch(SignalKind::hangup())?,
        })
    }

    /// Waits until a signal says to stop; there is nothing to reload yet.
    pub async fn stop(&mut self) {
        while self.next().await != Asked::Stop {}
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}
