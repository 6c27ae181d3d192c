//! What files of every age look like, and what becomes of them; then what becomes of real ones in which anything at all is wrong.

use std::path::Path;

use serde_json::{Value, json};

use super::import;

/// Imports a file; `path` leads into `{ "dashboard", "panels", "losses", "drawn" }`.
fn check(file: &Value, path: &str, want: Value) {
    let (dashboard, report) = import(file).expect("it is a dashboard");
    let panels: Vec<_> = dashboard.panels().collect();
    let losses: Vec<_> = report.lines().collect();
    let all = json!({ "panels": panels, "losses": losses, "drawn": report.drawn, "dashboard": dashboard });
    let found = all.pointer(path).cloned().unwrap_or_default();
    assert_eq!(found, want, "{path} of {all:#}");
}

fn of_panel(panel: Value, path: &str, want: Value) {
    check(&json!({ "schemaVersion": 39, "panels": [panel] }), &format!("/panels/0{path}"), want);
}

/// A panel of a kind that asks something, with more said about it.
fn panel(id: i64, more: Value) -> Value {
    let mut panel = json!({ "id": id, "type": "stat", "title": format!("p{id}"), "targets": [{ "refId": "A", "expr": "up" }] });
    for (name, value) in more.as_object().into_iter().flatten() {
        panel[name] = value.clone();
    }
    panel
}

#[test]
fn rows_of_old_count_until_panels_stand_on_a_grid() {
    let file = |version: Value| {
        let rows = json!([{ "title": "row", "panels": [panel(1, json!({}))] }]);
        json!({ "schemaVersion": version, "rows": rows, "panels": [panel(2, json!({}))] })
    };
    check(&file(json!(14)), "/drawn", json!(2));
    check(&file(json!("39")), "/drawn", json!(1));
    check(&file(json!(22)), "/panels/0/title", json!("p2"));
    check(&json!({ "schemaVersion": 39, "panels": null }), "/drawn", json!(0));
}

#[test]
fn panels_belong_to_the_row_they_stand_under_whatever_their_order() {
    let place = |y: u32| json!({ "gridPos": { "x": 0, "y": y, "w": 6, "h": 4 } });
    let row = json!({ "type": "row", "title": "row", "gridPos": { "x": 0, "y": 10, "w": 24, "h": 1 } });
    let file = json!({ "panels": [row, panel(2, place(11)), panel(1, place(0))] });
    check(&file, "/dashboard/sections/0/panels/0/id", json!(1));
    check(&file, "/dashboard/sections/1/panels/0/id", json!(2));
    let inner = json!({ "type": "row", "panels": [panel(3, json!({}))] });
    let folded =
        json!({ "type": "row", "collapsed": true, "title": "outer", "panels": [inner, panel(4, json!({}))] });
    check(&json!({ "panels": [folded] }), "/drawn", json!(2));
}

#[test]
fn every_panel_has_a_number_of_its_own_before_it_is_named() {
    let loki = json!({ "datasource": { "type": "loki" } });
    let file =
        json!({ "panels": [panel(5, json!({})), panel(5, loki), { "id": "6", "type": "stat" }, null] });
    check(&file, "/panels/0/id", json!(5));
    check(&file, "/losses/0", json!("panel 7 \"p5\": query A asks loki, not PromQL"));
    check(&file, "/losses/2", json!("panel 6 \"\": not drawn: none of its queries is PromQL"));
    check(&file, "/losses/3", json!("panel 8 \"\": not drawn: panels of kind (none) are not known"));
}

#[test]
fn copies_are_left_out_where_their_original_is_there() {
    let repeats = panel(1, json!({ "repeat": "node" }));
    let copy = panel(2, json!({ "repeatPanelId": 1, "scopedVars": {} }));
    let orphan = panel(3, json!({ "repeatPanelId": 99 }));
    let file = json!({ "panels": [repeats, copy, orphan] });
    check(&file, "/drawn", json!(2));
    check(&file, "/losses", json!(["1 copy of a panel is left out: repeats make them again"]));
}

