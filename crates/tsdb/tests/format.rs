//! Stores written by released versions stay readable: whole, and with any one bit flipped.
//!
//! `FLIGHTDECK_WRITE_FIXTURES=1` writes the fixture of the current version anew.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "fixtures are files of the repository"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::histogram::Span;
use model::{CounterReset, Exemplar, Frame, Histogram, Labels, Layout, Metadata, MetricType, Value};
use storage::{Clock, Rng, SimFs, SimOptions};
use tsdb::{Options, Store};

const START: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;

fn fixture() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/store-v1"))
}

fn options() -> Options {
    Options { retention_ms: 0, ..Options::default() }
}

/// A store with a part and a log, with everything that both can hold.
fn write() -> SimFs {
    let sim = SimFs::new(SimOptions::default());
    let store = Store::open_with(
        sim.fs(),
        Clock::fixed(START + 4 * HOUR),
        Rng::from_seed(1),
        Path::new("/data"),
        options(),
    )
    .unwrap();
    let labels = |text: &str| Labels::from_pairs(text.split(' ').map(|pair| pair.split_once('=').unwrap()));
    let help = Metadata { kind: MetricType::Counter, unit: String::new(), help: "Requests.".to_owned() };
    let points = ["__name__=hits code=200", "__name__=hits code=500", "__name__=latency", "__name__=up"];
    let layout = Layout::new(
        labels("instance=a job=api"),
        points.map(labels).to_vec(),
        vec![("hits".to_owned(), help)],
    );
    for minute in 0..200i64 {
        let histogram = Histogram {
            schema: 3,
            counter_reset: CounterReset::No,
            zero_threshold: 1e-128,
            zero_count: 1,
            count: minute as u64 * 10,
            sum: minute as f64,
            positive_spans: vec![Span { offset: -3, length: 2 }, Span { offset: 4, length: 1 }],
            negative_spans: Vec::new(),
            positive: vec![minute as u64, minute as u64 * 2, 7],
            negative: Vec::new(),
            custom_values: Arc::new([]),
        };
        let exemplar = Exemplar { labels: labels("trace_id=abc"), value: 0.5, time: None };
        let frame = Frame {
            layout: layout.clone(),
            time: START + minute * 60_000,
            values: vec![
                minute as f64 * 3.0,
                0.25 * minute as f64,
                0.0,
                if minute == 199 { model::STALE_NAN } else { 1.0 },
            ],
            absent: if minute % 50 == 0 { vec![1] } else { Vec::new() },
            histograms: vec![(2, Value::Histogram(Arc::new(histogram)))],
            exemplars: if minute % 60 == 0 { vec![(0, exemplar)] } else { Vec::new() },
            starts: Arc::new([START - 1_000, 0, 0, 0]),
        };
        assert_eq!(store.append(&frame).unwrap().refused, 0);
    }
    store.seal_before(START + 2 * HOUR).unwrap();
    store.sync().unwrap();
    drop(store);
    sim
}

/// Everything a store has, by series and time.
fn dump(store: &Store) -> BTreeMap<(String, i64), String> {
    let mut all = BTreeMap::new();
    let selection = store.select(&[], i64::MIN..=i64::MAX).unwrap();
    for index in 0..selection.len() {
        for sample in selection.read_raw(index).unwrap() {
            let value = match sample.value {
                Value::Float(value) => format!("{:x}", value.to_bits()),
                histogram => format!("{histogram:?}"),
            };
            all.insert(
                (selection.labels(index).to_string(), sample.time),
                format!("{value} {:?}", sample.start),
            );
        }
    }
    for (labels, exemplars) in store.exemplars(&[Vec::new()], i64::MIN..=i64::MAX).unwrap() {
        for exemplar in exemplars {
            all.insert(
                (format!("exemplar of {labels}"), exemplar.time.unwrap()),
                exemplar.labels.to_string(),
            );
        }
    }
    for (family, metadata) in store.metadata() {
        all.insert((format!("metadata of {family}"), 0), format!("{metadata:?}"));
    }
    all
}

/// The fixture's files on a simulated disk.
fn load(files: &[(PathBuf, Vec<u8>)]) -> SimFs {
    let sim = SimFs::new(SimOptions::default());
    let fs = sim.fs();
    for (path, bytes) in files {
        fs.create_dir(path.parent().unwrap()).unwrap();
        let mut file = fs.create(path).unwrap();
        file.append(bytes).unwrap();
        file.sync().unwrap();
    }
    sim
}

fn files() -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for dir in ["log", "parts"] {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(fixture().join(dir)).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap();
            files.push((Path::new("/data").join(dir).join(name), std::fs::read(&path).unwrap()));
        }
    }
    files
}

fn open(sim: &SimFs) -> Result<Store, tsdb::StoreError> {
    Store::open_with(sim.fs(), Clock::fixed(START), Rng::from_seed(2), Path::new("/data"), options())
}

#[test]
fn the_fixture_of_version_1_is_read_as_it_was_written() {
    let sim = write();
    if std::env::var("FLIGHTDECK_WRITE_FIXTURES").is_ok() {
        for dir in ["log", "parts"] {
            let to = fixture().join(dir);
            std::fs::create_dir_all(&to).unwrap();
            for entry in sim.fs().list(&Path::new("/data").join(dir)).unwrap() {
                let bytes = sim.fs().map(&Path::new("/data").join(dir).join(&entry.name)).unwrap();
                std::fs::write(to.join(&entry.name), &bytes[..]).unwrap();
            }
        }
    }
    let want = dump(&open(&sim).unwrap());
    let store = open(&load(&files())).unwrap();
    assert_eq!(store.opened().damages, Vec::<String>::new());
    assert_eq!(store.stats().parts.len(), 1);
    assert!(store.opened().log_samples > 0);
    assert_eq!(dump(&store), want);
    assert_eq!(want.len(), 4 * 200 - 4 + 4 + 1);
}

#[test]
fn a_flipped_bit_costs_its_block_and_makes_nothing_up() {
    let files = files();
    let whole = dump(&open(&load(&files)).unwrap());
    let mut rng = Rng::from_seed(3);
    for _ in 0..200 {
        let (path, bytes) = &files[rng.below(files.len() as u64) as usize];
        let at = rng.below(bytes.len() as u64);
        let sim = load(&files);
        sim.flip_bit(path, at, rng.below(8) as u8);
        let store = open(&sim).unwrap_or_else(|error| panic!("{} at {at}: {error}", path.display()));
        let left = dump(&store);
        for (key, said) in &left {
            assert_eq!(whole.get(key), Some(said), "{key:?} after a flip in {} at {at}", path.display());
        }
        let from_log = whole.keys().filter(|(_, time)| *time >= START + 2 * HOUR).count();
        let lost = whole.len() - left.len();
        if path.ends_with("manifest") {
            assert_eq!(lost, 0, "a flip in the manifest at {at}");
        } else if path.starts_with("/data/log") {
            assert!(lost <= from_log + 1, "{lost} lost after a flip in the log at {at}");
        }
    }
}
