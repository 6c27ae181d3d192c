//! What a panel's file says of its picture and the page does not follow. Each is named in the report where it is said and is not
//! what is drawn anyway; of all others `ui/src/dashboards/pictures` has the other side.

use serde_json::Value;

use super::super::model::Panel;

/// Kinds of panels, the place of an option, the values that change nothing, and what is lost with any other. Where a place begins
/// with `custom`, overrides may say it as well.
const UNFOLLOWED: &[(&[&str], &str, &[&str], &str)] = &[
    (
        LINES,
        "timezone",
        &["[]", "[\"\"]", "[\"browser\"]"],
        "its axis is in the zone of the dashboard, not in its own",
    ),
    (LINES, "custom.showValues", &["false"], "values are not written at their points"),
    (LINES, "annotations.multiLane", &["false"], "all annotations are in one lane"),
    (LINES, "annotations.clustering", &["-1"], "annotations that are close are not put together"),
    (&["stat"], "text.percentSize", &[], "the size of the change is that of the page"),
    (&["gauge"], "sparkline", &["true", "false"], "there is no line in a gauge"),
    (&["gauge"], "segmentCount", &["0", "1"], "gauges are not cut into segments"),
    (&["gauge"], "custom.neutral", &[], "gauges begin at their lowest value"),
    (&["gauge"], "sizing", &["auto"], "sizes are worked out, not as it says"),
    (&["bargauge"], "legend.showLegend", &["false"], "bars have names and no legend"),
    (&["table"], "custom.inspect", &["false"], "values are not opened in a window of their own"),
    (&["table"], "custom.cellOptions.type", CELLS, "its kind of cell is shown as text"),
    (&["table"], "frozenColumns.left", &["0"], "its first columns move with the others"),
    (&["table"], "maxRowHeight", &[], "rows are as tall as what is in them"),
    (&["barchart"], "custom.gradientMode", &["none"], "bars are of one colour from end to end"),
    (&["barchart"], "custom.axisPlacement", &["auto", "left"], "the axis of its bars is on the left"),
    (&["barchart"], "custom.scaleDistribution.type", &["linear"], "the axis of its bars is linear"),
    (&["barchart"], "text.valueSize", &[], "the size of the values at bars is that of the page"),
    (&["histogram"], "combine", &["true"], "all series are counted together"),
    (&["histogram"], "bucketOffset", &["0"], "ranges begin at a multiple of their size"),
    (&["histogram"], "stacking.mode", &["none"], "all series are counted together"),
    (&["heatmap"], "calculation.xBuckets.value", &[], "values are counted at each step"),
    (&["heatmap"], "calculation.yBuckets.value", &[], "values are counted in twelve ranges"),
    (
        &["heatmap"],
        "calculation.yBuckets.scale.type",
        &["linear"],
        "values are counted in ranges of one size",
    ),
    (&["heatmap"], "yAxis.min", &[], "its axis has all buckets that are used"),
    (&["heatmap"], "yAxis.max", &[], "its axis has all buckets that are used"),
    (&["heatmap"], "yAxis.axisLabel", &[], "its axis has no label"),
    (&["heatmap"], "yAxis.axisPlacement", &["auto", "left", "hidden"], "its axis is on the left"),
    (&["status-history"], "colWidth", &["0.9", "1"], "columns stand close to each other"),
    (STATES, "custom.lineWidth", &["0", "1"], "blocks have no border"),
    (STATES, "custom.fillOpacity", &["70", "100"], "blocks are filled"),
];

const LINES: &[&str] = &["timeseries"];
const STATES: &[&str] = &["state-timeline", "status-history"];
const CELLS: &[&str] = &[
    "auto",
    "color-text",
    "color-background",
    "color-background-solid",
    "gauge",
    "basic",
    "gradient-gauge",
    "lcd-gauge",
    "sparkline",
    "json-view",
    "pill",
    "image",
];

/// What is lost of a panel's options, each once.
pub fn unfollowed(panel: &Panel) -> Vec<&'static str> {
    let mut losses = Vec::new();
    for (kinds, path, harmless, what) in UNFOLLOWED {
        let follows = |value: Option<&Value>| value.is_none_or(|value| is_harmless(value, harmless));
        let followed = match path.split_once("custom.") {
            Some(("", rest)) => {
                follows(panel.defaults.get("custom").and_then(|custom| at(custom, rest)))
                    && panel.overrides.iter().flat_map(|one| &one.properties).all(|(id, value)| {
                        id.strip_prefix("custom.")
                            .and_then(|id| inside(rest, id))
                            .is_none_or(|rest| follows(at(value, rest)))
                    })
            }
            _ => {
                let (first, rest) = path.split_once('.').unwrap_or((path, ""));
                follows(panel.options.get(first).and_then(|value| at(value, rest)))
            }
        };
        if kinds.contains(&panel.kind.as_str()) && !followed && !losses.contains(what) {
            losses.push(what);
        }
    }
    losses.extend(lost_links(panel));
    losses.extend(lost_images(panel));
    losses
}

