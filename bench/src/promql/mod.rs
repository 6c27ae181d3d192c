//! Queries: the same data in every server, the same questions over HTTP, the answers timed as a client sees them.

mod client;
mod data;
mod suite;
mod table;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;

use crate::Recorded;
use crate::machine::Machine;
use crate::pages::Pages;
use crate::process;
use crate::servers::{Kind, Server};
use client::Client;
use data::{Data, Size};
use suite::Row;

/// The servers take turns at a row: on which cores one finds itself with its client is chance, and stays for a while.
const TURNS: usize = 5;
/// A row is asked for at least this often of each server...
const RUNS_MIN: usize = 3;
/// ...and no more often than this in a turn...
const TURN_RUNS_MAX: usize = 40;
/// ...once this much time of the turn went into it.
const TURN_TIME: Duration = Duration::from_millis(50);

/// What to run.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    recorded: Recorded,
    /// How many series each kind of metric has, one data set for each number.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_value = "1,100,10000")]
    sizes: Vec<usize>,
    /// How far back the data sets of 10,000 series go; smaller ones go back a day, larger ones an hour.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=24))]
    hours: u32,
    /// Which servers; by default all that are installed.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    servers: Vec<Kind>,
    /// Another Prometheus to ask too.
    #[arg(long, value_name = "PROGRAM")]
    prometheus: Option<PathBuf>,
    /// Only the rows whose name contains this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// A file of dashboard expressions, one a line.
    #[arg(long, value_name = "FILE")]
    dashboards: Option<PathBuf>,
    /// Wait for Enter before the questions, with the servers loaded, so that one can be watched.
    #[arg(long)]
    pause: bool,
    /// Keep the loaded servers' data here and, where it is already, ask without loading it again.
    #[arg(long, value_name = "DIRECTORY")]
    kept: Option<PathBuf>,
    /// Do not write the results.
    #[arg(long)]
    dry: bool,
}

/// What was run, for the report.
#[derive(Serialize)]
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) sizes: Vec<String>,
    pub(crate) samples: u64,
    pub(crate) servers: Vec<Used>,
    pub(crate) rows: Vec<Measured>,
}

/// What one server used.
#[derive(Serialize)]
pub(crate) struct Used {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) load_seconds: f64,
    /// Proportional memory once the data was loaded, and when all had been asked.
    pub(crate) loaded_bytes: u64,
    pub(crate) asked_bytes: u64,
    pub(crate) peak_bytes: u64,
    pub(crate) disk_bytes: u64,
    /// User and system, for the questions alone.
    pub(crate) query_cpu_seconds: f64,
}

/// The times of one row, by server in the order of the run.
#[derive(Serialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) times: Vec<Option<Times>>,
}

/// How long the answers to one question took.
#[derive(Clone, Serialize)]
pub(crate) struct Times {
    pub(crate) runs: usize,
    pub(crate) median_ms: f64,
    pub(crate) p99_ms: f64,
    /// How many series and bytes the answer had.
    pub(crate) series: usize,
    pub(crate) bytes: usize,
}

/// One server of the run.
struct Peer {
    name: String,
    server: Server,
    client: Client,
    used: Used,
}

/// What a directory with loaded data holds.
struct Kept {
    end: i64,
    samples: u64,
}

impl Kept {
    const FILE: &str = "loaded";

    fn read(directory: &Path) -> Result<Option<Kept>> {
        let Ok(text) = std::fs::read_to_string(directory.join(Kept::FILE)) else { return Ok(None) };
        let (end, samples) = text.trim().split_once(' ').context("the note of what was loaded is damaged")?;
        Ok(Some(Kept { end: end.parse()?, samples: samples.parse()? }))
    }

    fn write(&self, directory: &Path) -> Result<()> {
        Ok(std::fs::write(directory.join(Kept::FILE), format!("{} {}\n", self.end, self.samples))?)
    }
}

/// Runs the benchmark and writes its results.
pub(crate) fn run(options: &Options) -> Result<()> {
    let kept = options.kept.as_deref().map(Kept::read).transpose()?.flatten();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as i64;
    let end = kept.as_ref().map_or(now / 3600 * 3600 * 1000, |kept| kept.end);
    let sizes: Vec<Size> = options.sizes.iter().map(|&series| Size::of(series, options.hours)).collect();
    let pages = Pages::open(options.recorded.pages.as_deref())?;
    let data = Data { end, sizes, pages };
    let rows: Vec<Row> = suite::rows(&data, options.dashboards.as_deref())?;
    let rows: Vec<Row> = rows.into_iter().filter(|row| row.name.contains(&options.only)).collect();
    let directory = tempfile::tempdir()?;
    let directory = options.kept.as_deref().unwrap_or(directory.path());
    let mut peers = start(options, directory)?;
    let samples = match kept {
        Some(kept) => kept.samples,
        None => load(&data, &mut peers)?,
    };
    if let Some(directory) = &options.kept {
        Kept { end, samples }.write(directory)?;
    }
    if options.pause {
        peers.iter().for_each(|peer| println!("{}: process {}", peer.name, peer.server.id()));
        std::io::stdin().read_line(&mut String::new())?;
    }
    let mut measured = Vec::new();
    for row in &rows {
        let times = ask(&mut peers, row);
        let shown: Vec<String> = times
            .iter()
            .map(|times| {
                times.as_ref().map_or("failed".to_owned(), |times| format!("{:.2}", times.median_ms))
            })
            .collect();
        println!("{:60} {}", row.name, shown.join("  "));
        measured.push(Measured { name: row.name.clone(), query: row.query.clone(), times });
    }
    for peer in &mut peers {
        let memory = process::memory(peer.server.id())?;
        (peer.used.asked_bytes, peer.used.peak_bytes) = (memory.pss, memory.rss_peak);
        peer.used.disk_bytes = process::disk_bytes(&peer.server.data);
    }
    let run = Run {
        machine: Machine::here(),
        sizes: data.sizes.iter().map(Size::describe).collect(),
        samples,
        servers: peers.into_iter().map(|peer| peer.used).collect(),
        rows: measured,
    };
    table::report(&run, !options.dry)
}

