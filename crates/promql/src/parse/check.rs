//! The checker: whether types and argument counts fit, children before parents, and what only makes sense once
//! types are known, such as whether two sides need matching.

use model::METRIC_NAME;
use model::names::quote;

use crate::parse::ParseError;
use crate::parse::parser::Result;
use crate::syntax::{
    Aggregate, BinaryExpr, Call, Cardinality, Expr, FunctionId, Span, ValueType, VectorMatching,
    VectorSelector,
};

/// Checks the expression and everything below it; yields its type.
pub(crate) fn check(expr: &mut Expr, query: &str) -> Result<ValueType> {
    Checker { query }.expr(expr)
}

struct Checker<'a> {
    query: &'a str,
}

impl Checker<'_> {
    fn expr(&self, expr: &mut Expr) -> Result<ValueType> {
        let span = expr.span();
        match expr {
            Expr::Aggregate(aggregate) => self.aggregate(aggregate),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Call(call) => self.call(call),
            Expr::Matrix(matrix) => {
                self.selector(&matrix.selector)?;
                Ok(ValueType::Matrix)
            }
            Expr::Number(_) => Ok(ValueType::Scalar),
            Expr::Paren(paren) => self.expr(&mut paren.expr),
            Expr::String(_) => Ok(ValueType::String),
            Expr::Subquery(subquery) => match self.expr(&mut subquery.expr)? {
                ValueType::Vector => Ok(ValueType::Matrix),
                other => {
                    self.fail(span, format!("subquery is only allowed on instant vector, got {other} instead"))
                }
            },
            Expr::Unary(unary) => match self.expr(&mut unary.expr)? {
                found @ (ValueType::Scalar | ValueType::Vector) => Ok(found),
                other => self.fail(
                    span,
                    format!(
                        "unary expression only allowed on expressions of type scalar or instant vector, got {}",
                        quote(other.documented())
                    ),
                ),
            },
            Expr::Vector(vector) => {
                self.selector(vector)?;
                Ok(ValueType::Vector)
            }
        }
    }

    fn aggregate(&self, aggregate: &mut Aggregate) -> Result<ValueType> {
        let found = self.expr(&mut aggregate.expr)?;
        self.expect(found, ValueType::Vector, "aggregation expression", aggregate.expr.span())?;
        if let (Some(param), Some(wanted)) = (&mut aggregate.param, aggregate.op.param_type()) {
            let found = self.expr(param)?;
            self.expect(found, wanted, "aggregation parameter", param.span())?;
        }
        Ok(ValueType::Vector)
    }

    fn call(&self, call: &mut Call) -> Result<ValueType> {
        let (function, count) = (call.function, call.args.len());
        let wrong = |bound: &str, wanted: usize| {
            let name = quote(function.name);
            let message = format!("expected {bound}{wanted} argument(s) in call to {name}, got {count}");
            self.fail(call.span, message)
        };
        if function.args_max() == Some(function.args_min()) && count != function.args_min() {
            return wrong("", function.args_min());
        }
        if count < function.args_min() {
            return wrong("at least ", function.args_min());
        }
        if let Some(max) = function.args_max().filter(|&max| count > max) {
            return wrong("at most ", max);
        }
        let name = quote(function.name);
        let info = function.id == FunctionId::Info;
        if info && let Some(labels) = call.args.get(1) {
            self.info_labels(labels, call.span)?;
        }
        for (index, arg) in call.args.iter_mut().enumerate() {
            let found = match &mut *arg {
                // The labels of `info` may match everything.
                Expr::Vector(_) if info && index == 1 => ValueType::Vector,
                arg => self.expr(arg)?,
            };
            let wanted = function.arg_type(index).unwrap_or(found);
            self.expect(found, wanted, &format!("call to function {name}"), arg.span())?;
        }
        Ok(function.returns)
    }

    /// The labels of `info` belong to no metric of the query's choice.
    fn info_labels(&self, labels: &Expr, call: Span) -> Result<()> {
        self.expect(labels.value_type(), ValueType::Vector, "call to function \"info\"", call)?;
        match labels {
            Expr::Vector(selector) if selector.name.is_empty() => Ok(()),
            Expr::Vector(selector) => {
                self.fail(selector.span, "expected label selectors only, got vector selector instead")
            }
            other => self.fail(other.span(), "expected label selectors only"),
        }
    }

    fn binary(&self, binary: &mut BinaryExpr) -> Result<ValueType> {
        let left = self.expr(&mut binary.left)?;
        let right = self.expr(&mut binary.right)?;
        let (op, scalars) = (binary.op, (left, right) == (ValueType::Scalar, ValueType::Scalar));
        if binary.return_bool && !op.is_comparison() {
            let message = "bool modifier can only be used on comparison operators";
            return self.fail(self.operator(binary), message);
        }
        if op.is_comparison() && !binary.return_bool && scalars {
            return self.fail(self.operator(binary), "comparisons between scalars must use BOOL modifier");
        }
        if let Some(matching) = binary.matching.as_mut().filter(|_| op.is_set())
            && matching.cardinality == Cardinality::OneToOne
        {
            matching.cardinality = Cardinality::ManyToMany;
        }
        self.repeated_label(binary)?;
        for (side, found) in [(&binary.left, left), (&binary.right, right)] {
            if !matches!(found, ValueType::Scalar | ValueType::Vector) {
                let message = "binary expression must contain only scalar and instant vector types";
                return self.fail(side.span(), message);
            }
        }
        if left == ValueType::Vector && right == ValueType::Vector {
            self.set_matching(binary)?;
            return Ok(ValueType::Vector);
        }
        if let Some(matching) = binary.matching.take() {
            self.no_matching(&matching, binary.span)?;
        }
        if op.is_set() {
            let message =
                format!("set operator {} not allowed in binary scalar expression", quote(op.symbol()));
            return self.fail(binary.span, message);
        }
        Ok(if scalars { ValueType::Scalar } else { ValueType::Vector })
    }

    fn repeated_label(&self, binary: &BinaryExpr) -> Result<()> {
        let Some(matching) = binary.matching.as_ref().filter(|matching| matching.on) else { return Ok(()) };
        let included: std::collections::HashSet<&String> = matching.include.iter().collect();
        match matching.labels.iter().find(|label| included.contains(label)) {
            Some(label) => {
                let message = format!("label {} must not occur in ON and GROUP clause at once", quote(label));
                self.fail(self.operator(binary), message)
            }
            None => Ok(()),
        }
    }

    fn set_matching(&self, binary: &BinaryExpr) -> Result<()> {
        let Some(matching) = binary.matching.as_ref().filter(|_| binary.op.is_set()) else { return Ok(()) };
        if matching.cardinality != Cardinality::ManyToMany {
            let message = format!("no grouping allowed for {} operation", quote(binary.op.symbol()));
            return self.fail(binary.span, message);
        }
        if matching.fill_left.is_some() || matching.fill_right.is_some() {
            return self.fail(binary.span, "filling in missing series not allowed for set operators");
        }
        Ok(())
    }

    fn no_matching(&self, matching: &VectorMatching, span: Span) -> Result<()> {
        if !matching.labels.is_empty() {
            return self.fail(span, "vector matching only allowed between instant vectors");
        }
        if matching.fill_left.is_some() || matching.fill_right.is_some() {
            return self.fail(span, "filling in missing series only allowed between instant vectors");
        }
        Ok(())
    }

    fn selector(&self, selector: &VectorSelector) -> Result<()> {
        let Some((_, in_braces)) = selector.matchers.split_last().filter(|_| !selector.name.is_empty())
        else {
            // A selector must not mean every series there is, which it would mostly mean by mistake.
            if selector.matchers.iter().all(|matcher| matcher.matches_empty()) {
                let message = "vector selector must contain at least one non-empty matcher";
                return self.fail(selector.span, message);
            }
            return Ok(());
        };
        match in_braces.iter().find(|matcher| matcher.name == METRIC_NAME) {
            Some(second) => {
                let (first, second) = (quote(&selector.name), quote(&second.value));
                self.fail(selector.span, format!("metric name must not be set twice: {first} or {second}"))
            }
            None => Ok(()),
        }
    }

    fn expect(&self, found: ValueType, wanted: ValueType, place: &str, span: Span) -> Result<()> {
        if found == wanted {
            return Ok(());
        }
        let (wanted, found) = (wanted.documented(), found.documented());
        self.fail(span, format!("expected type {wanted} in {place}, got {found}"))
    }

    /// Where the operator stands: behind the left side and the blanks.
    fn operator(&self, binary: &BinaryExpr) -> Span {
        let (mut start, end) = (binary.left.span().end as usize, binary.right.span().start as usize);
        while self.query.as_bytes().get(start).is_some_and(u8::is_ascii_whitespace) {
            start += 1;
        }
        Span::new(start, end.max(start))
    }

    fn fail<T>(&self, span: Span, message: impl Into<String>) -> Result<T> {
        Err(ParseError::new(self.query, span, message))
    }
}
