//! A dashboard as the page draws it. Whatever form it came in, it has this one form from here on.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// Options as Grafana's newest schema names them; the page knows those it draws.
pub type Options = Map<String, Value>;

/// A page of panels.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dashboard {
    /// What tells this form from those of others.
    pub flightdeck: Form,
    /// Its name in addresses.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What it is found by.
    pub tags: Vec<String>,
    /// The range it opens with.
    pub from: String,
    /// The end of that range.
    pub to: String,
    /// How often it is asked again: `30s`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub refresh: String,
    /// The zone of its times: `browser`, `utc`, `Europe/Berlin`; the reader's where it is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timezone: String,
    /// The day weeks begin with: `sunday`; `browser` is that of the reader's country.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub week_start: String,
    /// The month fiscal years begin with, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fiscal_year_start_month: Option<u64>,
    /// What can be chosen above the panels.
    pub variables: Vec<Variable>,
    /// Groups of panels, from top to bottom. Panels outside of any are in a group without a title.
    pub sections: Vec<Section>,
    /// Where else to look.
    pub links: Vec<Link>,
    /// Marks on every chart.
    pub annotations: Vec<AnnotationQuery>,
    /// What else its file said, as it came; kept for those who take it elsewhere.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub kept: Options,
}

/// The number of this form, wherever a dashboard is written down. There is one so far, so whatever number was read is it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form;

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(1)
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Form, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Form)
    }
}

/// A group of panels.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Section {
    /// What it is called.
    pub title: String,
    /// Whether it is folded at first.
    pub collapsed: bool,
    /// The variable it is repeated for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repeat: String,
    /// When it is shown: every condition has to let it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Its panels; their places begin at its own top.
    pub panels: Vec<Panel>,
}

/// One picture.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Panel {
    /// Its number, unique in the dashboard.
    pub id: i64,
    /// What draws it.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// What it means.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where it is, in columns of 24 and rows.
    pub place: Place,
    /// What it asks.
    pub queries: Vec<PanelQuery>,
    /// What happens to the answers.
    pub transformations: Vec<Transformation>,
    /// How values are shown unless an override says otherwise.
    pub defaults: Options,
    /// Exceptions.
    pub overrides: Vec<Override>,
    /// Options of its kind.
    pub options: Options,
    /// The variable it is repeated for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repeat: String,
    /// Whether repeats go down rather than to the right.
    pub repeat_down: bool,
    /// How many repeats stand beside each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_max: Option<u64>,
    /// The smallest step: `15s`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub interval: String,
    /// How many points a series has at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points_max: Option<u64>,
    /// A range of its own: `1h`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub time_from: String,
    /// How far back its range is moved.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub time_shift: String,
    /// Where else to look.
    pub links: Vec<Link>,
    /// Whether it has no frame.
    pub transparent: bool,
    /// Why it is not drawn, if it is not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lost: String,
    /// When it is shown: every condition has to let it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// What else its file said, as it came; kept for those who take it elsewhere.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub kept: Options,
}

/// When a part is shown.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Whether it is hidden where the tests hold, and not shown.
    pub hides: bool,
    /// Whether one of the tests is enough.
    pub any: bool,
    /// What is tested.
    pub tests: Vec<Test>,
}

/// Something that holds or not.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Test {
    /// The variable whose chosen values are looked at; the length of the range where it is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub variable: String,
    /// `equals`, `notEquals`, `matches`, `notMatches`, or `shorterThan` for the range.
    pub operator: String,
    /// A value, a pattern or a span.
    pub value: String,
}

/// A place on the grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The first column of 24.
    pub x: u32,
    /// The first row.
    pub y: u32,
    /// How many columns.
    pub w: u32,
    /// How many rows.
    pub h: u32,
}

/// One question of a panel.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PanelQuery {
    /// Its letter.
    pub name: String,
    /// PromQL with variables.
    pub query: String,
    /// What its lines are called; `{{label}}` stands for a label's value.
    pub legend: String,
    /// Whether it is about one moment.
    pub instant: bool,
    /// Whether it is asked over time, too.
    pub range: bool,
    /// `time_series`, `table` or `heatmap`.
    pub format: String,
    /// The smallest step.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub interval: String,
    /// By how much the resolution is divided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<u64>,
    /// Whether its answer is only for transformations.
    pub hidden: bool,
    /// Whether exemplars are shown.
    pub exemplars: bool,
    /// What is worked out from the answers of other queries, where that is what it does instead of asking.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub expression: Options,
    /// What else its file said, as it came; kept for those who take it elsewhere.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub kept: Options,
}

/// A step between answers and picture.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Transformation {
    /// What it does.
    pub id: String,
    /// Its options.
    pub options: Value,
    /// A pattern of the queries it is about; all where it is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub only: String,
    /// Whether it is kept and not done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// What else its file said, as it came; kept for those who take it elsewhere.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub kept: Options,
}

/// An exception from how values are shown.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Override {
    /// Which fields: `byName`, `byRegexp` and so on.
    pub matcher: String,
    /// Their name, pattern or kind.
    pub of: Value,
    /// Properties with their values.
    pub properties: Vec<(String, Value)>,
    /// What else its file said, as it came; kept for those who take it elsewhere.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub kept: Options,
}

/// Something to choose.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Variable {
    /// Its name in queries.
    pub name: String,
    /// What it is called above the panels.
    pub label: String,
    /// `query`, `custom`, `interval`, `datasource`, `textbox`, `constant` or `adhoc`.
    pub kind: String,
    /// What yields its choices.
    pub query: String,
    /// A filter of the choices, with groups that pick a part of each.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub regex: String,
    /// What is chosen at first.
    pub current: Vec<String>,
    /// Whether several can be chosen.
    pub multi: bool,
    /// Whether all can be chosen at once.
    pub all: bool,
    /// What all of them come to in a query.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub all_value: String,
    /// Whether an interval may be one that fits the range, and how that is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto: Option<AutoInterval>,
    /// How choices are sorted, 0 to 8 as Grafana counts.
    pub sort: u64,
    /// 0 shown, 1 without its label, 2 not at all.
    pub hide: u64,
    /// What else its file said, as it came; kept for those who take it elsewhere.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub kept: Options,
}

/// An interval that is made of the range: so many of it, but none shorter than the least. Who chooses it chooses `$__auto`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutoInterval {
    /// How many of it the range has.
    pub count: u64,
    /// The shortest: `10s`.
    pub least: String,
}

impl Default for AutoInterval {
    fn default() -> AutoInterval {
        AutoInterval { count: 30, least: "10s".to_owned() }
    }
}

/// A way to somewhere else.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Link {
    /// What it is called.
    pub title: String,
    /// Where it leads; variables are filled in.
    pub url: String,
    /// Whether it opens in a tab of its own.
    pub blank: bool,
    /// Whether it takes the shown range along.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub with_time: bool,
    /// Whether it takes what is chosen along.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub with_variables: bool,
    /// Dashboards with all of these tags, where it is a list of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What else its file said, as it came; kept for those who take it elsewhere.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub kept: Options,
}

/// A query whose answers are marks on charts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnnotationQuery {
    /// What it is called.
    pub name: String,
    /// PromQL; a mark wherever it is not 0.
    pub query: String,
    /// The text of a mark, with `{{label}}`.
    pub text: String,
    /// Whether marks are shown at first.
    pub enabled: bool,
    /// What else its file said, as it came; kept for those who take it elsewhere.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub kept: Options,
}

impl Dashboard {
    /// Every panel.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.sections.iter().flat_map(|section| &section.panels)
    }
}
