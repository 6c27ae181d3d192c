//! The store's door: open, make durable, select series, ask for exemplars and metadata.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use model::{Exemplar, Labels, Matcher, Metadata, Timestamp};
use parking_lot::{Mutex, RwLock};
use storage::{Clock, DirLock, Fs, Log, Manifest, Rng};

use crate::dispatch::Dispatch;
use crate::error::{Result, StoreError};
use crate::exemplars::HeadExemplars;
use crate::full_page::Paging;
use crate::head::Head;
use crate::journal::Journal;
use crate::maintain::Maintenance;
use crate::options::{Keeping, Options};
use crate::part::{Part, PartCache};
use crate::record::{kind, put_metadata};
use crate::refusal::RefusalReason;
use crate::replay::Replay;
use crate::select::Selection;
use crate::tombstone::covers;
use crate::view::{Note, View};

/// Everything that is known of every metric. Shared between threads by reference.
pub struct Store {
    pub(crate) options: Options,
    /// As the options began, until `keep` says otherwise.
    pub(crate) keeping: RwLock<Keeping>,
    pub(crate) head: Head,
    pub(crate) exemplars: Mutex<HeadExemplars>,
    pub(crate) metadata: RwLock<BTreeMap<String, Metadata>>,
    pub(crate) view: RwLock<Arc<View>>,
    pub(crate) cache: Arc<PartCache>,
    pub(crate) disk: Option<Disk>,
    /// Held for reading by appends, for writing by what must not happen during one.
    pub(crate) gate: RwLock<()>,
    /// Samples before this time are refused: they are in parts, or about to be.
    pub(crate) floor: AtomicI64,
    /// The newest sample's time.
    pub(crate) newest: AtomicI64,
    pub(crate) counters: Counters,
    pub(crate) opened: Opened,
    /// Held by whoever changes the parts.
    pub(crate) maintenance: Mutex<Maintenance>,
    /// How many wait for the parts and cannot wait for a merge.
    pub(crate) waiting: AtomicUsize,
    pub(crate) is_merging_over: AtomicBool,
    /// Views that were replaced, for maintenance to watch.
    pub(crate) sealed_views: Mutex<Vec<(Weak<View>, Timestamp)>>,
}

/// The files of a store.
pub(crate) struct Disk {
    pub(crate) fs: Fs,
    pub(crate) dir: PathBuf,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) manifest: Mutex<Manifest>,
    _lock: DirLock,
}

/// What happened since the store was opened.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) samples: AtomicU64,
    pub(crate) refused: [AtomicU64; RefusalReason::ALL.len()],
}

/// What opening a store found.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// How many records the log had.
    pub log_records: u64,
    /// How many samples they brought back.
    pub log_samples: u64,
    /// How many bytes at the end of the log were a write that a crash interrupted.
    pub log_torn_bytes: u64,
    /// How many records were whole but spoke of what a damaged one had defined.
    pub log_records_skipped: u64,
    /// How many parts are live.
    pub parts: u64,
    /// What is damaged or of another version, one line each. Nothing else is missing.
    pub damages: Vec<String>,
}

/// How much memory decoded blocks of parts may take.
const PART_CACHE_BYTES_MAX: usize = 64 << 20;
/// A log below this size is replayed before other threads would have begun.
const ALONE_BYTES_MAX: u64 = 4 << 20;
/// How much memory pages may take that wait, after replay, to be compressed; at most an eighth of the store's limit.
const WAITING_PAGES_BYTES_MAX: usize = 512 << 20;
/// How many threads replay a log at most.
const REPLAY_THREADS_MAX: usize = 8;

impl Store {
    /// A store that forgets everything when it is dropped.
    pub fn in_memory() -> Store {
        Store::with_options(Options::in_memory())
    }

    /// As `in_memory`, with limits.
    pub fn with_options(options: Options) -> Store {
        Store::new(options, None, View::default(), Opened::default())
    }

