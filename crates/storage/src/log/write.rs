//! The way from an append to the disk: pending runs of records, taken by the writer, written whole or not at all.

use std::collections::VecDeque;
use std::mem;
use std::path::Path;

use super::Position;
use super::record::{self, RECORD_OVERHEAD_BYTES};
use super::segment::{self, Found, HEADER_BYTES, Header};
use crate::error::{Error, Result};
use crate::fs::{File, Fs};
use crate::rng::Rng;

/// A buffer that grew beyond this while a sync was slow is not kept.
const SPARE_BYTES_MAX: usize = 4 << 20;
/// A small disk keeps a part of itself free, not as much as a large one.
const FREE_PARTS: u64 = 16;

/// Records of one segment that follow each other.
struct Run {
    /// The segment.
    start: u64,
    salt: u64,
    bytes: Vec<u8>,
}

/// What was appended and is not written.
pub(super) struct Pending {
    runs: VecDeque<Run>,
    /// A buffer that was written, to be filled again.
    spare: Vec<u8>,
    bytes: usize,
    end: u64,
    segment: u64,
    salts: Rng,
    salt: u64,
    full: bool,
    poison: Option<String>,
}

impl Pending {
    pub(super) fn new(end: u64, seed: u64) -> Pending {
        let mut salts = Rng::from_seed(seed);
        Pending {
            runs: VecDeque::new(),
            spare: Vec::new(),
            bytes: 0,
            end,
            segment: end,
            salt: salts.next_u64(),
            salts,
            full: false,
            poison: None,
        }
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn check(&self, dir: &Path) -> Result<()> {
        match &self.poison {
            Some(cause) => Err(Error::Poisoned { path: dir.to_owned(), cause: cause.clone() }),
            None => Ok(()),
        }
    }

    pub(super) fn poison(&mut self, error: &Error) {
        self.poison.get_or_insert_with(|| error.to_string());
    }

    pub(super) fn set_full(&mut self, full: bool) {
        self.full = full;
    }

    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether a payload can be taken without writing first. An empty buffer takes a record of any length.
    pub(super) fn has_room(&self, payload_bytes: usize, buffer_bytes_max: usize) -> bool {
        !self.full && (self.bytes == 0 || self.bytes + payload_bytes <= buffer_bytes_max)
    }

    pub(super) fn push(&mut self, kind: u8, payload: &[u8], segment_bytes_max: u64) -> Position {
        let record_bytes = (RECORD_OVERHEAD_BYTES + payload.len()) as u64;
        let position = self.end;
        let in_segment = position - self.segment;
        if in_segment > 0 && in_segment + record_bytes > segment_bytes_max {
            self.segment = position;
            self.salt = self.salts.next_u64();
        }
        if self.runs.back().is_none_or(|run| run.start != self.segment) {
            let bytes = mem::take(&mut self.spare);
            self.runs.push_back(Run { start: self.segment, salt: self.salt, bytes });
        }
        let run = self.runs.back_mut().expect("a run was just made sure of");
        record::write(&mut run.bytes, self.salt, position, kind, payload);
        self.bytes += record_bytes as usize;
        self.end += record_bytes;
        Position(position)
    }
}

/// Why a write did not happen.
pub(super) enum Failure {
    /// Nothing changed; the same write may succeed later.
    Retry(Error),
    /// What the file holds is not known any more.
    Fatal(Error),
}

/// What writes and syncs.
pub(super) struct Writer {
    /// Taken from pending, not written.
    queue: VecDeque<Run>,
    /// A written run's buffer on its way back to pending.
    spare: Vec<u8>,
    open: Option<Open>,
    /// The segments that exist, the open one included.
    segments: VecDeque<Found>,
    /// Where the records in the last segment end.
    previous_end: u64,
    written: u64,
    synced: u64,
}

struct Open {
    file: Box<dyn File>,
    start: u64,
    file_bytes: u64,
    /// How many of its bytes a sync has covered.
    synced_bytes: u64,
}

impl Writer {
    /// A writer that goes on at `next`, after segments whose records end at `end`.
    pub(super) fn new(segments: &[Found], end: u64, next: u64) -> Writer {
        Writer {
            queue: VecDeque::new(),
            spare: Vec::new(),
            open: None,
            segments: segments.iter().copied().collect(),
            previous_end: end,
            written: next,
            synced: next,
        }
    }

    pub(super) fn synced(&self) -> u64 {
        self.synced
    }

