//! A group of targets, and how files and web servers write a list of them.

use std::collections::BTreeMap;

use model::Labels;
use serde::Deserialize;

use crate::config::{StaticConfig, check_target_address};
use crate::target::ADDRESS;

/// How many targets one list may hold.
const TARGETS_MAX: usize = 1_000_000;

/// Targets that share labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TargetGroup {
    /// What they share.
    pub labels: Labels,
    /// What each has of its own, the address among it.
    pub targets: Vec<Labels>,
}

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// Not JSON, or not of the expected form.
    #[error("not a list of target groups: {0}")]
    Json(#[from] serde_json::Error),
    /// Not YAML, or not of the expected form.
    #[error("not a list of target groups: {0}")]
    Yaml(String),
    /// An address that is none.
    #[error("{0}")]
    Address(String),
    /// Too long.
    #[error("more than {TARGETS_MAX} targets")]
    TooMany,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    targets: Vec<String>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

impl TargetGroup {
    /// The group of a `static_configs` entry.
    pub fn from_static(config: &StaticConfig) -> TargetGroup {
        TargetGroup {
            labels: Labels::from_pairs(&config.labels),
            targets: config.targets.iter().map(|address| Labels::from_pairs([(ADDRESS, address)])).collect(),
        }
    }

    /// A group of plain addresses.
    pub fn from_addresses(labels: Labels, addresses: impl IntoIterator<Item = String>) -> TargetGroup {
        let targets = addresses.into_iter().map(|address| Labels::from_pairs([(ADDRESS, address)]));
        TargetGroup { labels, targets: targets.collect() }
    }
}

/// Reads a JSON list of groups; `extra` labels are added to each.
pub fn parse_groups(json: &[u8], extra: &[(&str, &str)]) -> Result<Vec<TargetGroup>, GroupError> {
    groups_of(serde_json::from_slice(json)?, extra)
}

/// As [`parse_groups`], for what was read from YAML already.
pub(super) fn groups_from_value(
    value: serde_json::Value,
    extra: &[(&str, &str)],
) -> Result<Vec<TargetGroup>, GroupError> {
    groups_of(serde_json::from_value(value)?, extra)
}

fn groups_of(written: Vec<Written>, extra: &[(&str, &str)]) -> Result<Vec<TargetGroup>, GroupError> {
    let mut count = 0;
    let mut groups = Vec::with_capacity(written.len());
    for group in written {
        count += group.targets.len();
        if count > TARGETS_MAX {
            return Err(GroupError::TooMany);
        }
        if let Some(problem) = group.targets.iter().find_map(|address| check_target_address(address).err()) {
            return Err(GroupError::Address(problem));
        }
        let labels = group.labels.unwrap_or_default();
        let own = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let labels = Labels::from_pairs(own.chain(extra.iter().copied()));
        groups.push(TargetGroup::from_addresses(labels, group.targets));
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_strictly() {
        let check = |json: &str, want: &str| {
            let got = match parse_groups(json.as_bytes(), &[("__meta_url", "u")]) {
                Ok(groups) => groups.iter().map(|g| format!("{} {:?};", g.labels, g.targets)).collect(),
                Err(error) => error.to_string(),
            };
            assert!(got.starts_with(want), "{got}");
        };
        check(
            r#"[{"targets": ["a:1", "b:2"], "labels": {"x": "y"}}]"#,
            r#"{__meta_url="u", x="y"} [{__address__="a:1"}, {__address__="b:2"}];"#,
        );
        check(r#"[{"targets": [], "labels": null}]"#, r#"{__meta_url="u"} [];"#);
        check(r#"[{"target": ["a:1"]}]"#, "not a list of target groups: unknown field `target`");
        check(r#"{"targets": []}"#, "not a list of target groups: ");
        check(r#"[{"targets": ["http://a"]}]"#, "\"http://a\" is not a valid hostname");
    }
}
