//! What the process uses, under the names that all clients of Prometheus have in common. Read from /proc; elsewhere
//! there is nothing to tell.

use std::path::Path;
use std::sync::OnceLock;

use crate::metrics::{Registry, Samples};

/// Files of /proc are small; what is longer is read this far.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Exposes the metrics of this process.
pub(super) fn register(registry: &Registry) {
    registry.collect_with(|samples| collect(Path::new("/proc"), samples));
}

/// Sizes that the kernel tells every process when it starts.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Units {
    page_bytes: f64,
    ticks_per_second: f64,
}

fn collect(proc: &Path, samples: &mut Samples) {
    static UNITS: OnceLock<Units> = OnceLock::new();
    let units = *UNITS.get_or_init(|| units(&read(&proc.join("self/auxv"))));
    let stat = String::from_utf8_lossy(&read(&proc.join("self/stat"))).into_owned();
    // The name of the program may hold anything, even parentheses: fields begin after the last one.
    let Some((_, fields)) = stat.rsplit_once(')') else { return };
    let fields: Vec<f64> = fields.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    let Some([user, system]) = fields.get(11..13).and_then(|fields| <[f64; 2]>::try_from(fields).ok()) else {
        return;
    };
    let [threads, started, virtual_bytes, resident_pages] =
        [17, 19, 20, 21].map(|field: usize| fields.get(field).copied().unwrap_or(0.0));
    let cpu = (user + system) / units.ticks_per_second;
    samples.counter("process_cpu_seconds", "Total user and system CPU time spent in seconds.", &[], cpu);
    samples.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", &[], virtual_bytes);
    let resident = resident_pages * units.page_bytes;
    samples.gauge("process_resident_memory_bytes", "Resident memory size in bytes.", &[], resident);
    samples.gauge("process_threads", "Number of OS threads in the process.", &[], threads);
    if let Some(boot) = boot_time(&read(&proc.join("stat"))) {
        let started = boot + started / units.ticks_per_second;
        let help = "Start time of the process since unix epoch in seconds.";
        samples.gauge("process_start_time_seconds", help, &[], started);
    }
    if let Ok(entries) = std::fs::read_dir(proc.join("self/fd")) {
        // One of them is the directory that is being read.
        let open = entries.count().saturating_sub(1) as f64;
        samples.gauge("process_open_fds", "Number of open file descriptors.", &[], open);
    }
    if let Some(max) = max_files(&read(&proc.join("self/limits"))) {
        samples.gauge("process_max_fds", "Maximum number of open file descriptors.", &[], max);
    }
}

fn read(path: &Path) -> Vec<u8> {
    use std::io::Read;
    let mut bytes = Vec::new();
    if let Ok(file) = std::fs::File::open(path) {
        // What was read before an error is better than nothing.
        let _ = file.take(FILE_BYTES_MAX).read_to_end(&mut bytes);
    }
    bytes
}

/// Pairs of words: 6 is the size of a page, 17 how often the clock ticks.
fn units(auxv: &[u8]) -> Units {
    const WORD: usize = size_of::<usize>();
    let word = |bytes: &[u8]| bytes.try_into().map(usize::from_ne_bytes).unwrap_or(0);
    let find = |kind: usize| {
        let pair = auxv.chunks_exact(2 * WORD).find(|pair| word(&pair[..WORD]) == kind)?;
        Some(word(&pair[WORD..]) as f64).filter(|value| *value > 0.0)
    };
    Units { page_bytes: find(6).unwrap_or(4_096.0), ticks_per_second: find(17).unwrap_or(100.0) }
}

fn boot_time(stat: &[u8]) -> Option<f64> {
    String::from_utf8_lossy(stat).lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
}

fn max_files(limits: &[u8]) -> Option<f64> {
    let limits = String::from_utf8_lossy(limits);
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(f64::INFINITY),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_boot_time_are_found() {
        let limits = b"Limit   Soft Limit  Hard Limit  Units\nMax open files   1024   4096   files\n";
        assert_eq!(max_files(limits), Some(1_024.0));
        assert_eq!(boot_time(b"cpu 1 2\nbtime 1700000000\n"), Some(1_700_000_000.0));
        assert_eq!((max_files(b""), boot_time(b"btime x")), (None, None));
        assert_eq!(units(&[]), Units { page_bytes: 4_096.0, ticks_per_second: 100.0 });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_told_of() {
        let registry = Registry::new();
        register(&registry);
        let text = registry.text();
        let value = |name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_else(|| panic!("{name}: {text}"));
            line.trim().parse::<f64>().unwrap()
        };
        assert!(value("process_resident_memory_bytes ") > 100_000.0);
        assert!(value("process_open_fds ") >= 3.0);
        assert!(value("process_threads ") >= 2.0);
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
        let age = now - value("process_start_time_seconds ");
        assert!((-2.0..600.0).contains(&age), "{age}");
    }
}
