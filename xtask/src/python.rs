//! `cargo xtask python`: the Python package, which is a workspace of its own: its core, its wheel, and the tests on the
//! installed wheel.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::ci::Tally;
use crate::command;

/// Runs every check of the package; needs `python3`.
pub(crate) fn run(root: &Path) -> Result<Tally> {
    let package = root.join("python");
    command::run(&package, "cargo fmt --check")?;
    command::run(&package, "cargo clippy --all-targets --locked -- -D warnings")?;
    let mut tally = Tally::default();
    for line in command::read(&package, "cargo test --quiet --locked")?.lines() {
        tally.add(line);
    }
    let line = "python3 tests/run.py";
    println!("$ {line}");
    let output = command::command(&package, line).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start `{line}`"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    let Some((passed, failed, ignored)) = said.lines().last().and_then(counts) else {
        bail!("`{line}` failed: {}", output.status);
    };
    tally.passed += passed;
    tally.failed += failed;
    tally.ignored += ignored;
    if !output.status.success() && failed == 0 {
        bail!("`{line}` failed: {}", output.status);
    }
    Ok(tally)
}

/// What passed, failed and was skipped, of `python: 506 passed (...), 0 failed, 0 skipped, in 45 s`.
fn counts(line: &str) -> Option<(u64, u64, u64)> {
    let rest = line.strip_prefix("python: ")?;
    let (before, after) = rest.split_once("), ")?;
    let count = |text: &str, what: &str| text.strip_suffix(what)?.trim().parse().ok();
    let mut parts = after.split(", ");
    let passed = before.split_once(" passed")?.0.parse().ok()?;
    Some((passed, count(parts.next()?, "failed")?, count(parts.next()?, "skipped")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_understood() {
        let check = |line: &str, want| assert_eq!(counts(line), want, "{line}");
        check(
            "python: 506 passed (186 of ours, 320 of prometheus_client's), 1 failed, 2 skipped, in 45 s",
            Some((506, 1, 2)),
        );
        check("Traceback (most recent call last):", None);
    }
}