#[test]
fn questions_without_a_letter_get_one_that_is_free() {
    let targets = json!([{ "expr": "a" }, { "expr": "b", "refId": "A" }, { "expr": "c", "refId": "A" }, { "expr": "d" }]);
    for (at, letter) in ["B", "A", "C", "D"].into_iter().enumerate() {
        of_panel(panel(1, json!({ "targets": targets })), &format!("/queries/{at}/name"), json!(letter));
    }
}

#[test]
fn sources_that_may_be_asked_here_are() {
    let check = |source: Value, want: bool| {
        let (_, report) =
            import(&json!({ "panels": [panel(1, json!({ "datasource": source }))] })).expect("it is one");
        assert_eq!(report.drawn == 1, want, "{source}");
    };
    for ours in [
        json!(null),
        json!("default"),
        json!("-- Mixed --"),
        json!({ "type": "mixed", "uid": "-- Mixed --" }),
        json!({ "type": "Prometheus", "uid": "x" }),
        json!({ "type": "$kind", "uid": "$datasource" }),
        json!({ "type": "victoriametrics-datasource" }),
        json!([]),
        json!({ "type": 5 }),
    ] {
        check(ours, true);
    }
    for other in [
        "loki",
        "influxdb",
        "elasticsearch",
        "cloudwatch",
        "grafana-testdata-datasource",
        "grafana",
        "__expr__",
    ] {
        check(json!({ "type": other, "uid": "-100" }), false);
    }
    check(json!("-- Grafana --"), false);
}

#[test]
fn what_is_hidden_is_drawn_by_nobody_else() {
    let source = json!({ "uid": "__expr__" });
    let expression = json!({ "refId": "B", "datasource": source, "type": "classic_conditions" });
    let hidden = json!({ "refId": "A", "expr": "up", "hide": true });
    check(&json!({ "panels": [panel(1, json!({ "targets": [hidden, expression] }))] }), "/drawn", json!(0));
    check(&json!({ "panels": [panel(1, json!({ "targets": [hidden] }))] }), "/drawn", json!(1));
}

#[test]
fn library_panels_are_drawn_where_they_came_along() {
    let bare = json!({ "id": 1, "libraryPanel": { "uid": "a", "name": "Errors" } });
    let lost =
        "panel 1 \"Errors\": not drawn: it is a library panel, and the library is not part of the file";
    check(&json!({ "panels": [bare] }), "/losses", json!([lost]));
    let text =
        json!({ "id": 1, "type": "text", "options": { "content": "x" }, "libraryPanel": { "uid": "a" } });
    of_panel(text, "/lost", Value::Null);
    let whole =
        json!({ "id": 1, "libraryPanel": { "uid": "a", "model": panel(9, json!({ "type": "gauge" })) } });
    of_panel(whole, "/kind", json!("gauge"));
}

#[test]
fn a_kind_that_was_only_announced_is_still_the_old_one() {
    let graph = json!({ "type": "timeseries", "autoMigrateFrom": "graph", "yaxes": [{ "format": "ms" }], "stack": true });
    of_panel(panel(1, graph.clone()), "/defaults/unit", json!("ms"));
    of_panel(panel(1, graph), "/defaults/custom/stacking/mode", json!("normal"));
    let single = json!({ "autoMigrateFrom": "singlestat", "format": "bytes", "valueName": "max" });
    of_panel(panel(1, single), "/options/reduceOptions/calcs/0", json!("max"));
}

