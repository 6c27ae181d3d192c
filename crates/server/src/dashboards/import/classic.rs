//! The classic form: `panels` on a grid, or the `rows` of old with spans and heights.

use serde_json::Value;

use super::super::model::{AnnotationQuery, Dashboard, Form, Link, Panel, Place, Section};
use super::super::report::Report;
use super::read::{flag, integer, items, text};
use super::{kept, panel, prepare, variable};

/// The schema version that put panels on a grid.
const GRID_SINCE: i64 = 16;
/// Pixels of one row of the grid, which the heights of old are in.
const ROW_PIXELS: f64 = 38.0;

/// Reads it.
pub fn read(json: &Value, report: &mut Report) -> Dashboard {
    let json = &prepare::prepared(json, report);
    let time = &json["time"];
    let datasource = &json["datasource"];
    let mut dashboard = Dashboard {
        flightdeck: Form,
        id: text(json, "uid"),
        title: text(json, "title"),
        description: text(json, "description"),
        tags: items(json, "tags").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        from: or(text(time, "from"), "now-6h"),
        to: or(text(time, "to"), "now"),
        // Many files say false where they mean never.
        refresh: json["refresh"].as_str().unwrap_or_default().to_owned(),
        timezone: json["timezone"].as_str().unwrap_or_default().to_owned(),
        week_start: json["weekStart"].as_str().unwrap_or_default().to_owned(),
        fiscal_year_start_month: json["fiscalYearStartMonth"].as_u64().filter(|month| *month > 0),
        variables: Vec::new(),
        links: items(json, "links").iter().map(link).collect(),
        annotations: Vec::new(),
        sections: Vec::new(),
        kept: kept::unread(json, kept::DASHBOARD),
    };
    annotations(items(&json["annotations"], "list"), &mut dashboard, report);
    chosen(items(&json["templating"], "list"), &mut dashboard, report);
    constants(json, &mut dashboard);
    // Rows beside panels on the grid are left over from before they were moved there.
    let gridded = integer(json, "schemaVersion").is_some_and(|version| version >= GRID_SINCE);
    let panels = items(json, "panels");
    if !gridded || panels.is_empty() {
        dashboard.sections = old_rows(items(json, "rows"), datasource, report);
    }
    dashboard.sections.extend(grid(panels, datasource, report));
    dashboard
}

/// A text, or what is usual where there is none.
pub fn or(text: String, usual: &str) -> String {
    if text.is_empty() { usual.to_owned() } else { text }
}

/// `__inputs` that are constants are variables that cannot be chosen; other variables are filled with them.
fn constants(json: &Value, dashboard: &mut Dashboard) {
    for input in items(json, "__inputs").iter().filter(|input| input["type"] == "constant") {
        let name = text(input, "name");
        let (place, value) = (format!("${{{name}}}"), text(input, "value"));
        for variable in &mut dashboard.variables {
            variable.query = variable.query.replace(&place, &value);
            variable.current.iter_mut().for_each(|one| *one = one.replace(&place, &value));
        }
        if dashboard.variables.iter().all(|variable| variable.name != name) {
            dashboard.variables.push(super::super::model::Variable {
                name,
                kind: "constant".to_owned(),
                query: text(input, "value"),
                current: vec![text(input, "value")],
                hide: 2,
                ..Default::default()
            });
        }
    }
}

/// Panels on the grid: a row's panels are inside it while it is folded, and after it while it is not.
fn grid(panels: &[Value], datasource: &Value, report: &mut Report) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut whole = false;
    for json in in_order(panels) {
        if json["type"] == "row" {
            // A folded row keeps its panels inside; what follows it stands outside of any row.
            whole = flag(json, "collapsed") && !items(json, "panels").is_empty();
            sections.push(Section {
                title: text(json, "title"),
                collapsed: flag(json, "collapsed"),
                repeat: text(json, "repeat"),
                panels: inside(json).into_iter().map(|json| panel::read(json, datasource, report)).collect(),
                ..Section::default()
            });
        } else {
            if std::mem::take(&mut whole) {
                sections.push(Section::default());
            }
            if let Some(section) = sections.last_mut() {
                section.panels.push(panel::read(json, datasource, report));
            }
        }
    }
    sections.retain(|section| !section.panels.is_empty() || !section.title.is_empty());
    for section in &mut sections {
        let top = section.panels.iter().map(|panel| panel.place.y).min().unwrap_or(0);
        section.panels.iter_mut().for_each(|panel| panel.place.y -= top);
    }
    sections
}

/// The panels of a folded row; those of a row that is in it stand in it, too.
fn inside(row: &Value) -> Vec<&Value> {
    let panels = in_order(items(row, "panels")).into_iter();
    panels.flat_map(|json| if json["type"] == "row" { inside(json) } else { vec![json] }).collect()
}

