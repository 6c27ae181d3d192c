//! Panels of old kinds, brought up to date: `graph`, `singlestat`, `table-old` and their relatives.

use serde_json::{Value, json};

use super::super::model::{Options, Override, Panel};
use super::super::report::Report;
use super::mappings;
use super::read::{as_text, flag, integer, items, number, text};

/// The kinds whose settings are read here from where they stood before `options` and `fieldConfig` were.
pub const KINDS: &[&str] = &[
    "graph",
    "singlestat",
    "grafana-singlestat-panel",
    "table-old",
    "text",
    "heatmap",
    "grafana-piechart-panel",
];

/// The panel as a kind that is drawn.
pub fn upgraded(mut panel: Panel, json: &Value, report: &mut Report) -> Panel {
    match panel.kind.as_str() {
        "graph" => graph(&mut panel, json, report),
        "singlestat" | "grafana-singlestat-panel" | "blackmirror1-singlestat-math-panel" => {
            singlestat(&mut panel, json, report)
        }
        "table-old" => old_table(&mut panel, json, report),
        "table" if json["styles"].is_array() && panel.defaults.is_empty() && panel.overrides.is_empty() => {
            old_table(&mut panel, json, report)
        }
        "text" | "text2" => words(&mut panel, json),
        "heatmap" if json["options"].as_object().is_none_or(|options| options.is_empty()) => {
            old_heatmap(&mut panel, json)
        }
        "grafana-piechart-panel" => pie(&mut panel, json),
        "dashlist" if panel.options.is_empty() => old_list(&mut panel, json),
        // Names from before these kinds were finished.
        "heatmap-new" => panel.kind = "heatmap".to_owned(),
        "singlestat2" => panel.kind = "stat".to_owned(),
        "graph2" => panel.kind = "timeseries".to_owned(),
        "table2" => panel.kind = "table".to_owned(),
        "piechart2" => panel.kind = "piechart".to_owned(),
        _ => {}
    }
    panel
}

/// A list of dashboards, whose settings stood beside its title.
fn old_list(panel: &mut Panel, json: &Value) {
    panel.options = super::panel::object(&json!({
        "tags": json["tags"], "query": json["query"], "maxItems": number(&json["limit"]),
        "showStarred": json["starred"], "showRecentlyViewed": json["recent"], "showSearch": json["search"],
    }));
}

fn graph(panel: &mut Panel, json: &Value, report: &mut Report) {
    if !items(json, "timeRegions").is_empty() {
        report.of(panel, "the coloured times of day or week are left out");
    }
    let mode = as_text(&json["xaxis"]["mode"]);
    panel.kind = match mode.as_str() {
        "series" => "bargauge",
        "histogram" => "histogram",
        _ => "timeseries",
    }
    .to_owned();
    if mode == "series" {
        let calc = items(&json["xaxis"], "values").first().map_or("sum".to_owned(), as_text);
        panel.options.insert("reduceOptions".to_owned(), json!({ "calcs": [reducer(&calc)] }));
    }
    if let Some(buckets) = integer(&json["xaxis"], "buckets").filter(|_| mode == "histogram") {
        panel.options.insert("bucketCount".to_owned(), json!(buckets));
    }
    let left = &json["yaxes"][0];
    axis(&mut panel.defaults, left, json);
    let mut custom = Options::new();
    let mut set = |name: &str, value: Value| {
        custom.insert(name.to_owned(), value);
    };
    let bars = flag(json, "bars");
    let lines = json["lines"].as_bool().unwrap_or(true);
    let points = flag(json, "points");
    let fill = number(&json["fill"]).unwrap_or(1.0) * 10.0;
    set(
        "drawStyle",
        json!(if bars {
            "bars"
        } else if lines {
            "line"
        } else {
            "points"
        }),
    );
    set("fillOpacity", json!(if bars { 100.0 } else { fill.clamp(0.0, 100.0) }));
    set("lineWidth", json!(number(&json["linewidth"]).unwrap_or(1.0)));
    set("pointSize", json!(2.0 + 2.0 * number(&json["pointradius"]).unwrap_or(2.0)));
    set("showPoints", json!(if points { "always" } else { "never" }));
    set("spanNulls", json!(json["nullPointMode"] == "connected"));
    if json["nullPointMode"] == "null as zero" {
        set("nullsAsZero", json!(true));
    }
    if flag(json, "dashes") {
        set("lineStyle", dashed(json));
    }
    if number(&json["fillGradient"]).is_some_and(|gradient| gradient > 0.0) {
        set("gradientMode", json!("opacity"));
    }
    if flag(json, "steppedLine") {
        set("lineInterpolation", json!("stepAfter"));
    }
    if flag(json, "stack") {
        set(
            "stacking",
            json!({ "mode": if flag(json, "percentage") { "percent" } else { "normal" }, "group": "A" }),
        );
    }
    let log = number(&left["logBase"]).unwrap_or(1.0);
    if log > 1.0 {
        set("scaleDistribution", json!({ "type": "log", "log": log }));
    }
    if !text(left, "label").is_empty() {
        set("axisLabel", json!(text(left, "label")));
    }
    if left["show"] == false {
        set("axisPlacement", json!("hidden"));
    }
    thresholds(panel, json, &mut custom);
    panel.defaults.insert("custom".to_owned(), Value::Object(custom));
    colours(panel, &json["aliasColors"]);
    for series in items(json, "seriesOverrides") {
        series_override(panel, series, left, &json["yaxes"][1]);
    }
    legend(panel, &json["legend"]);
    tooltip(panel, &json["tooltip"]);
}

