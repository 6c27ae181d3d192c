//! Gauges, bars and single values of Grafana 6, whose settings were in places of their own before `fieldConfig` was.

use serde_json::{Value, json};

use super::super::model::Panel;
use super::kept;
use super::read::{as_text, items, number, text};

/// Whether a panel is one of them.
pub fn is_early(json: &Value) -> bool {
    let options = &json["options"];
    let places = ["fieldOptions", "valueOptions", "valueMappings"];
    json["options-gauge"].is_object()
        || places.iter().any(|name| !options[*name].is_null())
        || options["thresholds"].is_array()
}

/// Moves the settings to where they are now.
pub fn upgraded(panel: &mut Panel, json: &Value) {
    let options = if json["options-gauge"].is_object() { &json["options-gauge"] } else { &json["options"] };
    let field = &options["fieldOptions"];
    let values = &options["valueOptions"];
    let inner = if field["defaults"].is_object() { &field["defaults"] } else { values };
    let first =
        |places: &[&Value]| places.iter().find(|place| !place.is_null()).map(|place| (*place).clone());
    for name in ["unit", "decimals", "min", "max", "links", "noValue"] {
        if let Some(value) = first(&[&inner[name]]).filter(|_| !panel.defaults.contains_key(name)) {
            panel.defaults.insert(name.to_owned(), value);
        }
    }
    for (name, old) in [("min", "minValue"), ("max", "maxValue")] {
        if let Some(limit) = number(&options[old]).filter(|_| !panel.defaults.contains_key(name)) {
            panel.defaults.insert(name.to_owned(), json!(limit));
        }
    }
    let title = text(inner, "title");
    if !title.is_empty() && !panel.defaults.contains_key("displayName") {
        panel.defaults.insert("displayName".to_owned(), json!(title));
    }
    let (prefix, postfix) = (text(values, "prefix"), text(values, "suffix"));
    if !prefix.is_empty() || !postfix.is_empty() {
        panel.defaults.insert("custom".to_owned(), json!({ "prefix": prefix, "postfix": postfix }));
    }
    let thresholds =
        first(&[&inner["thresholds"], &field["thresholds"], &options["thresholds"]]).unwrap_or_default();
    // What stands where it is today counts more than what was left behind.
    if !panel.defaults.contains_key("thresholds") {
        panel.defaults.insert("thresholds".to_owned(), steps(&thresholds));
    }
    if let Some(mappings) =
        first(&[&inner["mappings"], &field["mappings"], &options["valueMappings"], &options["mappings"]])
            .filter(|_| !panel.defaults.contains_key("mappings"))
    {
        panel.defaults.insert("mappings".to_owned(), mappings);
    }
    if panel.overrides.is_empty() {
        panel.overrides = items(field, "overrides").iter().map(kept::exception).collect();
    }
    if panel.options.contains_key("reduceOptions") {
        return;
    }
    let calcs = match items(field, "calcs") {
        [] => vec![json!(calc(&text(values, "stat")))],
        calcs => calcs.iter().map(|one| json!(calc(&as_text(one)))).collect(),
    };
    let reduce = json!({ "calcs": calcs, "values": field["values"] == true, "fields": "" });
    panel.options.insert("reduceOptions".to_owned(), reduce);
}

/// Steps, which were a bare list, from the highest down or from the lowest up.
fn steps(thresholds: &Value) -> Value {
    if thresholds.is_object() {
        return thresholds.clone();
    }
    let mut steps: Vec<(f64, Value)> = thresholds
        .as_array()
        .into_iter()
        .flatten()
        .map(|step| {
            (
                number(&step["value"]).filter(|_| step["index"] != 0).unwrap_or(f64::NEG_INFINITY),
                step["color"].clone(),
            )
        })
        .collect();
    steps.sort_by(|left, right| left.0.total_cmp(&right.0));
    let told = |(value, colour): (f64, Value)| json!({ "value": value.is_finite().then_some(value), "color": colour });
    json!({ "mode": "absolute", "steps": steps.into_iter().map(told).collect::<Vec<_>>() })
}

fn calc(name: &str) -> &str {
    match name {
        "" | "current" => "lastNotNull",
        "avg" => "mean",
        "total" => "sum",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: Value, path: &str, want: Value) {
        assert!(is_early(&json), "{json}");
        let mut panel = Panel { options: super::super::panel::object(&json["options"]), ..Panel::default() };
        upgraded(&mut panel, &json);
        let all = json!({ "defaults": panel.defaults, "options": panel.options });
        assert_eq!(all.pointer(path), Some(&want), "{all:#}");
    }

    #[test]
    fn settings_of_every_version_of_grafana_6_are_found() {
        let field = json!({ "options": { "fieldOptions": {
            "calcs": ["mean"], "defaults": { "unit": "s", "min": 1, "thresholds": [{ "color": "red", "value": 80 }, { "color": "green", "value": null }] },
        } } });
        check(field.clone(), "/defaults/unit", json!("s"));
        check(field.clone(), "/defaults/min", json!(1));
        check(field.clone(), "/defaults/thresholds/steps/0", json!({ "value": null, "color": "green" }));
        check(field.clone(), "/defaults/thresholds/steps/1/value", json!(80.0));
        check(field, "/options/reduceOptions/calcs/0", json!("mean"));
        let values = json!({ "options": {
            "valueOptions": { "unit": "bytes", "stat": "avg", "suffix": "!" }, "minValue": "0", "maxValue": 100,
            "thresholds": [{ "index": 1, "value": 50, "color": "red" }, { "index": 0, "value": null, "color": "green" }],
            "valueMappings": [{ "type": 1, "value": "1", "text": "up" }],
        } });
        check(values.clone(), "/defaults/unit", json!("bytes"));
        check(values.clone(), "/defaults/max", json!(100.0));
        check(values.clone(), "/defaults/custom/postfix", json!("!"));
        check(values.clone(), "/defaults/thresholds/steps/1/color", json!("red"));
        check(values.clone(), "/defaults/mappings/0/text", json!("up"));
        check(values, "/options/reduceOptions/calcs/0", json!("mean"));
        assert!(!is_early(&json!({ "options": { "reduceOptions": {} } })));
    }
}
