//! Backfill of any age: what is older than all the head has goes straight into parts, past the log and the out-of-order
//! window; what lies in the head's time goes into the head, however late it is.
//!
//! So every sample is in the one place where its time is looked for: nothing is there twice, and what contradicts is found.
//! A batch of old samples costs a part per span of time it touches, each with two syncs. Small parts are merged before
//! they are many, by whoever wants to write the next one.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use model::{Exemplar, Labels, METRIC_NAME, Matcher, Sample, Series, Timestamp, Value};

use crate::closed::Column;
use crate::error::Result;
use crate::gathered::Gathered;
use crate::histogram;
use crate::maintain::Maintenance;
use crate::merge;
use crate::part_info::PartInfo;
use crate::part_writer::MetricsPartWriter;
use crate::refusal::{Appended, RefusalReason};
use crate::store::{Disk, PARTS_DIR, Store};
use crate::stripe::Context;

/// Samples on their way into a part: by point and target, as parts are sorted.
type Sorted = BTreeMap<(Labels, Labels), BTreeMap<Timestamp, Sample>>;

/// What goes into one part.
#[derive(Default)]
struct Window {
    sorted: Sorted,
    exemplars: Vec<((Labels, Labels), Exemplar)>,
}

impl Store {
    /// Takes samples of any age that the retention admits. What the store has at the same time already stays. A store in
    /// memory takes them as it takes any others.
    ///
    /// What went into parts is durable when this returns, what went into the head after the next `sync`. Exemplars come
    /// with their series. Memory grows with the batch: import a large source in pieces of some million samples, oldest
    /// first.
    pub fn import(&self, batch: &[Series]) -> Result<Appended> {
        let Some(disk) = &self.disk else { return self.append_series(batch) };
        // What is older may belong into a part, as far as the head has none so old.
        let settled = self.settled(disk.clock.now_ms());
        {
            let _gate = self.gate.read();
            let context = self.context();
            let oldest = times(batch).min().unwrap_or(Timestamp::MAX);
            if oldest >= settled.max(self.floor.load(Ordering::Acquire)) {
                return self.append_within(batch, Context { window_ms: i64::MAX, ..context });
            }
        }
        let mut maintenance = self.lock_parts();
        self.merge_crowded(disk, &mut maintenance)?;
        let floor = self.raise_floor(disk, &mut maintenance, batch, settled)?;
        let mut appended = Appended::default();
        let windows = self.sort_by_window(batch, floor, &mut appended);
        for (_, window) in windows {
            self.import_window(disk, &mut maintenance, window, floor, &mut appended)?;
        }
        let newest_old = times(batch).filter(|&time| time < floor).max();
        self.count(newest_old.unwrap_or(Timestamp::MIN), &appended);
        let described = batch
            .iter()
            .filter_map(|series| Some((series.labels.metric_name().to_owned(), series.metadata.clone()?)));
        self.note_metadata(&described.collect::<Vec<_>>())?;
        // The parts are still held, so the floor stays where it is.
        let new = since(batch, floor);
        if !new.is_empty() {
            let _gate = self.gate.read();
            appended.add(self.append_within(&new, Context { window_ms: i64::MAX, ..self.context() })?);
        }
        Ok(appended)
    }

    /// Merges small parts until there is room for one more.
    fn merge_crowded(&self, disk: &Disk, maintenance: &mut Maintenance) -> Result<()> {
        loop {
            let infos: Vec<PartInfo> = self.view.read().parts.iter().map(|part| part.info.clone()).collect();
            let Some(crowd) = merge::crowded(&infos, self.options.merged_span_ms_max) else { return Ok(()) };
            self.merge(disk, maintenance, &crowd, &mut |_| Ok(true))?;
        }
    }