fn dashed(json: &Value) -> Value {
    let of = |name: &str| number(&json[name]).filter(|length| *length > 0.0).unwrap_or(10.0);
    json!({ "fill": "dash", "dash": [of("dashLength"), of("spaceLength")] })
}

/// Unit, limits and digits of an axis.
fn axis(defaults: &mut Options, axis: &Value, json: &Value) {
    let unit = match text(axis, "format") {
        unit if unit.is_empty() => text(json, "y_format"),
        unit => unit,
    };
    if !unit.is_empty() {
        defaults.insert("unit".to_owned(), json!(unit));
    }
    for name in ["min", "max"] {
        if let Some(limit) = number(&axis[name]) {
            defaults.insert(name.to_owned(), json!(limit));
        }
    }
    if let Some(decimals) = integer(axis, "decimals").or_else(|| integer(json, "decimals")) {
        defaults.insert("decimals".to_owned(), json!(decimals));
    }
}

/// Thresholds of a graph: `gt` colours from its value up, `lt` up to its value.
fn thresholds(panel: &mut Panel, json: &Value, custom: &mut Options) {
    let mut all: Vec<&Value> =
        items(json, "thresholds").iter().filter(|one| number(&one["value"]).is_some()).collect();
    if all.is_empty() {
        return;
    }
    all.sort_by(|left, right| {
        let value = |one: &Value| number(&one["value"]).unwrap_or(0.0);
        value(left).total_cmp(&value(right))
    });
    let mut steps = Vec::new();
    let (mut area, mut line) = (false, false);
    for threshold in all {
        area |= flag(threshold, "fill");
        line |= flag(threshold, "line");
        let colour = match text(threshold, "colorMode").as_str() {
            "critical" => "red".to_owned(),
            "warning" => "orange".to_owned(),
            "ok" => "green".to_owned(),
            _ => [text(threshold, "fillColor"), text(threshold, "lineColor")]
                .into_iter()
                .find(|colour| !colour.is_empty())
                .unwrap_or_else(|| "red".to_owned()),
        };
        let value = number(&threshold["value"]);
        if threshold["op"] == "lt" {
            steps.push(json!({ "value": null, "color": colour }));
            steps.push(json!({ "value": value, "color": "transparent" }));
        } else {
            if steps.is_empty() {
                steps.push(json!({ "value": null, "color": "transparent" }));
            }
            steps.push(json!({ "value": value, "color": colour }));
        }
    }
    panel.defaults.insert("thresholds".to_owned(), json!({ "mode": "absolute", "steps": steps }));
    let mode = match (line, area) {
        (true, true) => "line+area",
        (true, false) => "line",
        (false, true) => "area",
        (false, false) => "off",
    };
    custom.insert("thresholdsStyle".to_owned(), json!({ "mode": mode }));
}

