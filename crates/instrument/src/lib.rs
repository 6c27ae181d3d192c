//! Metrics for Rust services (the whole story follows).

pub mod correlate;
#[cfg(feature = "axum")]
mod deck;
mod error;
pub mod expose;
#[cfg(feature = "health")]
pub mod health;
#[cfg(feature = "http")]
pub mod http;
#[cfg(any(feature = "health", feature = "axum"))]
mod json;
pub mod metrics;

// The derive macros name the crate from outside, and its own tests are inside.
#[cfg(test)]
extern crate self as flightdeck;

#[cfg(feature = "axum")]
pub use deck::{Builder, Flightdeck};
pub use error::Error;
#[cfg(feature = "derive")]
pub use flightdeck_derive::{LabelValue, Labels};
pub use metrics::*;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whatever happened to a thread that had it: what our locks guard is whole at every moment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
