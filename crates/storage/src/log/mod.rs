//! The durable log: records go to the end, are synced together, and are handed back after a crash.
//!
//! A log is a directory of segments named by the position of their first record, `0000000000000000.log`. A
//! position counts bytes of records since the log began and never goes back, so that a checkpoint is one number.
//! Every open starts a new segment; old ones are only read, cut or removed.

mod record;
mod scan;
mod segment;
mod write;

use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use self::scan::Leftovers;
use self::write::{Pending, Writer};
use crate::error::{Corruption, Error, Result};
use crate::fs::Fs;
use crate::rng::Rng;

pub use self::record::{RECORD_OVERHEAD_BYTES, Record};
pub use self::scan::scan_segment;

/// A place in the log: how many bytes of records came before it, ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// How a log behaves.
#[derive(Clone, Copy, Debug)]
pub struct LogOptions {
    /// A segment that would grow beyond this ends.
    pub segment_bytes_max: u64,
    /// How long one record's payload may be.
    pub record_bytes_max: u32,
    /// How much is kept in memory before it is written, synced or not.
    pub buffer_bytes_max: usize,
    /// How much may wait in memory while somebody else writes or syncs; beyond, appends wait for that.
    pub waiting_bytes_max: usize,
    /// The log stops before less than this is free on the disk, or less than a sixteenth of a disk that is small.
    pub free_bytes_min: u64,
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions {
            segment_bytes_max: 32 << 20,
            record_bytes_max: 64 << 20,
            buffer_bytes_max: 1 << 20,
            waiting_bytes_max: 32 << 20,
            free_bytes_min: 64 << 20,
        }
    }
}

/// What an open found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// How many records were handed over.
    pub records: u64,
    /// How many bytes of payload they had.
    pub bytes: u64,
    /// How many bytes at the end were a write that a crash interrupted; they are gone.
    pub torn_bytes: u64,
    /// The first places, at most [`DAMAGES_MAX`], where bytes were not what was written; each cost what it names.
    pub damages: Vec<Corruption>,
    /// How many such places there were.
    pub damages_count: u64,
}

/// How many damaged places a replay names.
pub const DAMAGES_MAX: usize = 100;

/// A log open for writing. Shared between threads by reference.
pub struct Log {
    fs: Fs,
    dir: PathBuf,
    options: LogOptions,
    /// What was appended and not taken by the writer yet. Held for a copy, never during a write.
    pending: Mutex<Pending>,
    /// Held during writes and syncs; always taken before `pending`.
    writer: Mutex<Writer>,
}

