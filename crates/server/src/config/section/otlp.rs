//! `otlp`: how OTLP metrics become series.

use std::collections::BTreeSet;

use collect::config::{ConfigError, GlobalConfig, NameScheme, nullable};
use serde::Deserialize;

/// The `otlp` section.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct OtlpSection {
    /// Resource attributes that become labels.
    #[serde(default, deserialize_with = "nullable")]
    pub promote_resource_attributes: Vec<String>,
    /// Whether all of them do.
    #[serde(default, deserialize_with = "nullable")]
    pub promote_all_resource_attributes: bool,
    /// Those that do not, where otherwise all do.
    #[serde(default, deserialize_with = "nullable")]
    pub ignore_resource_attributes: Vec<String>,
    /// How names are translated.
    #[serde(default, deserialize_with = "nullable")]
    pub translation_strategy: TranslationStrategy,
    /// Whether the attributes that make `job` and `instance` are kept in `target_info` too.
    #[serde(default, deserialize_with = "nullable")]
    pub keep_identifying_resource_attributes: bool,
    /// Whether classic histograms become native ones with custom buckets.
    #[serde(default, deserialize_with = "nullable")]
    pub convert_histograms_to_nhcb: bool,
    /// Whether the scope becomes labels.
    #[serde(default, deserialize_with = "nullable")]
    pub promote_scope_metadata: bool,
    /// Whether label names that start with an underscore get `key` in front; true when absent.
    pub label_name_underscore_sanitization: Option<bool>,
    /// Whether several underscores in a row stay; true when absent.
    pub label_name_preserve_multiple_underscores: Option<bool>,
}

/// How names of metrics and attributes are translated.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub enum TranslationStrategy {
    /// Underscores for what classic names cannot hold, suffixes for unit and type.
    #[default]
    UnderscoreEscapingWithSuffixes,
    /// Underscores, and no suffixes.
    UnderscoreEscapingWithoutSuffixes,
    /// Names as they are, with suffixes.
    NoUTF8EscapingWithSuffixes,
    /// Names as they are.
    NoTranslation,
}

impl OtlpSection {
    /// Says what is wrong, and trims the attribute names.
    pub fn check(&mut self, global: &GlobalConfig) -> Result<(), ConfigError> {
        trim_unique("promote_resource_attributes", &mut self.promote_resource_attributes)?;
        trim_unique("ignore_resource_attributes", &mut self.ignore_resource_attributes)?;
        if self.promote_all_resource_attributes && !self.promote_resource_attributes.is_empty() {
            let message =
                "cannot stand beside promote_all_resource_attributes; use ignore_resource_attributes";
            return Err(ConfigError::new("promote_resource_attributes", message));
        }
        if !self.promote_all_resource_attributes && !self.ignore_resource_attributes.is_empty() {
            let message = "means nothing without promote_all_resource_attributes";
            return Err(ConfigError::new("ignore_resource_attributes", message));
        }
        let legacy = global.metric_name_validation_scheme == Some(NameScheme::Legacy);
        let keeps_utf8 = matches!(
            self.translation_strategy,
            TranslationStrategy::NoUTF8EscapingWithSuffixes | TranslationStrategy::NoTranslation
        );
        if legacy && keeps_utf8 {
            let message = format!(
                "{:?} keeps names that global.metric_name_validation_scheme legacy does not allow",
                self.translation_strategy
            );
            return Err(ConfigError::new("translation_strategy", message));
        }
        Ok(())
    }
}

fn trim_unique(field: &str, names: &mut [String]) -> Result<(), ConfigError> {
    let mut seen = BTreeSet::new();
    for (index, name) in names.iter_mut().enumerate() {
        *name = name.trim().to_owned();
        let at = format!("{field}[{index}]");
        if name.is_empty() {
            return Err(ConfigError::new(at, "an attribute name is empty"));
        }
        if !seen.insert(name.clone()) {
            return Err(ConfigError::new(at, format!("the attribute {name} is listed twice")));
        }
    }
    Ok(())
}
