//! What of a dashboard is not drawn: each panel against the tables of what is.

use serde_json::Value;

use super::super::model::{Dashboard, Panel, PanelQuery};
use super::super::report::Report;
use super::expression::{self, Answers};
use super::filled::misunderstood;
use super::supported::{KINDS, LISTS, MATCHERS, PROPERTIES, TRANSFORMATIONS, UNDRAWN};
use super::unfollowed::unfollowed;

/// Marks panels that cannot be drawn, and notes what is missing of the others.
pub fn judge(dashboard: &mut Dashboard, report: &mut Report) {
    for panel in dashboard.sections.iter_mut().flat_map(|section| &mut section.panels) {
        if panel.lost.is_empty() {
            panel.lost = undrawn(panel).unwrap_or_default();
        }
        if panel.lost.is_empty() {
            missing(panel, report);
        } else {
            report.of(panel, format!("not drawn: {}", panel.lost));
            expression::judge(panel, report);
        }
    }
}

fn undrawn(panel: &Panel) -> Option<String> {
    if let Some((_, reason)) = UNDRAWN.iter().find(|(kind, _)| panel.kind == *kind) {
        return Some((*reason).to_owned());
    }
    if !KINDS.contains(&panel.kind.as_str()) {
        return Some(format!(
            "panels of kind {} are not known",
            if panel.kind.is_empty() { "(none)" } else { &panel.kind }
        ));
    }
    if LISTS.contains(&panel.kind.as_str()) {
        return None;
    }
    // What is hidden is asked only for what others make of it.
    let worked = panel.queries.iter().any(expression::is_worked_out);
    let elsewhere = worked || panel.kept.contains_key("targets");
    let mut shown = panel.queries.iter().filter(|query| !(elsewhere && query.hidden));
    let answers = Answers::of(panel);
    let drawn = shown.any(|query| answers.has(query));
    (!drawn).then(|| {
        let reason = asked(panel).find_map(|query| misunderstood(&query.query));
        match reason {
            Some(reason) => format!("its query is not PromQL: {reason}"),
            None if worked => "none of its queries has an answer here".to_owned(),
            None => "none of its queries is PromQL".to_owned(),
        }
    })
}

/// The queries that ask anything: others are worked out from their answers.
fn asked(panel: &Panel) -> impl Iterator<Item = &PanelQuery> {
    panel.queries.iter().filter(|query| !expression::is_worked_out(query))
}

fn missing(panel: &Panel, report: &mut Report) {
    for query in asked(panel) {
        if let Some(reason) = misunderstood(&query.query) {
            report.of(panel, format!("query {} is not PromQL: {reason}", query.name));
        }
    }
    expression::judge(panel, report);
    for transformation in panel
        .transformations
        .iter()
        .filter(|one| !one.disabled && !TRANSFORMATIONS.contains(&one.id.as_str()))
    {
        report.of(panel, format!("transformation {} is left out", transformation.id));
    }
    for transformation in panel.transformations.iter().filter(|one| one.kept.contains_key("filter")) {
        report.of(panel, format!("transformation {} is done to all answers, not to some", transformation.id));
    }
    for exception in &panel.overrides {
        if !MATCHERS.contains(&exception.matcher.as_str()) {
            report.of(panel, format!("overrides by {} are left out", exception.matcher));
        }
        for (property, _) in exception.properties.iter().filter(|(id, _)| !PROPERTIES.contains(&id.as_str()))
        {
            report.of(panel, format!("override of {property} is left out"));
        }
    }
    for what in unfollowed(panel) {
        report.of(panel, what);
    }
    match panel.kind.as_str() {
        "text" => html(panel, report),
        "dashlist"
            if ["showStarred", "showRecentlyViewed"]
                .iter()
                .any(|name| panel.options.get(*name) == Some(&Value::Bool(true))) =>
        {
            report.of(panel, "stars and visits are not kept here: dashboards are listed by tags and title");
        }
        "alertlist" => report.of(panel, "lists what the deck says is wrong, as rules are not kept here yet"),
        _ => {}
    }
}

/// What of its HTML a text leaves out, as the page runs and loads nothing that is not its own.
fn html(panel: &Panel, report: &mut Report) {
    let content = panel.options.get("content").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let has = |tags: &[&str]| tags.iter().any(|tag| content.contains(tag));
    if has(&["<script", "<style", "<iframe", "<object", "<embed", "<form", "<svg"]) {
        report.of(panel, "scripts, styles, frames and forms of its HTML are left out");
    }
    let loaded = content.match_indices("<img").any(|(at, _)| {
        let tag = content[at..].split('>').next().unwrap_or_default();
        !tag.contains("src=\"data:") && !tag.contains("src='data:")
    });
    if loaded || content.contains("![") {
        report.of(panel, "images from elsewhere are shown as their description");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_leaves_out_is_named() {
        let check = |content: &str, want: usize| {
            let options = serde_json::json!({ "mode": "html", "content": content });
            let options = super::super::panel::object(&options);
            let panel = Panel { kind: "text".to_owned(), options, ..Panel::default() };
            let mut report = Report::default();
            html(&panel, &mut report);
            assert_eq!(report.losses.len(), want, "{content}: {report:?}");
        };
        check("<b>bold</b>", 0);
        check("<IMG src=\"data:image/png;base64,AA\">", 0);
        check("<img src=\"https://example.org/a.png\"><script>1</script>", 2);
        check("![logo](https://example.org/a.png)", 1);
    }
}
