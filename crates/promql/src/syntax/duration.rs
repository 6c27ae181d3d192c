//! Durations of ranges, steps and offsets: mostly constants, sometimes expressions of the query's own range and step.

use crate::functions::math::{larger, smaller};
use crate::syntax::{NumberLiteral, Span, UnaryOp};

/// A duration in a selector or a modifier.
#[derive(Clone, Debug, PartialEq)]
pub enum Duration {
    /// Known when it was parsed, in milliseconds.
    Millis(i64),
    /// Known when the query's range and step are.
    Expr(Box<DurationExpr>),
}

/// An expression of durations; numbers are seconds.
#[derive(Clone, Debug, PartialEq)]
pub enum DurationExpr {
    /// A number or a duration.
    Number(NumberLiteral),
    /// `step()`: the query's step; 0 in an instant query.
    Step(Span),
    /// `range()`: the query's end minus its start; 0 in an instant query.
    Range(Span),
    /// A sign before an expression.
    Unary {
        /// The sign.
        op: UnaryOp,
        /// What it stands before.
        expr: Box<DurationExpr>,
        /// Where it stands.
        span: Span,
    },
    /// An operator or a function of two.
    Binary {
        /// The operator.
        op: DurationOp,
        /// Its left or first operand.
        left: Box<DurationExpr>,
        /// Its right or second operand.
        right: Box<DurationExpr>,
        /// Where it stands.
        span: Span,
    },
    /// An expression in parentheses.
    Paren {
        /// What they hold.
        expr: Box<DurationExpr>,
        /// Where they stand.
        span: Span,
    },
}

/// What combines two durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DurationOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Pow,
    /// `min_of(a, b)`
    MinOf,
    /// `max_of(a, b)`
    MaxOf,
}

/// What duration expressions are evaluated with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DurationContext {
    /// The query's step in milliseconds; 0 in an instant query.
    pub step_ms: i64,
    /// The query's end minus its start in milliseconds; 0 in an instant query.
    pub range_ms: i64,
}

/// Why a duration expression has no value. Positions are byte offsets, as Prometheus gives them here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {reason}", span.start, span.end)]
pub struct DurationError {
    /// The offending expression.
    pub span: Span,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Duration {
    /// No time at all: the offset of a selector without one.
    pub const ZERO: Duration = Duration::Millis(0);

    /// The value in milliseconds of a range or a step, which must be positive.
    pub fn resolve_positive(&self, context: DurationContext) -> Result<i64, DurationError> {
        self.resolve(context, false)
    }

    /// The value in milliseconds of an offset, which may be anything.
    pub fn resolve_signed(&self, context: DurationContext) -> Result<i64, DurationError> {
        self.resolve(context, true)
    }

    fn resolve(&self, context: DurationContext, negative_allowed: bool) -> Result<i64, DurationError> {
        let expr = match self {
            Duration::Millis(millis) => return Ok(*millis),
            Duration::Expr(expr) => expr,
        };
        let seconds = expr.seconds(context)?;
        let fail = |reason| Err(DurationError { span: expr.span(), reason });
        if !seconds.is_finite() {
            return fail("duration is NaN or infinite");
        }
        if seconds <= 0.0 && !negative_allowed {
            return fail("duration must be greater than 0");
        }
        if seconds.abs() > SECONDS_MAX {
            return fail("duration is out of range");
        }
        Ok((seconds * 1000.0) as i64)
    }
}

/// Durations beyond this many seconds do not fit 64 bits of nanoseconds, where Prometheus draws the line.
pub(crate) const SECONDS_MAX: f64 = (1u64 << 63) as f64 / 1e9;

impl DurationExpr {
    /// Where the expression stands.
    pub fn span(&self) -> Span {
        match self {
            DurationExpr::Number(number) => number.span,
            DurationExpr::Step(span) | DurationExpr::Range(span) => *span,
            DurationExpr::Unary { span, .. }
            | DurationExpr::Binary { span, .. }
            | DurationExpr::Paren { span, .. } => *span,
        }
    }

    fn seconds(&self, context: DurationContext) -> Result<f64, DurationError> {
        Ok(match self {
            DurationExpr::Number(number) => number.value,
            DurationExpr::Step(_) => context.step_ms as f64 / 1000.0,
            DurationExpr::Range(_) => context.range_ms as f64 / 1000.0,
            DurationExpr::Unary { op: UnaryOp::Plus, expr, .. } | DurationExpr::Paren { expr, .. } => {
                expr.seconds(context)?
            }
            DurationExpr::Unary { op: UnaryOp::Minus, expr, .. } => -expr.seconds(context)?,
            DurationExpr::Binary { op, left, right, span } => {
                let (left, right) = (left.seconds(context)?, right.seconds(context)?);
                let fail = |reason| Err(DurationError { span: *span, reason });
                match op {
                    DurationOp::Add => left + right,
                    DurationOp::Sub => left - right,
                    DurationOp::Mul => left * right,
                    DurationOp::Div if right == 0.0 => return fail("division by zero"),
                    DurationOp::Div => left / right,
                    DurationOp::Mod if right == 0.0 => return fail("modulo by zero"),
                    DurationOp::Mod => left % right,
                    DurationOp::Pow => left.powf(right),
                    DurationOp::MinOf => smaller(left, right),
                    DurationOp::MaxOf => larger(left, right),
                }
            }
        })
    }
}