fn start(options: &Options, directory: &Path) -> Result<Vec<Peer>> {
    let asked = !options.servers.is_empty();
    let kinds = if asked { options.servers.clone() } else { Kind::all() };
    let mut programs = Vec::new();
    for kind in kinds {
        match kind.program() {
            Some(program) => programs.push((kind, kind.name().to_owned(), program)),
            None if asked || kind == Kind::Flightdeck => bail!("{} is not installed", kind.name()),
            None => println!("{} is not installed and is left out", kind.name()),
        }
    }
    if let Some(program) = &options.prometheus {
        programs.push((Kind::Prometheus, "Prometheus (other)".to_owned(), program.clone()));
    }
    let mut peers = Vec::new();
    for (kind, name, program) in programs {
        let server = Server::start_empty(kind, &program, &directory.join(&name))?;
        let used = Used {
            name: name.clone(),
            version: server.version.clone(),
            load_seconds: 0.0,
            loaded_bytes: 0,
            asked_bytes: 0,
            peak_bytes: 0,
            disk_bytes: 0,
            query_cpu_seconds: 0.0,
        };
        peers.push(Peer { name, client: Client::new(server.address()), server, used });
    }
    Ok(peers)
}

/// Gives every server the same samples, in the order of time.
fn load(data: &Data, peers: &mut [Peer]) -> Result<u64> {
    let mut samples = 0;
    let begun = Instant::now();
    data.each_batch(|batch| {
        samples += batch.iter().map(|series| series.samples.len() as u64).sum::<u64>();
        let body = wire::remote::write1::encode(&batch, &[]).map_err(|error| anyhow::anyhow!("{error}"))?;
        for peer in peers.iter_mut() {
            let begun = Instant::now();
            peer.client
                .write(&body)
                .with_context(|| format!("{} refuses what it is to be asked for", peer.name))?;
            peer.used.load_seconds += begun.elapsed().as_secs_f64();
        }
        Ok(())
    })?;
    println!("{samples} samples loaded in {:.0} s", begun.elapsed().as_secs_f64());
    for peer in peers.iter_mut() {
        if peer.server.kind == Kind::VictoriaMetrics {
            peer.client.get("/internal/force_flush")?;
        }
    }
    // What servers do once much was written is not what is measured.
    std::thread::sleep(Duration::from_secs(10));
    for peer in peers.iter_mut() {
        peer.used.loaded_bytes = process::memory(peer.server.id())?.pss;
    }
    Ok(samples)
}

/// Asks every server for a row, in turns.
fn ask(peers: &mut [Peer], row: &Row) -> Vec<Option<Times>> {
    let mut answers: Vec<Option<Answers>> = peers.iter().map(|_| Some(Answers::default())).collect();
    for _ in 0..TURNS {
        for (peer, slot) in peers.iter_mut().zip(&mut answers) {
            let Some(mut so_far) = slot.take() else { continue };
            match so_far.take_turn(peer, row) {
                Ok(()) => *slot = Some(so_far),
                Err(error) => println!("{}: {}: {error:#}", peer.name, row.name),
            }
        }
    }
    answers.into_iter().map(|answers| answers.map(Answers::times)).collect()
}

/// What one server answered to a row so far.
#[derive(Default)]
struct Answers {
    took_ms: Vec<f64>,
    series: usize,
    bytes: usize,
    was_asked: bool,
}

impl Answers {
    fn take_turn(&mut self, peer: &mut Peer, row: &Row) -> Result<()> {
        let cpu = process::cpu_seconds(peer.server.id())?;
        let path = row.path(peer.server.kind);
        if !self.was_asked {
            // The first answer finds nothing cached anywhere, which is not what is measured.
            peer.client.get(&path)?;
            self.was_asked = true;
        }
        let mut spent = Duration::ZERO;
        for _ in 0..TURN_RUNS_MAX {
            if spent > TURN_TIME && self.took_ms.len() >= RUNS_MIN {
                break;
            }
            let begun = Instant::now();
            let answer = peer.client.get(&path)?;
            let took = begun.elapsed();
            (self.series, self.bytes) = (answer.series, answer.bytes);
            self.took_ms.push(took.as_secs_f64() * 1e3);
            spent += took;
        }
        peer.used.query_cpu_seconds += process::cpu_seconds(peer.server.id())? - cpu;
        Ok(())
    }

    fn times(mut self) -> Times {
        let times = &mut self.took_ms;
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1];
        Times {
            runs: times.len(),
            median_ms: at(0.5),
            p99_ms: at(0.99),
            series: self.series,
            bytes: self.bytes,
        }
    }
}
