//! The questions: each kind of expression over each data set and range, calls about labels, and expressions of dashboards.

use std::path::Path;

use anyhow::Result;
use promql::syntax::Expr;

use crate::http::encoded;
use crate::promql::data::{Data, Size};
use crate::servers::Kind;

/// One question.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) query: String,
    what: What,
}

/// What is asked.
enum What {
    /// A query at one time, in seconds.
    Instant(i64),
    /// A query over a range, in seconds.
    Range { start: i64, end: i64, step: i64 },
    /// A path with parameters.
    Call,
}

/// An expression in which `$` stands for the data set.
struct Template {
    name: &'static str,
    query: &'static str,
    /// Whether the answer has as many series as the data set: asked of the largest sets at one time only.
    wide: bool,
}

const fn narrow(name: &'static str, query: &'static str) -> Template {
    Template { name, query, wide: false }
}

const fn wide(name: &'static str, query: &'static str) -> Template {
    Template { name, query, wide: true }
}

const TEMPLATES: [Template; 26] = [
    wide("selector", "$_memory_bytes"),
    wide("rate", "rate($_requests_total[5m])"),
    wide("avg_over_time", "avg_over_time($_memory_bytes[10m])"),
    wide("quantile_over_time", "quantile_over_time(0.9, $_memory_bytes[10m])"),
    wide("deriv", "deriv($_memory_bytes[10m])"),
    wide("arithmetic", "$_memory_bytes / 1024 / 1024 > 4000"),
    wide("label_replace", "label_replace($_memory_bytes, \"host\", \"$1\", \"instance\", \"(.*):.*\")"),
    narrow("sum", "sum(rate($_requests_total[5m]))"),
    narrow("sum by", "sum by (path, status) (rate($_requests_total[5m]))"),
    narrow("sum without", "sum without (path, status) (rate($_requests_total[5m]))"),
    narrow("count", "count($_requests_total)"),
    narrow("max by", "max by (kind) (max_over_time($_memory_bytes[10m]))"),
    narrow("quantile", "quantile by (kind) (0.9, $_memory_bytes)"),
    narrow("stddev", "stddev by (path) (rate($_requests_total[5m]))"),
    narrow("topk", "topk(5, rate($_requests_total[5m]))"),
    narrow("topk of sums", "topk(5, sum by (instance) (rate($_requests_total[5m])))"),
    narrow(
        "histogram_quantile",
        "histogram_quantile(0.99, sum by (le) (rate($_latency_seconds_bucket[5m])))",
    ),
    wide("histogram_quantile each", "histogram_quantile(0.9, rate($_latency_seconds_bucket[5m]))"),
    narrow(
        "errors ratio",
        "sum by (instance) (rate($_requests_total{status=\"500\"}[5m])) / sum by (instance) (rate($_requests_total[5m]))",
    ),
    wide("join one to one", "$_memory_bytes{kind=\"used\"} / ignoring (kind) $_memory_bytes{kind=\"free\"}"),
    wide(
        "join many to one",
        "rate($_requests_total[5m]) / on (instance) group_left () sum by (instance) (rate($_requests_total[5m]))",
    ),
    narrow("and", "count($_requests_total and on (instance) ($_memory_bytes > 4.4e9))"),
    narrow("or unless", "count($_requests_total unless on (instance) $_memory_bytes or $_memory_bytes)"),
    narrow("subquery", "max_over_time(sum(rate($_requests_total[5m]))[30m:1m])"),
    narrow("subquery each", "sum(max_over_time(rate($_requests_total[5m])[10m:1m]))"),
    narrow(
        "regex",
        "sum(rate($_requests_total{path=~\"/path/[12]|/path/4.*\", instance!~\".*7:9100\", status=~\"2..\"}[5m]))",
    ),
];

/// How far back, and the step: what a dashboard asks for.
const RANGES: [(&str, u32, i64); 3] = [("1h", 1, 15), ("6h", 6, 60), ("1d", 24, 300)];

/// From how many series on an answer with all of them is asked for at one time only, and over an hour at most.
const WIDE_INSTANT_SERIES: usize = 50_000;
const WIDE_HOUR_SERIES: usize = 5_000;
/// How many expressions of dashboards there are at most.
const DASHBOARDS_MAX: usize = 60;

