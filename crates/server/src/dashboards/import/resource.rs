//! The second schema: panels are elements by name, and a layout of grids, rows and tabs says where they stand.

use serde_json::{Value, json};

use super::super::model::{AnnotationQuery, Dashboard, Options, Panel, Place, Section, Variable};
use super::super::report::Report;
use super::classic::{link, place};
use super::kept::{self, exception};
use super::panel::{object, read_queries};
use super::read::{as_text, flag, integer, items, text};
use super::supported;
use super::variable;

/// How deep layouts may be nested.
const DEPTH_MAX: usize = 8;

/// Reads a `spec`.
pub fn read(spec: &Value, report: &mut Report) -> Dashboard {
    let time = &spec["timeSettings"];
    let mut dashboard = Dashboard {
        title: text(spec, "title"),
        description: text(spec, "description"),
        tags: items(spec, "tags").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        from: text(time, "from"),
        to: text(time, "to"),
        refresh: text(time, "autoRefresh"),
        timezone: text(time, "timezone"),
        week_start: text(time, "weekStart"),
        fiscal_year_start_month: time["fiscalYearStartMonth"].as_u64().filter(|month| *month > 0),
        variables: variables(items(spec, "variables"), report),
        links: items(spec, "links").iter().map(link).collect(),
        annotations: items(spec, "annotations").iter().filter_map(|json| annotation(json, report)).collect(),
        kept: dashboard_kept(spec),
        ..Dashboard::default()
    };
    let mut reader =
        Reader { elements: &spec["elements"], report, sections: Vec::new(), variables: Vec::new() };
    reader.layout(&spec["layout"], Heading::default(), 0);
    dashboard.sections = reader.sections;
    dashboard.variables.append(&mut reader.variables);
    dashboard
}

/// What stands above a part of the layout.
#[derive(Clone, Default)]
struct Heading {
    title: String,
    collapsed: bool,
    repeat: String,
}

struct Reader<'a> {
    elements: &'a Value,
    report: &'a mut Report,
    sections: Vec<Section>,
    variables: Vec<Variable>,
}

