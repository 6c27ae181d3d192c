//! The children of a metric: their label values and where their numbers are, packed. A child that nobody holds is no object,
//! only a record of words, a key of its label values one behind the other, and an entry in a table.
//!
//! Whoever works in here has the interpreter, so a fork never copies a lock that is taken. Writing expositions takes time
//! and needs no interpreter; it works on a `Snapshot`.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;

use crate::cells::{Cells, Run, record_words};

/// Words of a run, which is the unit in which memory is taken; the first runs of a bank are smaller.
const RUN_WORDS: usize = 4_096;
const FIRST_RECORDS: u32 = 4;

/// The children of one metric.
pub(crate) struct Bank {
    numbers: usize,
    hasher: RandomState,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    labels: usize,
    /// Label values, each behind its length.
    keys: Vec<u8>,
    /// In the order in which they were made; those that were removed stay until there are many.
    entries: Vec<Entry>,
    table: HashTable<u32>,
    runs: Vec<Records>,
    /// How many were taken, ever.
    records: u32,
    removed: usize,
    garbage_bytes: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    key: u32,
    record: u32,
}

/// Stands for the key of what was removed.
const REMOVED: u32 = u32::MAX;

/// Records that belong to this bank.
#[derive(Clone)]
struct Records {
    first: u32,
    room: u32,
    living: u32,
    /// `None`: given back.
    run: Option<Arc<Run>>,
}

/// Label values as a key.
pub(crate) fn key_of<'a>(values: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    for value in values {
        let mut length = value.len();
        while length >= 0x80 {
            key.push(length as u8 | 0x80);
            length >>= 7;
        }
        key.push(length as u8);
        key.extend_from_slice(value.as_bytes());
    }
    key
}

/// How long a value is and where it begins, in a key from `at` on.
#[inline]
fn value_at(keys: &[u8], mut at: usize) -> (usize, usize) {
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = keys[at];
        at += 1;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return (length, at);
        }
    }
}

impl Bank {
    /// For children with so many labels and numbers.
    pub(crate) fn new(labels: usize, numbers: usize) -> Bank {
        let inner = Inner { labels, ..Inner::default() };
        Bank { numbers, hasher: RandomState::new(), inner: Mutex::new(inner) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many children there are.
    pub(crate) fn len(&self) -> usize {
        let inner = self.inner();
        inner.entries.len() - inner.removed
    }

    /// The numbers of a child, if there is one.
    pub(crate) fn find(&self, key: &[u8]) -> Option<Cells> {
        let inner = self.inner();
        let hash = self.hasher.hash_one(key);
        let at = *inner.table.find(hash, |at| inner.key(inner.entries[*at as usize]) == key)?;
        inner.cells(inner.entries[at as usize].record, self.numbers)
    }

    /// The numbers of a child, made if there is none; `created` is when. `None`: there is no more room for keys.
    pub(crate) fn find_or_add(&self, key: &[u8], created: f64) -> Option<Cells> {
        if let Some(cells) = self.find(key) {
            return Some(cells);
        }
        let mut inner = self.inner();
        if inner.keys.len() + key.len() >= REMOVED as usize || inner.records == u32::MAX - RUN_WORDS as u32 {
            return None;
        }
        let record = inner.take_record(self.numbers);
        let entry = Entry { key: inner.keys.len() as u32, record };
        inner.keys.extend_from_slice(key);
        inner.entries.push(entry);
        let at = inner.entries.len() - 1;
        inner.index(at, &self.hasher);
        let cells = inner.cells(record, self.numbers)?;
        cells.set_created(created);
        Some(cells)
    }

    /// Forgets a child and returns its numbers. Who still holds them counts for nobody.
    pub(crate) fn remove(&self, key: &[u8]) -> Option<Cells> {
        let mut guard = self.inner();
        let inner = &mut *guard;
        let hash = self.hasher.hash_one(key);
        let same = |at: &u32| inner.key(inner.entries[*at as usize]) == key;
        let at = *inner.table.find(hash, same)?;
        inner.table.find_entry(hash, |other| *other == at).ok()?.remove();
        let record = inner.entries[at as usize].record;
        let cells = inner.cells(record, self.numbers);
        inner.entries[at as usize].key = REMOVED;
        inner.removed += 1;
        inner.garbage_bytes += key.len();
        inner.give_back(record);
        if inner.removed > 64 && inner.removed * 2 > inner.entries.len() {
            inner.tidy(&self.hasher);
        }
        cells
    }

    /// What there is at this moment.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let inner = self.inner();
        Snapshot {
            labels: inner.labels,
            numbers: self.numbers,
            keys: inner.keys.clone(),
            entries: inner.entries.clone(),
            runs: inner.runs.clone(),
        }
    }
}

impl Inner {
    fn key(&self, entry: Entry) -> &[u8] {
        let from = entry.key as usize;
        let mut to = from;
        for _ in 0..self.labels {
            let (length, at) = value_at(&self.keys, to);
            to = at + length;
        }
        &self.keys[from..to]
    }

    /// Has a new entry be found.
    fn index(&mut self, at: usize, hasher: &RandomState) {
        let mut table = std::mem::take(&mut self.table);
        let hash = |at: &u32| hasher.hash_one(self.key(self.entries[*at as usize]));
        table.insert_unique(hash(&(at as u32)), at as u32, hash);
        self.table = table;
    }

