//! The write-ahead log of a Prometheus: what is in no block yet, exemplars and metadata, which are in none ever.
//!
//! ```text
//! directory := wal/checkpoint.N, wal/N+1 wal/N+2 ..., then wbl/ with what came out of order
//! segment   := pages of 32 KiB
//! page      := { fragment }* zeros
//! fragment  := kind:u8 length:u16 crc32c:u32 bytes       kind & 7: 1 whole, 2 first, 3 middle, 4 last of a record
//!                                                        kind & 8: compressed by snappy, kind & 16: by zstd
//! ```
//! Numbers are big-endian. `records` says what a record holds.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use model::{Labels, Metadata, Series, Timestamp};

use super::Batch;
use super::index::check_crc;
use super::records::{Entry, read as read_entries};

const PAGE_BYTES: usize = 32 << 10;
const HEADER_BYTES: usize = 7;
/// How many bytes a record may have, unpacked.
const RECORD_BYTES_MAX: usize = 256 << 20;
/// How many samples and exemplars are gathered by series before they are stored.
const GATHERED_MAX: usize = 200_000;
/// Of how many families it is remembered what was said.
const FAMILIES_MAX: usize = 100_000;

/// The log of a data directory, found but not read.
pub struct Wal {
    /// Where it is.
    pub path: PathBuf,
    segments: Vec<PathBuf>,
    /// How large its files are.
    pub bytes: u64,
    /// Samples before this time are in blocks.
    pub from: Timestamp,
}

/// What was deleted of a series by a record: from, to, and how many records came before.
type Deleted = HashMap<u64, Vec<(Timestamp, Timestamp, u64)>>;

/// What is known while the log is read.
#[derive(Default)]
struct State {
    labels: HashMap<u64, Labels>,
    series: HashMap<u64, Series>,
    gathered: usize,
    families: BTreeMap<String, Metadata>,
    /// How many samples and exemplars are of series that no record names.
    unknown: u64,
}

impl Wal {
    /// The log in a data directory, if it has one.
    pub fn find(data: &Path, from: Timestamp) -> anyhow::Result<Option<Wal>> {
        let wal = data.join("wal");
        let checkpoint = names(&wal)?.into_iter().filter_map(|name| {
            let number = name.strip_prefix("checkpoint.")?.parse::<u64>().ok()?;
            Some((number, wal.join(name)))
        });
        let checkpoint = checkpoint.max();
        let mut segments = Vec::new();
        let mut after = None;
        if let Some((number, directory)) = checkpoint {
            segments.extend(segments_in(&directory, None)?);
            after = Some(number);
        }
        segments.extend(segments_in(&wal, after)?);
        segments.extend(segments_in(&data.join("wbl"), None)?);
        let bytes =
            segments.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum();
        Ok((!segments.is_empty()).then_some(Wal { path: wal, segments, bytes, from }))
    }

    /// Hands what the log holds to the batch. Damage costs the rest of its segment, and is named.
    pub(super) fn read(&self, batch: &mut Batch<'_>) -> anyhow::Result<()> {
        // What a record deletes lies before it, so deletions are looked for first.
        let (mut deleted, mut number) = (Deleted::new(), 0);
        self.records(&mut |record| {
            number += 1;
            // A record that cannot be read is named when its samples are.
            let _ = read_entries(record, &mut |entry| {
                if let Entry::Deleted { series, from, to } = entry {
                    deleted.entry(series).or_default().push((from, to, number));
                }
            });
            Ok(())
        });
        let (mut state, mut number) = (State::default(), 0);
        let mut problems = Vec::new();
        let damages = self.records(&mut |record| {
            number += 1;
            let is_deleted = |series: u64, time: Timestamp| {
                let of_series = deleted.get(&series);
                of_series.is_some_and(|all| {
                    all.iter().any(|&(from, to, before)| number < before && (from..=to).contains(&time))
                })
            };
            if let Err(error) = read_entries(record, &mut |entry| state.take(entry, self.from, is_deleted)) {
                problems.push(format!("record {number} of the log is left out in part: {error:#}"));
            }
            if state.gathered >= GATHERED_MAX { state.flush(batch) } else { Ok(()) }
        });
        state.flush(batch)?;
        problems.into_iter().for_each(|problem| batch.problem(problem));
        damages.iter().for_each(|damage| batch.problem(format!("{damage:#}")));
        if state.unknown > 0 {
            batch
                .problem(format!("{} samples of the log are of series that it does not name", state.unknown));
        }
        batch.progress.advance(self.bytes);
        batch.describe(state.families.into_iter().collect())
    }

    /// Visits every record, and tells what was wrong with segments.
    fn records(&self, visit: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>) -> Vec<anyhow::Error> {
        let read = |path: &PathBuf| {
            let read = File::open(path).map_err(anyhow::Error::from);
            let read = read.and_then(|file| read_segment(BufReader::new(file), visit));
            read.with_context(|| format!("{}: the rest is left out", path.display())).err()
        };
        self.segments.iter().filter_map(read).collect()
    }
}

impl State {
    fn take(&mut self, entry: Entry, from: Timestamp, is_deleted: impl Fn(u64, Timestamp) -> bool) {
        match entry {
            Entry::Series { series, labels } => drop(self.labels.insert(series, labels)),
            Entry::Sample { series, sample } => {
                if sample.time >= from && !is_deleted(series, sample.time) {
                    self.of(series, |known| known.samples.push(sample));
                }
            }
            Entry::Exemplar { series, exemplar } => self.of(series, |known| known.exemplars.push(exemplar)),
            Entry::Metadata { series, metadata } => {
                let Some(labels) = self.labels.get(&series) else { return };
                let family = labels.metric_name();
                if self.families.len() < FAMILIES_MAX || self.families.contains_key(family) {
                    self.families.insert(family.to_owned(), metadata);
                }
            }
            Entry::Deleted { .. } => {}
        }
    }

