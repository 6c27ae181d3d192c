//! Backfill of any age beside a store that lives: everything is there once, and many small pushes leave few parts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use model::{Exemplar, Frame, Labels, Layout, Sample, Series, Value};
use storage::{Clock, Fs, Rng, SimFs, SimOptions};
use tsdb::{Options, RefusalReason, Store};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const NOW: i64 = 20_000 * DAY + 12 * HOUR;

fn labels(text: &str) -> Labels {
    Labels::from_pairs(text.split_whitespace().map(|pair| pair.split_once('=').unwrap()))
}

fn series(text: &str, samples: &[(i64, f64)]) -> Series {
    let samples =
        samples.iter().map(|&(time, value)| Sample { time, start: None, value: Value::Float(value) });
    Series { labels: labels(text), samples: samples.collect(), ..Series::default() }
}

fn open(fs: &Fs, retention_ms: i64) -> Store {
    let options = Options { retention_ms, ..Options::default() };
    Store::open_with(fs.clone(), Clock::fixed(NOW), Rng::from_seed(1), Path::new("/data"), options).unwrap()
}

/// A store that has scraped a target for three hours until now.
fn living(fs: &Fs) -> Store {
    let store = open(fs, 0);
    let layout = Layout::new(
        labels("instance=a job=api"),
        vec![labels("__name__=up"), labels("__name__=hits")],
        Vec::new(),
    );
    for minute in 0..=180 {
        let frame = Frame {
            layout: layout.clone(),
            time: NOW - (180 - minute) * MINUTE,
            values: vec![1.0, minute as f64],
            absent: Vec::new(),
            histograms: Vec::new(),
            exemplars: Vec::new(),
            starts: Arc::new([]),
        };
        store.append(&frame).unwrap();
    }
    store.sync().unwrap();
    store.maintain().unwrap();
    store
}

/// Every sample, by series and time.
fn samples(store: &Store) -> BTreeMap<(String, i64), f64> {
    let selection = store.select(&[], i64::MIN..=i64::MAX).unwrap();
    let mut all = BTreeMap::new();
    for index in 0..selection.len() {
        for sample in selection.read_raw(index).unwrap() {
            let Value::Float(value) = sample.value else { panic!("only floats were written") };
            let twice = all.insert((selection.labels(index).to_string(), sample.time), value);
            assert_eq!(twice, None, "{} at {}", selection.labels(index), sample.time);
        }
    }
    all
}

/// Imports one series and looks whether all of it is there at once, after a crash, after a seal, and after merges.
fn check(text: &str, wanted: &[(i64, f64)]) {
    let disk = SimFs::new(SimOptions::default());
    let store = living(&disk.fs());
    let mut want = samples(&store);
    let appended = store.import(&[series(text, wanted)]).unwrap();
    assert_eq!((appended.samples, appended.refused), (wanted.len() as u64, 0), "{:?}", appended.refusals);
    want.extend(wanted.iter().map(|&(time, value)| ((labels(text).to_string(), time), value)));
    assert_eq!(samples(&store), want);
    store.sync().unwrap();
    let disk = disk.crash();
    let store = open(&disk.fs(), 0);
    assert_eq!(samples(&store), want, "after a crash");
    // What contradicts is refused wherever it lies, what is said again is there already.
    let again: Vec<(i64, f64)> = wanted.iter().map(|&(time, value)| (time, value + 1.0)).collect();
    let contradicting = store.import(&[series(text, &again)]).unwrap();
    assert_eq!((contradicting.samples, contradicting.refused), (0, wanted.len() as u64));
    assert_eq!(contradicting.refusals[0].reason, RefusalReason::DuplicateTimestamp);
    assert_eq!(store.import(&[series(text, wanted)]).unwrap().refused, 0);
    store.seal_before(NOW + 1).unwrap();
    assert_eq!(samples(&store), want, "after a seal");
    while store.maintain().unwrap().merged > 0 {}
    assert_eq!(samples(&store), want, "after merges");
}

