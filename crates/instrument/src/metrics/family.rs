//! All series of one metric: found by their label values, bounded in number, and forgotten when idle.

use std::any::Any;
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use super::bank::Bank;
use super::labels::{Key, Labels, values};
use super::metric::{Description, Encode, Metric, SeriesView};
use super::table::{Entries, Entry, Index};
use super::time::now_ms;
use crate::{Error, lock};

/// The value of every label of the series that takes what is beyond a family's limit.
pub const OVERFLOW_VALUE: &str = "__overflow__";

/// How many series a family may have unless it says otherwise.
pub const SERIES_MAX: usize = 2_000;

/// The series of a metric, by labels whose type the compiler knows. A clone is another handle to the same family.
///
/// Looking a series up takes no lock and allocates nothing; a handle that is kept saves even that. Handles can be held
/// for as long as you like, whatever else is done with the family.
pub struct Family<L, M: Metric> {
    core: Arc<FamilyCore<M>>,
    labels: PhantomData<fn(&L)>,
}

impl<L, M: Metric> Clone for Family<L, M> {
    fn clone(&self) -> Self {
        Family { core: self.core.clone(), labels: PhantomData }
    }
}

impl<L: 'static, M: Metric> Family<L, M> {
    pub(crate) fn new(core: Arc<FamilyCore<M>>) -> Family<L, M> {
        Family { core, labels: PhantomData }
    }

    /// The series with these labels, which begins now if there was none. Beyond the family's limit it is the one
    /// whose labels are all [`OVERFLOW_VALUE`].
    #[inline]
    pub fn get<Q: Labels<Static = L>>(&self, labels: &Q) -> M {
        Key::using(labels, |key| self.core.get(key))
    }

    /// Calls `record` with that series without making a handle: the quickest way to a series whose labels are only
    /// known now.
    #[inline]
    pub fn with<Q: Labels<Static = L>>(&self, labels: &Q, record: impl FnOnce(&M)) {
        Key::using(labels, |key| self.core.with(key, record));
    }

    /// Forgets a series; whether there was one. What is recorded through handles that are still held goes nowhere.
    pub fn remove<Q: Labels<Static = L>>(&self, labels: &Q) -> bool {
        Key::using(labels, |key| self.core.remove(key))
    }

    /// Forgets all series.
    pub fn clear(&self) {
        self.core.clear();
    }

    /// How many series there are.
    pub fn series(&self) -> usize {
        lock(&self.core.state).live
    }
}

/// The series of a metric whose label names are only known at run time.
pub struct DynamicFamily<M: Metric> {
    core: Arc<FamilyCore<M>>,
}

impl<M: Metric> Clone for DynamicFamily<M> {
    fn clone(&self) -> Self {
        DynamicFamily { core: self.core.clone() }
    }
}

impl<M: Metric> DynamicFamily<M> {
    pub(crate) fn new(core: Arc<FamilyCore<M>>) -> DynamicFamily<M> {
        DynamicFamily { core }
    }

    /// The series with these label values, in the order of the family's names.
    pub fn get(&self, values: &[&str]) -> Result<M, Error> {
        self.using(values, |key| self.core.get(key))
    }

    /// Forgets a series; whether there was one.
    pub fn remove(&self, values: &[&str]) -> Result<bool, Error> {
        self.using(values, |key| self.core.remove(key))
    }

    /// Forgets all series.
    pub fn clear(&self) {
        self.core.clear();
    }

    /// How many series there are.
    pub fn series(&self) -> usize {
        lock(&self.core.state).live
    }

    fn using<T>(&self, values: &[&str], found: impl FnOnce(&Key) -> T) -> Result<T, Error> {
        let labels = self.core.names.len();
        if values.len() != labels {
            let name = self.core.description.name.clone();
            return Err(Error::LabelCount { name, labels, values: values.len() });
        }
        let mut key = Key::new();
        values.iter().for_each(|value| key.push(value));
        Ok(found(&key))
    }
}

/// How many series a family may have, and how long they live.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) series_max: usize,
    /// Series nobody holds a handle to are forgotten when they were not used for so long.
    pub(crate) idle_ttl: Option<Duration>,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { series_max: SERIES_MAX, idle_ttl: None }
    }
}

