//! Found by looking for what goes wrong: each test is one scenario in which the store once lost, kept or did too much.

use std::path::Path;
use std::sync::Arc;

use model::{Exemplar, Frame, Labels, Layout, Matcher, Sample, Series, Value};
use storage::{Clock, Fs, Rng, SimFs, SimOptions};
use tsdb::{Options, RefusalReason, Store};

const HOUR: i64 = 3_600_000;
const NOW: i64 = 480_000 * HOUR;

fn labels(text: &str) -> Labels {
    Labels::from_pairs(text.split_whitespace().map(|pair| pair.split_once('=').unwrap()))
}

fn frame(layout: &Arc<Layout>, time: i64, value: f64, starts: &Arc<[i64]>) -> Frame {
    Frame {
        layout: layout.clone(),
        time,
        values: vec![value; layout.points.len()],
        absent: Vec::new(),
        histograms: Vec::new(),
        exemplars: Vec::new(),
        starts: starts.clone(),
    }
}

fn layout(target: &str, points: usize) -> Arc<Layout> {
    let points = (0..points).map(|n| labels(&format!("__name__=m n={n}"))).collect();
    Layout::new(labels(target), points, Vec::new())
}

fn series(text: &str, samples: &[(i64, f64)]) -> Series {
    let samples =
        samples.iter().map(|&(time, value)| Sample { time, start: None, value: Value::Float(value) });
    Series { labels: labels(text), samples: samples.collect(), ..Series::default() }
}

fn open(fs: &Fs, options: Options) -> Store {
    let options = Options { retention_ms: 0, ..options };
    Store::open_with(fs.clone(), Clock::fixed(NOW), Rng::from_seed(1), Path::new("/data"), options).unwrap()
}

fn disk() -> Fs {
    SimFs::new(SimOptions::default()).fs()
}

/// Every sample of the series that match.
fn samples(store: &Store, matchers: &[Matcher]) -> Vec<Sample> {
    let selection = store.select(matchers, i64::MIN..=i64::MAX).unwrap();
    (0..selection.len()).flat_map(|index| selection.read_raw(index).unwrap()).collect()
}

#[test]
fn starts_that_stay_the_same_come_back_for_every_row() {
    let fs = disk();
    let store = open(&fs, Options::default());
    let (api, starts) = (layout("job=a", 3), Arc::from(vec![NOW - 9 * HOUR; 3]));
    for row in 0..400 {
        store.append(&frame(&api, NOW - 400_000 + row * 1_000, row as f64, &starts)).unwrap();
    }
    store.sync().unwrap();
    let want = samples(&store, &[]);
    drop(store);
    let got = samples(&open(&fs, Options::default()), &[]);
    let first = got.iter().zip(&want).position(|(got, want)| got != want);
    assert_eq!((got.len(), first), (want.len(), None));
}

#[test]
fn a_reader_keeps_the_head_it_saw_whatever_happened_to_the_parts_before_a_seal() {
    let fs = disk();
    let store = open(&fs, Options::default());
    let (api, none) = (layout("job=a", 1), Arc::from([]));
    for row in 0..10 {
        store.append(&frame(&api, NOW - HOUR + row, row as f64, &none)).unwrap();
    }
    let selection = store.select(&[], i64::MIN..=i64::MAX).unwrap();
    store.import(&[series("__name__=old job=b", &[(NOW - 900 * HOUR, 1.0)])]).unwrap();
    store.seal_before(NOW).unwrap();
    store.maintain().unwrap();
    assert_eq!(selection.read(0).unwrap().len(), 10);
}

#[test]
fn one_sample_of_long_ago_costs_one_seal_and_not_one_for_every_two_hours_since() {
    let fs = disk();
    let store = open(&fs, Options::default());
    let (api, none) = (layout("job=a", 1), Arc::from([]));
    // Seconds where milliseconds belong.
    store.append(&frame(&api, NOW - 3_000 * HOUR, 1.0, &none)).unwrap();
    store.append(&frame(&api, NOW, 1.0, &none)).unwrap();
    let sealed = store.maintain().unwrap().sealed;
    assert_eq!(sealed, 1);
    assert_eq!(samples(&store, &[]).len(), 2);
}

