//! The benchmarks: this server beside its peers, in one run on one machine.
//!
//! `cargo xtask bench NAME` builds what ships and calls this program.

mod build;
mod codecs;
mod exporters;
mod http;
mod machine;
mod pages;
mod process;
mod promql;
mod report;
mod series;
mod servers;
mod store;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::pages::Pages;

/// Measures this server beside its peers.
#[derive(Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Scraping and storing a fleet of exporters: CPU, memory and disk.
    Store(store::Options),
    /// A million series in the store itself: appending, selecting, opening after a crash.
    Series(series::Options),
    /// The same queries over the same data, over HTTP.
    Promql(promql::Options),
    /// What each codec makes of the recorded pages.
    Codecs(Recorded),
    /// A cold build of what ships.
    Build,
    /// Only the simulated exporters.
    Simulate(Simulate),
}

/// Where the recorded pages are.
#[derive(Args)]
pub(crate) struct Recorded {
    /// A directory, or a .tar.zst, of pages named by the time in milliseconds at which they were scraped.
    #[arg(long, value_name = "PATH")]
    pages: Option<PathBuf>,
}

#[derive(Args)]
struct Simulate {
    #[command(flatten)]
    recorded: Recorded,
    /// How many exporters, each on a port of its own.
    #[arg(long, value_name = "N", default_value_t = 50)]
    targets: usize,
    /// How long they serve.
    #[arg(long, value_name = "N", default_value_t = 300)]
    seconds: u64,
    /// Compress pages for those who accept gzip.
    #[arg(long)]
    gzip: bool,
}

/// The directory of this package.
///
/// Cargo tells it when it runs this: a cached build may come from another clone.
pub(crate) fn home() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()).into()
}

fn main() -> Result<()> {
    match Arguments::parse().benchmark {
        Benchmark::Store(options) => store::run(&options),
        Benchmark::Series(options) => series::run(&options),
        Benchmark::Promql(options) => promql::run(&options),
        Benchmark::Codecs(recorded) => codecs::run(&Pages::open(recorded.pages.as_deref())?),
        Benchmark::Build => build::run(),
        Benchmark::Simulate(options) => simulate(&options),
    }
}

fn simulate(options: &Simulate) -> Result<()> {
    let pages = Pages::open(options.recorded.pages.as_deref())?;
    let exporters = exporters::Exporters::start(&pages, options.targets, options.gzip, &["/metrics"])?;
    for address in exporters.addresses() {
        println!("{address}");
    }
    std::thread::sleep(Duration::from_secs(options.seconds));
    Ok(())
}
