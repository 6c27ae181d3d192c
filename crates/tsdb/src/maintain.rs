//! The work behind the scenes: seal, merge, expire, forget. One thread calls `Store::maintain` every now and then.
//!
//! Nothing here holds up an append for longer than it takes to raise the floor.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use model::Timestamp;
use parking_lot::MutexGuard;
use storage::{Edit, PartEntry, Position};

use crate::error::Result;
use crate::part::Part;
use crate::part_info::PartInfo;
use crate::retention::{self, RetentionOptions};
use crate::store::{Disk, PARTS_DIR, Store};
use crate::stripe::Stripe;
use crate::view::{Note, View};

/// Head samples that are about to be sealed early cover at least this.
const EARLY_SPAN_MS_MIN: i64 = 60_000;

/// How often it is looked at during a merge what else is due.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// How long to wait at most after a merge that failed.
const MERGE_WAIT_MAX: Duration = Duration::from_secs(600);

/// What maintenance remembers between calls.
#[derive(Default)]
pub(crate) struct Maintenance {
    /// Views that readers may still hold, and up to where the head waits for them.
    retired: Vec<(Weak<View>, Timestamp)>,
    /// Up to where the head has forgotten.
    forgotten: Option<Timestamp>,
    /// Numbers below this one were given to parts, of which some may not be there yet.
    numbered_below: u64,
    /// Stripes that are mostly empty columns.
    pub(crate) wide: Vec<Weak<Stripe>>,
    /// Whether something may have gone since targets and points were last looked through.
    pub(crate) something_went: bool,
    /// Whether the pages that replay left as they came are compressed.
    replay_is_done: bool,
    /// How many merges failed since one succeeded, and when the next may begin.
    merges_failed: u32,
    merge_from: Duration,
}

impl Maintenance {
    /// A number for a new part.
    pub(crate) fn number(&mut self, note: &Note) -> u64 {
        let number = note.next_part.max(self.numbered_below);
        self.numbered_below = number + 1;
        number
    }

    /// Whether targets and points may be forgotten, and it is worth looking for some.
    pub(crate) fn may_reclaim(&mut self) -> bool {
        self.retired.is_empty() && std::mem::take(&mut self.something_went)
    }
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
    /// After an error (a full disk) the next call tries again, merging after a while; nothing is lost.
    pub fn maintain(&self) -> Result<Maintained> {
        let mut maintenance = self.maintenance.lock();
        let mut done = Maintained::default();
        self.forget_retired(&mut maintenance);
        self.close_replayed(&mut maintenance);
        let (bytes, oldest) = self.measure();
        let Some(disk) = &self.disk else { return Ok(done) };
        // First what frees room: on a full disk nothing else succeeds.
        self.expire(disk, &mut done)?;
        if disk.journal.chapter_bytes() > self.options.chapter_bytes_max {
            self.turn_chapter(disk)?;
        }
        self.seal_due(disk, &mut maintenance, (bytes, oldest), &mut done)?;
        self.merge_due(disk, &mut maintenance, &mut done)?;
        self.narrow(&mut maintenance);
        self.reclaim(&mut maintenance);
        Ok(done)
    }

    /// Compresses what was replayed, which the first `maintain` does otherwise before all else: for whoever has something
    /// to do in between.
    pub fn compress_replayed(&self) {
        self.close_replayed(&mut self.maintenance.lock());
    }

    /// Seals everything that may be sealed at `until`, whatever its size: for tests and for a store that is closed.
    pub fn seal_before(&self, until: Timestamp) -> Result<()> {
        let mut maintenance = self.lock_parts();
        if let Some(disk) = &self.disk {
            self.turn_chapter(disk)?;
            self.seal(disk, &mut maintenance, until)?;
            self.forget_retired(&mut maintenance);
        }
        Ok(())
    }

    /// Ends a merge that is under way and begins no other: for whoever is about to stop and must not wait.
    pub fn stop_merging(&self) {
        self.is_merging_over.store(true, Ordering::Relaxed);
    }

