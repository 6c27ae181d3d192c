//! The parser: text into the syntax tree, or one error that says where and what was expected.
//!
//! Three passes, each a file or two: the lexer cuts the text into tokens, the parser (precedence climbing) builds
//! the tree, the checker makes sure that types and argument counts fit. The first error wins. Nesting is bounded,
//! so neither parsing nor any later walk over the tree can overflow the stack, and every pass is linear.

mod binary;
mod check;
mod duration;
mod error;
mod lexer;
mod number;
mod parser;
mod selector;
mod string;
mod token;

#[cfg(test)]
mod tests;

use model::{Labels, Matcher};

pub use error::ParseError;
pub use number::parse_number;
pub use string::unquote;

use crate::syntax::Expr;
use parser::Parser;

/// How large a query may be. What Prometheus keeps behind flags of its parser is always on here: none of it
/// changes the meaning of a query that was valid without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseOptions {
    /// The longest query.
    pub query_bytes_max: usize,
    /// The deepest tree: how many operators, calls and parentheses may lie within each other. A chain such as
    /// `a + b + c` is as deep as it has operators.
    pub depth_max: usize,
}

impl Default for ParseOptions {
    fn default() -> ParseOptions {
        ParseOptions { query_bytes_max: 1 << 20, depth_max: 400 }
    }
}

/// Parses a query.
pub fn parse(query: &str) -> Result<Expr, ParseError> {
    parse_with(query, ParseOptions::default())
}

/// Parses a query within limits of the caller's.
pub fn parse_with(query: &str, options: ParseOptions) -> Result<Expr, ParseError> {
    let mut expr = Parser::new(query, options)?.query()?;
    check::check(&mut expr, query)?;
    Ok(expr)
}

/// Parses a selector without modifiers, as the API's `match[]` has it: `{job="api"}`, `up`.
pub fn parse_selector(selector: &str) -> Result<Vec<Matcher>, ParseError> {
    Parser::new(selector, ParseOptions::default())?.bare_selector()
}

/// Parses a label set as it is printed: `up{job="api"}`, `{"dotted.name", job="api"}`.
pub fn parse_labels(labels: &str) -> Result<Labels, ParseError> {
    Parser::new(labels, ParseOptions::default())?.label_set()
}
