//! What goes out and brings telemetry back. Knows no store: it hands frames to whoever called it.

pub mod config;
pub mod discovery;
pub mod dress;
pub mod fetch;
pub mod host;
pub mod manager;
pub mod relabel;
pub mod scrape;
pub mod target;

pub use fetch::limit_large_pages;
pub use manager::{Collector, Extras, JobStatus, TargetStatus};
