//! What a running process has used, as the kernel counts it.

use std::collections::BTreeMap;
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
    ticks(&stat, OWN_AT)
        .map(|ticks| ticks as f64 / TICKS_PER_SECOND)
        .context("/proc/PID/stat has another form")
}

/// Seconds of CPU that the threads of process `id` have used which still run, those of one name together.
pub(crate) fn cpu_seconds_by_thread(id: u32) -> Result<BTreeMap<String, f64>> {
    let mut threads = BTreeMap::new();
    for entry in fs::read_dir(format!("/proc/{id}/task")).context("the process is gone")?.flatten() {
        // A thread may end meanwhile.
        let read = |file: &str| fs::read_to_string(entry.path().join(file)).ok();
        let (Some(name), Some(run)) = (read("comm"), read("schedstat")) else { continue };
        let nanos = run.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0);
        *threads.entry(name.trim().to_owned()).or_insert(0.0) += nanos / 1e9;
    }
    Ok(threads)
}

/// Seconds of CPU that the programs this process started, and waited for, have used.
pub(crate) fn children_cpu_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("there is no /proc")?;
    ticks(&stat, CHILDREN_AT)
        .map(|ticks| ticks as f64 / TICKS_PER_SECOND)
        .context("/proc/PID/stat has another form")
}

/// Seconds of CPU, of all processors together, that were not idle since the machine started.
pub(crate) fn machine_busy_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat").context("there is no /proc")?;
    let line = stat
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("cpu "))
        .context("/proc/stat has another form")?;
    let fields: Vec<f64> = line.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; the two guest times after them are counted in the first two already.
    let busy =
        fields.iter().take(8).enumerate().filter(|(at, _)| !matches!(at, 3 | 4)).map(|(_, ticks)| ticks);
    Ok(busy.sum::<f64>() / TICKS_PER_SECOND)
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

/// Where `utime` and `stime` stand behind the name, and where those of children do.
const OWN_AT: usize = 11;
const CHILDREN_AT: usize = 13;

/// User and system time; the name before them is in parentheses and may contain anything.
fn ticks(stat: &str, at: usize) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(at);
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
        assert!(cpu_seconds(id).unwrap() >= 0.0 && children_cpu_seconds().unwrap() >= 0.0);
        assert!(machine_busy_seconds().unwrap() > 0.0);
        assert!(cpu_seconds_by_thread(id).unwrap().values().sum::<f64>() > 0.0);
        let memory = memory(id).unwrap();
        assert!(memory.pss > 0 && memory.pss <= memory.rss && memory.rss <= memory.rss_peak);
    }

    #[test]
    fn names_with_parentheses_and_spaces_do_not_confuse() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 40 2 1 2";
        assert_eq!((ticks(stat, OWN_AT), ticks(stat, CHILDREN_AT)), (Some(42), Some(3)));
        assert_eq!(ticks("7 (a", OWN_AT), None);
    }
}
