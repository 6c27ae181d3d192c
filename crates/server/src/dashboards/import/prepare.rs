//! What a file of the classic form needs before its panels can be read one by one: copies that a repeat left behind go, library
//! panels that travel with the file are put in their places, panels that show another's answers get its questions, and names of
//! data sources become what kind of source they are.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::read::{integer, items, number, text};

/// How deep panels may be nested: panels in rows, and those in folded rows.
const DEPTH_MAX: usize = 4;

/// The file with all of that done.
pub fn prepared(json: &Value) -> Value {
    let mut whole = json.clone();
    without_copies(&mut whole, 0);
    let library = library(&whole);
    let sources = sources(&whole);
    let version = integer(&whole, "schemaVersion").unwrap_or(i64::MAX);
    let mut questions = BTreeMap::new();
    each_panel(&mut whole, 0, &mut |panel| {
        from_library(panel, &library);
        if version < 9 {
            old_bounds(panel);
        }
        old_axes(panel);
        if let (Some(id), true) = (integer(panel, "id"), panel["targets"].is_array()) {
            questions.insert(id, (panel["targets"].clone(), panel["datasource"].clone()));
        }
    });
    each_panel(&mut whole, 0, &mut |panel| {
        from_other(panel, &questions);
        name_source(&mut panel["datasource"], &sources);
        for target in objects(panel.get_mut("targets")) {
            name_source(&mut target["datasource"], &sources);
        }
    });
    name_source(&mut whole["datasource"], &sources);
    for (part, list) in [("templating", "list"), ("annotations", "list")] {
        for one in objects(whole.get_mut(part).and_then(|part| part.get_mut(list))) {
            name_source(&mut one["datasource"], &sources);
        }
    }
    whole
}

/// The objects of a list, if it is one: only they can be written into by name.
fn objects(list: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    list.and_then(Value::as_array_mut).into_iter().flatten().filter(|one| one.is_object())
}

fn each_panel(json: &mut Value, depth: usize, work: &mut dyn FnMut(&mut Value)) {
    if depth > DEPTH_MAX {
        return;
    }
    for list in ["panels", "rows"] {
        for one in json.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if list == "panels" && one.is_object() {
                work(one);
            }
            each_panel(one, depth + 1, work);
        }
    }
}

/// Saved with a repeat unrolled, a file has the copies, too; they would be repeated again.
fn without_copies(json: &mut Value, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    let is = |value: &Value| !matches!(value, Value::Null | Value::Bool(false)) && *value != 0;
    let copy = |one: &Value| {
        let own = !text(one, "repeat").is_empty() && one["repeatedByRow"] != true;
        !own && (is(&one["repeatPanelId"]) || is(&one["repeatRowId"]))
    };
    for list in ["panels", "rows"] {
        if let Some(all) = json.get_mut(list).and_then(Value::as_array_mut) {
            all.retain(|one| !copy(one));
            all.iter_mut().for_each(|one| without_copies(one, depth + 1));
        }
    }
}

/// Panels of the library that came with the file, by their identifiers.
fn library(json: &Value) -> BTreeMap<String, Value> {
    let elements = &json["__elements"];
    let listed = items(json, "__elements").iter();
    let all = elements.as_object().into_iter().flat_map(|elements| elements.values()).chain(listed);
    all.filter(|one| one["model"].is_object()).map(|one| (text(one, "uid"), one["model"].clone())).collect()
}

fn from_library(panel: &mut Value, library: &BTreeMap<String, Value>) {
    let Some(model) = library.get(&text(&panel["libraryPanel"], "uid")) else { return };
    let mut whole = model.clone();
    whole["libraryPanel"] = Value::Null;
    for own in ["id", "gridPos", "repeat", "repeatDirection", "maxPerRow"] {
        if !panel[own].is_null() {
            whole[own] = panel[own].clone();
        }
    }
    *panel = whole;
}

/// A panel on the dashboard's own answers asks what the other panel asks.
fn from_other(panel: &mut Value, questions: &BTreeMap<i64, (Value, Value)>) {
    const OWN: &str = "-- Dashboard --";
    let mixed = |source: &Value| *source == OWN || source["uid"] == OWN;
    let target = items(panel, "targets").iter().find(|target| integer(target, "panelId").is_some());
    let wanted = target.and_then(|target| integer(target, "panelId"));
    if !mixed(&panel["datasource"]) && !target.is_some_and(|target| mixed(&target["datasource"])) {
        return;
    }
    if let Some((targets, source)) = wanted.and_then(|id| questions.get(&id)) {
        panel["targets"] = targets.clone();
        panel["datasource"] = source.clone();
    }
}

