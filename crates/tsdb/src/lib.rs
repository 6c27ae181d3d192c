//! The metrics store: series, label index, head, parts, retention, exemplars.
//!
//! Knows nothing of HTTP, of wire formats, of queries, nor of wall clocks: time comes with the data or through
//! the storage seam.
//!
//! **The way of a sample.** A frame comes to [`Store::append`] (`store`). Its layout was resolved when it was first seen
//! (`head`): its target and its points have their numbers (`registry`, `table`), and the points their columns (`columns`) in
//! the target's stripes (`stripe`). The stripe refuses what contradicts (`refusal`), tells the log what changed (`logged`,
//! `journal`, `record`), and adds a row to its open page (`rows`, `page`). A full page is transposed and compressed
//! (`closed`, `full_page`); histograms have columns of their own (`histogram_column`, `histogram`), and so has the time since when a counter
//! counts (`starts`). What did not come as frames is split into target and point and goes the same way.
//!
//! Half an hour later, once none comes late any more, [`Store::maintain`] (`maintain`) seals the samples into an immutable
//! part sorted by point and target (`seal`, `part_writer`), names it in the manifest with up to where the head is sealed
//! (`view`), and cuts the log. Parts are merged (`merge`, `merging`) and expire (`retention`). What is deleted is hidden at once
//! (`delete`, `tombstone`) and left out of the next merge. Who has no
//! samples left is forgotten (`reclaim`, and `narrow` for the points of those who stay). When a store is opened (`opening`) the log is replayed, different targets at the same
//! time (`dispatch`, `replay`). Old data comes in beside all this (`import`).
//!
//! **The way of a question.** [`Store::select`] (`select`) decides each matcher once per target and once per point, asks
//! parts (`part`) and stripes which pairs exist, and hands out series in the order of their labels. [`Selection::read`]
//! gathers the samples of one (`gathered`) as columns (`samples`), and tells of its first histogram what came before (`hint`).

#![warn(clippy::disallowed_methods)]

mod append;
mod bits;
mod bytes;
mod closed;
mod columnar;
mod columns;
mod delete;
mod directory;
mod dispatch;
mod error;
mod exemplars;
mod full_page;
mod gathered;
mod head;
mod hint;
mod histogram;
mod histogram_column;
mod import;
mod journal;
mod labels;
mod logged;
mod maintain;
pub mod merge;
mod merging;
mod narrow;
mod opening;
mod options;
mod order;
mod page;
mod part;
mod part_info;
mod part_writer;
mod postings;
mod reclaim;
mod record;
mod refusal;
mod registry;
mod replay;
pub mod retention;
mod rows;
mod samples;
mod seal;
mod select;
mod snapshot;
mod starts;
mod stats;
mod store;
mod stripe;
mod table;
mod tombstone;
mod view;

pub use error::StoreError;
pub use maintain::Maintained;
pub use options::{Keeping, Options};
pub use part_info::PartInfo;
pub use refusal::{Appended, REFUSALS_MAX, Refusal, RefusalReason};
pub use samples::Samples;
pub use select::Selection;
pub use stats::{Cardinality, Stats};
pub use store::{Opened, Store};