fn colours(panel: &mut Panel, aliases: &Value) {
    for (name, colour) in aliases.as_object().into_iter().flatten() {
        panel.overrides.push(Override {
            matcher: "byName".to_owned(),
            of: json!(name),
            properties: vec![("color".to_owned(), json!({ "mode": "fixed", "fixedColor": colour }))],
            ..Override::default()
        });
    }
}

fn series_override(panel: &mut Panel, series: &Value, left: &Value, right: &Value) {
    let alias = text(series, "alias");
    let pattern =
        alias.len() > 1 && alias.starts_with('/') && alias.trim_end_matches(['i', 'g']).ends_with('/');
    let mut properties: Vec<(String, Value)> = Vec::new();
    let mut set = |name: &str, value: Value| properties.push((name.to_owned(), value));
    for (name, value) in series.as_object().into_iter().flatten() {
        match name.as_str() {
            "fill" => set("custom.fillOpacity", json!(number(value).unwrap_or(0.0) * 10.0)),
            "linewidth" => set("custom.lineWidth", value.clone()),
            "color" => set("color", json!({ "mode": "fixed", "fixedColor": value })),
            "bars" if value == true => {
                set("custom.drawStyle", json!("bars"));
                set("custom.fillOpacity", json!(100));
            }
            "lines" => match value.as_bool() {
                Some(true) => set("custom.drawStyle", json!("line")),
                _ => set("custom.lineWidth", json!(0)),
            },
            "points" if value == true => set("custom.showPoints", json!("always")),
            "dashes" if value == true => set("custom.lineStyle", dashed(series)),
            "fillBelowTo" => set("custom.fillBelowTo", value.clone()),
            "nullPointMode" => set("custom.spanNulls", json!(value == "connected")),
            "pointradius" => set("custom.pointSize", json!(2.0 + 2.0 * number(value).unwrap_or(2.0))),
            "steppedLine" if value == true => set("custom.lineInterpolation", json!("stepAfter")),
            "stack" => set(
                "custom.stacking",
                match value {
                    Value::Bool(false) => json!({ "mode": "none" }),
                    Value::String(group) => json!({ "mode": "normal", "group": group }),
                    _ => json!({ "mode": "normal", "group": "A" }),
                },
            ),
            "transform" => set("custom.transform", value.clone()),
            "zindex" if number(value).is_some_and(|over| over != 0.0) => set("custom.zindex", value.clone()),
            "legend" | "hideTooltip" if *value == (name == "hideTooltip") => set(
                "custom.hideFrom",
                json!({ "legend": name == "legend", "tooltip": name == "hideTooltip", "viz": false }),
            ),
            "hiddenSeries" if value == true => {
                set("custom.hideFrom", json!({ "viz": true, "legend": false, "tooltip": false }))
            }
            "yaxis" if number(value) == Some(2.0) => {
                set("custom.axisPlacement", json!("right"));
                if !text(right, "format").is_empty() {
                    set("unit", json!(text(right, "format")));
                }
                let log = number(&right["logBase"]).unwrap_or(1.0);
                if log > 1.0 {
                    set("custom.scaleDistribution", json!({ "type": "log", "log": log }));
                } else if number(&left["logBase"]).unwrap_or(1.0) > 1.0 {
                    set("custom.scaleDistribution", json!({ "type": "linear" }));
                }
                // The left axis is said of all lines: what it is called is not the name of this one.
                if !text(right, "label").is_empty() || !text(left, "label").is_empty() {
                    set("custom.axisLabel", json!(text(right, "label")));
                }
                for limit in ["min", "max"] {
                    if let Some(limit_value) = number(&right[limit]) {
                        set(limit, json!(limit_value));
                    }
                }
            }
            _ => {}
        }
    }
    let matcher = if pattern { "byRegexp" } else { "byName" };
    let of = json!(alias);
    panel.overrides.push(Override { matcher: matcher.to_owned(), of, properties, ..Override::default() });
}

