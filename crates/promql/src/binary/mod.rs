//! Binary operators: element by element (`elements`), between vectors whose series find each other (`join`), and
//! of sets of series (`sets`).

pub(crate) mod elements;
mod join;
mod matching;
mod sets;
mod step_notes;

use std::sync::Arc;

use crate::error::QueryError;
use crate::eval::meter::Rows;
use crate::eval::stream::Stream;
use crate::eval::{Context, Evaluator};
use crate::plan::Node;
use crate::syntax::{BinaryOp, VectorMatching};

pub(crate) use elements::{changes_metric, scalars};
pub(crate) use matching::all_in_braces;

impl<'a> Evaluator<'a> {
    /// An operator between two vectors. Both count as held until its result does.
    pub(crate) fn binary(
        &self,
        node: &Node,
        op: BinaryOp,
        (left, right): (Arc<Rows>, Arc<Rows>),
        matching: &VectorMatching,
        return_bool: bool,
        context: Context<'_>,
    ) -> Result<Stream<'a>, QueryError> {
        self.meter.check()?;
        let meter = &self.meter;
        let Rows { rows, hold, are_distinct } = match op {
            BinaryOp::And => sets::and(left, &right, matching, meter)?,
            BinaryOp::Or => sets::or(left, right, matching, meter)?,
            BinaryOp::Unless => sets::unless(left, &right, matching, meter)?,
            _ => {
                let steps = context.steps.count;
                let (span, delayed) = (node.span, self.delayed());
                let join = join::Join { op, matching, return_bool, span, steps, delayed, meter };
                let (rows, notes) = join.run(&left.rows, &right.rows)?;
                context.notes.lock().merge(notes, 0);
                rows
            }
        };
        if are_distinct {
            let rows = Rows { are_distinct, ..meter.rows(node.id, rows, hold)? };
            return Ok(Stream::of_rows(rows));
        }
        self.merged(node, rows, hold)
    }
}
