//! The second schema: panels are elements by name, and a layout of grids, rows and tabs says where they stand.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::model::{Condition, Dashboard, Options, Panel, Place, Section};
use super::super::report::Report;
use super::classic::{annotations, chosen, link, or, place, rows_of};
use super::condition;
use super::kept;
use super::panel;
use super::prepare::{self, Numbers, Questions, Sources};
use super::read::{flag, integer, items, text};

/// How deep layouts may be nested.
const DEPTH_MAX: usize = 8;

/// Reads a `spec`.
pub fn read(spec: &Value, report: &mut Report) -> Dashboard {
    let time = &spec["timeSettings"];
    let mut dashboard = Dashboard {
        title: text(spec, "title"),
        description: text(spec, "description"),
        tags: items(spec, "tags").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        from: or(text(time, "from"), "now-6h"),
        to: or(text(time, "to"), "now"),
        refresh: text(time, "autoRefresh"),
        timezone: text(time, "timezone"),
        week_start: text(time, "weekStart"),
        fiscal_year_start_month: time["fiscalYearStartMonth"].as_u64().filter(|month| *month > 0),
        links: items(spec, "links").iter().map(link).collect(),
        kept: dashboard_kept(spec),
        ..Dashboard::default()
    };
    let marks: Vec<Value> = items(spec, "annotations").iter().map(classic_annotation).collect();
    annotations(&marks, &mut dashboard, report);
    let mut reader = Reader::of(spec, report);
    reader.layout(&spec["layout"], Heading::default(), 0);
    reader.others();
    let Reader { sections, variables, .. } = reader;
    dashboard.sections = sections;
    chosen(&variables, &mut dashboard, report);
    dashboard
}

/// What stands above a part of the layout.
#[derive(Clone, Default)]
struct Heading {
    title: String,
    collapsed: bool,
    repeat: String,
    conditions: Vec<Condition>,
}

struct Reader<'a> {
    elements: &'a Value,
    /// What panels ask that answer for others.
    questions: Questions,
    sources: Sources,
    numbers: Numbers,
    /// The elements that have a place.
    placed: BTreeSet<String>,
    report: &'a mut Report,
    sections: Vec<Section>,
    /// Those of the dashboard and of its parts, in the form of the classic schema.
    variables: Vec<Value>,
}

