//! Selectors: which series, and when. `x{job="api"}`, `x[5m]`, `(x + y)[1h:1m]`, with `offset` and `@`.

use model::{Matcher, Timestamp};

use crate::syntax::{Duration, Expr, Span};

/// The newest sample of each matching series.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorSelector {
    /// The metric name written before or inside the braces; empty where it was only matched on, or not at all.
    pub name: String,
    /// All conditions, that on `name` included.
    pub matchers: Vec<Matcher>,
    /// How far back to look; negative looks ahead.
    pub offset: Duration,
    /// The time to look at instead of the evaluation's.
    pub at: Option<At>,
    /// What happens at the ends of the range.
    pub range_kind: RangeKind,
    /// Where the selector stands, its modifiers included.
    pub span: Span,
}

/// The samples of each matching series over a range.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixSelector {
    /// Which series, with the offset and `@` that apply to the range.
    pub selector: VectorSelector,
    /// How long the range is.
    pub range: Duration,
    /// Where the selector stands.
    pub span: Span,
}

/// An instant expression evaluated at every step of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// What is evaluated.
    pub expr: Expr,
    /// How long the range is.
    pub range: Duration,
    /// The step; `None` for the default one.
    pub step: Option<Duration>,
    /// How far back the range ends.
    pub offset: Duration,
    /// The time the range ends at instead of the evaluation's.
    pub at: Option<At>,
    /// Where the subquery stands.
    pub span: Span,
}

/// What `@` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum At {
    /// A time.
    Time(Timestamp),
    /// The start of the query's range.
    Start,
    /// The end of the query's range.
    End,
}

/// What happens at the ends of a selector's range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RangeKind {
    /// The samples in the range, and nothing else.
    #[default]
    Plain,
    /// `anchored`: the ends take the value of the last sample before them.
    Anchored,
    /// `smoothed`: the ends are interpolated between their neighbours.
    Smoothed,
}
