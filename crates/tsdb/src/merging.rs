//! Carrying out a merge: several parts are read point by point and written as one.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Exemplar, Timestamp};

use crate::error::Result;
use crate::gathered::Gathered;
use crate::maintain::Maintenance;
use crate::merge::{self, Choice, MergeOptions};
use crate::part::{Part, PartCache};
use crate::part_info::PartInfo;
use crate::part_writer::MetricsPartWriter;
use crate::seal::Ranked;
use crate::store::{Disk, PARTS_DIR, Store};
use crate::tombstone::covers;
use crate::view::Note;

/// How many samples a series has in one slab, about.
const SLAB_SAMPLES: u64 = 1_024;
/// How many slabs a part has at most.
const SLABS_MAX: u64 = 256;
/// How much a merge keeps of what it reads.
const MERGE_CACHE_BYTES_MAX: usize = 32 << 20;

impl Store {
    /// The numbers of the parts that should become one now.
    pub(crate) fn choose_merge(&self) -> Option<Vec<u64>> {
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
        match merge::choose(&infos, &with_deletions, &options) {
            Choice::Merge(numbers) => Some(numbers),
            Choice::Nothing => None,
        }
    }

    /// Makes one part of several. Between two points `between` may do what is due, and end the merge by returning false;
    /// then everything stays as it was. Returns whether the parts were merged.
    pub(crate) fn merge(
        &self,
        disk: &Disk,
        maintenance: &mut Maintenance,
        numbers: &[u64],
        between: &mut dyn FnMut(&mut Maintenance) -> Result<bool>,
    ) -> Result<bool> {
        // Of the view only this is held: what is sealed meanwhile can leave the head.
        let (mut inputs, note) = {
            let view = self.view.read();
            let chosen = view.parts.iter().filter(|part| numbers.contains(&part.info.number));
            (chosen.cloned().collect::<Vec<_>>(), view.note.clone())
        };
        inputs.sort_by_key(|part| (part.info.min_time, part.info.number));
        let number = maintenance.number(&note);
        let Some(writer) = self.write_merged(disk, number, &inputs, &note, &mut || between(maintenance))?
        else {
            return Ok(false);
        };
        let entry = if writer.is_empty() { None } else { Some(writer.finish()?) };
        let mut note = self.view.read().note.clone();
        note.next_part = note.next_part.max(number + 1);
        self.publish(disk, entry, numbers, None, note, None)?;
        Ok(true)
    }

    /// Writes what several parts hold into one, without what was deleted; `None` when the merge was ended.
    fn write_merged(
        &self,
        disk: &Disk,
        number: u64,
        inputs: &[Arc<Part>],
        note: &Note,
        between: &mut dyn FnMut() -> Result<bool>,
    ) -> Result<Option<MetricsPartWriter>> {
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
        for (rank, point) in order {
            if !between()? {
                return Ok(None);
            }
            of_point.clear();
            for (index, part) in inputs.iter().enumerate() {
                part.series_of(point, |target, ordinal| {
                    of_point.push((targets.ranks[&target], index, ordinal))
                });
            }
            of_point.sort_unstable();
            for sources in of_point.chunk_by(|left, right| left.0 == right.0) {
                let mut gathered = Gathered::default();
                for &(target, index, ordinal) in sources {
                    let part = &inputs[index];
                    let mut piece = part.read(ordinal, Timestamp::MIN, Timestamp::MAX, &cache)?;
                    if !note.tombstones.is_empty() {
                        let labels = targets.labels[target as usize].union(&points.labels[rank as usize]);
                        let deleted = note.deleted(&labels, Some(part.info.number));
                        piece.retain(|time| !covers(&deleted, time));
                    }
                    gathered.absorb(piece);
                }
                writer.push(rank, sources[0].0, gathered)?;
            }
        }
        self.merge_rest(inputs, note, (&targets, &points), &mut writer);
        Ok(Some(writer))
    }

    /// Exemplars and metadata of the parts.
    fn merge_rest(
        &self,
        inputs: &[Arc<Part>],
        note: &Note,
        (targets, points): (&Ranked, &Ranked),
        writer: &mut MetricsPartWriter,
    ) {
        let mut metadata = HashMap::new();
        for part in inputs {
            let push = |target, point, exemplar: Exemplar| {
                let (target, point) = (targets.ranks[&target], points.ranks[&point]);
                let labels = targets.labels[target as usize].union(&points.labels[point as usize]);
                let deleted = note.deleted(&labels, Some(part.info.number));
                if !exemplar.time.is_some_and(|time| covers(&deleted, time)) {
                    writer.push_exemplar(point, target, exemplar);
                }
            };
            part.exemplars(|_, _, _| true, push);
            metadata.extend(part.metadata());
        }
        let mut metadata: Vec<_> = metadata.into_iter().collect();
        metadata.sort_by(|left, right| left.0.cmp(&right.0));
        metadata.iter().for_each(|(family, metadata)| writer.push_metadata(family, metadata));
    }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use model::{Labels, Sample, Series, Value};
    use storage::{Clock, Rng, SimFs, SimOptions};

    use super::*;
    use crate::options::Options;

    fn series(point: &str, time: Timestamp) -> Series {
        let labels = Labels::from_pairs([("__name__", point), ("job", "a")]);
        let samples = vec![Sample { time, start: None, value: Value::Float(time as f64) }];
        Series { labels, samples, ..Series::default() }
    }

    fn times(store: &Store) -> Vec<Timestamp> {
        let selection = store.select(&[], 0..=Timestamp::MAX).unwrap();
        let mut times: Vec<Timestamp> =
            (0..selection.len()).flat_map(|index| selection.read(index).unwrap().times.to_vec()).collect();
        times.sort_unstable();
        times
    }

    #[test]
    fn what_is_due_during_a_merge_is_sealed_and_a_merge_may_end() {
        let disk = SimFs::new(SimOptions::default());
        let open = || {
            let options = Options { retention_ms: 0, ..Options::in_memory() };
            let (clock, rng) = (Clock::fixed(1_000), Rng::from_seed(1));
            Store::open_with(disk.fs(), clock, rng, Path::new("/data"), options).unwrap()
        };
        let store = open();
        for time in [100, 200] {
            store.append_series(&[series("a", time), series("b", time + 1)]).unwrap();
            store.seal_before(time + 50).unwrap();
        }
        store.append_series(&[series("a", 300)]).unwrap();
        store.sync().unwrap();
        let files = store.disk.as_ref().unwrap();
        let mut maintenance = store.maintenance.lock();
        assert!(!store.merge(files, &mut maintenance, &[1, 2], &mut |_| Ok(false)).unwrap());
        assert_eq!(store.view.read().parts.len(), 2);
        let mut seals = vec![400];
        let mut seal = |maintenance: &mut Maintenance| {
            seals.pop().map_or(Ok(()), |until| store.seal(files, maintenance, until)).map(|()| true)
        };
        assert!(store.merge(files, &mut maintenance, &[1, 2], &mut seal).unwrap());
        let want = [100, 101, 200, 201, 300];
        assert_eq!((store.view.read().parts.len(), times(&store)), (2, want.to_vec()));
        let mut numbers: Vec<u64> = store.view.read().parts.iter().map(|part| part.info.number).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), 2);
        drop(maintenance);
        drop(store);
        assert_eq!(times(&open()), want);
    }
}
