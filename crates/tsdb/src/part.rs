//! Reading a part: its index in memory, grown with targets and points and not with series; its samples on demand.
//!
//! A series has an ordinal: its place in the order of point and target. The ordinal says the group (its block), and
//! the place in it, so no series needs an entry of its own.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use model::{Exemplar, Labels, Metadata, Timestamp, Value};
use parking_lot::RwLock;
use roaring::RoaringBitmap;
use storage::codec::FloatGroup;
use storage::{Cache, Fs, PartReader};

use crate::bytes::Reader;
use crate::closed::Column;
use crate::columnar;
use crate::error::{Result, StoreError};
use crate::gathered::Gathered;
use crate::histogram;
use crate::labels::Pace;
use crate::part_info::PartInfo;
use crate::part_writer::{GROUP_SERIES, VERSION};
use crate::record::read_metadata;
use crate::registry::{Matched, PointId, Registry, TargetId};
use crate::starts::Step;

/// How many bytes a section of the index may have, unpacked.
const INDEX_BYTES_MAX: usize = 1 << 30;
/// How many samples a series may have in one slab.
const SLAB_SAMPLES_MAX: usize = 1 << 24;

/// An open part.
pub(crate) struct Part {
    pub(crate) info: PartInfo,
    /// The file's name in the manifest.
    pub(crate) name: String,
    file: PartReader,
    slab_starts: Vec<Timestamp>,
    targets: Vec<TargetId>,
    points: Vec<PointId>,
    /// The part's number of each of the registry's points, sorted by the registry's.
    by_point: Vec<(PointId, u32)>,
    /// Distinct lists of the part's targets.
    lists: Vec<Box<[u32]>>,
    list_of_point: Vec<u32>,
    first_ordinal: Vec<u32>,
    /// `targets` and `points` as sets, once somebody asks for everything.
    every: OnceLock<(RoaringBitmap, RoaringBitmap)>,
}

/// Decoded pieces of parts, within a number of bytes.
pub(crate) struct PartCache {
    groups: Cache<(u64, u32), Arc<Group>>,
    /// Where the lists of times of a target end in their block.
    ends: Cache<(u64, u32), Arc<[u32]>>,
    /// The lists themselves, by target and number.
    times: Cache<(u64, u32, u32), Arc<[Timestamp]>>,
}

/// Sixteen series of one slab.
struct Group {
    series: Vec<GroupSeries>,
    floats: Option<FloatGroup>,
}

struct GroupSeries {
    count: usize,
    times: u32,
    /// Which column of the group's floats.
    column: usize,
    histograms: Vec<(Timestamp, Value)>,
    steps: Vec<Step>,
}

impl PartCache {
    /// A cache of about `bytes_max`.
    pub(crate) fn new(bytes_max: usize) -> PartCache {
        PartCache {
            groups: Cache::new(bytes_max / 4 * 3),
            ends: Cache::new(bytes_max / 16),
            times: Cache::new(bytes_max / 16 * 3),
        }
    }

    /// How much it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.groups.bytes() + self.ends.bytes() + self.times.bytes()
    }

    /// Forgets what belongs to parts that are gone.
    pub(crate) fn retain(&self, is_live: impl Fn(u64) -> bool) {
        self.groups.retain(|(part, _)| is_live(*part));
        self.ends.retain(|(part, _)| is_live(*part));
        self.times.retain(|(part, _, _)| is_live(*part));
    }
}

impl Part {
    /// Opens a part and makes its targets and points known to the registry.
    pub(crate) fn open(
        fs: &Fs,
        dir: &Path,
        entry: &storage::PartEntry,
        registry: &RwLock<Registry>,
    ) -> Result<Part> {
        let path = dir.join(&entry.name);
        let file = PartReader::open(fs, &path)?;
        let bad = |section: &str| damaged(&path, section);
        let about = either(&file, "about")?;
        let mut reader = Reader::new(about);
        let version = reader.varint().ok_or_else(|| bad("about"))?;
        if version != VERSION {
            return Err(StoreError::Storage(storage::Error::UnknownVersion {
                path,
                format: "metrics part",
                found: version as u32,
                known: VERSION as u32,
            }));
        }
        let (target_count, point_count, slab_starts, info) =
            read_about(&mut reader, entry.bytes).ok_or_else(|| bad("about"))?;
        let targets = unpack_labels(either(&file, "targets")?, target_count).ok_or_else(|| bad("targets"))?;
        let points = unpack_labels(either(&file, "points")?, point_count).ok_or_else(|| bad("points"))?;
        let series = either(&file, "series")?;
        let (lists, list_of_point) =
            read_series(series, target_count, point_count).ok_or_else(|| bad("series"))?;
        let mut first_ordinal = Vec::with_capacity(point_count + 1);
        let mut ordinal = 0u32;
        for &list in &list_of_point {
            first_ordinal.push(ordinal);
            let next = ordinal.checked_add(lists[list as usize].len() as u32);
            ordinal = next.ok_or_else(|| bad("series"))?;
        }
        first_ordinal.push(ordinal);
        let (targets, points) = intern(registry, &targets, &points);
        let mut by_point: Vec<(PointId, u32)> = points.iter().copied().zip(0..).collect();
        by_point.sort_unstable();
        let name = entry.name.clone();
        Ok(Part {
            info,
            name,
            file,
            slab_starts,
            targets,
            points,
            by_point,
            lists,
            list_of_point,
            first_ordinal,
            every: OnceLock::new(),
        })
    }

