//! Appending: frames go straight to their stripes, series are put into rows first.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;

use model::{Exemplar, Frame, Labels, Metadata, Series, Timestamp, Value};

use crate::error::Result;
use crate::full_page::Paging;
use crate::head::Resolved;
use crate::record::{kind, put_exemplar, put_metadata};
use crate::refusal::{Appended, RefusalReason};
use crate::store::Store;
use crate::stripe::{Context, RowBuffer};

impl Store {
    /// Takes one row of one target. It is durable after the next `sync`.
    pub fn append(&self, frame: &Frame) -> Result<Appended> {
        let _gate = self.gate.read();
        let resolved = self.head.resolve(&frame.layout);
        let mut appended = Appended::default();
        let context = self.context();
        with_buffer(|buffer| {
            for run in &resolved.runs {
                fill(buffer, frame, &run.columns);
                run.stripe.append(frame.time, buffer, &context, &mut appended)?;
            }
            Ok(())
        })?;
        for &(column, reason) in &resolved.refused {
            if frame.absent.binary_search(&column).is_err() {
                appended.refuse(frame.time, reason, || frame.layout.series(column as usize));
            }
        }
        for (column, exemplar) in &frame.exemplars {
            let labels = || frame.layout.series(*column as usize);
            let exemplar = timed(exemplar, frame.time);
            self.append_exemplar(&resolved, *column, exemplar, labels, &context, &mut appended)?;
        }
        // What a layout says of its families is told once: with each row it would be compared, family by family.
        if !resolved.is_described.load(Ordering::Relaxed) {
            self.append_metadata(&frame.layout.metadata, &context)?;
            resolved.is_described.store(true, Ordering::Relaxed);
        }
        appended.series_created = self.head.take_created(&resolved);
        self.count(frame.time, &appended);
        Ok(appended)
    }

    /// Takes samples that did not come as frames. Labels that are a target's are told apart by `Options::target_labels`.
    pub fn append_series(&self, batch: &[Series]) -> Result<Appended> {
        let _gate = self.gate.read();
        self.append_within(batch, self.context())
    }

    /// As `append_series`, for who holds the gate and says what is taken.
    pub(crate) fn append_within(&self, batch: &[Series], context: Context<'_>) -> Result<Appended> {
        let mut appended = Appended::default();
        let mut by_target: BTreeMap<Labels, Vec<(Labels, &Series)>> = BTreeMap::new();
        for series in batch {
            let (target, point) = self.split(&series.labels);
            by_target.entry(target).or_default().push((point, series));
        }
        for (target, of_target) in by_target {
            let mut numbers: HashMap<&Labels, u32> = HashMap::new();
            let mut points: Vec<Labels> = Vec::new();
            let mut columns = Vec::with_capacity(of_target.len());
            for (point, _) in &of_target {
                columns.push(*numbers.entry(point).or_insert_with(|| {
                    points.push(point.clone());
                    points.len() as u32 - 1
                }));
            }
            let resolved = self.head.place(&target, points.iter());
            appended.series_created += resolved.created;
            self.append_columns(&resolved, &columns, &of_target, &context, &mut appended)?;
        }
        let metadata = batch.iter().filter_map(|series| {
            series
                .metadata
                .as_ref()
                .map(|metadata| (series.labels.metric_name().to_owned(), metadata.clone()))
        });
        self.append_metadata(&metadata.collect::<Vec<_>>(), &context)?;
        let newest = batch.iter().flat_map(|series| &series.samples).map(|sample| sample.time).max();
        self.count(newest.unwrap_or(Timestamp::MIN), &appended);
        Ok(appended)
    }

    /// Remembers what was said of metric families apart from samples. It is durable after the next `sync`.
    pub fn note_metadata(&self, entries: &[(String, Metadata)]) -> Result<()> {
        let _gate = self.gate.read();
        self.append_metadata(entries, &self.context())
    }

