//! A relabelling step as it is typed, and the checks that make it a [`Rule`].

use serde::Deserialize;

use super::ConfigError;
use super::scrape::NameScheme;
use super::values::Pattern;
use crate::relabel::{Action, Rule};

/// One entry of `relabel_configs` or `metric_relabel_configs`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a relabelling step with at least one field")]
pub struct RelabelConfig {
    /// The labels whose values are joined.
    pub source_labels: Option<Vec<String>>,
    /// What stands between the joined values; `;` when absent.
    pub separator: Option<String>,
    /// What the joined value must match; `(.*)` when absent.
    pub regex: Option<Pattern>,
    /// How many values `hashmod` tells apart.
    pub modulus: Option<u64>,
    /// The label to write.
    pub target_label: Option<String>,
    /// What to write; `$1` when absent.
    pub replacement: Option<String>,
    /// What to do; `replace` when absent.
    #[serde(default)]
    pub action: Action,
}

impl RelabelConfig {
    /// Checks the step and fills in its defaults.
    pub fn compile(&self, scheme: NameScheme) -> Result<Rule, ConfigError> {
        let action = self.action;
        let target = self.target_label.as_deref().unwrap_or("");
        let replacement = self.replacement.as_deref().unwrap_or(Rule::DEFAULT_REPLACEMENT);
        self.check_extra_fields()?;
        if action == Action::HashMod && self.modulus.unwrap_or(0) == 0 {
            return Err(ConfigError::new("modulus", "the hashmod action needs a modulus above 0"));
        }
        for name in self.source_labels.iter().flatten() {
            if !scheme.is_label_name(name) {
                return Err(ConfigError::new("source_labels", format!("{name:?} is not a valid label name")));
            }
        }
        if action.needs_target() {
            if target.is_empty() {
                return Err(ConfigError::new(
                    "target_label",
                    format!("the {action} action needs a target_label"),
                ));
            }
            let template = action == Action::Replace && target.contains('$');
            if !(template && is_name_template(target, scheme) || !template && scheme.is_label_name(target)) {
                return Err(ConfigError::new(
                    "target_label",
                    format!(
                        "{} is not a valid label name for the {action} action",
                        model::names::quote(target)
                    ),
                ));
            }
        }
        if matches!(action, Action::Lowercase | Action::Uppercase) && replacement != Rule::DEFAULT_REPLACEMENT
        {
            return Err(ConfigError::new("replacement", format!("cannot be set for the {action} action")));
        }
        if action == Action::LabelMap && !is_name_template(replacement, scheme) {
            return Err(ConfigError::new(
                "replacement",
                format!(
                    "{} is not a valid label name for the labelmap action",
                    model::names::quote(replacement)
                ),
            ));
        }
        Ok(Rule {
            source_labels: self.source_labels.clone().unwrap_or_default(),
            separator: self.separator.clone().unwrap_or_else(|| Rule::DEFAULT_SEPARATOR.to_owned()),
            regex: self.regex.clone().map_or_else(Rule::default_regex, |pattern| pattern.0),
            modulus: self.modulus.unwrap_or(0),
            target_label: target.to_owned(),
            replacement: replacement.to_owned(),
            action,
            legacy_names: scheme == NameScheme::Legacy,
        })
    }

    /// Some actions read only some fields; setting another to anything but its default is a mistake.
    fn check_extra_fields(&self) -> Result<(), ConfigError> {
        let default_regex = Rule::default_regex();
        let regex = self.regex.as_ref().is_some_and(|pattern| pattern.0 != default_regex);
        let separator = self.separator.as_deref().is_some_and(|text| text != Rule::DEFAULT_SEPARATOR);
        let replacement = self.replacement.as_deref().is_some_and(|text| text != Rule::DEFAULT_REPLACEMENT);
        let modulus = self.modulus.is_some_and(|modulus| modulus != 0);
        let source = self.source_labels.as_ref().is_some_and(|names| !names.is_empty());
        let target = self.target_label.as_ref().is_some_and(|name| !name.is_empty());
        let (extra, allowed): (&[(&str, bool)], &str) = match self.action {
            Action::KeepEqual | Action::DropEqual => (
                &[
                    ("regex", regex),
                    ("separator", separator),
                    ("replacement", replacement),
                    ("modulus", modulus),
                ],
                "source_labels and target_label",
            ),
            Action::LabelDrop | Action::LabelKeep => (
                &[
                    ("source_labels", source),
                    ("target_label", target),
                    ("modulus", modulus),
                    ("separator", separator),
                    ("replacement", replacement),
                ],
                "regex",
            ),
            _ => return Ok(()),
        };
        match extra.iter().find(|(_, set)| *set) {
            Some((field, _)) => Err(ConfigError::new(
                *field,
                format!("the {} action takes only {allowed}, and no other field", self.action),
            )),
            None => Ok(()),
        }
    }
}

/// Whether `template` becomes a valid label name once its `$1` and `${name}` are filled with valid text.
fn is_name_template(template: &str, scheme: NameScheme) -> bool {
    if template.is_empty() {
        return false;
    }
    if scheme == NameScheme::Utf8 {
        return true;
    }
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        filled.push('a');
        let tail = &rest[at + 1..];
        let (name, after) = match tail.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, after)) => (name, after),
            None => tail
                .split_at(tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len())),
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return false;
        }
        rest = after;
    }
    filled.push_str(rest);
    model::names::is_legacy_label_name(&filled)
}
