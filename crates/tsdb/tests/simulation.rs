//! The store on a disk that fails, from a seed: whatever happens, what was acknowledged is there once and bit for bit,
//! and nothing is there that nobody wrote.
//!
//! A model beside the store knows of every sample whether it must be there, may be there (its append was not
//! acknowledged when the power went), or must not. `FLIGHTDECK_SIMULATIONS` sets the number of runs,
//! `FLIGHTDECK_SIMULATION_SEED` repeats one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::histogram::Span;
use model::{CounterReset, Exemplar, Frame, Histogram, Labels, Layout, Matcher, Sample, Series, Value};
use storage::{Clock, LogOptions, Rng, SimFs, SimOptions};
use tsdb::{Appended, Options, Store};

const RUNS: u64 = 1_000;
const STEPS: u64 = 60;
const MINUTE: i64 = 60_000;
/// How long samples are kept in runs that forget.
const RETENTION: i64 = 60 * MINUTE;
const START: i64 = 1_700_000_000_000;

/// What is known of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Acknowledged.
    There,
    /// Taken, or tried, and not acknowledged.
    Maybe,
    /// Deleted.
    Gone,
    /// A deletion of it failed, which may have taken hold or not.
    Unsure,
}

/// What a sample says, comparable bit for bit: its value, and its start.
type Said = (String, i64);

/// All that was ever tried for one series at one time; the store may have at most one of it.
#[derive(Clone, Debug, Default)]
struct Tried {
    said: BTreeSet<Said>,
    fate: Option<Fate>,
}

struct World {
    seed: u64,
    rng: Rng,
    disk: SimFs,
    clock: Clock,
    store: Option<Store>,
    layouts: Vec<Arc<Layout>>,
    model: BTreeMap<(Labels, i64), Tried>,
    /// Everything that was ever tried.
    ever: BTreeMap<(Labels, i64), BTreeSet<Said>>,
    /// What was appended since the last sync.
    unsynced: Vec<(Labels, i64)>,
    /// What was deleted: the value of `n`, from, to, and whether the store said that it is done.
    deletions: Vec<(String, i64, i64, bool)>,
    exemplars: BTreeSet<(Labels, i64)>,
    exemplars_unsynced: BTreeSet<(Labels, i64)>,
    exemplars_tried: BTreeSet<(Labels, i64)>,
    story: Vec<String>,
    /// When one seed is looked into: then the first wrong step is found.
    checks_each_step: bool,
}

fn options(seed: u64) -> Options {
    Options {
        part_span_ms: 20 * MINUTE,
        merged_span_ms_max: 100 * MINUTE,
        out_of_order_window_ms: 10 * MINUTE,
        chapter_bytes_max: 4_000,
        // Small enough that pages are closed.
        page_samples: 1 + (seed % 5) as usize,
        // Some replay their logs in several threads, whatever the seed makes of it otherwise.
        replay_threads: 1 + usize::from(seed.is_multiple_of(3)) * 2,
        retention_ms: if forgets(seed) { RETENTION } else { 0 },
        log: LogOptions { segment_bytes_max: 3_000, free_bytes_min: 0, ..LogOptions::default() },
        ..Options::default()
    }
}

/// Whether old samples are removed in this run, and those who had them forgotten; its clock goes faster.
fn forgets(seed: u64) -> bool {
    seed % 4 == 1
}

#[test]
fn acknowledged_samples_survive_everything() {
    let runs = std::env::var("FLIGHTDECK_SIMULATIONS").map_or(RUNS, |runs| runs.parse().unwrap());
    let seeds = match std::env::var("FLIGHTDECK_SIMULATION_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (0..runs).collect(),
    };
    let next = std::sync::atomic::AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let told = std::panic::catch_unwind(|| World::new(seed).run());
                    assert!(told.is_ok(), "repeat it with FLIGHTDECK_SIMULATION_SEED={seed}");
                }
            });
        }
    });
}