impl Reader<'_> {
    fn layout(&mut self, layout: &Value, heading: Heading, depth: usize) {
        if depth > DEPTH_MAX {
            return self.report.whole(format!("layouts nested deeper than {DEPTH_MAX} are left out"));
        }
        let spec = &layout["spec"];
        match text(layout, "kind").as_str() {
            "GridLayout" => self.grid(items(spec, "items"), heading),
            "AutoGridLayout" => self.auto_grid(spec, heading),
            "RowsLayout" => self.parts(items(spec, "rows"), &heading, depth),
            "TabsLayout" => self.parts(items(spec, "tabs"), &heading, depth),
            other => self.report.whole(format!("layout {other} is not known")),
        }
    }

    /// Rows and tabs become sections.
    fn parts(&mut self, parts: &[Value], above: &Heading, depth: usize) {
        for part in parts {
            let spec = &part["spec"];
            let title =
                [above.title.clone(), text(spec, "title")].into_iter().filter(|title| !title.is_empty());
            let heading = Heading {
                title: title.collect::<Vec<_>>().join(" / "),
                collapsed: flag(spec, "collapse"),
                repeat: text(&spec["repeat"], "value"),
            };
            if spec["conditionalRendering"].is_object() {
                self.report.whole(format!(
                    "section {}: its condition is left out, it is always shown",
                    heading.title
                ));
            }
            let own = variables(items(spec, "variables"), self.report);
            self.variables.extend(own);
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
            panel.repeat_max = repeat["maxPerRow"].as_u64();
            panels.push(panel);
        }
        let top = panels.iter().map(|panel| panel.place.y).min().unwrap_or(0);
        panels.iter_mut().for_each(|panel| panel.place.y -= top);
        self.push(heading, panels);
    }

    fn auto_grid(&mut self, spec: &Value, heading: Heading) {
        let columns = integer(spec, "maxColumnCount").unwrap_or(3).clamp(1, 12) as u32;
        let mut panels = Vec::new();
        for (at, item) in items(spec, "items").iter().enumerate() {
            let spec = &item["spec"];
            let Some(mut panel) = self.element(&text(&spec["element"], "name")) else { continue };
            let (w, at) = (24 / columns, at as u32);
            panel.place = Place { x: at % columns * w, y: at / columns * 8, w, h: 8 };
            panel.repeat = text(&spec["repeat"], "value");
            panels.push(panel);
        }
        self.push(heading, panels);
    }

    fn push(&mut self, heading: Heading, panels: Vec<Panel>) {
        let Heading { title, collapsed, repeat } = heading;
        if !panels.is_empty() {
            self.sections.push(Section { title, collapsed, repeat, panels });
        }
    }

    fn element(&mut self, name: &str) -> Option<Panel> {
        let element = &self.elements[name];
        let spec = &element["spec"];
        let mut panel =
            Panel { id: integer(spec, "id").unwrap_or(0), title: text(spec, "title"), ..Panel::default() };
        match text(element, "kind").as_str() {
            "Panel" => {}
            "LibraryPanel" => {
                panel.lost = "it is a library panel, and the library is not part of the file".to_owned();
                return Some(panel);
            }
            _ => {
                self.report.whole(format!("the layout names an element {name} that is not there"));
                return None;
            }
        }
        let (picture, data) = (&spec["vizConfig"], &spec["data"]["spec"]);
        let group = text(picture, "group");
        panel.kind = if group.is_empty() { text(picture, "kind") } else { group };
        panel.description = text(spec, "description");
        panel.transparent = flag(spec, "transparent");
        panel.links = items(spec, "links").iter().map(link).collect();
        panel.options = object(&picture["spec"]["options"]);
        panel.defaults = object(&picture["spec"]["fieldConfig"]["defaults"]);
        panel.overrides = items(&picture["spec"]["fieldConfig"], "overrides").iter().map(exception).collect();
        let transformation = |one: &Value| {
            let id = [text(one, "group"), text(one, "kind")]
                .into_iter()
                .find(|id| !id.is_empty())
                .unwrap_or_default();
            let mut spec = one["spec"].clone();
            if spec.is_object() {
                spec["id"] = json!(id);
            }
            kept::transformation(&spec)
        };
        panel.transformations = items(data, "transformations").iter().map(transformation).collect();
        let options = &data["queryOptions"];
        panel.interval = text(options, "interval");
        panel.points_max = options["maxDataPoints"].as_u64();
        panel.time_from = text(options, "timeFrom");
        panel.time_shift = text(options, "timeShift");
        if !text(options, "timeCompare").is_empty() {
            self.report.of(&panel, "the comparison with another time is left out");
        }
        let targets: Vec<Value> = items(data, "queries").iter().map(target).collect();
        read_queries(&targets, &Value::Null, &mut panel, self.report);
        Some(panel)
    }
}

/// A query in the form of the classic schema.
fn target(json: &Value) -> Value {
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
    let first = |texts: [String; 3]| texts.into_iter().find(|text| !text.is_empty() && text != "DataQuery");
    let kind = first([text(query, "group"), text(query, "kind"), text(beside, "type")]);
    let name = first([text(&query["datasource"], "name"), text(beside, "uid"), String::new()]);
    let mut source = json!({ "type": kind.unwrap_or_default() });
    if let Some(name) = name {
        source["uid"] = json!(name);
    }
    source
}

