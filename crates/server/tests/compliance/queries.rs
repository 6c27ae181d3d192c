//! The compliance suite's templates, expanded: each `{{.name}}` takes every value of its variant.

/// The values a template's variable takes.
const VARIANTS: [(&str, &[&str]); 12] = [
    ("range", &["1s", "15s", "1m", "5m", "15m", "1h"]),
    ("offset", &["1m", "5m", "10m"]),
    ("simpleAggrOp", &["sum", "avg", "max", "min", "count", "stddev", "stdvar"]),
    ("simpleTimeAggrOp", &["sum", "avg", "max", "min", "count", "stddev", "stdvar", "absent", "last"]),
    ("topBottomOp", &["topk", "bottomk"]),
    ("quantile", &["-0.5", "0.1", "0.5", "0.75", "0.95", "0.90", "0.99", "1", "1.5"]),
    ("compBinOp", &["==", "!=", "<", ">", "<=", ">="]),
    ("simpleMathFunc", &["abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "round"]),
    ("extrapolatedRateFunc", &["delta", "rate", "increase"]),
    ("clampFunc", &["clamp_min", "clamp_max"]),
    ("instantRateFunc", &["idelta", "irate"]),
    ("dateFunc", &["day_of_month", "day_of_week", "days_in_month", "hour", "minute", "month", "year"]),
];
const ARITHMETIC: [&str; 6] = ["+", "-", "*", "/", "%", "^"];

/// One query of the suite.
#[derive(Debug, PartialEq, Eq)]
pub struct Query {
    /// The expression.
    pub text: String,
    /// Whether it must be refused.
    pub should_fail: bool,
}

/// Reads the suite's file and expands every template.
pub fn expand_all(file: &str) -> Vec<Query> {
    let mut queries: Vec<Query> = Vec::new();
    for line in file.lines() {
        let line = line.trim().trim_start_matches("- ");
        if let Some(scalar) = line.strip_prefix("query: ") {
            queries
                .extend(expand(&unquote(scalar)).into_iter().map(|text| Query { text, should_fail: false }));
        } else if line == "should_fail: true"
            && let Some(last) = queries.last_mut()
        {
            last.should_fail = true;
        }
    }
    queries
}

fn expand(template: &str) -> Vec<String> {
    let Some((before, rest)) = template.split_once("{{.") else { return vec![template.to_owned()] };
    let (name, after) = rest.split_once("}}").expect("a variable is closed");
    let values = values(name);
    assert!(!values.is_empty(), "the variable {name} has no values");
    values.iter().flat_map(|value| expand(&format!("{before}{value}{after}"))).collect()
}

fn values(name: &str) -> Vec<&'static str> {
    let comparisons =
        VARIANTS.iter().find(|(variant, _)| *variant == "compBinOp").map_or(&[][..], |(_, values)| values);
    match name {
        "arithBinOp" => ARITHMETIC.to_vec(),
        "binOp" => ARITHMETIC.iter().chain(comparisons).copied().collect(),
        _ => VARIANTS
            .iter()
            .find(|(variant, _)| *variant == name)
            .map_or(Vec::new(), |(_, values)| values.to_vec()),
    }
}

fn unquote(scalar: &str) -> String {
    let inner = |quote: char| scalar.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match (inner('\''), inner('"')) {
        (Some(single), _) => single.replace("''", "'"),
        (_, Some(double)) => double.to_owned(),
        _ => scalar.to_owned(),
    }
}
