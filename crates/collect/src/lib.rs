//! What goes out and brings telemetry back. Knows no store: it hands frames to whoever called it.

pub mod config;
pub mod dress;
pub mod fetch;
pub mod relabel;
pub mod target;
