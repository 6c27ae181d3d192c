//! The work behind the scenes: seal, merge, expire, forget. One thread calls `Store::maintain` every now and then.
//!
//! Nothing here holds up an append for longer than it takes to raise the floor.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use model::Timestamp;
use storage::{Edit, PartEntry, Position};

use crate::error::Result;
use crate::merge::{self, Choice, MergeOptions};
use crate::part::{Part, PartCache};
use crate::part_info::PartInfo;
use crate::part_writer::MetricsPartWriter;
use crate::retention::{self, RetentionOptions};
use crate::seal::Ranked;
use crate::store::{Disk, PARTS_DIR, Store};
use crate::tombstone::covers;
use crate::view::{Note, View};

/// How many samples a series has in one slab, about.
const SLAB_SAMPLES: u64 = 1_024;
/// How many slabs a part has at most.
const SLABS_MAX: u64 = 256;
/// How much a merge keeps of what it reads.
const MERGE_CACHE_BYTES_MAX: usize = 32 << 20;
/// Head samples that are about to be sealed early cover at least this.
const EARLY_SPAN_MS_MIN: i64 = 60_000;

/// How often memory is measured during a merge.
const MEASURE_INTERVAL: Duration = Duration::from_secs(1);

/// What maintenance remembers between calls.
#[derive(Default)]
pub(crate) struct Maintenance {
    /// Views that readers may still hold, and up to where the head waits for them.
    retired: Vec<(Weak<View>, Timestamp)>,
    /// Up to where the head has forgotten.
    forgotten: Option<Timestamp>,
}

/// What a call of `Store::maintain` did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// How many parts were sealed from the head.
    pub sealed: u64,
    /// How many parts were merged into others.
    pub merged: u64,
    /// How many parts were removed because of age or size.
    pub expired: u64,
}

impl Store {
    /// Does what is due: at most one merge, so that a call returns. Call it every second or so, from one thread.
    /// After an error (a full disk) the next call tries again; nothing is lost.
    pub fn maintain(&self) -> Result<Maintained> {
        let mut maintenance = self.maintenance.lock();
        let mut done = Maintained::default();
        self.forget_retired(&mut maintenance);
        let (bytes, oldest) = self.measure();
        let Some(disk) = &self.disk else { return Ok(done) };
        // First what frees room: on a full disk nothing else succeeds.
        self.expire(disk, &mut done)?;
        if disk.journal.chapter_bytes() > self.options.chapter_bytes_max {
            disk.journal.turn(|entry| self.write_preamble(entry))?;
        }
        let mut oldest = oldest;
        while let Some(until) = self.seal_until(disk.clock.now_ms(), bytes, oldest) {
            // A chapter that ends here lets the log be cut at the next seal.
            disk.journal.turn(|entry| self.write_preamble(entry))?;
            self.seal(disk, until)?;
            done.sealed += 1;
            self.forget_retired(&mut maintenance);
            oldest = self.oldest_unsealed();
        }
        self.merge_once(disk, &mut done)?;
        Ok(done)
    }

    /// Seals everything that may be sealed at `until`, whatever its size: for tests and for a store that is closed.
    pub fn seal_before(&self, until: Timestamp) -> Result<()> {
        let mut maintenance = self.maintenance.lock();
        if let Some(disk) = &self.disk {
            disk.journal.turn(|entry| self.write_preamble(entry))?;
            self.seal(disk, until)?;
            self.forget_retired(&mut maintenance);
        }
        Ok(())
    }

    /// Makes a change to the parts durable and visible. `sealed` says up to where the head is in parts now.
    pub(crate) fn publish(
        &self,
        disk: &Disk,
        add: Option<PartEntry>,
        remove: &[u64],
        checkpoint: Option<Position>,
        mut note: Note,
        sealed: Option<Timestamp>,
    ) -> Result<()> {
        let view = self.view.read().clone();
        let mut parts: Vec<Arc<Part>> =
            view.parts.iter().filter(|part| !remove.contains(&part.info.number)).cloned().collect();
        let removed = view.parts.iter().filter(|part| remove.contains(&part.info.number));
        let removed: Vec<String> = removed.map(|part| part.name.clone()).collect();
        if let Some(entry) = &add {
            let dir = disk.dir.join(PARTS_DIR);
            parts.push(Arc::new(Part::open(&disk.fs, &dir, entry, &self.head.registry)?));
        }
        let head_from = sealed.unwrap_or(note.sealed_until);
        note.tombstones.retain(|tombstone| {
            let in_parts = parts.iter().any(|part| {
                let info = &part.info;
                info.number < tombstone.parts_below
                    && info.min_time <= tombstone.to
                    && info.max_time >= tombstone.from
            });
            in_parts || tombstone.to >= head_from
        });
        let edit =
            Edit { add: add.into_iter().collect(), remove: removed, checkpoint, note: Some(note.to_bytes()) };
        disk.manifest.lock().publish(edit)?;
        let new = Arc::new(View { parts, note });
        *self.view.write() = new;
        self.cache.retain(|part| !remove.contains(&part));
        // Also a view that no seal ended is watched: its readers look at the head that a later seal would free.
        self.sealed_views.lock().push((Arc::downgrade(&view), head_from));
        Ok(())
    }