/// What all handles to a family share.
pub(crate) struct FamilyCore<M: Metric> {
    description: Description,
    names: Vec<String>,
    common: Arc<[(String, String)]>,
    settings: M::Settings,
    bounds: Bounds,
    bank: Arc<Bank>,
    hasher: foldhash::fast::RandomState,
    index: Index<Series<M>>,
    /// Held while series are added or removed, never while they are looked up.
    state: Mutex<State>,
    overflow: OnceLock<Series<M>>,
    overflowed: AtomicU64,
    /// Set while there is no room, so that what does not fit is told without the lock.
    full: AtomicBool,
}

#[derive(Default)]
struct State {
    live: usize,
    dead: usize,
}

struct Series<M> {
    metric: M,
    created_ms: u64,
    /// What the metric's activity was when it was last looked at, and when it was last seen to change.
    seen: AtomicU64,
    changed_ms: AtomicU64,
}

impl<M: Metric> FamilyCore<M> {
    pub(crate) fn new(
        description: Description,
        names: Vec<String>,
        common: Arc<[(String, String)]>,
        settings: M::Settings,
        bounds: Bounds,
        bank: Arc<Bank>,
    ) -> FamilyCore<M> {
        FamilyCore {
            description,
            names,
            common,
            settings,
            bounds,
            bank,
            hasher: foldhash::fast::RandomState::default(),
            index: Index::new(),
            state: Mutex::default(),
            overflow: OnceLock::new(),
            overflowed: AtomicU64::new(0),
            full: AtomicBool::new(false),
        }
    }

    /// Whether registering the other one again may answer with this one.
    pub(crate) fn is_same(&self, other: &FamilyCore<M>) -> bool {
        self.description == other.description
            && self.names == other.names
            && self.settings == other.settings
            && self.bounds == other.bounds
    }

    /// The series of a family without labels.
    pub(crate) fn only(&self) -> M {
        self.get(&Key::new())
    }

    #[inline]
    fn get(&self, key: &Key) -> M {
        let hash = self.hash(key);
        match self.index.find(hash, key.bytes(), |entry| (entry.value.metric.clone(), entry.is_live())) {
            // Whoever removes an idle series looks for handles after it has marked the series dead: see `sweep`.
            Some((metric, true)) => metric,
            _ => self.create(hash, key),
        }
    }

    #[inline]
    fn with(&self, key: &Key, record: impl FnOnce(&M)) {
        let hash = self.hash(key);
        let mut record = Some(record);
        let found = self.index.find(hash, key.bytes(), |entry| {
            if let Some(record) = record.take() {
                record(&entry.value.metric);
            }
        });
        if found.is_none()
            && let Some(record) = record
        {
            record(&self.create(hash, key));
        }
    }

