//! Aggregations that make one series of each group: sum, average, count, group, extremes, variance, quantile.
//!
//! Series are folded into their group as they come. With many series, groups of different parts of them are folded
//! apart and then merged, in the order of the series.

use std::sync::Arc;

use model::METRIC_NAME;

use crate::aggregate::Groups;
use crate::aggregate::sums::Sums;
use crate::annotation::{Annotations, HistogramOperation, Note};
use crate::error::QueryError;
use crate::eval::meter::Hold;
use crate::eval::points::{ABSENT, Points, is_absent};
use crate::eval::row::Row;
use crate::eval::stream::Stream;
use crate::eval::{Context, Evaluator};
use crate::functions::moments::HistogramTotal;
use crate::functions::quantile::quantile_of;
use crate::kahan::KahanMean;
use crate::plan::Aggregation;
use crate::syntax::AggregateOp;

/// Up to this many series are folded one after the other, so that the answer does not depend on how many threads
/// there are, not even in its last digit.
const IN_ORDER_SERIES_MAX: usize = 1_024;

/// The groups that some of the series make.
struct Part {
    groups: Vec<Option<Box<Group>>>,
    notes: Annotations,
    hold: Hold,
}

/// What is known of one group at every step.
struct Group {
    cells: Cells,
    /// Histograms, for sums and averages.
    histograms: Option<Vec<HistogramCell>>,
    /// The first series, whose name stands for the group.
    first: usize,
}

/// The floats of a group at every step.
enum Cells {
    Sum(Sums),
    Mean(Vec<Option<KahanMean>>),
    Count(Vec<f64>),
    Group(Vec<f64>),
    Min(Vec<f64>),
    Max(Vec<f64>),
    Variance(Vec<Spread>),
    Values(Vec<Vec<f64>>),
}

/// The histograms of a group at one step.
#[derive(Clone, Default)]
enum HistogramCell {
    #[default]
    None,
    Total(Box<HistogramTotal>),
    /// They cannot be combined.
    Incompatible,
    /// There are some, but a float came first, so there will be no result.
    Unused,
}

/// Count, mean and sum of squared distances to it.
#[derive(Clone, Copy, Default)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
}

impl<'a> Evaluator<'a> {
    pub(super) fn fold(
        &self,
        stream: Stream<'a>,
        aggregation: &Aggregation,
        param: &[f64],
        context: Context<'_>,
    ) -> Result<Vec<Row>, QueryError> {
        let groups = Groups::of(&stream, aggregation, &self.meter)?;
        let count = context.steps.count;
        let op = aggregation.op;
        let span = aggregation.input.span;
        let begin = || Part {
            groups: (0..groups.labels.len()).map(|_| None).collect(),
            notes: Annotations::default(),
            hold: self.meter.nothing(),
        };
        let name_of = |index: usize| stream.labels(index).value(METRIC_NAME).to_owned();
        let visit = |part: &mut Part, index: usize, points: Points| {
            let group = &mut part.groups[groups.of[index] as usize];
            if group.is_none() {
                self.meter.grow(&mut part.hold, count, count * size_of::<KahanMean>())?;
            }
            let group = group.get_or_insert_with(|| Box::new(Group::new(op, count, index)));
            if op == AggregateOp::Quantile {
                self.meter.grow(&mut part.hold, count, count * size_of::<f64>())?;
            }
            if group.add(&points).is_err() {
                part.notes.add(Note::MixedExponentialCustom { metric: &name_of(index) }, span);
            }
            if group.ignores_histograms() && points.has_histograms() {
                part.notes.add(Note::HistogramIgnoredInAggregation { operator: op.name() }, span);
            }
            Ok(())
        };
        let parts = if stream.len() <= IN_ORDER_SERIES_MAX {
            let mut part = begin();
            let all: Vec<usize> = (0..stream.len()).collect();
            self.drive_in_order(&stream, context, &all, |index, points| visit(&mut part, index, points))?;
            vec![part]
        } else {
            self.drive(&stream, context, Some(rayon::current_num_threads()), begin, visit)?
        };
        let mut notes = context.notes.lock();
        let mut parts = parts.into_iter();
        let Some(mut all) = parts.next() else { return Ok(Vec::new()) };
        for part in parts {
            all.notes.merge(part.notes, 0);
            for (group, other) in all.groups.iter_mut().zip(part.groups) {
                let Some(other) = other else { continue };
                let first = other.first;
                match group {
                    None => *group = Some(other),
                    Some(group) => {
                        if group.merge(*other).is_err() {
                            all.notes.add(Note::MixedExponentialCustom { metric: &name_of(first) }, span);
                        }
                    }
                }
            }
        }
        notes.merge(all.notes, 0);
        let mut rows = Vec::new();
        for (number, group) in all.groups.into_iter().enumerate() {
            let Some(group) = group else { continue };
            self.meter.check()?;
            let points = group.finish(op, param, span, &mut notes);
            if !points.is_empty() {
                let labels = groups.labels[number].clone();
                rows.push(Row { labels, drop_name: groups.drop_name[number], points });
            }
        }
        Ok(rows)
    }
}

