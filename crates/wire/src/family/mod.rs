//! Protobuf exposition: a run of `io.prometheus.client.MetricFamily` messages, each behind its length.

pub(crate) mod decode;
pub(crate) mod rows;
