//! Queries that ask nothing: they are worked out from the answers of the others, by the page (`ui/src/dashboards/expressions`). Here
//! they are told from those that nobody works out, and from those that need an answer nobody gives.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::model::{Panel, PanelQuery};
use super::super::report::Report;
use super::filled::misunderstood;
use super::kept;
use super::read::{flag, text};

/// The source of data that files name for them.
const SOURCE: &str = "__expr__";
/// The kinds that the page works out.
const KINDS: &[&str] = &["math", "reduce", "resample", "threshold"];
/// What is read of them.
const SAID: &[&str] =
    &["conditions", "downsampler", "expression", "reducer", "settings", "type", "upsampler", "window"];
/// How many may be worked out of each other in a row.
const CHAIN_MAX: usize = 100;
/// A longer circle is not followed around.
const CIRCLE_MAX: usize = 10;

/// Whether a source of data stands for them.
pub fn is_one(datasource: &Value) -> bool {
    datasource == SOURCE || datasource["uid"] == SOURCE || datasource["type"] == SOURCE
}

/// Reads one; an error is its kind, where the page does not know it.
pub fn read(target: &Value, name: &str) -> Result<PanelQuery, String> {
    let kind = text(target, "type");
    // Those that do not say what they are have a formula.
    let is_formula = kind.is_empty() && !text(target, "expression").is_empty();
    if !is_formula && !KINDS.contains(&kind.as_str()) {
        return Err(if kind.is_empty() { "(none)".to_owned() } else { kind });
    }
    let all = kept::unread(target, &["datasource", "hide", "refId"]);
    let (expression, others) = all.into_iter().partition(|(field, _)| SAID.contains(&field.as_str()));
    Ok(PanelQuery {
        name: name.to_owned(),
        hidden: flag(target, "hide"),
        expression,
        kept: others,
        ..PanelQuery::default()
    })
}

/// Which queries of a panel have an answer here, asked or worked out from those of others.
pub struct Answers<'a> {
    queries: BTreeMap<&'a str, &'a PanelQuery>,
    /// Those of the panel's questions that are not asked here, too.
    names: BTreeSet<String>,
    answered: BTreeSet<&'a str>,
}