    /// What is taken as things stand. The caller holds the gate.
    pub(crate) fn context(&self) -> Context<'_> {
        let keeping = *self.keeping.read();
        let now = self.disk.as_ref().map(|disk| disk.clock.now_ms());
        let kept_from = now.map_or(Timestamp::MIN, |now| self.kept_from(now, keeping.retention_ms));
        Context {
            registry: &self.head.registry,
            journal: self.disk.as_ref().map(|disk| disk.journal.enter()),
            floor: self.floor.load(Ordering::Acquire).max(kept_from),
            ceiling: now.map_or(Timestamp::MAX, |now| now.saturating_add(self.options.ahead_ms_max)),
            window_ms: keeping.out_of_order_window_ms,
            deleted: Some(self.view.read())
                .filter(|view| !view.note.tombstones.is_empty())
                .map(|view| view.clone()),
            paging: Paging { samples_per_column: self.options.page_samples, waiting_bytes_left: None },
        }
    }

    /// Appends the samples of one target, those of one time together. `columns` says which of the resolved columns
    /// each series is.
    fn append_columns(
        &self,
        resolved: &Resolved,
        columns: &[u32],
        of_target: &[(Labels, &Series)],
        context: &Context<'_>,
        appended: &mut Appended,
    ) -> Result<()> {
        let mut rows: BTreeMap<Timestamp, Vec<(u32, &Value, Timestamp)>> = BTreeMap::new();
        // A series that says two things at one time says the second one in a row of its own.
        let mut repeated = Vec::new();
        for (&column, (_, series)) in columns.iter().zip(of_target) {
            for sample in &series.samples {
                let row = rows.entry(sample.time).or_default();
                let entry = (column, &sample.value, sample.start.unwrap_or(0));
                match row.iter().rev().take(1).any(|(other, _, _)| *other == column) {
                    true => repeated.push((sample.time, entry)),
                    false => row.push(entry),
                }
            }
        }
        let rows = rows.into_iter().chain(repeated.into_iter().map(|(time, entry)| (time, vec![entry])));
        with_buffer(|buffer| {
            for (time, mut row) in rows {
                row.sort_by_key(|(column, _, _)| *column);
                // The same series may also come twice in a batch.
                let mut again = Vec::new();
                row.dedup_by(|later, first| {
                    let twice = later.0 == first.0;
                    if twice {
                        again.push(*later);
                    }
                    twice
                });
                append_row(resolved, time, &row, buffer, context, appended)?;
                for entry in again {
                    append_row(resolved, time, &[entry], buffer, context, appended)?;
                }
            }
            Ok(())
        })?;
        for (&column, (_, series)) in columns.iter().zip(of_target) {
            if let Some(reason) = resolved.refusal(column) {
                for sample in &series.samples {
                    appended.refuse(sample.time, reason, || series.labels.clone());
                }
            }
            let newest = series.samples.iter().map(|sample| sample.time).max();
            for exemplar in &series.exemplars {
                let time = newest.unwrap_or_else(|| self.newest.load(Ordering::Relaxed));
                let labels = || series.labels.clone();
                self.append_exemplar(resolved, column, timed(exemplar, time), labels, context, appended)?;
            }
        }
        Ok(())
    }

    fn append_exemplar(
        &self,
        resolved: &Resolved,
        column: u32,
        (time, exemplar): (Timestamp, Exemplar),
        labels: impl FnOnce() -> Labels,
        context: &Context<'_>,
        appended: &mut Appended,
    ) -> Result<()> {
        let Some((stripe, at)) = resolved.find(column) else {
            if let Some(reason) = resolved.refusal(column) {
                appended.refuse_exemplar(time, reason, labels);
            }
            return Ok(());
        };
        if time < context.floor || time > context.ceiling {
            let reason =
                if time < context.floor { RefusalReason::TooOld } else { RefusalReason::TooFarAhead };
            appended.refuse_exemplar(time, reason, labels);
            return Ok(());
        }
        let point = stripe.columns().points()[at as usize];
        let mut exemplars = self.exemplars.lock();
        if !exemplars.contains(point, stripe.target, &exemplar) {
            if exemplars.len() >= self.options.exemplars_max {
                appended.refuse_exemplar(time, RefusalReason::ExemplarLimit, labels);
                return Ok(());
            }
            if let Some(journal) = &context.journal {
                stripe.define(context)?;
                journal.write(kind::EXEMPLAR, time, |out| {
                    put_exemplar(out, stripe.number, at, time, &exemplar);
                })?;
            }
            exemplars.push(point, stripe.target, exemplar);
        }
        appended.exemplars += 1;
        Ok(())
    }

    fn append_metadata(&self, entries: &[(String, Metadata)], context: &Context<'_>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let changed: Vec<&(String, Metadata)> = {
            let known = self.metadata.read();
            entries.iter().filter(|(family, metadata)| known.get(family) != Some(metadata)).collect()
        };
        if changed.is_empty() {
            return Ok(());
        }
        let mut known = self.metadata.write();
        for (family, metadata) in changed {
            if known.len() >= self.options.metadata_max && !known.contains_key(family) {
                continue;
            }
            if let Some(journal) = &context.journal {
                journal.write(kind::METADATA, Timestamp::MIN, |out| put_metadata(out, family, metadata))?;
            }
            known.insert(family.clone(), metadata.clone());
        }
        Ok(())
    }

    /// Samples before this time are not taken: they would be removed at once. Counted from the newest sample where that
    /// is before `now`, as what is removed is.
    pub(crate) fn kept_from(&self, now: Timestamp, retention_ms: i64) -> Timestamp {
        if retention_ms <= 0 {
            return Timestamp::MIN;
        }
        self.newest_settled(now).saturating_sub(retention_ms)
    }

    /// The newest sample's time, or `now` where there is none or it is ahead.
    pub(crate) fn newest_settled(&self, now: Timestamp) -> Timestamp {
        Some(self.newest.load(Ordering::Relaxed))
            .filter(|&newest| newest != Timestamp::MIN)
            .map_or(now, |n| n.min(now))
    }

    pub(crate) fn count(&self, newest: Timestamp, appended: &Appended) {
        self.counters.samples.fetch_add(appended.samples, Ordering::Relaxed);
        for (reason, &refused) in appended.refused_by_reason.iter().enumerate() {
            if refused > 0 {
                self.counters.refused[reason].fetch_add(refused, Ordering::Relaxed);
            }
        }
        if appended.samples > 0 {
            self.newest.fetch_max(newest, Ordering::Relaxed);
        }
    }
}

