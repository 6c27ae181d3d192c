//! Aggregations that pick series of each group and leave them as they are: `topk`, `bottomk`, `limitk`, `limit_ratio`.

use hashbrown::HashMap;

use crate::aggregate::{Groups, sampling};
use crate::annotation::Note;
use crate::error::QueryError;
use crate::eval::points::{Point, Points};
use crate::eval::row::Row;
use crate::eval::stream::Stream;
use crate::eval::{Context, Evaluator};
use crate::functions::sort::Heap;
use crate::plan::Aggregation;
use crate::syntax::AggregateOp;

impl<'a> Evaluator<'a> {
    pub(super) fn pick(
        &self,
        stream: Stream<'a>,
        aggregation: &Aggregation,
        param: &[f64],
        context: Context<'_>,
    ) -> Result<Vec<Row>, QueryError> {
        let groups = Groups::of(&stream, aggregation);
        let rows = self.collect_indexed(&stream, context)?;
        match aggregation.op {
            AggregateOp::LimitRatio => Ok(self.ratio(rows, &stream, param)),
            AggregateOp::Limitk => Ok(self.limit(rows, &stream, &groups, param)),
            op => {
                let ranked = Ranked { smallest: op == AggregateOp::Bottomk, rows: &rows, groups: &groups };
                if rows.iter().any(|(_, points)| points.has_histograms()) {
                    let note = Note::HistogramIgnoredInAggregation { operator: op.name() };
                    context.notes.lock().add(note, aggregation.span);
                }
                let picked = ranked.pick(param);
                Ok(self.picked(picked, rows, &stream))
            }
        }
    }

    /// The values of all series that have any, with the series' number.
    fn collect_indexed(
        &self,
        stream: &Stream<'a>,
        context: Context<'_>,
    ) -> Result<Vec<(usize, Points)>, QueryError> {
        let parts = self.drive(stream, context, None, Vec::new, |part: &mut Vec<_>, index, points| {
            part.push((index, points));
            Ok(())
        })?;
        let rows: Vec<(usize, Points)> = parts.into_iter().flatten().collect();
        drop(self.meter.hold(rows.len() * context.steps.count, 0)?);
        Ok(rows)
    }

    /// Rows of what was picked: in the order of picking where there is one step.
    fn picked(&self, picked: Vec<Vec<usize>>, rows: Vec<(usize, Points)>, stream: &Stream<'a>) -> Vec<Row> {
        let mut slots: HashMap<usize, usize> = HashMap::new();
        let mut result: Vec<Row> = Vec::new();
        let count = picked.len();
        for (step, numbers) in picked.into_iter().enumerate() {
            for number in numbers {
                let (index, points) = &rows[number];
                let slot = *slots.entry(number).or_insert_with(|| {
                    result.push(Row {
                        labels: stream.labels(*index),
                        drop_name: stream.drop_name(*index),
                        points: Points::absent(count),
                    });
                    result.len() - 1
                });
                if let Some(point) = points.get(step) {
                    result[slot].points.set(step, point);
                }
            }
        }
        result
    }

    fn limit(
        &self,
        rows: Vec<(usize, Points)>,
        stream: &Stream<'a>,
        groups: &Groups,
        param: &[f64],
    ) -> Vec<Row> {
        let picked = param.iter().enumerate().map(|(step, &wanted)| {
            let mut taken = vec![0u64; groups.labels.len()];
            let mut numbers = Vec::new();
            for (number, (index, points)) in rows.iter().enumerate() {
                let taken = &mut taken[groups.of[*index] as usize];
                if wanted >= 1.0 && *taken < wanted as u64 && points.is_present(step) {
                    *taken += 1;
                    numbers.push(number);
                }
            }
            numbers
        });
        self.picked(picked.collect(), rows, stream)
    }

    fn ratio(&self, rows: Vec<(usize, Points)>, stream: &Stream<'a>, param: &[f64]) -> Vec<Row> {
        let offsets: Vec<f64> =
            rows.iter().map(|(index, _)| sampling::offset_of(&stream.labels(*index))).collect();
        let picked = param.iter().enumerate().map(|(step, &ratio)| {
            let ratio = ratio.clamp(-1.0, 1.0);
            let chosen = |&number: &usize| {
                sampling::is_in_share(ratio, offsets[number]) && rows[number].1.is_present(step)
            };
            (0..rows.len()).filter(chosen).collect()
        });
        self.picked(picked.collect(), rows, stream)
    }
}

/// Series to be ranked by value.
struct Ranked<'r> {
    smallest: bool,
    rows: &'r [(usize, Points)],
    groups: &'r Groups,
}

impl Ranked<'_> {
    /// The best of each group at each step, best first.
    fn pick(&self, param: &[f64]) -> Vec<Vec<usize>> {
        let pick_at = |(step, &wanted): (usize, &f64)| {
            let wanted = (wanted.min(self.rows.len() as f64)) as usize;
            if wanted < 1 {
                return Vec::new();
            }
            let mut heaps: Vec<Heap> =
                std::iter::repeat_with(|| Heap::new(self.smallest)).take(self.groups.labels.len()).collect();
            for (number, (index, points)) in self.rows.iter().enumerate() {
                if let Some(Point::Float(value)) = points.get(step) {
                    heaps[self.groups.of[*index] as usize].offer(value, number, wanted);
                }
            }
            heaps.into_iter().flat_map(Heap::into_best_first).collect()
        };
        param.iter().enumerate().map(pick_at).collect()
    }
}
