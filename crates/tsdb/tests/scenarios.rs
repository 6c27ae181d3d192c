//! Found by looking for what goes wrong: each test is one scenario in which the store once lost, kept or did too much.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::{CounterReset, Exemplar, FloatHistogram, Frame, Labels, Layout, Matcher, Sample, Series, Value};
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

#[test]
fn the_first_histogram_of_a_selection_follows_the_one_before_it() {
    let (fs, layout) = (disk(), layout("job=a", 1));
    let store = open(&fs, Options::default());
    let append = |time: i64, count: u64| {
        let count = count as f64;
        let histogram = FloatHistogram { count, sum: count, zero_count: count, ..FloatHistogram::default() };
        let mut frame = frame(&layout, time, 0.0, &Arc::from([]));
        frame.histograms.push((0, Value::FloatHistogram(Arc::new(histogram))));
        assert_eq!(store.append(&frame).unwrap().samples, 1);
    };
    let hint = |from: i64| {
        let selection = store.select(&[], from..=i64::MAX).unwrap();
        selection.read(0).unwrap().histograms[0].counter_reset
    };
    let first = NOW - HOUR;
    for (row, count) in [1, 2, 1, 5].into_iter().enumerate() {
        append(first + row as i64 * 60_000, count);
    }
    let check = || {
        use CounterReset::{No, Unknown};
        let hints: Vec<_> = (0..4).map(|row| hint(first + row * 60_000)).collect();
        assert_eq!(hints, [Unknown, No, Unknown, No]);
        assert_eq!(hint(first + 170_000), No, "nothing of the minutes before is near");
    };
    check();
    store.seal_before(first + 170_000).unwrap();
    check();
    store.seal_before(NOW).unwrap();
    check();
}

#[test]
fn a_selection_that_begins_where_the_head_does_looks_back_past_late_samples() {
    let (layout, store) = (layout("job=a", 1), open(&disk(), Options::default()));
    let append = |time: i64, count: Option<f64>| {
        let mut frame = frame(&layout, time, 1.0, &Arc::from([]));
        if let Some(count) = count {
            let histogram = FloatHistogram { count, zero_count: count, ..FloatHistogram::default() };
            frame.histograms.push((0, Value::FloatHistogram(Arc::new(histogram))));
        }
        assert_eq!(store.append(&frame).unwrap().samples, 1);
    };
    append(NOW - 90_000, Some(1.0));
    store.seal_before(NOW - 60_000).unwrap();
    append(NOW - 60_000, Some(2.0));
    append(NOW, None);
    append(NOW - 1_000, None);
    let selection = store.select(&[], NOW - 60_000..=NOW).unwrap();
    assert_eq!(selection.read(0).unwrap().histograms[0].counter_reset, CounterReset::No);
}

#[test]
fn what_is_sealed_already_is_not_sealed_again() {
    let (layout, store) = (layout("job=a", 1), open(&disk(), Options::default()));
    for time in [NOW, NOW - 1_000] {
        store.append(&frame(&layout, time, 1.0, &Arc::from([]))).unwrap();
    }
    for until in [NOW - 2_000, NOW - 2_000, NOW - 60_000, NOW, NOW] {
        store.seal_before(until).unwrap();
        assert_eq!(samples(&store, &[]).len(), 2);
    }
}

#[test]
fn a_selection_over_its_limit_is_refused_wherever_the_series_are() {
    let store = open(&disk(), Options { select_series_max: 10, ..Options::default() });
    let (api, none) = (layout("job=a", 11), Arc::from([]));
    store.append(&frame(&api, NOW - HOUR, 1.0, &none)).unwrap();
    let error = || store.select(&[], 0..=NOW).err().map(|error| error.to_string());
    assert!(error().unwrap().contains("series selected of 11 exceeds the limit 10"));
    store.seal_before(NOW).unwrap();
    assert!(error().unwrap().contains("series selected of 11 exceeds the limit 10"));
    let ten = [Matcher::new("n", model::MatchOp::NotEqual, "0").unwrap()];
    assert_eq!(store.select(&ten, 0..=NOW).unwrap().len(), 10);
}

#[test]
fn labels_are_those_of_series_in_the_range_in_head_and_parts() {
    let store = open(&disk(), Options::default());
    let none = Arc::from([]);
    store.append(&frame(&layout("job=old zone=z", 2), NOW - HOUR, 1.0, &none)).unwrap();
    store.append(&frame(&layout("job=old2", 1), NOW - HOUR, 1.0, &none)).unwrap();
    store.seal_before(NOW - HOUR / 2).unwrap();
    store.append(&frame(&layout("job=new", 3), NOW, 1.0, &none)).unwrap();
    let check = |matchers: &[&str], from: i64, to: i64, names: &str, jobs: &str, numbers: &str| {
        let matchers: Vec<Matcher> = matchers
            .iter()
            .map(|text| text.split_once('=').map(|(name, value)| Matcher::equal(name, value)).unwrap())
            .collect();
        let selectors = [matchers];
        let values = |name: &str| store.label_values(name, &selectors, from..=to).unwrap().join(" ");
        assert_eq!(store.label_names(&selectors, from..=to).unwrap().join(" "), names, "{selectors:?}");
        assert_eq!((values("job").as_str(), values("n").as_str()), (jobs, numbers), "{selectors:?}");
    };
    check(&["__name__=m"], 0, NOW, "__name__ job n zone", "new old old2", "0 1 2");
    check(&["__name__=m"], NOW, NOW, "__name__ job n", "new", "0 1 2");
    check(&["__name__=m"], 0, NOW - HOUR, "__name__ job n zone", "old old2", "0 1");
    check(&["n=1"], 0, NOW - HOUR, "__name__ job n zone", "old", "1");
    check(&["n=2", "job=old"], 0, NOW, "", "", "");
    check(&["job=old2"], 0, NOW, "__name__ job n", "old2", "0");
}

