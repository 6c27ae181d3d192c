//! The two line-based formats: Prometheus's text and OpenMetrics.

pub(crate) mod check;
pub(crate) mod groups;
mod resolve;
pub(crate) mod rows;
pub(crate) mod scan;
mod starts;
pub(crate) mod template;
