//! Variables: what can be chosen above the panels.

use serde_json::Value;

use super::super::model::{AutoInterval, Variable};
use super::super::report::Report;
use super::read::{as_text, flag, integer, items, number, text};
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
    supported::VARIABLES.contains(&kind_of(json).as_str())
}

/// Its kind: the first files had no word for those that ask, or called them filters; a switch is one of two choices.
fn kind_of(json: &Value) -> String {
    match text(json, "type").as_str() {
        "" | "filter" => "query".to_owned(),
        "switch" => "custom".to_owned(),
        kind => kind.to_owned(),
    }
}

fn read(json: &Value) -> Variable {
    let query = match &json["query"] {
        Value::Object(_) => asked(&json["query"]),
        other => as_text(other),
    };
    let query = if query.is_empty() { text(json, "definition") } else { query };
    let kind = kind_of(json);
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
    let shown = &json["current"]["text"];
    for value in &mut current {
        // Old files chose all by its name.
        if value == "All" && (shown == "All" || shown[0] == "All") {
            *value = "$__all".to_owned();
        }
        // So did they with an interval that fits: `$__auto_interval_` and the name of the variable.
        if kind == "interval" && value.starts_with("$__auto") {
            *value = "$__auto".to_owned();
        }
    }
    if kind == "adhoc" {
        current = items(json, "baseFilters").iter().chain(items(json, "filters")).map(filter).collect();
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
        sort: integer(json, "sort").and_then(|sort| u64::try_from(sort).ok()).unwrap_or(0),
        hide: hidden(json),
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

/// Whether its label or all of it is hidden; before there were numbers for it there were two flags.
fn hidden(json: &Value) -> u64 {
    let said = integer(json, "hide").and_then(|hide| u64::try_from(hide).ok());
    said.unwrap_or(match (flag(json, "hideVariable"), flag(json, "hideLabel")) {
        (true, _) => 2,
        (_, true) => 1,
        _ => 0,
    })
}

/// A filter of every query as addresses have it; a bar within a part is written otherwise.
fn filter(json: &Value) -> String {
    let value = match &json["values"] {
        Value::Array(values) if values.len() > 1 => values.iter().map(as_text).collect::<Vec<_>>().join("|"),
        _ => text(json, "value"),
    };
    let operator = match text(json, "operator").as_str() {
        "=|" => "=~".to_owned(),
        "!=|" => "!~".to_owned(),
        operator => operator.to_owned(),
    };
    format!("{}|{operator}|{}", text(json, "key"), value.replace('|', "__gfp__"))
}

/// What a query with parts of its own asks; the kinds of questions are numbered.
fn asked(query: &Value) -> String {
    let whole = text(query, "query");
    if !whole.is_empty() {
        return whole;
    }
    let (label, metric) = (text(query, "label"), selector(query));
    let joined = |name: &str, parts: &[&str]| {
        let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
        format!("{name}({})", parts.join(", "))
    };
    match integer(query, "qryType") {
        Some(0) => joined("label_names", &[&text(query, "match")]),
        Some(2) => joined("metrics", &[&text(query, "metric")]),
        Some(3) => joined("query_result", &[&text(query, "varQuery")]),
        Some(4) => text(query, "seriesQuery"),
        Some(5) => text(query, "classicQuery"),
        _ if label.is_empty() => text(query, "expr"),
        _ => joined("label_values", &[&metric, &label]),
    }
}

/// The metric of a question with the filters of its labels.
fn selector(query: &Value) -> String {
    let filters = items(query, "labelFilters").iter().filter(|one| !text(one, "label").is_empty());
    let filters: Vec<String> = filters
        .map(|one| format!("{}{}{:?}", text(one, "label"), text(one, "op"), text(one, "value")))
        .collect();
    match filters.is_empty() {
        true => text(query, "metric"),
        false => format!("{}{{{}}}", text(query, "metric"), filters.join(",")),
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
