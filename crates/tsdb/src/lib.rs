//! The metrics store: series, label index, head, parts, retention, exemplars.
//!
//! Knows nothing of HTTP, of wire formats, of queries, nor of wall clocks: time comes with the data or through
//! the storage seam.

pub mod samples;
pub mod store;

pub use samples::Samples;
pub use store::{Appended, Refusal, RefusalReason, Selection, Store, StoreError};