#[test]
fn rows_that_come_out_of_order_by_turns_do_not_cost_more_and_more() {
    let store = Store::in_memory();
    let (api, none) = (layout("job=a", 1_000), Arc::from([]));
    for row in 0..400i64 {
        // Two senders of one target, each a little behind the other by turns.
        let time = NOW + row * 1_000 - (row % 2) * 3_001;
        store.append(&frame(&api, time, row as f64, &none)).unwrap();
    }
    assert_eq!(samples(&store, &[Matcher::equal("n", "7")]).len(), 400);
}

#[test]
fn what_was_there_before_an_import_stays_and_the_rest_is_counted() {
    let fs = disk();
    let store = open(&fs, Options::default());
    store.append_series(&[series("__name__=m job=a", &[(NOW - 1, 1.0), (NOW, 1.0)])]).unwrap();
    let imported = store.import(&[series("__name__=m job=a", &[(NOW - 2, 7.0), (NOW - 1, 1.0), (NOW, 7.0)])]);
    let imported = imported.unwrap();
    let values = |store: &Store| -> Vec<String> {
        samples(store, &[]).iter().map(|sample| format!("{}:{:?}", sample.time - NOW, sample.value)).collect()
    };
    let want = ["-2:Float(7.0)", "-1:Float(1.0)", "0:Float(1.0)"];
    assert_eq!(values(&store), want);
    let again = store.import(&[series("__name__=m job=a", &[(NOW - 3, 8.0), (NOW - 2, 8.0)])]).unwrap();
    store.seal_before(NOW + 1).unwrap();
    let want = ["-3:Float(8.0)", "-2:Float(7.0)", "-1:Float(1.0)", "0:Float(1.0)"];
    assert_eq!(values(&store), want);
    assert_eq!((imported.refused, again.refused), (1, 1));
    assert_eq!(imported.refusals[0].reason, RefusalReason::DuplicateTimestamp);
}

#[test]
fn what_was_imported_can_be_deleted() {
    let fs = disk();
    let store = open(&fs, Options::default());
    store.import(&[series("__name__=m job=a", &[(NOW - HOUR, 1.0)])]).unwrap();
    store.delete(&[Matcher::equal("job", "a")], i64::MIN, i64::MAX).unwrap();
    assert_eq!(samples(&store, &[]).len(), 0);
}

#[test]
fn exemplars_are_deleted_with_their_samples() {
    let fs = disk();
    let store = open(&fs, Options::default());
    let (api, none) = (layout("job=a", 1), Arc::from([]));
    let mut row = frame(&api, NOW - HOUR, 1.0, &none);
    row.exemplars = vec![(0, Exemplar { labels: labels("trace_id=x"), value: 1.0, time: None })];
    store.append(&row).unwrap();
    store.append(&frame(&layout("job=b", 1), NOW - HOUR, 1.0, &none)).unwrap();
    let count = |store: &Store| store.exemplars(&[vec![]], i64::MIN..=i64::MAX).unwrap().len();
    assert_eq!(count(&store), 1);
    store.delete(&[Matcher::equal("job", "a")], i64::MIN, i64::MAX).unwrap();
    let hidden = count(&store);
    store.seal_before(NOW).unwrap();
    assert_eq!((hidden, count(&store)), (0, 0));
}

#[test]
fn a_limit_of_series_loses_nothing_that_was_taken_before_a_restart() {
    let fs = disk();
    let none = Arc::from([]);
    let store = open(&fs, Options::default());
    for target in ["job=a", "job=b", "job=c"] {
        store.append(&frame(&layout(target, 4), NOW, 1.0, &none)).unwrap();
    }
    store.sync().unwrap();
    drop(store);
    let store = open(&fs, Options { series_max: 5, ..Options::default() });
    assert_eq!(samples(&store, &[]).len(), 12);
}

#[test]
fn a_time_far_ahead_is_refused_and_holds_up_neither_its_target_nor_the_log() {
    let fs = disk();
    let store = open(&fs, Options::default());
    let (api, none) = (layout("job=a", 1), Arc::from([]));
    // Microseconds where milliseconds belong.
    let ahead = store.append(&frame(&api, NOW * 1_000, 1.0, &none)).unwrap();
    assert_eq!(ahead.refusals[0].reason, RefusalReason::TooFarAhead);
    let now = store.append(&frame(&api, NOW, 1.0, &none)).unwrap();
    assert_eq!((now.samples, now.refused), (1, 0));
}
