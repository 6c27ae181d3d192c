//! From Grafana's JSON to a dashboard of ours. Three forms are read: the classic one of schema versions 8 to 43 with old
//! rows or the grid, the same inside a resource, and the second schema with its elements and layouts.

mod angular;
mod classic;
mod condition;
mod early;
mod envelope;
mod expression;
mod filled;
#[cfg(test)]
mod history;
mod judge;
mod kept;
mod mappings;
mod panel;
mod prepare;
mod read;
mod resource;
mod supported;
mod unfollowed;
mod variable;

use serde_json::Value;

use super::model::Dashboard;
use super::report::Report;

/// How many panels one dashboard has at most.
const PANELS_MAX: usize = 2_000;
/// How many queries all of them have at most.
const QUERIES_MAX: usize = 10_000;

/// Reads a dashboard; an error says why it is none.
pub fn import(json: &Value) -> Result<(Dashboard, Report), String> {
    let mut report = Report::default();
    let (inner, name) = envelope::opened(json)?;
    let mut dashboard = match inner["elements"].is_object() {
        true => resource::read(inner, &mut report),
        false => classic::read(inner, &mut report),
    };
    if dashboard.id.is_empty() {
        dashboard.id = name;
    }
    if dashboard.panels().count() > PANELS_MAX {
        return Err(format!("the dashboard has more than {PANELS_MAX} panels"));
    }
    if dashboard.panels().map(|panel| panel.queries.len()).sum::<usize>() > QUERIES_MAX {
        return Err(format!("the dashboard has more than {QUERIES_MAX} queries"));
    }
    if dashboard.title.is_empty() {
        dashboard.title = "Untitled".to_owned();
    }
    dashboard.id = identifier(if dashboard.id.is_empty() { &dashboard.title } else { &dashboard.id });
    judge::judge(&mut dashboard, &mut report);
    report.count(&dashboard);
    Ok((dashboard, report))
}

