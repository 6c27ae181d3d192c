//! Expressions on one line.

use std::fmt::Write as _;

use model::METRIC_NAME;
use model::MatchOp;
use model::duration::format_millis;
use model::names::{is_legacy_label_name, quote};

use crate::syntax::{
    Aggregate, At, BinaryExpr, Cardinality, Duration, DurationExpr, DurationOp, Expr, MatrixSelector,
    NumberLiteral, RangeKind, StringLiteral, Subquery, UnaryOp, VectorMatching, VectorSelector,
};

pub(crate) fn expr(expr: &Expr) -> String {
    let mut out = String::new();
    write_expr(&mut out, expr);
    out
}

pub(crate) fn write_expr(out: &mut String, expr: &Expr) {
    match expr {
        Expr::Aggregate(aggregate) => {
            out.push_str(&aggregate_head(aggregate));
            out.push('(');
            if let Some(param) = &aggregate.param {
                write_expr(out, param);
                out.push_str(", ");
            }
            write_expr(out, &aggregate.expr);
            out.push(')');
        }
        Expr::Binary(binary) => {
            write_expr(out, &binary.left);
            out.push(' ');
            out.push_str(&operator(binary));
            out.push(' ');
            write_expr(out, &binary.right);
        }
        Expr::Call(call) => {
            out.push_str(call.function.name);
            out.push('(');
            for (index, arg) in call.args.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_expr(out, arg);
            }
            out.push(')');
        }
        Expr::Matrix(matrix) => matrix_selector(out, matrix),
        Expr::Number(literal) => out.push_str(&number_literal(literal)),
        Expr::Paren(paren) => {
            out.push('(');
            write_expr(out, &paren.expr);
            out.push(')');
        }
        Expr::String(string) => out.push_str(&string_literal(string)),
        Expr::Subquery(subquery) => {
            write_expr(out, &subquery.expr);
            out.push_str(&subquery_tail(subquery));
        }
        Expr::Unary(unary) => {
            out.push_str(unary.op.symbol());
            write_expr(out, &unary.expr);
        }
        Expr::Vector(vector) => {
            series(out, vector);
            at(out, vector.at);
            range_kind(out, vector.range_kind);
            offset(out, &vector.offset);
        }
    }
}

/// The operator and the grouping, up to the parenthesis.
pub(crate) fn aggregate_head(aggregate: &Aggregate) -> String {
    let mut out = aggregate.op.name().to_owned();
    if aggregate.without || !aggregate.grouping.is_empty() {
        out.push_str(if aggregate.without { " without (" } else { " by (" });
        labels(&mut out, &aggregate.grouping);
        out.push_str(") ");
    }
    out
}

/// The operator with everything up to the right side.
pub(crate) fn operator(binary: &BinaryExpr) -> String {
    let mut out = binary.op.symbol().to_owned();
    if binary.return_bool {
        out.push_str(" bool");
    }
    if let Some(matching) = &binary.matching {
        vector_matching(&mut out, matching);
    }
    out
}

/// `[1h:1m]` and what follows.
pub(crate) fn subquery_tail(subquery: &Subquery) -> String {
    let mut out = format!("[{}:", duration(&subquery.range));
    if let Some(step) = &subquery.step {
        out.push_str(&duration(step));
    }
    out.push(']');
    at(&mut out, subquery.at);
    offset(&mut out, &subquery.offset);
    out
}

/// A number with as many digits as it takes to read it back, never an exponent.
pub(crate) fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        format!("{value}")
    }
}

fn number_literal(literal: &NumberLiteral) -> String {
    if literal.duration {
        let millis = format_millis((literal.value.abs() * 1000.0).round() as i64);
        return if literal.value.is_sign_negative() { format!("-{millis}") } else { millis };
    }
    number(literal.value)
}