#[test]
fn a_graph_of_old_keeps_what_it_said_beside_its_lines() {
    let graph = panel(
        1,
        json!({
            "type": "graph", "dashes": true, "dashLength": 4, "fillGradient": 3, "tooltip": { "shared": false, "sort": 1 },
            "legend": { "show": true, "values": true, "avg": true, "sort": "avg", "sortDesc": true, "hideZero": true },
            "timeRegions": [{ "op": "time" }],
        }),
    );
    of_panel(graph.clone(), "/defaults/custom/lineStyle/dash/0", json!(4.0));
    of_panel(graph.clone(), "/defaults/custom/gradientMode", json!("opacity"));
    of_panel(graph.clone(), "/options/tooltip", json!({ "mode": "single", "sort": "asc" }));
    of_panel(graph.clone(), "/options/legend/sortBy", json!("Mean"));
    of_panel(graph.clone(), "/overrides/0/of/reducer", json!("allIsZero"));
    check(
        &json!({ "panels": [graph] }),
        "/losses/0",
        json!("panel 1 \"p1\": the coloured times of day or week are left out"),
    );
    let histogram = json!({ "type": "graph", "xaxis": { "mode": "histogram", "buckets": 20 } });
    of_panel(panel(1, histogram), "/options/bucketCount", json!(20));
}

#[test]
fn other_kinds_of_old_keep_what_they_said() {
    let column = json!({ "type": "singlestat", "tableColumn": "Value #A", "targets": [{ "expr": "up", "format": "table" }] });
    of_panel(panel(1, column), "/options/reduceOptions/fields", json!("/^Value \\#A$/"));
    let styled = json!({ "type": "table", "styles": [{ "pattern": "Time", "type": "hidden" }], "fieldConfig": { "defaults": {}, "overrides": [] } });
    of_panel(panel(1, styled), "/overrides/0/of", json!("Time"));
    let heat = json!({ "type": "heatmap", "color": { "mode": "spectrum", "colorScheme": "interpolateOranges" }, "yAxis": { "format": "s", "max": "9" } });
    of_panel(panel(1, heat.clone()), "/options/color/scheme", json!("Oranges"));
    of_panel(panel(1, heat.clone()), "/options/yAxis/max", json!(9.0));
    of_panel(panel(1, heat), "/options/legend/show", json!(false));
    let scaled = json!({ "type": "heatmap", "legend": { "show": true } });
    of_panel(panel(1, scaled), "/options/legend/show", json!(true));
    let sorted = json!({ "type": "table-old", "sort": { "col": 2, "desc": true } });
    of_panel(panel(1, sorted), "/options/sortBy", json!([{ "column": 2, "desc": true }]));
    let unsorted = json!({ "type": "table-old", "sort": { "col": null, "desc": false } });
    of_panel(panel(1, unsorted), "/options/sortBy", Value::Null);
    let over = json!({ "type": "graph", "seriesOverrides": [{ "alias": "a", "zindex": -2 }, { "alias": "b", "zindex": 0 }] });
    of_panel(panel(1, over.clone()), "/overrides/0/properties/0", json!(["custom.zindex", -2]));
    of_panel(panel(1, over), "/overrides/1/properties", json!([]));
    let pie = json!({ "type": "grafana-piechart-panel", "legendType": "Right side", "legend": { "show": true, "percentage": true } });
    of_panel(panel(1, pie), "/options/legend/values", json!(["percent"]));
    let left = json!({ "options": { "fieldOptions": { "calcs": ["max"] }, "reduceOptions": { "calcs": ["min"] } }, "fieldConfig": { "defaults": { "thresholds": { "steps": [{ "color": "blue" }] } } } });
    of_panel(panel(1, left.clone()), "/defaults/thresholds/steps/0/color", json!("blue"));
    of_panel(panel(1, left), "/options/reduceOptions/calcs/0", json!("min"));
    let mapped = json!({ "fieldConfig": { "defaults": { "mappings": [{ "type": 1, "value": "null", "text": "none" }] } } });
    of_panel(panel(1, mapped), "/defaults/mappings/0/options/match", json!("null"));
}

#[test]
fn answers_of_other_panels_are_asked_for_again() {
    let own = json!({ "type": "datasource", "uid": "-- Dashboard --" });
    let step = json!([{ "id": "merge", "options": {} }]);
    let file = json!({ "panels": [
        panel(1, json!({ "transformations": step })),
        panel(2, json!({ "datasource": own, "targets": [{ "panelId": 1, "withTransforms": true }] })),
        panel(3, json!({ "datasource": { "uid": "-- Mixed --" }, "targets": [{ "panelId": 1, "datasource": own }, { "expr": "x" }] })),
        panel(4, json!({ "datasource": own, "targets": [{ "panelId": 2 }] })),
        panel(5, json!({ "datasource": own, "targets": [{ "panelId": 5 }] })),
    ] });
    check(&file, "/panels/1/transformations/0/id", json!("merge"));
    check(&file, "/panels/2/queries/1/query", json!("x"));
    check(&file, "/panels/3/queries/0/query", json!("up"));
    check(&file, "/drawn", json!(4));
}

