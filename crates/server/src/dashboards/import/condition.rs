//! When a part of a dashboard is shown: what the second schema says of variables and of the length of the range. What else it says
//! cannot be told before a part is asked for; it is left out so that nothing is hidden that should be seen.

use serde_json::Value;

use super::super::model::{Condition, Test};
use super::read::{items, text};

/// What is read of a condition, and whether that is all of it.
pub struct Read {
    /// What is tested, if anything is.
    pub condition: Option<Condition>,
    /// Whether nothing was left out.
    pub whole: bool,
}

impl Read {
    /// What is left out, in words.
    pub fn lost(&self) -> Option<&'static str> {
        match (self.whole, &self.condition) {
            (true, _) => None,
            (false, Some(_)) => Some("what its condition says of data and sources is left out"),
            (false, None) => Some("its condition is left out, it is always shown"),
        }
    }
}

/// Reads the condition of a part. Of the variables, those that stand for a source of data say nothing here, where there is one.
pub fn read(spec: &Value, variables: &[Value]) -> Read {
    let said = &spec["conditionalRendering"]["spec"];
    let all = items(said, "items");
    let tests: Vec<Test> = all.iter().filter_map(|item| test(item, variables)).collect();
    let whole = tests.len() == all.len();
    let condition = Condition { hides: said["visibility"] == "hide", any: said["condition"] == "or", tests };
    // A test that is not read is one that lets the part be seen: of these, one is enough.
    let seen = !whole && condition.hides != condition.any;
    let condition = (!condition.tests.is_empty() && !seen).then_some(condition);
    Read { condition, whole }
}

fn test(item: &Value, variables: &[Value]) -> Option<Test> {
    const OPERATORS: &[&str] = &["equals", "notEquals", "matches", "notMatches"];
    let spec = &item["spec"];
    let value = text(spec, "value");
    match text(item, "kind").as_str() {
        "ConditionalRenderingVariable" => {
            let (variable, operator) = (text(spec, "variable"), text(spec, "operator"));
            let is_source = |one: &Value| one["type"] == "datasource" && one["name"] == variable.as_str();
            let known = OPERATORS.contains(&operator.as_str()) && !variables.iter().any(is_source);
            known.then_some(Test { variable, operator, value })
        }
        "ConditionalRenderingTimeRangeSize" => {
            Some(Test { variable: String::new(), operator: "shorterThan".to_owned(), value })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Reads a condition of these tests; its own tests that are read, if it is one, and whether that is all.
    fn check(visibility: &str, joined: &str, tests: Value, want: (Option<usize>, bool)) {
        let said = json!({ "visibility": visibility, "condition": joined, "items": tests });
        let read = read(
            &json!({ "conditionalRendering": { "spec": said } }),
            &[json!({ "type": "datasource", "name": "ds" })],
        );
        assert_eq!((read.condition.map(|one| one.tests.len()), read.whole), want, "{said}");
    }

    #[test]
    fn what_is_not_read_hides_nothing() {
        let variable = |name: &str| json!({ "kind": "ConditionalRenderingVariable", "spec": { "variable": name, "operator": "equals", "value": "a" } });
        let short = json!({ "kind": "ConditionalRenderingTimeRangeSize", "spec": { "value": "7d" } });
        let data = json!({ "kind": "ConditionalRenderingData", "spec": { "value": true } });
        check("show", "and", json!([]), (None, true));
        check("show", "and", json!([variable("v"), short]), (Some(2), true));
        check("hide", "or", json!([variable("v")]), (Some(1), true));
        check("show", "and", json!([data]), (None, false));
        check("show", "and", json!([variable("v"), data]), (Some(1), false));
        check("show", "or", json!([variable("v"), data]), (None, false));
        check("hide", "and", json!([variable("v"), data]), (None, false));
        check("hide", "or", json!([variable("v"), data]), (Some(1), false));
        check("show", "and", json!([variable("ds")]), (None, false));
        check("show", "and", json!([{ "kind": "Other" }, null]), (None, false));
    }
}
