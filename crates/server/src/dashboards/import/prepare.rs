//! What a file of the classic form needs before its panels can be read one by one: copies that a repeat left behind go, library
//! panels that travel with the file are put in their places, every panel has a number of its own, panels that show another's
//! answers get its questions, and names of data sources become what kind of source they are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::report::Report;
use super::read::{flag, integer, items, number, text};

/// How deep panels may be nested: panels in rows, and those in folded rows.
const DEPTH_MAX: usize = 4;

/// The file with all of that done.
pub fn prepared(json: &Value, report: &mut Report) -> Value {
    let mut whole = json.clone();
    copies_taken_away(&mut whole, report);
    let library = library(&whole);
    let sources = sources(&whole);
    let version = integer(&whole, "schemaVersion").unwrap_or(i64::MAX);
    let mut questions = Questions::new();
    each_panel(&mut whole, 0, &mut |panel| {
        from_library(panel, &library);
        if version < 9 {
            old_bounds(panel);
        }
        old_kind(panel);
        if let Some(id) = integer(panel, "id").filter(|_| panel["targets"].is_array()) {
            questions.entry(id).or_insert_with(|| panel.clone());
        }
    });
    let mut numbers = Numbers::of(&mut whole);
    each_panel(&mut whole, 0, &mut |panel| {
        if panel["type"] != "row" {
            panel["id"] = json!(numbers.own(integer(panel, "id").unwrap_or(0)));
        }
        from_other(panel, &questions);
        name_sources(panel, &sources);
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
            if list == "panels" {
                // What is none is one that nothing is known of.
                if !one.is_object() {
                    *one = json!({});
                }
                work(one);
            }
            each_panel(one, depth + 1, work);
        }
    }
}

/// Numbers of panels, of which no two have the same.
pub struct Numbers {
    used: BTreeSet<i64>,
    last: i64,
}

impl Numbers {
    /// Those that panels have already are not given to others.
    pub fn after(last: i64) -> Numbers {
        Numbers { used: BTreeSet::new(), last: last.max(0) }
    }

    fn of(json: &mut Value) -> Numbers {
        let mut last = 0;
        each_panel(json, 0, &mut |panel| last = last.max(integer(panel, "id").unwrap_or(0)));
        Numbers::after(last)
    }

    /// The number itself where it is free, another one where it is not.
    pub fn own(&mut self, number: i64) -> i64 {
        if number > 0 && self.used.insert(number) {
            return number;
        }
        self.last = self.last.saturating_add(1);
        // Past the largest of all numbers there are those that nobody took.
        while !self.used.insert(self.last) {
            self.last = self.last.checked_add(1).unwrap_or(1);
        }
        self.last
    }
}

/// Saved with a repeat unrolled, a file has the copies, too; they would be repeated again.
fn copies_taken_away(json: &mut Value, report: &mut Report) {
    let mut originals = BTreeSet::new();
    each_panel(json, 0, &mut |panel| {
        if !is_copy(panel) {
            originals.extend(integer(panel, "id"));
        }
    });
    let count = without_copies(json, &originals, 0);
    if count > 0 {
        let them = if count == 1 { "copy of a panel is" } else { "copies of panels are" };
        report.whole(format!("{count} {them} left out: repeats make them again"));
    }
}

/// Whether a panel or a row is what a repeat made of another.
fn is_copy(one: &Value) -> bool {
    let is = |value: &Value| !matches!(value, Value::Null | Value::Bool(false)) && *value != 0;
    let own = !text(one, "repeat").is_empty() && one["repeatedByRow"] != true;
    !own && (is(&one["repeatPanelId"]) || is(&one["repeatRowId"]))
}

/// Takes away copies whose originals are there, and says how many panels those were.
fn without_copies(json: &mut Value, originals: &BTreeSet<i64>, depth: usize) -> usize {
    if depth > DEPTH_MAX {
        return 0;
    }
    let gone = |one: &Value| {
        is_copy(one) && integer(one, "repeatPanelId").is_none_or(|original| originals.contains(&original))
    };
    let mut count = 0;
    for list in ["panels", "rows"] {
        for one in json.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if gone(one) {
                let panel = list == "panels" && one["type"] != "row";
                count += if panel { 1 } else { items(one, "panels").len() };
            } else {
                count += without_copies(one, originals, depth + 1);
            }
        }
        if let Some(all) = json.get_mut(list).and_then(Value::as_array_mut) {
            all.retain(|one| !gone(one));
        }
    }
    count
}

/// Panels of the library that came with the file, by their identifiers.
fn library(json: &Value) -> BTreeMap<String, Value> {
    let elements = &json["__elements"];
    let listed = items(json, "__elements").iter();
    let all = elements.as_object().into_iter().flat_map(|elements| elements.values()).chain(listed);
    all.filter(|one| one["model"].is_object()).map(|one| (text(one, "uid"), one["model"].clone())).collect()
}

