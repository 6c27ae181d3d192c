//! Relabelling: a list of rules that rewrite a label set, or drop what carries it. Pure, and can be watched step by step.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use md5::{Digest, Md5};
use model::{Labels, LabelsBuilder, Regex};
use serde::de::{Deserialize, Deserializer};

/// What a rule does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Action {
    /// Writes the replacement into the target label where the joined value matches.
    #[default]
    Replace,
    /// Drops what does not match.
    Keep,
    /// Drops what matches.
    Drop,
    /// Drops what has another joined value than the target label.
    KeepEqual,
    /// Drops what has the same joined value as the target label.
    DropEqual,
    /// Writes a hash of the joined value, modulo `modulus`, into the target label.
    HashMod,
    /// Copies every label whose name matches to the name that the replacement makes of it.
    LabelMap,
    /// Removes every label whose name matches.
    LabelDrop,
    /// Removes every label whose name does not match.
    LabelKeep,
    /// Writes the joined value in lower case.
    Lowercase,
    /// Writes the joined value in upper case.
    Uppercase,
}

const ACTIONS: [(&str, Action); 11] = [
    ("replace", Action::Replace),
    ("keep", Action::Keep),
    ("drop", Action::Drop),
    ("keepequal", Action::KeepEqual),
    ("dropequal", Action::DropEqual),
    ("hashmod", Action::HashMod),
    ("labelmap", Action::LabelMap),
    ("labeldrop", Action::LabelDrop),
    ("labelkeep", Action::LabelKeep),
    ("lowercase", Action::Lowercase),
    ("uppercase", Action::Uppercase),
];

/// One checked rule with its defaults filled in; made by [`crate::config::RelabelConfig::compile`].
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The labels whose values are joined.
    pub source_labels: Vec<String>,
    /// What stands between the joined values.
    pub separator: String,
    /// What the joined value, or a label's name, must match.
    pub regex: Regex,
    /// How many values `hashmod` tells apart.
    pub modulus: u64,
    /// The label to write; `replace` fills its `$1`.
    pub target_label: String,
    /// What to write; its `$1` and `${name}` are filled with what the groups caught.
    pub replacement: String,
    /// What to do.
    pub action: Action,
    /// Whether a label that `replace` is to write must have a name of the classic form.
    pub legacy_names: bool,
}

/// One rule at work: what it found and what it left.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The labels it found.
    pub before: Labels,
    /// The labels it left.
    pub after: Labels,
    /// Whether it let the labels pass. Where not, it is the last step.
    pub kept: bool,
}

/// Runs `rules` over `labels` in order. False means dropped; the labels are then as the last rule left them.
pub fn apply(rules: &[Rule], labels: &mut LabelsBuilder) -> bool {
    rules.iter().all(|rule| rule.apply(labels))
}

/// As [`apply`], and tells every step.
pub fn trace<'a>(rules: &'a [Rule], labels: &Labels) -> Vec<Step<'a>> {
    let mut builder = labels.to_builder();
    let mut steps = Vec::with_capacity(rules.len());
    for rule in rules {
        let before = builder.build();
        let kept = rule.apply(&mut builder);
        steps.push(Step { rule, before, after: builder.build(), kept });
        if !kept {
            break;
        }
    }
    steps
}

impl Rule {
    /// The separator of a rule that names none.
    pub const DEFAULT_SEPARATOR: &'static str = ";";
    /// The replacement of a rule that names none.
    pub const DEFAULT_REPLACEMENT: &'static str = "$1";
    /// The pattern of a rule that names none.
    pub const DEFAULT_REGEX: &'static str = "(.*)";