/// Names of statistics of old.
fn reducer(name: &str) -> &str {
    match name {
        "current" | "last" => "lastNotNull",
        "avg" | "mean" => "mean",
        "total" | "sum" => "sum",
        "first" => "firstNotNull",
        "range" => "range",
        "delta" => "delta",
        "diff" => "diff",
        "count" => "count",
        "min" => "min",
        "max" => "max",
        _ => "mean",
    }
}

fn legend(panel: &mut Panel, json: &Value) {
    let calcs: Vec<&str> = ["min", "max", "avg", "current", "total"]
        .into_iter()
        .filter(|name| flag(json, "values") && flag(json, name))
        .map(reducer)
        .collect();
    let shown = json["show"].as_bool().unwrap_or(true);
    let table = flag(json, "alignAsTable");
    let side = flag(json, "rightSide");
    let mut legend = json!({
        "showLegend": shown,
        "displayMode": if !shown { "hidden" } else if table { "table" } else { "list" },
        "placement": if side { "right" } else { "bottom" },
        "calcs": calcs,
    });
    let names = [("min", "Min"), ("max", "Max"), ("avg", "Mean"), ("current", "Last *"), ("total", "Total")];
    if let Some((_, name)) = names.iter().find(|(name, _)| json["sort"] == *name) {
        legend["sortBy"] = json!(name);
        legend["sortDesc"] = json!(flag(json, "sortDesc"));
    }
    panel.options.insert("legend".to_owned(), legend);
    for (flagged, reducer) in [("hideEmpty", "allIsNull"), ("hideZero", "allIsZero")] {
        if flag(json, flagged) {
            panel.overrides.push(Override {
                matcher: "byValue".to_owned(),
                of: json!({ "reducer": reducer, "op": "gte", "value": 0 }),
                properties: vec![(
                    "custom.hideFrom".to_owned(),
                    json!({ "legend": true, "tooltip": true, "viz": false }),
                )],
                ..Override::default()
            });
        }
    }
}

fn tooltip(panel: &mut Panel, json: &Value) {
    let mode = if json["shared"] == false { "single" } else { "multi" };
    let sort = match integer(json, "sort") {
        Some(0) => "none",
        Some(1) => "asc",
        _ => "desc",
    };
    panel.options.insert("tooltip".to_owned(), json!({ "mode": mode, "sort": sort }));
}

fn singlestat(panel: &mut Panel, json: &Value, report: &mut Report) {
    let gauge = flag(&json["gauge"], "show");
    panel.kind = if gauge { "gauge" } else { "stat" }.to_owned();
    let name = text(json, "valueName");
    if name == "last_time" {
        report.of(panel, "the time of its last value is not shown: the value is");
    }
    let calc = if name == "name" || name == "last_time" {
        "lastNotNull"
    } else if name.is_empty() {
        "mean"
    } else {
        reducer(&name)
    };
    let spark = flag(&json["sparkline"], "show");
    let coloured = flag(json, "colorValue") || flag(json, "colorBackground");
    panel.options = super::panel::object(&json!({
        "reduceOptions": { "calcs": [calc], "values": false, "fields": column(json) },
        "graphMode": if spark { "area" } else { "none" },
        "colorMode": if flag(json, "colorBackground") { "background" } else if coloured { "value" } else { "none" },
        "textMode": if name == "name" { "name" } else { "auto" },
        "justifyMode": "auto",
    }));
    let defaults = &mut panel.defaults;
    let unit = text(json, "format");
    if !unit.is_empty() {
        defaults.insert("unit".to_owned(), json!(unit));
    }
    if let Some(decimals) = integer(json, "decimals") {
        defaults.insert("decimals".to_owned(), json!(decimals));
    }
    if !text(json, "nullText").is_empty() {
        defaults.insert("noValue".to_owned(), json!(text(json, "nullText")));
    }
    if gauge {
        defaults.insert("min".to_owned(), json!(number(&json["gauge"]["minValue"]).unwrap_or(0.0)));
        defaults.insert("max".to_owned(), json!(number(&json["gauge"]["maxValue"]).unwrap_or(100.0)));
    }
    let prefix = text(json, "prefix");
    let postfix = text(json, "postfix");
    if !prefix.is_empty() || !postfix.is_empty() {
        defaults.insert("custom".to_owned(), json!({ "prefix": prefix, "postfix": postfix }));
    }
    // "80,90" with three colours: up to 80, up to 90, above.
    let bounds = text(json, "thresholds");
    let colours: Vec<String> = items(json, "colors").iter().map(as_text).collect();
    let colour = |at: usize| {
        colours
            .get(at)
            .cloned()
            .unwrap_or_else(|| ["green", "orange", "red"].get(at).copied().unwrap_or("red").to_owned())
    };
    let mut steps = vec![
        json!({ "value": null, "color": if coloured || gauge { colour(0) } else { "text".to_owned() } }),
    ];
    let values = bounds.split(',').filter_map(|bound| bound.trim().parse::<f64>().ok());
    steps.extend(values.enumerate().map(|(at, value)| json!({ "value": value, "color": colour(at + 1) })));
    defaults.insert("thresholds".to_owned(), json!({ "mode": "absolute", "steps": steps }));
    defaults.insert("mappings".to_owned(), mappings::of_old(json));
}

