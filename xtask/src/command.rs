//! Running other programs: what is run is printed, a failure names it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A command in `directory`, given as one line of words.
pub(crate) fn command(directory: &Path, line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().expect("a command has a name"));
    command.args(words).current_dir(directory);
    command
}

/// Runs `line` in `directory` with its output passed through.
pub(crate) fn run(directory: &Path, line: &str) -> Result<()> {
    println!("$ {line}");
    let status = command(directory, line).status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// Runs `line` in `directory` and returns what it printed.
pub(crate) fn read(directory: &Path, line: &str) -> Result<String> {
    let output = command(directory, line).output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed something other than text"))
}
