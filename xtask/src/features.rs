//! `cargo xtask features`: the published library with each of its features alone, as strangers will have it.
//!
//! Within the workspace features add up, so that one which forgot what it needs is only noticed here.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command;

const PACKAGE: &str = "flightdeck";

/// Checks the library without features, and with each.
pub(crate) fn run(root: &Path) -> Result<()> {
    let metadata = command::read(root, "cargo metadata --format-version 1 --no-deps --locked")?;
    let features = features(&serde_json::from_str(&metadata).context("cargo metadata is not JSON")?)?;
    for feature in std::iter::once("").chain(features.iter().map(String::as_str)) {
        let chosen = if feature.is_empty() { String::new() } else { format!("--features {feature} ") };
        let line = format!(
            "cargo clippy --quiet --package {PACKAGE} --lib --no-default-features {chosen}--locked -- -D warnings"
        );
        command::run(root, &line)?;
    }
    Ok(())
}

/// The features by name; those that only collect others are their sum, which the rest of the checks have.
fn features(metadata: &Value) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    let package = packages.iter().find(|package| package["name"] == PACKAGE);
    let features = package.and_then(|package| package["features"].as_object());
    let features = features.with_context(|| format!("cargo metadata has no features of {PACKAGE}"))?;
    let names = features.keys().filter(|name| !["default", "full"].contains(&name.as_str()));
    let names: Vec<String> = names.cloned().collect();
    if names.is_empty() {
        bail!("{PACKAGE} has no features");
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_those_of_the_library() {
        let metadata = serde_json::json!({"packages": [
            {"name": "other", "features": {"x": []}},
            {"name": "flightdeck", "features": {"default": ["gzip"], "full": ["gzip", "http"], "gzip": [], "http": []}},
        ]});
        assert_eq!(features(&metadata).unwrap(), ["gzip", "http"]);
        assert!(features(&serde_json::json!({"packages": []})).is_err());
    }
}