/// A name for addresses and files: letters, digits, dashes. Titles whose letters are lost in it are told apart by a number.
pub fn identifier(text: &str) -> String {
    let mut name = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            name.push(letter);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    let name: String = name.trim_end_matches('-').chars().take(80).collect();
    let name = if name.is_empty() { "dashboard".to_owned() } else { name };
    let lost = text.chars().any(|letter| letter.is_alphanumeric() && !letter.is_ascii());
    if lost { format!("{name}-{:08x}", crc32c::crc32c(text.as_bytes())) } else { name }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::history::places;
    use super::*;

    /// Imports a file; `path` leads into `{ "dashboard", "panels", "losses" }`.
    fn check(file: &Value, path: &str, want: Value) {
        let (dashboard, report) = import(file).expect("it is a dashboard");
        let panels: Vec<_> = dashboard.panels().collect();
        let losses: Vec<_> = report.lines().collect();
        let all = json!({ "panels": panels, "losses": losses, "dashboard": dashboard });
        let found = all.pointer(path).cloned().unwrap_or_default();
        assert_eq!(found, want, "{path} of {all:#}");
    }

    fn of_panel(panel: Value, path: &str, want: Value) {
        check(&json!({ "title": "t", "panels": [panel] }), &format!("/panels/0{path}"), want);
    }

    #[test]
    fn titles_of_every_script_have_names_of_their_own() {
        let check = |text: &str, want: &str| assert_eq!(identifier(text), want);
        check("Orders & payments", "Orders-payments");
        check("a_b-c", "a_b-c");
        check("", "dashboard");
        check("!", "dashboard");
        assert_ne!(identifier("注文"), identifier("支払い"));
        assert_ne!(identifier("Zähler"), identifier("Zöhler"));
        let name = identifier("Zähler");
        assert_eq!(identifier(&name), name);
    }

    #[test]
    fn the_right_axis_of_an_old_graph_takes_nothing_from_the_left_one() {
        let graph = |label: &str| {
            json!({
                "type": "graph", "targets": [{ "expr": "up", "refId": "A" }],
                "yaxes": [{ "format": "s", "label": "time", "logBase": 10 }, { "format": "bytes", "label": label }],
                "seriesOverrides": [{ "alias": "a", "yaxis": 2 }],
            })
        };
        of_panel(graph(""), "/defaults/custom/axisLabel", json!("time"));
        let said = |label: &str| {
            json!([
                ["custom.axisPlacement", "right"],
                ["unit", "bytes"],
                ["custom.scaleDistribution", { "type": "linear" }],
                ["custom.axisLabel", label],
            ])
        };
        for label in ["", "size"] {
            of_panel(graph(label), "/overrides/0/properties", said(label));
        }
    }

    #[test]
    fn whatever_stands_where_something_else_belongs_is_no_panic() {
        let graph = json!({
            "type": "graph", "id": 1, "title": "g", "span": 6, "targets": [{ "expr": "up", "refId": "A", "datasource": "$ds", "intervalFactor": 2 }],
            "y_formats": ["s"], "grid": { "threshold1": 1, "leftMin": 0 }, "seriesOverrides": [{ "alias": "/a/", "yaxis": 2 }], "aliasColors": { "a": "red" },
            "legend": { "show": true, "values": true }, "xaxis": { "mode": "time" }, "thresholds": [{ "value": 1, "op": "gt", "line": true }], "links": [{ "url": "x" }],
        });
        let stat = json!({ "type": "singlestat", "valueMaps": [{ "value": "1", "text": "up" }], "rangeMaps": [{ "from": 1, "to": 2 }], "gauge": { "show": true }, "thresholds": "0,1,2", "colors": ["a"], "targets": [{ "expr": "up" }] });
        let table = json!({ "type": "table", "styles": [{ "pattern": "/x/", "type": "number", "thresholds": ["1"], "colors": ["a"], "colorMode": "cell", "link": true }], "columns": [{ "value": "avg" }], "transform": "timeseries_aggregations", "targets": [{ "expr": "up" }] });
        let modern = json!({
            "type": "timeseries", "gridPos": { "x": 0, "y": 0, "w": 6, "h": 4 }, "datasource": { "uid": "${DS}" }, "targets": [{ "expr": "up", "datasource": { "uid": "-- Dashboard --" }, "panelId": 1 }],
            "fieldConfig": { "defaults": { "custom": {} }, "overrides": [{ "matcher": { "id": "byName", "options": "a" }, "properties": [{ "id": "unit", "value": "s" }] }] },
            "transformations": [{ "id": "organize", "options": {}, "filter": { "options": "A" } }], "options": { "fieldOptions": { "defaults": {}, "calcs": ["mean"] } }, "libraryPanel": { "uid": "l" }, "repeat": "v",
        });
        let classic = json!({
            "uid": "u", "title": "t", "tags": ["a"], "schemaVersion": 8, "time": { "from": "now-1h" }, "datasource": "x", "links": [{ "type": "dashboards", "tags": ["a"] }],
            "__inputs": [{ "type": "constant", "name": "c", "value": "1" }, { "type": "datasource", "name": "DS", "pluginId": "loki" }], "__elements": { "l": { "uid": "l", "model": { "type": "stat" } } },
            "templating": { "list": [{ "name": "v", "type": "query", "query": { "query": "q", "metric": "m" }, "current": { "value": ["a"] }, "options": [{ "value": "a" }] }] },
            "annotations": { "list": [{ "name": "n", "expr": "up", "datasource": "x", "target": { "expr": "up" } }] },
            "panels": [graph.clone(), stat, table, modern, { "type": "row", "collapsed": true, "panels": [graph.clone()] }], "rows": [{ "title": "r", "height": "10px", "panels": [graph] }],
        });
        let of_elements = json!({
            "apiVersion": "v2", "kind": "Dashboard", "metadata": { "name": "n" }, "spec": {
                "title": "t", "tags": ["a"], "timeSettings": { "from": "now-1h" }, "variables": [{ "kind": "QueryVariable", "spec": { "name": "v", "query": { "spec": { "query": "q" } }, "current": { "value": ["a"] } } }, { "kind": "SwitchVariable", "spec": { "name": "s" } }],
                "annotations": [{ "spec": { "name": "n", "query": { "group": "prometheus", "spec": { "expr": "up" } } } }],
                "elements": { "a": { "kind": "Panel", "spec": { "id": 1, "links": [{}], "vizConfig": { "group": "stat", "spec": { "options": {}, "fieldConfig": { "defaults": {}, "overrides": [{}] } } }, "data": { "spec": { "queries": [{ "spec": { "refId": "A", "query": { "group": "prometheus", "spec": { "expr": "up" } } } }], "transformations": [{ "group": "merge", "spec": { "options": {} } }], "queryOptions": {} } } } } },
                "layout": { "kind": "TabsLayout", "spec": { "tabs": [{ "spec": { "title": "t", "layout": { "kind": "RowsLayout", "spec": { "rows": [{ "spec": { "layout": { "kind": "GridLayout", "spec": { "items": [{ "kind": "GridLayoutItem", "spec": { "x": 0, "element": { "name": "a" }, "repeat": { "value": "v" } } }] } } } }] } } } }] } },
            },
        });
        for whole in [classic, of_elements] {
            let mut found = Vec::new();
            places(&whole, "", &mut found);
            for place in found {
                for odd in [
                    json!(null),
                    json!("x"),
                    json!(-1e300),
                    json!([]),
                    json!([null, 1, "x", []]),
                    json!({ "x": [] }),
                ] {
                    let mut file = whole.clone();
                    if let Some(value) = file.pointer_mut(&place) {
                        *value = odd;
                    }
                    // That it comes back is all: what it says is of the other tests.
                    let _ = import(&file);
                }
            }
        }
    }

    #[test]
    fn every_envelope_is_opened() {
        let classic = json!({ "title": "t", "schemaVersion": "39", "panels": [{ "type": "stat", "targets": [{ "expr": "up" }] }] });
        let elements = json!({
            "title": "t", "elements": { "a": { "kind": "Panel", "spec": { "id": 1, "title": "p", "vizConfig": { "kind": "VizConfig", "group": "stat", "spec": {} },
                "data": { "spec": { "queries": [{ "spec": { "refId": "A", "query": { "kind": "DataQuery", "group": "prometheus", "spec": { "expr": "up" } } } }] } } } } },
            "layout": { "kind": "GridLayout", "spec": { "items": [{ "kind": "GridLayoutItem", "spec": { "x": 0, "y": 0, "width": 6, "height": 4, "element": { "name": "a" } } }] } },
        });
        for file in [
            classic.clone(),
            json!({ "dashboard": classic, "meta": {} }),
            json!({ "apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "metadata": { "name": "n" }, "spec": classic }),
            elements.clone(),
            json!({ "apiVersion": "dashboard.grafana.app/v2", "kind": "Dashboard", "metadata": { "name": "n" }, "spec": elements.clone() }),
            json!({ "dashboard": elements }),
        ] {
            check(&file, "/panels/0/queries/0/query", json!("up"));
            check(&file, "/losses", json!([]));
        }
        assert!(import(&json!({ "title": "no panels" })).is_err());
    }

    #[test]
    fn rows_of_every_age_become_sections() {
        let stat = |id: u32| json!({ "id": id, "type": "stat", "targets": [{ "expr": "up" }], "gridPos": { "x": 0, "y": 9, "w": 4, "h": 3 } });
        let file = json!({ "panels": [
            stat(1), { "type": "row", "title": "open", "collapsed": false, "panels": [] }, stat(2), stat(3),
            { "type": "row", "title": "folded", "collapsed": true, "panels": [stat(4)] }, stat(5), stat(6),
            { "type": "row", "title": "folded without its own", "collapsed": true, "panels": [] }, stat(7), stat(8),
        ] });
        for (path, want) in [
            ("/dashboard/sections/1/panels/1/id", json!(3)),
            ("/dashboard/sections/2/panels/0/id", json!(4)),
            ("/dashboard/sections/3/title", json!("")),
            ("/dashboard/sections/3/panels/1/id", json!(6)),
            ("/dashboard/sections/4/panels/1/id", json!(8)),
            ("/dashboard/sections/1/panels/0/place/y", json!(0)),
        ] {
            check(&file, path, want);
        }
        let old = |span: u32| json!({ "type": "graph", "span": span, "targets": [{ "expr": "up" }], "minSpan": 4, "repeat": "node" });
        let rows = json!({ "rows": [{ "title": "hidden", "showTitle": false, "height": "250px", "panels": [old(8), old(6), old(6)] }, { "title": "folded", "collapse": true, "panels": [old(12)] }] });
        for (path, want) in [
            ("/dashboard/sections/0/title", json!("")),
            ("/panels/0/place", json!({ "x": 0, "y": 0, "w": 16, "h": 7 })),
            ("/panels/1/place", json!({ "x": 0, "y": 7, "w": 12, "h": 7 })),
            ("/panels/2/place/x", json!(12)),
            ("/panels/0/repeatMax", json!(3)),
            ("/dashboard/sections/1/collapsed", json!(true)),
        ] {
            check(&rows, path, want);
        }
    }

    #[test]
    fn times_are_those_of_the_dashboard() {
        let file = json!({ "timezone": "Europe/Berlin", "refresh": "30s", "weekStart": "sunday", "fiscalYearStartMonth": 3, "panels": [] });
        check(&file, "/dashboard/timezone", json!("Europe/Berlin"));
        check(&file, "/dashboard/refresh", json!("30s"));
        check(&file, "/dashboard/weekStart", json!("sunday"));
        check(&file, "/dashboard/fiscalYearStartMonth", json!(3));
        check(&file, "/losses", json!([]));
        let usual = json!({ "timezone": "", "weekStart": "", "fiscalYearStartMonth": 0, "panels": [] });
        check(&usual, "/losses", json!([]));
        check(&usual, "/dashboard/timezone", Value::Null);
        let second = json!({ "elements": {}, "timeSettings": { "timezone": "utc", "autoRefresh": "1m", "weekStart": "monday" } });
        check(&second, "/dashboard/timezone", json!("utc"));
        check(&second, "/dashboard/refresh", json!("1m"));
        check(&second, "/dashboard/weekStart", json!("monday"));
    }

    #[test]
    fn loose_values_are_what_was_meant() {
        let file = json!({ "title": null, "refresh": false, "tags": null, "time": { "from": "now-1d/d" }, "panels": [{ "type": "stat", "maxDataPoints": "100", "targets": [{ "expr": "up", "intervalFactor": "2" }] }] });
        check(&file, "/dashboard/title", json!("Untitled"));
        check(&file, "/dashboard/refresh", Value::Null);
        check(&file, "/dashboard/from", json!("now-1d/d"));
        check(&file, "/panels/0/pointsMax", json!(100));
        check(&file, "/panels/0/queries/0/factor", json!(2));
    }

    #[test]
    fn what_the_page_does_not_follow_is_kept() {
        let panel = json!({
            "type": "timeseries", "id": 1, "title": "g", "hideTimeOverride": true, "pluginVersion": "12",
            "targets": [{ "refId": "A", "expr": "up", "editorMode": "code" }, { "refId": "B", "rawSql": "SELECT 1", "datasource": { "type": "mysql" } }],
            "transformations": [
                { "id": "merge", "topic": "annotations", "options": {}, "filter": { "id": "byRefId", "options": "A" } },
                { "id": "limit", "options": {}, "filter": { "id": "byName", "options": "x" } },
            ],
            "fieldConfig": { "overrides": [{ "__systemRef": "hideSeriesFrom", "matcher": { "id": "byName", "options": "a", "scope": "series" }, "properties": [] }] },
        });
        of_panel(panel.clone(), "/kept/hideTimeOverride", json!(true));
        of_panel(panel.clone(), "/kept/pluginVersion", Value::Null);
        of_panel(panel.clone(), "/kept/targets/0/rawSql", json!("SELECT 1"));
        of_panel(panel.clone(), "/queries/0/kept", json!({ "editorMode": "code" }));
        of_panel(panel.clone(), "/transformations/0/kept", json!({ "topic": "annotations" }));
        of_panel(panel.clone(), "/transformations/0/only", json!("A"));
        let filter = json!({ "filter": { "id": "byName", "options": "x" } });
        of_panel(panel.clone(), "/transformations/1/kept", filter);
        let exception = json!({ "__systemRef": "hideSeriesFrom", "matcher": { "scope": "series" } });
        of_panel(panel.clone(), "/overrides/0/kept", exception);
        let file = json!({
            "title": "t", "graphTooltip": 1, "version": 7, "panels": [panel],
            "annotations": { "list": [{ "builtIn": 1, "iconColor": "red" }] },
            "templating": { "list": [{ "name": "u", "type": "groupby" }] },
            "links": [{ "title": "l", "url": "/x", "icon": "doc" }],
        });
        check(&file, "/dashboard/kept/graphTooltip", json!(1));
        check(&file, "/dashboard/kept/version", Value::Null);
        check(&file, "/dashboard/kept/annotations/0/iconColor", json!("red"));
        check(&file, "/dashboard/kept/variables/0/name", json!("u"));
        check(&file, "/dashboard/links/0/kept", json!({ "icon": "doc" }));
        let losses = json!([
            "variable u: groupby variables are not carried over",
            "panel 1 \"g\": query B asks mysql, not PromQL",
            "panel 1 \"g\": transformation limit is done to all answers, not to some",
        ]);
        check(&file, "/losses", losses);
    }

    #[test]
    fn sources_that_are_chosen_are_told_apart() {
        let chosen = |name: &str, kind: &str| json!({ "name": name, "type": "datasource", "query": kind });
        let mut file = json!({
            "__inputs": [{ "name": "DS_IN", "type": "datasource", "pluginId": "prometheus" }],
            "templating": { "list": [
                chosen("ds", "prometheus"), chosen("other", "prometheus"), chosen("loki", "loki"),
                { "name": "job", "type": "query", "query": "label_values(job)", "datasource": { "type": "prometheus", "uid": "${other}" } },
            ] },
            "annotations": { "list": [{ "name": "n", "expr": "up", "datasource": "$other", "iconColor": "purple" }] },
            "panels": [
                { "type": "stat", "datasource": "$ds", "targets": [{ "expr": "up" }, { "refId": "B", "expr": "up", "datasource": { "uid": "$other" } }] },
                { "type": "stat", "datasource": { "type": "prometheus", "uid": "${DS_IN}" }, "targets": [{ "expr": "up" }] },
                { "type": "logs", "datasource": { "uid": "$loki" }, "targets": [{ "refId": "A", "expr": "{job=\"a\"}" }] },
                { "type": "logs", "targets": [{ "refId": "A", "expr": "{job=\"a\"}" }] },
            ],
        });
        let other = json!({ "type": "prometheus", "uid": "${other}" });
        for (path, want) in [
            ("/panels/0/queries/0/kept/datasource", json!({ "type": "prometheus", "uid": "${ds}" })),
            ("/panels/0/queries/1/kept/datasource", other.clone()),
            ("/panels/1/queries/0/kept", Value::Null),
            ("/panels/2/queries", json!([])),
            ("/panels/2/kept/targets/0/datasource", json!({ "type": "loki", "uid": "${loki}" })),
            ("/panels/3/queries", json!([])),
            ("/panels/3/kept/targets/0/expr", json!("{job=\"a\"}")),
            ("/dashboard/variables/3/kept/datasource", other.clone()),
            ("/dashboard/annotations/0/kept", json!({ "datasource": other, "iconColor": "purple" })),
        ] {
            check(&file, path, want);
        }
        file = json!({
            "elements": {}, "cursorSync": "Crosshair", "timeSettings": { "hideTimepicker": true },
            "variables": [{ "kind": "QueryVariable", "spec": { "name": "v", "refresh": "onTimeRangeChanged", "query": { "group": "prometheus", "datasource": { "name": "${ds}" }, "spec": { "query": "x" } } } }],
            "annotations": [{ "spec": { "name": "n", "iconColor": "red", "filter": { "ids": [1] }, "query": { "group": "prometheus", "spec": { "expr": "up" } } } }],
        });
        for (path, want) in [
            ("/dashboard/annotations/0/kept", json!({ "iconColor": "red", "filter": { "ids": [1] } })),
            ("/dashboard/kept", json!({ "graphTooltip": 1, "timepicker": { "hidden": true } })),
            ("/dashboard/variables/0/kept/refresh", json!(2)),
            ("/dashboard/variables/0/kept/datasource/uid", json!("${ds}")),
        ] {
            check(&file, path, want);
        }
    }

    #[test]
    fn constants_of_an_export_are_filled_in() {
        let file = json!({
            "__inputs": [{ "name": "VAR_PREFIX", "type": "constant", "value": "node" }],
            "templating": { "list": [{ "name": "prefix", "type": "constant", "query": "${VAR_PREFIX}", "current": { "value": "${VAR_PREFIX}" } }] }, "panels": [],
        });
        check(&file, "/dashboard/variables/0/query", json!("node"));
        check(&file, "/dashboard/variables/0/current/0", json!("node"));
    }

    #[test]
    fn every_form_of_a_variable_is_read() {
        let variable = |json: Value, path: &str, want: Value| {
            check(
                &json!({ "templating": { "list": [json] }, "panels": [] }),
                &format!("/dashboard/variables/0{path}"),
                want,
            )
        };
        variable(
            json!({ "type": "query", "query": { "query": "label_values(up, job)", "refId": "x" } }),
            "/query",
            json!("label_values(up, job)"),
        );
        variable(
            json!({ "type": "query", "query": { "qryType": 1, "metric": "up", "label": "job" } }),
            "/query",
            json!("label_values(up, job)"),
        );
        variable(
            json!({ "type": "query", "query": "", "definition": "metrics(x)" }),
            "/query",
            json!("metrics(x)"),
        );
        variable(
            json!({ "type": "query", "current": { "text": "All", "value": "All" }, "includeAll": true }),
            "/current/0",
            json!("$__all"),
        );
        variable(
            json!({ "type": "custom", "query": "[{\"text\":\"a, b\",\"value\":\"1\"},\"c\"]", "valuesFormat": "json" }),
            "/query",
            json!("a\\, b : 1,c"),
        );
        variable(
            json!({ "type": "custom", "options": [{ "value": "a" }, { "value": "$__all" }, { "value": "b" }] }),
            "/query",
            json!("a,b"),
        );
        variable(json!({ "type": "interval", "query": "1m,5m" }), "/current/0", json!("1m"));
        let auto = json!({ "name": "i", "type": "interval", "query": "1m,5m", "auto": true, "auto_count": "20", "auto_min": "30s", "current": { "text": "auto", "value": "$__auto_interval_i" } });
        variable(auto.clone(), "/auto", json!({ "count": 20, "least": "30s" }));
        variable(auto.clone(), "/current/0", json!("$__auto"));
        variable(auto, "/kept", Value::Null);
        variable(
            json!({ "type": "interval", "auto": true }),
            "/auto",
            json!({ "count": 30, "least": "10s" }),
        );
        variable(json!({ "type": "interval", "auto": false, "auto_count": 5 }), "/auto", Value::Null);
        variable(json!({ "type": "interval", "auto": false, "auto_count": 5 }), "/kept/auto_count", json!(5));
        variable(json!({ "type": "textbox", "query": "x" }), "/current/0", json!("x"));
        let groups = json!({ "templating": { "list": [{ "type": "groupby", "name": "g" }] }, "panels": [] });
        check(&groups, "/losses/0", json!("variable g: groupby variables are not carried over"));
        let second = |kind: &str, spec: Value, path: &str, want: Value| {
            check(
                &json!({ "elements": {}, "variables": [{ "kind": kind, "spec": spec }] }),
                &format!("/dashboard/variables/0{path}"),
                want,
            );
        };
        second(
            "QueryVariable",
            json!({ "name": "q", "query": { "kind": "DataQuery", "spec": { "query": "label_values(job)" } }, "sort": "alphabeticalDesc", "hide": "hideLabel" }),
            "/sort",
            json!(2),
        );
        second(
            "QueryVariable",
            json!({ "query": { "kind": "prometheus", "spec": { "__legacyStringValue": "label_values(job)" } } }),
            "/query",
            json!("label_values(job)"),
        );
        second(
            "SwitchVariable",
            json!({ "name": "s", "enabledValue": "1", "disabledValue": "0", "current": "1" }),
            "/current/0",
            json!("1"),
        );
        second(
            "SwitchVariable",
            json!({ "name": "s", "enabledValue": "1", "disabledValue": "0" }),
            "/query",
            json!("0,1"),
        );
        let auto = json!({ "name": "i", "query": "1m,5m", "auto": true, "auto_count": 12, "auto_min": "1m", "current": { "text": "auto", "value": "$__auto" } });
        second("IntervalVariable", auto.clone(), "/auto", json!({ "count": 12, "least": "1m" }));
        second("IntervalVariable", auto, "/current/0", json!("$__auto"));
        second("TextVariable", json!({ "query": "x" }), "/kind", json!("textbox"));
        second("DatasourceVariable", json!({ "pluginId": "prometheus" }), "/query", json!("prometheus"));
    }

    #[test]
    fn what_asks_something_else_is_named() {
        let loki = json!({ "type": "timeseries", "id": 3, "title": "logs", "datasource": { "type": "loki" }, "targets": [{ "expr": "rate({a=\"b\"}[5m])" }] });
        check(
            &json!({ "panels": [loki] }),
            "/losses/0",
            json!("panel 3 \"logs\": query A asks loki, not PromQL"),
        );
        let mixed = json!({ "type": "timeseries", "datasource": { "uid": "-- Mixed --" }, "targets": [{ "expr": "up" }, { "refId": "E", "datasource": { "type": "__expr__", "uid": "__expr__" }, "expression": "$A * 2" }] });
        of_panel(mixed.clone(), "/queries/0/query", json!("up"));
        of_panel(mixed, "/lost", Value::Null);
        let logs = json!({ "panels": [], "annotations": { "list": [{ "name": "n", "datasource": "Loki", "expr": "{a=\"b\"}" }, { "name": "p", "datasource": "$ds", "expr": "up == 0" }] } });
        check(&logs, "/losses/0", json!("annotation n: only marks from PromQL are shown"));
        check(&logs, "/dashboard/annotations/0/query", json!("up == 0"));
        of_panel(
            json!({ "type": "some-plugin", "targets": [{ "expr": "up" }] }),
            "/lost",
            json!("panels of kind some-plugin are not known"),
        );
        of_panel(
            json!({ "type": "nodeGraph" }),
            "/lost",
            json!("graphs of nodes are of traces, which are not kept here yet"),
        );
        of_panel(
            json!({ "type": "dashlist", "tags": ["shop"], "limit": 5, "starred": false }),
            "/options/maxItems",
            json!(5.0),
        );
        of_panel(json!({ "type": "dashlist", "options": { "tags": ["shop"] } }), "/lost", Value::Null);
        check(
            &json!({ "panels": [{ "id": 2, "type": "alertlist", "title": "a" }] }),
            "/losses/0",
            json!("panel 2 \"a\": lists what the deck says is wrong, as rules are not kept here yet"),
        );
        of_panel(
            json!({ "type": "grafana-polystat-panel", "targets": [{ "expr": "up" }] }),
            "/kind",
            json!("stat"),
        );
    }

    #[test]
    fn steps_links_and_mappings_keep_what_they_say() {
        let step =
            json!({ "id": "organize", "options": {}, "filter": { "id": "byRefId", "options": "/A|B/" } });
        of_panel(
            json!({ "type": "table", "transformations": [step, { "id": "merge", "disabled": true }], "targets": [{ "expr": "up" }] }),
            "/transformations",
            json!([{ "id": "organize", "options": {}, "only": "/A|B/" }, { "id": "merge", "options": null, "disabled": true }]),
        );
        let links = json!({ "panels": [], "links": [{ "type": "dashboards", "tags": ["a"], "keepTime": true, "includeVars": true }, { "type": "link", "url": "/d/x", "targetBlank": true }] });
        check(&links, "/dashboard/links/0/withTime", json!(true));
        check(&links, "/dashboard/links/0/tags/0", json!("a"));
        check(&links, "/dashboard/links/1/blank", json!(true));
        let single = |kind: i64| json!({ "type": "singlestat", "mappingType": kind, "valueMaps": [{ "value": "1", "text": "up" }], "rangeMaps": [{ "from": "null", "to": "null", "text": "none" }], "targets": [{ "expr": "up" }] });
        of_panel(
            single(1),
            "/defaults/mappings",
            json!([{ "type": "value", "options": { "1": { "text": "up" } } }]),
        );
        of_panel(
            single(2),
            "/defaults/mappings",
            json!([{ "type": "special", "options": { "match": "null", "result": { "text": "none" } } }]),
        );
    }

    #[test]
    fn a_table_of_old_keeps_its_columns_and_colours() {
        let table = json!({ "type": "table", "targets": [{ "expr": "up", "format": "table" }], "styles": [
            { "pattern": "Time", "type": "hidden" }, { "pattern": "Value", "type": "number", "unit": "percent", "colorMode": "cell", "thresholds": ["70", "90"], "colors": ["green", "orange", "red"] },
            { "pattern": "/.*/", "type": "number", "unit": "short" },
        ] });
        // Of the styles the first that fits counted, of exceptions the last does.
        of_panel(table.clone(), "/overrides/0/of", json!("/.*/"));
        of_panel(table.clone(), "/overrides/2/properties/0", json!(["custom.hidden", true]));
        of_panel(table, "/overrides/1/properties/2/1/steps/2", json!({ "value": 90.0, "color": "red" }));
    }
}
