//! Aggregations: which series belong together, and the operators over them, one file per family.

mod count_values;
mod fold;
mod pick;
mod sampling;
mod sums;

use model::{Labels, METRIC_NAME};

use crate::annotation::Note;
use crate::error::QueryError;
use crate::eval::label_index::LabelIndex;
use crate::eval::stream::{Names, Stream};
use crate::eval::{Context, Evaluator, Meter};
use crate::functions::math::{larger, smaller};
use crate::plan::{Aggregation, Node};
use crate::syntax::AggregateOp;

/// Which group each series of a stream belongs to, groups in the order of their first series.
pub(crate) struct Groups {
    /// The group of each series.
    pub(crate) of: Vec<u32>,
    /// The labels of each group.
    pub(crate) labels: Vec<Labels>,
    /// Whether some series of the group has a name that is to go.
    pub(crate) drop_name: Vec<bool>,
}

impl Groups {
    fn of(stream: &Stream<'_>, aggregation: &Aggregation, meter: &Meter<'_>) -> Result<Groups, QueryError> {
        let count = stream.len();
        let mut groups = Groups { of: Vec::new(), labels: Vec::new(), drop_name: Vec::new() };
        if !aggregation.without && aggregation.grouping.is_empty() && !stream.is_empty() {
            groups.of.resize(count, 0);
            groups.labels.push(Labels::empty());
            groups.drop_name.push(false);
            return Ok(groups);
        }
        let mut index = LabelIndex::default();
        groups.of =
            index.numbers_of(count, |series| stream.labels(series), |name| aggregation.keeps(name), meter)?;
        groups.drop_name.resize(index.sets.len(), false);
        for (series, &group) in groups.of.iter().enumerate() {
            groups.drop_name[group as usize] |= stream.drop_name(series);
        }
        groups.labels = index.sets;
        Ok(groups)
    }
}

impl Aggregation {
    /// Whether a label is part of what makes a group.
    fn keeps(&self, name: &str) -> bool {
        let named = self.grouping.binary_search_by(|label| label.as_str().cmp(name)).is_ok();
        if self.without { !named && name != METRIC_NAME } else { named }
    }
}

impl<'a> Evaluator<'a> {
    pub(crate) fn aggregate(
        &self,
        node: &'a Node,
        aggregation: &'a Aggregation,
        context: Context<'_>,
    ) -> Result<Stream<'a>, QueryError> {
        let param = match &aggregation.param {
            Some(param) => self.scalar(param, context)?,
            None => Vec::new(),
        };
        let stream = self.stream(&aggregation.input, context)?;
        let rows = match aggregation.op {
            AggregateOp::CountValues => self.count_values(stream, aggregation, context)?,
            AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk => {
                let wanted = self.check_counts(&param)?;
                if wanted {
                    self.pick(stream, aggregation, &param, context)?
                } else {
                    self.drain(stream, context)?
                }
            }
            AggregateOp::LimitRatio => {
                let wanted = self.check_ratios(&param, aggregation, context)?;
                if wanted {
                    self.pick(stream, aggregation, &param, context)?
                } else {
                    self.drain(stream, context)?
                }
            }
            _ => {
                if aggregation.op == AggregateOp::Quantile {
                    note_quantiles(&param, aggregation, context);
                }
                self.fold(stream, aggregation, &param, context)?
            }
        };
        let mut stream = self.finished(node, rows, self.meter.nothing())?;
        let keeps_names = match aggregation.op {
            AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk | AggregateOp::LimitRatio => true,
            _ => aggregation.keeps(METRIC_NAME),
        };
        if !keeps_names && !aggregation.without {
            stream.names = Names::Dropped;
        }
        Ok(stream)
    }

    /// Evaluates what nobody wants the values of, for its annotations and errors.
    fn drain(
        &self,
        stream: Stream<'a>,
        context: Context<'_>,
    ) -> Result<Vec<crate::eval::row::Row>, QueryError> {
        self.drive(&stream, context, None, || (), |(), _, _| Ok(()))?;
        Ok(Vec::new())
    }

    /// Checks how many series are wanted; whether any are.
    fn check_counts(&self, param: &[f64]) -> Result<bool, QueryError> {
        let (min, max) = extremes(param);
        if max < 1.0 {
            return Ok(false);
        }
        if param.iter().any(|value| value.is_nan()) {
            return Err(QueryError::execution("Parameter value is NaN"));
        }
        let general = model::histogram::format_general;
        if min <= i64::MIN as f64 {
            return Err(QueryError::execution(format!("Scalar value {} underflows int64", general(min))));
        }
        if max >= COUNT_MAX {
            return Err(QueryError::execution(format!("Scalar value {} overflows int64", general(max))));
        }
        Ok(true)
    }

    /// Checks which share of the series is wanted; whether any is.
    fn check_ratios(
        &self,
        param: &[f64],
        aggregation: &Aggregation,
        context: Context<'_>,
    ) -> Result<bool, QueryError> {
        let (min, max) = extremes(param);
        if max == 0.0 && min == 0.0 {
            return Ok(false);
        }
        if param.iter().any(|value| value.is_nan()) {
            return Err(QueryError::execution("Ratio value is NaN"));
        }
        let span = aggregation.param.as_ref().map_or(aggregation.span, |param| param.span);
        for (ratio, capped, beyond) in [(max, 1.0, max > 1.0), (min, -1.0, min < -1.0)] {
            if beyond {
                context.notes.lock().add(Note::InvalidRatio { ratio, capped }, span);
            }
        }
        Ok(true)
    }
}

/// The largest float that is a count of 64 bits.
const COUNT_MAX: f64 = 9_223_372_036_854_774_784.0;

fn extremes(param: &[f64]) -> (f64, f64) {
    let min = param.iter().copied().fold(f64::MAX, smaller);
    let max = param.iter().copied().fold(-f64::MAX, larger);
    (min, max)
}

fn note_quantiles(param: &[f64], aggregation: &Aggregation, context: Context<'_>) {
    let (min, max) = extremes(param);
    let span = aggregation.param.as_ref().map_or(aggregation.span, |param| param.span);
    let mut notes = context.notes.lock();
    if param.iter().any(|value| value.is_nan()) {
        notes.add(Note::InvalidQuantile(f64::NAN), span);
    }
    for (quantile, beyond) in [(max, max > 1.0), (min, min < 0.0)] {
        if beyond {
            notes.add(Note::InvalidQuantile(quantile), span);
        }
    }
}
