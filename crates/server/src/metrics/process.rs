//! What the kernel knows of this process, under the names every client library gives it.

use std::fs;

use model::MetricType;

/// The figures that could be read; none of them is worth failing for.
pub(super) fn gather() -> Vec<(&'static str, MetricType, &'static str, f64)> {
    let mut figures = Vec::new();
    let mut push = |name, kind, help, value: Option<f64>| {
        if let Some(value) = value {
            figures.push((name, kind, help, value));
        }
    };
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The command's name stands in brackets and may hold anything, so fields count from behind it.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let field = |number: usize| fields.get(number - 3).and_then(|text| text.parse::<f64>().ok());
    let ticks = 100.0;
    let cpu = field(14).zip(field(15)).map(|(user, system)| (user + system) / ticks);
    push("process_cpu_seconds_total", MetricType::Counter, "Processor time used, user and system.", cpu);
    push("process_virtual_memory_bytes", MetricType::Gauge, "Virtual memory.", field(23));
    let resident = field(24).map(|pages| pages * 4096.0);
    push("process_resident_memory_bytes", MetricType::Gauge, "Memory in use.", resident);
    push("process_threads", MetricType::Gauge, "Threads of the operating system.", field(20));
    let start = boot_time().zip(field(22)).map(|(boot, since)| boot + since / ticks);
    push("process_start_time_seconds", MetricType::Gauge, "When the process started.", start);
    let open = fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as f64);
    push("process_open_fds", MetricType::Gauge, "Open file descriptors.", open);
    push("process_max_fds", MetricType::Gauge, "How many file descriptors may be open.", max_fds());
    figures
}

fn boot_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime ")).and_then(|text| text.trim().parse().ok())
}

fn max_fds() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