#[test]
fn what_is_remembered_of_targets_is_what_asking_each_would_tell() {
    let (store, mut rng, none) = (open(&disk(), Options::default()), Rng::from_seed(7), Arc::from([]));
    let targets: Vec<_> = (0..24).map(|n| layout(&format!("job=j{n:02}"), 1 + n % 3)).collect();
    let any = [vec![Matcher::new("job", model::MatchOp::NotEqual, "").unwrap()]];
    let (mut time, mut answers) = (NOW - 14 * HOUR, std::collections::BTreeSet::new());
    for step in 0..400 {
        time += rng.below(120_000) as i64;
        // Some come later, some fall silent for a while.
        for (n, target) in targets.iter().enumerate().filter(|(n, _)| n * 12 <= step) {
            if rng.below(12) > 0 && (step / 40 + n) % 5 > 0 {
                store.append(&frame(target, time, 1.0, &none)).unwrap();
            }
        }
        if rng.below(40) == 0 {
            store.seal_before(time - rng.below(600_000) as i64).unwrap();
        }
        for _ in 0..4 {
            let from = time - rng.below(3_600_000) as i64;
            let to = if rng.below(3) == 0 { from + rng.below(1_200_000) as i64 } else { time };
            let values =
                |selectors: &[Vec<Matcher>]| store.label_values("job", selectors, from..=to).unwrap();
            let told = values(&[]);
            assert_eq!(told, values(&any), "step {step}, from {} to {}", from - time, to - time);
            answers.insert(told);
        }
    }
    assert!(answers.len() > 20, "many different answers were compared: {}", answers.len());
}

#[test]
fn what_comes_late_into_a_deleted_range_is_refused_and_not_taken_and_hidden() {
    let (fs, none) = (disk(), Arc::from([]));
    let store = open(&fs, Options::default());
    let api = layout("job=a", 2);
    for time in [NOW - 1_000, NOW] {
        store.append(&frame(&api, time, 1.0, &none)).unwrap();
    }
    store.delete(&[Matcher::equal("n", "1")], NOW - HOUR, NOW).unwrap();
    let late = store.append(&frame(&api, NOW - 500, 2.0, &none)).unwrap();
    assert_eq!((late.samples, late.refused), (1, 1));
    assert_eq!(late.refusals[0].reason, RefusalReason::Deleted);
    assert_eq!(late.refusals[0].series.value("n"), "1");
    let later = store.append(&frame(&api, NOW + 1, 3.0, &none)).unwrap();
    assert_eq!((later.samples, later.refused), (2, 0));
    assert_eq!(samples(&store, &[]).len(), 3 + 1 + 1);
}

/// A store with three parts of an hour each that are worth merging, and its disk and clock.
fn three_parts() -> (SimFs, Clock, Store) {
    let (disk, clock) = (SimFs::new(SimOptions::default()), Clock::fixed(NOW));
    let options = Options { retention_ms: 0, ..Options::default() };
    let store = Store::open_with(disk.fs(), clock.clone(), Rng::from_seed(1), Path::new("/data"), options);
    let (store, api, none) = (store.unwrap(), layout("job=a", 5), Arc::from([]));
    for hour in 0..3 {
        for minute in 0..60 {
            let time = NOW - (4 - hour) * HOUR + minute * 60_000;
            store.append(&frame(&api, time, minute as f64, &none)).unwrap();
        }
        store.seal_before(NOW - (3 - hour) * HOUR).unwrap();
    }
    (disk, clock, store)
}

#[test]
fn a_merge_that_fails_waits_longer_and_longer() {
    let (disk, clock, store) = three_parts();
    disk.set_free_bytes(Some(10));
    assert!(store.maintain().is_err());
    let is_tried_after = |seconds: u64| {
        clock.advance(Duration::from_secs(seconds));
        store.maintain().is_err()
    };
    assert_eq!([0, 1, 1, 1, 2].map(is_tried_after), [false, true, false, true, false]);
    disk.set_free_bytes(None);
    clock.advance(Duration::from_secs(4));
    assert_eq!(store.maintain().unwrap().merged, 3);
}

#[test]
fn a_store_that_stops_begins_no_merge() {
    let (_disk, _clock, store) = three_parts();
    store.stop_merging();
    assert_eq!(store.maintain().unwrap().merged, 0);
    assert_eq!(samples(&store, &[]).len(), 3 * 60 * 5);
}