    /// Opens the store in a directory, which is created when missing.
    pub fn open(dir: &Path, options: Options) -> Result<Store> {
        Store::open_with(Fs::os(), Clock::system(), Rng::from_system(), dir, options)
    }

    /// Opens the store of any file system, by any clock.
    pub fn open_with(fs: Fs, clock: Clock, mut rng: Rng, dir: &Path, options: Options) -> Result<Store> {
        fs.create_dir(dir)?;
        let lock = fs.lock_dir(dir)?;
        let parts_dir = dir.join(PARTS_DIR);
        let (manifest, _) = Manifest::open(&fs, &parts_dir)?;
        let note = Note::read(manifest.note()).ok_or_else(|| {
            StoreError::Io(format!(
                "{}: the manifest's note was written by another version: use the program that wrote it",
                parts_dir.display()
            ))
        })?;
        let mut store = Store::new(options, None, View::default(), Opened::default());
        let mut opened = Opened::default();
        let mut view = View { parts: Vec::new(), note };
        for entry in manifest.parts() {
            match Part::open(&fs, &parts_dir, entry, &store.head.registry) {
                Ok(part) => view.parts.push(Arc::new(part)),
                // The part is left where it is: it is named, and everything else goes on.
                Err(error) => opened.damages.push(error.to_string()),
            }
        }
        let floor = view.note.sealed_until;
        let journal = store.replay(&fs, dir, &mut rng, &manifest, floor, &mut opened)?;
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
        let manifest = Mutex::new(manifest);
        store.disk = Some(Disk { fs, dir: dir.to_owned(), clock, journal, manifest, _lock: lock });
        Ok(store)
    }

    /// What opening the store found.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Samples before this time are in parts: `append` refuses others so old, `import` takes them.
    pub fn sealed_until(&self) -> Timestamp {
        self.floor.load(Ordering::Acquire)
    }

    /// Makes everything that was appended durable. A store in memory has nothing to do.
    pub fn sync(&self) -> Result<()> {
        match &self.disk {
            Some(disk) => disk.journal.sync(),
            None => Ok(()),
        }
    }

    /// Finds the series that satisfy every matcher and may have a sample in the range, both ends included.
    pub fn select(&self, matchers: &[Matcher], range: RangeInclusive<Timestamp>) -> Result<Selection> {
        let view = self.view.read().clone();
        let series_max = self.options.select_series_max;
        Selection::new(&self.head, view, self.cache.clone(), matchers, range, series_max)
    }

    /// What is known of each metric family, by name.
    pub fn metadata(&self) -> Vec<(String, Metadata)> {
        self.metadata.read().iter().map(|(name, metadata)| (name.clone(), metadata.clone())).collect()
    }

