//! The commands beside `serve`: each one file, each ends in an exit code that fits scripts.

pub mod check;
pub mod dashboards;
pub mod out;
mod paint;
pub mod query;
mod sparkline;
pub mod test;
pub mod tsdb;
pub mod version;
