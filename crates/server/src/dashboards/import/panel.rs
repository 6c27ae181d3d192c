//! One panel of the classic form, with its queries; those of old kinds are brought up to date.

use serde_json::{Map, Value};

use super::super::model::{Options, Override, Panel, PanelQuery, Transformation};
use super::super::report::Report;
use super::read::{flag, integer, items, text};
use super::{angular, classic};

/// Reads it. Where it names no source of data, the dashboard's own counts.
pub fn read(json: &Value, datasource: &Value, report: &mut Report) -> Panel {
    let panel = Panel {
        id: integer(json, "id").unwrap_or(0),
        kind: text(json, "type"),
        title: text(json, "title"),
        description: text(json, "description"),
        place: classic::place(&json["gridPos"]),
        transformations: items(json, "transformations")
            .iter()
            .filter(|one| !flag(one, "disabled"))
            .map(transformation)
            .collect(),
        defaults: object(&json["fieldConfig"]["defaults"]),
        overrides: items(&json["fieldConfig"], "overrides").iter().map(exception).collect(),
        options: object(&json["options"]),
        repeat: text(json, "repeat"),
        repeat_down: json["repeatDirection"] == "v",
        repeat_max: json["maxPerRow"].as_u64(),
        interval: text(json, "interval"),
        points_max: json["maxDataPoints"].as_u64(),
        time_from: text(json, "timeFrom"),
        time_shift: text(json, "timeShift"),
        links: items(json, "links").iter().map(classic::link).filter(|link| !link.url.is_empty()).collect(),
        transparent: flag(json, "transparent"),
        ..Panel::default()
    };
    let mut panel = angular::upgraded(panel, json, report);
    if json["libraryPanel"].is_object() && items(json, "targets").is_empty() {
        panel.lost = "it is a library panel, and the library is not part of the file".to_owned();
    }
    if json["alert"].is_object() {
        report.of(&panel, "the alert of the panel is not carried over; write it as a rule");
    }
    let own = if json["datasource"].is_null() { datasource } else { &json["datasource"] };
    read_queries(items(json, "targets"), own, &mut panel, report);
    panel
}

/// The queries of a panel. One that asks something other than PromQL is named and left out.
pub fn read_queries(targets: &[Value], datasource: &Value, panel: &mut Panel, report: &mut Report) {
    for (at, target) in targets.iter().enumerate() {
        let name = match text(target, "refId") {
            name if name.is_empty() => letter(at),
            name => name,
        };
        let own = if target["datasource"].is_null() { datasource } else { &target["datasource"] };
        let source = foreign(own);
        let query = text(target, "expr");
        if let Some(source) = source {
            report.of(panel, format!("query {name} asks {source}, not PromQL"));
        } else if query.trim().is_empty() {
            if !target.as_object().is_none_or(Map::is_empty) && has_question(target) {
                report.of(panel, format!("query {name} has no PromQL"));
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
                factor: target["intervalFactor"].as_u64().filter(|factor| *factor > 1),
                hidden: flag(target, "hide"),
                exemplars: flag(target, "exemplar"),
            });
        }
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
        "victoriametrics-metrics-datasource",
        "mimir",
        "thanos",
        "cortex",
        "datasource",
        "grafana-amazonprometheus-datasource",
    ];
    if datasource["uid"] == "__expr__" || datasource == "__expr__" {
        return Some("a server-side expression".to_owned());
    }
    let kind = text(datasource, "type");
    (!OURS.contains(&kind.as_str())).then_some(kind)
}

fn letter(at: usize) -> String {
    char::from(b'A' + (at % 26) as u8).to_string()
}

fn transformation(json: &Value) -> Transformation {
    Transformation { id: text(json, "id"), options: json["options"].clone() }
}

/// An exception of the classic form.
pub fn exception(json: &Value) -> Override {
    let properties = items(json, "properties");
    Override {
        matcher: text(&json["matcher"], "id"),
        of: json["matcher"]["options"].clone(),
        properties: properties
            .iter()
            .map(|property| (text(property, "id"), property["value"].clone()))
            .collect(),
    }
}

/// An object; anything else is an empty one.
pub fn object(json: &Value) -> Options {
    json.as_object().cloned().unwrap_or_default()
}
