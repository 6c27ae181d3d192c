//! The parser's one error: what is wrong, and where.

use crate::syntax::Span;

/// Why a text is not PromQL. `Display` writes `line:column: parse error: message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: parse error: {message}")]
pub struct ParseError {
    /// Which part of the text is wrong.
    pub span: Span,
    /// Where that part begins, as `line:column`.
    pub position: String,
    /// What is wrong with it, and often what was expected.
    pub message: String,
}

impl ParseError {
    pub(crate) fn new(query: &str, span: Span, message: impl Into<String>) -> ParseError {
        ParseError { span, position: span.line_column(query), message: message.into() }
    }
}
