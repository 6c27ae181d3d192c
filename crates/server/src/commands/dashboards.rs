//! `flightdeck dashboards check FILE…`: what of Grafana's dashboards would be drawn.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::out::stdout;
use crate::dashboards;

/// What to do with dashboards.
#[derive(Clone, Debug, Subcommand)]
pub enum DashboardsCommand {
    /// Tell how much of each file would be drawn, and what would be missing.
    Check {
        /// Grafana's JSON, of any version.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Prints a line per file and one per loss; fails where a file is no dashboard.
pub fn run(command: DashboardsCommand) -> anyhow::Result<ExitCode> {
    let DashboardsCommand::Check { files } = command;
    let (mut out, mut bad) = (stdout(), false);
    for file in files {
        let name = file.display();
        match dashboards::load(&file) {
            Ok((_, report)) => {
                writeln!(out, "{name}: drawn {} of {} panels", report.drawn, report.panels)?;
                for line in report.lines() {
                    writeln!(out, "  {line}")?;
                }
            }
            Err(problem) => {
                bad = true;
                writeln!(out, "{name}: {problem}")?;
            }
        }
    }
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
