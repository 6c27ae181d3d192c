//! `cargo xtask tidy`: the rules of this repository that the compiler does not know.
//!
//! Each rule is one file: it takes the tree and returns its findings as lines a person can act on.

mod architecture;
mod edges;
mod headers;
mod size;
mod sources;

use std::path::Path;

use anyhow::{Result, bail};

use self::sources::Source;

/// Applies every rule and prints all findings before failing.
pub(crate) fn run(root: &Path) -> Result<()> {
    let sources = sources::all(root)?;
    let mut findings = edges::check(root)?;
    findings.extend(headers::check(&sources));
    findings.extend(architecture::check(root)?);
    findings.extend(size::check(root, &sources)?);
    for finding in &findings {
        eprintln!("tidy: {finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings", findings.len());
    }
    println!("tidy: {} files, no findings", sources.len());
    Ok(())
}