    #[inline]
    fn hash(&self, key: &Key) -> u64 {
        use std::hash::Hasher;
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key.bytes());
        hasher.finish()
    }

    /// The series, made if there is none. Only ever slow for the first of its kind.
    #[cold]
    fn create(&self, hash: u64, key: &Key) -> M {
        if self.full.load(Ordering::Acquire) {
            return self.overflow();
        }
        let mut state = lock(&self.state);
        if let Some(metric) = self.index.find(hash, key.bytes(), |entry| entry.value.metric.clone()) {
            return metric;
        }
        if state.live >= self.bounds.series_max.max(1) {
            self.full.store(true, Ordering::Release);
            drop(state);
            return self.overflow();
        }
        let series = self.series();
        let metric = series.metric.clone();
        let key = Box::from(key.bytes());
        self.index.insert(Arc::new(Entry { hash, key, live: AtomicBool::new(true), value: series }));
        state.live += 1;
        metric
    }

    fn series(&self) -> Series<M> {
        let created_ms = now_ms();
        Series {
            metric: M::new(&self.bank, &self.settings),
            created_ms,
            seen: AtomicU64::new(0),
            changed_ms: AtomicU64::new(created_ms),
        }
    }

    fn overflow(&self) -> M {
        self.overflowed.fetch_add(1, Ordering::Relaxed);
        self.overflow.get_or_init(|| self.series()).metric.clone()
    }

    fn remove(&self, key: &Key) -> bool {
        let mut state = lock(&self.state);
        let found =
            self.index.find(self.hash(key), key.bytes(), |entry| entry.live.store(false, Ordering::Release));
        if found.is_some() {
            self.removed(&mut state, 1);
        }
        found.is_some()
    }

    fn clear(&self) {
        let mut state = lock(&self.state);
        let entries = self.index.entries();
        let removed = entries.iter().filter(|entry| entry.live.swap(false, Ordering::AcqRel)).count();
        drop(entries);
        self.removed(&mut state, removed);
    }

    fn removed(&self, state: &mut State, count: usize) {
        state.live -= count;
        state.dead += count;
        if state.dead > 16.max(state.live) {
            self.index.sweep();
            state.dead = 0;
        }
        self.full.store(false, Ordering::Release);
    }

    /// Forgets what was idle for too long.
    fn expire(&self, now_ms: u64) {
        let Some(ttl) = self.bounds.idle_ttl else { return };
        let ttl_ms = ttl.as_millis() as u64;
        let mut state = lock(&self.state);
        let entries = self.index.entries();
        let mut removed = 0;
        for entry in entries.iter().filter(|entry| entry.is_live()) {
            let series = &entry.value;
            let activity = series.metric.activity();
            if series.seen.swap(activity, Ordering::Relaxed) != activity {
                series.changed_ms.store(now_ms, Ordering::Relaxed);
            }
            let idle_ms = now_ms.saturating_sub(series.changed_ms.load(Ordering::Relaxed));
            if idle_ms < ttl_ms || series.metric.is_held() {
                continue;
            }
            entry.live.store(false, Ordering::SeqCst);
            // Somebody may have taken a handle since; then the series lives on.
            std::sync::atomic::fence(Ordering::SeqCst);
            if series.metric.is_held() || series.metric.activity() != activity {
                entry.live.store(true, Ordering::SeqCst);
            } else {
                removed += 1;
            }
        }
        drop(entries);
        if removed > 0 {
            self.removed(&mut state, removed);
        }
    }

    fn entries(&self) -> Entries<Series<M>> {
        self.index.entries()
    }

    fn view<'a>(&'a self, key: &'a [u8], series: &Series<M>) -> SeriesView<'a> {
        SeriesView { common: &self.common, names: &self.names, key, created_ms: series.created_ms }
    }
}

/// A family as its registry has it, whatever its metric.
pub(crate) trait AnyFamily: Send + Sync {
    fn description(&self) -> &Description;
    fn encode(&self, out: &mut dyn Encode);
    fn expire(&self, now_ms: u64);
    fn cardinality(&self) -> Cardinality;
    fn overflowed(&self) -> u64;
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<M: Metric> AnyFamily for FamilyCore<M> {
    fn description(&self) -> &Description {
        &self.description
    }

    fn encode(&self, out: &mut dyn Encode) {
        for entry in self.entries().iter().filter(|entry| entry.is_live()) {
            let view = self.view(&entry.key, &entry.value);
            entry.value.metric.encode(&self.settings, &view, out);
        }
        if let Some(series) = self.overflow.get() {
            let mut key = Key::new();
            self.names.iter().for_each(|_| key.push(OVERFLOW_VALUE));
            series.metric.encode(&self.settings, &self.view(key.bytes(), series), out);
        }
    }

    fn expire(&self, now_ms: u64) {
        self.expire(now_ms);
    }

    fn cardinality(&self) -> Cardinality {
        let entries = self.entries();
        let mut distinct: Vec<HashSet<&[u8]>> = vec![HashSet::new(); self.names.len()];
        let mut series = 0;
        for entry in entries.iter().filter(|entry| entry.is_live()) {
            series += 1;
            for (seen, value) in distinct.iter_mut().zip(values(&entry.key)) {
                seen.insert(value);
            }
        }
        let labels = self.names.iter().zip(&distinct);
        let mut labels: Vec<_> = labels.map(|(name, seen)| (name.clone(), seen.len())).collect();
        labels.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Cardinality {
            metric: self.description.name.clone(),
            series,
            series_max: self.bounds.series_max,
            overflowed: self.overflowed(),
            labels,
        }
    }

    fn overflowed(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// How many series a family has, and which label makes them many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cardinality {
    /// The metric.
    pub metric: String,
    /// How many series it has.
    pub series: usize,
    /// How many it may have.
    pub series_max: usize,
    /// How often a series was asked for that there was no room for.
    pub overflowed: u64,
    /// Each label with how many values it has, the most first: that one exploded.
    pub labels: Vec<(String, usize)>,
}