/// The column of a table that a single value is taken from, as a pattern; all numbers where none is named.
fn column(json: &Value) -> String {
    let name = text(json, "tableColumn");
    let table = items(json, "targets").iter().any(|target| target["format"] == "table");
    if name.is_empty() || !table {
        return String::new();
    }
    let plain = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ' ';
    let escaped =
        name.chars().map(|letter| if plain(letter) { letter.to_string() } else { format!("\\{letter}") });
    format!("/^{}$/", escaped.collect::<String>())
}

fn old_table(panel: &mut Panel, json: &Value, report: &mut Report) {
    panel.kind = "table".to_owned();
    if let Some(column) = integer(&json["sort"], "col") {
        let sort = json!([{ "column": column, "desc": flag(&json["sort"], "desc") }]);
        panel.options.insert("sortBy".to_owned(), sort);
    }
    let transform = text(json, "transform");
    match transform.as_str() {
        "" | "table" => {}
        "timeseries_aggregations" => {
            let calcs: Vec<Value> =
                items(json, "columns").iter().map(|column| json!(reducer(&text(column, "value")))).collect();
            panel.transformations.push(super::super::model::Transformation {
                id: "reduce".to_owned(),
                options: json!({ "reducers": if calcs.is_empty() { vec![json!("mean")] } else { calcs }, "mode": "seriesToRows" }),
                ..Default::default()
            });
        }
        "timeseries_to_rows" => panel.transformations.push(super::super::model::Transformation {
            id: "seriesToRows".to_owned(),
            options: json!({}),
            ..Default::default()
        }),
        "timeseries_to_columns" => panel.transformations.push(super::super::model::Transformation {
            id: "joinByField".to_owned(),
            options: json!({ "byField": "Time" }),
            ..Default::default()
        }),
        other => report.of(panel, format!("the table's transform {other} is not carried over")),
    }
    // Of the styles the first that fits counted, of exceptions the last does.
    for style in items(json, "styles").iter().rev() {
        let pattern = text(style, "pattern");
        let regex = pattern.starts_with('/') || pattern.contains(['*', '|']);
        let mut properties: Vec<(String, Value)> = Vec::new();
        if style["type"] == "hidden" {
            properties.push(("custom.hidden".to_owned(), json!(true)));
        }
        if !text(style, "alias").is_empty() {
            properties.push(("displayName".to_owned(), json!(text(style, "alias"))));
        }
        if style["type"] == "number" && !text(style, "unit").is_empty() {
            properties.push(("unit".to_owned(), json!(text(style, "unit"))));
        }
        if let Some(decimals) = integer(style, "decimals").filter(|_| style["type"] == "number") {
            properties.push(("decimals".to_owned(), json!(decimals)));
        }
        properties.extend(style_colours(style));
        if style["type"] == "date" {
            properties.push(("unit".to_owned(), json!("dateTimeAsIso")));
        }
        let mappings = mappings::of_old(style);
        if mappings.as_array().is_some_and(|mappings| !mappings.is_empty()) {
            properties.push(("mappings".to_owned(), mappings));
        }
        if flag(style, "link") {
            let link = json!([{ "title": text(style, "linkTooltip"), "url": text(style, "linkUrl").replace("$__cell", "${__value.text}"), "targetBlank": flag(style, "linkTargetBlank") }]);
            properties.push(("links".to_owned(), link));
        }
        let of = if regex && !pattern.starts_with('/') { format!("/^{pattern}$/") } else { pattern };
        if !properties.is_empty() {
            panel.overrides.push(Override {
                matcher: if regex { "byRegexp" } else { "byName" }.to_owned(),
                of: json!(of),
                properties,
                ..Override::default()
            });
        }
    }
}