    fn cells(&self, record: u32, numbers: usize) -> Option<Cells> {
        let records = &self.runs[run_of(&self.runs, record)];
        Some(Cells::of_run(records.run.as_ref()?, (record - records.first) as usize, numbers))
    }

    /// A record that nobody had; there is no taking over of those of removed children, which somebody may hold.
    fn take_record(&mut self, numbers: usize) -> u32 {
        let last_end = self.runs.last().map_or(self.records, |last| last.first + last.room);
        if self.records == last_end {
            let most = (RUN_WORDS / record_words(numbers)).max(1) as u32;
            let room = last_end.max(FIRST_RECORDS).min(most);
            let run = Some(Run::new(room as usize, numbers));
            self.runs.push(Records { first: last_end, room, living: 0, run });
        }
        if let Some(last) = self.runs.last_mut() {
            last.living += 1;
        }
        self.records += 1;
        self.records - 1
    }

    /// A run whose children were all removed is given back, unless there is room in it.
    fn give_back(&mut self, record: u32) {
        let at = run_of(&self.runs, record);
        let run = &mut self.runs[at];
        run.living -= 1;
        if run.living == 0 && run.first + run.room <= self.records {
            run.run = None;
        }
    }

    /// Writes keys and entries anew without those of removed children.
    fn tidy(&mut self, hasher: &RandomState) {
        let entries = std::mem::take(&mut self.entries);
        let mut keys = Vec::with_capacity(self.keys.len() - self.garbage_bytes);
        for mut entry in entries.into_iter().filter(|entry| entry.key != REMOVED) {
            let key = self.key(entry);
            entry.key = keys.len() as u32;
            keys.extend_from_slice(key);
            self.entries.push(entry);
        }
        (self.keys, self.removed, self.garbage_bytes) = (keys, 0, 0);
        self.table = HashTable::with_capacity(self.entries.len());
        (0..self.entries.len()).for_each(|at| self.index(at, hasher));
        // Those that are gone at the front are looked past for good.
        let gone = self.runs.iter().take_while(|records| records.run.is_none()).count();
        self.runs.drain(..gone);
    }
}

fn run_of(runs: &[Records], record: u32) -> usize {
    runs.partition_point(|records| records.first <= record) - 1
}

/// The children of a bank at one moment; their numbers are read when they are looked at.
pub(crate) struct Snapshot {
    labels: usize,
    numbers: usize,
    keys: Vec<u8>,
    entries: Vec<Entry>,
    runs: Vec<Records>,
}

impl Snapshot {
    /// Every child with its label values, in the order in which they were made.
    pub(crate) fn each<'a>(&'a self, mut look: impl FnMut(&[&'a str], Cells)) {
        let mut values = Vec::with_capacity(self.labels);
        for entry in self.entries.iter().filter(|entry| entry.key != REMOVED) {
            let records = &self.runs[run_of(&self.runs, entry.record)];
            let Some(run) = &records.run else { continue };
            values.clear();
            let mut at = entry.key as usize;
            for _ in 0..self.labels {
                let (length, from) = value_at(&self.keys, at);
                at = from + length;
                values.push(std::str::from_utf8(&self.keys[from..at]).unwrap_or_default());
            }
            look(&values, Cells::of_run(run, (entry.record - records.first) as usize, self.numbers));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::FIRST;

    fn key(name: &str) -> Vec<u8> {
        key_of([name, "second"].into_iter())
    }

    fn names(bank: &Bank) -> Vec<String> {
        let mut names = Vec::new();
        bank.snapshot().each(|values, _| names.push(values[0].to_owned()));
        names
    }

    #[test]
    fn children_are_found_by_their_values_and_stay_in_order() {
        let bank = Bank::new(2, 1);
        for at in 0..3_000 {
            bank.find_or_add(&key(&format!("child {at}")), 1.5).unwrap().add(FIRST, f64::from(at));
        }
        let long = "x".repeat(100_000);
        bank.find_or_add(&key(&long), 1.5).unwrap().add(FIRST, 1.0);
        assert_eq!(bank.len(), 3_001);
        assert_eq!(bank.find(&key("child 2999")).unwrap().get(FIRST), 2999.0);
        assert_eq!(bank.find_or_add(&key(&long), 9.0).unwrap().created(), 1.5);
        assert!(bank.find(&key("child 3000")).is_none());
        assert_eq!(names(&bank)[..3], ["child 0", "child 1", "child 2"]);
    }

    #[test]
    fn what_is_removed_begins_anew_and_takes_no_memory() {
        let bank = Bank::new(2, 1);
        let kept = bank.find_or_add(&key("kept"), 0.0).unwrap();
        for at in 0..50_000 {
            let held = bank.find_or_add(&key(&format!("{at}")), 0.0).unwrap();
            held.add(FIRST, 1.0);
            assert!(bank.remove(&key(&format!("{at}"))).is_some());
            held.add(FIRST, 1.0);
        }
        assert!(bank.remove(&key("7")).is_none());
        assert_eq!(bank.find_or_add(&key("7"), 0.0).unwrap().get(FIRST), 0.0);
        kept.add(FIRST, 3.0);
        assert_eq!(bank.find(&key("kept")).unwrap().get(FIRST), 3.0);
        assert_eq!(names(&bank), ["kept", "7"]);
        let inner = bank.inner();
        assert!(inner.keys.len() < 64 * 1024 && inner.entries.len() < 1_000, "{}", inner.keys.len());
        assert!(inner.runs.iter().filter(|records| records.run.is_some()).count() <= 3);
    }
}
