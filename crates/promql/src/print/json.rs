//! The tree as JSON, with the node types and fields of Prometheus's `/api/v1/parse_query`.

use std::fmt::Write as _;

use crate::print::canonical::number;
use crate::syntax::{
    At, BinaryExpr, Call, Duration, DurationExpr, Expr, MatrixSelector, RangeKind, Subquery, UnaryOp,
    ValueType, Variadic, VectorSelector,
};

pub(crate) fn expr(expr: &Expr) -> String {
    let mut out = String::new();
    node(&mut out, expr);
    out
}

fn node(out: &mut String, expr: &Expr) {
    match expr {
        Expr::Aggregate(aggregate) => {
            out.push_str("{\"expr\":");
            node(out, &aggregate.expr);
            let _ = write!(out, ",\"grouping\":{}", strings(&aggregate.grouping));
            let _ = write!(out, ",\"op\":\"{}\",\"param\":", aggregate.op.name());
            match &aggregate.param {
                Some(param) => node(out, param),
                None => out.push_str("null"),
            }
            let _ = write!(out, ",\"type\":\"aggregation\",\"without\":{}}}", aggregate.without);
        }
        Expr::Binary(binary) => binary_node(out, binary),
        Expr::Call(call) => call_node(out, call),
        Expr::Matrix(matrix) => matrix_node(out, matrix),
        Expr::Number(literal) => {
            let _ = write!(out, "{{\"type\":\"numberLiteral\",\"val\":\"{}\"}}", number(literal.value));
        }
        Expr::Paren(paren) => {
            out.push_str("{\"expr\":");
            node(out, &paren.expr);
            out.push_str(",\"type\":\"parenExpr\"}");
        }
        Expr::String(literal) => {
            let _ = write!(out, "{{\"type\":\"stringLiteral\",\"val\":{}}}", string(&literal.value));
        }
        Expr::Subquery(subquery) => subquery_node(out, subquery),
        Expr::Unary(unary) => {
            out.push_str("{\"expr\":");
            node(out, &unary.expr);
            let _ = write!(out, ",\"op\":\"{}\",\"type\":\"unaryExpr\"}}", unary.op.symbol());
        }
        Expr::Vector(vector) => {
            let _ = write!(out, "{{{},\"type\":\"vectorSelector\"}}", selector(vector, ""));
        }
    }
}

fn binary_node(out: &mut String, binary: &BinaryExpr) {
    let _ = write!(out, "{{\"bool\":{},\"lhs\":", binary.return_bool);
    node(out, &binary.left);
    out.push_str(",\"matching\":");
    match &binary.matching {
        Some(matching) => {
            let fill = |value: Option<f64>| value.map_or("null".to_owned(), json_number);
            let _ = write!(
                out,
                "{{\"card\":\"{}\",\"fillValues\":{{\"lhs\":{},\"rhs\":{}}},\"include\":{},\"labels\":{},\"on\":{}}}",
                matching.cardinality.as_str(),
                fill(matching.fill_left),
                fill(matching.fill_right),
                strings(&matching.include),
                strings(&matching.labels),
                matching.on,
            );
        }
        None => out.push_str("null"),
    }
    let _ = write!(out, ",\"op\":\"{}\",\"rhs\":", binary.op.symbol());
    node(out, &binary.right);
    out.push_str(",\"type\":\"binaryExpr\"}");
}

fn call_node(out: &mut String, call: &Call) {
    out.push_str("{\"args\":[");
    for (index, arg) in call.args.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        node(out, arg);
    }
    let types: Vec<&str> = call.function.args.iter().copied().map(ValueType::as_str).collect();
    let variadic = match call.function.variadic {
        Variadic::Exact => 0,
        Variadic::Upto(times) => times as i64,
        Variadic::Unlimited => -1,
    };
    let _ = write!(
        out,
        "],\"func\":{{\"argTypes\":{},\"name\":\"{}\",\"returnType\":\"{}\",\"variadic\":{variadic}}},\"type\":\"call\"}}",
        strings(&types),
        call.function.name,
        call.function.returns,
    );
}

fn matrix_node(out: &mut String, matrix: &MatrixSelector) {
    let (range, range_expr) = duration(&matrix.range);
    let range = format!("\"range\":{range},\"rangeExpr\":{range_expr},");
    let _ = write!(out, "{{{},\"type\":\"matrixSelector\"}}", selector(&matrix.selector, &range));
}

