//! A template: what the pages of a target and of its replicas have in common, the bytes between their values.
//!
//! A page is a template with a line's tail in each of its slots: the value, whatever follows it, and the line feed. A
//! thousand replicas of a service share one template, so that what is remembered per target is its values. Comments are
//! part of the bytes before the next value.
//!
//! ```text
//! # TYPE up gauge
//! up{job="a"} 1
//! └─ before ─┘└ tail
//! ```

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use model::{MetricType, Pool};

use super::scan::Dialect;
use super::starts::StartColumns;
use crate::page::Shape;

/// The bytes between the values, and what the values are of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// The dialect that the page was read in, and whether `_created` lines are starts: they decide what its slots are.
    read_as: ReadAs,
    /// What comes before the first value, what stands between each line of a value and the next value, what follows the
    /// last.
    bytes: Box<[u8]>,
    slots: Box<[Slot]>,
    /// The series of the values' columns.
    pub(crate) shape: Arc<Shape>,
    /// Columns of which no slot speaks, ascending.
    pub(crate) absent: Box<[u32]>,
    /// How many slots are of a series that an earlier one told.
    pub(crate) duplicates: u64,
    /// Which slots are starts, and whose.
    pub(crate) starts: StartColumns,
}

/// How a page is read.
pub(crate) type ReadAs = (Dialect, bool);

/// How many templates are tried on a page of a target that has none yet.
const RECENT_MAX: usize = 8;
static RECENT: Mutex<VecDeque<Weak<Template>>> = Mutex::new(VecDeque::new());

/// The place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Where the value's line begins: in the template's bytes, or in a body's while the page is read the long way.
    pub(crate) line_start: u32,
    /// Where in the same bytes the value begins.
    pub(crate) value_start: u32,
    /// What the value is of.
    pub(crate) meaning: Meaning,
    /// The type in force when the line was read: it decides how bounds are spelled.
    pub(crate) kind: MetricType,
}

/// What a line's value is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The value of a column.
    Series(u32),
    /// The value of a column that an earlier line told.
    Duplicate,
    /// The start of the series of a slot.
    Start(u32),
}

impl Template {
    /// The template of a page: `slots` say where in `body` its values are. Shared with whoever has an equal one.
    pub(crate) fn of_page(
        read_as: ReadAs,
        body: &[u8],
        slots: &[Slot],
        shape: Arc<Shape>,
        absent: Box<[u32]>,
        starts: StartColumns,
    ) -> Arc<Template> {
        let mut bytes = Vec::with_capacity(body.len());
        let mut line_end = 0;
        let moved = slots.iter().map(|slot| {
            let (line_start, value_start) = (slot.line_start as usize, slot.value_start as usize);
            let line = bytes.len() + (line_start - line_end);
            bytes.extend_from_slice(&body[line_end..value_start]);
            line_end = value_start + first_line(&body[value_start..]).len();
            Slot { line_start: line as u32, value_start: bytes.len() as u32, ..*slot }
        });
        let slots: Box<[Slot]> = moved.collect();
        bytes.extend_from_slice(&body[line_end..]);
        let duplicates = slots.iter().filter(|slot| slot.meaning == Meaning::Duplicate).count() as u64;
        let template = Template { read_as, bytes: bytes.into(), slots, shape, absent, duplicates, starts };
        static SHARED: LazyLock<Pool<Template>> = LazyLock::new(Pool::new);
        let template = SHARED.share(Arc::new(template));
        template.remember();
        template
    }

    /// The template of the page that says nothing.
    pub(crate) fn empty(read_as: ReadAs) -> Arc<Template> {
        let shape = Shape::new(Vec::new(), Vec::new());
        Template::of_page(read_as, &[], &[], shape, Box::default(), StartColumns::default())
    }

    /// Templates of other targets, the newest first: a new replica exposes what the others do.
    pub(crate) fn recent(read_as: ReadAs) -> Vec<Arc<Template>> {
        let recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
        recent.iter().filter_map(Weak::upgrade).filter(|template| template.read_as == read_as).collect()
    }

    /// Offers the template to new targets, unless it owes something to what its target exposed before.
    fn remember(self: &Arc<Template>) {
        let columns = self.slots.iter().filter_map(|slot| match slot.meaning {
            Meaning::Series(column) => Some(column),
            Meaning::Duplicate | Meaning::Start(_) => None,
        });
        if self.slots.is_empty() || !columns.eq(0..self.shape.series.len() as u32) {
            return;
        }
        let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|known| known.strong_count() > 0 && !std::ptr::eq(known.as_ptr(), Arc::as_ptr(self)));
        recent.truncate(RECENT_MAX - 1);
        recent.push_front(Arc::downgrade(self));
    }

    /// The slots in the order of their lines.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Each slot with the bytes from the line before it up to its value.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = (&[u8], Slot)> {
        let mut start = 0;
        self.slots.iter().map(move |slot| {
            let piece = &self.bytes[start..slot.value_start as usize];
            start = slot.value_start as usize;
            (piece, *slot)
        })
    }

    /// What follows the last value's line.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.slots.last().map_or(0, |slot| slot.value_start as usize)..]
    }

    /// The bytes of a slot's line up to its value.
    pub(crate) fn series_bytes(&self, slot: usize) -> &[u8] {
        let slot = self.slots[slot];
        &self.bytes[slot.line_start as usize..slot.value_start as usize]
    }
}

/// Where a series is said is a matter of the bytes, so a hash of them is enough.
impl Hash for Template {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
        self.shape.id().hash(state);
    }
}

/// The first line of `bytes` with its line feed.
#[inline]
pub(crate) fn first_line(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1)]
}
