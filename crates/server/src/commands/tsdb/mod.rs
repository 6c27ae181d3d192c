//! `flightdeck tsdb`: looks at a data directory, checks it, and brings data in and out. No server may be running on it.
//!
//! What only looks changes nothing there, so a directory that cannot be written will do: a mounted snapshot, another
//! user's.

mod dump;
mod import;
mod snapshot;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use model::Timestamp;
use tsdb::{Options, Store};

use super::out::say;
use super::paint;
use crate::flags::format_bytes;

/// What to do.
#[derive(Subcommand)]
pub enum Tsdb {
    /// What the store holds, and which labels make it large.
    Stats {
        #[command(flatten)]
        data: Data,
        /// How many of each kind to list.
        #[arg(long, default_value_t = 10)]
        limit: usize,
    },
    /// The parts on disk.
    List {
        #[command(flatten)]
        data: Data,
    },
    /// Read every block and say what is damaged; exit code 1 when something is.
    Verify {
        #[command(flatten)]
        data: Data,
    },
    /// Write samples as OpenMetrics, each with its time.
    Dump(dump::Dump),
    /// Copy the store, consistent and ready to be opened.
    Snapshot {
        #[command(flatten)]
        data: Data,
        /// Where to; must not exist.
        to: PathBuf,
    },
    /// Take over what a Prometheus stored: block directories, directories of them, or OpenMetrics dumps.
    ImportPrometheus(import::Import),
}

/// Which store.
#[derive(Args, Clone)]
pub struct Data {
    /// The data directory.
    #[arg(long, value_name = "DIR", default_value = "./flightdeck-data")]
    data: PathBuf,
}

/// Runs the command.
pub fn run(what: Tsdb) -> anyhow::Result<ExitCode> {
    match what {
        Tsdb::Stats { data, limit } => stats(&open_to_read(&data.data)?, limit)?,
        Tsdb::List { data } => list(&open_to_read(&data.data)?),
        Tsdb::Verify { data } => return verify(&data.data),
        Tsdb::Dump(dump) => return dump::run(&dump),
        Tsdb::Snapshot { data, to } => snapshot::run(&data.data, &to)?,
        Tsdb::ImportPrometheus(import) => return import::run(&import),
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens a store to look at all of it.
fn open_to_read(data: &Path) -> anyhow::Result<Store> {
    anyhow::ensure!(data.is_dir(), "there is no data directory {}", data.display());
    let options = Options { retention_ms: 0, select_series_max: usize::MAX, ..Options::default() };
    Store::open_to_read(data, options).map_err(|error| {
        let what = match error.is_not_found() {
            true => format!("{} holds no store", data.display()),
            false => format!("opening the data directory {}", data.display()),
        };
        anyhow::Error::new(error).context(what)
    })
}

fn stats(store: &Store, limit: usize) -> anyhow::Result<()> {
    let stats = store.stats();
    let time = |time: Option<Timestamp>| time.map_or("none".to_owned(), format_time);
    let cardinality = store.cardinality_of_all(limit)?;
    let samples: u64 = stats.parts.iter().map(|part| part.samples).sum();
    say!("oldest sample    {}", time(stats.min_time));
    say!("newest sample    {}", time(stats.max_time));
    say!("series           {}", cardinality.series);
    say!("targets          {}", stats.targets);
    say!("points           {}", stats.points);
    say!("head series      {}", stats.series);
    say!("parts            {}, {samples} samples, {}", stats.parts.len(), format_bytes(stats.part_bytes));
    say!("log              {}", format_bytes(stats.log_bytes));
    say!("damages          {}", stats.damages.len());
    let tables = [
        ("series by metric", &cardinality.series_by_metric),
        ("values by label", &cardinality.values_by_label),
        ("series by pair", &cardinality.series_by_pair),
    ];
    for (title, rows) in tables {
        say!("\n{title}");
        for (name, count) in rows {
            say!("  {count:>10}  {name}");
        }
    }
    Ok(())
}

fn list(store: &Store) {
    say!("{:>8}  {:<24}  {:<24}  {:>10}  {:>12}  {:>10}", "part", "from", "to", "series", "samples", "size");
    for part in store.stats().parts {
        say!(
            "{:>8}  {:<24}  {:<24}  {:>10}  {:>12}  {:>10}",
            part.number,
            format_time(part.min_time),
            format_time(part.max_time),
            part.series,
            part.samples,
            format_bytes(part.bytes)
        );
    }
}

fn verify(data: &Path) -> anyhow::Result<ExitCode> {
    let store = open_to_read(data)?;
    let mut damages = store.opened().damages.clone();
    damages.extend(store.verify());
    for damage in &damages {
        say!("{} {damage}", paint::bad("damaged"));
    }
    let parts = store.stats().parts.len();
    if damages.is_empty() {
        say!("{} {parts} parts, every block read", paint::good("good"));
        return Ok(ExitCode::SUCCESS);
    }
    say!("{} damages in {parts} parts; everything else is served", damages.len());
    Ok(ExitCode::FAILURE)
}

/// A time for people and scripts alike.
fn format_time(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time).map_or_else(|_| time.to_string(), |time| format!("{time:.3}"))
}
