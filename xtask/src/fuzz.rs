//! `cargo xtask fuzz`: every target under `fuzz/` for a while, one after the other.

use std::path::Path;

use anyhow::{Context, Result};

use crate::command;

/// Runs each fuzz target for `seconds`. The nightly switches that cargo-fuzz passes need `RUSTC_BOOTSTRAP` on a stable toolchain.
pub(crate) fn run(root: &Path, seconds: u32) -> Result<()> {
    let targets = command::read(root, "cargo fuzz list")
        .context("cargo-fuzz is needed: `cargo install cargo-fuzz --locked`")?;
    for target in targets.lines() {
        let line = format!(
            "env RUSTC_BOOTSTRAP=1 cargo fuzz run {target} -- -max_total_time={seconds} -rss_limit_mb=2048 -timeout=10"
        );
        command::run(root, &line)?;
    }
    Ok(())
}
