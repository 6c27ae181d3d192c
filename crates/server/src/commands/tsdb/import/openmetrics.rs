//! An OpenMetrics dump: one line per sample, each with its time, as `promtool tsdb dump-openmetrics` writes it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, ensure};
use model::{Metadata, MetricType, Sample, Series, Value};
use wire::{Dumped, Format};

use super::Batch;

/// How much of the file is in memory at once. No line may be longer.
const WINDOW_BYTES: usize = 16 << 20;
/// Of how many families it is remembered what was said.
const FAMILIES_MAX: usize = 100_000;

/// Reads a dump, a window of whole lines at a time.
pub(super) fn read(path: &Path, batch: &mut Batch<'_>) -> anyhow::Result<()> {
    let mut file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let mut window: Vec<u8> = Vec::with_capacity(WINDOW_BYTES);
    let mut lines_before = 0;
    let mut families = BTreeMap::new();
    loop {
        let room = (WINDOW_BYTES - window.len()) as u64;
        let read = (&mut file).take(room).read_to_end(&mut window)?;
        let whole = match window.iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => newline + 1,
            None if read > 0 => {
                anyhow::bail!("{}: a line has more than {WINDOW_BYTES} bytes", path.display())
            }
            None => window.len(),
        };
        let whole = if read == 0 { window.len() } else { whole };
        if whole == 0 {
            return batch.describe(families.into_iter().collect());
        }
        take_lines(&window[..whole], path, lines_before, &mut families, batch)?;
        batch.progress.advance(whole as u64);
        lines_before += window[..whole].iter().filter(|byte| **byte == b'\n').count();
        window.drain(..whole);
        ensure!(window.len() < WINDOW_BYTES, "{}: a line has more than {WINDOW_BYTES} bytes", path.display());
    }
}

/// Hands over the samples, those of one series that follow each other together. A bad line costs itself alone.
fn take_lines(
    lines: &[u8],
    path: &Path,
    lines_before: usize,
    families: &mut BTreeMap<String, Metadata>,
    batch: &mut Batch<'_>,
) -> anyhow::Result<()> {
    let mut last: Option<Series> = None;
    let mut lines = wire::dump(lines, Format::OpenMetrics);
    for line in &mut lines {
        let Dumped { labels, value, time, exemplar, .. } = match line {
            Ok(dumped) => dumped,
            Err(error) => {
                let line = lines_before + error.line;
                batch.problem(format!(
                    "{}:{line}:{}: {}, left out",
                    path.display(),
                    error.column,
                    error.message
                ));
                continue;
            }
        };
        let Some(time) = time else {
            batch.problem(format!("{}: {labels} has a sample without a time, left out", path.display()));
            continue;
        };
        if last.as_ref().is_none_or(|last| last.labels != labels) {
            let next = Series { labels, ..Series::default() };
            if let Some(done) = last.replace(next) {
                batch.push(done)?;
            }
        }
        if let Some(series) = &mut last {
            series.samples.push(Sample { time, start: None, value: Value::Float(value) });
            series.exemplars.extend(exemplar);
        }
    }
    for (family, told) in lines.into_families() {
        if families.len() < FAMILIES_MAX || families.contains_key(&family) {
            describe(families.entry(family).or_default(), told);
        }
    }
    last.map_or(Ok(()), |last| batch.push(last))
}

/// Adds what is told of a family to what is known of it: a window may end between two lines about it.
fn describe(known: &mut Metadata, told: Metadata) {
    if told.kind != MetricType::Unknown {
        known.kind = told.kind;
    }
    for (known, told) in [(&mut known.help, told.help), (&mut known.unit, told.unit)] {
        if !told.is_empty() {
            *known = told;
        }
    }
}
