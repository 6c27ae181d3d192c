//! The store's door: open, append frames and series, select series, ask for labels.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use model::{Exemplar, Frame, Labels, Matcher, Metadata, Series, Timestamp, Value};
use parking_lot::{Mutex, RwLock};
use storage::{Clock, DirLock, Fs, Log, Manifest, Rng};

use crate::error::{Result, StoreError};
use crate::exemplars::HeadExemplars;
use crate::head::{Head, Resolved};
use crate::journal::Journal;
use crate::maintain::Maintenance;
use crate::options::Options;
use crate::part::{Part, PartCache};
use crate::record::{kind, put_exemplar, put_metadata};
use crate::refusal::{Appended, RefusalReason};
use crate::replay::Replay;
use crate::select::Selection;
use crate::stripe::{Context, RowBuffer};
use crate::view::{Note, View};

/// Everything that is known of every metric. Shared between threads by reference.
pub struct Store {
    pub(crate) options: Options,
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
    /// Views from before a seal, for maintenance to watch.
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

    /// Takes one row of one target. It is durable after the next `sync`.
    pub fn append(&self, frame: &Frame) -> Result<Appended> {
        let _gate = self.gate.read();
        let resolved = self.head.resolve(&frame.layout);
        let mut appended = Appended::default();
        let context = self.context();
        with_buffer(|buffer| {
            for run in &resolved.runs {
                fill(buffer, frame, &run.columns);
                run.stripe.append(frame.time, buffer, &context, &mut appended)?;
            }
            Ok(())
        })?;
        for &(column, reason) in &resolved.refused {
            if frame.absent.binary_search(&column).is_err() {
                appended.refuse(frame.time, reason, || frame.layout.series(column as usize));
            }
        }
        for (column, exemplar) in &frame.exemplars {
            self.append_exemplar(&resolved, *column, exemplar, frame.time, &context, &mut appended)?;
        }
        self.append_metadata(&frame.layout.metadata, &context)?;
        appended.series_created = self.head.take_created(&resolved);
        self.count(frame.time, &appended);
        Ok(appended)
    }

    /// Takes samples that did not come as frames. Labels that are a target's are told apart by `Options::target_labels`.
    pub fn append_series(&self, batch: &[Series]) -> Result<Appended> {
        let _gate = self.gate.read();
        let mut appended = Appended::default();
        let context = self.context();
        let mut by_target: BTreeMap<Labels, Vec<(Labels, &Series)>> = BTreeMap::new();
        for series in batch {
            let (target, point) = self.split(&series.labels);
            by_target.entry(target).or_default().push((point, series));
        }
        for (target, of_target) in by_target {
            let mut numbers: HashMap<&Labels, u32> = HashMap::new();
            let mut points: Vec<Labels> = Vec::new();
            let mut columns = Vec::with_capacity(of_target.len());
            for (point, _) in &of_target {
                columns.push(*numbers.entry(point).or_insert_with(|| {
                    points.push(point.clone());
                    points.len() as u32 - 1
                }));
            }
            let resolved = self.head.place(&target, points.iter());
            appended.series_created += resolved.created;
            self.append_columns(&resolved, &columns, &of_target, &context, &mut appended)?;
        }
        let metadata = batch.iter().filter_map(|series| {
            series
                .metadata
                .as_ref()
                .map(|metadata| (series.labels.metric_name().to_owned(), metadata.clone()))
        });
        self.append_metadata(&metadata.collect::<Vec<_>>(), &context)?;
        let newest = batch.iter().flat_map(|series| &series.samples).map(|sample| sample.time).max();
        self.count(newest.unwrap_or(Timestamp::MIN), &appended);
        Ok(appended)
    }

    /// Remembers what was said of metric families apart from samples. It is durable after the next `sync`.
    pub fn note_metadata(&self, entries: &[(String, Metadata)]) -> Result<()> {
        let _gate = self.gate.read();
        self.append_metadata(entries, &self.context())
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
        let mut found: BTreeMap<Labels, Vec<Exemplar>> = BTreeMap::new();
        let mut visit = |point, target, exemplar: &Exemplar| {
            let wanted = exemplar.time.is_some_and(|time| range.contains(&time))
                && matched.iter().any(|matched| {
                    matched.targets.contains(target)
                        && matched.points.contains(point)
                        && matched.admits(target, point)
                });
            if wanted {
                found.entry(registry.series(target, point)).or_default().push(exemplar.clone());
            }
        };
        for part in &view.parts {
            part.exemplars().iter().for_each(|(target, point, exemplar)| visit(*point, *target, exemplar));
        }
        let from_head = self.exemplars.lock();
        from_head
            .iter()
            .filter(|(_, _, exemplar)| exemplar.time >= Some(view.note.sealed_until))
            .for_each(|(point, target, exemplar)| visit(point, target, exemplar));
        drop(from_head);
        for list in found.values_mut() {
            list.sort_by_key(|exemplar| exemplar.time);
            list.dedup_by(|left, right| crate::exemplars::same(left, right));
        }
        Ok(found.into_iter().collect())
    }