#[test]
fn samples_of_any_age_are_kept_once() {
    // Years old, in parts already, in the head but past the window, in the head, and all of it at once.
    check("__name__=up instance=a job=api", &[(NOW - 900 * DAY, 1.0), (NOW - 900 * DAY + 1, 0.0)]);
    check("__name__=up instance=a job=api", &[(NOW - 170 * MINUTE + 1, 0.5)]);
    check("__name__=up instance=a job=api", &[(NOW - 80 * MINUTE + 1, 0.5), (NOW - 61 * MINUTE - 1, 0.5)]);
    check("__name__=up instance=a job=api", &[(NOW - 2 * MINUTE + 1, 0.5)]);
    let all: Vec<(i64, f64)> = (0..200).map(|n| (NOW - n * n * MINUTE / 10 - 7, n as f64)).collect();
    check("__name__=up instance=a job=api", &all);
    check("__name__=new instance=b job=api zone=z", &all);
}

#[test]
fn a_store_that_has_just_begun_takes_years_in_one_part_a_day_and_not_in_one_for_each_half_hour() {
    let disk = SimFs::new(SimOptions::default());
    let store = open(&disk.fs(), 0);
    store.append_series(&[series("__name__=up job=api", &[(NOW - MINUTE, 1.0)])]).unwrap();
    let history: Vec<(i64, f64)> = (0..20 * 24).map(|hour| (NOW - hour * HOUR - 1, hour as f64)).collect();
    assert_eq!(store.import(&[series("__name__=old job=api", &history)]).unwrap().refused, 0);
    store.sync().unwrap();
    assert!(store.stats().parts.len() <= 21, "{}", store.stats().parts.len());
    let want = samples(&store);
    assert_eq!(want.len(), history.len() + 1);
    // Who is only a little late is still taken.
    let late = store.append_series(&[series("__name__=up job=api", &[(NOW - 50 * MINUTE, 0.0)])]).unwrap();
    assert_eq!((late.samples, late.refused), (1, 0));
    drop(store);
    assert_eq!(samples(&open(&disk.crash().fs(), 0)), want);
}

#[test]
fn a_thousand_small_pushes_leave_few_parts() {
    let disk = SimFs::new(SimOptions::default());
    let store = living(&disk.fs());
    let before = store.stats().parts.len();
    let mut want = samples(&store);
    let mut most = 0;
    for push in 0..1_000i64 {
        let (text, time) =
            (format!("__name__=push job=p{}", push % 7), NOW - 9 * DAY + (push * 37 % 1_000) * MINUTE);
        store.import(&[series(&text, &[(time, push as f64)])]).unwrap();
        want.insert((labels(&text).to_string(), time), push as f64);
        most = most.max(store.stats().parts.len() - before);
    }
    assert!(most <= 40, "{most} parts");
    assert_eq!(samples(&store), want);
    drop(store);
    assert_eq!(samples(&open(&disk.crash().fs(), 0)), want);
}

#[test]
fn what_is_older_than_the_retention_is_refused_and_named_whichever_way_it_comes() {
    let disk = SimFs::new(SimOptions::default());
    let store = open(&disk.fs(), 15 * DAY);
    let check = |appended: tsdb::Appended, taken: u64| {
        let reasons: Vec<_> = appended.refusals.iter().map(|one| (one.time, one.reason)).collect();
        assert_eq!((appended.samples, reasons), (taken, vec![(5_000, RefusalReason::TooOld)]));
        assert_eq!(appended.refused_by_reason[RefusalReason::TooOld.index()], 1);
    };
    // A series that was never seen may begin long ago, but not in 1970.
    check(
        store.append_series(&[series("__name__=m job=a", &[(5_000, 1.0), (NOW - 9 * DAY, 1.0)])]).unwrap(),
        1,
    );
    check(store.import(&[series("__name__=m job=b", &[(5_000, 1.0), (NOW - 9 * DAY, 1.0)])]).unwrap(), 1);
    check(store.import(&[series("__name__=m job=c", &[(5_000, 1.0), (NOW, 1.0)])]).unwrap(), 1);
    let exemplar = Exemplar { labels: labels("trace=1"), value: 1.0, time: Some(5_000) };
    let with_exemplar = Series { exemplars: vec![exemplar], ..series("__name__=m job=d", &[(NOW, 1.0)]) };
    assert_eq!(store.import(&[with_exemplar]).unwrap().exemplars_refused, 1);
    store.seal_before(NOW + 1).unwrap();
    store.maintain().unwrap();
    assert_eq!(samples(&store).len(), 4);
}
