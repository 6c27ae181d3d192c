//! Variables: what can be chosen above the panels.

use serde_json::Value;

use super::super::model::Variable;
use super::super::report::Report;
use super::read::{as_text, flag, items, text};
use super::{kept, supported};

/// Reads the variables of the classic form.
pub fn read_all(list: &[Value], report: &mut Report) -> Vec<Variable> {
    let mut found = Vec::new();
    for json in list {
        let variable = read(json);
        if !is_known(json) {
            report.whole(format!(
                "variable {}: {} variables are not carried over",
                variable.name, variable.kind
            ));
            continue;
        }
        if variable.kind == "query"
            && let Some(source) = super::panel::foreign(&json["datasource"])
        {
            report.whole(format!("variable {} asks {source}, not PromQL", variable.name));
        }
        found.push(variable);
    }
    found
}

/// Whether it is of a kind that can be chosen from here.
pub fn is_known(json: &Value) -> bool {
    supported::VARIABLES.contains(&text(json, "type").as_str())
}

fn read(json: &Value) -> Variable {
    let query = match &json["query"] {
        Value::Object(_) => asked(&json["query"]),
        other => as_text(other),
    };
    let query = if query.is_empty() { text(json, "definition") } else { query };
    let kind = text(json, "type");
    let mut current: Vec<String> = match &json["current"]["value"] {
        Value::Array(values) => values.iter().map(as_text).collect(),
        Value::Null => Vec::new(),
        other => vec![as_text(other)],
    };
    if current.is_empty() && kind == "interval" {
        current = query.split(',').next().map(|first| first.trim().to_owned()).into_iter().collect();
    }
    if current.is_empty() && (kind == "textbox" || kind == "constant") {
        current = vec![query.clone()];
    }
    // Old files chose all by its name.
    for value in &mut current {
        if value == "All" && json["current"]["text"] == "All" {
            *value = "$__all".to_owned();
        }
    }
    Variable {
        name: text(json, "name"),
        label: text(json, "label"),
        kind,
        query: match query {
            query if query.is_empty() => custom_options(json),
            query if json["valuesFormat"] == "json" => listed(&query),
            query => query,
        },
        regex: text(json, "regex"),
        current: current.into_iter().filter(|value| !value.is_empty()).collect(),
        multi: flag(json, "multi"),
        all: flag(json, "includeAll"),
        all_value: text(json, "allValue"),
        sort: json["sort"].as_u64().unwrap_or(0),
        hide: json["hide"].as_u64().unwrap_or(0),
        kept: kept::unread(json, kept::VARIABLE),
    }
}

/// What a query with parts of its own asks.
fn asked(query: &Value) -> String {
    let (whole, label, metric) = (text(query, "query"), text(query, "label"), text(query, "metric"));
    match (whole.is_empty(), label.is_empty(), metric.is_empty()) {
        (true, false, true) => format!("label_values({label})"),
        (true, false, false) => format!("label_values({metric}, {label})"),
        _ => whole,
    }
}

/// Choices written as a JSON list, the way they are written with commas.
pub fn listed(query: &str) -> String {
    let Ok(Value::Array(all)) = serde_json::from_str::<Value>(query) else { return query.to_owned() };
    let kept = |text: String| text.replace(',', "\\,");
    let one = |choice: &Value| match choice {
        Value::Object(_) => {
            let (value, shown) = (text(choice, "value"), text(choice, "text"));
            if shown.is_empty() || shown == value {
                kept(value)
            } else {
                format!("{} : {}", kept(shown), kept(value))
            }
        }
        other => kept(as_text(other)),
    };
    all.iter().map(one).collect::<Vec<_>>().join(",")
}

/// The choices of a custom variable whose query is missing.
fn custom_options(json: &Value) -> String {
    let values = items(json, "options").iter().map(|option| text(option, "value"));
    values.filter(|value| value != "$__all").collect::<Vec<_>>().join(",")
}
