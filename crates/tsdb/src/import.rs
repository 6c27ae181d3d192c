//! Backfill of any age: samples that go straight into parts, past the head, the log and the out-of-order window.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use model::{Exemplar, Labels, METRIC_NAME, Matcher, Sample, Series, Timestamp, Value};

use crate::closed::Column;
use crate::error::Result;
use crate::gathered::Gathered;
use crate::histogram;
use crate::part_writer::MetricsPartWriter;
use crate::refusal::{Appended, RefusalReason};
use crate::store::{PARTS_DIR, Store};

/// Samples on their way into a part: by point and target, as parts are sorted.
type Sorted = BTreeMap<(Labels, Labels), BTreeMap<Timestamp, Sample>>;

/// What goes into one part.
#[derive(Default)]
struct Window {
    sorted: Sorted,
    exemplars: Vec<((Labels, Labels), Exemplar)>,
}

impl Store {
    /// Takes samples of any age, which are durable and visible when this returns. What the store has at the same time
    /// already stays. A store in memory takes them as it takes any others.
    ///
    /// Exemplars come with their series. Memory grows with the batch: import a large source in pieces of some million samples, oldest first.
    pub fn import(&self, batch: &[Series]) -> Result<Appended> {
        let Some(disk) = &self.disk else { return self.append_series(batch) };
        let mut appended = Appended::default();
        let windows = self.sort_by_window(batch, &mut appended);
        let mut maintenance = self.lock_parts();
        for (_, Window { mut sorted, exemplars }) in windows {
            self.leave_out_known(&mut sorted, &mut appended)?;
            if sorted.is_empty() && exemplars.is_empty() {
                continue;
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
            let place = |sets: &[Labels], labels: &Labels| {
                sets.binary_search(labels).expect("it was put there") as u32
            };
            for ((point, target), exemplar) in &exemplars {
                writer.push_exemplar(place(&points, point), place(&targets, target), exemplar.clone());
            }
            for ((point, target), samples) in sorted {
                writer.push(place(&points, &point), place(&targets, &target), gather(samples))?;
            }
            let mut note = view.note.clone();
            note.next_part = number + 1;
            self.publish(disk, Some(writer.finish()?), &[], None, note, None)?;
        }
        Ok(appended)
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

    /// Sorts a batch into windows of time that become one part each.
    fn sort_by_window(&self, batch: &[Series], appended: &mut Appended) -> BTreeMap<i64, Window> {
        let span = self.options.merged_span_ms_max.max(1);
        let mut windows: BTreeMap<i64, Window> = BTreeMap::new();
        for series in batch {
            let is_named = !series.labels.metric_name().is_empty();
            let (target, point) = self.split(&series.labels);
            for sample in &series.samples {
                let mut refuse = |reason| appended.refuse(sample.time, reason, || series.labels.clone());
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
                let Some(time) = exemplar.time.or(newest) else { continue };
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