    fn of(&mut self, series: u64, add: impl FnOnce(&mut Series)) {
        let Some(labels) = self.labels.get(&series) else {
            self.unknown += 1;
            return;
        };
        let empty = || Series { labels: labels.clone(), ..Series::default() };
        add(self.series.entry(series).or_insert_with(empty));
        self.gathered += 1;
    }

    fn flush(&mut self, batch: &mut Batch<'_>) -> anyhow::Result<()> {
        self.gathered = 0;
        for (_, series) in self.series.drain() {
            batch.push(series)?;
        }
        batch.flush()
    }
}

fn names(directory: &Path) -> anyhow::Result<Vec<String>> {
    match std::fs::read_dir(directory) {
        Ok(entries) => {
            Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("reading {}", directory.display())),
    }
}

/// The segments of a directory behind one of that number, in order.
fn segments_in(directory: &Path, after: Option<u64>) -> anyhow::Result<Vec<PathBuf>> {
    let mut numbers: Vec<(u64, String)> =
        names(directory)?.into_iter().filter_map(|name| Some((name.parse().ok()?, name))).collect();
    numbers.sort();
    let wanted = numbers.into_iter().filter(|(number, _)| after.is_none_or(|after| *number > after));
    Ok(wanted.map(|(_, name)| directory.join(name)).collect())
}

/// Visits the records of a segment, a page at a time. One that the end of the file cuts off was being written.
fn read_segment(
    mut file: impl Read,
    visit: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (mut page, mut record) = (Vec::with_capacity(PAGE_BYTES), Vec::new());
    loop {
        page.clear();
        if (&mut file).take(PAGE_BYTES as u64).read_to_end(&mut page)? == 0 {
            return Ok(());
        }
        let mut rest = &page[..];
        while let Some(&kind) = rest.first().filter(|&&kind| kind & 7 != 0) {
            let is_last_page = page.len() < PAGE_BYTES;
            let Some((header, behind)) = rest.split_at_checked(HEADER_BYTES) else {
                ensure!(is_last_page, "a fragment is cut off by the end of its page");
                return Ok(());
            };
            let length = usize::from(u16::from_be_bytes([header[1], header[2]]));
            let Some((bytes, behind)) = behind.split_at_checked(length) else {
                ensure!(is_last_page, "a fragment is longer than its page");
                return Ok(());
            };
            check_crc(bytes, &header[3..])?;
            rest = behind;
            match kind & 7 {
                1 | 2 => record.clear(),
                3 | 4 => ensure!(!record.is_empty(), "a record has no beginning"),
                other => bail!("a fragment is of the unknown kind {other}"),
            }
            ensure!(record.len() + bytes.len() <= RECORD_BYTES_MAX, "a record is too long");
            record.extend_from_slice(bytes);
            if matches!(kind & 7, 1 | 4) {
                visit(&unpack(kind, &record)?)?;
                record.clear();
            }
        }
    }
}

fn unpack(kind: u8, record: &[u8]) -> anyhow::Result<Vec<u8>> {
    if kind & 8 != 0 {
        let length = snap::raw::decompress_len(record)?;
        ensure!(length <= RECORD_BYTES_MAX, "a record is said to have {length} bytes");
        Ok(snap::raw::Decoder::new().decompress_vec(record)?)
    } else if kind & 16 != 0 {
        let mut unpacked = Vec::new();
        let decoder = zstd::stream::read::Decoder::new(record)?;
        decoder.take(RECORD_BYTES_MAX as u64 + 1).read_to_end(&mut unpacked)?;
        ensure!(unpacked.len() <= RECORD_BYTES_MAX, "a record is too long");
        Ok(unpacked)
    } else {
        Ok(record.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment of whole records, with the padding that Prometheus writes.
    fn segment(records: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for record in records {
            let mut rest = &record[..];
            let mut is_first = true;
            loop {
                let left = PAGE_BYTES - bytes.len() % PAGE_BYTES;
                if left <= HEADER_BYTES {
                    bytes.resize(bytes.len() + left, 0);
                    continue;
                }
                let (now, later) = rest.split_at(rest.len().min(left - HEADER_BYTES));
                let kind = match (is_first, later.is_empty()) {
                    (true, true) => 1,
                    (true, false) => 2,
                    (false, false) => 3,
                    (false, true) => 4,
                };
                bytes.push(kind);
                bytes.extend((now.len() as u16).to_be_bytes());
                bytes.extend(crc32c::crc32c(now).to_be_bytes());
                bytes.extend(now);
                (rest, is_first) = (later, false);
                if rest.is_empty() {
                    break;
                }
            }
        }
        bytes
    }

    #[test]
    fn records_come_back_over_pages_and_end_where_the_file_does() {
        let records: Vec<Vec<u8>> =
            [5, 40_000, 32_740, 1, 100_000].iter().map(|&length| vec![length as u8; length]).collect();
        let whole = segment(&records);
        let read = |bytes: &[u8]| {
            let mut found = Vec::new();
            let outcome = read_segment(bytes, &mut |record| {
                found.push(record.to_vec());
                Ok(())
            });
            (found, outcome.is_ok())
        };
        assert_eq!(read(&whole), (records.clone(), true));
        assert_eq!(read(&whole[..whole.len() - 3]), (records[..4].to_vec(), true));
        let mut damaged = whole.clone();
        damaged[100] ^= 1;
        assert_eq!(read(&damaged), (records[..1].to_vec(), false));
    }
}
