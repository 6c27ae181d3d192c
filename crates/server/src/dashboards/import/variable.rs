//! Variables: what can be chosen above the panels.

use serde_json::Value;

use super::super::model::{AutoInterval, Variable};
use super::super::report::Report;
use super::read::{as_text, flag, items, number, text};
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
    for value in &mut current {
        // Old files chose all by its name.
        if value == "All" && json["current"]["text"] == "All" {
            *value = "$__all".to_owned();
        }
        // So did they with an interval that fits: `$__auto_interval_` and the name of the variable.
        if kind == "interval" && value.starts_with("$__auto") {
            *value = "$__auto".to_owned();
        }
    }
    let auto = auto(json, &kind);
    let mut kept = kept::with_source(kept::unread(json, kept::VARIABLE), &json["datasource"]);
    // How one would fit is kept where none is wanted.
    kept.retain(|name, _| auto.is_none() || !kept::AUTO.contains(&name.as_str()));
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
        auto,
        sort: json["sort"].as_u64().unwrap_or(0),
        hide: json["hide"].as_u64().unwrap_or(0),
        kept,
    }
}

/// How an interval that fits the range is found, where there is to be one.
pub fn auto(json: &Value, kind: &str) -> Option<AutoInterval> {
    let usual = AutoInterval::default();
    let wanted = kind == "interval" && flag(json, "auto");
    let least = Some(text(json, "auto_min")).filter(|least| !least.is_empty());
    wanted.then(|| AutoInterval {
        count: number(&json["auto_count"]).map_or(usual.count, |count| count.clamp(1.0, 1e5) as u64),
        least: least.unwrap_or(usual.least),
    })
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
