//! From the syntax tree to the plan.

use hashbrown::HashMap;
use model::Timestamp;

use crate::error::QueryError;
use crate::plan::call::is_label_name;
use crate::plan::{Aggregation, Kind, Node, NodeLabel, Plan, Range, RangeSource, Selector};
use crate::syntax::{
    Aggregate, At, BinaryExpr, BinaryOp, DurationContext, Expr, FunctionId, RangeKind, Span, StringLiteral,
    Subquery, UnaryOp, ValueType, VectorSelector,
};

/// What a plan depends on besides the expression.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Environment<'a> {
    pub(crate) query: &'a str,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    /// The step of the query in milliseconds; 0 for an instant query.
    pub(crate) step: i64,
    /// The step of subqueries that name none, in milliseconds.
    pub(crate) subquery_step: i64,
}

/// Plans an expression.
pub(crate) fn build(expr: &Expr, environment: Environment<'_>) -> Result<Plan, QueryError> {
    let mut builder = Builder {
        environment,
        labels: Vec::new(),
        parents: Vec::new(),
        texts: HashMap::new(),
        counts_only: false,
        needs_buckets: false,
    };
    let root = builder.node(expr)?;
    let shares = builder.texts.into_values().collect::<HashMap<usize, usize>>();
    Ok(Plan { root, value_type: expr.value_type(), labels: builder.labels, shares })
}