impl<'a> Reader<'a> {
    fn of(spec: &'a Value, report: &'a mut Report) -> Reader<'a> {
        let elements = &spec["elements"];
        let all = elements.as_object().into_iter().flatten().map(|(_, element)| &element["spec"]);
        let panels: Questions =
            all.filter_map(|spec| Some((integer(spec, "id")?, classic_panel(spec)))).collect();
        let variables = classic_variables(items(spec, "variables"));
        Reader {
            elements,
            numbers: Numbers::after(panels.keys().last().copied().unwrap_or(0)),
            questions: panels,
            sources: prepare::sources(&json!({ "templating": { "list": variables } })),
            placed: BTreeSet::new(),
            report,
            sections: Vec::new(),
            variables,
        }
    }

    fn layout(&mut self, layout: &Value, heading: Heading, depth: usize) {
        if depth > DEPTH_MAX {
            return self.report.whole(format!("layouts nested deeper than {DEPTH_MAX} are left out"));
        }
        let spec = &layout["spec"];
        match text(layout, "kind").as_str() {
            "GridLayout" => self.grid(items(spec, "items"), heading),
            "AutoGridLayout" => self.auto_grid(spec, heading),
            "RowsLayout" => self.parts(items(spec, "rows"), &heading, depth),
            "TabsLayout" => {
                self.report.once("tabs are shown below each other, as sections");
                self.parts(items(spec, "tabs"), &heading, depth);
            }
            other => self.report.whole(format!("layout {other} is not known")),
        }
    }

    /// Rows and tabs become sections.
    fn parts(&mut self, parts: &[Value], above: &Heading, depth: usize) {
        for part in parts {
            let spec = &part["spec"];
            let own = if flag(spec, "hideHeader") { String::new() } else { text(spec, "title") };
            let title = [above.title.clone(), own].into_iter().filter(|title| !title.is_empty());
            let mut heading = Heading {
                title: title.collect::<Vec<_>>().join(" / "),
                collapsed: flag(spec, "collapse"),
                repeat: text(&spec["repeat"], "value"),
                conditions: above.conditions.clone(),
            };
            self.variables.extend(classic_variables(items(spec, "variables")));
            let read = condition::read(spec, &self.variables);
            if let Some(lost) = read.lost() {
                self.report.whole(format!("section {}: {lost}", heading.title));
            }
            heading.conditions.extend(read.condition);
            self.layout(&spec["layout"], heading, depth + 1);
        }
    }

    fn grid(&mut self, placed: &[Value], heading: Heading) {
        let mut panels = Vec::new();
        for item in placed {
            let spec = &item["spec"];
            if item["kind"] == "GridLayoutRow" {
                let inner = Heading {
                    title: text(spec, "title"),
                    collapsed: flag(spec, "collapsed"),
                    repeat: text(&spec["repeat"], "value"),
                    conditions: heading.conditions.clone(),
                };
                self.grid(items(spec, "elements"), inner);
                continue;
            }
            let Some(mut panel) = self.element(&text(&spec["element"], "name")) else { continue };
            panel.place =
                place(&json!({ "x": spec["x"], "y": spec["y"], "w": spec["width"], "h": spec["height"] }));
            let repeat = &spec["repeat"];
            panel.repeat = text(repeat, "value");
            panel.repeat_down = repeat["direction"] == "v";
            panel.repeat_max = repeat["maxPerRow"].as_u64().filter(|most| *most > 0);
            panels.push(panel);
        }
        let top = panels.iter().map(|panel| panel.place.y).min().unwrap_or(0);
        panels.iter_mut().for_each(|panel| panel.place.y -= top);
        self.push(heading, panels);
    }

    fn auto_grid(&mut self, spec: &Value, heading: Heading) {
        let columns = integer(spec, "maxColumnCount").unwrap_or(3).clamp(1, 12) as u32;
        let h = match text(spec, "rowHeightMode").as_str() {
            "short" => 5,
            "tall" => 13,
            "custom" => rows_of(&spec["rowHeight"]).unwrap_or(8),
            _ => 8,
        };
        let mut panels = Vec::new();
        for (at, item) in items(spec, "items").iter().enumerate() {
            let spec = &item["spec"];
            let Some(mut panel) = self.element(&text(&spec["element"], "name")) else { continue };
            let (w, at) = (24 / columns, at as u32);
            panel.place = Place { x: at % columns * w, y: at / columns * h, w, h };
            panel.repeat = text(&spec["repeat"], "value");
            let read = condition::read(spec, &self.variables);
            if let Some(lost) = read.lost() {
                self.report.of(&panel, lost);
            }
            panel.conditions.extend(read.condition);
            panels.push(panel);
        }
        self.push(heading, panels);
    }

    fn push(&mut self, heading: Heading, panels: Vec<Panel>) {
        let Heading { title, collapsed, repeat, conditions } = heading;
        if !panels.is_empty() {
            self.sections.push(Section { title, collapsed, repeat, conditions, panels });
        }
    }

    fn element(&mut self, name: &str) -> Option<Panel> {
        if !self.placed.insert(name.to_owned()) {
            self.report.whole(format!("element {name} has several places: it stands at the first"));
            return None;
        }
        let element = &self.elements[name];
        let mut panel = match text(element, "kind").as_str() {
            "Panel" => classic_panel(&element["spec"]),
            "LibraryPanel" => {
                let spec = &element["spec"];
                json!({ "id": spec["id"], "title": spec["title"], "libraryPanel": spec["libraryPanel"] })
            }
            _ => {
                self.report.whole(format!("the layout names an element {name} that is not there"));
                return None;
            }
        };
        panel["id"] = json!(self.numbers.own(integer(&panel, "id").unwrap_or(0)));
        prepare::from_other(&mut panel, &self.questions);
        prepare::name_sources(&mut panel, &self.sources);
        let compared = !text(&element["spec"]["data"]["spec"]["queryOptions"], "timeCompare").is_empty();
        let panel = panel::read(&panel, &Value::Null, self.report);
        if compared {
            self.report.of(&panel, "the comparison with another time is left out");
        }
        Some(panel)
    }

    /// Panels that the layout does not name stand below all others.
    fn others(&mut self) {
        let names = self.elements.as_object().into_iter().flatten().map(|(name, _)| name.clone());
        let others: Vec<String> = names.filter(|name| !self.placed.contains(name)).collect();
        let items: Vec<Value> =
            others.iter().map(|name| json!({ "spec": { "element": { "name": name } } })).collect();
        if !items.is_empty() {
            self.report
                .whole(format!("the layout has no place for {}: they stand at the end", others.join(", ")));
            self.auto_grid(&json!({ "items": items }), Heading::default());
        }
    }
}

