//! The Rust sources of the repository, read once for all rules.

use std::path::Path;

use anyhow::{Context, Result};

use crate::command;

/// One Rust file.
pub(crate) struct Source {
    /// Its path from the root.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

/// Every Rust file that git tracks or would track.
pub(crate) fn all(root: &Path) -> Result<Vec<Source>> {
    let listing = command::read(root, "git ls-files --cached --others --exclude-standard -- *.rs")?;
    let mut sources = Vec::new();
    for path in listing.lines().filter(|path| root.join(path).exists()) {
        let text = std::fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
        sources.push(Source { path: path.to_owned(), text });
    }
    Ok(sources)
}
