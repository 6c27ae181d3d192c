//! `cargo xtask ui`: the page from its sources: types, tests, the budget of its first paint, and whether what is
//! committed in `ui/dist` is what they come to.

use std::path::Path;

use anyhow::{Result, bail};

use crate::command;

/// Runs every check of the page that needs no browser.
pub(crate) fn run(root: &Path) -> Result<()> {
    let ui = root.join("ui");
    command::run(&ui, "npm ci --no-audit --no-fund --ignore-scripts")?;
    command::run(&ui, "npm run --silent check")?;
    command::run(&ui, "npm run --silent test")?;
    command::run(&ui, "npm run --silent build")?;
    let changed = command::read(root, "git status --porcelain -- ui/dist")?;
    if !changed.is_empty() {
        bail!("ui/dist is not what the sources come to; commit what `npm run build` made:\n{changed}");
    }
    Ok(())
}

/// Shows every page in a browser, against a server that was built before.
pub(crate) fn browser(root: &Path, binary: &Path) -> Result<()> {
    command::run(&root.join("ui"), &format!("node tests/browser.mjs {}", binary.display()))
}