/// An exemplar with its time, which is its sample's when it has none of its own.
fn timed(exemplar: &Exemplar, of_sample: Timestamp) -> (Timestamp, Exemplar) {
    let time = exemplar.time.unwrap_or(of_sample);
    (time, Exemplar { time: Some(time), ..exemplar.clone() })
}

/// Lends the thread's row buffer.
fn with_buffer(work: impl FnOnce(&mut RowBuffer) -> Result<()>) -> Result<()> {
    thread_local!(static BUFFER: RefCell<RowBuffer> = RefCell::new(RowBuffer::new()));
    BUFFER.with_borrow_mut(work)
}

/// Puts the frame's values of some columns where their stripe has them.
fn fill(buffer: &mut RowBuffer, frame: &Frame, columns: &[(u32, u16)]) {
    buffer.clear();
    for &(column, at) in columns {
        buffer.set(at, frame.values[column as usize].to_bits());
        if let Some(&start) = frame.starts.get(column as usize) {
            buffer.starts.push((at, start));
        }
    }
    if !frame.starts.is_empty() && frame.absent.is_empty() {
        buffer.starts_whole = Some(frame.starts.clone());
    }
    let place = |column: u32| columns.binary_search_by_key(&column, |(column, _)| *column);
    for &absent in &frame.absent {
        if let Ok(at) = place(absent) {
            buffer.unset(columns[at].1);
        }
    }
    for (column, value) in &frame.histograms {
        if let Ok(at) = place(*column) {
            buffer.unset(columns[at].1);
            if frame.absent.binary_search(column).is_err() {
                buffer.histograms.push((columns[at].1, value.clone()));
            }
        }
    }
}

/// Appends values of one time; `row` ascends by column.
fn append_row(
    resolved: &Resolved,
    time: Timestamp,
    row: &[(u32, &Value, Timestamp)],
    buffer: &mut RowBuffer,
    context: &Context<'_>,
    appended: &mut Appended,
) -> Result<()> {
    for run in &resolved.runs {
        buffer.clear();
        let mut any = false;
        for &(column, value, start) in row {
            let Ok(at) = run.columns.binary_search_by_key(&column, |(column, _)| *column) else { continue };
            let at = run.columns[at].1;
            any = true;
            match value {
                Value::Float(value) => buffer.set(at, value.to_bits()),
                histogram => buffer.histograms.push((at, histogram.clone())),
            }
            if start != 0 {
                buffer.starts.push((at, start));
            }
        }
        if any {
            run.stripe.append(time, buffer, context, appended)?;
        }
    }
    Ok(())
}
