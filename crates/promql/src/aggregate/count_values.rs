//! `count_values`: how many series of each group have each value.

use hashbrown::HashMap;
use model::Labels;

use crate::error::QueryError;
use crate::eval::points::{Point, Points};
use crate::eval::row::Row;
use crate::eval::stream::Stream;
use crate::eval::{Context, Evaluator};
use crate::number::plain;
use crate::plan::Aggregation;

impl<'a> Evaluator<'a> {
    pub(super) fn count_values(
        &self,
        stream: Stream<'a>,
        aggregation: &Aggregation,
        context: Context<'_>,
    ) -> Result<Vec<Row>, QueryError> {
        let label = aggregation.label.as_deref().unwrap_or("");
        let count = context.steps.count;
        let mut slots: HashMap<Labels, usize> = HashMap::new();
        let mut counted: Vec<Row> = Vec::new();
        let mut held = self.meter.nothing();
        let all: Vec<usize> = (0..stream.len()).collect();
        self.drive_in_order(&stream, context, &all, |index, points| {
            let series = stream.labels(index);
            let mut last: Option<(u64, usize)> = None;
            for step in 0..count {
                let (bits, text) = match points.get(step) {
                    None => continue,
                    Some(Point::Float(value)) => (Some(value.to_bits()), plain(value)),
                    Some(Point::Histogram(histogram)) => (None, histogram.to_string()),
                };
                // Series tend to keep their value.
                let slot = match last {
                    Some((known, slot)) if Some(known) == bits => slot,
                    _ => {
                        let labels = aggregation.labels_of(&series, label, &text);
                        match slots.get(&labels) {
                            Some(&slot) => slot,
                            None => {
                                self.meter.grow(&mut held, count, count * 8)?;
                                let points = Points::absent(count);
                                counted.push(Row { labels: labels.clone(), drop_name: false, points });
                                slots.insert(labels, counted.len() - 1);
                                counted.len() - 1
                            }
                        }
                    }
                };
                last = bits.map(|bits| (bits, slot));
                let counts = &mut counted[slot].points;
                counts.floats[step] = counts.float(step).unwrap_or(0.0) + 1.0;
            }
            Ok(())
        })?;
        Ok(counted)
    }
}

impl Aggregation {
    /// The labels of the group of a series that has a value, the value among them.
    fn labels_of(&self, labels: &Labels, label: &str, value: &str) -> Labels {
        let mut builder = labels.to_builder();
        builder.set(label, value);
        builder.retain(|name, _| self.keeps(name) || (!self.without && name == label));
        builder.build()
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn values_become_labels() {
        passes(
            r#"
load 1m
  x{g="a", i="1"} 1 2
  x{g="a", i="2"} 1 1
  x{g="b", i="3"} 0.5 1e21

eval instant at 0m count_values("v", x)
  {v="1"} 2
  {v="0.5"} 1

eval instant at 0m count_values by (g) ("v", x)
  {g="a", v="1"} 2
  {g="b", v="0.5"} 1

eval instant at 0m count_values without (i) ("g", x)
  {g="1"} 2
  {g="0.5"} 1

eval range from 0m to 1m step 1m count_values("v", x)
  {v="1"} 2 1
  {v="2"} _ 1
  {v="0.5"} 1 _
  {v="1000000000000000000000"} _ 1
"#,
        );
    }
}