#[test]
fn variables_of_every_age_are_read() {
    let variable = |json: Value, path: &str, want: Value| {
        check(
            &json!({ "panels": [], "templating": { "list": [json] } }),
            &format!("/dashboard/variables/0{path}"),
            want,
        );
    };
    let query = |query: Value, want: &str| {
        variable(json!({ "type": "query", "query": query }), "/query", json!(want))
    };
    query(json!({ "qryType": 0, "match": "up" }), "label_names(up)");
    query(json!({ "qryType": 1, "label": "job" }), "label_values(job)");
    let filters = json!([{ "label": "env", "op": "=~", "value": "a|b" }]);
    query(
        json!({ "qryType": 1, "label": "job", "metric": "up", "labelFilters": filters }),
        "label_values(up{env=~\"a|b\"}, job)",
    );
    query(json!({ "qryType": 2, "metric": "node.*" }), "metrics(node.*)");
    query(json!({ "qryType": 3, "varQuery": "sum(up)" }), "query_result(sum(up))");
    query(json!({ "qryType": 4, "seriesQuery": "up" }), "up");
    query(json!({ "qryType": 5, "classicQuery": "metrics(x)" }), "metrics(x)");
    variable(json!({ "query": "label_values(job)" }), "/kind", json!("query"));
    variable(json!({ "type": "filter", "hideVariable": true, "sort": "3" }), "/hide", json!(2));
    variable(
        json!({ "type": "query", "includeAll": "true", "current": { "text": ["All"], "value": ["All"] } }),
        "/current/0",
        json!("$__all"),
    );
    variable(
        json!({ "type": "switch", "options": [{ "value": "1" }, { "value": "0" }], "current": { "value": "0" } }),
        "/kind",
        json!("custom"),
    );
    let adhoc = json!({ "type": "adhoc", "filters": [{ "key": "job", "operator": "=~", "value": "a|b" }] });
    variable(adhoc, "/current/0", json!("job|=~|a__gfp__b"));
}

/// A file of the second schema with this layout.
fn second(elements: Value, layout: Value) -> Value {
    json!({ "apiVersion": "dashboard.grafana.app/v2", "kind": "Dashboard", "metadata": { "name": "n" }, "spec": { "title": "t", "elements": elements, "layout": layout } })
}

/// An element of the second schema that asks something of a source.
fn element(id: i64, source: Value, query: Value) -> Value {
    let query = json!({ "kind": "DataQuery", "group": "prometheus", "datasource": source, "spec": query });
    let data = json!({ "kind": "QueryGroup", "spec": { "queries": [{ "kind": "PanelQuery", "spec": { "refId": "A", "query": query } }] } });
    json!({ "kind": "Panel", "spec": { "id": id, "title": format!("p{id}"), "data": data, "vizConfig": { "kind": "VizConfig", "group": "timeseries", "spec": { "options": {} } } } })
}

fn auto_grid(names: &[&str]) -> Value {
    let item = |name: &&str| json!({ "kind": "AutoGridLayoutItem", "spec": { "element": { "name": name } } });
    json!({ "kind": "AutoGridLayout", "spec": { "items": names.iter().map(item).collect::<Vec<_>>() } })
}

