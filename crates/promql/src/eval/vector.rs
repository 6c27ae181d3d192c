//! Instant vectors: what each kind of node makes of the streams below it.

use model::Labels;

use crate::error::QueryError;
use crate::eval::instant::Yields;
use crate::eval::meter::{Hold, Rows};
use crate::eval::points::{ABSENT, Points, is_absent};
use crate::eval::row::Row;
use crate::eval::stream::{Map, Names, Stream};
use crate::eval::{Context, Evaluator};
use crate::functions::{Implementation, implementation, label, sort};
use crate::plan::{Kind, Node, Range};
use crate::syntax::FunctionId;

impl<'a> Evaluator<'a> {
    pub(crate) fn evaluate(&self, node: &'a Node, context: Context<'_>) -> Result<Stream<'a>, QueryError> {
        let steps = context.steps;
        match &node.kind {
            Kind::Select(selector) => self.select(node, selector, Yields::Value, steps),
            Kind::SampleTime { selector, of_start } => {
                let yields = if *of_start { Yields::Start } else { Yields::Time };
                let stream = self.select(node, selector, yields, steps)?;
                let unknown = *of_start && !self.settings.start_timestamps;
                let stream = if unknown { stream.map(Map::Nothing) } else { stream };
                self.drop_names(node, stream, context, false, false)
            }
            Kind::RangeCall { function, range, params, span } => {
                let params = self.scalars(params, context)?;
                let stream = self.range_call(node, function, range, params, *span, context)?;
                if function.keeps_name {
                    Ok(stream)
                } else {
                    self.drop_names(node, stream, context, false, true)
                }
            }
            Kind::AbsentOverTime { range, absent } => self.absent_over_time(node, range, absent, context),
            Kind::Absent { input, absent } => {
                let stream = self.stream(input, context)?;
                self.absent(node, stream, absent, context)
            }
            Kind::PerSample { function, input, params } => {
                let stream = self.stream(input, context)?;
                let params = self.scalars(params, context)?;
                let stream = stream.map(Map::Sample { function: *function, params });
                self.drop_names(node, stream, context, function.keeps_type_and_unit(), false)
            }
            Kind::TimePart(part) => {
                let values = steps.times().map(|time| part(time.div_euclid(1000))).collect();
                self.single(node, Labels::empty(), values, false)
            }
            Kind::Vector(input) => {
                let values = self.scalar(input, context)?;
                self.single(node, Labels::empty(), values, false)
            }
            Kind::StepTime(input) => {
                let stream = self.stream(input, context)?.map(Map::StepTime(steps));
                self.drop_names(node, stream, context, false, false)
            }
            Kind::Nothing(input) => Ok(self.stream(input, context)?.map(Map::Nothing)),
            Kind::Negate(input) => {
                let stream = self.stream(input, context)?.map(Map::Negate);
                self.drop_names(node, stream, context, false, false)
            }
            Kind::Sort { input, descending } => {
                self.sorted(node, input, context, |rows| sort::by_value(rows, *descending, &self.meter))
            }
            Kind::SortByLabel { input, labels, descending } => self
                .sorted(node, input, context, |rows| sort::by_labels(rows, labels, *descending, &self.meter)),
            Kind::LabelReplace { input, target, replacement, source, regex } => {
                let Rows { rows, hold, .. } = self.own_rows(input, context)?;
                let rows = label::replace(rows, target, replacement, source, regex, &self.meter)?;
                self.merged(node, rows, hold)
            }
            Kind::LabelJoin { input, target, separator, sources } => {
                let Rows { rows, hold, .. } = self.own_rows(input, context)?;
                let rows = label::join(rows, target, separator, sources, &self.meter)?;
                self.merged(node, rows, hold)
            }
            Kind::Histogram { function, input, params, label } => {
                self.histograms(node, *function, input, params, label.as_deref(), context)
            }
            Kind::Info { input, matchers, at, offset } => {
                self.info(node, input, matchers.as_deref(), (*at, *offset), context)
            }
            Kind::Aggregate(aggregation) => self.aggregate(node, aggregation, context),
            Kind::VectorScalar { .. } => self.vector_scalar(node, context),
            Kind::VectorVector { op, left, right, matching, return_bool } => {
                let left = self.rows(left, context)?;
                let right = self.rows(right, context)?;
                self.binary(node, *op, (left, right), matching, *return_bool, context)
            }
            Kind::Matrix(_) => Err(QueryError::execution("a range vector is not an instant vector")),
            Kind::Number(_)
            | Kind::Text(_)
            | Kind::Time
            | Kind::Scalar(_)
            | Kind::ScalarNegate(_)
            | Kind::ScalarBinary { .. }
            | Kind::ScalarExtreme { .. } => Err(QueryError::execution("expected an instant vector")),
        }
    }

    fn vector_scalar(&self, node: &'a Node, context: Context<'_>) -> Result<Stream<'a>, QueryError> {
        let Kind::VectorScalar { op, vector, scalar, scalar_left, return_bool } = &node.kind else {
            unreachable!("asked of an operator between a vector and a scalar")
        };
        let (op, scalar_left, return_bool) = (*op, *scalar_left, *return_bool);
        // What stands on the left is evaluated first, so that annotations come in order.
        let (stream, scalar) = if scalar_left {
            let scalar = self.scalar(scalar, context)?;
            (self.stream(vector, context)?, scalar)
        } else {
            (self.stream(vector, context)?, self.scalar(scalar, context)?)
        };
        let stream = stream.map(Map::Scalar { op, scalar, scalar_left, return_bool, span: node.span });
        if crate::binary::changes_metric(op) || return_bool {
            self.drop_names(node, stream, context, false, false)
        } else {
            Ok(stream)
        }
    }

    /// The numbers of several scalar expressions.
    pub(crate) fn scalars(
        &self,
        nodes: &'a [Node],
        context: Context<'_>,
    ) -> Result<Vec<Vec<f64>>, QueryError> {
        nodes.iter().map(|node| self.scalar(node, context)).collect()
    }

    /// Rows that are done; `hold` is what was taken for what they were made of.
    pub(crate) fn finished(&self, node: &Node, rows: Vec<Row>, hold: Hold) -> Result<Stream<'a>, QueryError> {
        self.meter.rows(node.id, rows, hold).map(Stream::of_rows)
    }

    /// The same where several may have the same labels: these become one.
    pub(crate) fn merged(&self, node: &Node, rows: Vec<Row>, hold: Hold) -> Result<Stream<'a>, QueryError> {
        self.meter.merged(node.id, rows, hold).map(Stream::of_rows)
    }

    fn single(
        &self,
        node: &Node,
        labels: Labels,
        values: Vec<f64>,
        drop_name: bool,
    ) -> Result<Stream<'a>, QueryError> {
        let row = Row { labels, drop_name, points: Points::floats(values) };
        let mut stream = self.finished(node, vec![row], self.meter.nothing())?;
        stream.names = Names::Dropped;
        Ok(stream)
    }

    fn sorted(
        &self,
        node: &'a Node,
        input: &'a Node,
        context: Context<'_>,
        sort: impl Fn(&mut Vec<Row>) -> Result<(), QueryError>,
    ) -> Result<Stream<'a>, QueryError> {
        let Rows { mut rows, hold, .. } = self.own_rows(input, context)?;
        if context.steps.is_range {
            context.notes.lock().add(crate::annotation::Note::SortInRangeQuery, node.span);
        }
        sort(&mut rows)?;
        self.finished(node, rows, hold)
    }

    fn absent_over_time(
        &self,
        node: &'a Node,
        range: &'a Range,
        absent: &Labels,
        context: Context<'_>,
    ) -> Result<Stream<'a>, QueryError> {
        let Implementation::Range(present) = implementation(FunctionId::PresentOverTime) else {
            unreachable!("present_over_time is a range function")
        };
        let stream = self.range_call(node, present, range, Vec::new(), range.span, context)?;
        self.absent(node, stream, absent, context)
    }

    /// 1 wherever no series of `stream` has a value.
    fn absent(
        &self,
        node: &Node,
        stream: Stream<'a>,
        absent: &Labels,
        context: Context<'_>,
    ) -> Result<Stream<'a>, QueryError> {
        let count = context.steps.count;
        let (begin, threads) = (|| vec![1.0; count], rayon::current_num_threads());
        let parts = self.drive(&stream, context, Some(threads), begin, |values, _, points| {
            for (step, value) in values.iter_mut().enumerate() {
                if points.is_present(step) {
                    *value = ABSENT;
                }
            }
            Ok(())
        })?;
        let mut values = vec![1.0; count];
        for part in parts {
            let seen = |(value, part): (&mut f64, f64)| {
                if is_absent(part) {
                    *value = ABSENT;
                }
            };
            values.iter_mut().zip(part).for_each(seen);
        }
        if values.iter().all(|&value| is_absent(value)) {
            return self.finished(node, Vec::new(), self.meter.nothing());
        }
        let drop_name = matches!(node.kind, Kind::AbsentOverTime { .. });
        self.single(node, absent.clone(), values, drop_name)
    }
}
