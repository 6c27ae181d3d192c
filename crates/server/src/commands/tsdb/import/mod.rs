//! `flightdeck tsdb import-prometheus`: what a Prometheus stored, taken over block by block.
//!
//! A block is done when its samples are sealed and synced; its name is then noted in the data directory, so that an
//! import that was interrupted goes on where it stopped. Samples that are there already are not stored twice. The
//! write-ahead log of a Prometheus comes last: it has the newest hours, exemplars and metadata.

mod block;
mod cursor;
mod index;
mod openmetrics;
mod progress;
mod records;
mod tombstones;
mod wal;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use anyhow::{Context, bail};
use clap::Args;
use model::{Metadata, Series, Timestamp};
use tsdb::{Appended, Options, Store};

use super::{Data, format_time};
use crate::commands::out::{complain, in_one_line, say};
use block::Block;
use progress::{Done, Progress};
use wal::Wal;

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
    Wal(Wal),
}

/// How many problems are told.
const PROBLEMS_MAX: usize = 100;

/// What an import came to.
#[derive(Default)]
struct Totals {
    samples: u64,
    exemplars: u64,
    refused: u64,
    /// The first of them.
    problems: Vec<String>,
    problem_count: usize,
}

/// Runs the command; exit code 1 when something could not be imported.
pub fn run(arguments: &Import) -> anyhow::Result<ExitCode> {
    let mut totals = Totals::default();
    let sources = find(&arguments.paths, &mut totals)?;
    let data = &arguments.data.data;
    std::fs::create_dir_all(data).with_context(|| format!("creating {}", data.display()))?;
    let options = Options { out_of_order_window_ms: i64::MAX, retention_ms: 0, ..Options::default() };
    let store = Store::open(data, options)
        .with_context(|| format!("opening the data directory {}", data.display()))?;
    let mut done = Done::read(data)?;
    let bytes: u64 = sources.iter().map(Source::bytes).sum();
    let mut progress = Progress::new(bytes);
    for source in &sources {
        let name = source.name();
        if done.contains(&name) && !arguments.again {
            progress.skip(&name, source.bytes());
            continue;
        }
        // What is damaged costs itself alone, and is neither forgotten nor taken for done.
        let problems_before = totals.problem_count;
        if let Err(error) = import(&store, source, &mut progress, &mut totals) {
            totals.problem(format!("importing {name}: {}", in_one_line(&error)));
        }
        store.sync()?;
        // A log may have grown when it is read again.
        if totals.problem_count == problems_before && !matches!(source, Source::Wal(_)) {
            done.add(&name)?;
        }
    }
    progress.finish(totals.samples);
    for problem in &totals.problems {
        complain!("{problem}");
    }
    if totals.problem_count > totals.problems.len() {
        complain!("and {} more", totals.problem_count - totals.problems.len());
    }
    let refused = if totals.refused > 0 { format!(", {} refused", totals.refused) } else { String::new() };
    let exemplars =
        if totals.exemplars > 0 { format!(" and {} exemplars", totals.exemplars) } else { String::new() };
    say!("imported {} samples{exemplars}{refused} into {}", totals.samples, data.display());
    warn_of_retention(&store);
    let good = totals.problem_count == 0;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A server that is started as usual would remove at once what took long to import.
fn warn_of_retention(store: &Store) {
    let stats = store.stats();
    let (Some(oldest), Some(newest)) = (stats.min_time, stats.max_time) else { return };
    let kept_ms = Options::default().retention_ms;
    if newest.saturating_sub(oldest) > kept_ms {
        let days = kept_ms / (24 * 3_600 * 1_000);
        complain!(
            "the oldest sample is from {}: a server keeps {days} days unless --retention-time says more",
            format_time(oldest)
        );
    }
}

impl Totals {
    /// Names something that was left out.
    fn problem(&mut self, problem: String) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }
}

impl Source {
    /// What is noted once it was imported. A dump that was written again is another one.
    fn name(&self) -> String {
        match self {
            Source::Block(block) => block.meta.ulid.clone(),
            Source::Wal(wal) => wal.path.display().to_string(),
            Source::Dump(path) => {
                let changed = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
                let since = changed.and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
                let changed = since.map_or(0, |since| since.as_millis());
                format!("{} ({} bytes, changed {changed})", path.display(), self.bytes())
            }
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Source::Block(block) => block.bytes,
            Source::Wal(wal) => wal.bytes,
            Source::Dump(path) => std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
        }
    }
}

/// Everything the paths name; blocks in the order of their times, so that the head can be sealed behind them.
fn find(paths: &[PathBuf], totals: &mut Totals) -> anyhow::Result<Vec<Source>> {
    let (mut blocks, mut dumps, mut logs) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        if path.is_file() {
            dumps.push(Source::Dump(path.clone()));
        } else if path.join("meta.json").is_file() {
            blocks.push(Block::open(path)?);
        } else if path.is_dir() {
            let found = blocks_in(path)?;
            let mut in_blocks_until = Timestamp::MIN;
            for block in &found {
                match Block::open(block) {
                    Ok(block) => {
                        if !block.meta.is_out_of_order() {
                            in_blocks_until = in_blocks_until.max(block.meta.max_time);
                        }
                        blocks.push(block);
                    }
                    Err(error) => totals.problem(in_one_line(&error)),
                }
            }
            match Wal::find(path, in_blocks_until)? {
                Some(wal) => logs.push(Source::Wal(wal)),
                None if found.is_empty() => {
                    bail!("{} holds no Prometheus block (a directory with a meta.json)", path.display());
                }
                None => {}
            }
        } else {
            bail!("there is no {}", path.display());
        }
    }
    blocks.sort_by_key(|block| (block.meta.min_time, block.meta.max_time));
    Ok(blocks.into_iter().map(Source::Block).chain(dumps).chain(logs).collect())
}

/// The blocks of a directory. Those that Prometheus was still writing or removing have a dot in their names.
fn blocks_in(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))?;
    let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let is_block = |path: &PathBuf| path.extension().is_none() && path.join("meta.json").is_file();
    Ok(paths.into_iter().filter(is_block).collect())
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
        Source::Wal(wal) => wal.read(&mut batch)?,
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

    /// Stores what is known of metric families.
    fn describe(&mut self, families: Vec<(String, Metadata)>) -> anyhow::Result<()> {
        Ok(self.store.note_metadata(&families)?)
    }

    /// Names something that was left out.
    fn problem(&mut self, problem: String) {
        self.totals.problem(problem);
    }

    /// Stores what was gathered.
    fn flush(&mut self) -> anyhow::Result<()> {
        let series = std::mem::take(&mut self.series);
        if !series.is_empty() {
            self.count(&self.store.import(&series)?);
        }
        self.store.maintain()?;
        self.samples = 0;
        Ok(())
    }

    fn count(&mut self, appended: &Appended) {
        self.totals.samples += appended.samples;
        self.totals.refused += appended.refused;
        self.totals.problem_count += (appended.refused as usize).saturating_sub(appended.refusals.len());
        self.totals.exemplars += appended.exemplars;
        for refusal in &appended.exemplar_refusals {
            let reason = refusal.reason.name();
            self.problem(format!("refused an exemplar of {} at {}: {reason}", refusal.series, refusal.time));
        }
        for refusal in &appended.refusals {
            let reason = refusal.reason.name();
            self.problem(format!("refused {} at {}: {reason}", refusal.series, refusal.time));
        }
    }
}

/// The name of the file that remembers what was imported.
fn done_file(data: &Path) -> PathBuf {
    data.join("imported")
}
