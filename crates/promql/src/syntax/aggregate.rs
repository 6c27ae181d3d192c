//! Aggregations: `sum by (job) (x)` and its siblings.

use std::fmt;

use crate::syntax::{Expr, Span, ValueType};

/// Many series into few.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// How samples of a group become one.
    pub op: AggregateOp,
    /// What is aggregated; an instant vector.
    pub expr: Expr,
    /// The parameter of the operators that have one (`AggregateOp::param_type`).
    pub param: Option<Expr>,
    /// The labels that make a group, or with `without` those that do not.
    pub grouping: Vec<String>,
    /// Whether `grouping` names the labels to drop rather than those to keep.
    pub without: bool,
    /// Where the aggregation stands.
    pub span: Span,
}

/// How samples of a group become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AggregateOp {
    /// The sum.
    Sum,
    /// The mean.
    Avg,
    /// How many.
    Count,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// 1 for every group.
    Group,
    /// Standard deviation of the population.
    Stddev,
    /// Variance of the population.
    Stdvar,
    /// The k largest, labels kept.
    Topk,
    /// The k smallest, labels kept.
    Bottomk,
    /// How many series have each value.
    CountValues,
    /// A quantile over the group.
    Quantile,
    /// Any k series, the same every time.
    Limitk,
    /// A pseudo-random share of the series, the same every time.
    LimitRatio,
}

impl AggregateOp {
    /// Every operator, in the order of the documentation.
    pub const ALL: [AggregateOp; 14] = [
        AggregateOp::Sum,
        AggregateOp::Avg,
        AggregateOp::Count,
        AggregateOp::Min,
        AggregateOp::Max,
        AggregateOp::Group,
        AggregateOp::Stddev,
        AggregateOp::Stdvar,
        AggregateOp::Topk,
        AggregateOp::Bottomk,
        AggregateOp::CountValues,
        AggregateOp::Quantile,
        AggregateOp::Limitk,
        AggregateOp::LimitRatio,
    ];

    /// The operator as it is written, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            AggregateOp::Sum => "sum",
            AggregateOp::Avg => "avg",
            AggregateOp::Count => "count",
            AggregateOp::Min => "min",
            AggregateOp::Max => "max",
            AggregateOp::Group => "group",
            AggregateOp::Stddev => "stddev",
            AggregateOp::Stdvar => "stdvar",
            AggregateOp::Topk => "topk",
            AggregateOp::Bottomk => "bottomk",
            AggregateOp::CountValues => "count_values",
            AggregateOp::Quantile => "quantile",
            AggregateOp::Limitk => "limitk",
            AggregateOp::LimitRatio => "limit_ratio",
        }
    }

    /// The type of the parameter, `None` where there is none.
    pub fn param_type(self) -> Option<ValueType> {
        match self {
            AggregateOp::CountValues => Some(ValueType::String),
            AggregateOp::Topk
            | AggregateOp::Bottomk
            | AggregateOp::Quantile
            | AggregateOp::Limitk
            | AggregateOp::LimitRatio => Some(ValueType::Scalar),
            _ => None,
        }
    }

    /// Whether Prometheus keeps the operator behind its flag for experimental functions.
    pub fn experimental(self) -> bool {
        matches!(self, AggregateOp::Limitk | AggregateOp::LimitRatio)
    }
}

impl fmt::Display for AggregateOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
