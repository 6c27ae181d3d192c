//! An OpenMetrics dump: one line per sample, each with its time, as `promtool tsdb dump-openmetrics` writes it.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};
use model::{Sample, Series, Value};
use wire::{Format, Options, Page, Reader};

use super::Batch;

/// How long a line may be.
const LINE_BYTES_MAX: u64 = 1 << 20;
/// How many lines are read as one page.
const PAGE_LINES_MAX: usize = 10_000;

/// Reads a dump. A reader takes each series once per page, so a page ends before a series that it has already.
pub(super) fn read(path: &Path, batch: &mut Batch<'_>) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let mut lines = BufReader::with_capacity(1 << 20, file);
    let mut page = String::new();
    let mut series = HashSet::new();
    let (mut line, mut number, mut page_line) = (String::new(), 0usize, 0usize);
    loop {
        line.clear();
        let read = (&mut lines).take(LINE_BYTES_MAX).read_line(&mut line)?;
        number += 1;
        batch.progress.advance(read as u64);
        let ended = read == 0 || line.trim_end() == "# EOF";
        let name =
            line.split_once(' ').map(|_| series_of(&line).to_owned()).filter(|_| !line.starts_with('#'));
        let repeated = name.as_ref().is_some_and(|name| series.contains(name));
        if ended || repeated || series.len() >= PAGE_LINES_MAX {
            store(&page, page_line, batch)
                .with_context(|| format!("{} near line {page_line}", path.display()))?;
            page.clear();
            series.clear();
            page_line = number;
        }
        if ended {
            return Ok(());
        }
        if read as u64 >= LINE_BYTES_MAX {
            bail!("{}: line {number} has more than {LINE_BYTES_MAX} bytes", path.display());
        }
        // What families are called matters to a page, what they mean does not to a sample with a time.
        if let Some(name) = name {
            series.insert(name);
            page.push_str(&line);
            if !line.ends_with('\n') {
                page.push('\n');
            }
        }
    }
}

/// The part of a line that names the series: up to the brace that closes its labels, or to the first space.
fn series_of(line: &str) -> &str {
    let mut quoted = false;
    let mut escaped = false;
    for (at, character) in line.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '}' if !quoted => return &line[..=at],
            ' ' if !quoted && !line[..at].contains('{') => return &line[..at],
            _ => {}
        }
    }
    line
}

fn store(page: &str, line: usize, batch: &mut Batch<'_>) -> anyhow::Result<()> {
    if page.is_empty() {
        return Ok(());
    }
    let body = format!("{page}# EOF\n");
    let page = match Reader::new().read(body.as_bytes(), Format::OpenMetrics, &Options::default()) {
        Ok(page) => page,
        Err(error) => {
            batch.problem(format!("the page of lines that begins near line {line} is left out: {error}"));
            return Ok(());
        }
    };
    samples_of(&page).try_for_each(|series| batch.push(series))
}

/// Only samples with a time of their own: when the others were true, a dump does not say.
fn samples_of(page: &Page) -> impl Iterator<Item = Series> + '_ {
    page.times.iter().filter(|(column, _)| page.absent.binary_search(column).is_err()).map(
        |(column, time)| {
            let value = Value::Float(page.values[*column as usize]);
            let sample = Sample { time: *time, start: None, value };
            Series {
                labels: page.shape.series[*column as usize].clone(),
                samples: vec![sample],
                ..Series::default()
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_of_a_line_is_found() {
        let check = |line: &str, want: &str| assert_eq!(series_of(line), want);
        check("up 1 2", "up");
        check("up{a=\"b c\",d=\"}\"} 1 2", "up{a=\"b c\",d=\"}\"}");
        check("up{a=\"\\\"} \"} 1", "up{a=\"\\\"} \"}");
        check("{\"a b\", c=\"d\"} 1", "{\"a b\", c=\"d\"}");
    }
}
