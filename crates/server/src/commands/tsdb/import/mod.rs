//! `flightdeck tsdb import-prometheus`: what a Prometheus stored, taken over block by block.
//!
//! A block is done when its samples are sealed and synced; its name is then noted in the data directory, so that an
//! import that was interrupted goes on where it stopped. Samples that are there already are not stored twice.

mod block;
mod cursor;
mod index;
mod openmetrics;
mod progress;
mod tombstones;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use model::Series;
use tsdb::{Options, Store};

use super::Data;
use crate::commands::out::{complain, say};
use block::Block;
use progress::{Done, Progress};

/// How many samples are handed to the store at once.
const BATCH_SAMPLES_MAX: usize = 200_000;

/// Arguments of the command.
#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    data: Data,
    /// Block directories, directories that hold blocks (a Prometheus's --storage.tsdb.path), or OpenMetrics dumps.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Import blocks again that were imported before.
    #[arg(long)]
    again: bool,
}

/// Something to import.
enum Source {
    Block(Block),
    Dump(PathBuf),
}

/// What an import came to.
#[derive(Default)]
struct Totals {
    samples: u64,
    refused: u64,
    problems: Vec<String>,
}

/// Runs the command; exit code 1 when something could not be imported.
pub fn run(arguments: &Import) -> anyhow::Result<ExitCode> {
    let sources = find(&arguments.paths)?;
    let data = &arguments.data.data;
    std::fs::create_dir_all(data).with_context(|| format!("creating {}", data.display()))?;
    let options = Options { out_of_order_window_ms: i64::MAX, retention_ms: 0, ..Options::default() };
    let store = Store::open(data, options)
        .with_context(|| format!("opening the data directory {}", data.display()))?;
    let mut done = Done::read(data)?;
    let bytes: u64 = sources.iter().map(Source::bytes).sum();
    let mut progress = Progress::new(bytes);
    let mut totals = Totals::default();
    for source in &sources {
        let name = source.name();
        if done.contains(&name) && !arguments.again {
            progress.skip(&name, source.bytes());
            continue;
        }
        import(&store, source, &mut progress, &mut totals).with_context(|| format!("importing {name}"))?;
        store.sync()?;
        done.add(&name)?;
    }
    progress.finish(totals.samples);
    for problem in &totals.problems {
        complain!("{problem}");
    }
    let refused = if totals.refused > 0 { format!(", {} refused", totals.refused) } else { String::new() };
    say!("imported {} samples{refused} into {}", totals.samples, data.display());
    let good = totals.refused == 0 && totals.problems.is_empty();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Source {
    fn name(&self) -> String {
        match self {
            Source::Block(block) => block.meta.ulid.clone(),
            Source::Dump(path) => path.display().to_string(),
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Source::Block(block) => block.bytes,
            Source::Dump(path) => std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
        }
    }
}

/// Everything the paths name; blocks in the order of their times, so that the head can be sealed behind them.
fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let (mut blocks, mut dumps) = (Vec::new(), Vec::new());
    for path in paths {
        if path.is_file() {
            dumps.push(Source::Dump(path.clone()));
        } else if path.join("meta.json").is_file() {
            blocks.push(Block::open(path)?);
        } else if path.is_dir() {
            let before = blocks.len();
            let entries = std::fs::read_dir(path).with_context(|| format!("reading {}", path.display()))?;
            for entry in entries.flatten().filter(|entry| entry.path().join("meta.json").is_file()) {
                blocks.push(Block::open(&entry.path())?);
            }
            if blocks.len() == before {
                bail!("{} holds no Prometheus block (a directory with a meta.json)", path.display());
            }
        } else {
            bail!("there is no {}", path.display());
        }
    }
    blocks.sort_by_key(|block| (block.meta.min_time, block.meta.max_time));
    Ok(blocks.into_iter().map(Source::Block).chain(dumps).collect())
}

fn import(
    store: &Store,
    source: &Source,
    progress: &mut Progress,
    totals: &mut Totals,
) -> anyhow::Result<()> {
    let mut batch = Batch { store, series: Vec::new(), samples: 0, totals, progress };
    match source {
        Source::Block(block) => {
            block.read(&mut batch)?;
            batch.flush()?;
            store.seal_before(block.meta.max_time)?;
        }
        Source::Dump(path) => {
            openmetrics::read(path, &mut batch)?;
            batch.flush()?;
        }
    }
    Ok(())
}

/// What was read and is not stored yet.
struct Batch<'a> {
    store: &'a Store,
    series: Vec<Series>,
    samples: usize,
    totals: &'a mut Totals,
    progress: &'a mut Progress,
}

impl Batch<'_> {
    /// Adds a series, and stores the batch when it is large enough.
    fn push(&mut self, series: Series) -> anyhow::Result<()> {
        self.samples += series.samples.len();
        self.series.push(series);
        if self.samples >= BATCH_SAMPLES_MAX { self.flush() } else { Ok(()) }
    }

    /// Names something that was left out.
    fn problem(&mut self, problem: String) {
        if self.totals.problems.len() < 100 {
            self.totals.problems.push(problem);
        }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let appended = self.store.append_series(&self.series)?;
        self.totals.samples += appended.samples;
        self.totals.refused += appended.refused;
        for refusal in &appended.refusals {
            let reason = refusal.reason.name();
            self.problem(format!("refused {} at {}: {reason}", refusal.series, refusal.time));
        }
        self.store.maintain()?;
        self.series.clear();
        self.samples = 0;
        Ok(())
    }
}

/// The name of the file that remembers what was imported.
fn done_file(data: &Path) -> PathBuf {
    data.join("imported")
}