/// A source behind a name: its kind, and whether the name is one that is chosen above the panels.
struct Source {
    kind: String,
    chosen: bool,
}

/// The sources behind names: inputs of an export, and variables that choose one.
fn sources(json: &Value) -> BTreeMap<String, Source> {
    let inputs = items(json, "__inputs").iter().filter(|input| input["type"] == "datasource");
    let inputs = inputs.map(|input| (text(input, "name"), text(input, "pluginId"), false));
    let list = items(&json["templating"], "list").iter().filter(|variable| variable["type"] == "datasource");
    let list = list.map(|variable| (text(variable, "name"), text(variable, "query"), true));
    let all = inputs.chain(list).filter(|(_, kind, _)| !kind.is_empty());
    all.map(|(name, kind, chosen)| (name, Source { kind, chosen })).collect()
}

/// Kinds that people name their sources after.
const KINDS: &[&str] = &[
    "loki",
    "tempo",
    "elasticsearch",
    "opensearch",
    "influxdb",
    "graphite",
    "mysql",
    "postgres",
    "cloudwatch",
    "jaeger",
    "zipkin",
    "testdata",
];

fn name_source(source: &mut Value, sources: &BTreeMap<String, Source>) {
    let named = match source {
        Value::String(name) => name.clone(),
        Value::Object(_) => text(source, "uid"),
        _ => return,
    };
    let bare = named.trim_start_matches("${").trim_start_matches('$').trim_end_matches('}');
    let said = text(source, "type");
    let kind = |kind: &str| if said.is_empty() { kind.to_owned() } else { said.clone() };
    *source = match sources.get(bare) {
        Some(known) if known.chosen => json!({ "type": kind(&known.kind), "uid": format!("${{{bare}}}") }),
        // An input is filled in by whoever takes the file.
        Some(known) => json!({ "type": kind(&known.kind) }),
        None if !said.is_empty() => return,
        None => match named.to_lowercase() {
            plain if KINDS.contains(&plain.as_str()) => json!({ "type": plain, "uid": named }),
            _ => return,
        },
    };
}

/// Before version 9 the first of three bounds was where the scale begins.
fn old_bounds(panel: &mut Value) {
    let bounds = text(panel, "thresholds");
    let parts: Vec<&str> = bounds.split(',').collect();
    if panel["type"] == "singlestat" && parts.len() >= 3 {
        panel["thresholds"] = json!(parts[1..].join(","));
    }
}

