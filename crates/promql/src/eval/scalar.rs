//! Scalars: one number per step.

use crate::binary;
use crate::error::QueryError;
use crate::eval::points::is_absent;
use crate::eval::{Context, Evaluator};
use crate::functions::math;
use crate::plan::{Kind, Node};

impl<'a> Evaluator<'a> {
    /// The numbers of a scalar expression at every step.
    pub(crate) fn scalar(&self, node: &'a Node, context: Context<'_>) -> Result<Vec<f64>, QueryError> {
        self.meter.check()?;
        let count = context.steps.count;
        if count == 0 {
            return Ok(Vec::new());
        }
        self.check_steps(context.steps)?;
        if let Kind::Number(value) = node.kind {
            return Ok(vec![value; count]);
        }
        if node.invariant && count > 1 {
            let once = Context { steps: context.steps.first(), ..context };
            let value = self.scalar(node, once)?.first().copied().unwrap_or(f64::NAN);
            return Ok(vec![value; count]);
        }
        self.meter.node(node.id).evaluations.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match &node.kind {
            Kind::Time => Ok(context.steps.times().map(|time| time as f64 / 1000.0).collect()),
            Kind::Scalar(input) => self.only_float(input, context),
            Kind::ScalarNegate(input) => {
                Ok(self.scalar(input, context)?.into_iter().map(|value| -value).collect())
            }
            Kind::ScalarBinary { op, left, right } => {
                self.pairwise(left, right, context, |left, right| binary::scalars(*op, left, right))
            }
            Kind::ScalarExtreme { largest: true, left, right } => {
                self.pairwise(left, right, context, math::larger)
            }
            Kind::ScalarExtreme { largest: false, left, right } => {
                self.pairwise(left, right, context, math::smaller)
            }
            _ => Err(QueryError::execution("expected a scalar")),
        }
    }

    fn pairwise(
        &self,
        left: &'a Node,
        right: &'a Node,
        context: Context<'_>,
        combine: impl Fn(f64, f64) -> f64,
    ) -> Result<Vec<f64>, QueryError> {
        let left = self.scalar(left, context)?;
        let right = self.scalar(right, context)?;
        Ok(left.into_iter().zip(right).map(|(left, right)| combine(left, right)).collect())
    }

    /// The float of the only series that has one; NaN where none or several have.
    fn only_float(&self, input: &'a Node, context: Context<'_>) -> Result<Vec<f64>, QueryError> {
        let stream = self.stream(input, context)?;
        let count = context.steps.count;
        let begin = || (vec![f64::NAN; count], vec![0u8; count]);
        let parts = self.drive(&stream, context, Some(1), begin, |(values, seen), _, points| {
            for (step, &value) in points.floats.iter().enumerate() {
                if !is_absent(value) {
                    values[step] = if seen[step] == 0 { value } else { f64::NAN };
                    seen[step] = 1;
                }
            }
            Ok(())
        })?;
        Ok(parts.into_iter().next().map_or_else(|| vec![f64::NAN; count], |(values, _)| values))
    }
}