/// Cells coloured by "70,90" with three colours.
fn style_colours(style: &Value) -> Vec<(String, Value)> {
    let kind = match text(style, "colorMode").as_str() {
        "cell" | "row" => "color-background",
        "value" => "color-text",
        _ => return Vec::new(),
    };
    let bounds: Vec<f64> = items(style, "thresholds").iter().filter_map(number).collect();
    let colour = |at: usize| items(style, "colors").get(at).cloned().unwrap_or_else(|| json!("text"));
    let mut steps = vec![json!({ "value": null, "color": colour(0) })];
    steps.extend(
        bounds.iter().enumerate().map(|(at, value)| json!({ "value": value, "color": colour(at + 1) })),
    );
    vec![
        ("custom.cellOptions".to_owned(), json!({ "type": kind })),
        ("thresholds".to_owned(), json!({ "mode": "absolute", "steps": steps })),
    ]
}

fn words(panel: &mut Panel, json: &Value) {
    panel.kind = "text".to_owned();
    if panel.options.get("content").is_none() {
        panel.options.insert("content".to_owned(), json!(text(json, "content")));
        panel.options.insert("mode".to_owned(), json!(text(json, "mode")));
    }
}

fn old_heatmap(panel: &mut Panel, json: &Value) {
    let axis = &json["yAxis"];
    let unit = text(axis, "format");
    panel.options.insert("calculate".to_owned(), json!(json["dataFormat"] != "tsbuckets"));
    panel.options.insert(
        "yAxis".to_owned(),
        json!({
            "unit": unit, "min": number(&axis["min"]), "max": number(&axis["max"]), "decimals": integer(axis, "decimals"),
            "reverse": flag(json, "reverseYBuckets"),
        }),
    );
    panel.options.insert("legend".to_owned(), json!({ "show": flag(&json["legend"], "show") }));
    panel.options.insert("showValue".to_owned(), json!("never"));
    let scheme = text(&json["color"], "colorScheme");
    if let Some(scheme) = scheme.strip_prefix("interpolate").filter(|_| json["color"]["mode"] != "opacity") {
        panel.options.insert("color".to_owned(), json!({ "mode": "scheme", "scheme": scheme }));
    }
    if !unit.is_empty() {
        panel.defaults.insert("unit".to_owned(), json!(unit));
    }
}

fn pie(panel: &mut Panel, json: &Value) {
    panel.kind = "piechart".to_owned();
    panel
        .options
        .insert("pieType".to_owned(), json!(if json["pieType"] == "donut" { "donut" } else { "pie" }));
    panel.options.insert("reduceOptions".to_owned(), json!({ "calcs": [reducer(&text(json, "valueName"))] }));
    let unit = text(json, "format");
    if !unit.is_empty() {
        panel.defaults.insert("unit".to_owned(), json!(unit));
    }
    if let Some(decimals) = integer(json, "decimals") {
        panel.defaults.insert("decimals".to_owned(), json!(decimals));
    }
    let legend = &json["legend"];
    let shown =
        [("values", "value"), ("percentage", "percent")].into_iter().filter(|(name, _)| flag(legend, name));
    let shown: Vec<&str> = shown.map(|(_, value)| value).collect();
    let beside = json["legendType"] == "Right side";
    panel.options.insert(
        "legend".to_owned(),
        json!({
            "showLegend": legend["show"] != false && json["legendType"] != "On graph",
            "displayMode": if shown.is_empty() { "list" } else { "table" },
            "placement": if beside { "right" } else { "bottom" },
            "values": shown,
        }),
    );
    colours(panel, &json["aliasColors"]);
}
