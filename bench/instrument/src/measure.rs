//! How long things take on a machine that others use too: many short rounds, of which the quickest counts.

use std::fmt::Write;
use std::sync::Barrier;
use std::time::Instant;

const ROUNDS: u32 = 300;

/// Rows of what was measured, columns of who did it.
pub struct Table {
    columns: Vec<&'static str>,
    rows: Vec<(String, Vec<Option<f64>>)>,
}

impl Table {
    pub fn new(columns: impl Into<Vec<&'static str>>) -> Table {
        Table { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds what one of them took, in nanoseconds.
    pub fn add(&mut self, row: &str, column: &str, nanoseconds: f64) {
        let at = self.columns.iter().position(|name| *name == column).expect("a known column");
        eprintln!("{row} | {column} | {nanoseconds:.1} ns");
        if self.rows.iter().all(|(name, _)| name != row) {
            self.rows.push((row.to_owned(), vec![None; self.columns.len()]));
        }
        let found = self.rows.iter_mut().find(|(name, _)| name == row);
        found.expect("it was just added").1[at] = Some(nanoseconds);
    }

    /// As Markdown.
    pub fn render(&self) -> String {
        let mut out =
            format!("| | {} |\n|---|{}\n", self.columns.join(" | "), "---|".repeat(self.columns.len()));
        for (name, values) in &self.rows {
            let shown: Vec<String> = values.iter().map(|value| value.map_or("-".to_owned(), show)).collect();
            let _ = writeln!(out, "| {name} | {} |", shown.join(" | "));
        }
        out
    }
}

fn show(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 1_000.0 => format!("{ns:.1} ns"),
        ns if ns < 1_000_000.0 => format!("{:.2} µs", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}

/// Nanoseconds of one call, by the quickest of many rounds of `calls`.
pub fn time(calls: u32, mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        (0..calls).for_each(|_| work());
        best = best.min(started.elapsed().as_nanos() as f64 / f64::from(calls));
    }
    best
}

/// The same while as many other threads do the same to the same thing; what the first thread sees.
pub fn time_shared(threads: usize, calls: u32, work: impl Fn() + Sync) -> f64 {
    let barrier = Barrier::new(threads);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| {
                barrier.wait();
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    (0..1_000).for_each(|_| work());
                }
            });
        }
        barrier.wait();
        // The quickest round may be one in which the other thread did not run: so the median is told.
        let mut rounds: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let started = Instant::now();
                (0..calls).for_each(|_| work());
                started.elapsed().as_nanos() as f64 / f64::from(calls)
            })
            .collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        rounds.sort_by(f64::total_cmp);
        rounds[rounds.len() / 2]
    })
}
