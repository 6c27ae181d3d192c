//! `cargo xtask ci`: format, tidy, clippy, what ships, tests, in the order in which they fail fastest.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::features;
use crate::python;
use crate::tidy;
use crate::ui;

/// The library with everything it can do: what nobody in the workspace asks for is checked too.
const FULL: &str = "--features flightdeck/full";

/// How much of it to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Everything,
    WithoutRelease,
}

/// Runs every check; the last line printed is the sum over all tests.
pub(crate) fn run(root: &Path, scope: Scope) -> Result<()> {
    let tally = run_checks(root, scope)?;
    println!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.ignored);
    if tally.failed > 0 {
        bail!("{} tests failed", tally.failed);
    }
    if tally.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

fn run_checks(root: &Path, scope: Scope) -> Result<Tally> {
    timed("format", || command::run(root, "cargo fmt --all --check"))?;
    timed("tidy", || tidy::run(root))?;
    timed("page", || ui::run(root))?;
    timed("clippy", || {
        command::run(root, &format!("cargo clippy --workspace --all-targets {FULL} --locked -- -D warnings"))
    })?;
    timed("features", || features::run(root))?;
    if scope == Scope::Everything {
        timed("release build", || command::run(root, "cargo build --release --locked"))?;
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
        timed("browser", || ui::browser(root, &target.join("release/flightdeck")))?;
    }
    timed("documentation", || {
        command::run(
            root,
            &format!(
                "cargo doc --workspace {FULL} --no-deps --locked --document-private-items \
                 --config build.rustdocflags=[\"-Dwarnings\"]"
            ),
        )
    })?;
    let mut tally = timed("tests", || tests(root))?;
    let of_python = timed("python", || python::run(root))?;
    tally.passed += of_python.passed;
    tally.failed += of_python.failed;
    tally.ignored += of_python.ignored;
    Ok(tally)
}

/// The sum over all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Tally {
    /// Adds a line such as `test result: ok. 11 passed; 0 failed; 0 ignored; ...`; other lines add nothing.
    pub(crate) fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let number = number.parse::<u64>().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

fn tests(root: &Path) -> Result<Tally> {
    let line = format!("cargo test --workspace {FULL} --locked --no-fail-fast");
    println!("$ {line}");
    let mut child =
        command::command(root, &line).stdout(Stdio::piped()).spawn().context("cannot start the tests")?;
    let output = child.stdout.take().context("the tests have no output")?;
    let mut tally = Tally::default();
    for text in BufReader::new(output).lines() {
        let text = text.context("the tests' output broke off")?;
        println!("{text}");
        tally.add(&text);
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        bail!("`{line}` failed: {status}");
    }
    Ok(tally)
}

fn timed<T>(what: &str, check: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let outcome = check().with_context(|| format!("{what} failed"))?;
    println!("== {what}: {} s", start.elapsed().as_secs());
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_test_binaries_add_up() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 11 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            tally.add(line);
        }
        assert_eq!(tally, Tally { passed: 12, failed: 2, ignored: 2 });
    }
}