    pub(super) fn bytes(&self) -> u64 {
        let open = self.open.as_ref().map_or(0, |open| open.file_bytes);
        self.segments.iter().map(|segment| segment.file_bytes).sum::<u64>() + open
    }

    /// The first segment if all its records are before `position`; the open one stays.
    pub(super) fn first_before(&self, position: u64) -> Option<u64> {
        let next = match self.segments.get(1) {
            Some(second) => second.start,
            // Without an open segment the next one will start at the end.
            None if self.open.is_none() => self.written,
            None => return None,
        };
        self.segments.front().filter(|_| next <= position).map(|first| first.start)
    }

    pub(super) fn forget_first(&mut self) {
        self.segments.pop_front();
    }

    /// Takes over what was appended.
    pub(super) fn take(&mut self, pending: &mut Pending) {
        self.queue.append(&mut pending.runs);
        pending.bytes = 0;
        if pending.spare.capacity() == 0 {
            pending.spare = mem::take(&mut self.spare);
        }
    }

    /// Writes what was taken. On failure what was not written stays taken.
    pub(super) fn write(&mut self, fs: &Fs, dir: &Path, free_bytes_min: u64) -> Result<(), Failure> {
        let waiting: usize = self.queue.iter().map(|run| run.bytes.len() + HEADER_BYTES).sum();
        if waiting == 0 {
            return Ok(());
        }
        let space = fs.space(dir).map_err(Failure::Retry)?;
        let kept_bytes = free_bytes_min.min(space.total_bytes / FREE_PARTS);
        if space.free_bytes < kept_bytes.saturating_add(waiting as u64) {
            return Err(Failure::Retry(Error::DiskFull { path: dir.to_owned() }));
        }
        while let Some(run) = self.queue.front() {
            if self.open.as_ref().is_none_or(|open| open.start != run.start) {
                let header = Header { start: run.start, previous_end: self.previous_end, salt: run.salt };
                self.start_segment(fs, dir, header)?;
            }
            let run = self.queue.front().expect("the run is still there");
            let open = self.open.as_mut().expect("a segment was just opened");
            if let Err(error) = open.file.append(&run.bytes) {
                // Half a run must not stay: the next write would follow it at the wrong place.
                open.file.truncate(open.file_bytes).map_err(Failure::Fatal)?;
                return Err(match error {
                    Error::DiskFull { .. } => Failure::Retry(error),
                    _ => Failure::Fatal(error),
                });
            }
            open.file_bytes += run.bytes.len() as u64;
            self.written += run.bytes.len() as u64;
            self.previous_end = self.written;
            let mut run = self.queue.pop_front().expect("the run is still there");
            run.bytes.clear();
            self.spare = if run.bytes.capacity() <= SPARE_BYTES_MAX { run.bytes } else { Vec::new() };
        }
        Ok(())
    }

    /// Makes what was written durable.
    pub(super) fn sync(&mut self) -> Result<()> {
        if let Some(open) = &mut self.open
            && open.synced_bytes < open.file_bytes
        {
            open.file.sync()?;
            open.synced_bytes = open.file_bytes;
        }
        self.synced = self.written;
        Ok(())
    }

    /// Ends the open segment and starts another. The old one is synced first, so that only the last segment can
    /// have a torn end; the new header is synced before any record, so that a damaged header is damage and not a
    /// crash.
    fn start_segment(&mut self, fs: &Fs, dir: &Path, header: Header) -> Result<(), Failure> {
        self.sync().map_err(Failure::Fatal)?;
        let path = dir.join(segment::name(header.start));
        let started = fs.create(&path).and_then(|mut file| {
            let written = file.append(&header.write());
            written.map(|()| file)
        });
        let mut file = match started {
            Ok(file) => file,
            Err(error) => {
                // A later try must find the name free.
                return match fs.remove(&path) {
                    Err(left) if !left.is_not_found() => Err(Failure::Fatal(left)),
                    _ => Err(Failure::Retry(error)),
                };
            }
        };
        file.sync().and_then(|()| fs.sync_dir(dir)).map_err(Failure::Fatal)?;
        if let (Some(ended), Some(last)) = (self.open.take(), self.segments.back_mut()) {
            last.file_bytes = ended.file_bytes;
        }
        self.segments.push_back(Found { start: header.start, file_bytes: 0 });
        let file_bytes = HEADER_BYTES as u64;
        self.open = Some(Open { file, start: header.start, file_bytes, synced_bytes: file_bytes });
        Ok(())
    }
}
