//! The metrics store: series, label index, head, parts, retention, exemplars.
//!
//! Knows nothing of HTTP, of wire formats, of queries, nor of wall clocks: time comes with the data or through
//! the storage seam.

#![warn(clippy::disallowed_methods)]

mod bits;
mod bytes;
mod closed;
mod columnar;
mod columns;
mod delete;
mod error;
mod exemplars;
mod gathered;
mod head;
mod histogram;
mod histogram_column;
mod journal;
mod labels;
mod maintain;
pub mod merge;
mod options;
mod page;
mod part;
mod part_info;
mod part_writer;
mod record;
mod refusal;
mod registry;
mod replay;
pub mod retention;
mod rows;
mod samples;
mod seal;
mod select;
mod starts;
mod stats;
mod store;
mod stripe;
mod table;
mod tombstone;
mod view;

pub use error::StoreError;
pub use maintain::Maintained;
pub use options::Options;
pub use part_info::PartInfo;
pub use refusal::{Appended, REFUSALS_MAX, Refusal, RefusalReason};
pub use samples::Samples;
pub use select::Selection;
pub use stats::{Cardinality, Stats};
pub use store::{Opened, Store};
