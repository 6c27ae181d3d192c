//! What a fleet takes: memory per series, log bytes per sample, and bytes on disk per sample. Run with `--nocapture` to see.

use std::path::Path;
use std::sync::Arc;

use model::{Frame, Labels, Layout};
use storage::{Clock, Rng, SimFs, SimOptions};
use tsdb::{Options, Store};

const TARGETS: usize = 40;
const POINTS: usize = 512;
const STEP_MS: i64 = 10_000;
const START: i64 = 1_700_000_000_000;

/// A fleet of equal machines: two thirds of the series are constant, the others count or drift.
fn fleet(store: &Store, rows: i64) {
    let points: Vec<Labels> = (0..POINTS)
        .map(|n| {
            Labels::from_pairs([("__name__", format!("node_metric_{}", n / 8)), ("device", format!("sd{n}"))])
        })
        .collect();
    let layouts: Vec<Arc<Layout>> = (0..TARGETS)
        .map(|n| {
            let target =
                Labels::from_pairs([("job", "node".to_owned()), ("instance", format!("host-{n}:9100"))]);
            Layout::new(target, points.clone(), Vec::new())
        })
        .collect();
    let mut rng = Rng::from_seed(1);
    let mut values: Vec<Vec<f64>> =
        (0..TARGETS).map(|_| (0..POINTS).map(|_| rng.below(1_000_000) as f64).collect()).collect();
    for row in 0..rows {
        for (layout, values) in layouts.iter().zip(&mut values) {
            for (point, value) in values.iter_mut().enumerate() {
                match point % 6 {
                    0 => *value += rng.below(1_000) as f64,
                    1 => *value = rng.below(10_000) as f64 / 100.0,
                    _ => {}
                }
            }
            let frame = Frame {
                layout: layout.clone(),
                time: START + row * STEP_MS,
                values: values.clone(),
                absent: Vec::new(),
                histograms: Vec::new(),
                exemplars: Vec::new(),
                starts: Arc::new([]),
            };
            assert_eq!(store.append(&frame).unwrap().refused, 0);
        }
    }
    store.sync().unwrap();
}

fn store(rows: i64) -> Store {
    let sim = SimFs::new(SimOptions::default());
    let clock = Clock::fixed(START + rows * STEP_MS);
    let options = Options { retention_ms: 0, ..Options::default() };
    Store::open_with(sim.fs(), clock, Rng::from_seed(1), Path::new("/data"), options).unwrap()
}

#[test]
fn a_series_takes_a_quarter_of_a_kilobyte_after_thirty_scrapes() {
    let store = store(30);
    let clock = Clock::system();
    let before = clock.elapsed();
    fleet(&store, 30);
    let took = clock.elapsed() - before;
    let stats = store.stats();
    let samples = stats.samples_appended as f64;
    let per_series = stats.memory_bytes as f64 / stats.series as f64;
    println!(
        "30 scrapes: {per_series:.0} B of memory per series (head {}, all {}), {:.2} B of log per sample, {:.3} us per sample",
        stats.head_bytes,
        stats.memory_bytes,
        stats.log_bytes as f64 / samples,
        took.as_secs_f64() * 1e6 / samples,
    );
    assert!(per_series <= 250.0, "{per_series} bytes per series");
}

#[test]
fn four_hours_are_small_in_memory_and_on_disk() {
    let rows = 4 * 360;
    let store = store(rows);
    let clock = Clock::system();
    let before = clock.elapsed();
    fleet(&store, rows);
    let appended = clock.elapsed() - before;
    let before = clock.elapsed();
    while store.maintain().unwrap() != tsdb::Maintained::default() {}
    let sealed = clock.elapsed() - before;
    let stats = store.stats();
    let in_parts: u64 = stats.parts.iter().map(|part| part.samples).sum();
    let per_sample = stats.part_bytes as f64 / in_parts as f64;
    println!(
        "four hours: {per_sample:.3} B per sample in {} parts, {:.0} B of memory per series, appended in {appended:?}, sealed in {sealed:?}",
        stats.parts.len(),
        stats.memory_bytes as f64 / stats.series as f64,
    );
    assert!(per_sample < 1.0, "{per_sample} bytes per sample");
    let selection = store.select(&[], START..=i64::MAX).unwrap();
    assert_eq!(selection.len(), TARGETS * POINTS);
    assert_eq!(selection.read(0).unwrap().len() as i64, rows);
}