impl<'a> Answers<'a> {
    /// What is asked has one where it is PromQL; what is worked out, where all it needs have.
    pub fn of(panel: &'a Panel) -> Answers<'a> {
        let left = panel.kept.get("targets").and_then(Value::as_array).into_iter().flatten();
        let own = panel.queries.iter().map(|query| query.name.clone());
        let names = left.map(|target| text(target, "refId")).chain(own).collect();
        let (open, asked): (Vec<&PanelQuery>, Vec<&PanelQuery>) =
            panel.queries.iter().partition(|query| is_worked_out(query));
        let understood = asked.into_iter().filter(|query| misunderstood(&query.query).is_none());
        let answered = understood.map(|query| query.name.as_str()).collect();
        let queries = panel.queries.iter().map(|query| (query.name.as_str(), query)).collect();
        let mut answers = Answers { queries, names, answered };
        answers.work_out(open);
        answers
    }

    /// Whether a query has an answer here.
    pub fn has(&self, query: &PanelQuery) -> bool {
        self.answered.contains(query.name.as_str())
    }

    fn work_out(&mut self, open: Vec<&'a PanelQuery>) {
        let mut open: Vec<_> = open.into_iter().map(|query| (query, self.needed(query))).collect();
        for _ in 0..CHAIN_MAX {
            let is_ready = |needs: &[String]| needs.iter().all(|name| self.answered.contains(name.as_str()));
            let (ready, waiting): (Vec<_>, Vec<_>) = open.into_iter().partition(|(_, needs)| is_ready(needs));
            if ready.is_empty() {
                break;
            }
            self.answered.extend(ready.into_iter().map(|(query, _)| query.name.as_str()));
            open = waiting;
        }
    }

    /// The queries that one is worked out from. What is called like none of them is a variable, or a mistake that the page says.
    fn needed(&self, query: &PanelQuery) -> Vec<String> {
        let said = query.expression.get("expression").and_then(Value::as_str).unwrap_or_default();
        let mut names = named(said);
        // All but formulas may name the one query without a sign.
        names.insert(said.trim().to_owned());
        names.into_iter().filter(|name| self.names.contains(name)).collect()
    }

    /// Why a query that is worked out has no answer, if it has none.
    fn why(&self, query: &PanelQuery) -> Option<String> {
        let missing = |query: &PanelQuery| {
            self.needed(query).into_iter().find(|name| !self.answered.contains(name.as_str()))
        };
        let name = &query.name;
        let first = missing(query)?;
        let mut path = vec![name.clone(), first.clone()];
        while let Some(last) = path.last().filter(|_| path.len() <= CIRCLE_MAX) {
            if last == name {
                return Some(format!("query {name} is worked out from itself: {}", path.join(" from ")));
            }
            let next = self.queries.get(last.as_str()).copied().filter(|query| is_worked_out(query));
            match next.and_then(missing) {
                Some(next) => path.push(next),
                None => break,
            }
        }
        Some(format!("query {name} is worked out from {first}, which has no answer here"))
    }
}

/// Whether a query asks nothing itself.
pub fn is_worked_out(query: &PanelQuery) -> bool {
    !query.expression.is_empty()
}

/// Notes what of them comes to nothing.
pub fn judge(panel: &Panel, report: &mut Report) {
    if !panel.queries.iter().any(is_worked_out) {
        return;
    }
    let answers = Answers::of(panel);
    for query in panel.queries.iter().filter(|query| is_worked_out(query)) {
        if let Some(why) = answers.why(query) {
            report.of(panel, why);
        }
        let conditions = query.expression.get("conditions").and_then(Value::as_array);
        if conditions.into_iter().flatten().any(|one| one["unloadEvaluator"].is_object()) {
            let what = "the bound for coming back is of alerts, and left out";
            report.of(panel, format!("query {}: {what}", query.name));
        }
    }
}

/// The names behind signs: `$A`, `${all of it}`.
fn named(formula: &str) -> BTreeSet<String> {
    let name = |part: &str| match part.strip_prefix('{') {
        Some(inner) => inner.split('}').next().unwrap_or_default().trim().to_owned(),
        None => part.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect(),
    };
    formula.split('$').skip(1).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::import;
    use serde_json::{Value, json};

    /// Imports a panel with these targets: how many panels are drawn, and what is lost.
    fn check(targets: Value, drawn: usize, losses: &[&str]) {
        let file = json!({ "panels": [{ "id": 1, "type": "stat", "title": "p", "targets": targets }] });
        let (_, report) = import(&file).expect("it is a dashboard");
        let lines: Vec<String> = report.losses.iter().map(|loss| loss.what.clone()).collect();
        assert_eq!(
            (report.drawn, lines.iter().map(String::as_str).collect::<Vec<_>>()),
            (drawn, losses.to_vec())
        );
    }

    fn expression(name: &str, kind: &str, expression: &str) -> Value {
        json!({ "refId": name, "datasource": { "type": "__expr__", "uid": "__expr__" }, "type": kind, "expression": expression })
    }

    fn asked(name: &str) -> Value {
        json!({ "refId": name, "expr": "up", "hide": true })
    }

    #[test]
    fn what_the_page_works_out_is_drawn() {
        check(json!([asked("A"), expression("B", "math", "$A * 2")]), 1, &[]);
        check(
            json!([asked("A"), expression("B", "reduce", "A"), expression("C", "threshold", "$B")]),
            1,
            &[],
        );
        check(json!([expression("C", "", "$B"), expression("B", "resample", "${A}"), asked("A")]), 1, &[]);
        check(json!([asked("A"), expression("B", "math", "$A > $limit")]), 1, &[]);
        check(json!([expression("B", "math", "1 + 1")]), 1, &[]);
    }

    #[test]
    fn what_nobody_works_out_is_named() {
        let named = |kind: &str| {
            format!("query B is a server-side expression of kind {kind}, which is not worked out")
        };
        for kind in ["classic_conditions", "sql"] {
            let (lost, none) = (named(kind), "not drawn: none of its queries is PromQL");
            check(json!([asked("A"), expression("B", kind, "A")]), 0, &[&lost, none]);
        }
        let needs = "query C is worked out from B, which has no answer here";
        let shown = json!({ "refId": "A", "expr": "up" });
        check(
            json!([shown, expression("B", "sql", "A"), expression("C", "math", "$B")]),
            1,
            &[&named("sql"), needs],
        );
    }

    #[test]
    fn what_has_no_answer_is_worked_out_by_nobody() {
        let loki = json!({ "refId": "A", "expr": "{a=\"b\"}", "datasource": { "type": "loki" } });
        check(
            json!([loki, expression("B", "math", "$A")]),
            0,
            &[
                "query A asks loki, not PromQL",
                "not drawn: none of its queries has an answer here",
                "query B is worked out from A, which has no answer here",
            ],
        );
        let circle = json!([
            expression("A", "math", "$B"),
            expression("B", "math", "$A"),
            expression("C", "math", "1")
        ]);
        let itself = |name: &str, path: &str| format!("query {name} is worked out from itself: {path}");
        check(circle, 1, &[&itself("A", "A from B from A"), &itself("B", "B from A from B")]);
        let lost = "not drawn: none of its queries has an answer here";
        check(json!([expression("A", "math", "$A")]), 0, &[lost, &itself("A", "A from A")]);
    }

    #[test]
    fn it_is_kept_as_it_was_said() {
        let mut target = expression("B", "threshold", "$A");
        target["conditions"] = json!([{ "evaluator": { "type": "gt", "params": [5] }, "unloadEvaluator": { "type": "lt", "params": [1] } }]);
        target["intervalMs"] = json!(1000);
        let file = json!({ "panels": [{ "id": 1, "type": "stat", "targets": [asked("A"), target] }] });
        let (dashboard, report) = import(&file).expect("it is a dashboard");
        let query =
            serde_json::to_value(&dashboard.panels().next().expect("a panel").queries[1]).expect("JSON");
        assert_eq!(query["expression"]["type"], "threshold");
        assert_eq!(query["expression"]["conditions"], target["conditions"]);
        assert_eq!(query["kept"], json!({ "intervalMs": 1000 }));
        assert_eq!(query["query"], "");
        assert_eq!(report.losses[0].what, "query B: the bound for coming back is of alerts, and left out");
    }
}