    /// Every target and every point that has series.
    pub(crate) fn every(&self) -> &(RoaringBitmap, RoaringBitmap) {
        let set = |ids: &[u32]| ids.iter().copied().collect();
        self.every.get_or_init(|| (set(&self.targets), set(&self.points)))
    }

    /// The targets that have series, as the registry numbers them.
    pub(crate) fn targets(&self) -> &[TargetId] {
        &self.targets
    }

    /// The points that have series, as the registry numbers them.
    pub(crate) fn points(&self) -> &[PointId] {
        &self.points
    }

    /// About how much memory the index takes.
    pub(crate) fn index_bytes(&self) -> usize {
        let lists: usize = self.lists.iter().map(|list| list.len() * 4 + 16).sum();
        let blocks = (self.file.blocks("values") + self.file.blocks("times")) as usize * 17;
        lists + blocks + self.targets.len() * 4 + self.points.len() * 20
    }

    /// Calls `found` with the target, point and ordinal of every series whose target and point are in the sets.
    pub(crate) fn find(
        &self,
        targets: &RoaringBitmap,
        points: &RoaringBitmap,
        pace: &Pace<'_>,
        mut found: impl FnMut(TargetId, PointId, u32),
    ) {
        // Points mostly share their list of targets, so what of a list is wanted is decided once.
        let mut wanted: Vec<Option<Vec<(u32, TargetId)>>> = vec![None; self.lists.len()];
        let mut visit = |local: u32, point: PointId| {
            let list = self.list_of_point[local as usize] as usize;
            let wanted = wanted[list].get_or_insert_with(|| {
                let of_list = self.lists[list].iter().map(|&target| self.targets[target as usize]);
                (0..).zip(of_list).filter(|(_, target)| targets.contains(*target)).collect()
            });
            let first = self.first_ordinal[local as usize];
            let wanted = wanted.iter().take_while(|_| pace.goes_on());
            wanted.for_each(|&(index, target)| found(target, point, first + index));
        };
        if points.len() < self.points.len() as u64 / 8 {
            for point in points.iter().take_while(|_| pace.goes_on()) {
                if let Ok(at) = self.by_point.binary_search_by_key(&point, |&(point, _)| point) {
                    visit(self.by_point[at].1, point);
                }
            }
        } else {
            for (local, &point) in self.points.iter().enumerate().take_while(|_| pace.goes_on()) {
                if points.contains(point) {
                    visit(local as u32, point);
                }
            }
        }
    }

    /// Whether targets and points of the part are among those matched.
    pub(crate) fn has_any(&self, matched: &Matched) -> bool {
        self.targets.iter().any(|target| matched.targets.contains(*target))
            && self.points.iter().any(|point| matched.points.contains(*point))
    }

    /// Adds the targets and the points of every series that matches, where no matcher needs both.
    pub(crate) fn find_halves(
        &self,
        matched: &Matched,
        targets: &mut RoaringBitmap,
        points: &mut RoaringBitmap,
    ) {
        if matched.is_everything {
            let (every_target, every_point) = self.every();
            *targets |= every_target;
            *points |= every_point;
            return;
        }
        let mut is_wanted: Vec<Option<bool>> = vec![None; self.lists.len()];
        for (&point, &list) in self.points.iter().zip(&self.list_of_point) {
            if !matched.points.contains(point) {
                continue;
            }
            let is_wanted = is_wanted[list as usize].get_or_insert_with(|| {
                let of_list = self.lists[list as usize].iter().map(|&target| self.targets[target as usize]);
                let mut wanted = of_list.filter(|target| matched.targets.contains(*target)).peekable();
                let is_wanted = wanted.peek().is_some();
                targets.extend(wanted);
                is_wanted
            });
            if *is_wanted {
                points.insert(point);
            }
        }
    }