    /// The exemplars of series matching any of `selectors`, by series, sorted by labels and then by time.
    pub fn exemplars(
        &self,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Vec<(Labels, Vec<Exemplar>)>> {
        let view = self.view.read().clone();
        let registry = self.head.registry.read();
        let matched: Vec<_> = selectors.iter().map(|matchers| registry.matching(matchers)).collect();
        let is_wanted = |target, point, time| {
            range.contains(&time)
                && matched.iter().any(|matched| {
                    matched.targets.contains(target)
                        && matched.points.contains(point)
                        && matched.admits(target, point)
                })
        };
        let mut found: BTreeMap<Labels, Vec<Exemplar>> = BTreeMap::new();
        let mut take = |target, point, part, exemplar: Exemplar| {
            let labels = registry.series(target, point);
            if !exemplar.time.is_some_and(|time| covers(&view.note.deleted(&labels, part), time)) {
                found.entry(labels).or_default().push(exemplar);
            }
        };
        for part in view.parts.iter().filter(|part| part.info.overlaps(&range)) {
            if matched.iter().any(|matched| part.has_any(matched)) {
                let number = Some(part.info.number);
                part.exemplars(is_wanted, |target, point, exemplar| take(target, point, number, exemplar));
            }
        }
        for (point, target, exemplar) in self.exemplars.lock().iter() {
            let time = exemplar.time.filter(|&time| time >= view.note.sealed_until);
            if time.is_some_and(|time| is_wanted(target, point, time)) {
                take(target, point, None, exemplar.clone());
            }
        }
        for list in found.values_mut() {
            list.sort_by_key(|exemplar| exemplar.time);
            list.dedup_by(|left, right| crate::exemplars::same(left, right));
        }
        Ok(found.into_iter().collect())
    }

    /// For how long, how much, and how late samples are kept from now on. What a wider window would have taken before
    /// stays refused.
    pub fn keep(&self, keeping: Keeping) {
        *self.keeping.write() = keeping;
    }

    fn new(options: Options, disk: Option<Disk>, view: View, opened: Opened) -> Store {
        Store {
            head: Head::new(&options),
            keeping: RwLock::new(options.keeping()),
            options,
            exemplars: Mutex::default(),
            metadata: RwLock::default(),
            view: RwLock::new(Arc::new(view)),
            cache: Arc::new(PartCache::new(PART_CACHE_BYTES_MAX)),
            disk,
            gate: RwLock::default(),
            floor: AtomicI64::new(Timestamp::MIN),
            newest: AtomicI64::new(Timestamp::MIN),
            counters: Counters::default(),
            opened,
            maintenance: Mutex::default(),
            waiting: AtomicUsize::new(0),
            is_merging_over: AtomicBool::new(false),
            sealed_views: Mutex::default(),
        }
    }

    /// Brings back what the log has, and opens it for more.
    fn replay(
        &mut self,
        fs: &Fs,
        dir: &Path,
        rng: &mut Rng,
        manifest: &Manifest,
        floor: Timestamp,
        opened: &mut Opened,
    ) -> Result<Journal> {
        let checkpoint = manifest.checkpoint();
        let log_dir = dir.join(LOG_DIR);
        fs.create_dir(&log_dir)?;
        let log_bytes: u64 = fs.list(&log_dir)?.iter().map(|entry| entry.bytes).sum();
        let threads = match self.options.replay_threads {
            0 if log_bytes < ALONE_BYTES_MAX => 1,
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
            let mut on_record = |record: storage::Record<'_>| dispatch.record(record);
            let opened = Log::open(fs, &log_dir, self.options.log, rng, checkpoint, &mut on_record);
            let totals = dispatch.finish();
            opened.map(|(log, replayed)| (log, replayed, totals))
        })?;
        opened.log_records = replayed.records;
        opened.log_samples = totals.samples;
        opened.log_torn_bytes = replayed.torn_bytes;
        opened.log_records_skipped = totals.skipped;
        opened.damages.extend(replayed.damages.iter().map(ToString::to_string));
        self.newest.fetch_max(totals.newest, Ordering::Relaxed);
        let newest_record = totals.newest_record;
        let journal = Journal::new(log, checkpoint, newest_record)?;
        self.write_preamble(&journal.enter())?;
        Ok(journal)
    }

    /// What every chapter of the log has to say beside definitions.
    pub(crate) fn write_preamble(&self, entry: &crate::journal::Entry<'_>) -> Result<()> {
        let metadata: Vec<(String, Metadata)> = self.metadata();
        for group in metadata.chunks(256) {
            entry.write(kind::METADATA, Timestamp::MIN, |out| {
                group.iter().for_each(|(family, metadata)| put_metadata(out, family, metadata));
            })?;
        }
        Ok(())
    }

    /// The target's labels and the point's, of a full label set.
    pub(crate) fn split(&self, labels: &Labels) -> (Labels, Labels) {
        let is_target = |name: &str| self.options.target_labels.iter().any(|target| target == name);
        (labels.filter(is_target), labels.filter(|name| !is_target(name)))
    }
}

/// Where the parts are, within the store's directory.
pub(crate) const PARTS_DIR: &str = "parts";
/// Where the log is.
pub(crate) const LOG_DIR: &str = "log";
