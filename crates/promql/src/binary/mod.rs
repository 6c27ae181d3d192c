//! Binary operators: element by element (`elements`), between vectors whose series find each other (`join`), and
//! of sets of series (`sets`).

pub(crate) mod elements;
mod join;
mod matching;
mod sets;
mod step_notes;

use crate::error::QueryError;
use crate::eval::row::{Row, merge_equal};
use crate::eval::{Context, Evaluator};
use crate::syntax::{BinaryOp, Span, VectorMatching};

pub(crate) use elements::{changes_metric, scalars};
pub(crate) use matching::all_in_braces;

impl Evaluator<'_> {
    /// An operator between two vectors.
    pub(crate) fn binary(
        &self,
        op: BinaryOp,
        (left, right): (Vec<Row>, Vec<Row>),
        matching: &VectorMatching,
        return_bool: bool,
        span: Span,
        context: Context<'_>,
    ) -> Result<Vec<Row>, QueryError> {
        self.meter.check()?;
        let rows = match op {
            BinaryOp::And => sets::and(left, right, matching, &self.meter)?,
            BinaryOp::Or => sets::or(left, right, matching, &self.meter)?,
            BinaryOp::Unless => sets::unless(left, right, matching, &self.meter)?,
            _ => {
                let steps = context.steps.count;
                let delayed = self.delayed();
                let meter = &self.meter;
                let join = join::Join { op, matching, return_bool, span, steps, delayed, meter };
                let (rows, notes) = join.run(left, right)?;
                context.notes.lock().merge(notes, 0);
                rows
            }
        };
        merge_equal(rows, &self.meter)
    }
}