pub(super) struct Builder<'a> {
    pub(super) environment: Environment<'a>,
    labels: Vec<NodeLabel>,
    parents: Vec<usize>,
    /// By text of an expression worth sharing, and whether only counts are asked of its histograms: its number and how
    /// often it occurs.
    texts: HashMap<(&'a str, bool), (usize, usize)>,
    /// Whether some function above asks for the count or the sum of histograms.
    counts_only: bool,
    /// Whether something above needs whole histograms.
    needs_buckets: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn node(&mut self, expr: &Expr) -> Result<Node, QueryError> {
        let expr = expr.unparenthesised();
        let outside = (self.counts_only, self.needs_buckets);
        self.counts_only |= counts_only(expr);
        self.needs_buckets |= needs_buckets(expr);
        let node = self.node_inside(expr);
        (self.counts_only, self.needs_buckets) = outside;
        node
    }

    fn node_inside(&mut self, expr: &Expr) -> Result<Node, QueryError> {
        let span = expr.span();
        let id = self.enter(operation(expr), span);
        let (kind, invariant) = match expr {
            Expr::Number(number) => (Kind::Number(number.value), true),
            Expr::String(string) => (Kind::Text(string.value.clone()), true),
            Expr::Vector(vector) => {
                let selector = self.selector(vector)?;
                let invariant = selector.at.is_some();
                (Kind::Select(selector), invariant)
            }
            Expr::Matrix(_) | Expr::Subquery(_) => {
                let range = self.range_inside(expr, id)?;
                let invariant = range.at.is_some();
                (Kind::Matrix(range), invariant)
            }
            Expr::Unary(unary) => self.unary(unary.op, &unary.expr)?,
            Expr::Binary(binary) => self.binary(binary)?,
            Expr::Aggregate(aggregate) => self.aggregate(aggregate)?,
            Expr::Call(call) => self.call(call)?,
            Expr::Paren(_) => unreachable!("parentheses were taken off"),
        };
        self.parents.pop();
        let shared = is_worth_sharing(&kind).then(|| self.share(span));
        Ok(Node { id, span, invariant, shared, kind })
    }

    pub(super) fn boxed(&mut self, expr: &Expr) -> Result<Box<Node>, QueryError> {
        self.node(expr).map(Box::new)
    }

    fn enter(&mut self, operation: &'static str, span: Span) -> usize {
        let id = self.labels.len();
        self.labels.push(NodeLabel { operation, span, parent: self.parents.last().copied() });
        self.parents.push(id);
        id
    }

    fn share(&mut self, span: Span) -> usize {
        let next = self.texts.len();
        let key = (span.text(self.environment.query), self.counts_only && !self.needs_buckets);
        let (number, count) = self.texts.entry(key).or_insert((next, 0));
        *count += 1;
        *number
    }

    fn unary(&mut self, op: UnaryOp, expr: &Expr) -> Result<(Kind, bool), QueryError> {
        let input = self.node(expr)?;
        let invariant = input.invariant;
        let kind = match (op, expr.value_type()) {
            (UnaryOp::Plus, _) => input.kind,
            (UnaryOp::Minus, ValueType::Scalar) => match input.kind {
                Kind::Number(value) => Kind::Number(-value),
                _ => Kind::ScalarNegate(Box::new(input)),
            },
            (UnaryOp::Minus, _) => Kind::Negate(Box::new(input)),
        };
        Ok((kind, invariant))
    }

    fn binary(&mut self, binary: &BinaryExpr) -> Result<(Kind, bool), QueryError> {
        let (op, return_bool) = (binary.op, binary.return_bool);
        let (left, right) = (self.node(&binary.left)?, self.node(&binary.right)?);
        let invariant = left.invariant && right.invariant;
        let scalars = (binary.left.value_type(), binary.right.value_type());
        let kind = match scalars {
            (ValueType::Scalar, ValueType::Scalar) => match (&left.kind, &right.kind) {
                (&Kind::Number(left), &Kind::Number(right)) => {
                    Kind::Number(crate::binary::scalars(op, left, right))
                }
                _ => Kind::ScalarBinary { op, left: Box::new(left), right: Box::new(right) },
            },
            (ValueType::Scalar, _) | (_, ValueType::Scalar) => {
                let scalar_left = scalars.0 == ValueType::Scalar;
                let (scalar, vector) = if scalar_left { (left, right) } else { (right, left) };
                let (scalar, vector) = (Box::new(scalar), Box::new(vector));
                Kind::VectorScalar { op, vector, scalar, scalar_left, return_bool }
            }
            _ => {
                let matching = binary.matching.clone();
                let matching = matching.expect("the parser gives two vectors a matching");
                let mut operands = [left, right];
                for operand in operands.iter_mut().filter(|operand| operand.shared.is_none()) {
                    // Rows of both sides are made in full, so equal sides are worth sharing whatever they are.
                    operand.shared = Some(self.share(operand.span));
                }
                let [left, right] = operands.map(Box::new);
                Kind::VectorVector { op, left, right, matching, return_bool }
            }
        };
        Ok((kind, invariant))
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> Result<(Kind, bool), QueryError> {
        let (param, label) = match aggregate.param.as_ref().map(Expr::unparenthesised) {
            Some(Expr::String(label)) => {
                if !is_label_name(label) {
                    return Err(QueryError::execution(format!("invalid label name {}", quoted(label))));
                }
                (None, Some(label.value.clone()))
            }
            Some(param) => (Some(self.node(param)?), None),
            None => (None, None),
        };
        let input = self.node(&aggregate.expr)?;
        let mut grouping = aggregate.grouping.clone();
        grouping.sort();
        grouping.dedup();
        // The parameter is not asked: where the input stands still, so does the aggregation.
        let invariant = input.invariant;
        let (op, without) = (aggregate.op, aggregate.without);
        let aggregation = Aggregation { op, input, param, label, grouping, without, span: aggregate.span };
        Ok((Kind::Aggregate(Box::new(aggregation)), invariant))
    }

    pub(super) fn selector(&self, vector: &VectorSelector) -> Result<Selector, QueryError> {
        Ok(Selector {
            matchers: vector.matchers.clone().into(),
            offset: vector.offset.resolve_signed(self.durations())?,
            at: vector.at.map(|at| self.time_of(at)),
            kind: vector.range_kind,
            counts_only: self.counts_only && !self.needs_buckets,
        })
    }

    pub(super) fn range(&mut self, expr: &Expr) -> Result<Range, QueryError> {
        let expr = expr.unparenthesised();
        let id = self.enter(operation(expr), expr.span());
        let range = self.range_inside(expr, id)?;
        self.parents.pop();
        Ok(range)
    }

    fn range_inside(&mut self, expr: &Expr, id: usize) -> Result<Range, QueryError> {
        let span = expr.span();
        match expr {
            Expr::Matrix(matrix) => {
                let selector = self.selector(&matrix.selector)?;
                Ok(Range {
                    source: RangeSource::Select(selector.matchers),
                    length: matrix.range.resolve_positive(self.durations())?,
                    offset: selector.offset,
                    at: selector.at,
                    kind: selector.kind,
                    counts_only: selector.counts_only,
                    id,
                    span,
                })
            }
            Expr::Subquery(subquery) => self.subquery(subquery, id),
            _ => Err(QueryError::execution("expected a range vector")),
        }
    }

    fn subquery(&mut self, subquery: &Subquery, id: usize) -> Result<Range, QueryError> {
        let durations = self.durations();
        let interval = match &subquery.step {
            Some(step) => step.resolve_positive(durations)?,
            None => 0,
        };
        let interval = if interval == 0 { self.environment.subquery_step.max(1) } else { interval };
        let needs_buckets = std::mem::replace(&mut self.needs_buckets, true);
        let input = self.boxed(&subquery.expr);
        self.needs_buckets = needs_buckets;
        Ok(Range {
            source: RangeSource::Subquery { input: input?, interval },
            length: subquery.range.resolve_positive(durations)?,
            offset: subquery.offset.resolve_signed(durations)?,
            at: subquery.at.map(|at| self.time_of(at)),
            kind: RangeKind::Plain,
            counts_only: false,
            id,
            span: subquery.span,
        })
    }

    pub(super) fn durations(&self) -> DurationContext {
        DurationContext {
            step_ms: self.environment.step,
            range_ms: self.environment.end.saturating_sub(self.environment.start),
        }
    }

    pub(super) fn time_of(&self, at: At) -> Timestamp {
        match at {
            At::Time(time) => time,
            At::Start => self.environment.start,
            At::End => self.environment.end,
        }
    }
}

/// Sharing keeps the rows, so it is done where they were made in full anyway.
fn is_worth_sharing(kind: &Kind) -> bool {
    matches!(kind, Kind::Aggregate(_) | Kind::VectorVector { .. } | Kind::Histogram { .. })
}

/// Whether an expression asks for the count and the sum of histograms alone.
fn counts_only(expr: &Expr) -> bool {
    use FunctionId::{HistogramAvg, HistogramCount, HistogramSum};
    matches!(expr, Expr::Call(call) if matches!(call.function.id, HistogramCount | HistogramSum | HistogramAvg))
}

/// Whether an expression asks for the buckets of histograms.
fn needs_buckets(expr: &Expr) -> bool {
    use FunctionId::{HistogramFraction, HistogramQuantile, HistogramQuantiles};
    match expr {
        Expr::Call(call) => {
            matches!(call.function.id, HistogramQuantile | HistogramQuantiles | HistogramFraction)
        }
        Expr::Binary(binary) => matches!(binary.op, BinaryOp::TrimUpper | BinaryOp::TrimLower),
        _ => false,
    }
}

/// A text in quotes, with an escape for each byte that is not UTF-8.
fn quoted(text: &StringLiteral) -> String {
    let bytes = text.bytes.as_deref().unwrap_or(text.value.as_bytes());
    let mut quoted = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        quoted.push_str(model::names::quote(chunk.valid()).trim_matches('"'));
        chunk.invalid().iter().for_each(|byte| quoted.push_str(&format!("\\x{byte:02x}")));
    }
    quoted + "\""
}

fn operation(expr: &Expr) -> &'static str {
    match expr {
        Expr::Aggregate(aggregate) => aggregate.op.name(),
        Expr::Binary(binary) => binary.op.symbol(),
        Expr::Call(call) => call.function.name,
        Expr::Matrix(_) => "range selector",
        Expr::Number(_) => "number",
        Expr::Paren(_) => "parentheses",
        Expr::String(_) => "string",
        Expr::Subquery(_) => "subquery",
        Expr::Unary(unary) => unary.op.symbol(),
        Expr::Vector(_) => "selector",
    }
}
