//! The two line-based formats: Prometheus's text and OpenMetrics.

pub(crate) mod check;
pub(crate) mod groups;
pub(crate) mod lines;
pub(crate) mod rows;
pub(crate) mod scan;
pub(crate) mod starts;
