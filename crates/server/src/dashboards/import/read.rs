//! Reading loose JSON: dashboards were written by many versions of many tools, so a field may be missing, null, or a
//! number where a text was meant.

use serde_json::Value;

/// A text; numbers and booleans count as theirs.
pub fn text(value: &Value, name: &str) -> String {
    as_text(&value[name])
}

/// A value as text.
pub fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

/// A whole number; texts of one count.
pub fn integer(value: &Value, name: &str) -> Option<i64> {
    match &value[name] {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A number; texts of one count.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Whether something is said to be so; texts and numbers of one count.
pub fn flag(value: &Value, name: &str) -> bool {
    match &value[name] {
        Value::Bool(flag) => *flag,
        Value::String(text) => text == "true",
        Value::Number(number) => number.as_f64() == Some(1.0),
        _ => false,
    }
}

/// The items of a list; none where there is no list.
pub fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}
