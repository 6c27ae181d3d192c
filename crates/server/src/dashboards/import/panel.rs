//! One panel of the classic form, with its queries; those of old kinds are brought up to date.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::model::{Options, Panel, PanelQuery};
use super::super::report::Report;
use super::read::{flag, integer, items, number, text};
use super::{angular, classic, early, expression, kept, mappings};

/// Reads it. Where it names no source of data, the dashboard's own counts.
pub fn read(json: &Value, datasource: &Value, report: &mut Report) -> Panel {
    let panel = Panel {
        id: integer(json, "id").unwrap_or(0),
        kind: text(json, "type"),
        title: classic::or(text(json, "title"), &text(&json["libraryPanel"], "name")),
        description: text(json, "description"),
        place: classic::place(&json["gridPos"]),
        transformations: items(json, "transformations").iter().map(kept::transformation).collect(),
        defaults: object(&json["fieldConfig"]["defaults"]),
        overrides: items(&json["fieldConfig"], "overrides").iter().map(kept::exception).collect(),
        options: object(&json["options"]),
        repeat: text(json, "repeat"),
        repeat_down: json["repeatDirection"] == "v",
        repeat_max: count(&json["maxPerRow"]).or_else(|| most_beside(json, 24.0)),
        interval: text(json, "interval"),
        points_max: count(&json["maxDataPoints"]),
        time_from: text(json, "timeFrom"),
        time_shift: text(json, "timeShift"),
        links: items(json, "links").iter().map(classic::link).filter(|link| !link.url.is_empty()).collect(),
        transparent: flag(json, "transparent"),
        ..Panel::default()
    };
    let mut panel = angular::upgraded(panel, json, report);
    if early::is_early(json) {
        early::upgraded(&mut panel, json);
    }
    mappings::upgrade(&mut panel.defaults);
    for (_, value) in
        panel.overrides.iter_mut().flat_map(|one| &mut one.properties).filter(|(id, _)| id == "mappings")
    {
        *value = items_of(value).iter().cloned().filter_map(mappings::upgraded).collect();
    }
    panel.kept = kept::of_panel(json, &panel.kind);
    stand_in(&mut panel, report);
    if json["libraryPanel"].is_object() && matches!(panel.kind.as_str(), "" | "library-panel-ref") {
        panel.lost = "it is a library panel, and the library is not part of the file".to_owned();
    }
    for link in items(json, "links").iter().filter(|link| text(link, "url").is_empty()) {
        report.of(&panel, format!("its link {} has no address", text(link, "title")));
    }
    let is_worked_out = |thresholds: &Value| {
        items(thresholds, "steps").iter().any(|step| !text(step, "valueExpr").is_empty())
    };
    let exceptions = panel.overrides.iter().flat_map(|one| &one.properties).map(|(_, value)| value);
    if panel.defaults.get("thresholds").into_iter().chain(exceptions).any(is_worked_out) {
        report.of(&panel, "thresholds that are worked out from variables are where they were kept last");
    }
    if json["alert"].is_object() {
        report.of(&panel, "the alert of the panel is not carried over; write it as a rule");
    }
    let own = if json["datasource"].is_null() { datasource } else { &json["datasource"] };
    read_queries(items(json, "targets"), own, &mut panel, report);
    panel
}

/// Kinds of panels that show other signals than metrics.
const SIGNALS: &[&str] = &["logs", "traces", "nodeGraph", "flamegraph"];

/// The queries of a panel. One that asks something other than PromQL is named and left out.
pub fn read_queries(targets: &[Value], datasource: &Value, panel: &mut Panel, report: &mut Report) {
    let said: BTreeSet<String> = targets.iter().map(|target| text(target, "refId")).collect();
    let mut free = letters().filter(|letter| !said.contains(letter));
    let mut names = BTreeSet::new();
    for target in targets {
        let said = text(target, "refId");
        // Of two with the same letter the first keeps it.
        let name = match said.is_empty() || names.contains(&said) {
            true => free.next().unwrap_or_default(),
            false => said,
        };
        names.insert(name.clone());
        let own = if target["datasource"].is_null() { datasource } else { &target["datasource"] };
        if expression::is_one(own) {
            match expression::read(target, &name) {
                Ok(query) => panel.queries.push(query),
                Err(kind) => {
                    let what = format!("query {name} is a server-side expression of kind {kind}");
                    report.of(panel, format!("{what}, which is not worked out"));
                    leave(panel, target, own);
                }
            }
            continue;
        }
        // Where nothing is said of it, a list of logs asks no metrics.
        let silent = SIGNALS.contains(&panel.kind.as_str()) && text(own, "type").is_empty();
        let source = if silent { Some(panel.kind.clone()) } else { foreign(own) };
        let query = text(target, "expr");
        if let Some(source) = source {
            report.of(panel, format!("query {name} asks {source}, not PromQL"));
            leave(panel, target, own);
        } else if query.trim().is_empty() {
            if !target.as_object().is_none_or(Map::is_empty) && has_question(target) {
                report.of(panel, format!("query {name} has no PromQL"));
                leave(panel, target, own);
            }
        } else {
            panel.queries.push(PanelQuery {
                name,
                query,
                legend: text(target, "legendFormat"),
                instant: flag(target, "instant"),
                range: target["range"].as_bool().unwrap_or(!flag(target, "instant")),
                format: text(target, "format"),
                interval: text(target, "interval"),
                factor: count(&target["intervalFactor"]).filter(|factor| *factor > 1),
                hidden: flag(target, "hide"),
                exemplars: flag(target, "exemplar"),
                expression: Options::default(),
                kept: kept::with_source(kept::unread(target, kept::QUERY), own),
            });
        }
    }
}

