//! The store's side of the log: chapters, definitions, and one record at a time.
//!
//! An append holds the chapter open while it writes and applies, so that no record of it falls into the next chapter.
//! For every chapter the journal knows the newest sample time it may hold; once the parts cover that time, the log is
//! cut behind the chapter.

use std::cell::RefCell;
use std::sync::atomic::{AtomicI64, Ordering};

use model::Timestamp;
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use storage::{Log, Position};

use crate::error::Result;
use crate::record::{kind, put_point};
use crate::registry::{PointId, Registry};

/// How many points one record defines at most, so that damage to it costs few.
const POINTS_PER_RECORD: usize = 64;

/// The log with its chapters. A store in memory has none.
pub(crate) struct Journal {
    log: Log,
    chapter: RwLock<Chapter>,
    finished: Mutex<Vec<Finished>>,
}

struct Chapter {
    number: u64,
    start: Position,
    newest: AtomicI64,
    /// The points defined in this chapter, by id.
    points: Mutex<Vec<bool>>,
}

struct Finished {
    start: Position,
    newest: Timestamp,
}

/// The open chapter, held open.
pub(crate) struct Entry<'a> {
    log: &'a Log,
    chapter: RwLockReadGuard<'a, Chapter>,
}

impl Journal {
    /// Continues a log. What it holds already counts as one chapter up to `newest`.
    pub(crate) fn new(log: Log, replayed_from: Position, newest: Timestamp) -> Result<Journal> {
        let chapter = Chapter::new(&log)?;
        let finished = vec![Finished { start: replayed_from, newest }];
        Ok(Journal { log, chapter: RwLock::new(chapter), finished: Mutex::new(finished) })
    }

    /// Holds the chapter open for an append.
    pub(crate) fn enter(&self) -> Entry<'_> {
        Entry { log: &self.log, chapter: self.chapter.read() }
    }

    /// Makes everything written so far durable.
    pub(crate) fn sync(&self) -> Result<()> {
        Ok(self.log.sync()?)
    }

    /// Whether the log found no room when it last wrote.
    pub(crate) fn is_full(&self) -> bool {
        self.log.is_full()
    }

    /// How many bytes the log's files hold.
    pub(crate) fn bytes(&self) -> u64 {
        self.log.bytes()
    }

    /// How many bytes the open chapter has.
    pub(crate) fn chapter_bytes(&self) -> u64 {
        self.log.end().0 - self.chapter.read().start.0
    }

    /// Ends the chapter and begins the next; `preamble` writes what every chapter has to say.
    pub(crate) fn turn(&self, preamble: impl FnOnce(&Entry<'_>) -> Result<()>) -> Result<()> {
        {
            let mut chapter = self.chapter.write();
            let next = Chapter::new(&self.log)?;
            let old = std::mem::replace(&mut *chapter, next);
            self.finished.lock().push(Finished { start: old.start, newest: old.newest.into_inner() });
        }
        preamble(&self.enter())
    }

    /// Where the log may be cut once parts hold everything before `time`.
    pub(crate) fn cut_for(&self, time: Timestamp) -> Position {
        let finished = self.finished.lock();
        let needed = finished.iter().find(|chapter| chapter.newest >= time).map(|chapter| chapter.start);
        needed.unwrap_or_else(|| self.chapter.read().start)
    }

    /// Removes what lies before a position that a durable manifest names.
    pub(crate) fn cut(&self, position: Position) -> Result<()> {
        self.finished.lock().retain(|chapter| chapter.start >= position);
        Ok(self.log.drop_before(position)?)
    }
}

impl Chapter {
    /// Begins a chapter. The caller sees to it that nobody else writes meanwhile.
    fn new(log: &Log) -> Result<Chapter> {
        // A place in the log is never used twice, not even by another process.
        let number = log.end().0;
        let start = log.append(kind::CHAPTER, &tag(number))?;
        Ok(Chapter { number, start, newest: AtomicI64::new(Timestamp::MIN), points: Mutex::new(Vec::new()) })
    }
}

/// What every record of a chapter begins with, so that none is taken for another chapter's when the record that
/// began its own is damaged.
fn tag(number: u64) -> [u8; 4] {
    (number as u32).to_le_bytes()
}

impl Entry<'_> {
    /// The chapter's number, never used twice in one log.
    pub(crate) fn chapter(&self) -> u64 {
        self.chapter.number
    }

    /// Writes a record about samples up to `time`.
    pub(crate) fn write(&self, kind: u8, time: Timestamp, fill: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        thread_local!(static PAYLOAD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });
        PAYLOAD.with_borrow_mut(|payload| {
            payload.clear();
            payload.extend_from_slice(&tag(self.chapter.number));
            fill(payload);
            self.log.append(kind, payload)?;
            self.chapter.newest.fetch_max(time, Ordering::Relaxed);
            Ok(())
        })
    }

    /// Defines the points that this chapter has not defined yet.
    pub(crate) fn define_points(&self, points: &[PointId], registry: &RwLock<Registry>) -> Result<()> {
        let mut defined = self.chapter.points.lock();
        let missing: Vec<PointId> = points
            .iter()
            .copied()
            .filter(|&point| !defined.get(point as usize).copied().unwrap_or(false))
            .collect();
        for group in missing.chunks(POINTS_PER_RECORD) {
            self.write(kind::POINTS, Timestamp::MIN, |payload| {
                // The caller may hold a stripe that a reader of the registry waits for.
                let registry = registry.read_recursive();
                group.iter().for_each(|&point| put_point(payload, point, registry.points.labels(point)));
            })?;
            for &point in group {
                if defined.len() <= point as usize {
                    defined.resize(point as usize + 1, false);
                }
                defined[point as usize] = true;
            }
        }
        Ok(())
    }
}
