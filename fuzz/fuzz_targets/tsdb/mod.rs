//! What the targets of the metrics store share: a small store of everything, changes to what it wrote, and reading all.

use std::path::Path;
use std::sync::Arc;

use model::histogram::Span;
use model::{CounterReset, Exemplar, Frame, Histogram, Labels, Layout, Matcher, Metadata, MetricType, Value};
use storage::{Clock, Rng, SimFs, SimOptions};
use tsdb::{Options, Store};

/// Where the store is.
pub const DATA: &str = "/data";
const START: i64 = 1_700_000_000_000;
const MINUTE: i64 = 60_000;

/// A disk with a store on it that has some of everything: sealed, or with all of it in the log.
pub fn disk(sealed: bool) -> SimFs {
    let disk = SimFs::new(SimOptions::default());
    let store = open(&disk).expect("a new store opens");
    let point = |n: u32| Labels::from_pairs([("__name__", "m".to_owned()), ("n", n.to_string())]);
    let metadata = Metadata { kind: MetricType::Counter, help: "h".to_owned(), ..Metadata::default() };
    for target in ["a", "b"] {
        let target = Labels::from_pairs([("job", target)]);
        let metadata = vec![("m".to_owned(), metadata.clone())];
        let layout = Layout::new(target, (0..3).map(point).collect(), metadata);
        for row in [0, 1, 2, 4, 3] {
            store.append(&frame(&layout, START + row * MINUTE)).expect("there is room");
        }
    }
    store.delete(&[Matcher::equal("n", "1")], START, START + MINUTE).expect("there is room");
    if sealed {
        store.seal_before(i64::MAX).expect("there is room");
    }
    store.sync().expect("there is room");
    drop(store);
    disk
}

fn frame(layout: &Arc<Layout>, time: i64) -> Frame {
    let row = (time - START) / MINUTE;
    let histogram = Histogram {
        schema: 3,
        counter_reset: CounterReset::Unknown,
        zero_threshold: 0.001,
        zero_count: 1,
        count: 4 + row as u64,
        sum: row as f64,
        positive_spans: vec![Span { offset: -2, length: 2 }],
        negative_spans: Vec::new(),
        positive: vec![1, 2 + row as u64],
        negative: Vec::new(),
        custom_values: Arc::new([]),
    };
    let exemplar = Exemplar { labels: Labels::from_pairs([("t", "1")]), value: 1.0, time: Some(time) };
    Frame {
        layout: layout.clone(),
        time,
        values: vec![row as f64, 1.5, 0.0],
        absent: if row == 2 { vec![1] } else { Vec::new() },
        histograms: vec![(2, Value::Histogram(Arc::new(histogram)))],
        exemplars: vec![(0, exemplar)],
        starts: Arc::new([time - row, 0, START]),
    }
}

/// Opens the store on a disk.
pub fn open(disk: &SimFs) -> Result<Store, tsdb::StoreError> {
    let options = Options { retention_ms: 0, replay_threads: 1, ..Options::default() };
    Store::open_with(
        disk.fs(),
        Clock::fixed(START + 10 * MINUTE),
        Rng::from_seed(1),
        Path::new(DATA),
        options,
    )
}

/// Changes blocks as `bytes` say: one after the other, a block is overwritten at a place, cut, lengthened, doubled, or gone.
pub fn edit(blocks: &mut Vec<Vec<u8>>, mut bytes: &[u8]) {
    while let Some((&[which, what, at, count], rest)) = bytes.split_first_chunk() {
        if blocks.is_empty() || blocks.len() > 200 {
            return;
        }
        let index = which as usize % blocks.len();
        let count = (count as usize).min(rest.len());
        let given;
        (given, bytes) = rest.split_at(count);
        let block = &mut blocks[index];
        let at = (at as usize).min(block.len());
        match what % 5 {
            0 => block.iter_mut().skip(at).zip(given).for_each(|(byte, new)| *byte = *new),
            1 => drop(block.splice(at..at, given.iter().copied())),
            2 => block.truncate(at),
            3 => {
                let block = block.clone();
                blocks.insert(at % (blocks.len() + 1), block);
            }
            _ => drop(blocks.remove(index)),
        }
    }
}

/// Asks the store for all it has, and lets it write all of that anew.
pub fn read_all(store: &Store) {
    for _ in 0..2 {
        if let Ok(selection) = store.select(&[], i64::MIN..=i64::MAX) {
            for index in 0..selection.len() {
                let _ = (selection.labels(index), selection.read(index), selection.read_raw(index));
            }
        }
        let _ = (store.exemplars(&[Vec::new()], i64::MIN..=i64::MAX), store.metadata());
        let _ = (
            store.label_names(&[], i64::MIN..=i64::MAX),
            store.cardinality(10),
            store.stats(),
            store.verify(),
        );
        let _ = (store.seal_before(START + 3 * MINUTE), store.maintain());
    }
}