    /// The time before which samples go into parts from now on: as late as the batch asks for, as far as the head has
    /// nothing before it.
    fn raise_floor(
        &self,
        disk: &Disk,
        maintenance: &mut Maintenance,
        batch: &[Series],
        settled: Timestamp,
    ) -> Result<Timestamp> {
        let floor = self.floor.load(Ordering::Acquire);
        if floor > self.view.read().note.sealed_until {
            // A seal did not come to its end: what it was about must be in a part before others of its time are.
            self.seal(disk, maintenance, floor)?;
        }
        // No append is under way while it is looked at what the head has.
        let _gate = self.gate.write();
        let until = settled.min(self.oldest_in_head());
        let newest_before = times(batch).filter(|&time| time < until).max();
        let wanted = newest_before.map_or(Timestamp::MIN, |newest| newest.saturating_add(1));
        Ok(self.floor.fetch_max(wanted, Ordering::AcqRel).max(wanted))
    }

    /// The oldest that the head has and no part has.
    fn oldest_in_head(&self) -> Timestamp {
        let sealed = self.view.read().note.sealed_until;
        let exemplars = self.exemplars.lock();
        let exemplars = exemplars.iter().filter_map(|(_, _, exemplar)| exemplar.time);
        let oldest = exemplars.filter(|&time| time >= sealed).min();
        oldest.into_iter().chain(self.oldest_unsealed()).min().unwrap_or(Timestamp::MAX)
    }

    /// Writes what the store does not have yet into a part and makes it count. The head has nothing before `floor`.
    fn import_window(
        &self,
        disk: &Disk,
        maintenance: &mut Maintenance,
        Window { mut sorted, exemplars }: Window,
        floor: Timestamp,
        appended: &mut Appended,
    ) -> Result<()> {
        self.leave_out_known(&mut sorted, appended)?;
        if sorted.is_empty() && exemplars.is_empty() {
            return Ok(());
        }
        let view = self.view.read().clone();
        let number = maintenance.number(&view.note);
        let halves = || sorted.keys().chain(exemplars.iter().map(|(halves, _)| halves));
        let targets: BTreeSet<&Labels> = halves().map(|(_, target)| target).collect();
        let points: BTreeSet<&Labels> = halves().map(|(point, _)| point).collect();
        let targets: Vec<Labels> = targets.into_iter().cloned().collect();
        let points: Vec<Labels> = points.into_iter().cloned().collect();
        let dir = disk.dir.join(PARTS_DIR);
        let slabs = vec![Timestamp::MIN];
        let mut writer =
            MetricsPartWriter::create(&disk.fs, &dir, number, targets.clone(), points.clone(), slabs)?;
        let place =
            |sets: &[Labels], labels: &Labels| sets.binary_search(labels).expect("it was put there") as u32;
        for ((point, target), exemplar) in &exemplars {
            writer.push_exemplar(place(&points, point), place(&targets, target), exemplar.clone());
        }
        for ((point, target), samples) in sorted {
            writer.push(place(&points, &point), place(&targets, &target), gather(samples))?;
        }
        let mut note = view.note.clone();
        note.next_part = number + 1;
        note.sealed_until = floor;
        self.publish(disk, Some(writer.finish()?), &[], None, note, Some(floor))
    }

    /// Leaves out what the store has at the same time already, so that no later merge can choose the other one.
    fn leave_out_known(&self, sorted: &mut Sorted, appended: &mut Appended) -> Result<()> {
        let times = || sorted.values().flat_map(BTreeMap::keys);
        let (Some(&first), Some(&last)) = (times().min(), times().max()) else { return Ok(()) };
        let metrics: BTreeSet<String> =
            sorted.keys().map(|(point, target)| target.union(point).metric_name().to_owned()).collect();
        for metric in metrics {
            let known = self.select(&[Matcher::equal(METRIC_NAME, metric)], first..=last)?;
            for index in 0..known.len() {
                let labels = known.labels(index);
                let (target, point) = self.split(&labels);
                let Some(samples) = sorted.get_mut(&(point, target)) else { continue };
                for sample in known.read_raw(index)? {
                    let Some(other) = samples.remove(&sample.time) else { continue };
                    if !histogram::same_bits(&sample.value, &other.value) {
                        appended.samples -= 1;
                        let reason = RefusalReason::DuplicateTimestamp;
                        appended.refuse(sample.time, reason, || labels.clone());
                    }
                }
            }
        }
        sorted.retain(|_, samples| !samples.is_empty());
        Ok(())
    }