fn string_literal(string: &StringLiteral) -> String {
    let Some(bytes) = &string.bytes else { return quote(&string.value) };
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        let valid = quote(chunk.valid());
        out.push_str(&valid[1..valid.len() - 1]);
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

impl StringLiteral {
    /// The text in quotes, bytes that are not UTF-8 escaped.
    pub fn quoted(&self) -> String {
        string_literal(self)
    }
}

fn vector_matching(out: &mut String, matching: &VectorMatching) {
    let side = match matching.cardinality {
        Cardinality::ManyToOne => Some("left"),
        Cardinality::OneToMany => Some("right"),
        Cardinality::OneToOne | Cardinality::ManyToMany => None,
    };
    if !matching.labels.is_empty() || matching.on || side.is_some() {
        out.push_str(if matching.on { " on (" } else { " ignoring (" });
        labels(out, &matching.labels);
        out.push(')');
    }
    if let Some(side) = side {
        let _ = write!(out, " group_{side} (");
        labels(out, &matching.include);
        out.push(')');
    }
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    match (matching.fill_left, matching.fill_right) {
        (Some(value), right) if bits(right) == Some(value.to_bits()) => {
            let _ = write!(out, " fill ({})", number(value));
        }
        (left, right) => {
            for (side, value) in [("left", left), ("right", right)] {
                if let Some(value) = value {
                    let _ = write!(out, " fill_{side} ({})", number(value));
                }
            }
        }
    }
}

fn labels(out: &mut String, labels: &[String]) {
    for (index, label) in labels.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if is_legacy_label_name(label) {
            out.push_str(label);
        } else {
            out.push_str(&quote(label));
        }
    }
}

fn matrix_selector(out: &mut String, matrix: &MatrixSelector) {
    series(out, &matrix.selector);
    let _ = write!(out, "[{}]", duration(&matrix.range));
    range_kind(out, matrix.selector.range_kind);
    at(out, matrix.selector.at);
    offset(out, &matrix.selector.offset);
}

/// The name and the matchers, those in braces sorted.
fn series(out: &mut String, selector: &VectorSelector) {
    out.push_str(&selector.name);
    let by_name = |matcher: &&model::Matcher| {
        matcher.name == METRIC_NAME
            && matcher.op == MatchOp::Equal
            && matcher.value == selector.name
            && !matcher.value.is_empty()
    };
    let mut matchers: Vec<String> = selector
        .matchers
        .iter()
        .filter(|matcher| !by_name(matcher))
        .map(|matcher| matcher.to_string())
        .collect();
    if matchers.is_empty() && !selector.name.is_empty() {
        return;
    }
    matchers.sort();
    let _ = write!(out, "{{{}}}", matchers.join(","));
}

fn at(out: &mut String, at: Option<At>) {
    match at {
        Some(At::Time(time)) => {
            let sign = if time < 0 { "-" } else { "" };
            let _ = write!(out, " @ {sign}{}.{:03}", time.unsigned_abs() / 1000, time.unsigned_abs() % 1000);
        }
        Some(At::Start) => out.push_str(" @ start()"),
        Some(At::End) => out.push_str(" @ end()"),
        None => {}
    }
}

fn range_kind(out: &mut String, kind: RangeKind) {
    out.push_str(match kind {
        RangeKind::Plain => "",
        RangeKind::Anchored => " anchored",
        RangeKind::Smoothed => " smoothed",
    });
}

fn offset(out: &mut String, offset: &Duration) {
    if *offset != Duration::ZERO {
        let _ = write!(out, " offset {}", duration(offset));
    }
}

fn duration(duration: &Duration) -> String {
    match duration {
        Duration::Millis(millis) => format_millis(*millis),
        Duration::Expr(expr) => duration_expr(expr),
    }
}

fn duration_expr(expr: &DurationExpr) -> String {
    match expr {
        DurationExpr::Number(literal) => number_literal(literal),
        DurationExpr::Step(_) => "step()".to_owned(),
        DurationExpr::Range(_) => "range()".to_owned(),
        DurationExpr::Unary { op: UnaryOp::Plus, expr, .. } => duration_expr(expr),
        DurationExpr::Unary { op: UnaryOp::Minus, expr, .. } => format!("-{}", duration_expr(expr)),
        DurationExpr::Paren { expr, .. } => format!("({})", duration_expr(expr)),
        DurationExpr::Binary { op, left, right, .. } => {
            let (left, right) = (duration_expr(left), duration_expr(right));
            match op {
                DurationOp::MinOf | DurationOp::MaxOf => format!("{}({left}, {right})", op.symbol()),
                _ => format!("{left} {} {right}", op.symbol()),
            }
        }
    }
}

impl DurationOp {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            DurationOp::Add => "+",
            DurationOp::Sub => "-",
            DurationOp::Mul => "*",
            DurationOp::Div => "/",
            DurationOp::Mod => "%",
            DurationOp::Pow => "^",
            DurationOp::MinOf => "min_of",
            DurationOp::MaxOf => "max_of",
        }
    }
}
