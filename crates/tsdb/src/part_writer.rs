//! Writing a part: series in the order of point and target, sixteen to a block, each target's times once.
//!
//! ```text
//! section "about"     one block: version, times, counts, slabs
//! section "targets"   one block: label sets, sorted          | each of these has a copy in "….copy",
//! section "points"    one block: label sets, sorted          | since without them nothing can be found
//! section "series"    one block: lists of targets, and per point the number of its list
//! section "times"     one block per target: every list of times that any of its series has
//! section "values"    one block per group of 16 series and slab, group by group
//! section "exemplars" blocks of up to 4,096
//! section "metadata"  one block
//! ```
//! A slab is a slice of the part's time, the same for all series, so that reading an hour of a long part decodes no day.
//! See `docs/format/metrics-part.md` for the bytes.

use std::collections::HashMap;
use std::path::Path;

use model::{Exemplar, Labels, Metadata, Timestamp};
use storage::{Fs, PartEntry};

use crate::bytes::{put_bytes, put_signed, put_u64, put_varint};
use crate::columnar;
use crate::error::Result;
use crate::exemplars::same;
use crate::gathered::Gathered;
use crate::histogram;
use crate::part_info::PartInfo;
use crate::record::put_metadata;

/// How many series share a block.
pub(crate) const GROUP_SERIES: usize = 16;
/// The version of what a part of this store holds.
pub(crate) const VERSION: u64 = 1;
/// How many exemplars share a block.
const EXEMPLARS_PER_BLOCK: usize = 4_096;

/// A part in the making.
pub(crate) struct MetricsPartWriter {
    file: storage::PartWriter,
    info: PartInfo,
    targets: Vec<Labels>,
    points: Vec<Labels>,
    slab_starts: Vec<Timestamp>,
    /// The points that have series, with the targets of these.
    written: Vec<(u32, Vec<u32>)>,
    group: Vec<Gathered>,
    group_targets: Vec<u32>,
    /// Per target its lists of times, encoded, and where an equal one is.
    times: Vec<TargetTimes>,
    exemplars: Vec<(u32, u32, Exemplar)>,
    metadata: Vec<u8>,
}

#[derive(Default)]
struct TargetTimes {
    numbers: HashMap<Vec<u8>, u32>,
    lists: Vec<Vec<u8>>,
}

impl MetricsPartWriter {
    /// Starts a part for series of these targets and points, both sorted. Those that stay without series are left
    /// out. Slabs begin at `slab_starts`, the first one at the beginning of time.
    pub(crate) fn create(
        fs: &Fs,
        dir: &Path,
        number: u64,
        targets: Vec<Labels>,
        points: Vec<Labels>,
        slab_starts: Vec<Timestamp>,
    ) -> Result<MetricsPartWriter> {
        debug_assert!(targets.is_sorted() && points.is_sorted() && slab_starts.is_sorted());
        assert!(!slab_starts.is_empty(), "a part has a slab");
        let file = storage::PartWriter::create(fs, dir, &format!("{number:016x}"))?;
        let times = targets.iter().map(|_| TargetTimes::default()).collect();
        Ok(MetricsPartWriter {
            file,
            info: PartInfo::empty(number),
            targets,
            points,
            slab_starts,
            written: Vec::new(),
            group: Vec::new(),
            group_targets: Vec::new(),
            times,
            exemplars: Vec::new(),
            metadata: Vec::new(),
        })
    }

    /// Adds a series; they come in the order of point and target. One without samples is left out.
    pub(crate) fn push(&mut self, point: u32, target: u32, series: Gathered) -> Result<()> {
        let Some(span) = series.span() else { return Ok(()) };
        self.info.cover(span);
        self.info.samples += series.len() as u64;
        self.info.series += 1;
        match self.written.last_mut() {
            Some((last, targets)) if *last == point => {
                debug_assert!(targets.last().is_some_and(|&last| last < target), "targets ascend");
                targets.push(target);
            }
            last => {
                debug_assert!(last.is_none_or(|(last, _)| *last < point), "points ascend");
                self.written.push((point, vec![target]));
            }
        }
        self.group.push(series);
        self.group_targets.push(target);
        if self.group.len() == GROUP_SERIES { self.flush() } else { Ok(()) }
    }

