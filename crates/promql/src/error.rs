//! Why a query has no answer.

use tsdb::StoreError;

use crate::syntax::DurationError;

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The query is not PromQL.
    #[error(transparent)]
    Parse(#[from] crate::parse::ParseError),
    /// The data or the parameters do not allow what the query asks for.
    #[error("{0}")]
    Execution(String),
    /// A duration expression has no value.
    #[error(transparent)]
    Duration(#[from] DurationError),
    /// The expression's type does not fit the kind of query.
    #[error("invalid expression type {0:?} for range query, must be Scalar or instant Vector")]
    RangeType(&'static str),
    /// The caller's check said that time is up.
    #[error("query timed out in expression evaluation")]
    TimedOut,
    /// The caller's check said to stop.
    #[error("query was canceled in expression evaluation")]
    Cancelled,
    /// The query was to be evaluated only if that is little work, which it is not.
    #[error("query is too large to be evaluated at once")]
    Large,
    /// A bound of the query was reached.
    #[error("{message} ({bound} is {limit})")]
    Limit {
        /// What would have happened.
        message: &'static str,
        /// The name of the bound.
        bound: &'static str,
        /// Its value.
        limit: u64,
    },
    /// The store failed.
    #[error("expanding series: {0}")]
    Store(#[from] StoreError),
}

impl QueryError {
    pub(crate) fn execution(message: impl Into<String>) -> QueryError {
        QueryError::Execution(message.into())
    }

    pub(crate) fn same_labels() -> QueryError {
        QueryError::execution("vector cannot contain metrics with the same labelset")
    }
}
