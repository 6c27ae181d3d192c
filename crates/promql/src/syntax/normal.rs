//! The normal form of a tree: what two trees of the same meaning have in common when one was printed and read back.

use crate::syntax::{BinaryOp, Duration, DurationExpr, Expr, Span, UnaryOp, VectorSelector};

impl Expr {
    /// The same expression without places, and with the matchers of each selector sorted.
    pub fn normalised(&self) -> Expr {
        let mut expr = self.clone();
        normalise(&mut expr);
        expr
    }
}

fn normalise(expr: &mut Expr) {
    let nowhere = Span::default();
    match expr {
        Expr::Aggregate(aggregate) => {
            aggregate.span = nowhere;
            normalise(&mut aggregate.expr);
            aggregate.param.iter_mut().for_each(normalise);
        }
        Expr::Binary(binary) => {
            binary.span = nowhere;
            normalise(&mut binary.left);
            normalise(&mut binary.right);
        }
        Expr::Call(call) => {
            call.span = nowhere;
            call.args.iter_mut().for_each(normalise);
        }
        Expr::Matrix(matrix) => {
            matrix.span = nowhere;
            normalise_duration(&mut matrix.range);
            normalise_selector(&mut matrix.selector);
        }
        Expr::Number(number) => number.span = nowhere,
        Expr::Paren(paren) => {
            paren.span = nowhere;
            normalise(&mut paren.expr);
        }
        Expr::String(string) => string.span = nowhere,
        Expr::Subquery(subquery) => {
            subquery.span = nowhere;
            normalise_duration(&mut subquery.range);
            normalise_duration(&mut subquery.offset);
            subquery.step.iter_mut().for_each(normalise_duration);
            normalise(&mut subquery.expr);
        }
        Expr::Unary(unary) => {
            unary.span = nowhere;
            normalise(&mut unary.expr);
            // Infinity prints with its sign, as Prometheus prints it, and what stands before a power is not the number's.
            if unary.op == UnaryOp::Plus && is_power_of_infinity(&unary.expr) {
                let power = unary.expr.clone();
                *expr = power;
            }
        }
        Expr::Vector(vector) => normalise_selector(vector),
    }
}

fn is_power_of_infinity(expr: &Expr) -> bool {
    match expr {
        Expr::Binary(binary) if binary.op == BinaryOp::Pow => match &binary.left {
            Expr::Number(number) => number.value == f64::INFINITY,
            left => is_power_of_infinity(left),
        },
        _ => false,
    }
}

fn normalise_selector(selector: &mut VectorSelector) {
    selector.span = Span::default();
    normalise_duration(&mut selector.offset);
    selector.matchers.sort_by_cached_key(|matcher| matcher.to_string());
}

fn normalise_duration(duration: &mut Duration) {
    if let Duration::Expr(expr) = duration {
        normalise_duration_expr(expr);
    }
}

fn normalise_duration_expr(expr: &mut DurationExpr) {
    match expr {
        DurationExpr::Number(number) => number.span = Span::default(),
        DurationExpr::Step(span) | DurationExpr::Range(span) => *span = Span::default(),
        DurationExpr::Unary { expr, span, .. } | DurationExpr::Paren { expr, span } => {
            *span = Span::default();
            normalise_duration_expr(expr);
        }
        DurationExpr::Binary { left, right, span, .. } => {
            *span = Span::default();
            normalise_duration_expr(left);
            normalise_duration_expr(right);
        }
    }
}
