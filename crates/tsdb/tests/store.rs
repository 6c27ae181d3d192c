//! The store from outside: what goes in comes out, in memory and from a disk, before and after everything that moves it.

use std::path::Path;
use std::sync::Arc;

use model::{Exemplar, Frame, Labels, Layout, MatchOp, Matcher, Metadata, Sample, Series, Value};
use storage::{Clock, Fs, Rng, SimFs, SimOptions};
use tsdb::{Keeping, Options, RefusalReason, Store};

const HOUR: i64 = 3_600_000;

fn labels(text: &str) -> Labels {
    Labels::from_pairs(text.split_whitespace().map(|pair| pair.split_once('=').unwrap()))
}

fn layout(target: &str, points: &[&str]) -> Arc<Layout> {
    Layout::new(labels(target), points.iter().map(|point| labels(point)).collect(), Vec::new())
}

fn frame(layout: &Arc<Layout>, time: i64, values: &[f64]) -> Frame {
    Frame {
        layout: layout.clone(),
        time,
        values: values.to_vec(),
        absent: Vec::new(),
        histograms: Vec::new(),
        exemplars: Vec::new(),
        starts: Arc::new([]),
    }
}

fn series(text: &str, samples: &[(i64, f64)]) -> Series {
    let samples =
        samples.iter().map(|&(time, value)| Sample { time, start: None, value: Value::Float(value) });
    Series { labels: labels(text), samples: samples.collect(), ..Series::default() }
}

/// Everything a store has, as lines of text.
fn dump(store: &Store, matchers: &[Matcher]) -> Vec<String> {
    let selection = store.select(matchers, i64::MIN..=i64::MAX).unwrap();
    let line = |index: usize| {
        let samples = selection.read(index).unwrap();
        let samples =
            samples.times.iter().zip(&samples.values).map(|(time, value)| format!(" {time}:{value}"));
        (selection.labels(index), samples.collect::<String>())
    };
    (0..selection.len()).map(line).filter(|(_, s)| !s.is_empty()).map(|(l, s)| format!("{l}{s}")).collect()
}

fn sim_store(fs: &Fs, now: i64) -> Store {
    let options = Options { retention_ms: 0, ..Options::default() };
    Store::open_with(fs.clone(), Clock::fixed(now), Rng::from_seed(1), Path::new("/data"), options).unwrap()
}

#[test]
fn a_frame_comes_out_as_series() {
    let store = Store::in_memory();
    let api =
        layout("job=api instance=a", &["__name__=up", "__name__=hits code=200", "__name__=hits code=500"]);
    for time in 0..3 {
        let appended = store.append(&frame(&api, time * 10, &[1.0, time as f64, 0.0])).unwrap();
        assert_eq!((appended.samples, appended.series_created), (3, if time == 0 { 3 } else { 0 }));
    }
    let hits = [Matcher::equal("__name__", "hits")];
    assert_eq!(
        dump(&store, &hits),
        [
            r#"hits{code="200", instance="a", job="api"} 0:0 10:1 20:2"#,
            r#"hits{code="500", instance="a", job="api"} 0:0 10:0 20:0"#,
        ]
    );
    let selection = store.select(&hits, 5..=15).unwrap();
    let (first, second) = (selection.read(0).unwrap(), selection.read(1).unwrap());
    assert_eq!(*first.times, [10]);
    assert!(Arc::ptr_eq(&first.times, &second.times), "series of one target share their times");
    assert_eq!(store.label_names(&[], 0..=100).unwrap(), ["__name__", "code", "instance", "job"]);
    assert_eq!(store.label_values("code", &[], 0..=100).unwrap(), ["200", "500"]);
    let up = vec![Matcher::new("__name__", MatchOp::Regex, "u.*").unwrap()];
    assert_eq!(store.label_names(&[up], 0..=100).unwrap(), ["__name__", "instance", "job"]);
}