    /// Sorts what of a batch is before `until` into windows of time that become one part each.
    fn sort_by_window(
        &self,
        batch: &[Series],
        until: Timestamp,
        appended: &mut Appended,
    ) -> BTreeMap<i64, Window> {
        let span = self.options.merged_span_ms_max.max(1);
        let now = self.disk.as_ref().map_or(Timestamp::MAX, |disk| disk.clock.now_ms());
        let kept_from = self.kept_from(now, self.keeping.read().retention_ms);
        let mut windows: BTreeMap<i64, Window> = BTreeMap::new();
        for series in batch {
            let is_named = !series.labels.metric_name().is_empty();
            let (target, point) = self.split(&series.labels);
            for sample in series.samples.iter().filter(|sample| sample.time < until) {
                let mut refuse = |reason| appended.refuse(sample.time, reason, || series.labels.clone());
                if sample.time < kept_from {
                    refuse(RefusalReason::TooOld);
                    continue;
                }
                if !is_named || series.labels.packed().len() > self.options.label_set_bytes_max {
                    refuse(RefusalReason::BadLabels);
                    continue;
                }
                if !histogram::is_well_formed(&sample.value) {
                    refuse(RefusalReason::BadHistogram);
                    continue;
                }
                let window = windows.entry(sample.time.div_euclid(span)).or_default();
                let samples = window.sorted.entry((point.clone(), target.clone())).or_default();
                match samples.get(&sample.time) {
                    Some(known) if !histogram::same_bits(&known.value, &sample.value) => {
                        refuse(RefusalReason::DuplicateTimestamp);
                    }
                    Some(_) => appended.samples += 1,
                    None => {
                        samples.insert(sample.time, sample.clone());
                        appended.samples += 1;
                    }
                }
            }
            let newest = series.samples.iter().map(|sample| sample.time).max();
            for exemplar in &series.exemplars {
                let Some(time) = exemplar.time.or(newest).filter(|&time| time < until) else { continue };
                if time < kept_from {
                    appended.refuse_exemplar(time, RefusalReason::TooOld, || series.labels.clone());
                    continue;
                }
                if !is_named || series.labels.packed().len() > self.options.label_set_bytes_max {
                    appended.refuse_exemplar(time, RefusalReason::BadLabels, || series.labels.clone());
                    continue;
                }
                let window = windows.entry(time.div_euclid(span)).or_default();
                let exemplar = Exemplar { time: Some(time), ..exemplar.clone() };
                window.exemplars.push(((point.clone(), target.clone()), exemplar));
                appended.exemplars += 1;
            }
        }
        windows
    }
}

/// Every time of a batch. Exemplars that have none of their own have that of their newest sample.
fn times(batch: &[Series]) -> impl Iterator<Item = Timestamp> {
    batch.iter().flat_map(|series| {
        let exemplars = series.exemplars.iter().filter_map(|exemplar| exemplar.time);
        series.samples.iter().map(|sample| sample.time).chain(exemplars)
    })
}

/// What of a batch is not before `from`.
fn since(batch: &[Series], from: Timestamp) -> Vec<Series> {
    let mut new = Vec::new();
    for series in batch {
        let newest = series.samples.iter().map(|sample| sample.time).max();
        let samples = series.samples.iter().filter(|sample| sample.time >= from).cloned();
        let exemplars = series.exemplars.iter().filter(|exemplar| exemplar.time.or(newest) >= Some(from));
        let (samples, exemplars): (Vec<_>, Vec<_>) = (samples.collect(), exemplars.cloned().collect());
        if !samples.is_empty() || !exemplars.is_empty() {
            new.push(Series { labels: series.labels.clone(), samples, exemplars, metadata: None });
        }
    }
    new
}

fn gather(samples: BTreeMap<Timestamp, Sample>) -> Gathered {
    let mut gathered = Gathered { floats: Column::default(), ..Gathered::default() };
    for (time, sample) in samples {
        let start = sample.start.unwrap_or(0);
        match sample.value {
            Value::Float(value) => {
                gathered.floats.times.push(time);
                gathered.floats.values.push(value.to_bits());
                gathered.float_starts.push(start);
            }
            histogram => {
                gathered.histograms.push((time, histogram));
                gathered.histogram_starts.push(start);
            }
        }
    }
    gathered
}
