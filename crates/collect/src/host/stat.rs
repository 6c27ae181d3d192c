//! `/proc/stat` and `/proc/loadavg`: processors, interrupts, context switches, processes, load.

use model::MetricType::{Counter, Gauge};

use super::readings::{Readings, text_of};

/// How many ticks the kernel counts per second of processor time; fixed for programs on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

pub(super) fn read(readings: &mut Readings) {
    stat(&text_of("/proc/stat").unwrap_or_default(), readings);
    load(&text_of("/proc/loadavg").unwrap_or_default(), readings);
}

fn stat(text: &str, readings: &mut Readings) {
    readings.describe(
        "node_cpu_seconds_total",
        Counter,
        "Time each processor spent in each mode, in seconds.",
    );
    readings.describe(
        "node_cpu_guest_seconds_total",
        Counter,
        "Time each processor spent running guests, in seconds.",
    );
    for line in text.lines() {
        let mut fields = line.split_ascii_whitespace();
        let (Some(name), Some(first)) = (fields.next(), fields.next()) else { continue };
        if let Some(cpu) = name.strip_prefix("cpu").filter(|cpu| !cpu.is_empty()) {
            let ticks = std::iter::once(first).chain(fields).map(|ticks| ticks.parse().unwrap_or(0.0));
            processor(cpu, &ticks.collect::<Vec<f64>>(), readings);
            continue;
        }
        let Ok(value) = first.parse() else { continue };
        match name {
            "intr" => readings.single("node_intr_total", Counter, "Interrupts serviced.", value),
            "ctxt" => readings.single("node_context_switches_total", Counter, "Context switches.", value),
            "btime" => readings.single(
                "node_boot_time_seconds",
                Gauge,
                "When the machine started, in seconds since 1970.",
                value,
            ),
            "processes" => {
                readings.single("node_forks_total", Counter, "Processes and threads created.", value)
            }
            "procs_running" => {
                readings.single("node_procs_running", Gauge, "Processes that run or could run.", value)
            }
            "procs_blocked" => readings.single(
                "node_procs_blocked",
                Gauge,
                "Processes that wait for input or output.",
                value,
            ),
            _ => {}
        }
    }
}

fn processor(cpu: &str, ticks: &[f64], readings: &mut Readings) {
    for (mode, ticks) in MODES.iter().zip(ticks) {
        readings.push("node_cpu_seconds_total", &[("cpu", cpu), ("mode", mode)], ticks / TICKS_PER_SECOND);
    }
    for (mode, ticks) in ["user", "nice"].iter().zip(ticks.iter().skip(MODES.len())) {
        readings.push(
            "node_cpu_guest_seconds_total",
            &[("cpu", cpu), ("mode", mode)],
            ticks / TICKS_PER_SECOND,
        );
    }
}

fn load(text: &str, readings: &mut Readings) {
    for (minutes, value) in [1, 5, 15].iter().zip(text.split_ascii_whitespace()) {
        if let Ok(value) = value.parse() {
            let help = format!("Processes that ran or waited, averaged over {minutes} minutes.");
            readings.single(&format!("node_load{minutes}"), Gauge, help, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_and_counts() {
        let mut readings = Readings::default();
        stat(
            "cpu  300 0 0 0 0 0 0 0 0 0\ncpu0 100 2 50 1000 7 0 3 1 40 5\nintr 77 0 1 2\nctxt 9\nbtime 1700000000\n\
             processes 12\nprocs_running 2\nprocs_blocked 1\nsoftirq 5 1\nbroken\n",
            &mut readings,
        );
        assert_eq!(
            readings.show(),
            r#"node_cpu_seconds_total{cpu="0", mode="user"} 1
node_cpu_seconds_total{cpu="0", mode="nice"} 0.02
node_cpu_seconds_total{cpu="0", mode="system"} 0.5
node_cpu_seconds_total{cpu="0", mode="idle"} 10
node_cpu_seconds_total{cpu="0", mode="iowait"} 0.07
node_cpu_seconds_total{cpu="0", mode="irq"} 0
node_cpu_seconds_total{cpu="0", mode="softirq"} 0.03
node_cpu_seconds_total{cpu="0", mode="steal"} 0.01
node_cpu_guest_seconds_total{cpu="0", mode="user"} 0.4
node_cpu_guest_seconds_total{cpu="0", mode="nice"} 0.05
node_intr_total 77
node_context_switches_total 9
node_boot_time_seconds 1700000000
node_forks_total 12
node_procs_running 2
node_procs_blocked 1
"#
        );
    }

    #[test]
    fn load_averages() {
        let mut readings = Readings::default();
        load("0.52 1.04 2.08 1/345 6789\n", &mut readings);
        assert_eq!(readings.show(), "node_load1 0.52\nnode_load5 1.04\nnode_load15 2.08\n");
    }
}
