//! Dashboards: Grafana's JSON read into a form of our own, kept as files, served to the page that draws them.

mod file;
mod files;
mod folder;
mod homes;
mod import;
mod known;
mod listed;
mod model;
mod problem;
mod report;
mod routes;
mod saving;
mod snapshots;
mod text;
mod versions;

pub use file::load;
pub use files::Dashboards;
pub use routes::router;
pub use snapshots::Snapshots;