    fn new(options: Options, disk: Option<Disk>, view: View, opened: Opened) -> Store {
        Store {
            head: Head::new(&options),
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
        let (exemplars, metadata) = (self.exemplars.get_mut(), self.metadata.get_mut());
        let mut replay = Replay::new(&self.head, exemplars, metadata, floor);
        let checkpoint = manifest.checkpoint();
        let log_dir = dir.join(LOG_DIR);
        let (log, replayed) =
            Log::open(fs, &log_dir, self.options.log, rng, checkpoint, &mut |record| replay.record(record))?;
        opened.log_records = replayed.records;
        opened.log_samples = replay.samples;
        opened.log_torn_bytes = replayed.torn_bytes;
        opened.log_records_skipped = replay.skipped;
        opened.damages.extend(replayed.damages.iter().map(ToString::to_string));
        let newest_record = replay.newest_record;
        self.newest.fetch_max(replay.newest, Ordering::Relaxed);
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

    fn context(&self) -> Context<'_> {
        Context {
            registry: &self.head.registry,
            journal: self.disk.as_ref().map(|disk| disk.journal.enter()),
            floor: self.floor.load(Ordering::Acquire),
            window_ms: self.options.out_of_order_window_ms,
        }
    }

    /// The target's labels and the point's, of a full label set.
    pub(crate) fn split(&self, labels: &Labels) -> (Labels, Labels) {
        let is_target = |name: &str| self.options.target_labels.iter().any(|target| target == name);
        (labels.filter(is_target), labels.filter(|name| !is_target(name)))
    }

    /// Appends the samples of one target, those of one time together. `columns` says which of the resolved columns
    /// each series is.
    fn append_columns(
        &self,
        resolved: &Resolved,
        columns: &[u32],
        of_target: &[(Labels, &Series)],
        context: &Context<'_>,
        appended: &mut Appended,
    ) -> Result<()> {
        let mut rows: BTreeMap<Timestamp, Vec<(u32, &Value, Timestamp)>> = BTreeMap::new();
        // A series that says two things at one time says the second one in a row of its own.
        let mut repeated = Vec::new();
        for (&column, (_, series)) in columns.iter().zip(of_target) {
            for sample in &series.samples {
                let row = rows.entry(sample.time).or_default();
                let entry = (column, &sample.value, sample.start.unwrap_or(0));
                match row.iter().rev().take(1).any(|(other, _, _)| *other == column) {
                    true => repeated.push((sample.time, entry)),
                    false => row.push(entry),
                }
            }
        }
        let rows = rows.into_iter().chain(repeated.into_iter().map(|(time, entry)| (time, vec![entry])));
        with_buffer(|buffer| {
            for (time, mut row) in rows {
                row.sort_by_key(|(column, _, _)| *column);
                // The same series may also come twice in a batch.
                let mut again = Vec::new();
                row.dedup_by(|later, first| {
                    let twice = later.0 == first.0;
                    if twice {
                        again.push(*later);
                    }
                    twice
                });
                append_row(resolved, time, &row, buffer, context, appended)?;
                for entry in again {
                    append_row(resolved, time, &[entry], buffer, context, appended)?;
                }
            }
            Ok(())
        })?;
        for (&column, (_, series)) in columns.iter().zip(of_target) {
            if let Ok(at) = resolved.refused.binary_search_by_key(&column, |(column, _)| *column) {
                for sample in &series.samples {
                    appended.refuse(sample.time, resolved.refused[at].1, || series.labels.clone());
                }
                continue;
            }
            let newest = series.samples.iter().map(|sample| sample.time).max();
            for exemplar in &series.exemplars {
                let time = newest.unwrap_or_else(|| self.newest.load(Ordering::Relaxed));
                self.append_exemplar(resolved, column, exemplar, time, context, appended)?;
            }
        }
        Ok(())
    }

    fn append_exemplar(
        &self,
        resolved: &Resolved,
        column: u32,
        exemplar: &Exemplar,
        time: Timestamp,
        context: &Context<'_>,
        appended: &mut Appended,
    ) -> Result<()> {
        let Some((stripe, at)) = resolved.find(column) else { return Ok(()) };
        let time = exemplar.time.unwrap_or(time);
        let exemplar = Exemplar { time: Some(time), ..exemplar.clone() };
        if time < context.floor {
            return Ok(());
        }
        let point = stripe.columns().points()[at as usize];
        let mut exemplars = self.exemplars.lock();
        if !exemplars.contains(point, stripe.target, &exemplar) {
            if exemplars.len() >= self.options.exemplars_max {
                return Ok(());
            }
            if let Some(journal) = &context.journal {
                stripe.define(context)?;
                journal.write(kind::EXEMPLAR, time, |out| {
                    put_exemplar(out, stripe.number, at, time, &exemplar);
                })?;
            }
            exemplars.push(point, stripe.target, exemplar);
        }
        appended.exemplars += 1;
        Ok(())
    }

    fn append_metadata(&self, entries: &[(String, Metadata)], context: &Context<'_>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let changed: Vec<&(String, Metadata)> = {
            let known = self.metadata.read();
            entries.iter().filter(|(family, metadata)| known.get(family) != Some(metadata)).collect()
        };
        if changed.is_empty() {
            return Ok(());
        }
        let mut known = self.metadata.write();
        for (family, metadata) in changed {
            if known.len() >= self.options.metadata_max && !known.contains_key(family) {
                continue;
            }
            if let Some(journal) = &context.journal {
                journal.write(kind::METADATA, Timestamp::MIN, |out| put_metadata(out, family, metadata))?;
            }
            known.insert(family.clone(), metadata.clone());
        }
        Ok(())
    }

