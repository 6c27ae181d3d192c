//! `flightdeck test promql`: runs scripts of queries and expected answers.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;

use super::out::say;
use super::paint;

/// What to test.
#[derive(Subcommand)]
pub enum Test {
    /// Scripts of Prometheus's format: load, eval, expect.
    Promql {
        /// The scripts.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Runs the command: exit code 1 where a script fails or cannot be read.
pub fn run(what: Test) -> anyhow::Result<ExitCode> {
    let Test::Promql { files } = what;
    let (mut passed, mut failed) = (0, 0);
    for file in &files {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        match promql::script::run(&file.display().to_string(), &text) {
            Ok(report) => {
                passed += report.passed;
                failed += report.failures.len();
                for failure in &report.failures {
                    say!("{} {}:{}: {}", paint::bad("failed"), report.name, failure.line, failure.query);
                    say!("{}", failure.message);
                }
            }
            Err(error) => {
                failed += 1;
                say!("{} {error}", paint::bad("failed"));
            }
        }
    }
    say!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