    /// Takes the parts for who cannot wait for a merge: one that is under way is given up and done later.
    pub(crate) fn lock_parts(&self) -> MutexGuard<'_, Maintenance> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let maintenance = self.maintenance.lock();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        maintenance
    }

    fn close_replayed(&self, maintenance: &mut Maintenance) {
        if !std::mem::replace(&mut maintenance.replay_is_done, true) {
            self.head.stripes().iter().for_each(|stripe| stripe.close_waiting());
        }
    }

    /// Begins a chapter of the log, so that the log can be cut before it. On a full disk the old one goes on: what is
    /// sealed then still frees the chapters before it.
    fn turn_chapter(&self, disk: &Disk) -> Result<()> {
        match disk.journal.turn(|entry| self.write_preamble(entry)) {
            Err(error) if !error.is_disk_full() => Err(error),
            Err(_) => Ok(()),
            Ok(()) => {
                // Numbers that were forgotten are in no record of the new chapter.
                self.head.registry.write().recycle();
                Ok(())
            }
        }
    }

    fn seal_due(
        &self,
        disk: &Disk,
        maintenance: &mut Maintenance,
        (bytes, mut oldest): (u64, Option<Timestamp>),
        done: &mut Maintained,
    ) -> Result<()> {
        while let Some(until) = self.seal_until(disk, bytes, oldest) {
            // A chapter that ends here lets the log be cut at the next seal.
            self.turn_chapter(disk)?;
            self.seal(disk, maintenance, until)?;
            done.sealed += 1;
            self.forget_retired(maintenance);
            oldest = self.oldest_unsealed();
        }
        Ok(())
    }

    /// Merges what is worth it, unless merging failed a moment ago. What is due meanwhile is done between two points.
    fn merge_due(&self, disk: &Disk, maintenance: &mut Maintenance, done: &mut Maintained) -> Result<()> {
        if self.is_merging_over.load(Ordering::Relaxed) || disk.clock.elapsed() < maintenance.merge_from {
            return Ok(());
        }
        let Some(numbers) = self.choose_merge() else { return Ok(()) };
        let mut looked = disk.clock.elapsed();
        let mut sealed = Maintained::default();
        let merged = self.merge(disk, maintenance, &numbers, &mut |maintenance| {
            if self.is_merging_over.load(Ordering::Relaxed) || self.waiting.load(Ordering::Relaxed) > 0 {
                return Ok(false);
            }
            if disk.clock.elapsed().saturating_sub(looked) >= LOOK_INTERVAL {
                // A long merge must not hide from the memory ceiling what comes in meanwhile, nor keep it from the disk.
                let measured = self.measure();
                self.seal_due(disk, maintenance, measured, &mut sealed)?;
                looked = disk.clock.elapsed();
            }
            Ok(true)
        });
        done.sealed += sealed.sealed;
        match merged {
            Ok(is_merged) => {
                maintenance.merges_failed = 0;
                done.merged += if is_merged { numbers.len() as u64 } else { 0 };
                Ok(())
            }
            Err(error) => {
                let wait = Duration::from_secs(1 << maintenance.merges_failed.min(16)).min(MERGE_WAIT_MAX);
                maintenance.merges_failed += 1;
                maintenance.merge_from = disk.clock.elapsed() + wait;
                Err(error)
            }
        }
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
    fn seal_until(&self, disk: &Disk, bytes: u64, oldest: Option<Timestamp>) -> Option<Timestamp> {
        let (oldest, now) = (oldest?, disk.clock.now_ms());
        // Without room for the log nothing new comes, and what is there is sealed as the clock goes: that frees room.
        let window_ms = self.keeping.read().out_of_order_window_ms;
        let settled = if disk.journal.is_full() { now.saturating_sub(window_ms) } else { self.settled(now) };
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

    /// Samples before this time do not come any more, but by import.
    pub(crate) fn settled(&self, now: Timestamp) -> Timestamp {
        self.newest_settled(now).saturating_sub(self.keeping.read().out_of_order_window_ms)
    }

    pub(crate) fn oldest_unsealed(&self) -> Option<Timestamp> {
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
        let free = if options.free_bytes_min > 0 { Some(disk.fs.space(&disk.dir)?.free_bytes) } else { None };
        let gone = retention::choose(&infos, disk.clock.now_ms(), free, &options);
        if !gone.is_empty() {
            self.publish(disk, None, &gone, None, view.note.clone(), None)?;
            done.expired += gone.len() as u64;
        }
        Ok(())
    }

    /// Drops what of the head is in parts and no reader looks at any more.
    fn forget_retired(&self, maintenance: &mut Maintenance) {
        maintenance.retired.append(&mut self.sealed_views.lock());
        let mut until = None;
        // Views are forgotten in the order they came: a later one does not free what an earlier one needs.
        while maintenance.retired.first().is_some_and(|(view, _)| view.strong_count() == 0) {
            until = Some(maintenance.retired.remove(0).1);
            maintenance.something_went = true;
        }
        if until > maintenance.forgotten {
            maintenance.forgotten = until;
            let until = until.unwrap_or(Timestamp::MIN);
            self.head.stripes().iter().for_each(|stripe| stripe.drop_before(until));
            self.exemplars.lock().drop_before(until);
            let _gate = self.gate.write();
            self.head.drop_stripes(|stripe| stripe.size().oldest.is_none());
            maintenance.wide = self.wide_stripes();
        }
        self.head.sweep();
    }
}

fn earlier(left: Option<Timestamp>, right: Option<Timestamp>) -> Option<Timestamp> {
    left.into_iter().chain(right).min()
}