    /// Adds an exemplar of a series, which has a time.
    pub(crate) fn push_exemplar(&mut self, point: u32, target: u32, exemplar: Exemplar) {
        // The part lives and is looked into for its exemplars as for its samples.
        let time = exemplar.time.expect("an exemplar of the store has a time");
        self.info.cover((time, time));
        self.exemplars.push((point, target, exemplar));
    }

    /// Adds what is known of a metric family.
    pub(crate) fn push_metadata(&mut self, family: &str, metadata: &Metadata) {
        put_metadata(&mut self.metadata, family, metadata);
    }

    /// Whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.info.series == 0 && self.exemplars.is_empty()
    }

    /// Finishes the file and says what the manifest has to know.
    pub(crate) fn finish(mut self) -> Result<PartEntry> {
        self.flush()?;
        let used = self.used_targets();
        // Numbers of targets count only those that are used; their order stays.
        let renumbered: HashMap<u32, u32> =
            used.iter().enumerate().map(|(new, &old)| (old, new as u32)).collect();
        for &target in &used {
            let block = std::mem::take(&mut self.times[target as usize]).encode();
            self.file.write("times", &block)?;
        }
        self.write_exemplars(&renumbered)?;
        if !self.metadata.is_empty() {
            self.file.write("metadata", &self.metadata)?;
        }
        let targets = used.iter().map(|&target| &self.targets[target as usize]);
        let targets = pack_labels(targets);
        let points = pack_labels(self.written.iter().map(|(point, _)| &self.points[*point as usize]));
        let series = self.pack_series(&renumbered);
        let about = self.pack_about(used.len());
        for (section, copy, block) in [
            ("about", "about.copy", about),
            ("targets", "targets.copy", targets),
            ("points", "points.copy", points),
            ("series", "series.copy", series),
        ] {
            self.file.write(section, &block)?;
            self.file.write(copy, &block)?;
        }
        let mut entry = self.file.finish()?;
        self.info.bytes = entry.bytes;
        entry.note = self.info.to_note();
        Ok(entry)
    }

    fn flush(&mut self) -> Result<()> {
        if self.group.is_empty() {
            return Ok(());
        }
        let group = std::mem::take(&mut self.group);
        let targets = std::mem::take(&mut self.group_targets);
        for (index, &from) in self.slab_starts.clone().iter().enumerate() {
            let end = self.slab_starts.get(index + 1).copied();
            let from = if index == 0 { Timestamp::MIN } else { from };
            let block = match self.slab_starts.len() {
                1 => self.encode(&group, &targets),
                _ => self.encode(&group.iter().map(|s| s.slice(from, end)).collect::<Vec<_>>(), &targets),
            };
            self.file.write("values", &block)?;
        }
        Ok(())
    }

    fn encode(&mut self, group: &[Gathered], targets: &[u32]) -> Vec<u8> {
        let mut block = Vec::new();
        if group.iter().all(Gathered::is_empty) {
            return block;
        }
        let mut tail = Vec::new();
        for (series, &target) in group.iter().zip(targets) {
            let count = series.floats.times.len();
            put_varint(&mut block, count as u64);
            if count > 0 {
                put_varint(&mut block, u64::from(self.times[target as usize].number(&series.floats.times)));
            }
            let mut histograms = Vec::new();
            if !series.histograms.is_empty() {
                histogram::put_block(&mut histograms, &series.histograms);
            }
            put_varint(&mut block, histograms.len() as u64);
            tail.extend_from_slice(&histograms);
            let steps = series.steps();
            put_varint(&mut block, steps.len() as u64);
            for step in steps {
                put_signed(&mut block, step.time);
                put_signed(&mut block, step.start);
            }
        }
        let columns: Vec<Vec<f64>> = group
            .iter()
            .filter(|series| !series.floats.values.is_empty())
            .map(|series| series.floats.values.iter().map(|&bits| f64::from_bits(bits)).collect())
            .collect();
        block.extend_from_slice(&tail);
        if !columns.is_empty() {
            let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            storage::codec::encode_float_group(&columns, &mut block);
        }
        block
    }

    fn used_targets(&self) -> Vec<u32> {
        let mut used: Vec<u32> = self.written.iter().flat_map(|(_, targets)| targets).copied().collect();
        used.extend(self.exemplars.iter().map(|(_, target, _)| *target));
        used.sort_unstable();
        used.dedup();
        used
    }

    fn write_exemplars(&mut self, renumbered: &HashMap<u32, u32>) -> Result<()> {
        let mut exemplars = std::mem::take(&mut self.exemplars);
        exemplars.sort_by_key(|(point, target, exemplar)| (*point, *target, exemplar.time));
        // An import that is repeated brings the same ones again.
        exemplars.dedup_by(|left, right| (left.0, left.1) == (right.0, right.1) && same(&left.2, &right.2));
        for of_point in exemplars.chunk_by(|left, right| left.0 == right.0) {
            let point = of_point[0].0;
            if let Err(at) = self.written.binary_search_by_key(&point, |(point, _)| *point) {
                // A point that has exemplars and, in this part, no samples.
                self.written.insert(at, (point, Vec::new()));
            }
        }
        let points: HashMap<u32, u32> = (0..).zip(&self.written).map(|(new, (old, _))| (*old, new)).collect();
        for chunk in exemplars.chunks(EXEMPLARS_PER_BLOCK) {
            let mut block = Vec::new();
            for (point, target, exemplar) in chunk {
                put_varint(&mut block, u64::from(points[point]));
                put_varint(&mut block, u64::from(renumbered[target]));
                put_signed(&mut block, exemplar.time.unwrap_or(0));
                put_u64(&mut block, exemplar.value.to_bits());
                put_bytes(&mut block, exemplar.labels.packed());
            }
            self.file.write("exemplars", &block)?;
        }
        Ok(())
    }

    fn pack_series(&self, renumbered: &HashMap<u32, u32>) -> Vec<u8> {
        let mut lists: Vec<&[u32]> = Vec::new();
        let mut numbers: HashMap<&[u32], usize> = HashMap::new();
        let mut of_points = Vec::new();
        for (_, targets) in &self.written {
            let number = *numbers.entry(targets).or_insert_with(|| {
                lists.push(targets);
                lists.len() - 1
            });
            put_varint(&mut of_points, number as u64);
        }
        let mut packed = Vec::new();
        put_varint(&mut packed, lists.len() as u64);
        for list in lists {
            put_varint(&mut packed, list.len() as u64);
            let mut next = 0;
            for target in list {
                let target = renumbered[target];
                put_varint(&mut packed, u64::from(target - next));
                next = target + 1;
            }
        }
        packed.extend_from_slice(&of_points);
        compress(&packed)
    }

    fn pack_about(&self, target_count: usize) -> Vec<u8> {
        let mut about = Vec::new();
        put_varint(&mut about, VERSION);
        put_varint(&mut about, target_count as u64);
        put_varint(&mut about, self.written.len() as u64);
        put_varint(&mut about, self.slab_starts.len() as u64);
        self.slab_starts.iter().for_each(|&start| put_signed(&mut about, start));
        about.extend_from_slice(&self.info.to_note());
        about
    }
}

impl TargetTimes {
    /// The number of a list of times, which is added when it is new.
    fn number(&mut self, times: &[Timestamp]) -> u32 {
        let mut encoded = Vec::new();
        put_varint(&mut encoded, times.len() as u64);
        columnar::encode_ints(times, &mut encoded);
        if let Some(&number) = self.numbers.get(&encoded) {
            return number;
        }
        let number = self.lists.len() as u32;
        self.lists.push(encoded.clone());
        self.numbers.insert(encoded, number);
        number
    }

    fn encode(self) -> Vec<u8> {
        let mut block = Vec::new();
        put_varint(&mut block, self.lists.len() as u64);
        self.lists.iter().for_each(|list| put_bytes(&mut block, list));
        block
    }
}

fn pack_labels<'a>(sets: impl Iterator<Item = &'a Labels>) -> Vec<u8> {
    let mut packed = Vec::new();
    sets.for_each(|labels| put_bytes(&mut packed, labels.packed()));
    compress(&packed)
}

/// Label sets are mostly repetition.
fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    put_varint(&mut compressed, bytes.len() as u64);
    let body = zstd::bulk::compress(bytes, 3).expect("memory can be compressed");
    compressed.extend_from_slice(&body);
    compressed
}