/// A panel in the form of the classic schema.
fn classic_panel(spec: &Value) -> Value {
    let (picture, data) = (&spec["vizConfig"], &spec["data"]["spec"]);
    let (shown, asked) = (&picture["spec"], &data["queryOptions"]);
    let mut panel = json!({
        "id": spec["id"], "title": spec["title"], "description": described(spec), "transparent": spec["transparent"],
        "links": spec["links"], "type": named(picture, "VizConfig"), "options": shown["options"], "fieldConfig": shown["fieldConfig"],
        "targets": items(data, "queries").iter().map(classic_target).collect::<Vec<_>>(),
        "transformations": items(data, "transformations").iter().map(classic_step).collect::<Vec<_>>(),
    });
    for option in [
        "interval",
        "maxDataPoints",
        "timeFrom",
        "timeShift",
        "hideTimeOverride",
        "cacheTimeout",
        "queryCachingTTL",
    ] {
        panel[option] = asked[option].clone();
    }
    before_migration(&mut panel);
    panel
}

/// What a panel is about, below what stands below its title.
fn described(spec: &Value) -> String {
    let lines = [text(spec, "subtitle"), text(spec, "description")];
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Brought here from an old kind, a panel keeps what that said until Grafana itself has shown it once.
fn before_migration(panel: &mut Value) {
    let Some(kept) =
        panel["options"].as_object_mut().and_then(|options| options.remove("__angularMigration"))
    else {
        return;
    };
    let original = [&kept["originalOptions"], &kept["originalPanel"]].into_iter().find_map(Value::as_object);
    for (name, value) in original.into_iter().flatten() {
        if panel[name].is_null() {
            panel[name] = value.clone();
        }
    }
    panel["autoMigrateFrom"] = kept["autoMigrateFrom"].clone();
    prepare::old_kind(panel);
}

/// A query in the form of the classic schema.
fn classic_target(json: &Value) -> Value {
    let spec = &json["spec"];
    let query = &spec["query"];
    let mut target = query["spec"].clone();
    if !target.is_object() {
        target = json!({});
    }
    target["refId"] = spec["refId"].clone();
    target["hide"] = spec["hidden"].clone();
    target["datasource"] = source(query, &spec["datasource"]);
    target
}

/// The source of a question in the form of the classic schema; earlier ones of the second had its name beside the question.
fn source(query: &Value, beside: &Value) -> Value {
    let first = |texts: [String; 2]| texts.into_iter().find(|text| !text.is_empty());
    let kind = first([named(query, "DataQuery"), text(beside, "type")]);
    let name = first([text(&query["datasource"], "name"), text(beside, "uid")]);
    let mut source = json!({ "type": kind.unwrap_or_default() });
    if let Some(name) = name {
        source["uid"] = json!(name);
    }
    source
}

/// The group of something or, in the drafts of the schema, its kind.
fn named(json: &Value, usual: &str) -> String {
    let names = [text(json, "group"), text(json, "kind")];
    names.into_iter().find(|name| !name.is_empty() && name != usual).unwrap_or_default()
}

fn classic_step(json: &Value) -> Value {
    let mut step = json["spec"].clone();
    if step.is_object() {
        step["id"] = json!(named(json, "Transformation"));
    }
    step
}

/// The variables in the form of the classic schema.
fn classic_variables(list: &[Value]) -> Vec<Value> {
    list.iter().filter(|json| json["spec"].is_object()).map(classic_variable).collect()
}

fn classic_variable(json: &Value) -> Value {
    const SORTS: &[&str] = &[
        "disabled",
        "alphabeticalAsc",
        "alphabeticalDesc",
        "numericalAsc",
        "numericalDesc",
        "alphabeticalCaseInsensitiveAsc",
        "alphabeticalCaseInsensitiveDesc",
        "naturalAsc",
        "naturalDesc",
    ];
    const HIDES: &[&str] = &["dontHide", "hideLabel", "hideVariable"];
    const REFRESHES: &[&str] = &["never", "onDashboardLoad", "onTimeRangeChanged"];
    let index = |known: &[&str], value: &Value| match known.iter().position(|name| value == name) {
        Some(at) => json!(at),
        None => value.clone(),
    };
    let mut variable = json["spec"].clone();
    let kind = text(json, "kind").trim_end_matches("Variable").to_lowercase();
    let (sort, hide) = (index(SORTS, &variable["sort"]), index(HIDES, &variable["hide"]));
    (variable["sort"], variable["hide"]) = (sort, hide);
    variable["refresh"] = index(REFRESHES, &variable["refresh"]);
    if variable["query"].is_object() {
        variable["datasource"] = source(&variable["query"], &variable["datasource"]);
        let inner = variable["query"]["spec"].clone();
        let whole = text(&inner, "__legacyStringValue");
        variable["query"] = if whole.is_empty() { inner } else { json!(whole) };
    }
    match kind.as_str() {
        "datasource" => variable["query"] = variable["pluginId"].clone(),
        "interval" => {
            for (name, other) in [("auto_min", "autoMin"), ("auto_count", "autoCount")] {
                if variable[name].is_null() {
                    variable[name] = variable[other].take();
                }
            }
        }
        "switch" => {
            let value = |name: &str, usual: &str| match text(&variable, name) {
                value if value.is_empty() => usual.to_owned(),
                value => value,
            };
            let (on, off) = (value("enabledValue", "true"), value("disabledValue", "false"));
            let current = value("current", &off);
            variable["options"] = json!([{ "value": off }, { "value": on }]);
            variable["current"] = json!({ "value": current });
        }
        _ => {}
    }
    variable["type"] = json!(if kind == "text" { "textbox" } else { &kind });
    variable
}

/// What the classic form says of a dashboard that nobody here reads, from where the second says it.
fn dashboard_kept(spec: &Value) -> Options {
    let tooltips = ["Off", "Crosshair", "Tooltip"];
    let tooltip = tooltips.iter().position(|tooltip| spec["cursorSync"] == *tooltip);
    let time = &spec["timeSettings"];
    let picker = json!({
        "hidden": time["hideTimepicker"], "refresh_intervals": time["autoRefreshIntervals"],
        "quick_ranges": time["quickRanges"], "nowDelay": time["nowDelay"],
    });
    let picker = kept::unread(&picker, &[]);
    let kept = json!({
        "editable": spec["editable"], "liveNow": spec["liveNow"], "preload": spec["preload"], "graphTooltip": tooltip,
        "timepicker": (!picker.is_empty()).then_some(picker),
    });
    kept::unread(&kept, &[])
}

/// A question for marks in the form of the classic schema.
fn classic_annotation(json: &Value) -> Value {
    let spec = &json["spec"];
    let mut annotation = spec["legacyOptions"].clone();
    if !annotation.is_object() {
        annotation = json!({});
    }
    for part in ["name", "enable", "hide", "iconColor", "filter"] {
        annotation[part] = spec[part].clone();
    }
    if flag(spec, "builtIn") {
        annotation["builtIn"] = json!(1);
    }
    annotation["datasource"] = source(&spec["query"], &spec["datasource"]);
    let asked = &spec["query"]["spec"];
    match &asked["expr"] {
        Value::String(_) => annotation["expr"] = asked["expr"].clone(),
        _ if asked.is_object() => annotation["target"] = asked.clone(),
        _ => {}
    }
    annotation
}