#[test]
fn a_series_is_one_however_it_was_split() {
    let store = Store::in_memory();
    let scraped = layout("job=api instance=a cluster=x", &["__name__=up"]);
    store.append(&frame(&scraped, 10, &[1.0])).unwrap();
    store
        .append_series(&[series(
            "__name__=up job=api instance=a cluster=x",
            &[(5, 0.0), (10, 1.0), (20, 1.0)],
        )])
        .unwrap();
    let want = [r#"up{cluster="x", instance="a", job="api"} 5:0 10:1 20:1"#];
    assert_eq!(dump(&store, &[Matcher::equal("cluster", "x")]), want);
    assert_eq!(dump(&store, &[Matcher::new("cluster", MatchOp::NotEqual, "y").unwrap()]), want);
    assert_eq!(dump(&store, &[Matcher::equal("cluster", "")]), Vec::<String>::new());
}

#[test]
fn what_contradicts_is_refused_and_named() {
    let store = Store::in_memory();
    store.append_series(&[series("__name__=m job=a", &[(1, 1.0), (2, 2.0)])]).unwrap();
    let appended =
        store.append_series(&[series("__name__=m job=a", &[(1, 1.0), (2, 3.0), (3, 3.0)])]).unwrap();
    assert_eq!((appended.samples, appended.refused), (2, 1));
    assert_eq!(appended.refusals[0].reason, RefusalReason::DuplicateTimestamp);
    assert_eq!(appended.refusals[0].time, 2);
    assert_eq!(appended.refusals[0].series, labels("__name__=m job=a"));
    let appended = store.append_series(&[series("job=nameless", &[(1, 1.0)])]).unwrap();
    assert_eq!(appended.refusals[0].reason, RefusalReason::BadLabels);
    let appended = store.append_series(&[series("__name__=twice", &[(1, 1.0), (1, 2.0)])]).unwrap();
    assert_eq!((appended.samples, appended.refused), (1, 1));
    assert_eq!(dump(&store, &[Matcher::equal("__name__", "m")]), [r#"m{job="a"} 1:1 2:2 3:3"#]);
}

#[test]
fn a_store_on_disk_comes_back_after_a_restart() {
    let sim = SimFs::new(SimOptions::default());
    let fs = sim.fs();
    let now = 1_000 * HOUR;
    let api = layout("job=api instance=a", &["__name__=up", "__name__=hits"]);
    let store = sim_store(&fs, now);
    for minute in 0..300 {
        let mut frame = frame(&api, now - 5 * HOUR + minute * 60_000, &[1.0, minute as f64]);
        if minute % 100 == 0 {
            frame.exemplars =
                vec![(1, Exemplar { labels: labels("trace_id=x"), value: minute as f64, time: None })];
        }
        store.append(&frame).unwrap();
        store.maintain().unwrap();
    }
    let mut described = series("__name__=pushed", &[(now - HOUR, 5.0)]);
    described.metadata = Some(Metadata { help: "of use".to_owned(), ..Metadata::default() });
    store.append_series(&[described]).unwrap();
    store.sync().unwrap();
    let want = dump(&store, &[]);
    assert_eq!(want.len(), 3);
    assert_eq!(want[0].matches(':').count(), 300);
    let exemplars = store.exemplars(&[vec![]], i64::MIN..=i64::MAX).unwrap();
    assert_eq!(exemplars[0].1.len(), 3);
    assert!(!store.stats().parts.is_empty(), "five hours are more than fit into the head");
    drop(store);
    let store = sim_store(&fs, now);
    assert_eq!(store.opened().damages, Vec::<String>::new());
    assert_eq!(dump(&store, &[]), want);
    assert_eq!(store.exemplars(&[vec![]], i64::MIN..=i64::MAX).unwrap(), exemplars);
    assert_eq!(store.metadata()[0].1.help, "of use");
    let old = store.append(&frame(&api, now - 5 * HOUR, &[1.0, 1.0])).unwrap();
    assert_eq!(old.refusals[0].reason, RefusalReason::TooOld);
}

#[test]
fn old_samples_are_imported_and_a_snapshot_has_all() {
    let sim = SimFs::new(SimOptions::default());
    let fs = sim.fs();
    let now = 1_000 * HOUR;
    let store = sim_store(&fs, now);
    store.append_series(&[series("__name__=m job=a", &[(now, 1.0)])]).unwrap();
    let old = [series("__name__=m job=a", &[(now - 90 * 24 * HOUR, 5.0), (now - HOUR, 6.0), (now, 7.0)])];
    let imported = store.import(&old).unwrap();
    assert_eq!((imported.samples, imported.refused), (2, 1));
    let lines = dump(&store, &[]);
    assert_eq!(lines[0].matches(':').count(), 3);
    store.snapshot(Path::new("/snapshot")).unwrap();
    assert!(store.snapshot(Path::new("/snapshot")).is_err());
    store.snapshot_of_parts(Path::new("/sealed")).unwrap();
    store.sync().unwrap();
    drop(store);
    for dir in ["/data", "/snapshot"] {
        let rng = Rng::from_seed(1);
        let options = Options { retention_ms: 0, ..Options::default() };
        let store = Store::open_with(fs.clone(), Clock::fixed(now), rng, Path::new(dir), options).unwrap();
        assert_eq!(dump(&store, &[]), lines, "{dir}");
        assert_eq!(store.verify(), Vec::<String>::new());
        if dir == "/data" {
            continue;
        }
        assert_eq!(store.stats().series, 0, "the head of a snapshot is a part");
    }
    let options = Options { retention_ms: 0, ..Options::default() };
    let (clock, rng) = (Clock::fixed(now), Rng::from_seed(1));
    let store = Store::open_with(fs, clock, rng, Path::new("/sealed"), options).unwrap();
    let sealed = dump(&store, &[]);
    assert!(sealed.len() == 1 && sealed[0].ends_with(":5"), "the oldest alone is in a part: {sealed:?}");
    assert_eq!(store.verify(), Vec::<String>::new());
}

#[test]
fn how_long_and_how_late_samples_are_kept_changes_while_the_store_is_open() {
    let now = 100 * HOUR;
    let store = sim_store(&Fs::new(SimFs::new(SimOptions::default())), now);
    let append =
        |samples: &[(i64, f64)]| store.append_series(&[series("__name__=m job=a", samples)]).unwrap().refused;
    assert_eq!(append(&[(now - 20 * HOUR, 1.0), (now - 10 * HOUR, 2.0), (now, 3.0)]), 0);
    let late = [(now - 2 * HOUR, 4.0)];
    assert_eq!(append(&late), 1);
    let keeping = Keeping { out_of_order_window_ms: 5 * HOUR, retention_ms: 0, retention_bytes: 0 };
    store.keep(keeping);
    assert_eq!(append(&late), 0, "a wider window takes what the narrower one refused");
    store.maintain().unwrap();
    let parts = store.stats().parts.len();
    assert!(parts > 0);
    store.keep(Keeping { retention_ms: 7 * HOUR, ..keeping });
    store.maintain().unwrap();
    assert!(store.stats().parts.len() < parts, "what is older than the shorter retention goes");
}

#[test]
fn near_the_memory_ceiling_new_series_are_refused() {
    let store = Store::with_options(Options { memory_bytes_max: 200_000, ..Options::in_memory() });
    let known = layout("job=a", &["__name__=m"]);
    store.append(&frame(&known, 1, &[1.0])).unwrap();
    let many: Vec<Series> =
        (0..2_000).map(|n| series(&format!("__name__=m{n} job=b"), &[(1, 1.0)])).collect();
    store.append_series(&many).unwrap();
    store.maintain().unwrap();
    let appended = store.append_series(&[series("__name__=new job=b", &[(1, 1.0)])]).unwrap();
    assert_eq!(appended.refusals[0].reason, RefusalReason::MemoryLimit);
    assert_eq!(store.append(&frame(&known, 2, &[1.0])).unwrap().samples, 1);
    assert_eq!(store.append(&frame(&layout("job=c", &["__name__=m"]), 2, &[1.0])).unwrap().refused, 1);
    assert!(store.stats().is_near_memory_limit);
}

#[test]
fn cardinality_says_where_series_come_from() {
    let store = Store::in_memory();
    let points = ["__name__=hits code=200", "__name__=hits code=500", "__name__=up"];
    for job in ["job=a", "job=b"] {
        store.append(&frame(&layout(job, &points), 1, &[1.0; 3])).unwrap();
    }
    let cardinality = store.cardinality(2);
    assert_eq!((cardinality.series, cardinality.label_pairs), (6, 6));
    assert_eq!(cardinality.series_by_metric, [("hits".to_owned(), 4), ("up".to_owned(), 2)]);
    assert_eq!(cardinality.values_by_label[0], ("__name__".to_owned(), 2));
    assert_eq!(cardinality.series_by_pair[0], ("__name__=hits".to_owned(), 4));
}

#[test]
fn cardinality_of_all_counts_a_series_of_head_and_parts_and_of_either_split_once() {
    let sim = SimFs::new(SimOptions::default());
    let store = sim_store(&sim.fs(), 20 * HOUR);
    let scraped = layout("job=api instance=a cluster=x", &["__name__=up", "__name__=hits code=200"]);
    let gone = layout("job=api instance=b cluster=x", &["__name__=up"]);
    let check = |want: (u64, u64)| {
        let all = store.cardinality_of_all(9).unwrap();
        assert_eq!((all.series, store.cardinality(9).series), want);
        if want.0 > 0 {
            assert_eq!(all.series_by_metric, [("up".to_owned(), 2), ("hits".to_owned(), 1)]);
            assert_eq!(all.series_by_pair[..2], [("cluster=x".to_owned(), 3), ("job=api".to_owned(), 3)]);
            assert_eq!(all.values_by_label[..3].iter().map(|(_, count)| *count).max(), Some(2));
        }
    };
    check((0, 0));
    store.append(&frame(&scraped, HOUR, &[1.0, 1.0])).unwrap();
    store.append(&frame(&gone, HOUR, &[1.0])).unwrap();
    store.seal_before(2 * HOUR).unwrap();
    check((3, 0));
    store.append(&frame(&scraped, 3 * HOUR, &[1.0, 2.0])).unwrap();
    // As a remote writer splits it.
    store.append_series(&[series("__name__=up job=api instance=a cluster=x", &[(4 * HOUR, 1.0)])]).unwrap();
    check((3, 3));
    store.seal_before(5 * HOUR).unwrap();
    check((3, 0));
}

#[test]
fn what_was_deleted_stays_away() {
    let sim = SimFs::new(SimOptions::default());
    let fs = sim.fs();
    let now = 1_000 * HOUR;
    let store = sim_store(&fs, now);
    let api = layout("job=api", &["__name__=a", "__name__=b"]);
    for half_hour in 0..20 {
        store.append(&frame(&api, now - 10 * HOUR + half_hour * HOUR / 2, &[half_hour as f64; 2])).unwrap();
    }
    let matchers = [Matcher::equal("__name__", "a")];
    store.delete(&matchers, now - 9 * HOUR, now - HOUR).unwrap();
    let want = dump(&store, &[]);
    assert_eq!(want[0].matches(':').count(), 2 + 1);
    assert_eq!(want[1].matches(':').count(), 20);
    for _ in 0..5 {
        store.maintain().unwrap();
        assert_eq!(dump(&store, &[]), want);
    }
    store.sync().unwrap();
    drop(store);
    let store = sim_store(&fs, now);
    assert_eq!(dump(&store, &[]), want);
    store.seal_before(now).unwrap();
    for _ in 0..5 {
        store.maintain().unwrap();
        assert_eq!(dump(&store, &[]), want);
    }
    assert_eq!(store.stats().tombstones, 0, "every part was written without them");
}
