//! `cargo xtask bench NAME`: builds what ships, then hands over to the bench package.

use std::path::Path;

use anyhow::Result;

use crate::command;

/// Runs the benchmark that `words` name, in release.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<()> {
    if words.first() == Some(&"instrument") {
        // A workspace of its own, so that nobody else compiles its peers.
        return command::run(
            root,
            "cargo run --release --locked --manifest-path bench/instrument/Cargo.toml",
        );
    }
    command::run(root, "cargo build --release --locked --package flightdeck-server")?;
    command::run(
        root,
        &format!("cargo run --release --locked --package flightdeck-bench -- {}", words.join(" ")),
    )
}
