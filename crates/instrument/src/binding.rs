//! For the core of the Python package `flightdeck`, which is built on this crate, and for nobody else: how numbers become
//! text and messages, how exponential buckets are counted, and what the export takes from those who make their own spans
//! and lines. None of it is covered by the crate's versions.

pub use crate::expose::escape::{push_help, push_value};
pub use crate::expose::number::push as push_number;
pub use crate::metrics::exponential::{SCHEMA_MAX, SCHEMA_MIN, index};
#[cfg(feature = "otlp")]
pub use crate::otlp::records::LogRecord;
#[cfg(feature = "otlp")]
pub use crate::otlp::spans::{Span, SpanKind, SpanStatus};
pub use crate::protobuf::Message;
#[cfg(feature = "logs")]
pub use crate::value::Value;

/// The messages of Prometheus's protobuf format.
pub mod parts {
    pub use crate::expose::parts::*;
}
