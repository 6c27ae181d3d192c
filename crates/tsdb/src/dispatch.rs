//! Handing the log's records to those who replay them, each target's always to the same one.
//!
//! The records of a target are replayed in the order in which they were written, those of different targets at the same
//! time. What a whole chapter shares, its points and what is known of metrics, is taken here.

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use model::Metadata;

use crate::record::{Record, kind, stripe_of, target_of};
use crate::replay::{ChapterPoints, Replay, Totals};

/// How many bytes of records travel together.
const BATCH_BYTES: usize = 256 << 10;
/// How many batches wait for one replay.
const BATCHES_WAITING_MAX: usize = 4;

/// The one who reads the log and hands out what it finds.
pub(crate) struct Dispatch<'s, 'm> {
    workers: Vec<Worker<'s>>,
    metadata: &'m mut BTreeMap<String, Metadata>,
    /// The tag of the chapter that is read.
    chapter: Option<[u8; 4]>,
    points: ChapterPoints,
    /// Who replays the chapter's stripes.
    worker_of: HashMap<u32, usize>,
    skipped: u64,
}

/// One who replays the records of some targets.
enum Worker<'s> {
    /// In this thread.
    Here(Box<Replay<'s>>),
    /// In a thread of its own.
    There { sender: SyncSender<Batch>, batch: Batch, thread: ScopedJoinHandle<'s, Totals> },
}

/// Records of one chapter, one after the other.
#[derive(Default)]
struct Batch {
    points: ChapterPoints,
    bytes: Vec<u8>,
    /// The kind of each record and where it ends.
    records: Vec<(u8, usize)>,
}

impl<'s, 'm> Dispatch<'s, 'm> {
    /// Replays in `threads` threads, or in this one if that is 1. `replay` makes what one of them needs.
    pub(crate) fn new<'e>(
        scope: &'s Scope<'s, 'e>,
        threads: usize,
        replay: impl Fn() -> Replay<'s>,
        metadata: &'m mut BTreeMap<String, Metadata>,
    ) -> Dispatch<'s, 'm> {
        let there = |replay| {
            let (sender, receiver) = sync_channel(BATCHES_WAITING_MAX);
            let thread = scope.spawn(move || replay_all(replay, &receiver));
            Worker::There { sender, batch: Batch::default(), thread }
        };
        let workers = match threads {
            0 | 1 => vec![Worker::Here(Box::new(replay()))],
            _ => (0..threads).map(|_| there(replay())).collect(),
        };
        Dispatch {
            workers,
            metadata,
            chapter: None,
            points: ChapterPoints::default(),
            worker_of: HashMap::new(),
            skipped: 0,
        }
    }

    /// Takes one record.
    pub(crate) fn record(&mut self, record: storage::Record<'_>) {
        let taken = record.payload.split_first_chunk().and_then(|(&tag, payload)| {
            if self.chapter != Some(tag) {
                self.begin_chapter(tag);
            }
            self.take(record.kind, payload)
        });
        if taken.is_none() {
            self.skipped += 1;
        }
    }

    /// Waits until everything is replayed, and says what came back.
    pub(crate) fn finish(mut self) -> Totals {
        self.workers.iter_mut().for_each(Worker::send);
        let mut totals = Totals { skipped: self.skipped, ..Totals::default() };
        for worker in self.workers {
            totals.add(match worker {
                Worker::Here(replay) => replay.totals,
                Worker::There { sender, thread, .. } => {
                    drop(sender);
                    thread.join().expect("replaying does not panic")
                }
            });
        }
        totals
    }

    fn begin_chapter(&mut self, tag: [u8; 4]) {
        self.workers.iter_mut().for_each(Worker::send);
        self.chapter = Some(tag);
        self.points = ChapterPoints::default();
        self.worker_of.clear();
    }

    fn take(&mut self, kind: u8, payload: &[u8]) -> Option<()> {
        match kind {
            // Its tag has begun the chapter.
            kind::CHAPTER => {}
            kind::POINTS => {
                let Record::Points(points) = Record::read(kind, payload)? else { return None };
                self.points.write().extend(points);
            }
            kind::METADATA => {
                let Record::Metadata(entries) = Record::read(kind, payload)? else { return None };
                self.metadata.extend(entries);
            }
            kind::STRIPE => {
                let (stripe, target) = target_of(payload)?;
                // Numbers of stripes change with every process that wrote the log, labels do not.
                let worker = (target.hash64() % self.workers.len() as u64) as usize;
                self.worker_of.insert(stripe, worker);
                self.workers[worker].push(kind, payload, &self.points);
            }
            _ => {
                let worker = *self.worker_of.get(&stripe_of(payload)?)?;
                self.workers[worker].push(kind, payload, &self.points);
            }
        }
        Some(())
    }
}

impl Worker<'_> {
    fn push(&mut self, kind: u8, payload: &[u8], points: &ChapterPoints) {
        match self {
            Worker::Here(replay) => replay.record(kind, payload, points),
            Worker::There { batch, .. } => {
                batch.points = points.clone();
                batch.bytes.extend_from_slice(payload);
                batch.records.push((kind, batch.bytes.len()));
                if batch.bytes.len() >= BATCH_BYTES {
                    self.send();
                }
            }
        }
    }

    /// Sends what was gathered.
    fn send(&mut self) {
        if let Worker::There { sender, batch, .. } = self
            && !batch.records.is_empty()
        {
            // Nobody receives any more only when the thread panicked, and that is found when it is joined.
            let _ = sender.send(std::mem::take(batch));
        }
    }
}

fn replay_all(mut replay: Replay<'_>, batches: &Receiver<Batch>) -> Totals {
    for batch in batches {
        let mut start = 0;
        for (kind, end) in batch.records {
            replay.record(kind, &batch.bytes[start..end], &batch.points);
            start = end;
        }
    }
    replay.totals
}
