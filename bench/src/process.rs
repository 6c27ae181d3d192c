//! What a running process has used, as the kernel counts it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};

/// Clock ticks a second, which Linux fixes for what it tells programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory of a process in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Resident, its share of shared pages.
    pub(crate) pss: u64,
    /// Resident.
    pub(crate) rss: u64,
    /// The most that was ever resident.
    pub(crate) rss_peak: u64,
}

/// Seconds of CPU, user and system, that process `id` has used.
pub(crate) fn cpu_seconds(id: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).context("the process is gone")?;
    ticks(&stat).map(|ticks| ticks as f64 / TICKS_PER_SECOND).context("/proc/PID/stat has another form")
}

/// The memory of process `id`.
pub(crate) fn memory(id: u32) -> Result<Memory> {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).context("the process is gone")?;
    let status = fs::read_to_string(format!("/proc/{id}/status")).context("the process is gone")?;
    Ok(Memory {
        pss: kibibytes(&rollup, "Pss:"),
        rss: kibibytes(&status, "VmRSS:"),
        rss_peak: kibibytes(&status, "VmHWM:"),
    })
}

/// Bytes allocated on disk for everything below `path`.
pub(crate) fn disk_bytes(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => disk_bytes(&entry.path()),
            Ok(metadata) => metadata.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}

/// `utime` and `stime`; the name before them is in parentheses and may contain anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    Some(times.next()?.parse::<u64>().ok()? + times.next()?.parse::<u64>().ok()?)
}

fn kibibytes(text: &str, key: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_something() {
        let id = std::process::id();
        assert!(cpu_seconds(id).unwrap() >= 0.0);
        let memory = memory(id).unwrap();
        assert!(memory.pss > 0 && memory.pss <= memory.rss && memory.rss <= memory.rss_peak);
    }

    #[test]
    fn names_with_parentheses_and_spaces_do_not_confuse() {
        assert_eq!(ticks("7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 40 2 0 0"), Some(42));
        assert_eq!(ticks("7 (a"), None);
    }
}