impl World {
    fn new(seed: u64) -> World {
        let labels =
            |text: &str| Labels::from_pairs(text.split(' ').map(|pair| pair.split_once('=').unwrap()));
        let points = |count: usize| {
            (0..count).map(|n| labels(&format!("__name__=m{} n={n}", n % 2))).collect::<Vec<_>>()
        };
        let layouts = vec![
            Layout::new(labels("instance=a job=x"), points(5), Vec::new()),
            Layout::new(labels("instance=b job=x"), points(5), Vec::new()),
            Layout::new(labels("instance=b job=x"), points(3), Vec::new()),
            Layout::new(labels("instance=c job=x zone=z"), points(70), Vec::new()),
        ];
        World {
            seed,
            rng: Rng::from_seed(seed),
            disk: SimFs::new(SimOptions { seed, ..SimOptions::default() }),
            clock: Clock::fixed(START),
            store: None,
            layouts,
            model: BTreeMap::new(),
            ever: BTreeMap::new(),
            unsynced: Vec::new(),
            deletions: Vec::new(),
            exemplars: BTreeSet::new(),
            exemplars_unsynced: BTreeSet::new(),
            exemplars_tried: BTreeSet::new(),
            story: Vec::new(),
            checks_each_step: std::env::var("FLIGHTDECK_SIMULATION_SEED").is_ok(),
        }
    }

    fn run(&mut self) {
        self.open();
        for _ in 0..STEPS {
            self.step();
            if self.disk.has_crashed() {
                self.crash();
            } else if self.checks_each_step {
                self.check();
            }
        }
        self.crash();
        if self.rng.one_in(2) {
            self.damage();
        }
    }