#[test]
fn elements_are_drawn_once_each_wherever_the_layout_has_them() {
    let one = |id: i64| element(id, Value::Null, json!({ "expr": "up" }));
    let file = second(json!({ "a": one(1), "b": one(1), "c": one(3) }), auto_grid(&["a", "b", "a", "gone"]));
    check(&file, "/drawn", json!(3));
    check(&file, "/panels/1/id", json!(4));
    check(
        &file,
        "/losses",
        json!([
            "element a has several places: it stands at the first",
            "the layout names an element gone that is not there",
            "the layout has no place for c: they stand at the end",
        ]),
    );
    check(&file, "/dashboard/from", json!("now-6h"));
    check(&second(json!({ "a": one(1) }), Value::Null), "/drawn", json!(1));
}

#[test]
fn elements_hand_on_answers_and_know_their_past() {
    let own = element(2, json!({ "name": "-- Dashboard --" }), json!({ "panelId": 1 }));
    let mut old = element(3, Value::Null, json!({ "expr": "up" }));
    let kept = json!({ "autoMigrateFrom": "graph", "originalOptions": { "yaxes": [{ "format": "ms" }] } });
    old["spec"]["vizConfig"]["spec"]["options"]["__angularMigration"] = kept;
    let elements = json!({ "a": element(1, Value::Null, json!({ "expr": "x" })), "b": own, "c": old });
    let file = second(elements, auto_grid(&["a", "b", "c"]));
    check(&file, "/panels/1/queries/0/query", json!("x"));
    check(&file, "/panels/2/defaults/unit", json!("ms"));
    check(&file, "/panels/2/options/__angularMigration", Value::Null);
}

#[test]
fn conditions_are_named_where_there_are_any() {
    let mut layout = auto_grid(&["a"]);
    let condition = |items: Value| json!({ "kind": "ConditionalRenderingGroup", "spec": { "visibility": "show", "items": items } });
    let elements = json!({ "a": element(1, Value::Null, json!({ "expr": "up" })) });
    layout["spec"]["items"][0]["spec"]["conditionalRendering"] = condition(json!([]));
    check(&second(elements.clone(), layout.clone()), "/losses", json!([]));
    layout["spec"]["items"][0]["spec"]["conditionalRendering"] =
        condition(json!([{ "kind": "ConditionalRenderingData" }]));
    check(
        &second(elements.clone(), layout.clone()),
        "/losses",
        json!(["panel 1 \"p1\": its condition is left out, it is always shown"]),
    );
    let range = json!({ "kind": "ConditionalRenderingTimeRangeSize", "spec": { "value": "7d" } });
    layout["spec"]["items"][0]["spec"]["conditionalRendering"] = condition(json!([range]));
    check(&second(elements.clone(), layout.clone()), "/losses", json!([]));
    let short =
        json!({ "hides": false, "any": false, "tests": [{ "operator": "shorterThan", "value": "7d" }] });
    check(&second(elements.clone(), layout.clone()), "/panels/0/conditions", json!([short]));
    let row = json!({ "spec": { "title": "row", "conditionalRendering": condition(json!([range])), "layout": layout } });
    let rows = json!({ "kind": "RowsLayout", "spec": { "rows": [row] } });
    let tabs = json!({ "kind": "TabsLayout", "spec": { "tabs": [{ "spec": { "title": "tab", "conditionalRendering": condition(json!([range])), "layout": rows } }] } });
    check(&second(elements, tabs), "/dashboard/sections/0/conditions", json!([short, short]));
}

#[test]
fn tabs_rows_and_panels_of_the_second_schema_are_told_as_they_are() {
    let mut said = element(1, Value::Null, json!({ "expr": "up" }));
    (said["spec"]["subtitle"], said["spec"]["description"]) = (json!("below"), json!("about"));
    let step = json!({ "value": 1, "valueExpr": "$bound", "color": "red" });
    said["spec"]["vizConfig"]["spec"]["fieldConfig"] =
        json!({ "defaults": { "thresholds": { "steps": [step] } } });
    let mut grid = auto_grid(&["a"]);
    (grid["spec"]["rowHeightMode"], grid["spec"]["rowHeight"]) = (json!("custom"), json!(380));
    let row = json!({ "spec": { "title": "row", "hideHeader": true, "layout": grid } });
    let rows = json!({ "kind": "RowsLayout", "spec": { "rows": [row] } });
    let tab = |layout: &Value| json!({ "spec": { "title": "tab", "layout": layout } });
    let tabs = json!({ "kind": "TabsLayout", "spec": { "tabs": [tab(&rows), tab(&json!({ "kind": "TabsLayout" }))] } });
    let file = second(json!({ "a": said }), tabs);
    check(&file, "/dashboard/sections/0/title", json!("tab"));
    check(&file, "/panels/0/place/h", json!(10));
    check(&file, "/panels/0/description", json!("below\nabout"));
    let losses = [
        "tabs are shown below each other, as sections",
        "panel 1 \"p1\": thresholds that are worked out from variables are where they were kept last",
    ];
    check(&file, "/losses", json!(losses));
}

