//! Aggregations that pick series of each group and leave them as they are: `topk`, `bottomk`, `limitk`, `limit_ratio`.
//!
//! What a step picks is kept, not the series: memory follows what is picked.

use hashbrown::HashMap;

use crate::aggregate::{Groups, sampling};
use crate::annotation::Note;
use crate::error::QueryError;
use crate::eval::meter::Hold;
use crate::eval::points::{Point, Points};
use crate::eval::row::Row;
use crate::eval::stream::Stream;
use crate::eval::{Context, Evaluator};
use crate::functions::sort::Heap;
use crate::plan::Aggregation;
use crate::syntax::AggregateOp;

/// Values picked of some series, by the series.
struct Picked<'p, 'a> {
    stream: &'p Stream<'a>,
    slots: HashMap<usize, usize>,
    rows: Vec<Row>,
    steps: usize,
    hold: Hold,
}

impl<'a> Evaluator<'a> {
    pub(super) fn pick(
        &self,
        stream: Stream<'a>,
        aggregation: &Aggregation,
        param: &[f64],
        context: Context<'_>,
    ) -> Result<Vec<Row>, QueryError> {
        match aggregation.op {
            AggregateOp::LimitRatio => self.ratio(&stream, param, context),
            AggregateOp::Limitk => self.limit(&stream, aggregation, param, context),
            _ => self.rank(&stream, aggregation, param, context),
        }
    }

    /// The best of each group at each step; in the order of groups and best first where there is one step.
    fn rank(
        &self,
        stream: &Stream<'a>,
        aggregation: &Aggregation,
        param: &[f64],
        context: Context<'_>,
    ) -> Result<Vec<Row>, QueryError> {
        let groups = Groups::of(stream, aggregation, &self.meter)?;
        let smallest = aggregation.op == AggregateOp::Bottomk;
        let (steps, series) = (context.steps.count, stream.len());
        let wanted: Vec<usize> = param.iter().map(|&wanted| wanted.min(series as f64) as usize).collect();
        // One row of heaps for each group, one heap for each step.
        let mut heaps: Vec<Vec<Heap>> = vec![Vec::new(); groups.labels.len()];
        let mut hold = self.meter.nothing();
        let mut ignored = false;
        let all: Vec<usize> = (0..series).collect();
        self.drive_in_order(stream, context, &all, |index, points| {
            ignored |= points.has_histograms();
            let heaps = &mut heaps[groups.of[index] as usize];
            if heaps.is_empty() {
                heaps.resize_with(steps, || Heap::new(smallest));
            }
            let mut more = 0;
            for (step, (heap, &wanted)) in heaps.iter_mut().zip(&wanted).enumerate() {
                if wanted > 0
                    && let Some(value) = points.float(step)
                {
                    more += usize::from(heap.offer(value, index, wanted));
                }
            }
            if more > 0 {
                self.meter.grow(&mut hold, more, more * size_of::<(f64, usize)>())?;
            }
            Ok(())
        })?;
        if ignored {
            let note = Note::HistogramIgnoredInAggregation { operator: aggregation.op.name() };
            context.notes.lock().add(note, aggregation.span);
        }
        let mut picked = self.picked(stream, steps);
        for step in 0..steps {
            self.meter.check_at(step)?;
            for heap in heaps.iter_mut().filter_map(|heaps| heaps.get_mut(step)) {
                for (value, index) in heap.take_best_first() {
                    self.add_picked(&mut picked, index, step, Point::Float(value))?;
                }
            }
        }
        Ok(picked.rows)
    }

