//! A cold build of what ships, from sources and nothing else.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::{process, report};

#[derive(Serialize)]
struct Outcome {
    machine: Machine,
    #[serde(flatten)]
    took: Took,
}

/// What a build took.
#[derive(Serialize, Deserialize)]
struct Took {
    seconds: f64,
    cpu_seconds: f64,
}

/// Builds the server as a new user would, in a directory of its own.
pub(crate) fn run() -> Result<()> {
    let target = tempfile::tempdir()?;
    let root = crate::home().join("..");
    let (begun, cpu_before) = (Instant::now(), process::children_cpu_seconds()?);
    let built = Command::new("cargo")
        .args(["build", "--release", "--locked", "--package", "flightdeck-server", "--target-dir"])
        .arg(target.path())
        .current_dir(root)
        // A cache of compiled crates would make it warm.
        .env_remove("RUSTC_WRAPPER")
        .env_remove("CARGO_TARGET_DIR")
        .status()
        .context("cannot run cargo")?;
    ensure!(built.success(), "the build failed");
    let took = Took {
        seconds: begun.elapsed().as_secs_f64(),
        cpu_seconds: process::children_cpu_seconds()? - cpu_before,
    };
    let outcome = Outcome { machine: Machine::here(), took };
    let text = format!("# Cold build\n\n{}\n\n{}.\n", outcome.took.describe(), outcome.machine.describe());
    report::keep("build", &text, &outcome)
}

impl Took {
    fn describe(&self) -> String {
        let Took { seconds, cpu_seconds } = self;
        format!("`cargo build --release` from nothing: {seconds:.0} s, of which {cpu_seconds:.0} s of CPU.")
    }
}

/// What the last cold build took, where one was measured.
pub(crate) fn last() -> Option<String> {
    let took: Took = serde_json::from_str(&report::kept("build")?).ok()?;
    Some(took.describe())
}
