//! Dashboards: Grafana's JSON read into a form of our own, kept as files, served to the page that draws them.

mod files;
mod import;
mod model;
mod report;
mod routes;
mod snapshots;
mod versions;

pub use files::{Dashboards, load};
pub use routes::router;
pub use snapshots::Snapshots;