fn variables(list: &[Value], report: &mut Report) -> Vec<Variable> {
    let mut found = Vec::new();
    for json in list {
        let spec = &json["spec"];
        let kind = text(json, "kind").trim_end_matches("Variable").to_lowercase();
        let kind = if kind == "text" { "textbox".to_owned() } else { kind };
        if kind == "switch" {
            found.push(switch(spec));
            continue;
        }
        if !supported::VARIABLES.contains(&kind.as_str()) {
            report.whole(format!("variable {}: {kind} variables are not carried over", text(spec, "name")));
            continue;
        }
        let query = match &spec["query"] {
            Value::Object(_) => {
                let inner = &spec["query"]["spec"];
                [text(inner, "query"), text(inner, "__legacyStringValue"), text(spec, "definition")]
                    .into_iter()
                    .find(|text| !text.is_empty())
                    .unwrap_or_default()
            }
            other => as_text(other),
        };
        let query = match kind.as_str() {
            "datasource" => text(spec, "pluginId"),
            "custom" if spec["valuesFormat"] == "json" => variable::listed(&query),
            _ => query,
        };
        let fits = |value: &Value| kind == "interval" && as_text(value).starts_with("$__auto");
        let value = |value: &Value| if fits(value) { "$__auto".to_owned() } else { as_text(value) };
        let current = match &spec["current"]["value"] {
            Value::Array(values) => values.iter().map(value).collect(),
            Value::Null => Vec::new(),
            other => vec![value(other)],
        };
        let sorts = [
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
        let hides = ["dontHide", "hideLabel", "hideVariable"];
        let index =
            |known: &[&str], value: &Value| known.iter().position(|name| value == name).unwrap_or(0) as u64;
        found.push(Variable {
            name: text(spec, "name"),
            label: text(spec, "label"),
            auto: variable::auto(spec, &kind),
            kind,
            query,
            regex: text(spec, "regex"),
            current,
            multi: flag(spec, "multi"),
            all: flag(spec, "includeAll"),
            all_value: text(spec, "allValue"),
            sort: index(&sorts, &spec["sort"]),
            hide: index(&hides, &spec["hide"]),
            kept: variable_kept(spec),
        });
    }
    found
}

/// What the classic form has under the same name; how often choices are asked for has a number there.
fn variable_kept(spec: &Value) -> Options {
    let mut kept = kept::with_source(Options::new(), &source(&spec["query"], &spec["datasource"]));
    for name in ["allowCustomValue", "description", "skipUrlSync", "staticOptions", "staticOptionsOrder"] {
        if !spec[name].is_null() {
            kept.insert(name.to_owned(), spec[name].clone());
        }
    }
    let often = ["never", "onDashboardLoad", "onTimeRangeChanged"];
    if let Some(number) = often.iter().position(|often| spec["refresh"] == *often) {
        kept.insert("refresh".to_owned(), json!(number));
    }
    kept
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

/// On or off, each with its value.
fn switch(spec: &Value) -> Variable {
    let value = |name: &str, usual: &str| match text(spec, name) {
        value if value.is_empty() => usual.to_owned(),
        value => value,
    };
    let (on, off) = (value("enabledValue", "true"), value("disabledValue", "false"));
    Variable {
        name: text(spec, "name"),
        label: text(spec, "label"),
        kind: "custom".to_owned(),
        current: vec![value("current", &off)],
        query: format!("{off},{on}"),
        ..Variable::default()
    }
}

fn annotation(json: &Value, report: &mut Report) -> Option<AnnotationQuery> {
    let spec = &json["spec"];
    if flag(spec, "builtIn") {
        return None;
    }
    let name = text(spec, "name");
    let places = [&spec["query"]["spec"], &spec["legacyOptions"], &spec["legacyOptions"]["target"]];
    let query = places.into_iter().map(|place| text(place, "expr")).find(|query| !query.is_empty());
    let source = source(&spec["query"], &spec["datasource"]);
    let ours = super::panel::foreign(&source).is_none();
    let Some(query) = query.filter(|_| ours) else {
        report.whole(format!("annotation {name}: only marks from PromQL are shown"));
        return None;
    };
    Some(AnnotationQuery {
        text: name.clone(),
        name,
        query,
        enabled: spec["enable"].as_bool().unwrap_or(true),
        kept: kept::with_source(kept::unread(spec, kept::SECOND_ANNOTATION), &source),
    })
}