#[test]
fn a_log_that_found_no_room_is_sealed_and_cut_and_goes_on() {
    let (disk, clock) = (SimFs::new(SimOptions::default()), Clock::fixed(NOW));
    let log = storage::LogOptions {
        free_bytes_min: 10_000,
        segment_bytes_max: 4_000,
        buffer_bytes_max: 1_000,
        ..storage::LogOptions::default()
    };
    let options = Options { retention_ms: 0, chapter_bytes_max: 5_000, log, ..Options::default() };
    let store = Store::open_with(disk.fs(), clock.clone(), Rng::from_seed(1), Path::new("/data"), options);
    let (store, api, none) = (store.unwrap(), layout("job=a", 50), Arc::from([]));
    let append = |row: i64| store.append(&frame(&api, NOW + row * 60_000, row as f64, &none));
    for row in 0..60 {
        append(row).unwrap();
        store.sync().unwrap();
        clock.advance(Duration::from_secs(60));
        store.maintain().unwrap();
    }
    // There is room for a part, not for the log.
    disk.tell_free_bytes(Some(9_000));
    clock.advance(Duration::from_secs(3_600));
    let last = append(119).and_then(|_| store.sync());
    assert!(last.is_err(), "the log takes no more");
    let before = store.stats().log_bytes;
    assert!(store.maintain().unwrap().sealed > 0);
    let after = store.stats().log_bytes;
    assert!(after < before, "{after} of {before} bytes of log are left");
    disk.tell_free_bytes(None);
    append(120).unwrap();
    store.sync().unwrap();
    // The row that found no room was not acknowledged.
    assert_eq!(samples(&store, &[]).len(), 61 * 50);
}

/// A frame whose every column has an exemplar.
fn frame_with_exemplars(layout: &Arc<Layout>, time: i64) -> Frame {
    let exemplar = Exemplar { labels: labels("trace=1"), value: 1.0, time: None };
    let exemplars = (0..layout.points.len() as u32).map(|column| (column, exemplar.clone())).collect();
    Frame { exemplars, ..frame(layout, time, 1.0, &Arc::from([])) }
}

#[test]
fn exemplars_beyond_the_limit_are_counted_and_named() {
    let store = Store::with_options(Options { exemplars_max: 5, ..Options::in_memory() });
    let appended = store.append(&frame_with_exemplars(&layout("job=a", 30), NOW)).unwrap();
    assert_eq!((appended.exemplars, appended.exemplars_refused), (5, 25));
    assert_eq!((appended.samples, appended.refused), (30, 0));
    assert_eq!(appended.exemplar_refusals.len(), tsdb::REFUSALS_MAX);
    let first = &appended.exemplar_refusals[0];
    assert_eq!(
        (first.series.to_string(), first.reason),
        (r#"m{job="a", n="5"}"#.to_owned(), RefusalReason::ExemplarLimit,)
    );
}

#[test]
fn exemplars_live_as_long_as_samples_of_their_time_even_alone_in_a_part() {
    let fs = disk();
    let options = Options { retention_ms: 24 * HOUR, ..Options::default() };
    let open = |clock: i64| {
        let (clock, rng) = (Clock::fixed(clock), Rng::from_seed(1));
        Store::open_with(fs.clone(), clock, rng, Path::new("/data"), options.clone()).unwrap()
    };
    let store = open(NOW);
    let api = layout("job=a", 2);
    // The samples are of now, their exemplars of before what is sealed then.
    let mut late = frame_with_exemplars(&api, NOW);
    late.exemplars.iter_mut().for_each(|(_, exemplar)| exemplar.time = Some(NOW - HOUR / 2));
    store.append(&late).unwrap();
    store.seal_before(NOW - 1).unwrap();
    let parts = store.stats().parts;
    assert_eq!((parts.len(), parts[0].samples), (1, 0));
    assert_eq!((parts[0].min_time, parts[0].max_time), (NOW - HOUR / 2, NOW - HOUR / 2));
    let count = |store: &Store, from, to| {
        let found = store.exemplars(&[vec![Matcher::equal("job", "a")]], from..=to).unwrap();
        found.iter().map(|(_, list)| list.len()).sum::<usize>()
    };
    store.maintain().unwrap();
    assert_eq!((count(&store, 0, NOW), count(&store, NOW - 9, NOW)), (2, 0));
    store.sync().unwrap();
    drop(store);
    let store = open(NOW + 23 * HOUR);
    store.maintain().unwrap();
    assert_eq!(count(&store, 0, NOW), 2);
    // Age counts from the newest part.
    store.append(&frame(&api, NOW + 23 * HOUR, 1.0, &Arc::from([]))).unwrap();
    store.seal_before(NOW + 24 * HOUR).unwrap();
    store.maintain().unwrap();
    assert_eq!(count(&store, 0, NOW), 2);
    store.keep(tsdb::Keeping { retention_ms: 12 * HOUR, ..options.keeping() });
    store.maintain().unwrap();
    assert_eq!(count(&store, 0, NOW), 0);
}