/// Why a histogram could not be added: those before it have bounds of the other kind.
struct Incompatible;

impl Group {
    fn new(op: AggregateOp, count: usize, first: usize) -> Group {
        let cells = match op {
            AggregateOp::Avg => Cells::Mean(vec![None; count]),
            AggregateOp::Count => Cells::Count(vec![ABSENT; count]),
            AggregateOp::Group => Cells::Group(vec![ABSENT; count]),
            AggregateOp::Min => Cells::Min(vec![ABSENT; count]),
            AggregateOp::Max => Cells::Max(vec![ABSENT; count]),
            AggregateOp::Stddev | AggregateOp::Stdvar => Cells::Variance(vec![Spread::default(); count]),
            AggregateOp::Quantile => Cells::Values(vec![Vec::new(); count]),
            _ => Cells::Sum(Sums::new(count)),
        };
        Group { cells, histograms: None, first }
    }

    fn ignores_histograms(&self) -> bool {
        matches!(self.cells, Cells::Min(_) | Cells::Max(_) | Cells::Variance(_) | Cells::Values(_))
    }

    fn add(&mut self, points: &Points) -> Result<(), Incompatible> {
        let mut outcome = Ok(());
        if points.histograms.is_some() {
            outcome = self.add_histograms(points);
        }
        let floats = &points.floats;
        match &mut self.cells {
            Cells::Sum(sums) => sums.add(floats),
            Cells::Mean(cells) => each(cells, floats, |cell, value| match cell {
                Some(mean) => mean.add(value),
                None => *cell = Some(KahanMean::new(value)),
            }),
            Cells::Count(cells) => each(cells, floats, |cell, _| {
                *cell = if is_absent(*cell) { 1.0 } else { *cell + 1.0 };
            }),
            Cells::Group(cells) => each(cells, floats, |cell, _| *cell = 1.0),
            // Absence is a NaN too, and so makes way for any value.
            Cells::Min(cells) => each(cells, floats, |cell, value| {
                if *cell > value || cell.is_nan() {
                    *cell = value;
                }
            }),
            Cells::Max(cells) => each(cells, floats, |cell, value| {
                if *cell < value || cell.is_nan() {
                    *cell = value;
                }
            }),
            Cells::Variance(cells) => each(cells, floats, Spread::add),
            Cells::Values(cells) => each(cells, floats, |cell, value| cell.push(value)),
        }
        outcome
    }

