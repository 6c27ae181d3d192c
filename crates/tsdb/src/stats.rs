//! What the store holds and takes, for its own metrics and for people who look for what grows.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;

use model::{METRIC_NAME, Timestamp};

use crate::error::Result;
use crate::part_info::PartInfo;
use crate::refusal::RefusalReason;
use crate::store::Store;
use crate::table::LabelTable;

/// The store in numbers.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Series of the head.
    pub series: u64,
    /// Targets that are known, in head and parts.
    pub targets: u64,
    /// Points that are known, in head and parts.
    pub points: u64,
    /// Memory of head and index, about.
    pub memory_bytes: u64,
    /// Of these, the head's samples.
    pub head_bytes: u64,
    /// Decoded blocks of parts that are kept.
    pub cache_bytes: u64,
    /// The files of the log.
    pub log_bytes: u64,
    /// The files of the parts.
    pub part_bytes: u64,
    /// The live parts, oldest first.
    pub parts: Vec<PartInfo>,
    /// The oldest sample.
    pub min_time: Option<Timestamp>,
    /// The newest sample.
    pub max_time: Option<Timestamp>,
    /// Samples taken since the start.
    pub samples_appended: u64,
    /// Samples refused since the start, by reason.
    pub samples_refused: Vec<(RefusalReason, u64)>,
    /// Exemplars of the head.
    pub exemplars: u64,
    /// Deletions that are not physical yet.
    pub tombstones: u64,
    /// Whether new series are refused because memory is short.
    pub is_near_memory_limit: bool,
    /// What was found damaged, one line each.
    pub damages: Vec<String>,
}

/// Where series come from: the largest of each kind, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cardinality {
    /// How many series there are.
    pub series: u64,
    /// How many `name="value"` pairs there are.
    pub label_pairs: u64,
    /// Series by metric name.
    pub series_by_metric: Vec<(String, u64)>,
    /// Distinct values by label name.
    pub values_by_label: Vec<(String, u64)>,
    /// Bytes of the values by label name.
    pub bytes_by_label: Vec<(String, u64)>,
    /// Series by `name=value`.
    pub series_by_pair: Vec<(String, u64)>,
}

impl Store {
    /// The store in numbers.
    pub fn stats(&self) -> Stats {
        let view = self.view.read().clone();
        let mut parts: Vec<PartInfo> = view.parts.iter().map(|part| part.info.clone()).collect();
        parts.sort_by_key(|part| (part.min_time, part.number));
        let head_oldest = self.head.stripes().iter().filter_map(|stripe| stripe.size().oldest).min();
        let max_time = Some(self.newest.load(Ordering::Relaxed)).filter(|&newest| newest != Timestamp::MIN);
        let (targets, points) = {
            let registry = self.head.registry.read();
            (registry.targets.len() as u64, registry.points.len() as u64)
        };
        let damages = view.parts.iter().flat_map(|part| part.damages()).map(|damage| damage.to_string());
        Stats {
            series: self.head.series(),
            targets,
            points,
            memory_bytes: self.memory_bytes(),
            head_bytes: self.head_bytes(),
            cache_bytes: self.cache.bytes() as u64,
            log_bytes: self.disk.as_ref().map_or(self.opened.log_bytes, |disk| disk.journal.bytes()),
            part_bytes: parts.iter().map(|part| part.bytes).sum(),
            min_time: parts.first().map(|part| part.min_time).into_iter().chain(head_oldest).min(),
            parts,
            max_time,
            samples_appended: self.counters.samples.load(Ordering::Relaxed),
            samples_refused: RefusalReason::ALL
                .map(|reason| (reason, self.counters.refused[reason.index()].load(Ordering::Relaxed)))
                .to_vec(),
            exemplars: self.exemplars.lock().len() as u64,
            tombstones: view.note.tombstones.len() as u64,
            is_near_memory_limit: self.head.is_near_memory_limit.load(Ordering::Relaxed),
            damages: self.opened.damages.iter().cloned().chain(damages).collect(),
        }
    }

