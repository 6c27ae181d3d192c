//! The results of the queries: how many times faster than each peer, where not, and every row.

use std::fmt::Write;

use anyhow::Result;

use crate::promql::{Measured, Run};
use crate::report;

/// How many of the slowest rows are named.
const SLOWEST: usize = 12;

/// Prints the results and, if asked to, keeps them.
pub(super) fn report(run: &Run, keep: bool) -> Result<()> {
    let text = table(run);
    if keep {
        return report::keep("promql", &text, run);
    }
    println!("\n{text}");
    Ok(())
}

fn table(run: &Run) -> String {
    let mut text = format!("# Queries\n\n{}.\n\n", run.machine.describe());
    for size in &run.sizes {
        let _ = writeln!(text, "- {size}");
    }
    let _ = writeln!(
        text,
        "- recorded pages of ten hosts for an hour\n\n{} samples in each server. Median times in milliseconds over one kept \
         connection; p99 is in the JSON.\n",
        run.samples
    );
    summary(run, &mut text);
    servers(run, &mut text);
    for (number, peer) in run.servers.iter().enumerate().skip(1) {
        let mut ratios = ratios(run, number);
        ratios.sort_by(|left, right| left.0.total_cmp(&right.0));
        let _ = writeln!(text, "\n## Against {}: the rows with the smallest gain\n", peer.name);
        let _ = writeln!(text, "| row | ours, ms | theirs, ms | times faster |\n|---|---:|---:|---:|");
        for (ratio, row) in ratios.iter().take(SLOWEST) {
            let cell = |number: usize| row.times[number].as_ref().map_or(f64::NAN, |times| times.median_ms);
            let _ = writeln!(
                text,
                "| {} | {:.2} | {:.2} | {ratio:.2} |",
                escaped(&row.name),
                cell(0),
                cell(number)
            );
        }
    }
    every_row(run, &mut text);
    text
}

/// How many times faster the first server is than another, row by row.
fn ratios(run: &Run, number: usize) -> Vec<(f64, &Measured)> {
    let ratio = |row: &Measured| {
        let (ours, theirs) = (row.times[0].as_ref()?, row.times[number].as_ref()?);
        Some(theirs.median_ms / ours.median_ms)
    };
    run.rows.iter().filter_map(|row| Some((ratio(row)?, row))).collect()
}

fn summary(run: &Run, text: &mut String) {
    let _ = writeln!(
        text,
        "| against | rows | times faster, geometric mean | slower in | answers of other length |"
    );
    let _ = writeln!(text, "|---|---:|---:|---:|---:|");
    for (number, peer) in run.servers.iter().enumerate().skip(1) {
        let ratios = ratios(run, number);
        let mean =
            (ratios.iter().map(|(ratio, _)| ratio.ln()).sum::<f64>() / ratios.len().max(1) as f64).exp();
        let slower = ratios.iter().filter(|(ratio, _)| *ratio < 1.0).count();
        let series = |row: &Measured, number: usize| row.times[number].as_ref().map(|times| times.series);
        let differ = ratios.iter().filter(|(_, row)| series(row, 0) != series(row, number)).count();
        let _ = writeln!(text, "| {} | {} | {mean:.2} | {slower} | {differ} |", peer.name, ratios.len());
    }
}

fn servers(run: &Run, text: &mut String) {
    let _ = writeln!(
        text,
        "\n| server | loading, s | memory loaded, MiB | after the queries | peak (RSS) | disk | CPU of the queries, s |\n|---|---:|---:|---:|---:|---:|---:|"
    );
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    for server in &run.servers {
        let _ = writeln!(
            text,
            "| {} | {:.1} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} |",
            server.name,
            server.load_seconds,
            mebibytes(server.loaded_bytes),
            mebibytes(server.asked_bytes),
            mebibytes(server.peak_bytes),
            mebibytes(server.disk_bytes),
            server.query_cpu_seconds,
        );
    }
    text.push('\n');
    for server in &run.servers {
        let _ = writeln!(text, "- {}: {}", server.name, server.version);
    }
}

fn every_row(run: &Run, text: &mut String) {
    let names: Vec<&str> = run.servers.iter().map(|server| server.name.as_str()).collect();
    let _ = writeln!(text, "\n## Every row\n\n| row | series | {} |", names.join(" | "));
    let _ = writeln!(text, "|---|---:|{}", "---:|".repeat(names.len()));
    for row in &run.rows {
        let series = row.times.first().and_then(Option::as_ref).map_or(0, |times| times.series);
        let cells: Vec<String> = row
            .times
            .iter()
            .map(|times| {
                times.as_ref().map_or("failed".to_owned(), |times| format!("{:.2}", times.median_ms))
            })
            .collect();
        let _ = writeln!(text, "| {} | {series} | {} |", escaped(&row.name), cells.join(" | "));
    }
}

/// A text within a cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
