//! `cargo xtask bench NAME`: builds what ships, then hands over to the bench package.

use std::path::Path;

use anyhow::Result;

use crate::command;

/// Runs the benchmark that `words` name, in release.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<()> {
    command::run(root, "cargo build --release --locked --package flightdeck-server")?;
    command::run(
        root,
        &format!("cargo run --release --locked --package flightdeck-bench -- {}", words.join(" ")),
    )
}
