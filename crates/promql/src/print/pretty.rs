//! Expressions on many lines: a node that does not fit 100 columns is split, its children indented by two.

use crate::print::canonical;
use crate::syntax::Expr;

const COLUMNS_MAX: usize = 100;

pub(crate) fn expr(expr: &Expr) -> String {
    split(expr, 0)
}

/// Writes the expression, indented by `level`, where that is not 0.
fn split(expr: &Expr, level: usize) -> String {
    let indent = "  ".repeat(level);
    let line = canonical::expr(expr);
    let fits = line.len() <= COLUMNS_MAX;
    match expr {
        Expr::Unary(unary) => {
            format!("{indent}{}{}", unary.op.symbol(), split(&unary.expr, level).trim())
        }
        // Prometheus does not indent a subquery that fits.
        Expr::Subquery(_) if fits => line,
        Expr::Matrix(_) | Expr::Vector(_) | Expr::Number(_) | Expr::String(_) => format!("{indent}{line}"),
        _ if fits => format!("{indent}{line}"),
        Expr::Aggregate(aggregate) => {
            let mut out = format!("{indent}{}(\n", canonical::aggregate_head(aggregate));
            if let Some(param) = &aggregate.param {
                out.push_str(&format!("{},\n", split(param, level + 1)));
            }
            format!("{out}{}\n{indent})", split(&aggregate.expr, level + 1))
        }
        Expr::Binary(binary) => {
            let (left, right) = (split(&binary.left, level + 1), split(&binary.right, level + 1));
            format!("{left}\n{indent}{}\n{right}", canonical::operator(binary))
        }
        Expr::Call(call) => {
            let args: Vec<String> = call.args.iter().map(|arg| split(arg, level + 1)).collect();
            format!("{indent}{}(\n{}\n{indent})", call.function.name, args.join(",\n"))
        }
        Expr::Paren(paren) => format!("{indent}(\n{}\n{indent})", split(&paren.expr, level + 1)),
        Expr::Subquery(subquery) => {
            format!("{}{}", split(&subquery.expr, level), canonical::subquery_tail(subquery))
        }
    }
}
