//! Opening a store: its parts, and what the log has beside them.
//!
//! Whoever opens a store to go on with it owns the directory: what a crash left behind is removed there, and the log goes on
//! behind a new chapter. Whoever opens it to read changes nothing, so a directory that cannot be written will do.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use model::Timestamp;
use parking_lot::{Mutex, RwLock};
use storage::{Clock, Fs, Log, Manifest, Record, Replayed, Rng};

use crate::dispatch::Dispatch;
use crate::error::{Result, StoreError};
use crate::full_page::Paging;
use crate::journal::Journal;
use crate::options::Options;
use crate::part::Part;
use crate::replay::Replay;
use crate::store::{Disk, LOG_DIR, Opened, PARTS_DIR, Store};
use crate::view::{Note, View};

/// A log below this size is replayed before other threads would have begun.
const ALONE_BYTES_MAX: u64 = 4 << 20;
/// How much memory pages may take that wait, after replay, to be compressed; at most an eighth of the store's limit.
const WAITING_PAGES_BYTES_MAX: usize = 512 << 20;
/// How many threads replay a log at most.
const REPLAY_THREADS_MAX: usize = 8;

impl Store {
    /// Opens the store in a directory, which is created when missing.
    pub fn open(dir: &Path, options: Options) -> Result<Store> {
        Store::open_with(Fs::os(), Clock::system(), Rng::from_system(), dir, options)
    }

    /// Opens the store of any file system, by any clock.
    pub fn open_with(fs: Fs, clock: Clock, mut rng: Rng, dir: &Path, options: Options) -> Result<Store> {
        fs.create_dir(dir)?;
        let lock = fs.lock_dir(dir)?;
        let (manifest, _) = Manifest::open(&fs, &dir.join(PARTS_DIR))?;
        let log_dir = dir.join(LOG_DIR);
        fs.create_dir(&log_dir)?;
        let checkpoint = manifest.checkpoint();
        let log_options = options.log;
        let (mut store, log, newest_record) = load(&fs, dir, &manifest, options, |on_record| {
            Ok(Log::open(&fs, &log_dir, log_options, &mut rng, checkpoint, on_record)?)
        })?;
        let journal = Journal::new(log, checkpoint, newest_record)?;
        store.write_preamble(&journal.enter())?;
        let manifest = Mutex::new(manifest);
        store.disk = Some(Disk { fs, dir: dir.to_owned(), clock, journal, manifest, _lock: lock });
        Ok(store)
    }

    /// Opens what a directory holds without changing anything there, not even to lock it: it may be a copy on a disk that
    /// cannot be written. Many may read at once; while somebody writes, it is an error. What is appended to such a store is
    /// forgotten with it.
    pub fn open_to_read(dir: &Path, options: Options) -> Result<Store> {
        Store::open_to_read_with(&Fs::os(), dir, options)
    }

    /// As `open_to_read`, on any file system.
    pub fn open_to_read_with(fs: &Fs, dir: &Path, options: Options) -> Result<Store> {
        let reading = fs.lock_dir_to_read(dir)?;
        let manifest = Manifest::read(fs, &dir.join(PARTS_DIR))?;
        let (mut store, (), _) = load(fs, dir, &manifest, options, |on_record| {
            Ok(((), Log::read(fs, &dir.join(LOG_DIR), manifest.checkpoint(), on_record)?))
        })?;
        store.reading = reading;
        Ok(store)
    }
}

/// A store without a disk that has what the manifest names and what `read_log` hands over; what that returned, and the
/// newest time of anything in the log.
fn load<T>(
    fs: &Fs,
    dir: &Path,
    manifest: &Manifest,
    options: Options,
    read_log: impl FnOnce(&mut dyn FnMut(Record<'_>)) -> Result<(T, Replayed)>,
) -> Result<(Store, T, Timestamp)> {
    let parts_dir = dir.join(PARTS_DIR);
    let note = Note::read(manifest.note()).ok_or_else(|| {
        StoreError::Io(format!(
            "{}: the manifest's note was written by another version: use the program that wrote it",
            parts_dir.display()
        ))
    })?;
    let floor = note.sealed_until;
    let mut store = Store::new(options, None, View::default(), Opened::default());
    let mut opened = Opened::default();
    let mut view = View { parts: Vec::new(), note };
    for entry in manifest.parts() {
        match Part::open(fs, &parts_dir, entry, &store.head.registry) {
            Ok(part) => view.parts.push(Arc::new(part)),
            // The part is left where it is: it is named, and everything else goes on.
            Err(error) => opened.damages.push(error.to_string()),
        }
    }
    opened.log_bytes = match fs.list(&dir.join(LOG_DIR)) {
        Err(error) if error.is_not_found() => 0,
        listed => listed?.iter().map(|entry| entry.bytes).sum(),
    };
    let (log, newest_record) = store.replay(floor, &mut opened, read_log)?;
    opened.parts = view.parts.len() as u64;
    for part in &view.parts {
        store.newest.fetch_max(part.info.max_time, Ordering::Relaxed);
        let mut metadata = store.metadata.write();
        for (family, known) in part.metadata() {
            metadata.entry(family).or_insert(known);
        }
    }
    store.floor = AtomicI64::new(floor);
    store.view = RwLock::new(Arc::new(view));
    store.opened = opened;
    Ok((store, log, newest_record))
}

impl Store {
    /// Brings back what the log has.
    fn replay<T>(
        &mut self,
        floor: Timestamp,
        opened: &mut Opened,
        read_log: impl FnOnce(&mut dyn FnMut(Record<'_>)) -> Result<(T, Replayed)>,
    ) -> Result<(T, Timestamp)> {
        let threads = match self.options.replay_threads {
            0 if opened.log_bytes < ALONE_BYTES_MAX => 1,
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(REPLAY_THREADS_MAX),
            threads => threads,
        };
        let (head, exemplars, metadata) = (&self.head, &self.exemplars, self.metadata.get_mut());
        let waiting_bytes_left = AtomicUsize::new(match self.options.memory_bytes_max {
            0 => WAITING_PAGES_BYTES_MAX,
            limit => usize::try_from(limit / 8).unwrap_or(usize::MAX).min(WAITING_PAGES_BYTES_MAX),
        });
        let paging = Paging {
            samples_per_column: self.options.page_samples,
            waiting_bytes_left: Some(&waiting_bytes_left),
        };
        let (log, replayed, totals) = std::thread::scope(|scope| {
            let replay = || Replay::new(head, exemplars, floor, paging);
            let mut dispatch = Dispatch::new(scope, threads, replay, metadata);
            let read = read_log(&mut |record| dispatch.record(record));
            let totals = dispatch.finish();
            read.map(|(log, replayed)| (log, replayed, totals))
        })?;
        opened.log_records = replayed.records;
        opened.log_samples = totals.samples;
        opened.log_torn_bytes = replayed.torn_bytes;
        opened.log_records_skipped = totals.skipped;
        opened.damages.extend(replayed.damages.iter().map(ToString::to_string));
        self.newest.fetch_max(totals.newest, Ordering::Relaxed);
        Ok((log, totals.newest_record))
    }
}