/// Before version 12 a graph had its axes in parts, and before 13 its thresholds on the grid.
fn old_axes(panel: &mut Value) {
    if panel["type"] != "graph" {
        return;
    }
    let grid = panel["grid"].clone();
    if !panel["yaxes"].is_array() && panel["y_formats"].is_array() {
        let axis = |at: usize, side: &str| {
            let limit = |name: &str| grid[format!("{side}{name}")].clone();
            json!({
                "format": panel["y_formats"][at], "label": panel[format!("{side}YAxisLabel")], "logBase": limit("LogBase"),
                "min": limit("Min"), "max": limit("Max"), "show": panel["y-axis"],
            })
        };
        panel["yaxes"] = json!([axis(0, "left"), axis(1, "right")]);
    }
    let bounds: Vec<(f64, Value)> = [1, 2]
        .into_iter()
        .filter_map(|at| {
            Some((number(&grid[format!("threshold{at}")])?, grid[format!("threshold{at}Color")].clone()))
        })
        .collect();
    if bounds.is_empty() || panel["thresholds"].is_array() && !items(panel, "thresholds").is_empty() {
        return;
    }
    let falling = bounds.len() == 2 && bounds[0].0 > bounds[1].0;
    let line = grid["thresholdLine"] == true;
    let told = |(value, colour): &(f64, Value)| {
        json!({
            "value": value, "op": if falling { "lt" } else { "gt" }, "colorMode": "custom", "line": line, "fill": !line,
            "fillColor": colour, "lineColor": colour,
        })
    };
    panel["thresholds"] = bounds.iter().map(told).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of one panel beside another of the number 1.
    fn check(panel: Value, path: &str, want: Value) {
        let other =
            json!({ "id": 1, "type": "stat", "targets": [{ "expr": "up" }], "datasource": "Prometheus" });
        let file = json!({
            "schemaVersion": 8, "panels": [other, panel],
            "__inputs": [{ "name": "DS_LOGS", "type": "datasource", "pluginId": "loki" }, { "name": "DS_P", "type": "datasource", "pluginId": "prometheus" }],
            "__elements": { "lib": { "uid": "lib", "model": { "type": "gauge", "title": "From the library", "targets": [{ "expr": "x" }] } } },
            "templating": { "list": [{ "type": "datasource", "name": "db", "query": "mysql" }] },
        });
        let prepared = prepared(&file);
        let found = prepared.pointer(&format!("/panels/1{path}"));
        assert_eq!(found.unwrap_or(&Value::Null), &want, "{prepared:#}");
    }

    #[test]
    fn copies_of_repeats_go_and_their_originals_stay() {
        check(json!({ "id": 2, "repeatPanelId": 1, "repeatIteration": 9 }), "", Value::Null);
        check(
            json!({ "id": 2, "repeat": "node", "repeatPanelId": 1, "repeatedByRow": true }),
            "",
            Value::Null,
        );
        check(json!({ "id": 2, "repeat": "node", "repeatPanelId": 1 }), "/id", json!(2));
        check(json!({ "id": 2, "repeatPanelId": null }), "/id", json!(2));
        let rows = prepared(
            &json!({ "rows": [{ "repeat": "x", "panels": [] }, { "repeatRowId": 1, "panels": [] }] }),
        );
        assert_eq!(items(&rows, "rows").len(), 1);
    }

    #[test]
    fn a_library_panel_that_came_along_is_put_in_its_place() {
        let panel = json!({ "id": 7, "gridPos": { "x": 3 }, "libraryPanel": { "uid": "lib", "name": "x" } });
        check(panel.clone(), "/type", json!("gauge"));
        check(panel.clone(), "/gridPos/x", json!(3));
        check(panel, "/libraryPanel", Value::Null);
        check(
            json!({ "id": 7, "libraryPanel": { "uid": "another" } }),
            "/libraryPanel/uid",
            json!("another"),
        );
    }

    #[test]
    fn a_panel_on_the_dashboard_s_answers_asks_what_the_other_asks() {
        let by = |source: Value| json!({ "id": 2, "datasource": source, "targets": [{ "panelId": 1, "refId": "A" }] });
        check(by(json!("-- Dashboard --")), "/targets/0/expr", json!("up"));
        check(by(json!({ "type": "datasource", "uid": "-- Dashboard --" })), "/targets/0/expr", json!("up"));
        check(
            json!({ "id": 2, "datasource": "-- Dashboard --", "targets": [{ "panelId": 99 }] }),
            "/targets/0/expr",
            Value::Null,
        );
    }

    #[test]
    fn sources_are_known_by_inputs_variables_and_names() {
        let kind =
            |source: Value, want: Value| check(json!({ "datasource": source }), "/datasource/type", want);
        kind(json!("${DS_LOGS}"), json!("loki"));
        kind(json!("$db"), json!("mysql"));
        kind(json!({ "uid": "${db}" }), json!("mysql"));
        kind(json!({ "uid": "${DS_P}" }), json!("prometheus"));
        kind(json!("Loki"), json!("loki"));
        check(json!({ "datasource": "Prometheus" }), "/datasource", json!("Prometheus"));
        check(
            json!({ "targets": [{ "datasource": "${DS_LOGS}" }] }),
            "/targets/0/datasource/type",
            json!("loki"),
        );
    }

    #[test]
    fn axes_and_bounds_of_before_version_13_are_found() {
        let graph = json!({
            "type": "graph", "y_formats": ["s", "short"], "leftYAxisLabel": "time",
            "grid": { "leftMin": 0, "leftLogBase": 10, "threshold1": 5, "threshold2": 3, "threshold1Color": "red", "thresholdLine": true },
        });
        check(graph.clone(), "/yaxes/0/format", json!("s"));
        check(graph.clone(), "/yaxes/0/logBase", json!(10));
        check(graph.clone(), "/yaxes/0/label", json!("time"));
        check(graph.clone(), "/thresholds/0/op", json!("lt"));
        check(graph.clone(), "/thresholds/0/line", json!(true));
        check(graph, "/thresholds/1/value", json!(3.0));
        check(json!({ "type": "singlestat", "thresholds": "0,80,90" }), "/thresholds", json!("80,90"));
        check(json!({ "type": "singlestat", "thresholds": "80,90" }), "/thresholds", json!("80,90"));
    }
}