    /// The ordinal of a series.
    pub(crate) fn ordinal_of(&self, target: TargetId, point: PointId) -> Option<u32> {
        let mut ordinal = None;
        self.series_of(point, |other, of_other| {
            if other == target {
                ordinal = Some(of_other);
            }
        });
        ordinal
    }

    /// Calls `found` with the target and ordinal of every series of a point.
    pub(crate) fn series_of(&self, point: PointId, mut found: impl FnMut(TargetId, u32)) {
        if let Ok(at) = self.by_point.binary_search_by_key(&point, |&(point, _)| point) {
            let local = self.by_point[at].1 as usize;
            let list = &self.lists[self.list_of_point[local] as usize];
            let first = self.first_ordinal[local];
            (first..).zip(list).for_each(|(ordinal, &target)| found(self.targets[target as usize], ordinal));
        }
    }

    /// The samples of a series within the range, both ends included. Blocks that are damaged are left out; the file
    /// remembers them.
    pub(crate) fn read(
        &self,
        ordinal: u32,
        from: Timestamp,
        to: Timestamp,
        cache: &PartCache,
    ) -> Result<Gathered> {
        let mut gathered = Gathered::default();
        let group = ordinal / GROUP_SERIES as u32;
        for slab in self.slabs(from, to) {
            let block = group * self.slab_starts.len() as u32 + slab as u32;
            let piece = self.group(block, cache).and_then(|group| match &group {
                Some(group) => self.read_group(group, ordinal, from, to, cache),
                None => Ok(Gathered::default()),
            });
            match piece {
                Ok(piece) => gathered.absorb(piece),
                Err(StoreError::Storage(storage::Error::Corrupt(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(gathered)
    }

    /// Hands out the exemplars whose target, point and time are wanted; damaged blocks are left out.
    pub(crate) fn exemplars(
        &self,
        is_wanted: impl Fn(TargetId, PointId, Timestamp) -> bool,
        mut found: impl FnMut(TargetId, PointId, Exemplar),
    ) {
        for block in 0..self.file.blocks("exemplars") {
            let Ok(bytes) = self.file.block("exemplars", block) else { continue };
            let mut reader = Reader::new(bytes);
            while !reader.is_empty() {
                if self.read_exemplar(&mut reader, &is_wanted, &mut found).is_none() {
                    break;
                }
            }
        }
    }

    /// What the part knows of metric families.
    pub(crate) fn metadata(&self) -> Vec<(String, Metadata)> {
        let mut all = Vec::new();
        for block in 0..self.file.blocks("metadata") {
            let Ok(bytes) = self.file.block("metadata", block) else { continue };
            let mut reader = Reader::new(bytes);
            while let Some(entry) = read_metadata(&mut reader) {
                all.push(entry);
            }
        }
        all
    }

    /// The blocks that were found damaged so far.
    pub(crate) fn damages(&self) -> Vec<storage::Corruption> {
        self.file.quarantined()
    }

    /// Checks every block.
    pub(crate) fn verify(&self) -> Vec<storage::Corruption> {
        self.file.verify()
    }

    fn slabs(&self, from: Timestamp, to: Timestamp) -> std::ops::Range<usize> {
        // The first slab also holds what is before its start.
        let first = self.slab_starts.partition_point(|&start| start <= from).max(1) - 1;
        let end = self.slab_starts.partition_point(|&start| start <= to).max(1);
        first..end
    }

    fn group(&self, block: u32, cache: &PartCache) -> Result<Option<Arc<Group>>> {
        let key = (self.info.number, block);
        if let Some(group) = cache.groups.get(&key) {
            return Ok(Some(group));
        }
        let bytes = self.file.block("values", block)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let first = (block / self.slab_starts.len() as u32) as usize * GROUP_SERIES;
        let count = (self.info.series as usize).saturating_sub(first).min(GROUP_SERIES);
        let samples_max = self.info.samples.min(SLAB_SAMPLES_MAX as u64) as usize;
        let group =
            Group::read(bytes, count, samples_max).ok_or_else(|| damaged(self.file.path(), "values"))?;
        let group = Arc::new(group);
        cache.groups.insert(key, group.clone(), group.bytes());
        Ok(Some(group))
    }

    fn read_group(
        &self,
        group: &Group,
        ordinal: u32,
        from: Timestamp,
        to: Timestamp,
        cache: &PartCache,
    ) -> Result<Gathered> {
        let bad = || damaged(self.file.path(), "values");
        let series = group.series.get(ordinal as usize % GROUP_SERIES).ok_or_else(bad)?;
        let mut floats = Column::default();
        if let Some(group) = group.floats.as_ref().filter(|_| series.count > 0) {
            let times = self.times(self.target_of(ordinal), series, cache)?;
            let mut values = Vec::with_capacity(series.count);
            group.column(series.column, &mut values).map_err(|_| bad())?;
            let start = times.partition_point(|&time| time < from);
            let end = times.partition_point(|&time| time <= to).max(start);
            floats.times = times[start..end].to_vec();
            floats.values = values.get(start..end).ok_or_else(bad)?.iter().map(|v| v.to_bits()).collect();
        }
        let inside = |(time, _): &&(Timestamp, Value)| (from..=to).contains(time);
        let histograms = series.histograms.iter().filter(inside).cloned().collect();
        Ok(Gathered::new(floats, histograms, &series.steps))
    }

    /// The part's number of the target of a series.
    fn target_of(&self, ordinal: u32) -> u32 {
        let point = self.first_ordinal.partition_point(|&first| first <= ordinal) - 1;
        let list = &self.lists[self.list_of_point[point] as usize];
        list[(ordinal - self.first_ordinal[point]) as usize]
    }

    /// The times of a series. Only its list is decoded, and only if it has as many as the series has samples: how many
    /// times some bytes stand for is otherwise theirs to say.
    fn times(&self, target: u32, series: &GroupSeries, cache: &PartCache) -> Result<Arc<[Timestamp]>> {
        let bad = || damaged(self.file.path(), "times");
        let key = (self.info.number, target, series.times);
        if let Some(times) = cache.times.get(&key) {
            return if times.len() == series.count { Ok(times) } else { Err(bad()) };
        }
        let block = self.file.block("times", target)?;
        let ends = match cache.ends.get(&(self.info.number, target)) {
            Some(ends) => ends,
            None => {
                let ends: Arc<[u32]> = times_ends(block).ok_or_else(bad)?.into();
                cache.ends.insert((self.info.number, target), ends.clone(), ends.len() * 4 + 32);
                ends
            }
        };
        let times = read_times(block, &ends, series.times, series.count).ok_or_else(bad)?;
        cache.times.insert(key, times.clone(), times.len() * 8 + 32);
        Ok(times)
    }

    fn read_exemplar(
        &self,
        reader: &mut Reader<'_>,
        is_wanted: &impl Fn(TargetId, PointId, Timestamp) -> bool,
        found: &mut impl FnMut(TargetId, PointId, Exemplar),
    ) -> Option<()> {
        let point = *self.points.get(reader.u32()? as usize)?;
        let target = *self.targets.get(reader.u32()? as usize)?;
        let time = reader.signed()?;
        let value = f64::from_bits(reader.u64()?);
        let labels = reader.bytes()?;
        if is_wanted(target, point, time) {
            let labels = Labels::from_packed(labels)?;
            found(target, point, Exemplar { labels, value, time: Some(time) });
        }
        Some(())
    }
}

impl Group {
    /// Reads a block of `count` series, of which none has more samples than the whole part.
    fn read(bytes: &[u8], count: usize, samples_max: usize) -> Option<Group> {
        let mut reader = Reader::new(bytes);
        let mut series = Vec::with_capacity(count);
        let mut histogram_bytes = Vec::with_capacity(count);
        let mut column = 0;
        for _ in 0..count {
            let samples = usize::try_from(reader.varint()?).ok().filter(|&samples| samples <= samples_max)?;
            let times = if samples > 0 { reader.u32()? } else { 0 };
            histogram_bytes.push(reader.count()?);
            let step_count = reader.count()?;
            let step =
                |reader: &mut Reader<'_>| Some(Step { time: reader.signed()?, start: reader.signed()? });
            let steps = (0..step_count).map(|_| step(&mut reader)).collect::<Option<Vec<_>>>()?;
            series.push(GroupSeries { count: samples, times, column, histograms: Vec::new(), steps });
            column += usize::from(samples > 0);
        }
        for (series, bytes) in series.iter_mut().zip(histogram_bytes) {
            if bytes > 0 {
                series.histograms = histogram::read_block(reader.take(bytes)?)?;
            }
        }
        let counts: Vec<usize> =
            series.iter().map(|series| series.count).filter(|&count| count > 0).collect();
        let rest = reader.take(reader.remaining())?;
        let floats = match counts.is_empty() {
            true => None,
            false => Some(FloatGroup::open(rest, &counts).ok()?),
        };
        Some(Group { series, floats })
    }

    fn bytes(&self) -> usize {
        let histograms: usize = self.series.iter().map(|series| series.histograms.len() * 512 + 64).sum();
        histograms + self.floats.as_ref().map_or(0, FloatGroup::bytes)
    }
}

fn either<'a>(file: &'a PartReader, section: &str) -> Result<&'a [u8]> {
    match file.block(section, 0) {
        Ok(block) => Ok(block),
        Err(error) => file.block(&format!("{section}.copy"), 0).map_err(|_| error.into()),
    }
}

type About = (usize, usize, Vec<Timestamp>, PartInfo);

fn read_about(reader: &mut Reader<'_>, bytes: u64) -> Option<About> {
    let (targets, points) = (reader.u32()? as usize, reader.u32()? as usize);
    let slabs = reader.count().filter(|&slabs| slabs > 0)?;
    let slab_starts = (0..slabs).map(|_| reader.signed()).collect::<Option<Vec<_>>>()?;
    let info = PartInfo::from_note(reader.take(reader.remaining())?, bytes)?;
    slab_starts.is_sorted().then_some((targets, points, slab_starts, info))
}

fn unpack_labels(block: &[u8], count: usize) -> Option<Vec<Labels>> {
    let bytes = decompress(block)?;
    let mut reader = Reader::new(&bytes);
    let mut sets = Vec::new();
    for _ in 0..count {
        sets.push(reader.labels()?);
    }
    reader.is_empty().then_some(sets)
}

type Lists = (Vec<Box<[u32]>>, Vec<u32>);

fn read_series(block: &[u8], target_count: usize, point_count: usize) -> Option<Lists> {
    let bytes = decompress(block)?;
    let mut reader = Reader::new(&bytes);
    let mut lists = Vec::new();
    for _ in 0..reader.count()? {
        let mut next = 0u32;
        let mut list = Vec::new();
        for _ in 0..reader.count()? {
            let target =
                next.checked_add(reader.u32()?).filter(|&target| (target as usize) < target_count)?;
            list.push(target);
            next = target + 1;
        }
        lists.push(list.into_boxed_slice());
    }
    let mut of_points = Vec::new();
    for _ in 0..point_count {
        of_points.push(reader.u32().filter(|&list| (list as usize) < lists.len())?);
    }
    reader.is_empty().then_some((lists, of_points))
}

/// Where the lists in a block of times end; the lists themselves are not looked into.
fn times_ends(block: &[u8]) -> Option<Vec<u32>> {
    let mut reader = Reader::new(block);
    let mut ends = Vec::new();
    for _ in 0..reader.count()? {
        reader.bytes()?;
        ends.push(u32::try_from(block.len() - reader.remaining()).ok()?);
    }
    reader.is_empty().then_some(ends)
}

/// The list of that number, if it has `count` times and they ascend.
fn read_times(block: &[u8], ends: &[u32], number: u32, count: usize) -> Option<Arc<[Timestamp]>> {
    let end = *ends.get(number as usize)? as usize;
    let mut reader = Reader::new(block);
    match (number as usize).checked_sub(1) {
        Some(before) => drop(reader.take(ends[before] as usize)?),
        None => drop(reader.varint()?),
    }
    let mut list = Reader::new(reader.bytes()?);
    debug_assert_eq!(block.len() - reader.remaining(), end, "the list ends where it was found to end");
    (list.varint()? == count as u64).then_some(())?;
    let times = columnar::decode_ints(list.take(list.remaining())?, count)?;
    times.is_sorted_by(|left, right| left < right).then(|| times.into())
}

fn decompress(block: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(block);
    let length = usize::try_from(reader.varint()?).ok().filter(|&length| length <= INDEX_BYTES_MAX)?;
    let bytes = zstd::bulk::decompress(reader.take(reader.remaining())?, length).ok()?;
    (bytes.len() == length).then_some(bytes)
}

fn intern(
    registry: &RwLock<Registry>,
    targets: &[Labels],
    points: &[Labels],
) -> (Vec<TargetId>, Vec<PointId>) {
    let mut registry = registry.write();
    let targets = targets.iter().map(|labels| registry.targets.intern(labels)).collect();
    let points = points.iter().map(|labels| registry.points.intern(labels)).collect();
    (targets, points)
}

fn damaged(path: &Path, section: &str) -> StoreError {
    StoreError::Storage(storage::Error::Corrupt(storage::Corruption {
        path: path.to_owned(),
        section: section.to_owned(),
        offset: 0,
        reason: "the block is whole but not in this format".to_owned(),
    }))
}