    /// The compiled pattern of a rule that names none.
    pub fn default_regex() -> Regex {
        static DEFAULT: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(Rule::DEFAULT_REGEX).expect("the default pattern is valid"));
        DEFAULT.clone()
    }

    fn apply(&self, labels: &mut LabelsBuilder) -> bool {
        match self.action {
            Action::Keep => return self.regex.is_match(&self.joined(labels)),
            Action::Drop => return !self.regex.is_match(&self.joined(labels)),
            Action::KeepEqual => return labels.value(&self.target_label) == self.joined(labels),
            Action::DropEqual => return labels.value(&self.target_label) != self.joined(labels),
            Action::Replace => self.replace(labels),
            Action::HashMod => {
                let hash = Md5::digest(self.joined(labels).as_bytes());
                let tail = hash[8..].iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
                labels.set(&self.target_label, &(tail % self.modulus.max(1)).to_string());
            }
            Action::Lowercase => {
                let value = self.joined(labels).to_lowercase();
                labels.set(&self.target_label, &value);
            }
            Action::Uppercase => {
                let value = self.joined(labels).to_uppercase();
                labels.set(&self.target_label, &value);
            }
            Action::LabelMap => self.map_names(labels),
            Action::LabelDrop => drop(labels.retain(|name, _| !self.regex.is_match(name))),
            Action::LabelKeep => drop(labels.retain(|name, _| self.regex.is_match(name))),
        }
        true
    }

    fn joined(&self, labels: &LabelsBuilder) -> String {
        match self.source_labels.as_slice() {
            [] => String::new(),
            [only] => labels.value(only).to_owned(),
            [first, rest @ ..] => {
                let mut joined = labels.value(first).to_owned();
                for name in rest {
                    joined.push_str(&self.separator);
                    joined.push_str(labels.value(name));
                }
                joined
            }
        }
    }

    fn replace(&self, labels: &mut LabelsBuilder) {
        let joined = self.joined(labels);
        if !self.regex.is_match(&joined) {
            return;
        }
        let expand = |template: &str| match template.contains('$') {
            true => self.regex.expand(&joined, template).unwrap_or_default(),
            false => template.to_owned(),
        };
        let target = expand(&self.target_label);
        let is_name =
            if self.legacy_names { model::names::is_legacy_label_name(&target) } else { !target.is_empty() };
        if is_name {
            labels.set(&target, &expand(&self.replacement));
        }
    }

    fn map_names(&self, labels: &mut LabelsBuilder) {
        let mapped: Vec<(String, String)> = labels
            .iter()
            .filter_map(|(name, value)| Some((self.regex.expand(name, &self.replacement)?, value.to_owned())))
            .filter(|(name, _)| !name.is_empty())
            .collect();
        for (name, value) in mapped {
            labels.set(&name, &value);
        }
    }
}

impl fmt::Display for Rule {
    /// The rule on one line, as YAML would write it, without what is at its default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "action: {}", self.action)?;
        if !self.source_labels.is_empty() {
            write!(f, ", source_labels: [{}]", self.source_labels.join(", "))?;
        }
        let texts = [
            ("separator", self.separator.as_str(), Rule::DEFAULT_SEPARATOR),
            ("regex", self.regex.pattern(), Rule::DEFAULT_REGEX),
            ("target_label", self.target_label.as_str(), ""),
            ("replacement", self.replacement.as_str(), Rule::DEFAULT_REPLACEMENT),
        ];
        for (name, text, _) in texts.into_iter().filter(|(_, text, default)| text != default) {
            write!(f, ", {name}: {}", model::names::quote(text))?;
        }
        if self.modulus != 0 {
            write!(f, ", modulus: {}", self.modulus)?;
        }
        Ok(())
    }
}