/// Keeps a question that is not asked here, with the source it is for.
fn leave(panel: &mut Panel, target: &Value, datasource: &Value) {
    let mut target = target.clone();
    if target.is_object() {
        target["datasource"] = datasource.clone();
        kept::leave(&mut panel.kept, "targets", &target);
    }
}

/// Whether a target without PromQL asks anything at all: many files have empty ones.
fn has_question(target: &Value) -> bool {
    ["rawSql", "query", "target", "metrics", "bucketAggs", "queryText", "expression", "rawQuery"].iter().any(
        |name| {
            !matches!(&target[*name], Value::Null)
                && target[*name] != ""
                && target[*name] != serde_json::json!([])
        },
    )
}

/// What a source of data is called that does not answer PromQL.
pub fn foreign(datasource: &Value) -> Option<String> {
    const OURS: &[&str] = &[
        "",
        "prometheus",
        "victoriametrics-datasource",
        "victoriametrics-metrics-datasource",
        "mimir",
        "thanos",
        "cortex",
        "datasource",
        "mixed",
        "default",
        "grafana-amazonprometheus-datasource",
        "grafana-azureprometheus-datasource",
    ];
    let kind = datasource["type"].as_str().unwrap_or_default().to_owned();
    if expression::is_one(datasource) {
        return Some("a server-side expression".to_owned());
    }
    // What a variable stands for may be asked here.
    (!OURS.contains(&kind.to_lowercase().as_str()) && !kind.starts_with('$')).then_some(kind)
}

fn items_of(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A count; old files have it as a text.
fn count(json: &Value) -> Option<u64> {
    number(json).filter(|number| *number >= 1.0).map(|number| number as u64)
}

/// How many repeats stand beside each other when each has at least so many of all columns: a divisor of the grid's 24.
pub fn most_beside(json: &Value, columns: f64) -> Option<u64> {
    let smallest = number(&json["minSpan"]).filter(|span| *span >= 1.0)?;
    [24, 12, 8, 6, 4, 3, 2, 1].into_iter().find(|most| *most as f64 <= columns / smallest)
}

/// Plugins whose panels a kind of ours shows nearly as well, with what is different.
const STAND_INS: &[(&str, &str, &str)] = &[
    ("grafana-polystat-panel", "stat", "drawn as single values instead of hexagons"),
    ("vonage-status-panel", "stat", "drawn as single values"),
    ("btplc-status-dot-panel", "stat", "drawn as single values"),
    ("michaeldmoore-multistat-panel", "bargauge", "drawn as bars"),
    ("briangann-gauge-panel", "gauge", "drawn as a gauge"),
    ("natel-discrete-panel", "state-timeline", "drawn as states over time"),
    ("flant-statusmap-panel", "status-history", "drawn as states over time"),
    ("trend", "timeseries", "drawn over time"),
    ("candlestick", "timeseries", "drawn as lines"),
    ("yesoreyeram-boomtable-panel", "table", "drawn as a plain table"),
    ("corpglory-progresslist-panel", "bargauge", "drawn as bars"),
    ("farski-blendstat-panel", "stat", "drawn as single values"),
    ("snuids-trafficlights-panel", "stat", "drawn as single values"),
    ("mtanda-histogram-panel", "histogram", "drawn as a histogram"),
];

fn stand_in(panel: &mut Panel, report: &mut Report) {
    if let Some((_, kind, difference)) = STAND_INS.iter().find(|(plugin, ..)| panel.kind == *plugin) {
        report.of(panel, *difference);
        panel.kind = (*kind).to_owned();
    }
}

/// The names of queries in their order: A to Z, then AA, AB and so on.
fn letters() -> impl Iterator<Item = String> {
    (0_u32..).map(|mut at| {
        let mut name = Vec::new();
        loop {
            name.insert(0, char::from(b'A' + (at % 26) as u8));
            if at < 26 {
                return name.into_iter().collect();
            }
            at = at / 26 - 1;
        }
    })
}

/// An object; anything else is an empty one.
pub fn object(json: &Value) -> Options {
    json.as_object().cloned().unwrap_or_default()
}