    fn count(&self, newest: Timestamp, appended: &Appended) {
        self.counters.samples.fetch_add(appended.samples, Ordering::Relaxed);
        for (reason, &refused) in appended.refused_by_reason.iter().enumerate() {
            if refused > 0 {
                self.counters.refused[reason].fetch_add(refused, Ordering::Relaxed);
            }
        }
        if appended.samples > 0 {
            self.newest.fetch_max(newest, Ordering::Relaxed);
        }
    }
}

/// Where the parts are, within the store's directory.
pub(crate) const PARTS_DIR: &str = "parts";
/// Where the log is.
pub(crate) const LOG_DIR: &str = "log";

/// Lends the thread's row buffer.
fn with_buffer(work: impl FnOnce(&mut RowBuffer) -> Result<()>) -> Result<()> {
    thread_local!(static BUFFER: RefCell<RowBuffer> = RefCell::new(RowBuffer::new()));
    BUFFER.with_borrow_mut(work)
}

/// Puts the frame's values of some columns where their stripe has them.
fn fill(buffer: &mut RowBuffer, frame: &Frame, columns: &[(u32, u16)]) {
    buffer.clear();
    for &(column, at) in columns {
        buffer.set(at, frame.values[column as usize].to_bits());
        if let Some(&start) = frame.starts.get(column as usize) {
            buffer.starts.push((at, start));
        }
    }
    if !frame.starts.is_empty() && frame.absent.is_empty() {
        buffer.starts_whole = Some(frame.starts.clone());
    }
    let place = |column: u32| columns.binary_search_by_key(&column, |(column, _)| *column);
    for &absent in &frame.absent {
        if let Ok(at) = place(absent) {
            buffer.unset(columns[at].1);
        }
    }
    for (column, value) in &frame.histograms {
        if let Ok(at) = place(*column) {
            buffer.unset(columns[at].1);
            if frame.absent.binary_search(column).is_err() {
                buffer.histograms.push((columns[at].1, value.clone()));
            }
        }
    }
}

/// Appends values of one time; `row` ascends by column.
fn append_row(
    resolved: &Resolved,
    time: Timestamp,
    row: &[(u32, &Value, Timestamp)],
    buffer: &mut RowBuffer,
    context: &Context<'_>,
    appended: &mut Appended,
) -> Result<()> {
    for run in &resolved.runs {
        buffer.clear();
        let mut any = false;
        for &(column, value, start) in row {
            let Ok(at) = run.columns.binary_search_by_key(&column, |(column, _)| *column) else { continue };
            let at = run.columns[at].1;
            any = true;
            match value {
                Value::Float(value) => buffer.set(at, value.to_bits()),
                histogram => buffer.histograms.push((at, histogram.clone())),
            }
            if start != 0 {
                buffer.starts.push((at, start));
            }
        }
        if any {
            run.stripe.append(time, buffer, context, appended)?;
        }
    }
    Ok(())
}