    fn open(&mut self) {
        for attempt in 0..3 {
            let rng = Rng::from_seed(self.rng.next_u64());
            let opened = Store::open_with(
                self.disk.fs(),
                self.clock.clone(),
                rng,
                Path::new("/data"),
                options(self.seed),
            );
            match opened {
                Ok(store) => {
                    // A crash may lose the end of a segment that a full disk left unsynced; no part is ever damaged.
                    let damages = store.opened().damages.iter().filter(|damage| !damage.contains("/log/"));
                    assert_eq!(damages.collect::<Vec<_>>(), Vec::<&String>::new(), "{:#?}", self.story);
                    self.store = Some(store);
                    return;
                }
                Err(error) => {
                    assert!(self.disk.has_crashed() && attempt < 2, "{error}: {:#?}", self.story);
                    self.disk = self.disk.crash();
                }
            }
        }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn step(&mut self) {
        match self.rng.below(22) {
            21 => self.import(),
            0..=7 => self.append_frame(),
            8..=9 => self.append_series(),
            10..=12 => self.sync(),
            13..=15 => self.maintain(),
            16 => self.delete(),
            17 => {
                let operation = self.disk.operations() + 1 + self.rng.below(30);
                self.disk.crash_at_operation(Some(operation));
            }
            18 => {
                let room = if self.rng.one_in(2) { Some(self.rng.below(20_000)) } else { None };
                self.story.push(format!("room {room:?}"));
                self.disk.set_free_bytes(room);
            }
            19 => self.check(),
            _ => self.fail_sync(),
        }
    }

    /// A sync that fails leaves nobody knowing what the disk holds: the log takes nothing more until it is read back.
    fn fail_sync(&mut self) {
        if !self.rng.one_in(3) {
            return;
        }
        self.disk.fail_syncs(1);
        self.sync();
        self.append_frame();
        self.disk.fail_syncs(0);
        self.crash();
    }

    fn append_frame(&mut self) {
        let minutes = self.rng.below(6) as i64 * if forgets(self.seed) { 4 } else { 1 };
        self.clock.advance(Duration::from_secs(60 * minutes as u64));
        // Beyond the window only targets that are new are taken, as when a sender comes back.
        let late_max = if self.rng.one_in(4) { 40 } else { 9 };
        let late = if self.rng.one_in(4) { self.rng.below(late_max) as i64 * MINUTE } else { 0 };
        let time = self.clock.now_ms() - late;
        let layout = self.layout();
        let columns = layout.points.len();
        let few = self.rng.one_in(3);
        let mut frame = Frame {
            layout: layout.clone(),
            time,
            values: (0..columns).map(|_| self.value()).collect(),
            absent: Vec::new(),
            histograms: Vec::new(),
            exemplars: Vec::new(),
            starts: Arc::new([]),
        };
        if self.rng.one_in(3) {
            let starts = (0..columns).map(|_| if self.rng.one_in(2) { time - 5 } else { 0 });
            frame.starts = starts.collect();
        }
        for column in 0..columns as u32 {
            if if few { !self.rng.one_in(10) } else { self.rng.one_in(10) } {
                frame.absent.push(column);
            } else if self.rng.one_in(12) {
                frame.histograms.push((column, self.histogram()));
            }
            if self.rng.one_in(20) {
                let exemplar = Exemplar { labels: Labels::from_pairs([("t", "1")]), value: 1.0, time: None };
                frame.exemplars.push((column, exemplar));
            }
        }
        let outcome = self.store().append(&frame);
        let ok = outcome.is_ok();
        let refused = refused(outcome, &mut self.story, &format!("frame of {columns} at {time}"));
        for column in 0..columns {
            if frame.absent.contains(&(column as u32)) {
                continue;
            }
            let histogram = frame.histograms.iter().find(|(at, _)| *at == column as u32);
            let value = histogram.map_or(Value::Float(frame.values[column]), |(_, value)| value.clone());
            let start = frame.starts.get(column).copied().unwrap_or(0);
            let series = layout.series(column);
            let taken = refused.as_ref().is_some_and(|refused| !refused.contains(&(series.clone(), time)));
            self.tried(series, time, &value, start, taken);
        }
        for (column, _) in &frame.exemplars {
            let key = (layout.series(*column as usize), time);
            self.exemplars_tried.insert(key.clone());
            if ok && time >= self.floor() {
                self.exemplars_unsynced.insert(key);
            }
        }
    }

    /// One of those that stay, or one that nobody will speak of in an hour.
    fn layout(&mut self) -> Arc<Layout> {
        let which = self.rng.below(self.layouts.len() as u64 + 2) as usize;
        if let Some(layout) = self.layouts.get(which) {
            return layout.clone();
        }
        let version = self.clock.now_ms() / (20 * MINUTE) % 1_000;
        let labels = |pairs: &[(&str, String)]| {
            Labels::from_pairs(pairs.iter().map(|(name, value)| (*name, value.clone())))
        };
        let instance = if self.rng.one_in(2) { "stays".to_owned() } else { format!("v{version}") };
        let target = labels(&[("instance", instance), ("job", "deployed".to_owned())]);
        let point = |n: i64| {
            labels(&[
                ("__name__", format!("m{n}")),
                ("n", (n % 2).to_string()),
                ("version", (version * 3 + n / 2).to_string()),
            ])
        };
        Layout::new(target, (0..6).map(point).collect(), Vec::new())
    }

    fn append_series(&mut self) {
        let now = self.clock.now_ms();
        let mut batch = Vec::new();
        for _ in 0..1 + self.rng.below(4) {
            let layout = self.layout();
            let labels = layout.series(self.rng.below(layout.points.len() as u64) as usize);
            let samples = (0..1 + self.rng.below(3)).map(|n| Sample {
                time: now - n as i64 * MINUTE,
                start: None,
                value: if self.rng.one_in(8) { self.histogram() } else { Value::Float(self.value()) },
            });
            let samples = samples.collect();
            batch.push(Series { labels, samples, ..Series::default() });
        }
        let outcome = self.store().append_series(&batch);
        let refused = refused(outcome, &mut self.story, &format!("{} series at {now}", batch.len()));
        let mut seen = BTreeSet::new();
        for series in &batch {
            for sample in &series.samples {
                // Of two samples at one time one may be refused, and the refusal does not say which.
                let is_first = seen.insert((series.labels.clone(), sample.time));
                let key = (series.labels.clone(), sample.time);
                let taken = is_first && refused.as_ref().is_some_and(|refused| !refused.contains(&key));
                self.tried(series.labels.clone(), sample.time, &sample.value, 0, taken);
            }
        }
    }

    /// Backfill: of any age, between what is there already, and sometimes against it.
    fn import(&mut self) {
        let now = self.clock.now_ms();
        let mut batch = Vec::new();
        for _ in 0..1 + self.rng.below(4) {
            let layout = self.layout();
            let labels = layout.series(self.rng.below(layout.points.len() as u64) as usize);
            let age = if self.rng.one_in(2) { 30 } else { 240 };
            let samples = (0..1 + self.rng.below(6)).map(|_| Sample {
                time: now - self.rng.below(age) as i64 * MINUTE,
                start: None,
                value: if self.rng.one_in(8) { self.histogram() } else { Value::Float(self.value()) },
            });
            let samples = samples.collect();
            batch.push(Series { labels, samples, ..Series::default() });
        }
        let outcome = self.store().import(&batch);
        let is_error = outcome.is_err();
        let refused =
            refused(outcome, &mut self.story, &format!("import of {} series at {now}", batch.len()));
        let sealed_until = self.store().sealed_until();
        let mut seen = BTreeSet::new();
        for series in &batch {
            for sample in &series.samples {
                let key = (series.labels.clone(), sample.time);
                let is_first = seen.insert(key.clone());
                let taken = is_first && refused.as_ref().is_some_and(|refused| !refused.contains(&key));
                let said = (describe(&sample.value), 0);
                let is_wrong = taken && self.is_contradicted(&key, &said);
                assert!(!is_wrong, "{key:?} took {said:?} by import: {:#?}", self.story);
                self.ever.entry(key.clone()).or_default().insert(said.clone());
                let tried = self.model.entry(key.clone()).or_default();
                let is_new = tried.fate.is_none();
                match tried.fate {
                    // A deletion concerns what was there before it, so an import brings back what it says.
                    Some(Fate::Gone) if taken => {
                        *tried = Tried { said: BTreeSet::from([said]), fate: Some(Fate::Maybe) }
                    }
                    Some(Fate::Gone) if is_error || refused.is_none() || !is_first => {
                        tried.said.insert(said);
                        tried.fate = Some(Fate::Unsure);
                    }
                    Some(Fate::Gone) => {}
                    _ => {
                        tried.said.insert(said);
                        tried.fate.get_or_insert(Fate::Maybe);
                    }
                }
                // What went into a part is durable at once.
                if taken && is_new && sample.time < sealed_until {
                    tried.fate = Some(Fate::There);
                } else if taken {
                    self.unsynced.push(key);
                }
            }
        }
    }

    /// Remembers a sample. `taken` says that the store said yes.
    fn tried(&mut self, series: Labels, time: i64, value: &Value, start: i64, taken: bool) {
        let deleted = self
            .deletions
            .iter()
            .find(|(n, from, to, _)| series.value("n") == n && (from..=to).contains(&&time))
            .map(|(_, _, _, done)| if *done { Fate::Gone } else { Fate::Unsure });
        let key = (series, time);
        let said = (describe(value), start);
        assert!(!taken || !self.is_contradicted(&key, &said), "{key:?} took {said:?}: {:#?}", self.story);
        self.ever.entry(key.clone()).or_default().insert(said);
        let tried = self.model.entry(key.clone()).or_default();
        // What comes late into a deleted range is deleted too.
        tried.fate = deleted.or(tried.fate);
        if taken {
            // Taken again means that it was there already with the same value; then its first start stays.
            tried.said.insert((describe(value), start));
            tried.fate.get_or_insert(Fate::Maybe);
            self.unsynced.push(key);
        } else {
            // An append that failed, or a refusal among too many to be named, may have left anything of it.
            tried.said.insert((describe(value), start));
            tried.fate.get_or_insert(Fate::Maybe);
        }
    }

    /// Whether another value was acknowledged at this time. Labels that a frame's target has and a pushed series' has not
    /// make two streams, which are not compared.
    fn is_contradicted(&self, key: &(Labels, i64), said: &Said) -> bool {
        let Some(tried) = self.model.get(key).filter(|tried| tried.fate == Some(Fate::There)) else {
            return false;
        };
        let is_known = tried.said.iter().any(|(value, _)| *value == said.0);
        !is_known && key.0.value("zone").is_empty() && !self.is_expired(key.1)
    }

    fn sync(&mut self) {
        let synced = self.store().sync();
        self.story.push(format!("sync {:?}", synced.as_ref().err().map(ToString::to_string)));
        if synced.is_ok() {
            for key in std::mem::take(&mut self.unsynced) {
                let tried = self.model.get_mut(&key).unwrap();
                if tried.fate == Some(Fate::Maybe) {
                    tried.fate = Some(Fate::There);
                }
            }
            self.exemplars.append(&mut self.exemplars_unsynced);
        }
    }

    fn maintain(&mut self) {
        let done = self.store().maintain();
        self.story.push(format!("maintain {:?}", done.map_err(|error| error.to_string())));
    }

    fn delete(&mut self) {
        if !self.rng.one_in(3) {
            return;
        }
        let n = self.rng.below(5).to_string();
        let from = self.clock.now_ms() - self.rng.below(60) as i64 * MINUTE;
        let to = from + self.rng.below(30) as i64 * MINUTE;
        let newest = self.store().stats().max_time.unwrap_or(i64::MIN);
        let deleted = self.store().delete(&[Matcher::equal("n", n.as_str())], from, to);
        self.story.push(format!(
            "delete n={n} {from}..={to} {:?}",
            deleted.as_ref().err().map(ToString::to_string)
        ));
        for ((labels, time), tried) in &mut self.model {
            if labels.value("n") == n && (from..=to.min(newest)).contains(time) {
                tried.fate = Some(if deleted.is_ok() { Fate::Gone } else { Fate::Unsure });
            }
        }
        self.deletions.insert(0, (n.clone(), from, to.min(newest), deleted.is_ok()));
        let gone = |(labels, time): &(Labels, i64)| labels.value("n") == n && (from..=to).contains(time);
        self.exemplars.retain(|key| !gone(key));
        self.exemplars_unsynced.retain(|key| !gone(key));
    }

    fn crash(&mut self) {
        self.store = None;
        self.disk = self.disk.crash();
        self.story.push("crash".to_owned());
        self.exemplars_unsynced.clear();
        self.unsynced.clear();
        self.open();
        self.check();
        // What is there now was read back from the disk, so it stays.
        let found = self.read();
        for (key, tried) in &mut self.model {
            match (tried.fate, found.get(key)) {
                (Some(Fate::Gone | Fate::Unsure), _) => {}
                (_, Some(said)) => {
                    tried.said = BTreeSet::from([said.clone()]);
                    tried.fate = Some(Fate::There);
                }
                (_, None) => *tried = Tried::default(),
            }
        }
        self.model.retain(|_, tried| tried.fate.is_some());
    }

    /// Flips a bit somewhere: less may be there then, but nothing else.
    fn damage(&mut self) {
        self.store = None;
        let dirs = ["/data/parts", "/data/log"];
        let dir = PathBuf::from(dirs[self.rng.below(2) as usize]);
        let files = self.disk.fs().list(&dir).unwrap();
        let files: Vec<_> = files.iter().filter(|file| file.bytes > 0 && !file.is_dir).collect();
        if files.is_empty() {
            return;
        }
        let file = files[self.rng.below(files.len() as u64) as usize];
        let at = self.rng.below(file.bytes);
        self.disk.flip_bit(&dir.join(&file.name), at, self.rng.below(8) as u8);
        self.story.push(format!("flip in {} at {at} of {}", file.name, file.bytes));
        let rng = Rng::from_seed(1);
        let store =
            Store::open_with(self.disk.fs(), self.clock.clone(), rng, Path::new("/data"), options(self.seed));
        self.store = Some(store.unwrap_or_else(|error| panic!("{error}: {:#?}", self.story)));
        for (key, said) in self.read() {
            // Of two that came by different splits of their labels, damage to one may reveal the other.
            let known = self.ever.get(&key).is_some_and(|ever| ever.contains(&said));
            assert!(known, "{key:?} says {said:?}, which nobody wrote: {:#?}", self.story);
        }
    }

    /// Everything the store has.
    fn read(&self) -> BTreeMap<(Labels, i64), Said> {
        let selection = self.store().select(&[], i64::MIN..=i64::MAX).unwrap();
        let mut found = BTreeMap::new();
        for index in 0..selection.len() {
            let labels = selection.labels(index);
            for sample in selection.read_raw(index).unwrap() {
                let said = (describe(&sample.value), sample.start.unwrap_or(0));
                let twice = found.insert((labels.clone(), sample.time), said);
                assert!(twice.is_none(), "{labels} at {} is there twice: {:#?}", sample.time, self.story);
            }
        }
        found
    }

    fn check(&self) {
        let found = self.read();
        for (key, tried) in &self.model {
            let got = found.get(key);
            let is_right = match tried.fate {
                Some(Fate::There) if self.is_expired(key.1) => {
                    got.is_none_or(|said| tried.said.contains(said))
                }
                Some(Fate::There) => got.is_some_and(|said| tried.said.contains(said)),
                Some(Fate::Maybe | Fate::Unsure) | None => got.is_none_or(|said| tried.said.contains(said)),
                Some(Fate::Gone) => got.is_none(),
            };
            assert!(is_right, "{key:?} is {got:?} and should be {tried:?}: {:#?}", self.story);
        }
        for key in found.keys() {
            assert!(self.model.contains_key(key), "{key:?} was never written: {:#?}", self.story);
        }
        let exemplars = self.store().exemplars(&[Vec::new()], i64::MIN..=i64::MAX).unwrap();
        let exemplars: BTreeSet<(Labels, i64)> = exemplars
            .into_iter()
            .flat_map(|(labels, list)| list.into_iter().map(move |one| (labels.clone(), one.time.unwrap())))
            .collect();
        for key in &self.exemplars {
            let (labels, time) = key;
            let is_deleted = self
                .deletions
                .iter()
                .any(|(n, from, to, _)| labels.value("n") == n && (from..=to).contains(&time));
            let may_be_gone = is_deleted || self.is_expired(*time);
            assert!(
                may_be_gone || exemplars.contains(key),
                "the exemplar {key:?} is lost: {:#?}",
                self.story
            );
        }
        for key in &exemplars {
            assert!(self.exemplars_tried.contains(key), "the exemplar {key:?} is made up: {:#?}", self.story);
        }
    }

    /// Whether a sample of this time may have been removed because of its age.
    fn is_expired(&self, time: i64) -> bool {
        forgets(self.seed) && time < self.clock.now_ms() - RETENTION
    }

    fn floor(&self) -> i64 {
        // An exemplar older than the floor is left out silently; none so old is expected to be there.
        self.clock.now_ms()
    }

    fn value(&mut self) -> f64 {
        match self.rng.below(8) {
            0..=3 => 1.0,
            4 => self.rng.below(1_000) as f64 / 8.0,
            5 => model::STALE_NAN,
            6 => f64::from_bits(self.rng.next_u64()),
            _ => -0.0,
        }
    }

    fn histogram(&mut self) -> Value {
        let buckets = self.rng.below(4) as u32;
        let histogram = Histogram {
            schema: 3,
            counter_reset: CounterReset::No,
            zero_threshold: 0.001,
            zero_count: self.rng.below(3),
            count: self.rng.below(100),
            sum: self.rng.below(100) as f64,
            positive_spans: vec![Span { offset: -2, length: buckets }],
            negative_spans: Vec::new(),
            positive: (0..buckets).map(|_| self.rng.below(1 << 40)).collect(),
            negative: Vec::new(),
            custom_values: Arc::new([]),
        };
        match self.rng.below(3) {
            0 => Value::FloatHistogram(Arc::new(histogram.to_float())),
            _ => Value::Histogram(Arc::new(histogram)),
        }
    }
}

/// The refused samples; `None` when there are more than an append names, or when it failed.
fn refused(
    outcome: Result<Appended, tsdb::StoreError>,
    story: &mut Vec<String>,
    what: &str,
) -> Option<BTreeSet<(Labels, i64)>> {
    story.push(format!(
        "{what}: {:?}",
        outcome.as_ref().map(|a| (a.samples, a.refused)).map_err(|e| e.to_string())
    ));
    let appended = outcome.ok()?;
    let named = appended.refusals.iter().map(|refusal| (refusal.series.clone(), refusal.time)).collect();
    if appended.refused > appended.refusals.len() as u64 { None } else { Some(named) }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Float(value) => format!("{:x}", value.to_bits()),
        other => format!("{other:?}"),
    }
}