/// Panels from top to bottom, whatever order their file has them in; as they come where one has no place.
fn in_order(panels: &[Value]) -> Vec<&Value> {
    let mut all: Vec<&Value> = panels.iter().collect();
    let place = |json: &Value| Some((integer(&json["gridPos"], "y")?, integer(&json["gridPos"], "x")?));
    if all.iter().all(|json| place(json).is_some()) {
        all.sort_by_key(|json| place(json));
    }
    all
}

/// The rows of old: spans of twelve columns beside each other, as high as their row.
fn old_rows(rows: &[Value], datasource: &Value, report: &mut Report) -> Vec<Section> {
    rows.iter()
        .map(|row| {
            let height = rows_of(&row["height"]).unwrap_or(7);
            let mut panels: Vec<Panel> =
                items(row, "panels").iter().map(|json| panel::read(json, datasource, report)).collect();
            let (mut x, mut y, mut tallest) = (0, 0, 0);
            for (panel, json) in panels.iter_mut().zip(items(row, "panels")) {
                let span = super::read::number(&json["span"]).unwrap_or(4.0).clamp(1.0, 12.0);
                let w = (span * 2.0).round() as u32;
                let h = rows_of(&json["height"]).unwrap_or(height);
                panel.repeat_max = panel::most_beside(json, 12.0).or(panel.repeat_max);
                if x + w > 24 {
                    (x, y, tallest) = (0, y + tallest, 0);
                }
                panel.place = Place { x, y, w, h };
                x += w;
                tallest = tallest.max(h);
            }
            let titled = row["showTitle"].as_bool().unwrap_or(true);
            let title = text(row, "title");
            Section {
                title: if titled || flag(row, "collapse") { title } else { String::new() },
                collapsed: flag(row, "collapse"),
                repeat: text(row, "repeat"),
                panels,
                ..Section::default()
            }
        })
        .filter(|section| !section.panels.is_empty())
        .collect()
}

/// `250px` or 250 in rows of the grid.
pub fn rows_of(height: &Value) -> Option<u32> {
    let pixels = match height {
        Value::String(text) => text.trim_end_matches("px").trim().parse::<f64>().ok()?,
        other => other.as_f64()?,
    };
    Some((pixels / ROW_PIXELS).ceil().clamp(2.0, 60.0) as u32)
}

/// What can be chosen; variables of other kinds are kept.
pub fn chosen(list: &[Value], dashboard: &mut Dashboard, report: &mut Report) {
    dashboard.variables = variable::read_all(list, report);
    for variable in list.iter().filter(|one| !variable::is_known(one)) {
        kept::leave(&mut dashboard.kept, "variables", variable);
    }
}

/// Questions for marks; those that are none of ours are kept.
pub fn annotations(list: &[Value], dashboard: &mut Dashboard, report: &mut Report) {
    for json in list {
        // What Grafana keeps itself is what the annotations of this server are shown for anyway.
        if json["builtIn"].as_i64() == Some(1)
            || json["type"] == "dashboard"
            || json["target"]["type"] == "dashboard"
        {
            kept::leave(&mut dashboard.kept, "annotations", json);
            continue;
        }
        let query =
            [text(json, "expr"), text(&json["target"], "expr")].into_iter().find(|text| !text.is_empty());
        let name = text(json, "name");
        let Some(query) = query.filter(|_| panel::foreign(&json["datasource"]).is_none()) else {
            report.whole(format!("annotation {name}: only marks from PromQL are shown"));
            kept::leave(&mut dashboard.kept, "annotations", json);
            continue;
        };
        let label = [text(json, "textFormat"), text(json, "titleFormat"), name.clone()];
        let text = label.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
        dashboard.annotations.push(AnnotationQuery {
            name,
            query,
            text,
            enabled: json["enable"].as_bool().unwrap_or(true),
            kept: kept::with_source(kept::unread(json, kept::ANNOTATION), &json["datasource"]),
        });
    }
}

/// A link of a dashboard or a panel.
pub fn link(json: &Value) -> Link {
    let tags = items(json, "tags").iter().filter_map(Value::as_str).map(str::to_owned);
    let (mut url, more) = (text(json, "url"), text(json, "params"));
    if !url.is_empty() && !more.is_empty() {
        url = format!("{url}{}{more}", if url.contains('?') { '&' } else { '?' });
    }
    Link {
        title: text(json, "title"),
        url,
        blank: flag(json, "targetBlank"),
        with_time: flag(json, "keepTime"),
        with_variables: flag(json, "includeVars"),
        tags: if json["type"] == "dashboards" { tags.collect() } else { Vec::new() },
        kept: kept::unread(json, kept::LINK),
    }
}

/// The place of a panel on the grid.
pub fn place(json: &Value) -> Place {
    let of =
        |name: &str, default: i64, most: i64| integer(json, name).unwrap_or(default).clamp(0, most) as u32;
    // A panel without any place is a small one at the top.
    let (w, h) = if json.is_null() { (6, 3) } else { (12, 8) };
    let w = of("w", w, 24).max(1);
    Place { x: of("x", 0, 23).min(24 - w), y: of("y", 0, 100_000), w, h: of("h", h, 200).max(1) }
}