    /// Reads every block of every part and says what is damaged, one line each.
    pub fn verify(&self) -> Vec<String> {
        let view = self.view.read().clone();
        view.parts.iter().flat_map(|part| part.verify()).map(|damage| damage.to_string()).collect()
    }

    /// Where the series of the head come from, at most `limit` of each kind.
    pub fn cardinality(&self, limit: usize) -> Cardinality {
        let (mut of_point, mut of_target) = (HashMap::new(), HashMap::new());
        for stripe in self.head.stripes() {
            let columns = stripe.columns();
            *of_target.entry(stripe.target).or_default() += columns.len() as u64;
            columns.points().iter().for_each(|&point| *of_point.entry(point).or_default() += 1);
        }
        self.count_labels(self.head.series(), &of_target, &of_point, limit)
    }

    /// Where all series come from, those of head and parts together, each counted once: it looks at every one.
    pub fn cardinality_of_all(&self, limit: usize) -> Result<Cardinality> {
        let all = self.select(&[], Timestamp::MIN..=Timestamp::MAX)?;
        let (mut of_point, mut of_target) = (HashMap::new(), HashMap::new());
        for (target, point) in (0..all.len()).map(|index| all.ids(index)) {
            *of_target.entry(target).or_default() += 1;
            *of_point.entry(point).or_default() += 1;
        }
        Ok(self.count_labels(all.len() as u64, &of_target, &of_point, limit))
    }

    /// Adds up by label what was counted by target and by point.
    fn count_labels(
        &self,
        series: u64,
        of_target: &HashMap<u32, u64>,
        of_point: &HashMap<u32, u64>,
        limit: usize,
    ) -> Cardinality {
        let registry = self.head.registry.read();
        let mut by_pair: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        let tables: [(&LabelTable, &HashMap<u32, u64>); 2] =
            [(&registry.targets, of_target), (&registry.points, of_point)];
        for (table, counts) in tables {
            for name in table.names() {
                for (value, rows) in table.values(name) {
                    let series: u64 = rows.iter().filter_map(|row| counts.get(&row)).sum();
                    if series > 0 {
                        *by_pair.entry((name, value)).or_default() += series;
                    }
                }
            }
        }
        let (mut values_by_label, mut bytes_by_label) = (BTreeMap::new(), BTreeMap::new());
        for (name, value) in by_pair.keys() {
            *values_by_label.entry(*name).or_insert(0u64) += 1;
            *bytes_by_label.entry(*name).or_insert(0u64) += value.len() as u64;
        }
        let by_metric = by_pair.iter().filter(|((name, _), _)| *name == METRIC_NAME);
        let by_metric = by_metric.map(|((_, value), count)| ((*value).to_owned(), *count));
        let owned = |(name, count): (&str, u64)| (name.to_owned(), count);
        let pairs = by_pair.iter().map(|((name, value), count)| (format!("{name}={value}"), *count));
        Cardinality {
            series,
            label_pairs: by_pair.len() as u64,
            series_by_metric: largest(by_metric, limit),
            values_by_label: largest(values_by_label.into_iter().map(owned), limit),
            bytes_by_label: largest(bytes_by_label.into_iter().map(owned), limit),
            series_by_pair: largest(pairs, limit),
        }
    }

    /// Memory of head, index and caches, about.
    fn memory_bytes(&self) -> u64 {
        self.head_bytes() + self.index_bytes()
    }

    /// Memory of all but the head's samples.
    pub(crate) fn index_bytes(&self) -> u64 {
        let index: usize = self.view.read().parts.iter().map(|part| part.index_bytes()).sum();
        let registry = self.head.registry.read();
        let labels = registry.targets.bytes() + registry.points.bytes();
        drop(registry);
        let exemplars = self.exemplars.lock().bytes();
        labels + (index + exemplars + self.cache.bytes() + self.head.sweep()) as u64
    }

    fn head_bytes(&self) -> u64 {
        self.head.stripes().iter().map(|stripe| stripe.size().bytes as u64).sum()
    }
}

fn largest(counts: impl Iterator<Item = (String, u64)>, limit: usize) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = counts.collect();
    counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    counts.truncate(limit);
    counts
}
