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
            let value = self.once(context, |once| self.scalar(node, once))?;
            let value = value.first().copied().unwrap_or(f64::NAN);
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
        let begin = || vec![Only::Nothing; count];
        let parts =
            self.drive(&stream, context, Some(rayon::current_num_threads()), begin, |only, _, points| {
                for (only, &value) in only.iter_mut().zip(&points.floats) {
                    if !is_absent(value) {
                        *only = only.and(Only::Float(value));
                    }
                }
                Ok(())
            })?;
        let at = |step: usize| match parts.iter().fold(Only::Nothing, |only, part| only.and(part[step])) {
            Only::Float(value) => value,
            Only::Nothing | Only::Several => f64::NAN,
        };
        Ok((0..count).map(at).collect())
    }
}

/// The floats seen at one step.
#[derive(Clone, Copy)]
enum Only {
    Nothing,
    Float(f64),
    Several,
}

impl Only {
    fn and(self, other: Only) -> Only {
        match (self, other) {
            (Only::Nothing, only) | (only, Only::Nothing) => only,
            _ => Only::Several,
        }
    }
}