/// Kinds whose values lead nowhere, and what is lost of any other with several links.
const UNLINKED: &[&str] = &["heatmap", "histogram", "state-timeline", "status-history"];
const NO_LINKS: &str = "its values lead nowhere";
const FIRST_LINK: &str = "its values lead where the first of their links does";

/// What is lost of the links of values.
fn lost_links(panel: &Panel) -> Option<&'static str> {
    let exceptions = panel.overrides.iter().flat_map(|one| &one.properties);
    let all = exceptions.filter(|(id, _)| id == "links").map(|(_, value)| value);
    let most = panel.defaults.get("links").into_iter().chain(all);
    match most.map(|links| links.as_array().map_or(0, Vec::len)).max().unwrap_or(0) {
        0 => None,
        _ if UNLINKED.contains(&panel.kind.as_str()) => Some(NO_LINKS),
        1 => None,
        _ => Some(FIRST_LINK),
    }
}

/// Images that are in the values themselves are shown, as the page loads nothing for a cell.
const IMAGES: &str = "images of its cells that are not in the values are shown as their address";

fn lost_images(panel: &Panel) -> Option<&'static str> {
    let own = panel.defaults.get("custom").and_then(|custom| custom.get("cellOptions"));
    let exceptions = panel.overrides.iter().flat_map(|one| &one.properties);
    let others = exceptions.filter(|(id, _)| id == "custom.cellOptions").map(|(_, value)| value);
    let images = own.into_iter().chain(others).any(|cell| cell["type"] == "image");
    (images && panel.kind == "table").then_some(IMAGES)
}

/// What of a path lies inside of a property that is its beginning.
fn inside<'path>(path: &'path str, property: &str) -> Option<&'path str> {
    let rest = path.strip_prefix(property)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

/// The value at the end of a path of names and places.
fn at<'json>(json: &'json Value, path: &str) -> Option<&'json Value> {
    path.split('.').filter(|name| !name.is_empty()).try_fold(json, |value, name| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => value.get(name),
    })
}

/// Whether a value says nothing, or what is drawn anyway.
fn is_harmless(value: &Value, harmless: &[&str]) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || harmless.contains(&text.as_str()),
        other => harmless.contains(&other.to_string().as_str()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::model::Override;
    use super::super::panel::object;
    use super::*;

    fn check(kind: &str, options: Value, custom: Value, want: &[&str]) {
        let defaults = object(&json!({ "custom": custom }));
        let panel = Panel { kind: kind.to_owned(), options: object(&options), defaults, ..Panel::default() };
        assert_eq!(unfollowed(&panel), want, "{kind} {options}");
    }

    #[test]
    fn an_option_that_is_not_followed_is_named_where_it_would_change_something() {
        check("timeseries", json!({ "legend": { "calcs": [] } }), json!({ "gradientMode": "opacity" }), &[]);
        check(
            "timeseries",
            json!({}),
            json!({ "showValues": true }),
            &["values are not written at their points"],
        );
        check("stat", json!({}), json!({ "gradientMode": "hue" }), &[]);
        check(
            "heatmap",
            json!({ "yAxis": { "min": null, "max": "", "axisPlacement": "left" } }),
            json!({}),
            &[],
        );
        check(
            "heatmap",
            json!({ "yAxis": { "min": "1", "max": 5 } }),
            json!({}),
            &["its axis has all buckets that are used"],
        );
        check(
            "table",
            json!({ "sortBy": [{}, {}] }),
            json!({ "inspect": true }),
            &["values are not opened in a window of their own"],
        );
        check("table", json!({ "sortBy": "odd" }), json!("odd"), &[]);
    }

    #[test]
    fn links_that_are_not_followed_are_named() {
        let lost = |kind: &str, links: Value| {
            let defaults = object(&json!({ "links": links }));
            unfollowed(&Panel { kind: kind.to_owned(), defaults, ..Panel::default() })
        };
        let link = json!({ "url": "/x" });
        assert_eq!(lost("stat", json!([link])), [""; 0]);
        assert_eq!(lost("stat", json!([link, link])), [FIRST_LINK]);
        assert_eq!(lost("heatmap", json!([link])), [NO_LINKS]);
        assert_eq!(lost("heatmap", json!([])), [""; 0]);
    }

    #[test]
    fn what_an_override_says_counts_as_well() {
        let over = |id: &str, value: Value| Panel {
            kind: "table".to_owned(),
            overrides: vec![Override { properties: vec![(id.to_owned(), value)], ..Override::default() }],
            ..Panel::default()
        };
        let lost = ["its kind of cell is shown as text"];
        assert_eq!(unfollowed(&over("custom.cellOptions", json!({ "type": "actions" }))), lost);
        assert_eq!(unfollowed(&over("custom.cellOptions", json!({ "type": "pill" }))), [""; 0]);
        assert_eq!(unfollowed(&over("custom.cellOptions", json!({ "type": "image" }))), [IMAGES]);
        assert_eq!(unfollowed(&over("custom.cellOptionsOther", json!({ "type": "actions" }))), [""; 0]);
    }
}
