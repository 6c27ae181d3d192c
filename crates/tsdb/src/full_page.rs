//! A page that takes no more rows: compressed, or for a while as its rows came.
//!
//! Whoever appends compresses a page at once. Replay puts that off, because it is more than half of its work and
//! nobody can ask the store anything meanwhile; the next [`Store::maintain`](crate::Store::maintain) makes up for it.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::Timestamp;

use crate::closed::{ClosedPage, Column};
use crate::page::OpenPage;

/// A page that takes no more rows.
pub(crate) enum FullPage {
    /// Compressed.
    Closed(Arc<ClosedPage>),
    /// To be compressed.
    Rows(Arc<OpenPage>),
}

/// When a page is full, and what becomes of it then.
#[derive(Clone, Copy)]
pub(crate) struct Paging<'a> {
    /// A page is full once its columns have this many samples on average.
    pub(crate) samples_per_column: usize,
    /// How many bytes of pages may still wait to be compressed; without it none waits.
    pub(crate) waiting_bytes_left: Option<&'a AtomicUsize>,
}

impl FullPage {
    /// The times of the rows.
    pub(crate) fn times(&self) -> &[Timestamp] {
        match self {
            FullPage::Closed(page) => page.times(),
            FullPage::Rows(page) => page.times(),
        }
    }

    /// How many columns the page knows.
    pub(crate) fn column_count(&self) -> usize {
        match self {
            FullPage::Closed(page) => page.column_count(),
            FullPage::Rows(page) => page.column_count(),
        }
    }

    /// Whether a column has any sample.
    pub(crate) fn has_any(&self, column: usize) -> bool {
        match self {
            FullPage::Closed(page) => page.has_any(column),
            FullPage::Rows(page) => page.seen().contains(column),
        }
    }

    /// Appends the samples of a column, ascending in time.
    pub(crate) fn read(&self, column: usize, times: &mut Vec<Timestamp>, values: &mut Vec<u64>) {
        match self {
            FullPage::Closed(page) => page.read(column, times, values),
            FullPage::Rows(page) => page.read(column, times, values),
        }
    }

    /// Appends the samples that a column has in some of the rows, ascending in time.
    pub(crate) fn read_rows(&self, column: usize, rows: Range<usize>, out: &mut Column) {
        match self {
            FullPage::Closed(page) => page.read_rows(column, rows, &mut out.times, &mut out.values),
            FullPage::Rows(page) => page.read_rows(column, rows, &mut out.times, &mut out.values),
        }
    }

    /// About how much memory the page takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            FullPage::Closed(page) => page.bytes(),
            FullPage::Rows(page) => page.bytes(),
        }
    }
}

/// Which of the ascending times lie within the range, both ends included.
pub(crate) fn rows_within(times: &[Timestamp], from: Timestamp, to: Timestamp) -> Range<usize> {
    let start = times.partition_point(|&time| time < from);
    start..times.partition_point(|&time| time <= to).max(start)
}

impl Paging<'_> {
    /// Whether a page of `bytes` may wait; then it counts as waiting.
    pub(crate) fn let_wait(&self, bytes: usize) -> bool {
        let take = |left: usize| left.checked_sub(bytes);
        self.waiting_bytes_left
            .is_some_and(|left| left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok())
    }
}