fn subquery_node(out: &mut String, subquery: &Subquery) {
    out.push_str("{\"expr\":");
    node(out, &subquery.expr);
    let (offset, offset_expr) = duration(&subquery.offset);
    let (range, range_expr) = duration(&subquery.range);
    let (step, step_expr) = subquery.step.as_ref().map_or((0, "null".to_owned()), duration);
    let (timestamp, start_or_end) = at(subquery.at);
    let _ = write!(
        out,
        ",\"offset\":{offset},\"offsetExpr\":{offset_expr},\"range\":{range},\"rangeExpr\":{range_expr},\
         \"startOrEnd\":{start_or_end},\"step\":{step},\"stepExpr\":{step_expr},\"timestamp\":{timestamp},\
         \"type\":\"subquery\"}}"
    );
}

/// The fields of a selector, those of its range between.
fn selector(selector: &VectorSelector, range: &str) -> String {
    let matchers: Vec<String> = selector
        .matchers
        .iter()
        .map(|matcher| {
            format!(
                "{{\"name\":{},\"type\":\"{}\",\"value\":{}}}",
                string(&matcher.name),
                matcher.op.symbol(),
                string(&matcher.value)
            )
        })
        .collect();
    let (offset, offset_expr) = duration(&selector.offset);
    let (timestamp, start_or_end) = at(selector.at);
    format!(
        "\"anchored\":{},\"matchers\":[{}],\"name\":{},\"offset\":{offset},\"offsetExpr\":{offset_expr},{range}\
         \"smoothed\":{},\"startOrEnd\":{start_or_end},\"timestamp\":{timestamp}",
        selector.range_kind == RangeKind::Anchored,
        matchers.join(","),
        string(&selector.name),
        selector.range_kind == RangeKind::Smoothed,
    )
}

fn at(at: Option<At>) -> (String, &'static str) {
    match at {
        Some(At::Time(time)) => (time.to_string(), "null"),
        Some(At::Start) => ("null".to_owned(), "\"start\""),
        Some(At::End) => ("null".to_owned(), "\"end\""),
        None => ("null".to_owned(), "null"),
    }
}

/// The milliseconds of a constant, and the expression of anything else.
fn duration(duration: &Duration) -> (i64, String) {
    match duration {
        Duration::Millis(millis) => (*millis, "null".to_owned()),
        Duration::Expr(expr) => (0, duration_expr(expr, false)),
    }
}

fn duration_expr(expr: &DurationExpr, wrapped: bool) -> String {
    let node = |op: &str, left: Option<&DurationExpr>, right: Option<&DurationExpr>| {
        let side =
            |side: Option<&DurationExpr>| side.map_or("null".to_owned(), |expr| duration_expr(expr, false));
        format!(
            "{{\"lhs\":{},\"op\":\"{op}\",\"rhs\":{},\"type\":\"durationExpr\",\"wrapped\":{wrapped}}}",
            side(left),
            side(right)
        )
    };
    match expr {
        // A number in parentheses is shown as the positive of it, which is where the parentheses can be kept.
        DurationExpr::Number(_) if wrapped => node("+", None, Some(expr)),
        DurationExpr::Number(literal) => format!(
            "{{\"duration\":{},\"type\":\"numberLiteral\",\"val\":\"{}\"}}",
            literal.duration,
            number(literal.value)
        ),
        DurationExpr::Step(_) => node("step", None, None),
        DurationExpr::Range(_) => node("range", None, None),
        DurationExpr::Unary { op: UnaryOp::Plus, expr, .. } => duration_expr(expr, wrapped),
        DurationExpr::Unary { op: UnaryOp::Minus, expr, .. } => node("-", None, Some(expr)),
        DurationExpr::Binary { op, left, right, .. } => node(op.symbol(), Some(left), Some(right)),
        DurationExpr::Paren { expr, .. } => duration_expr(expr, true),
    }
}

fn strings<S: AsRef<str>>(items: &[S]) -> String {
    let items: Vec<String> = items.iter().map(|item| string(item.as_ref())).collect();
    format!("[{}]", items.join(","))
}

/// JSON has no number for what is not finite.
fn json_number(value: f64) -> String {
    if value.is_finite() { format!("{value}") } else { "null".to_owned() }
}

fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if (control as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