    /// Up to where the head should be sealed now.
    fn seal_until(&self, now: Timestamp, bytes: u64, oldest: Option<Timestamp>) -> Option<Timestamp> {
        let oldest = oldest?;
        let newest = self.newest.load(Ordering::Relaxed).min(now);
        let settled = newest.saturating_sub(self.keeping.read().out_of_order_window_ms);
        let span = self.options.part_span_ms.max(1);
        let boundary = oldest.div_euclid(span).saturating_add(1).saturating_mul(span);
        if boundary <= settled {
            return Some(boundary);
        }
        let limit = self.options.memory_bytes_max;
        let is_early = limit > 0 && bytes > limit / 4 * 3 && settled - oldest >= EARLY_SPAN_MS_MIN;
        is_early.then_some(settled)
    }

    /// Adds up what the store takes in memory and stops new series near the ceiling. Returns that, and the oldest
    /// sample of the head that is in no part.
    fn measure(&self) -> (u64, Option<Timestamp>) {
        let sealed = self.view.read().note.sealed_until;
        let (mut bytes, mut oldest) = (self.index_bytes(), None);
        for stripe in self.head.stripes() {
            bytes += stripe.size().bytes as u64;
            oldest = earlier(oldest, stripe.oldest_from(sealed));
        }
        let limit = self.options.memory_bytes_max;
        let is_near = limit > 0 && bytes > limit / 10 * 9;
        self.head.is_near_memory_limit.store(is_near, Ordering::Relaxed);
        (bytes, oldest)
    }

    fn oldest_unsealed(&self) -> Option<Timestamp> {
        let sealed = self.view.read().note.sealed_until;
        let stripes = self.head.stripes();
        stripes.iter().fold(None, |oldest, stripe| earlier(oldest, stripe.oldest_from(sealed)))
    }

    fn expire(&self, disk: &Disk, done: &mut Maintained) -> Result<()> {
        let view = self.view.read().clone();
        let infos: Vec<PartInfo> = view.parts.iter().map(|part| part.info.clone()).collect();
        let keeping = *self.keeping.read();
        let options = RetentionOptions {
            age_ms_max: keeping.retention_ms,
            bytes_max: keeping.retention_bytes,
            free_bytes_min: self.options.free_bytes_min,
        };
        let free = if options.free_bytes_min > 0 { Some(disk.fs.free_bytes(&disk.dir)?) } else { None };
        let gone = retention::choose(&infos, disk.clock.now_ms(), free, &options);
        if !gone.is_empty() {
            self.publish(disk, None, &gone, None, view.note.clone(), None)?;
            done.expired += gone.len() as u64;
        }
        Ok(())
    }

    fn merge_once(&self, disk: &Disk, done: &mut Maintained) -> Result<()> {
        let view = self.view.read().clone();
        let infos: Vec<PartInfo> = view.parts.iter().map(|part| part.info.clone()).collect();
        let with_deletions: Vec<u64> = infos
            .iter()
            .filter(|info| {
                view.note.tombstones.iter().any(|tombstone| {
                    info.number < tombstone.parts_below
                        && info.min_time <= tombstone.to
                        && info.max_time >= tombstone.from
                })
            })
            .map(|info| info.number)
            .collect();
        let options =
            MergeOptions { span_ms_max: self.options.merged_span_ms_max, parts_min: 3, parts_max: 16 };
        let Choice::Merge(numbers) = merge::choose(&infos, &with_deletions, &options) else { return Ok(()) };
        let mut inputs: Vec<Arc<Part>> =
            view.parts.iter().filter(|part| numbers.contains(&part.info.number)).cloned().collect();
        inputs.sort_by_key(|part| (part.info.min_time, part.info.number));
        let mut note = view.note.clone();
        let entry = self.write_merged(disk, note.next_part, &inputs, &view)?;
        note.next_part += 1;
        self.publish(disk, entry, &numbers, None, note, None)?;
        done.merged += numbers.len() as u64;
        Ok(())
    }

