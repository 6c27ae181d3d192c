//! The printer: the tree back into text, on one line, on many, or as the JSON of the HTTP API.
//!
//! What is printed parses to the same tree again, places aside.

mod canonical;
mod json;
mod pretty;

use crate::syntax::Expr;

/// Writes an expression on one line, the way Prometheus does.
pub fn canonical(expr: &Expr) -> String {
    canonical::expr(expr)
}

/// Writes an expression on as many lines as it takes to stay within 100 columns, the way Prometheus does.
pub fn pretty(expr: &Expr) -> String {
    pretty::expr(expr)
}

/// Writes the tree as JSON, the way `/api/v1/parse_query` answers.
pub fn json(expr: &Expr) -> String {
    json::expr(expr)
}

impl std::fmt::Display for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&canonical::expr(self))
    }
}
