//! What lies where in the file of the workers.
//!
//! | bytes | |
//! |---|---|
//! | 0..4096 | words: the magic number, the epoch, the end of the log, chunks in use, cells in use |
//! | 8 KiB | 128 entries of 64 bytes, one for each worker: born, died, pid, start of the process, service, kind |
//! | 258 KiB | the directory: a row for the log and one for each entry, in each the numbers of its chunks plus one |
//! | then | chunks of 64 KiB |
//!
//! A series has the same cells in the chunks of every worker: cell `c` is word `c % 8192` of the `c / 8192`th chunk in the
//! row of the worker. The last chunk of a row has the worker's exemplars.
//!
//! An entry counts while `born <= epoch < died`. So one store to the epoch is all it takes to let one worker come, or to have
//! several go and the sum of them come in their place; whatever a process was about when it was killed, it is not half done.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::map::Words;

pub(super) const CHUNK_BYTES: usize = 64 * 1024;
pub(super) const CHUNK_WORDS: usize = CHUNK_BYTES / 8;

/// Workers at a time, the dead ones that were not added up yet included.
pub(super) const ENTRIES_MAX: usize = 128;
/// Chunks of one worker, its exemplars included: two million numbers.
pub(super) const ROW_CHUNKS_MAX: usize = 256;
pub(super) const EXEMPLARS: usize = ROW_CHUNKS_MAX - 1;

const MAGIC: u64 = u64::from_le_bytes(*b"fdworker");
const ENTRY_WORDS: usize = 8;
const TABLE: usize = 4096 / 8;
const DIRECTORY: usize = TABLE + ENTRIES_MAX * ENTRY_WORDS;
const WORDS: usize = DIRECTORY + (1 + ENTRIES_MAX) * ROW_CHUNKS_MAX;
pub(super) const HEAD_BYTES: usize = (WORDS * 8).next_multiple_of(CHUNK_BYTES);

/// What an entry is for.
pub(super) const WORKER: u64 = 1;
pub(super) const SUM_OF_THE_DEAD: u64 = 2;

/// Rows of the directory: the log's, and behind it those of the entries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    Log,
    Entry(usize),
}

/// Everything before the chunks.
#[derive(Clone, Copy)]
pub(super) struct Head {
    words: Words,
}

/// The words of the head that are one of a kind.
#[derive(Clone, Copy)]
pub(super) enum Word {
    Magic = 0,
    Epoch = 1,
    LogEnd = 2,
    Chunks = 3,
    Cells = 4,
}

/// The words of an entry.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Born = 0,
    Died = 1,
    Pid = 2,
    Started = 3,
    Service = 4,
    Kind = 5,
}

impl Head {
    pub(super) fn new(words: Words) -> Head {
        Head { words }
    }

    /// Whether it is one of ours; a file of zeros becomes one. Called with the lock.
    pub(super) fn prepare(self) -> bool {
        if self.get(Word::Magic) == 0 {
            self.set(Word::Epoch, 1);
            self.set(Word::Magic, MAGIC);
        }
        self.get(Word::Magic) == MAGIC
    }

    pub(super) fn get(self, word: Word) -> u64 {
        self.words[word as usize].load(Acquire)
    }

    pub(super) fn set(self, word: Word, value: u64) {
        self.words[word as usize].store(value, Release);
    }

    pub(super) fn entry(self, entry: usize, field: Field) -> u64 {
        self.words[TABLE + entry * ENTRY_WORDS + field as usize].load(Acquire)
    }

    pub(super) fn set_entry(self, entry: usize, field: Field, value: u64) {
        self.words[TABLE + entry * ENTRY_WORDS + field as usize].store(value, Release);
    }

    /// The number of a chunk, if it has one already.
    pub(super) fn chunk(self, row: Row, at: usize) -> Option<u64> {
        self.words[Head::directory(row, at)?].load(Acquire).checked_sub(1)
    }

    pub(super) fn set_chunk(self, row: Row, at: usize, chunk: u64) {
        if let Some(word) = Head::directory(row, at) {
            self.words[word].store(chunk + 1, Release);
        }
    }

    fn directory(row: Row, at: usize) -> Option<usize> {
        let row = match row {
            Row::Log => 0,
            Row::Entry(entry) => 1 + entry,
        };
        (at < ROW_CHUNKS_MAX).then_some(DIRECTORY + row * ROW_CHUNKS_MAX + at)
    }

    /// Entries that count at that epoch.
    pub(super) fn counting(self, epoch: u64) -> impl Iterator<Item = usize> {
        (0..ENTRIES_MAX).filter(move |entry| {
            self.entry(*entry, Field::Born) <= epoch && epoch < self.entry(*entry, Field::Died)
        })
    }

    /// Entries that nobody has, after what a killed process had begun was taken back. Called with the lock.
    pub(super) fn free(self) -> Vec<usize> {
        let epoch = self.get(Word::Epoch);
        let mut free = Vec::new();
        for entry in 0..ENTRIES_MAX {
            let (born, died) = (self.entry(entry, Field::Born), self.entry(entry, Field::Died));
            if born > epoch {
                self.set_entry(entry, Field::Died, 0);
                self.set_entry(entry, Field::Born, 0);
                free.push(entry);
            } else if died <= epoch {
                free.push(entry);
            } else if died != u64::MAX {
                self.set_entry(entry, Field::Died, u64::MAX);
            }
        }
        free
    }
}

/// Where a chunk begins in the file.
pub(super) fn offset(chunk: u64) -> u64 {
    HEAD_BYTES as u64 + chunk * CHUNK_BYTES as u64
}

/// Sets words to zero.
pub(super) fn clear(words: Words) {
    words.iter().for_each(|word| word.store(0, Relaxed));
}