impl Action {
    /// The name in configuration files.
    pub fn name(self) -> &'static str {
        ACTIONS.iter().find(|(_, action)| *action == self).map_or("", |(name, _)| name)
    }

    /// Whether the action writes or compares a target label.
    pub(crate) fn needs_target(self) -> bool {
        matches!(
            self,
            Action::Replace
                | Action::HashMod
                | Action::Lowercase
                | Action::Uppercase
                | Action::KeepEqual
                | Action::DropEqual
        )
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Action, String> {
        let found = ACTIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, action)| *action).ok_or_else(|| {
            let names: Vec<&str> = ACTIONS.iter().map(|(name, _)| *name).collect();
            format!(
                "unknown relabel action {}, expected one of {}",
                model::names::quote(text),
                names.join(", ")
            )
        })
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Action, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let text = text.ok_or_else(|| serde::de::Error::custom("relabel action cannot be empty"))?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{NameScheme, RelabelConfig};

    const LABELS: &str = "a=foo b=bar c=baz __meta_x=y";

    fn labels(text: &str) -> Labels {
        Labels::from_pairs(text.split_whitespace().map(|pair| pair.split_once('=').unwrap()))
    }

    fn rules(config: serde_json::Value) -> Result<Vec<Rule>, String> {
        let configs: Vec<RelabelConfig> =
            serde_json::from_value(config).map_err(|error| error.to_string())?;
        let compiled = configs.iter().map(|config| config.compile(NameScheme::Utf8));
        compiled.collect::<Result<_, _>>().map_err(|error| error.to_string())
    }

    /// The labels after the rules, `dropped`, or the error.
    fn check(input: &str, config: serde_json::Value, want: &str) {
        let got = match rules(config) {
            Err(error) => error,
            Ok(rules) => {
                let mut builder = labels(input).to_builder();
                match apply(&rules, &mut builder) {
                    false => "dropped".to_owned(),
                    true => builder.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(" "),
                }
            }
        };
        assert_eq!(got, want);
    }

    #[test]
    fn replace_writes_what_the_groups_caught() {
        let all = "__meta_x=y a=foo b=bar c=baz";
        check(
            LABELS,
            json!([{"source_labels": ["a"], "regex": "f(.*)", "target_label": "d", "replacement": "ch${1}-ch${1}"}]),
            &format!("{all} d=choo-choo"),
        );
        check(
            LABELS,
            json!([{"source_labels": ["a", "b"], "regex": "foo;(.*)r", "target_label": "a", "replacement": "b${1}m"}]),
            "__meta_x=y a=bbam b=bar c=baz",
        );
        check(LABELS, json!([{"source_labels": ["a"], "regex": ".*(b).*", "target_label": "d"}]), all);
        check(LABELS, json!([{"target_label": "d", "replacement": "static"}]), &format!("{all} d=static"));
        check(LABELS, json!([{"source_labels": ["none"], "target_label": "a"}]), "__meta_x=y b=bar c=baz");
        check(
            LABELS,
            json!([{"source_labels": ["a"], "regex": "(?P<x>f)(oo)", "target_label": "${x}_$2", "replacement": "$$"}]),
            &format!("{all} f_oo=$"),
        );
        check(
            LABELS,
            json!([{"source_labels": ["a"], "regex": "(none)?foo", "target_label": "$1", "replacement": "x"}]),
            all,
        );
        check(
            "a=boo",
            json!([{"source_labels": ["a"], "separator": "@", "regex": "(b)(o+)", "target_label": "d", "replacement": "$1x$2"}]),
            "a=boo d=oo",
        );
    }

    #[test]
    fn keep_and_drop() {
        check("a=foo", json!([{"source_labels": ["a"], "regex": ".*o.*", "action": "drop"}]), "dropped");
        check("a=foo", json!([{"source_labels": ["a"], "regex": "f", "action": "drop"}]), "a=foo");
        check("a=foo", json!([{"source_labels": ["a"], "regex": "f.o", "action": "KEEP"}]), "a=foo");
        check("a=foo", json!([{"source_labels": ["a"], "regex": "f", "action": "keep"}]), "dropped");
        check(
            "a=x b=x",
            json!([{"source_labels": ["a"], "target_label": "b", "action": "keepequal"}]),
            "a=x b=x",
        );
        check(
            "a=x b=y",
            json!([{"source_labels": ["a"], "target_label": "b", "action": "keepequal"}]),
            "dropped",
        );
        check(
            "a=x b=x",
            json!([{"source_labels": ["a"], "target_label": "b", "action": "dropequal"}]),
            "dropped",
        );
        check(
            "a=x b=y",
            json!([{"source_labels": ["a"], "target_label": "b", "action": "dropequal"}]),
            "a=x b=y",
        );
        check(
            "a=x",
            json!([{"source_labels": ["a"], "regex": "x", "action": "drop"}, {"target_label": "b", "replacement": "n"}]),
            "dropped",
        );
    }

    #[test]
    fn hashmod_is_the_tail_of_md5() {
        check(
            "c=baz",
            json!([{"source_labels": ["c"], "target_label": "d", "action": "hashmod", "modulus": 1000}]),
            "c=baz d=976",
        );
        check(
            "a=foo\u{7f}bar",
            json!([{"source_labels": ["a"], "target_label": "d", "action": "hashmod", "modulus": 1000}]),
            "a=foo\u{7f}bar d=915",
        );
    }

    #[test]
    fn names_are_mapped_dropped_kept() {
        check(
            "a=foo b1=bar b2=baz",
            json!([{"regex": "(b.*)", "replacement": "bar_${1}", "action": "labelmap"}]),
            "a=foo b1=bar b2=baz bar_b1=bar bar_b2=baz",
        );
        check(
            "__meta_my_bar=aaa __meta_my_baz=bbb a=foo",
            json!([{"regex": "__meta_(my.*)", "action": "labelmap"}]),
            "__meta_my_bar=aaa __meta_my_baz=bbb a=foo my_bar=aaa my_baz=bbb",
        );
        check("a=foo b1=bar b2=baz", json!([{"regex": "(b.*)", "action": "labeldrop"}]), "a=foo");
        check("a=foo b1=bar b2=baz", json!([{"regex": "(b.*)", "action": "labelkeep"}]), "b1=bar b2=baz");
    }

    #[test]
    fn case_changes() {
        check(
            "foo=bAr123Foo",
            json!([
                {"source_labels": ["foo"], "action": "uppercase", "target_label": "up"},
                {"source_labels": ["foo"], "action": "lowercase", "target_label": "low"},
            ]),
            "foo=bAr123Foo low=bar123foo up=BAR123FOO",
        );
    }

    #[test]
    fn mistakes_are_named() {
        check(
            "",
            json!([{"action": "hashmod", "regex": "x"}]),
            "modulus: the hashmod action needs a modulus above 0",
        );
        check("", json!([{"regex": "x"}]), "target_label: the replace action needs a target_label");
        check("", json!([{"action": null}]), "relabel action cannot be empty");
        check(
            "",
            json!([{"action": "labeldrop", "source_labels": ["a"]}]),
            "source_labels: the labeldrop action takes only regex, and no other field",
        );
        check(
            "",
            json!([{"action": "keepequal", "source_labels": ["a"], "target_label": "b", "regex": "x"}]),
            "regex: the keepequal action takes only source_labels and target_label, and no other field",
        );
        check(
            "",
            json!([{"action": "lowercase", "target_label": "b", "replacement": "x"}]),
            "replacement: cannot be set for the lowercase action",
        );
        check(
            "",
            json!([{"target_label": "b", "regex": "a("}]),
            "not a valid regular expression: \"a(\": unclosed group",
        );
    }

    #[test]
    fn classic_names_restrict_targets() {
        let check = |target: &str, want: bool| {
            let config: RelabelConfig = serde_json::from_value(json!({"target_label": target})).unwrap();
            assert_eq!(config.compile(NameScheme::Legacy).is_ok(), want, "{target}");
        };
        check("a_1", true);
        check("${1}", true);
        check("x_${1}_y", true);
        check("a-b", false);
        check("1$1", false);
        check("${", false);
        check("a.${1}", false);
    }

    #[test]
    fn a_trace_ends_where_the_labels_are_dropped() {
        let rules = rules(json!([
            {"target_label": "b", "replacement": "1"},
            {"source_labels": ["b"], "regex": "1", "action": "drop"},
            {"target_label": "c", "replacement": "2"},
        ]));
        let rules = rules.unwrap();
        let steps = trace(&rules, &labels("a=x"));
        let shown: Vec<String> =
            steps.iter().map(|step| format!("{} -> {} {}", step.before, step.after, step.kept)).collect();
        assert_eq!(shown, [r#"{a="x"} -> {a="x", b="1"} true"#, r#"{a="x", b="1"} -> {a="x", b="1"} false"#]);
        assert_eq!(steps[1].rule.to_string(), r#"action: drop, source_labels: [b], regex: "1""#);
    }
}