impl Log {
    /// Opens the log in `dir`, which is created when missing: hands every whole record at or after `checkpoint` to
    /// `on_record` in order, cuts what a crash tore at the end, and removes segments wholly before the checkpoint.
    /// Memory is bounded by the longest record.
    pub fn open(
        fs: &Fs,
        dir: &Path,
        options: LogOptions,
        rng: &mut Rng,
        checkpoint: Position,
        on_record: &mut dyn FnMut(Record<'_>),
    ) -> Result<(Log, Replayed)> {
        fs.create_dir(dir)?;
        let mut segments = segment::list(fs, dir)?;
        let mut replayed = Replayed::default();
        let sealed = segments.iter().skip(1).take_while(|next| next.start <= checkpoint.0).count();
        for old in segments.drain(..sealed) {
            fs.remove(&old.path(dir))?;
        }
        let end =
            scan::replay(fs, dir, &mut segments, checkpoint, on_record, &mut replayed, Leftovers::Mend)?;
        fs.sync_dir(dir)?;
        let pending = Pending::new(end.max(checkpoint.0), rng.next_u64());
        let writer = Writer::new(&segments, end, pending.end());
        let (pending, writer) = (Mutex::new(pending), Mutex::new(writer));
        Ok((Log { fs: fs.clone(), dir: dir.to_owned(), options, pending, writer }, replayed))
    }

    /// Hands over what [`Log::open`] would, and leaves the directory as it is: nothing is cut, removed or created. Where
    /// there is no directory there are no records.
    pub fn read(
        fs: &Fs,
        dir: &Path,
        checkpoint: Position,
        on_record: &mut dyn FnMut(Record<'_>),
    ) -> Result<Replayed> {
        let mut segments = match segment::list(fs, dir) {
            Err(error) if error.is_not_found() => return Ok(Replayed::default()),
            listed => listed?,
        };
        let sealed = segments.iter().skip(1).take_while(|next| next.start <= checkpoint.0).count();
        segments.drain(..sealed);
        let mut replayed = Replayed::default();
        scan::replay(fs, dir, &mut segments, checkpoint, on_record, &mut replayed, Leftovers::Leave)?;
        Ok(replayed)
    }

    /// Takes a record; it is durable after the next [`Log::sync`]. `kind` is the caller's, not 0. Returns where
    /// the record begins.
    ///
    /// # Errors
    /// [`Error::DiskFull`] as long as there is no room (nothing taken before is lost, and appends work again once
    /// there is room), [`Error::Poisoned`] for good after a failed sync, [`Error::Limit`] for a longer record.
    pub fn append(&self, kind: u8, payload: &[u8]) -> Result<Position> {
        assert!(kind != 0, "kind 0 marks bytes that are no record");
        let limit = u64::from(self.options.record_bytes_max);
        if payload.len() as u64 > limit {
            return Err(Error::Limit { what: "record bytes", actual: payload.len() as u64, limit });
        }
        let LogOptions { buffer_bytes_max, waiting_bytes_max, segment_bytes_max, .. } = self.options;
        let mut room_bytes = buffer_bytes_max;
        loop {
            {
                let mut pending = self.pending.lock();
                pending.check(&self.dir)?;
                if pending.has_room(payload.len(), room_bytes) {
                    return Ok(pending.push(kind, payload, segment_bytes_max));
                }
            }
            match self.writer.try_lock() {
                Some(mut writer) => self.write(&mut writer)?,
                // A sync takes as long as the disk likes, and whoever appends has nothing to wait for there.
                None if room_bytes < waiting_bytes_max => room_bytes = waiting_bytes_max,
                None => self.write(&mut self.writer.lock())?,
            }
        }
    }

    /// Makes everything appended before this call durable. Threads that call it together share one sync.
    ///
    /// # Errors
    /// As [`Log::append`]. After [`Error::DiskFull`] the records wait in memory for the next sync.
    pub fn sync(&self) -> Result<()> {
        let wanted = {
            let pending = self.pending.lock();
            pending.check(&self.dir)?;
            pending.end()
        };
        let mut writer = self.writer.lock();
        if writer.synced() >= wanted {
            return Ok(());
        }
        self.write(&mut writer)?;
        writer.sync().inspect_err(|error| self.pending.lock().poison(error))
    }

    /// Where the next record will begin. A checkpoint at this place covers everything appended so far.
    pub fn end(&self) -> Position {
        Position(self.pending.lock().end())
    }

    /// Everything before this place is durable.
    pub fn synced(&self) -> Position {
        Position(self.writer.lock().synced())
    }

    /// Whether the last write found no room. What was taken waits in memory until one finds some.
    pub fn is_full(&self) -> bool {
        self.pending.lock().is_full()
    }

    /// How many bytes the log's files hold.
    pub fn bytes(&self) -> u64 {
        self.writer.lock().bytes()
    }

    /// Removes the segments whose records are all before `position`: call it once a durable manifest says so.
    pub fn drop_before(&self, position: Position) -> Result<()> {
        let mut writer = self.writer.lock();
        let mut dropped = false;
        while let Some(start) = writer.first_before(position.0) {
            match self.fs.remove(&self.dir.join(segment::name(start))) {
                Err(error) if !error.is_not_found() => return Err(error),
                _ => writer.forget_first(),
            }
            dropped = true;
        }
        if dropped { self.fs.sync_dir(&self.dir) } else { Ok(()) }
    }

    /// Hands what is pending to the file system, unsynced.
    fn write(&self, writer: &mut Writer) -> Result<()> {
        {
            let mut pending = self.pending.lock();
            pending.check(&self.dir)?;
            writer.take(&mut pending);
        }
        let written = writer.write(&self.fs, &self.dir, self.options.free_bytes_min);
        let mut pending = self.pending.lock();
        pending.set_full(matches!(written, Err(write::Failure::Retry(_))));
        written.map_err(|failure| match failure {
            write::Failure::Retry(error) => error,
            write::Failure::Fatal(error) => {
                pending.poison(&error);
                error
            }
        })
    }
}

impl Replayed {
    fn damaged(&mut self, error: Error) {
        self.damages_count += 1;
        if let (Error::Corrupt(damage), true) = (error, self.damages.len() < DAMAGES_MAX) {
            self.damages.push(damage);
        }
    }
}

#[cfg(test)]
mod tests;