    fn add_histograms(&mut self, points: &Points) -> Result<(), Incompatible> {
        let mut outcome = Ok(());
        let count = points.len();
        for step in 0..count {
            let Some(histogram) = points.histogram(step) else { continue };
            let mean = matches!(self.cells, Cells::Mean(_));
            let float_first = match &mut self.cells {
                Cells::Count(cells) => {
                    cells[step] = if is_absent(cells[step]) { 1.0 } else { cells[step] + 1.0 };
                    continue;
                }
                Cells::Group(cells) => {
                    cells[step] = 1.0;
                    continue;
                }
                Cells::Sum(sums) => !is_absent(sums.sums[step]),
                Cells::Mean(cells) => cells[step].is_some(),
                _ => continue,
            };
            let cells = self.histograms.get_or_insert_with(|| vec![HistogramCell::None; count]);
            let cell = &mut cells[step];
            match cell {
                HistogramCell::None if float_first => *cell = HistogramCell::Unused,
                HistogramCell::None => *cell = HistogramCell::Total(Box::new(HistogramTotal::new(histogram))),
                HistogramCell::Total(total) => {
                    if total.add(histogram, mean).is_err() {
                        *cell = HistogramCell::Incompatible;
                        outcome = Err(Incompatible);
                    }
                }
                HistogramCell::Incompatible | HistogramCell::Unused => {}
            }
        }
        outcome
    }

    fn merge(&mut self, other: Group) -> Result<(), Incompatible> {
        match (&mut self.cells, other.cells) {
            (Cells::Sum(sums), Cells::Sum(others)) => {
                sums.add(&others.sums);
                sums.add(&others.lost);
            }
            (Cells::Mean(cells), Cells::Mean(others)) => {
                for (cell, other) in cells.iter_mut().zip(others) {
                    match (&mut *cell, other) {
                        (Some(mean), Some(other)) => mean.merge(other),
                        (None, other) => *cell = other,
                        (Some(_), None) => {}
                    }
                }
            }
            (Cells::Count(cells), Cells::Count(others)) => each(cells, &others, |cell, other| {
                *cell = if is_absent(*cell) { other } else { *cell + other };
            }),
            (Cells::Group(cells), Cells::Group(others)) => each(cells, &others, |cell, _| *cell = 1.0),
            (Cells::Min(cells), Cells::Min(others)) => each(cells, &others, |cell, other| {
                if *cell > other || cell.is_nan() {
                    *cell = other;
                }
            }),
            (Cells::Max(cells), Cells::Max(others)) => each(cells, &others, |cell, other| {
                if *cell < other || cell.is_nan() {
                    *cell = other;
                }
            }),
            (Cells::Variance(cells), Cells::Variance(others)) => {
                cells.iter_mut().zip(others).for_each(|(cell, other)| cell.merge(other));
            }
            (Cells::Values(cells), Cells::Values(others)) => {
                cells.iter_mut().zip(others).for_each(|(cell, mut other)| cell.append(&mut other));
            }
            _ => unreachable!("groups of one aggregation have the same cells"),
        }
        let mean = matches!(self.cells, Cells::Mean(_));
        merge_histograms(&mut self.histograms, other.histograms, mean)
    }

    fn finish(
        self,
        op: AggregateOp,
        param: &[f64],
        span: crate::syntax::Span,
        notes: &mut Annotations,
    ) -> Points {
        let floats = match self.cells {
            Cells::Sum(sums) => sums.totals(),
            Cells::Mean(cells) => {
                cells.into_iter().map(|cell| cell.map_or(ABSENT, KahanMean::value)).collect()
            }
            Cells::Count(cells) | Cells::Group(cells) | Cells::Min(cells) | Cells::Max(cells) => cells,
            Cells::Variance(cells) => cells.into_iter().map(|cell| cell.value(op)).collect(),
            Cells::Values(mut cells) => {
                let value = |(cell, &quantile): (&mut Vec<f64>, &f64)| {
                    if cell.is_empty() { ABSENT } else { quantile_of(quantile, cell) }
                };
                cells.iter_mut().zip(param).map(value).collect()
            }
        };
        let mut points = Points::floats(floats);
        for (step, cell) in self.histograms.unwrap_or_default().into_iter().enumerate() {
            if matches!(cell, HistogramCell::None) {
                continue;
            }
            if points.float(step).is_some() {
                notes.add(Note::MixedFloatsHistogramsAggregation, span);
                points.clear(step);
            } else if let HistogramCell::Total(total) = cell {
                note_total(&total, span, notes);
                let mut histogram = if op == AggregateOp::Avg { total.mean() } else { total.sum() };
                histogram.compact(0);
                points.set_histogram(step, Arc::new(histogram));
            }
        }
        points
    }
}

