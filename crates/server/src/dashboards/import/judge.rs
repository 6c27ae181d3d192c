//! What of a dashboard is not drawn: each panel against the tables of what is.

use serde_json::Value;

use super::super::model::{Dashboard, Panel};
use super::super::report::Report;
use super::supported::{KINDS, MATCHERS, PROPERTIES, TRANSFORMATIONS};

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
        }
    }
}

fn undrawn(panel: &Panel) -> Option<String> {
    if panel.kind == "logs" {
        return Some("logs are not kept here yet".to_owned());
    }
    if !KINDS.contains(&panel.kind.as_str()) {
        return Some(format!(
            "panels of kind {} are not known",
            if panel.kind.is_empty() { "(none)" } else { &panel.kind }
        ));
    }
    (panel.kind != "text" && panel.queries.is_empty()).then(|| "none of its queries is PromQL".to_owned())
}

fn missing(panel: &Panel, report: &mut Report) {
    for transformation in
        panel.transformations.iter().filter(|one| !TRANSFORMATIONS.contains(&one.id.as_str()))
    {
        report.of(panel, format!("transformation {} is left out", transformation.id));
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
    if panel.kind == "text" && panel.options.get("mode") == Some(&Value::from("html")) {
        report.of(panel, "HTML is shown as text");
    }
}
