//! Results as a table for people and as JSON, printed and kept in `bench/results/`.

use std::fmt::Write;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::build;
use crate::store::{Measured, Run};

/// Prints and keeps the results of the store benchmark.
pub(crate) fn store(run: &Run) -> Result<()> {
    keep("store", &store_table(run), run)
}

/// The data that was kept of a benchmark, where it ran before.
pub(crate) fn kept(name: &str) -> Option<String> {
    std::fs::read_to_string(crate::home().join(format!("results/{name}.json"))).ok()
}

/// Prints `text` and writes it and `data` below `bench/results`.
pub(crate) fn keep(name: &str, text: &str, data: &impl Serialize) -> Result<()> {
    let directory = crate::home().join("results");
    std::fs::create_dir_all(&directory)?;
    for (extension, content) in
        [("md", text.to_owned()), ("json", serde_json::to_string_pretty(data)? + "\n")]
    {
        let path = directory.join(format!("{name}.{extension}"));
        std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    println!("\n{text}");
    Ok(())
}

/// What a row is called and how it is told of a server.
type Row = (&'static str, fn(&Measured) -> String);

fn store_table(run: &Run) -> String {
    let mut text = format!(
        "# Scraping and storing a fleet\n\n{} targets, {} samples a scrape, every {} s for {} s; {}{}.\n{}.\n\n",
        run.targets,
        run.samples_per_scrape,
        run.interval_seconds,
        run.seconds,
        run.pages,
        if run.gzip { ", compressed" } else { "" },
        run.machine.describe(),
    );
    let header: Vec<&str> = run.servers.iter().map(|server| server.name).collect();
    let _ = writeln!(text, "| | {} |\n|---|{}", header.join(" | "), "---:|".repeat(header.len()));
    let rows: [Row; 11] = [
        ("samples stored", |server| count(server.samples_stored)),
        ("of samples served", |server| count(Some(server.samples_served))),
        ("series", |server| count(server.series)),
        ("CPU, s", |server| format!("{:.2}", server.cpu_seconds)),
        ("CPU per sample, ns", |server| per(server.cpu_seconds * 1e9, server.samples())),
        ("memory (PSS), MiB", |server| mebibytes(server.pss_bytes)),
        ("memory (RSS, peak), MiB", |server| mebibytes(server.rss_peak_bytes)),
        ("memory per series, B", |server| per(server.pss_bytes as f64, server.series)),
        ("disk after stopping, MiB", |server| mebibytes(server.disk_bytes)),
        ("disk per sample, B", |server| per(server.disk_bytes as f64, server.samples())),
        ("stopping, s", |server| format!("{:.2}", server.stop_seconds)),
    ];
    for (name, cell) in rows {
        let cells: Vec<String> = run.servers.iter().map(cell).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text.push('\n');
    for server in &run.servers {
        let _ = writeln!(text, "- {}: {}", server.name, server.version);
    }
    if let Some(of) = ratios(&run.servers) {
        let _ = writeln!(text, "\n{of}");
    }
    for server in run.servers.iter().filter(|server| server.name == "Flightdeck") {
        let _ = writeln!(text, "\nOf its CPU, by thread: {}.", by_thread(server));
    }
    let _ = writeln!(
        text,
        "\nBesides the servers and the exporters, other programs kept {:.0} % of the processors busy.",
        run.others_busy * 100.0
    );
    if let Some(build) = build::last() {
        let _ = writeln!(text, "{build}");
    }
    text
}

/// The threads of a server that used the most CPU, the first of them first.
fn by_thread(server: &Measured) -> String {
    let mut threads: Vec<_> = server.cpu_seconds_by_thread.iter().collect();
    threads.sort_by(|left, right| right.1.total_cmp(left.1));
    let shown = threads.iter().filter(|(_, seconds)| **seconds >= 0.005);
    shown.map(|(name, seconds)| format!("`{name}` {seconds:.2} s")).collect::<Vec<_>>().join(", ")
}

/// How much less than each peer the first server used.
fn ratios(servers: &[Measured]) -> Option<String> {
    let (ours, peers) = servers.split_first()?;
    let per_sample = |server: &Measured| server.cpu_seconds / server.samples().unwrap_or(1) as f64;
    let per_series = |server: &Measured| server.pss_bytes as f64 / server.series.unwrap_or(1) as f64;
    let of_peer = |peer: &Measured| {
        format!(
            "{:.1}× less CPU and {:.1}× less memory than {}",
            per_sample(peer) / per_sample(ours),
            per_series(peer) / per_series(ours),
            peer.name
        )
    };
    let told: Vec<String> = peers.iter().map(of_peer).collect();
    (!told.is_empty()).then(|| format!("{}: {}.", ours.name, told.join(", ")))
}

impl Measured {
    /// What to divide by: what it stored, or what it was served if it cannot say.
    fn samples(&self) -> Option<u64> {
        self.samples_stored.or(Some(self.samples_served)).filter(|&samples| samples > 0)
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}

fn per(total: f64, parts: Option<u64>) -> String {
    parts.map_or_else(|| "?".to_owned(), |parts| format!("{:.2}", total / parts as f64))
}

/// A number with its thousands apart.
fn count(number: Option<u64>) -> String {
    let Some(number) = number else { return "?".to_owned() };
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(
            [count(Some(0)), count(Some(999)), count(Some(1_234_567)), count(None)],
            ["0", "999", "1,234,567", "?"]
        );
        assert_eq!([per(1.0, Some(8)), per(1.0, None)], ["0.12", "?"]);
    }
}
