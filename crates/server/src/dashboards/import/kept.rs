//! What a file says that nobody here reads: it is kept as it came, so that a dashboard that is taken elsewhere again has it. Each
//! table names what is read, is worked out anew when it leaves, or was only true where the file comes from.

use serde_json::Value;

use super::super::model::{Options, Override, Transformation};
use super::read::{as_text, flag, items, text};

/// Of a dashboard.
pub const DASHBOARD: &[&str] = &[
    "__elements",
    "__inputs",
    "__requires",
    "annotations",
    "dashboard",
    "datasource",
    "description",
    "fiscalYearStartMonth",
    "id",
    "iteration",
    "links",
    "panels",
    "refresh",
    "rows",
    "schemaVersion",
    "tags",
    "templating",
    "time",
    "timezone",
    "title",
    "uid",
    "version",
    "weekStart",
];
/// Of a panel.
pub const PANEL: &[&str] = &[
    "alert",
    "datasource",
    "description",
    "fieldConfig",
    "gridPos",
    "height",
    "id",
    "interval",
    "links",
    "maxDataPoints",
    "maxPerRow",
    "minSpan",
    "options",
    "panels",
    "pluginVersion",
    "repeat",
    "repeatDirection",
    "repeatIteration",
    "repeatPanelId",
    "repeatedByRow",
    "scopedVars",
    "span",
    "targets",
    "timeFrom",
    "timeShift",
    "title",
    "transformations",
    "transparent",
    "type",
];
/// Of a question.
pub const QUERY: &[&str] = &[
    "datasource",
    "exemplar",
    "expr",
    "format",
    "hide",
    "instant",
    "interval",
    "intervalFactor",
    "legendFormat",
    "range",
    "refId",
];
/// Of a variable.
pub const VARIABLE: &[&str] = &[
    "allValue",
    "baseFilters",
    "current",
    "datasource",
    "definition",
    "filters",
    "hide",
    "hideLabel",
    "hideVariable",
    "includeAll",
    "label",
    "multi",
    "name",
    "options",
    "query",
    "regex",
    "sort",
    "type",
    "valuesFormat",
];
/// Of an interval that fits the range; what is read only where there is one.
pub const AUTO: &[&str] = &["auto", "auto_count", "auto_min"];
/// Of a link.
pub const LINK: &[&str] =
    &["includeVars", "keepTime", "params", "tags", "targetBlank", "title", "type", "url"];
/// Of marks.
pub const ANNOTATION: &[&str] = &["datasource", "enable", "expr", "name"];
/// What a panel of an old kind has in common with those of today; all else of it was brought up to date.
const STILL_KNOWN: &[&str] = &["cacheTimeout", "hideTimeOverride", "libraryPanel", "queryCachingTTL"];

/// All of an object but what is known, and what says nothing.
pub fn unread(json: &Value, known: &[&str]) -> Options {
    let fields = json.as_object().into_iter().flatten();
    let unread = fields.filter(|(name, value)| !value.is_null() && !known.contains(&name.as_str()));
    unread.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Keeps which variable chooses the source, where one does: there may be several of them.
pub fn with_source(mut kept: Options, source: &Value) -> Options {
    if text(source, "uid").starts_with('$') {
        kept.insert("datasource".to_owned(), source.clone());
    }
    kept
}

/// Keeps one of a list that is not read, under the name of the list.
pub fn leave(kept: &mut Options, list: &str, one: &Value) {
    let list = kept.entry(list).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(all) = list {
        all.push(one.clone());
    }
}

/// What is kept of a panel that is now of this kind.
pub fn of_panel(json: &Value, kind: &str) -> Options {
    let mut kept = unread(json, PANEL);
    if json["type"] != kind {
        kept.retain(|name, _| STILL_KNOWN.contains(&name.as_str()));
    }
    kept
}

/// A transformation of the classic form. Filters are known by the letters of queries; any other is kept, and not followed.
pub fn transformation(json: &Value) -> Transformation {
    let by_letter = matches!(text(&json["filter"], "id").as_str(), "" | "byRefId");
    let known: &[&str] = match by_letter {
        true => &["disabled", "filter", "id", "options"],
        false => &["disabled", "id", "options"],
    };
    Transformation {
        id: text(json, "id"),
        options: json["options"].clone(),
        only: if by_letter { as_text(&json["filter"]["options"]) } else { String::new() },
        disabled: flag(json, "disabled"),
        kept: unread(json, known),
    }
}

/// What is changed; the first files with exceptions called it a path.
fn property(json: &Value) -> String {
    let id = text(json, "id");
    if id.is_empty() { text(json, "path") } else { id }
}

/// An exception of the classic form.
pub fn exception(json: &Value) -> Override {
    let properties = items(json, "properties").iter();
    let mut kept = unread(json, &["matcher", "properties"]);
    let matcher = unread(&json["matcher"], &["id", "options"]);
    if !matcher.is_empty() {
        kept.insert("matcher".to_owned(), Value::Object(matcher));
    }
    Override {
        matcher: text(&json["matcher"], "id"),
        of: json["matcher"]["options"].clone(),
        properties: properties.map(|one| (property(one), one["value"].clone())).collect(),
        kept,
    }
}
