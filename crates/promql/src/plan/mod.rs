//! The plan: the expression as it will be evaluated.
//!
//! Compared with the syntax tree, durations and `@ start()` are numbers, what depends on the query alone is
//! folded, parentheses are gone, every function is the code behind it, and each node knows whether its value
//! is the same at every step.

mod build;
mod call;
pub(crate) mod explain;

use std::sync::Arc;

use model::{Matcher, Timestamp};

use crate::functions::{HistogramFunction, RangeFunction, SampleFunction};
use crate::syntax::{AggregateOp, BinaryOp, RangeKind, Span, ValueType, VectorMatching};

pub(crate) use build::{Environment, build};
pub use explain::PlanNode;

/// One node of a plan.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its number, which its statistics go by.
    pub(crate) id: usize,
    /// Where the expression it evaluates stands in the query.
    pub(crate) span: Span,
    /// Whether its value is the same at every step, so that one step is enough.
    pub(crate) invariant: bool,
    /// Nodes with the same number evaluate the same text and are worth evaluating once.
    pub(crate) shared: Option<usize>,
    /// What it does.
    pub(crate) kind: Kind,
}

/// What a node does.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A number.
    Number(f64),
    /// A text; only ever the whole query.
    Text(String),
    /// `time()`
    Time,
    /// `scalar(v)`
    Scalar(Box<Node>),
    /// `-s`
    ScalarNegate(Box<Node>),
    /// An operator between two scalars.
    ScalarBinary { op: BinaryOp, left: Box<Node>, right: Box<Node> },
    /// `min_of(s, t)` and `max_of(s, t)`
    ScalarExtreme { largest: bool, left: Box<Node>, right: Box<Node> },
    /// `vector(s)`
    Vector(Box<Node>),
    /// The newest sample of each series.
    Select(Selector),
    /// The time of the newest sample of each series, or when it started counting.
    SampleTime { selector: Selector, of_start: bool },
    /// A range by itself; only ever the whole query.
    Matrix(Range),
    /// A function over ranges.
    RangeCall { function: &'static RangeFunction, range: Range, params: Vec<Node>, span: Span },
    /// `absent_over_time(r)`
    AbsentOverTime { range: Range, absent: Absent },
    /// `absent(v)`
    Absent { input: Box<Node>, absent: Absent },
    /// A function of each sample by itself.
    PerSample { function: SampleFunction, input: Box<Node>, params: Vec<Node> },
    /// A function of the time of each step: `hour()`.
    TimePart(fn(i64) -> f64),
    /// `timestamp(v)` where the times of samples are those of the steps.
    StepTime(Box<Node>),
    /// A series that is never there: `start_timestamp(v)` of something computed.
    Nothing(Box<Node>),
    /// `-v`
    Negate(Box<Node>),
    /// Order by value.
    Sort { input: Box<Node>, descending: bool },
    /// Order by labels.
    SortByLabel { input: Box<Node>, labels: Vec<String>, descending: bool },
    /// `label_replace(v, ...)`
    LabelReplace {
        input: Box<Node>,
        target: String,
        replacement: String,
        source: String,
        regex: Box<model::Regex>,
    },
    /// `label_join(v, ...)`
    LabelJoin { input: Box<Node>, target: String, separator: String, sources: Vec<String> },
    /// Functions of whole histograms, classic ones included.
    Histogram { function: HistogramFunction, input: Box<Node>, params: Vec<Node>, label: Option<String> },
    /// `info(v, {...})`
    Info { input: Box<Node>, matchers: Option<Vec<Matcher>>, at: Option<Timestamp>, offset: i64 },
    /// An aggregation.
    Aggregate(Box<Aggregation>),
    /// An operator between the samples of a vector and a scalar.
    VectorScalar { op: BinaryOp, vector: Box<Node>, scalar: Box<Node>, scalar_left: bool, return_bool: bool },
    /// An operator between two vectors.
    VectorVector {
        op: BinaryOp,
        left: Box<Node>,
        right: Box<Node>,
        matching: VectorMatching,
        return_bool: bool,
    },
}

/// Which series, and at what time.
#[derive(Debug, Clone)]
pub(crate) struct Selector {
    pub(crate) matchers: Arc<[Matcher]>,
    /// How far before the evaluation time to look, in milliseconds.
    pub(crate) offset: i64,
    /// The time to look at instead of the evaluation's, before the offset.
    pub(crate) at: Option<Timestamp>,
    pub(crate) kind: RangeKind,
    /// Whether of histograms only the count and the sum are asked for.
    pub(crate) counts_only: bool,
}

/// Samples over a range.
#[derive(Debug)]
pub(crate) struct Range {
    pub(crate) source: RangeSource,
    /// How long the range is, in milliseconds.
    pub(crate) length: i64,
    pub(crate) offset: i64,
    pub(crate) at: Option<Timestamp>,
    pub(crate) kind: RangeKind,
    /// Whether of histograms only the count and the sum are asked for.
    pub(crate) counts_only: bool,
    /// The node of the selector or subquery, for statistics.
    pub(crate) id: usize,
    pub(crate) span: Span,
}

/// Where the samples of a range come from.
#[derive(Debug)]
pub(crate) enum RangeSource {
    /// The store.
    Select(Arc<[Matcher]>),
    /// An expression, evaluated every `interval` milliseconds.
    Subquery { input: Box<Node>, interval: i64 },
}

/// What the series of `absent` is called.
pub(crate) type Absent = model::Labels;

/// An aggregation.
#[derive(Debug)]
pub(crate) struct Aggregation {
    pub(crate) op: AggregateOp,
    pub(crate) input: Node,
    pub(crate) param: Option<Node>,
    /// The label `count_values` writes the value into.
    pub(crate) label: Option<String>,
    /// Sorted.
    pub(crate) grouping: Vec<String>,
    pub(crate) without: bool,
    pub(crate) span: Span,
}

/// The whole query.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) root: Node,
    pub(crate) value_type: ValueType,
    /// What each node is, by its id, for explanations.
    pub(crate) labels: Vec<NodeLabel>,
    /// How often each text worth sharing occurs, by the number of the text.
    pub(crate) shares: hashbrown::HashMap<usize, usize>,
}

/// What a node is called in an explanation.
#[derive(Debug, Clone)]
pub(crate) struct NodeLabel {
    pub(crate) operation: &'static str,
    pub(crate) span: Span,
    pub(crate) parent: Option<usize>,
}

impl Selector {
    /// The time a step looks at.
    pub(crate) fn reference(&self, time: Timestamp) -> Timestamp {
        self.at.unwrap_or(time).saturating_sub(self.offset)
    }
}

impl Range {
    /// The end of the range at a step.
    pub(crate) fn reference(&self, time: Timestamp) -> Timestamp {
        self.at.unwrap_or(time).saturating_sub(self.offset)
    }
}