#[test]
fn what_would_take_too_long_is_told_to_be_too_much() {
    let target = |at: usize| json!({ "refId": format!("q{at}"), "expr": "up" });
    let many = panel(1, json!({ "targets": (0..30_000).map(target).collect::<Vec<_>>() }));
    assert!(import(&json!({ "panels": [many] })).is_err_and(|problem| problem.contains("10000 queries")));
    let other = |at: usize| json!({ "refId": format!("q{at}"), "datasource": { "type": "loki" } });
    let lost = panel(1, json!({ "targets": (0..30_000).map(other).collect::<Vec<_>>() }));
    check(&json!({ "panels": [lost] }), "/losses/5000", Value::Null);
}

/// Numbers that look like chance and are the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Every place of a value, as pointers.
pub fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, one)| (escaped(name), one)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, one)| (at.to_string(), one)).collect(),
        _ => Vec::new(),
    };
    inner.into_iter().for_each(|(name, one)| places(one, &format!("{path}/{name}"), found));
}

/// Whether a place has nothing to do with what a panel is and asks: without it as much is drawn.
fn is_irrelevant(place: &str) -> bool {
    const TOLD: &[&str] = &[
        "panels",
        "rows",
        "targets",
        "expr",
        "type",
        "datasource",
        "query",
        "templating",
        "list",
        "schemaVersion",
        "hide",
    ];
    let last = place.rsplit('/').find(|part| part.parse::<usize>().is_err());
    last.is_some_and(|part| !TOLD.contains(&part) && !part.is_empty())
}

#[test]
fn real_dashboards_with_anything_wrong_are_drawn_or_told_to_be_none() {
    const CHANGES: usize = 25;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata/dashboards");
    let Ok(files) = std::fs::read_dir(&folder) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is absent", folder.display());
        return println!("skipped: ../shared/testdata/dashboards is absent");
    };
    let deep = (0..60).fold(json!("x"), |inner, _| json!({ "panels": [inner] }));
    let odd = [
        json!(null),
        json!(""),
        json!(0),
        json!(1e300),
        json!(i64::MAX),
        json!([]),
        json!({}),
        json!(true),
        json!("$x"),
        json!([null, 1, "x", {}]),
        deep,
    ];
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for file in files.flatten() {
        let text = std::fs::read_to_string(file.path()).expect("the test data can be read");
        let whole: Value = serde_json::from_str(&text).expect("the test data is JSON");
        let (_, sound) = import(&whole).expect("it is a dashboard");
        let mut all = Vec::new();
        places(&whole, "", &mut all);
        for _ in 0..CHANGES {
            let mut changed = whole.clone();
            let place = &all[chance.below(all.len())];
            if let Some(value) = changed.pointer_mut(place) {
                *value = odd[chance.below(odd.len())].clone();
            }
            let Ok((dashboard, report)) = import(&changed) else { continue };
            let lost = dashboard.panels().filter(|panel| !panel.lost.is_empty());
            for panel in lost {
                assert!(
                    report.losses.iter().any(|loss| loss.panel == Some(panel.id)),
                    "{place}: {}",
                    panel.id
                );
            }
            let fewer = report.drawn < sound.drawn && is_irrelevant(place);
            assert!(!fewer, "{} without {place}: {} of {}", file.path().display(), report.drawn, sound.drawn);
        }
    }
}