    /// Writes what several parts hold into one, without what was deleted.
    fn write_merged(
        &self,
        disk: &Disk,
        number: u64,
        inputs: &[Arc<Part>],
        view: &View,
    ) -> Result<Option<PartEntry>> {
        let registry = self.head.registry.read();
        let targets = inputs.iter().flat_map(|part| part.targets().iter().copied());
        let targets = Ranked::new(targets, |target| registry.targets.labels(target));
        let points = inputs.iter().flat_map(|part| part.points().iter().copied());
        let points = Ranked::new(points, |point| registry.points.labels(point));
        drop(registry);
        let dir = disk.dir.join(PARTS_DIR);
        let mut writer = MetricsPartWriter::create(
            &disk.fs,
            &dir,
            number,
            targets.labels.clone(),
            points.labels.clone(),
            slab_starts(inputs),
        )?;
        let cache = PartCache::new(MERGE_CACHE_BYTES_MAX);
        let mut order: Vec<(u32, u32)> = points.ranks.iter().map(|(&point, &rank)| (rank, point)).collect();
        order.sort_unstable();
        let mut of_point: Vec<(u32, usize, u32)> = Vec::new();
        let mut measured = disk.clock.elapsed();
        for (rank, point) in order {
            // A long merge must not hide from the memory ceiling what comes in meanwhile.
            if disk.clock.elapsed().saturating_sub(measured) >= MEASURE_INTERVAL {
                self.measure();
                measured = disk.clock.elapsed();
            }
            of_point.clear();
            for (index, part) in inputs.iter().enumerate() {
                part.series_of(point, |target, ordinal| {
                    of_point.push((targets.ranks[&target], index, ordinal))
                });
            }
            of_point.sort_unstable();
            for sources in of_point.chunk_by(|left, right| left.0 == right.0) {
                let mut gathered = crate::gathered::Gathered::default();
                for &(target, index, ordinal) in sources {
                    let part = &inputs[index];
                    let mut piece = part.read(ordinal, Timestamp::MIN, Timestamp::MAX, &cache)?;
                    if !view.note.tombstones.is_empty() {
                        let labels = targets.labels[target as usize].union(&points.labels[rank as usize]);
                        let deleted = view.note.deleted(&labels, Some(part.info.number));
                        piece.retain(|time| !covers(&deleted, time));
                    }
                    gathered.absorb(piece);
                }
                writer.push(rank, sources[0].0, gathered)?;
            }
        }
        self.merge_rest(inputs, view, (&targets, &points), &mut writer);
        if writer.is_empty() { Ok(None) } else { writer.finish().map(Some) }
    }

    /// Exemplars and metadata of the parts.
    fn merge_rest(
        &self,
        inputs: &[Arc<Part>],
        view: &View,
        (targets, points): (&Ranked, &Ranked),
        writer: &mut MetricsPartWriter,
    ) {
        let mut metadata = HashMap::new();
        for part in inputs {
            for (target, point, exemplar) in part.exemplars() {
                let (target, point) = (targets.ranks[&target], points.ranks[&point]);
                let labels = targets.labels[target as usize].union(&points.labels[point as usize]);
                let deleted = view.note.deleted(&labels, Some(part.info.number));
                if !exemplar.time.is_some_and(|time| covers(&deleted, time)) {
                    writer.push_exemplar(point, target, exemplar);
                }
            }
            metadata.extend(part.metadata());
        }
        let mut metadata: Vec<_> = metadata.into_iter().collect();
        metadata.sort_by(|left, right| left.0.cmp(&right.0));
        metadata.iter().for_each(|(family, metadata)| writer.push_metadata(family, metadata));
    }

    /// Drops what of the head is in parts and no reader looks at any more.
    fn forget_retired(&self, maintenance: &mut Maintenance) {
        maintenance.retired.append(&mut self.sealed_views.lock());
        let mut until = None;
        // Views are forgotten in the order they came: a later one does not free what an earlier one needs.
        while maintenance.retired.first().is_some_and(|(view, _)| view.strong_count() == 0) {
            until = Some(maintenance.retired.remove(0).1);
        }
        if until > maintenance.forgotten {
            maintenance.forgotten = until;
            let until = until.unwrap_or(Timestamp::MIN);
            self.head.stripes().iter().for_each(|stripe| stripe.drop_before(until));
            self.exemplars.lock().drop_before(until);
            let _gate = self.gate.write();
            self.head.drop_stripes(|stripe| stripe.size().oldest.is_none());
        }
        self.head.sweep();
    }
}

fn earlier(left: Option<Timestamp>, right: Option<Timestamp>) -> Option<Timestamp> {
    left.into_iter().chain(right).min()
}

/// Where the slabs of a merged part begin: so many that a series has about `SLAB_SAMPLES` in each.
fn slab_starts(inputs: &[Arc<Part>]) -> Vec<Timestamp> {
    let samples: u64 = inputs.iter().map(|part| part.info.samples).sum();
    let series = inputs.iter().map(|part| part.info.series).max().unwrap_or(1).max(1);
    let slabs = (samples / series).div_ceil(SLAB_SAMPLES).clamp(1, SLABS_MAX) as i64;
    let first = inputs.iter().map(|part| part.info.min_time).min().unwrap_or(0);
    let last = inputs.iter().map(|part| part.info.max_time).max().unwrap_or(0);
    let span = last.saturating_sub(first) / slabs + 1;
    (0..slabs).map(|slab| first.saturating_add(span.saturating_mul(slab))).collect()
}