    /// The first few of each group that have a value.
    fn limit(
        &self,
        stream: &Stream<'a>,
        aggregation: &Aggregation,
        param: &[f64],
        context: Context<'_>,
    ) -> Result<Vec<Row>, QueryError> {
        let groups = Groups::of(stream, aggregation, &self.meter)?;
        let steps = context.steps.count;
        let mut taken: HashMap<u32, Vec<u64>> = HashMap::new();
        let mut picked = self.picked(stream, steps);
        let all: Vec<usize> = (0..stream.len()).collect();
        self.drive_in_order(stream, context, &all, |index, points| {
            let taken = taken.entry(groups.of[index]).or_insert_with(|| vec![0; steps]);
            for (step, &wanted) in param.iter().enumerate() {
                if wanted < 1.0 || taken[step] >= wanted as u64 {
                    continue;
                }
                if let Some(point) = points.get(step) {
                    taken[step] += 1;
                    self.add_picked(&mut picked, index, step, point)?;
                }
            }
            Ok(())
        })?;
        Ok(picked.rows)
    }

    /// The series whose labels hash into the wanted share. Only those are computed.
    fn ratio(
        &self,
        stream: &Stream<'a>,
        param: &[f64],
        context: Context<'_>,
    ) -> Result<Vec<Row>, QueryError> {
        let ratios: Vec<f64> = param.iter().map(|ratio| ratio.clamp(-1.0, 1.0)).collect();
        let mut offsets = Vec::with_capacity(stream.len());
        for index in 0..stream.len() {
            self.meter.check_at(index)?;
            offsets.push(sampling::offset_of(&stream.labels(index)));
        }
        let ever = |&index: &usize| ratios.iter().any(|&ratio| sampling::is_in_share(ratio, offsets[index]));
        let wanted: Vec<usize> = (0..stream.len()).filter(ever).collect();
        let mut picked = self.picked(stream, context.steps.count);
        self.drive_in_order(stream, context, &wanted, |index, points| {
            for (step, &ratio) in ratios.iter().enumerate() {
                if sampling::is_in_share(ratio, offsets[index])
                    && let Some(point) = points.get(step)
                {
                    self.add_picked(&mut picked, index, step, point)?;
                }
            }
            Ok(())
        })?;
        Ok(picked.rows)
    }

    fn picked<'p>(&self, stream: &'p Stream<'a>, steps: usize) -> Picked<'p, 'a> {
        Picked { stream, slots: HashMap::new(), rows: Vec::new(), steps, hold: self.meter.nothing() }
    }

    fn add_picked(
        &self,
        picked: &mut Picked<'_, 'a>,
        index: usize,
        step: usize,
        point: Point,
    ) -> Result<(), QueryError> {
        let slot = match picked.slots.get(&index) {
            Some(&slot) => slot,
            None => {
                self.meter.grow(&mut picked.hold, picked.steps, picked.steps * size_of::<f64>())?;
                picked.rows.push(Row {
                    labels: picked.stream.labels(index),
                    drop_name: picked.stream.drop_name(index),
                    points: Points::absent(picked.steps),
                });
                picked.slots.insert(index, picked.rows.len() - 1);
                picked.rows.len() - 1
            }
        };
        picked.rows[slot].points.set(step, point);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn series_are_picked_as_they_are() {
        passes(
            r#"
load 1m
  x{g="a", i="1"} 1 9 NaN
  x{g="a", i="2"} 2 2 2
  x{g="b", i="3"} 3 3 3
  k 1 2 1

eval instant at 0m topk(2, x)
  expect ordered
  x{g="b", i="3"} 3
  x{g="a", i="2"} 2

eval instant at 0m bottomk by (g) (1, x)
  x{g="a", i="1"} 1
  x{g="b", i="3"} 3

# How many are wanted may differ from step to step.
eval range from 0m to 2m step 1m topk(scalar(k), x)
  x{g="a", i="1"} _ 9 _
  x{g="b", i="3"} 3 3 3

eval instant at 0m count(limitk(2, x))
  {} 2

eval instant at 0m limitk(0, x)

eval instant at 0m limit_ratio(0.4, x) or limit_ratio(-0.6, x)
  x{g="a", i="1"} 1
  x{g="a", i="2"} 2
  x{g="b", i="3"} 3

eval instant at 0m topk(NaN, x)
  expect fail msg: Parameter value is NaN

eval instant at 0m topk(1e30, x)
  expect fail msg: Scalar value 1e+30 overflows int64
"#,
        );
    }
}
