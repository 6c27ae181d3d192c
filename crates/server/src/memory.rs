//! How much memory this process may use, and who gets how much of it.

use std::fs;

/// The share of the machine's or the cgroup's memory that is used when nothing else was said.
const DEFAULT_SHARE: f64 = 0.75;

/// The ceiling and its shares. Near the store's share new series are refused; past a query's share it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What the process may use.
    pub bytes_max: u64,
}

impl Memory {
    /// As said, or else most of what there is.
    pub fn new(said: Option<u64>) -> Memory {
        Memory { bytes_max: said.unwrap_or_else(|| (available() as f64 * DEFAULT_SHARE) as u64) }
    }

    /// What head and index of the store may take.
    pub fn store_bytes_max(self) -> u64 {
        self.bytes_max / 5 * 3
    }

    /// What large pages may take while they are being read.
    pub fn pages_bytes_max(self) -> u64 {
        self.bytes_max / 8
    }

    /// What one query may hold.
    pub fn query_bytes_max(self) -> u64 {
        self.bytes_max / 4
    }
}

/// The memory of the machine or of the cgroup, whichever is less.
fn available() -> u64 {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|kibibytes| kibibytes.parse::<u64>().ok())
        .map_or(4 << 30, |kibibytes| kibibytes * 1024);
    let cgroup = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok());
    cgroup.map_or(total, |limit| limit.min(total))
}
