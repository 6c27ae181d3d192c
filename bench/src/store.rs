//! Scraping and storing a fleet: CPU, memory and disk of every server, measured over the same time.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;

use crate::Recorded;
use crate::exporters::Exporters;
use crate::machine::Machine;
use crate::pages::Pages;
use crate::process::{self, Memory};
use crate::report;
use crate::servers::{Kind, Server};

/// Samples that every scrape adds to those of the page: `up` and its like.
const AUTOMATIC_SAMPLES: u64 = 5;

/// What to run.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    recorded: Recorded,
    /// How many exporters.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=5000))]
    targets: u16,
    /// How long to scrape.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Seconds between scrapes.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    interval: u64,
    /// Which servers; by default all that are installed.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    servers: Vec<Kind>,
    /// Compress pages for those who accept gzip.
    #[arg(long)]
    gzip: bool,
}

/// What was run, for the report.
#[derive(Serialize)]
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) pages: String,
    pub(crate) targets: usize,
    pub(crate) samples_per_scrape: u64,
    pub(crate) interval_seconds: u64,
    pub(crate) seconds: u64,
    pub(crate) gzip: bool,
    /// The share of the processors that programs used which are no part of the run.
    pub(crate) others_busy: f64,
    pub(crate) servers: Vec<Measured>,
}

/// What one server used.
#[derive(Serialize)]
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    pub(crate) cpu_seconds: f64,
    /// The same by the names of the threads that still run.
    pub(crate) cpu_seconds_by_thread: BTreeMap<String, f64>,
    pub(crate) pss_bytes: u64,
    pub(crate) rss_bytes: u64,
    pub(crate) rss_peak_bytes: u64,
    pub(crate) disk_bytes: u64,
    pub(crate) stop_seconds: f64,
    /// What was served to it, automatic samples included.
    pub(crate) samples_served: u64,
    /// What it answers that it has; nothing if it cannot be asked.
    pub(crate) samples_stored: Option<u64>,
    pub(crate) series: Option<u64>,
}

/// Runs the benchmark and writes its results.
pub(crate) fn run(options: &Options) -> Result<()> {
    let pages = Pages::open(options.recorded.pages.as_deref())?;
    let samples_per_scrape = pages.samples() as u64 + AUTOMATIC_SAMPLES;
    let paths = Kind::all().into_iter().map(Kind::scraped_path).collect::<Vec<_>>();
    let exporters = Exporters::start(&pages, options.targets.into(), options.gzip, &paths)?;
    let directory = tempfile::tempdir()?;
    let mut servers = start(options, &exporters, directory.path())?;
    let (begun, busy_before) = (Instant::now(), others_busy_seconds(&servers)?);

    println!("scraping {} targets every {} s for {} s", options.targets, options.interval, options.seconds);
    wait(Duration::from_secs(options.seconds), &mut servers)?;
    // Scrapes go on while servers are asked one after the other; everything is told as of this moment.
    let end = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64();
    let used = servers.iter().map(|server| used_by(server.id())).collect::<Result<Vec<_>>>()?;
    let served: Vec<u64> = servers
        .iter()
        .map(|server| exporters.served_at(server.kind.scraped_path()) * samples_per_scrape)
        .collect();
    let machine = Machine::here();
    let others_busy = (others_busy_seconds(&servers)? - busy_before)
        / (begun.elapsed().as_secs_f64() * machine.cores as f64);

    let mut measured = Vec::new();
    for ((mut server, used), served) in servers.into_iter().zip(used).zip(served) {
        measured.push(finish(&mut server, end, used, served)?);
    }
    report::store(&Run {
        machine,
        pages: pages.origin,
        targets: options.targets.into(),
        samples_per_scrape,
        interval_seconds: options.interval,
        seconds: options.seconds,
        gzip: options.gzip,
        others_busy: others_busy.max(0.0),
        servers: measured,
    })
}

/// Seconds of CPU used on this machine by programs that are no part of the run, since it started.
fn others_busy_seconds(servers: &[Server]) -> Result<f64> {
    let mut ours = process::cpu_seconds(std::process::id())?;
    for server in servers {
        ours += process::cpu_seconds(server.id())?;
    }
    Ok(process::machine_busy_seconds()? - ours)
}

fn start(options: &Options, exporters: &Exporters, directory: &Path) -> Result<Vec<Server>> {
    let asked = !options.servers.is_empty();
    let kinds = if asked { options.servers.clone() } else { Kind::all() };
    let mut servers = Vec::new();
    for kind in kinds {
        let Some(program) = kind.program() else {
            if asked || kind == Kind::Flightdeck {
                bail!("{} is not installed", kind.name());
            }
            println!("{} is not installed and is left out", kind.name());
            continue;
        };
        servers.push(Server::start(kind, &program, directory, exporters.addresses(), options.interval)?);
    }
    Ok(servers)
}

/// Waits, and ends early if a server does.
fn wait(time: Duration, servers: &mut [Server]) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < time {
        std::thread::sleep((time - begun.elapsed()).min(Duration::from_secs(1)));
        for server in servers.iter() {
            process::cpu_seconds(server.id())
                .with_context(|| format!("{} ended early", server.kind.name()))?;
        }
    }
    Ok(())
}

/// What the kernel counted of a server.
struct Used {
    cpu_seconds: f64,
    cpu_seconds_by_thread: BTreeMap<String, f64>,
    memory: Memory,
}

fn used_by(id: u32) -> Result<Used> {
    Ok(Used {
        cpu_seconds: process::cpu_seconds(id)?,
        cpu_seconds_by_thread: process::cpu_seconds_by_thread(id)?,
        memory: process::memory(id)?,
    })
}

/// Asks a server what it had at `end` and stops it.
fn finish(server: &mut Server, end: f64, used: Used, samples_served: u64) -> Result<Measured> {
    let Used { cpu_seconds, cpu_seconds_by_thread, memory } = used;
    let name = server.kind.name();
    let known = |what: &str, answer: Result<u64>| {
        answer.map_err(|error| println!("{name} does not say how many {what} it has: {error:#}")).ok()
    };
    let samples_stored = known("samples", server.samples(end));
    let series = known("series", server.series(end));
    let stopped = server.stop()?;
    Ok(Measured {
        name,
        version: server.version.clone(),
        cpu_seconds,
        cpu_seconds_by_thread,
        pss_bytes: memory.pss,
        rss_bytes: memory.rss,
        rss_peak_bytes: memory.rss_peak,
        disk_bytes: process::disk_bytes(&server.data),
        stop_seconds: stopped.as_secs_f64(),
        samples_served,
        samples_stored,
        series,
    })
}