fn from_library(panel: &mut Value, library: &BTreeMap<String, Value>) {
    let own = &panel["libraryPanel"]["model"];
    let own = own.is_object().then_some(own);
    let Some(model) = library.get(&text(&panel["libraryPanel"], "uid")).or(own) else { return };
    let mut whole = model.clone();
    whole["libraryPanel"] = Value::Null;
    for own in ["id", "gridPos", "repeat", "repeatDirection", "maxPerRow"] {
        if !panel[own].is_null() {
            whole[own] = panel[own].clone();
        }
    }
    *panel = whole;
}

/// A panel that newer versions of Grafana gave a kind of today without its settings: they are still those of the old kind.
pub fn old_kind(panel: &mut Value) {
    let before = text(panel, "autoMigrateFrom");
    if !before.is_empty() && super::angular::KINDS.contains(&before.as_str()) {
        panel["type"] = json!(before);
        panel["autoMigrateFrom"] = Value::Null;
    }
    old_axes(panel);
}

/// Panels by their numbers.
pub type Questions = BTreeMap<i64, Value>;
/// What the source of data is called that is the answers of another panel.
const OWN: &str = "-- Dashboard --";
/// How often answers may be handed on, and how many questions and steps a panel comes to by that.
const HANDED_ON_MAX: usize = 4;
const HANDED_OVER_MAX: usize = 100;

/// A panel on the dashboard's own answers asks what the other panel asks, and does to the answers what that does, if told so.
pub fn from_other(panel: &mut Value, questions: &Questions) {
    let own = |source: &Value| *source == OWN || source["uid"] == OWN;
    for _ in 0..HANDED_ON_MAX {
        let whole = own(&panel["datasource"]);
        let other = |target: &Value| {
            let is = own(&target["datasource"]) || whole && target["datasource"].is_null();
            questions.get(&integer(target, "panelId").filter(|_| is)?)
        };
        let targets = items(panel, "targets");
        if targets.iter().all(|target| other(target).is_none()) {
            return;
        }
        let asked = targets.iter().flat_map(|target| match other(target) {
            Some(other) => {
                items(other, "targets").iter().map(|one| with_source(one, &other["datasource"])).collect()
            }
            None => vec![target.clone()],
        });
        let before = targets
            .iter()
            .filter(|target| flag(target, "withTransforms"))
            .filter_map(other)
            .flat_map(|other| items(other, "transformations"));
        let steps: Value =
            before.chain(items(panel, "transformations")).take(HANDED_OVER_MAX).cloned().collect();
        let asked: Value = asked.take(HANDED_OVER_MAX).collect();
        (panel["targets"], panel["transformations"]) = (asked, steps);
    }
}

/// A question that asks the source of its panel where it names none.
fn with_source(target: &Value, source: &Value) -> Value {
    let mut target = target.clone();
    if target.is_object() && target["datasource"].is_null() {
        target["datasource"] = source.clone();
    }
    target
}

/// A source behind a name: its kind, and whether the name is one that is chosen above the panels.
pub struct Source {
    kind: String,
    chosen: bool,
}

/// Sources by their names.
pub type Sources = BTreeMap<String, Source>;

/// The sources behind names: inputs of an export, and variables that choose one.
pub fn sources(json: &Value) -> Sources {
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

/// Says of a panel and its questions what kind of source they ask.
pub fn name_sources(panel: &mut Value, sources: &Sources) {
    name_source(&mut panel["datasource"], sources);
    for target in objects(panel.get_mut("targets")) {
        name_source(&mut target["datasource"], sources);
    }
}

fn name_source(source: &mut Value, sources: &Sources) {
    let named = match source {
        Value::String(name) => name.clone(),
        Value::Object(_) => text(source, "uid"),
        _ => return,
    };
    let bare = named.trim_start_matches(['$', '{', '[']).trim_end_matches(['}', ']']);
    let said = text(source, "type");
    let kind = |kind: &str| if said.is_empty() { kind.to_owned() } else { said.clone() };
    *source = match sources.get(bare) {
        Some(known) if known.chosen => json!({ "type": kind(&known.kind), "uid": format!("${{{bare}}}") }),
        // An input is filled in by whoever takes the file.
        Some(known) => json!({ "type": kind(&known.kind) }),
        None if !said.is_empty() => return,
        None => match named.to_lowercase() {
            plain if KINDS.contains(&plain.as_str()) => json!({ "type": plain, "uid": named }),
            plain if plain == "-- grafana --" => json!({ "type": "grafana", "uid": named }),
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
        let prepared = prepared(&file, &mut Report::default());
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
            &mut Report::default(),
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