fn note_total(total: &HistogramTotal, span: crate::syntax::Span, notes: &mut Annotations) {
    if total.bounds_reconciled {
        notes.add(Note::MismatchedCustomBuckets(HistogramOperation::Aggregation), span);
    }
    if total.has_conflict() {
        notes.add(Note::CounterResetCollision(HistogramOperation::Aggregation), span);
    }
}

fn merge_histograms(
    cells: &mut Option<Vec<HistogramCell>>,
    others: Option<Vec<HistogramCell>>,
    mean: bool,
) -> Result<(), Incompatible> {
    let Some(others) = others else { return Ok(()) };
    let Some(cells) = cells else {
        *cells = Some(others);
        return Ok(());
    };
    let mut outcome = Ok(());
    for (cell, other) in cells.iter_mut().zip(others) {
        match (&mut *cell, other) {
            (HistogramCell::Incompatible, _) | (_, HistogramCell::None) => {}
            (HistogramCell::Total(total), HistogramCell::Total(other)) => {
                if total.merge(*other, mean).is_err() {
                    *cell = HistogramCell::Incompatible;
                    outcome = Err(Incompatible);
                }
            }
            (_, other) => *cell = other,
        }
    }
    outcome
}

/// Calls `add` for each value that is there.
#[inline]
fn each<T>(cells: &mut [T], values: &[f64], add: impl Fn(&mut T, f64)) {
    for (cell, &value) in cells.iter_mut().zip(values) {
        if !is_absent(value) {
            add(cell, value);
        }
    }
}

impl Spread {
    fn add(&mut self, value: f64) {
        if self.count == 0.0 {
            let squares = if value.is_finite() { 0.0 } else { f64::NAN };
            *self = Spread { count: 1.0, mean: value, squares };
            return;
        }
        self.count += 1.0;
        let delta = value - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (value - self.mean);
    }

    fn merge(&mut self, other: Spread) {
        if self.count == 0.0 || other.count == 0.0 {
            if self.count == 0.0 {
                *self = other;
            }
            return;
        }
        let count = self.count + other.count;
        let delta = other.mean - self.mean;
        self.mean += delta * other.count / count;
        self.squares += other.squares + delta * delta * self.count * other.count / count;
        self.count = count;
    }

    fn value(self, op: AggregateOp) -> f64 {
        if self.count == 0.0 {
            return ABSENT;
        }
        let variance = self.squares / self.count;
        if op == AggregateOp::Stddev { variance.sqrt() } else { variance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(op: AggregateOp, parts: &[&[f64]]) -> f64 {
        let mut groups = parts.iter().map(|values| {
            let mut group = Group::new(op, 1, 0);
            for &value in *values {
                let _ = group.add(&Points::floats(vec![value]));
            }
            group
        });
        let mut all = groups.next().unwrap();
        for group in groups {
            let _ = all.merge(group);
        }
        all.finish(op, &[0.5], crate::syntax::Span::default(), &mut Annotations::default()).floats[0]
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let values = [3.0, 1.0, 4.0, 1.5, 9.0, 2.6];
        for op in AggregateOp::ALL {
            if matches!(op, AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::CountValues) {
                continue;
            }
            let whole = folded(op, &[&values]);
            for cut in 0..=values.len() {
                let parts = folded(op, &[&values[..cut], &values[cut..]]);
                assert!((parts - whole).abs() < 1e-12, "{op} cut at {cut}: {parts} is not {whole}");
            }
        }
    }

    #[test]
    fn extremes_are_numbers_if_any_is() {
        assert_eq!(folded(AggregateOp::Max, &[&[f64::NAN, 1.0, 2.0]]), 2.0);
        assert_eq!(folded(AggregateOp::Min, &[&[1.0, f64::NAN, 2.0]]), 1.0);
        assert!(folded(AggregateOp::Max, &[&[f64::NAN]]).is_nan());
        assert!(!is_absent(folded(AggregateOp::Max, &[&[f64::NAN]])));
    }
}
