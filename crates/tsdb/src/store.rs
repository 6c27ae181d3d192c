//! The store's door: make durable, select series, ask for exemplars and metadata.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use model::{Exemplar, Labels, Matcher, Metadata, Timestamp};
use parking_lot::{Mutex, RwLock};
use storage::{Clock, DirLock, Fs, Manifest};

use crate::error::Result;
use crate::exemplars::HeadExemplars;
use crate::head::Head;
use crate::journal::Journal;
use crate::labels::Pace;
use crate::maintain::Maintenance;
use crate::options::{Keeping, Options};
use crate::part::PartCache;
use crate::record::{kind, put_metadata};
use crate::refusal::RefusalReason;
use crate::select::Selection;
use crate::tombstone::covers;
use crate::view::View;

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
    /// Held by a store that was opened to be read.
    pub(crate) reading: Option<DirLock>,
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
    pub(crate) _lock: DirLock,
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
    /// How many bytes the log's files had.
    pub log_bytes: u64,
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
impl Store {
    /// A store that forgets everything when it is dropped.
    pub fn in_memory() -> Store {
        Store::with_options(Options::in_memory())
    }

    /// As `in_memory`, with limits.
    pub fn with_options(options: Options) -> Store {
        Store::new(options, None, View::default(), Opened::default())
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
        self.select_while(matchers, range, &|| true)
    }

    /// As `select`; an error once the caller, who is asked now and then, does not want to `go_on`.
    pub fn select_while(
        &self,
        matchers: &[Matcher],
        range: RangeInclusive<Timestamp>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Selection> {
        let view = self.view.read().clone();
        let series_max = self.options.select_series_max;
        Selection::new(&self.head, view, self.cache.clone(), matchers, range, series_max, &Pace::new(go_on))
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
        let pace = Pace::new(&|| true);
        let matched: Vec<_> = selectors.iter().map(|matchers| registry.matching(matchers, &pace)).collect();
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

    pub(crate) fn new(options: Options, disk: Option<Disk>, view: View, opened: Opened) -> Store {
        Store {
            head: Head::new(&options),
            keeping: RwLock::new(options.keeping()),
            options,
            exemplars: Mutex::default(),
            metadata: RwLock::default(),
            view: RwLock::new(Arc::new(view)),
            cache: Arc::new(PartCache::new(PART_CACHE_BYTES_MAX)),
            disk,
            reading: None,
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
