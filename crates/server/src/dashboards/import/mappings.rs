//! Texts for values as they were told before schema version 30, brought into the form of today.

use serde_json::{Value, json};

use super::super::model::Options;
use super::read::{as_text, integer, items, number, text};

/// Texts for values or ranges of single values and tables of old; a file may keep those of the other kind, which do not count.
pub fn of_old(json: &Value) -> Value {
    let kind = integer(json, "mappingType");
    let values = items(json, "valueMaps").iter().filter(|_| kind != Some(2));
    let ranges = items(json, "rangeMaps").iter().filter(|_| kind != Some(1));
    values.map(value).chain(ranges.filter_map(range)).collect()
}

/// Mappings with a number for their kind, each as it is written now; those of today stay.
pub fn upgrade(options: &mut Options) {
    if let Some(Value::Array(all)) = options.get_mut("mappings") {
        *all = std::mem::take(all).into_iter().filter_map(upgraded).collect();
    }
}

/// One mapping as it is written now; none where it says nothing.
pub fn upgraded(mapping: Value) -> Option<Value> {
    match integer(&mapping, "type") {
        Some(1) => Some(value(&mapping)),
        Some(2) => range(&mapping),
        _ => mapping["type"].is_string().then_some(mapping),
    }
}

fn value(map: &Value) -> Value {
    match as_text(&map["value"]).as_str() {
        "null" => none(map),
        value => json!({ "type": "value", "options": { value: shown(map) } }),
    }
}

fn range(map: &Value) -> Option<Value> {
    let (from, to) = (number(&map["from"]), number(&map["to"]));
    if from.is_some() || to.is_some() {
        return Some(json!({ "type": "range", "options": { "from": from, "to": to, "result": shown(map) } }));
    }
    (map["from"] == "null").then(|| none(map))
}

fn none(map: &Value) -> Value {
    json!({ "type": "special", "options": { "match": "null", "result": shown(map) } })
}

fn shown(map: &Value) -> Value {
    let colour = text(map, "color");
    match colour.is_empty() {
        true => json!({ "text": text(map, "text") }),
        false => json!({ "text": text(map, "text"), "color": colour }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_by_number_are_those_of_today() {
        let check = |mapping: Value, want: Value| assert_eq!(upgraded(mapping).unwrap_or_default(), want);
        let up = json!({ "type": "value", "options": { "1": { "text": "up" } } });
        check(json!({ "id": 0, "op": "=", "text": "up", "type": 1, "value": "1" }), up.clone());
        check(json!({ "text": "up", "type": "1", "value": 1 }), up.clone());
        check(up.clone(), up);
        let none = json!({ "type": "special", "options": { "match": "null", "result": { "text": "none" } } });
        check(json!({ "text": "none", "type": 1, "value": "null" }), none.clone());
        check(json!({ "text": "none", "type": 2, "from": "null", "to": "null" }), none);
        let range =
            json!({ "type": "range", "options": { "from": 1.0, "to": null, "result": { "text": "many" } } });
        check(json!({ "text": "many", "type": 2, "from": "1", "to": "" }), range);
        check(json!({ "text": "nothing", "type": 2 }), Value::Null);
    }
}
