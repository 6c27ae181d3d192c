//! Where and from what a result was measured.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// The circumstances of a run.
#[derive(Serialize)]
pub(crate) struct Machine {
    processor: String,
    /// How many programs can run at once.
    pub(crate) cores: usize,
    memory_gib: u64,
    kernel: String,
    commit: String,
    unix_seconds: u64,
}

impl Machine {
    /// This machine, now.
    pub(crate) fn here() -> Machine {
        let field = |path: &str, key: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
            line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let memory_kib = field("/proc/meminfo", "MemTotal");
        let memory_kib: u64 =
            memory_kib.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0);
        Machine {
            processor: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: memory_kib >> 20,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            commit: first_line("git", &["rev-parse", "--short", "HEAD"]),
            unix_seconds: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs()),
        }
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        let Machine { processor, cores, memory_gib, kernel, commit, .. } = self;
        format!("{processor}, {cores} cores, {memory_gib} GiB, Linux {kernel}; commit {commit}")
    }
}

/// The first line that a command prints, on either stream; empty if it cannot be run.
pub(crate) fn first_line(program: &str, arguments: &[&str]) -> String {
    let Ok(output) = Command::new(program).args(arguments).output() else { return String::new() };
    let printed = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&printed).lines().next().unwrap_or_default().trim().to_owned()
}