/// All rows.
pub(super) fn rows(data: &Data, dashboards: Option<&Path>) -> Result<Vec<Row>> {
    let end = data.end / 1000 - 60;
    let mut rows = Vec::new();
    for size in &data.sizes {
        rows.extend(of_size(size, end));
    }
    rows.extend(calls(data, end));
    for expression in dashboard_expressions(dashboards)? {
        let what = What::Range { start: end - 3600, end, step: 15 };
        let name = format!("dashboard: {}", expression.chars().take(48).collect::<String>());
        rows.push(Row { name, query: expression, what });
    }
    Ok(rows)
}

fn of_size(size: &Size, end: i64) -> Vec<Row> {
    let mut rows = Vec::new();
    for Template { name, query, wide } in TEMPLATES {
        let query = query.replace("$_", &format!("{}_", size.prefix()));
        let row = |range: &str, what| Row {
            name: format!("{name}, {} series, {range}", size.series),
            query: query.clone(),
            what,
        };
        rows.push(row("now", What::Instant(end)));
        for (range, hours, step) in RANGES {
            let too_wide =
                wide && (size.series > WIDE_INSTANT_SERIES || (size.series > WIDE_HOUR_SERIES && hours > 1));
            if hours > size.hours || too_wide {
                continue;
            }
            let start = end - i64::from(hours) * 3600 + 600;
            rows.push(row(range, What::Range { start, end, step }));
        }
    }
    rows
}

fn calls(data: &Data, end: i64) -> Vec<Row> {
    let mut rows = Vec::new();
    let times = format!("start={}&end={end}", end - 3600);
    let mut call = |name: String, path: String| rows.push(Row { name, query: path, what: What::Call });
    call("labels".into(), format!("/api/v1/labels?{times}"));
    call("metric names".into(), format!("/api/v1/label/__name__/values?{times}"));
    call("values of instance".into(), format!("/api/v1/label/instance/values?{times}"));
    for size in &data.sizes {
        let matching = encoded(&format!("{}_requests_total{{status=\"500\"}}", size.prefix()));
        let of = |what: &str| format!("{what}, {} series", size.series);
        call(of("series"), format!("/api/v1/series?{times}&match[]={matching}"));
        call(of("labels of a metric"), format!("/api/v1/labels?{times}&match[]={matching}"));
        call(
            of("values of a metric's label"),
            format!("/api/v1/label/instance/values?{times}&match[]={matching}"),
        );
    }
    rows
}

/// Expressions whose metrics the recorded pages have, as far as their names tell.
fn dashboard_expressions(path: Option<&Path>) -> Result<Vec<String>> {
    let usual = crate::home().join("../../shared/testdata/promql/dashboard-exprs.txt");
    let path = path.unwrap_or(&usual);
    if !path.is_file() {
        println!("there are no expressions of dashboards at {}", path.display());
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path)?;
    let fits = |line: &&str| {
        promql::parse::parse(line).is_ok_and(|expr| {
            let mut names = Vec::new();
            metric_names(&expr, &mut names);
            !names.is_empty() && names.iter().all(|name| name.starts_with("node_") && !name.contains(':'))
        })
    };
    let lines: Vec<&str> = text.lines().filter(fits).collect();
    let every = lines.len().div_ceil(DASHBOARDS_MAX).max(1);
    Ok(lines.iter().step_by(every).map(|line| (*line).to_owned()).collect())
}

fn metric_names(expr: &Expr, names: &mut Vec<String>) {
    expr.walk(&mut |expr| {
        if let Expr::Vector(vector) = expr {
            let name = vector.matchers.iter().find(|matcher| matcher.name == model::METRIC_NAME);
            names.push(name.map_or_else(String::new, |matcher| matcher.value.clone()));
        }
    });
}

impl Row {
    /// The path to ask a server for.
    pub(super) fn path(&self, kind: Kind) -> String {
        let query = encoded(&self.query);
        // What it cached from the run before would be measured instead of the query.
        let uncached = if kind == Kind::VictoriaMetrics { "&nocache=1" } else { "" };
        match self.what {
            What::Instant(time) => format!("/api/v1/query?query={query}&time={time}{uncached}"),
            What::Range { start, end, step } => {
                format!("/api/v1/query_range?query={query}&start={start}&end={end}&step={step}{uncached}")
            }
            What::Call => self.query.clone(),
        }
    }
}
