//! From Grafana's JSON to a dashboard of ours. Three forms are read: the classic one of schema versions 8 to 43 with old
//! rows or the grid, the same inside a resource, and the second schema with its elements and layouts.

mod angular;
mod classic;
mod judge;
mod panel;
mod read;
mod resource;
mod supported;
mod variable;

use serde_json::Value;

use super::model::Dashboard;
use super::report::Report;
use read::text;

/// How deep a dashboard's JSON may be nested; beyond, it is not one.
const PANELS_MAX: usize = 2_000;

/// Reads a dashboard; an error says why it is none.
pub fn import(json: &Value) -> Result<(Dashboard, Report), String> {
    let mut report = Report::default();
    let mut dashboard = if json["apiVersion"].is_string() && json["spec"].is_object() {
        let spec = &json["spec"];
        let mut dashboard = match spec["elements"].is_object() {
            true => resource::read(spec, &mut report),
            false => classic::read(spec, &mut report)?,
        };
        if dashboard.id.is_empty() {
            dashboard.id = text(&json["metadata"], "name");
        }
        dashboard
    } else if json["dashboard"].is_object() {
        // What the API of Grafana answers with, and what is posted to it.
        classic::read(&json["dashboard"], &mut report)?
    } else if json["elements"].is_object() {
        resource::read(json, &mut report)
    } else {
        classic::read(json, &mut report)?
    };
    if dashboard.panels().count() > PANELS_MAX {
        return Err(format!("the dashboard has more than {PANELS_MAX} panels"));
    }
    if dashboard.title.is_empty() {
        dashboard.title = "Untitled".to_owned();
    }
    dashboard.id = identifier(if dashboard.id.is_empty() { &dashboard.title } else { &dashboard.id });
    judge::judge(&mut dashboard, &mut report);
    report.count(&dashboard);
    Ok((dashboard, report))
}

/// A name for addresses and files: letters, digits, dashes.
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
    if name.is_empty() { "dashboard".to_owned() } else { name }
}
