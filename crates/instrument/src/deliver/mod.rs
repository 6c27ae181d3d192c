//! Metrics of what ends before anybody scrapes it: batch jobs leave them in a file, or with a Pushgateway.

mod pushgateway;
mod textfile;

pub use pushgateway::Pushgateway;
