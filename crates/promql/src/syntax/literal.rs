//! Literals: numbers and texts.

use crate::syntax::Span;

/// A number. Durations are numbers too: `1h30m` is 5400.
#[derive(Clone, Debug)]
pub struct NumberLiteral {
    /// The number.
    pub value: f64,
    /// Whether it was written as a duration, so that it prints as one.
    pub duration: bool,
    /// Where it stands.
    pub span: Span,
}

/// A text.
#[derive(Clone, Debug, PartialEq)]
pub struct StringLiteral {
    /// The text, unescaped.
    pub value: String,
    /// The bytes, where escapes made them other than UTF-8; `value` then has replacement characters for the rest.
    pub bytes: Option<Vec<u8>>,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// Numbers are equal when their bits are, so that a query with NaN equals itself.
impl PartialEq for NumberLiteral {
    fn eq(&self, other: &NumberLiteral) -> bool {
        self.value.to_bits() == other.value.to_bits()
            && self.duration == other.duration
            && self.span == other.span
    }
}
