//! The file as one of its workers has it: coming, adding series, adding up the dead.

use std::collections::HashMap;
use std::io::{self, Error, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::exemplars;
use super::layout::{
    CHUNK_BYTES, CHUNK_WORDS, EXEMPLARS, Field, HEAD_BYTES, Head, Row, SUM_OF_THE_DEAD, WORKER, Word, clear,
    offset,
};
use super::log::{self, Family, Log, RECORD_BYTES_MAX};
use super::map::{SharedFile, Words, abandon};
use super::merge::Merge;
use super::process;
use crate::cells::Place;

/// Entries that workers leave to the sums of the dead.
const SPARE_ENTRIES: usize = 4;

/// A chunk of this worker, and where in it cells begin.
#[derive(Clone, Copy)]
struct OwnChunk {
    words: Words,
    place: Place,
}

/// One process's view of the file.
pub(super) struct Members {
    file: Arc<SharedFile>,
    pub(super) head: Head,
    pub(super) log: Log,
    /// Whose numbers are added up with this worker's.
    pub(super) service: u64,
    entry: usize,
    /// This worker's chunks, at addresses that stay when a fork makes it another one.
    own: Vec<Option<OwnChunk>>,
    /// All chunks that were looked at, by their numbers.
    mapped: HashMap<u64, Words>,
}

impl Members {
    /// Opens the file, made if need be, and takes an entry in it.
    pub(super) fn join(path: &Path, service: &str) -> io::Result<Members> {
        let file = Arc::new(SharedFile::open(path)?);
        let head = {
            let _locked = file.lock()?;
            file.reserve(0, HEAD_BYTES)?;
            let head = Head::new(file.map(0, HEAD_BYTES)?);
            if !head.prepare() {
                return Err(Error::new(ErrorKind::InvalidData, "no file of workers of this version"));
            }
            head
        };
        let mut members = Members {
            file,
            head,
            log: Log::default(),
            service: hash(service),
            entry: 0,
            own: Vec::new(),
            mapped: HashMap::new(),
        };
        members.entry = members.claim()?;
        Ok(members)
    }

    /// Goes on in a child after a fork: what the parent counted stays the parent's, and this process starts from zero.
    pub(super) fn forked(&mut self) -> io::Result<()> {
        let claimed = self.claim();
        for (at, place) in self.own.clone().into_iter().enumerate() {
            let Some(place) = place.map(|chunk| chunk.words) else { continue };
            let moved = claimed.as_ref().map_err(|error| Error::from(error.kind())).and_then(|entry| {
                let chunk = self.with_lock(|members| members.chunk_number(Row::Entry(*entry), at))?;
                self.file.map_over(place, offset(chunk))
            });
            // Rather nobody sees what it counts than that it is counted as its parent's.
            if moved.is_err() {
                abandon(place);
            }
        }
        self.entry = claimed?;
        Ok(())
    }

    /// From now on its numbers are those of another service.
    pub(super) fn rename(&mut self, service: &str) {
        self.service = hash(service);
        self.head.set_entry(self.entry, Field::Service, self.service);
    }

    /// Process numbers of the workers of this service.
    pub(super) fn workers(&self) -> Vec<u64> {
        let epoch = self.head.get(Word::Epoch);
        let is_worker = |entry: &usize| self.head.entry(*entry, Field::Kind) == WORKER && self.is_own(*entry);
        self.head.counting(epoch).filter(is_worker).map(|entry| self.head.entry(entry, Field::Pid)).collect()
    }

    pub(super) fn is_own(&self, entry: usize) -> bool {
        self.head.entry(entry, Field::Service) == self.service
    }

    /// Where the cells of a series are in this worker, for good. `created`: when it was, should it be new.
    pub(super) fn cells(
        &mut self,
        family: &Family,
        values: &[String],
        numbers: usize,
        created: f64,
    ) -> io::Result<Place> {
        self.catch_up()?;
        let family = match self.log.family_of(family) {
            Some(family) => family,
            None => self.add_family(family)?,
        };
        let series = match self.log.series_of(family, values) {
            Some(series) => series,
            None => self.add_series(family, values, numbers, created)?,
        };
        let series = &self.log.series[series];
        let (cell, found) = (series.cell, series.numbers);
        if found != numbers {
            return Err(Error::new(ErrorKind::InvalidData, "another worker has other numbers for it"));
        }
        series.set_removed(false);
        let chunk = self.own_chunk(cell / CHUNK_WORDS)?;
        Ok(chunk.place.at(cell % CHUNK_WORDS))
    }

    /// Forgets a series in all workers. It comes back when one of them counts it again.
    pub(super) fn remove(&mut self, family: &Family, values: &[String]) -> io::Result<()> {
        self.catch_up()?;
        let family = self.log.family_of(family);
        let Some(at) = family.and_then(|family| self.log.series_of(family, values)) else { return Ok(()) };
        let series = &self.log.series[at];
        series.set_removed(true);
        let (cell, numbers) = (series.cell, series.numbers);
        for entry in self.head.counting(self.head.get(Word::Epoch)).collect::<Vec<_>>() {
            if self.is_own(entry)
                && let Some(cells) = self.cells_of(entry, cell, numbers)
            {
                clear(&cells[1..]);
            }
        }
        Ok(())
    }

    /// The cells of a series in an entry, if it has any.
    pub(super) fn cells_of(&mut self, entry: usize, cell: usize, numbers: usize) -> Option<Words> {
        let chunk = self.head.chunk(Row::Entry(entry), cell / CHUNK_WORDS)?;
        self.mapped(chunk).ok()?.get(cell % CHUNK_WORDS..cell % CHUNK_WORDS + 1 + numbers)
    }

    /// All chunks of an entry that have cells of series.
    pub(super) fn row(&mut self, entry: usize) -> Vec<Option<Words>> {
        let end = (self.head.get(Word::Cells) as usize).div_ceil(CHUNK_WORDS).min(EXEMPLARS);
        let chunks = (0..end).map(|at| self.mapped(self.head.chunk(Row::Entry(entry), at)?).ok());
        chunks.collect()
    }

    /// The exemplars of an entry, if it has any.
    pub(super) fn exemplars_of(&mut self, entry: usize) -> Option<Words> {
        let chunk = self.head.chunk(Row::Entry(entry), EXEMPLARS)?;
        self.mapped(chunk).ok()
    }

    /// Keeps an exemplar for one of this worker's numbers.
    pub(super) fn keep_exemplar(
        &mut self,
        cell: &AtomicU64,
        labels: &str,
        value: f64,
        time: f64,
    ) -> io::Result<()> {
        let address = std::ptr::from_ref(cell) as usize;
        let found = self.own.iter().enumerate().find_map(|(at, chunk)| {
            let first = chunk.as_ref()?.words.as_ptr() as usize;
            (first..first + CHUNK_BYTES).contains(&address).then(|| at * CHUNK_WORDS + (address - first) / 8)
        });
        let Some(cell) = found else { return Ok(()) };
        let chunk = self.own_chunk(EXEMPLARS)?.words;
        exemplars::keep(chunk, cell, labels, value, time);
        Ok(())
    }

    /// Reads what others added to the log.
    pub(super) fn catch_up(&mut self) -> io::Result<()> {
        let end = self.head.get(Word::LogEnd);
        if self.log.read_to >= end {
            return Ok(());
        }
        let mut log = std::mem::take(&mut self.log);
        let read = log.read(end, |at| self.mapped(self.head.chunk(Row::Log, at)?).ok());
        self.log = log;
        read.ok_or_else(|| Error::new(ErrorKind::InvalidData, "the workers' log of series makes no sense"))
    }

    /// Adds up workers that died, so that only those that live cost a scrape anything.
    pub(super) fn bury(&mut self) -> io::Result<()> {
        let epoch = self.head.get(Word::Epoch);
        if self.head.counting(epoch).any(|entry| self.is_dead(entry)) {
            self.catch_up()?;
            self.with_lock(|members| members.add_up_the_dead())?;
        }
        Ok(())
    }

    fn is_dead(&self, entry: usize) -> bool {
        self.head.entry(entry, Field::Kind) == WORKER
            && process::started(self.head.entry(entry, Field::Pid))
                != Some(self.head.entry(entry, Field::Started))
    }

    fn add_up_the_dead(&mut self) -> io::Result<()> {
        self.catch_up()?;
        let mut free = self.head.free();
        let epoch = self.head.get(Word::Epoch);
        let dead: Vec<usize> = self.head.counting(epoch).filter(|entry| self.is_dead(*entry)).collect();
        let mut services: Vec<u64> =
            dead.iter().map(|entry| self.head.entry(*entry, Field::Service)).collect();
        services.sort_unstable();
        services.dedup();
        for service in services {
            let Some(sum) = free.pop() else { break };
            let is_of_service = |entry: &usize| self.head.entry(*entry, Field::Service) == service;
            let is_sum = |entry: &usize| self.head.entry(*entry, Field::Kind) == SUM_OF_THE_DEAD;
            let mut parts: Vec<usize> = dead.iter().copied().filter(is_of_service).collect();
            parts.extend(self.head.counting(epoch).filter(is_of_service).filter(is_sum));
            self.reset(sum)?;
            self.write_sum(sum, &parts)?;
            for part in parts {
                self.head.set_entry(part, Field::Died, epoch + 1);
            }
            self.announce(sum, 0, service, SUM_OF_THE_DEAD);
        }
        self.head.set(Word::Epoch, epoch + 1);
        Ok(())
    }

    /// Writes what `parts` come to into the cells of `sum`.
    fn write_sum(&mut self, sum: usize, parts: &[usize]) -> io::Result<()> {
        let (mut numbers, mut one) = (Vec::new(), Vec::new());
        for at in 0..self.log.series.len() {
            let series = &self.log.series[at];
            let (cell, count, family) = (series.cell, series.numbers, series.family);
            let merge = Merge::of(&self.log.families[series.family]);
            if merge == Merge::Each || merge.is_of_the_living(&self.log.families[series.family]) {
                continue;
            }
            numbers.clear();
            for part in parts {
                if let Some(cells) = self.cells_of(*part, cell, count)
                    && merge.take(cells, &mut one)
                {
                    let shape = &self.log.families[family].shape;
                    merge.combine(shape, &mut numbers, &one);
                }
            }
            if numbers.iter().any(|number| *number != 0.0) {
                let chunk = self.chunk_number(Row::Entry(sum), cell / CHUNK_WORDS)?;
                let cells = &self.mapped(chunk)?[cell % CHUNK_WORDS..];
                // Not zero: it was written.
                cells[0].store(2, Relaxed);
                for (cell, number) in cells[1..].iter().zip(&numbers) {
                    cell.store(number.to_bits(), Relaxed);
                }
            }
        }
        Ok(())
    }

    /// Takes an entry for this process.
    fn claim(&mut self) -> io::Result<usize> {
        let pid = u64::from(std::process::id());
        let service = self.service;
        self.with_lock(|members| {
            let mut free = members.head.free();
            if free.len() <= SPARE_ENTRIES {
                members.add_up_the_dead()?;
                free = members.head.free();
            }
            let entry = *free.first().filter(|_| free.len() > SPARE_ENTRIES).ok_or_else(|| {
                Error::new(ErrorKind::StorageFull, "there are as many workers as can count together")
            })?;
            members.reset(entry)?;
            let epoch = members.head.get(Word::Epoch);
            members.announce(entry, pid, service, WORKER);
            members.head.set(Word::Epoch, epoch + 1);
            Ok(entry)
        })
    }

    /// Fills an entry, which counts from the next epoch on.
    fn announce(&self, entry: usize, pid: u64, service: u64, kind: u64) {
        let epoch = self.head.get(Word::Epoch);
        self.head.set_entry(entry, Field::Pid, pid);
        self.head.set_entry(entry, Field::Started, process::started(pid).unwrap_or(0));
        self.head.set_entry(entry, Field::Service, service);
        self.head.set_entry(entry, Field::Kind, kind);
        self.head.set_entry(entry, Field::Born, epoch + 1);
        self.head.set_entry(entry, Field::Died, u64::MAX);
    }

    /// Sets to zero what an earlier holder of a free entry left.
    fn reset(&mut self, entry: usize) -> io::Result<()> {
        for at in 0..=EXEMPLARS {
            if let Some(chunk) = self.head.chunk(Row::Entry(entry), at) {
                clear(self.mapped(chunk)?);
            }
        }
        Ok(())
    }

    fn add_family(&mut self, family: &Family) -> io::Result<usize> {
        self.append(log::FAMILY, |members| {
            Ok(if members.log.family_of(family).is_some() { Vec::new() } else { family.payload() })
        })?;
        self.log.family_of(family).ok_or_else(|| Error::from(ErrorKind::InvalidData))
    }

    fn add_series(
        &mut self,
        family: usize,
        values: &[String],
        numbers: usize,
        created: f64,
    ) -> io::Result<usize> {
        let words = 1 + numbers;
        if words > CHUNK_WORDS {
            return Err(Error::new(ErrorKind::InvalidInput, "too many numbers for one series"));
        }
        self.append(log::SERIES, |members| {
            if members.log.series_of(family, values).is_some() {
                return Ok(Vec::new());
            }
            let mut cell = members.head.get(Word::Cells) as usize;
            if cell % CHUNK_WORDS + words > CHUNK_WORDS {
                cell = cell.next_multiple_of(CHUNK_WORDS);
            }
            if cell / CHUNK_WORDS >= EXEMPLARS {
                return Err(Error::new(
                    ErrorKind::StorageFull,
                    "there are as many series as workers can share",
                ));
            }
            // Cells that a killed process took and did not tell of stay unused.
            members.head.set(Word::Cells, (cell + words) as u64);
            Ok(log::series_payload(family, cell, numbers, created, values))
        })?;
        self.log.series_of(family, values).ok_or_else(|| Error::from(ErrorKind::InvalidData))
    }

    /// Adds a record to the log, unless somebody else just did: then `payload` returns nothing.
    fn append(
        &mut self,
        kind: u64,
        payload: impl FnOnce(&mut Members) -> io::Result<Vec<u8>>,
    ) -> io::Result<()> {
        self.with_lock(|members| {
            members.catch_up()?;
            let payload = payload(members)?;
            if payload.is_empty() {
                return Ok(());
            }
            let bytes = log::record_bytes(payload.len());
            if bytes > RECORD_BYTES_MAX {
                return Err(Error::new(
                    ErrorKind::InvalidInput,
                    "names and values of labels are too long to be shared",
                ));
            }
            let mut at = members.head.get(Word::LogEnd) as usize;
            if at % CHUNK_BYTES + bytes > CHUNK_BYTES {
                // A killed process may have written here what it never told of; readers are to go on.
                let chunk = members.chunk_number(Row::Log, at / CHUNK_BYTES)?;
                members.mapped(chunk)?[at % CHUNK_BYTES / 8].store(0, Relaxed);
                at = at.next_multiple_of(CHUNK_BYTES);
            }
            let chunk = members.chunk_number(Row::Log, at / CHUNK_BYTES)?;
            log::write(&members.mapped(chunk)?[at % CHUNK_BYTES / 8..], kind, &payload);
            members.head.set(Word::LogEnd, (at + bytes) as u64);
            members.catch_up()
        })
    }

    /// This worker's chunk at that place.
    fn own_chunk(&mut self, at: usize) -> io::Result<OwnChunk> {
        if let Some(chunk) = self.own.get(at).copied().flatten() {
            return Ok(chunk);
        }
        let row = Row::Entry(self.entry);
        let number = self.with_lock(|members| members.chunk_number(row, at))?;
        // Not the mapping that is shared with looking at others: this one moves with a fork.
        let words = self.file.map(offset(number), CHUNK_BYTES)?;
        let place = Place::of_chunk(words).ok_or_else(|| Error::from(ErrorKind::StorageFull))?;
        if self.own.len() <= at {
            self.own.resize(at + 1, None);
        }
        Ok(*self.own[at].insert(OwnChunk { words, place }))
    }

    /// The chunk of a row at that place, made if there is none. Called with the lock.
    fn chunk_number(&mut self, row: Row, at: usize) -> io::Result<u64> {
        if let Some(chunk) = self.head.chunk(row, at) {
            return Ok(chunk);
        }
        if at > EXEMPLARS {
            return Err(Error::new(ErrorKind::StorageFull, "there are as many series as workers can share"));
        }
        let chunk = self.head.get(Word::Chunks);
        self.file.reserve(offset(chunk), CHUNK_BYTES)?;
        self.head.set(Word::Chunks, chunk + 1);
        self.head.set_chunk(row, at, chunk);
        Ok(chunk)
    }

    fn mapped(&mut self, chunk: u64) -> io::Result<Words> {
        if let Some(words) = self.mapped.get(&chunk) {
            return Ok(words);
        }
        if chunk >= self.head.get(Word::Chunks) {
            return Err(Error::new(ErrorKind::InvalidData, "no chunk has that number"));
        }
        let words = self.file.map(offset(chunk), CHUNK_BYTES)?;
        self.mapped.insert(chunk, words);
        Ok(words)
    }

    fn with_lock<T>(&mut self, work: impl FnOnce(&mut Members) -> io::Result<T>) -> io::Result<T> {
        let file = Arc::clone(&self.file);
        let _locked = file.lock()?;
        work(self)
    }
}

/// The cells of a series in a row.
pub(super) fn cells_in(row: &[Option<Words>], cell: usize, numbers: usize) -> Option<Words> {
    let chunk: Words = (*row.get(cell / CHUNK_WORDS)?)?;
    chunk.get(cell % CHUNK_WORDS..cell % CHUNK_WORDS + 1 + numbers)
}

/// The name of a service as a number (FNV-1a).
fn hash(service: &str) -> u64 {
    service
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
