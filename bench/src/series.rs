//! A million series in the store itself: appending, selecting, opening again after the process was gone, and sealing.
//!
//! Each phase runs in a process of its own, so that what one left in memory does not count for the next. The first
//! ends without closing the store, as a crash does; the others find the log and nothing else.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use model::{Frame, Labels, Layout, METRIC_NAME, Matcher, Timestamp};
use serde::{Deserialize, Serialize};
use tsdb::Store;

use crate::Recorded;
use crate::http;
use crate::machine::Machine;
use crate::pages::{PAGE_INTERVAL_MS, Pages};
use crate::process;
use crate::report;
use crate::servers::Server;

/// The time of the first frame.
const BEGIN: Timestamp = 1_750_000_000_000;

/// How long a server that was started is left alone before its memory is read.
const SETTLING: Duration = Duration::from_secs(15);
/// How long an answer may take.
const QUERY_TIMEOUT: Duration = Duration::from_secs(60);

/// What to run.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    recorded: Recorded,
    /// How many series, at least.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    series: usize,
    /// How many samples of each.
    #[arg(long, value_name = "N", default_value_t = 240)]
    rounds: usize,
    /// Only this phase, in this process.
    #[arg(long, hide = true, requires = "data")]
    phase: Option<Phase>,
    /// Where the phases keep their store.
    #[arg(long, hide = true)]
    data: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Phase {
    Append,
    Open,
    Seal,
}

/// What was run, for the report.
#[derive(Serialize)]
struct Run {
    machine: Machine,
    pages: String,
    series: usize,
    rounds: usize,
    log_bytes: u64,
    part_bytes: u64,
    steps: Vec<Step>,
}

/// One thing that was done.
#[derive(Serialize, Deserialize)]
struct Step {
    name: String,
    seconds: f64,
    /// Of all threads, which on a busy machine says more.
    cpu_seconds: f64,
    /// How many samples or series it was done to.
    things: u64,
    /// The memory of the process after it.
    pss_bytes: u64,
}

/// Runs the benchmark and writes its results, or one phase of it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let pages = Pages::open(options.recorded.pages.as_deref())?;
    let (Some(phase), Some(data)) = (options.phase, &options.data) else { return run_phases(options, pages) };
    let steps = match phase {
        Phase::Append => append(options, &pages, data)?,
        Phase::Open => open(data)?,
        Phase::Seal => seal(data)?,
    };
    println!("{}", serde_json::to_string(&steps)?);
    Ok(())
}

fn run_phases(options: &Options, pages: Pages) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut steps: Vec<Step> = Vec::new();
    let (mut log_bytes, mut part_bytes) = (0, 0);
    for phase in ["append", "open", "seal"] {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("series").args(["--phase", phase]).arg("--data").arg(directory.path());
        command.args(["--series", &options.series.to_string(), "--rounds", &options.rounds.to_string()]);
        if let Some(path) = &options.recorded.pages {
            command.arg("--pages").arg(path);
        }
        let output = command.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("the phase {phase} ended with {}", output.status);
        }
        steps.extend(
            serde_json::from_slice::<Vec<Step>>(&output.stdout).context("a phase said something else")?,
        );
        if phase == "append" {
            steps.extend(serve(directory.path())?);
        }
        log_bytes = log_bytes.max(process::disk_bytes(&directory.path().join("log")));
        part_bytes = process::disk_bytes(&directory.path().join("parts"));
    }
    let series = targets(options, &pages) * pages.samples();
    let run = Run {
        machine: Machine::here(),
        pages: pages.origin,
        series,
        rounds: options.rounds,
        log_bytes,
        part_bytes,
        steps,
    };
    report::keep("series", &table(&run), &run)
}

/// Appends, asks for some series and for all, and leaves without closing.
fn append(options: &Options, pages: &Pages, data: &Path) -> Result<Vec<Step>> {
    let store = Store::open(data, store_options())?;
    let (points, rows) = table_of(pages);
    let layouts: Vec<Arc<Layout>> = (0..targets(options, pages))
        .map(|target| Layout::new(target_labels(target), points.clone(), Vec::new()))
        .collect();
    let mut steps = Vec::new();
    steps.push(step("first samples", || append_round(&store, &layouts, &rows, 0))?);
    steps.push(step("later samples", || {
        (1..options.rounds).map(|round| append_round(&store, &layouts, &rows, round)).sum()
    })?);
    steps.extend(select(&store)?);
    // The destructor would close the store in order.
    std::mem::forget(store);
    Ok(steps)
}

/// The samples are as old as `BEGIN` is: a store that kept fifteen days would not take them.
fn store_options() -> tsdb::Options {
    tsdb::Options { retention_ms: 0, ..tsdb::Options::default() }
}

/// Starts the server itself on a copy of what the first phase left, which is a server's restart after a crash.
fn serve(left: &Path) -> Result<Vec<Step>> {
    let directory = tempfile::tempdir()?;
    let data = directory.path().join("data");
    let copied = Command::new("cp").arg("-r").arg(left).arg(&data).status()?;
    ensure!(copied.success(), "the store could not be copied");
    let begun = Instant::now();
    let server = Server::start_on(&data)?;
    let step = |name: &str| -> Result<Step> {
        Ok(Step {
            name: name.to_owned(),
            seconds: begun.elapsed().as_secs_f64(),
            cpu_seconds: process::cpu_seconds(server.id())?,
            things: 0,
            pss_bytes: process::memory(server.id())?.pss,
        })
    };
    let mut steps = vec![step("the server starts after a crash, and is ready")?];
    let answer = http::get(server.address(), "/api/v1/query?query=count(up)", QUERY_TIMEOUT)?;
    ensure!(answer.contains("success"), "the server answers {answer}");
    steps.push(step("it has answered a query")?);
    // It compresses what was replayed, and gives back what that took, once it is open.
    std::thread::sleep(SETTLING);
    steps.push(step("it has settled")?);
    Ok(steps)
}

/// Opens what the first phase left, and asks the same.
fn open(data: &Path) -> Result<Vec<Step>> {
    let mut store = None;
    let opened = step("opening after a crash", || {
        let opened = Store::open(data, store_options())?;
        let samples = opened.opened().log_samples;
        store = Some(opened);
        Ok(samples)
    })?;
    let store = store.context("the store is open")?;
    let samples = opened.things;
    let mut steps = vec![opened];
    steps.extend(select(&store)?);
    steps.push(step("compressing what was replayed", || {
        store.maintain()?;
        Ok(samples)
    })?);
    steps.extend(select(&store)?);
    Ok(steps)
}

/// Opens it again, seals and merges all there is, and asks the same of the parts.
fn seal(data: &Path) -> Result<Vec<Step>> {
    let store = Store::open(data, store_options())?;
    let mut steps = vec![step("sealing into a part", || {
        store.seal_before(Timestamp::MAX)?;
        Ok(store.stats().parts.iter().map(|part| part.samples).sum())
    })?];
    steps.extend(select(&store)?);
    Ok(steps)
}

fn append_round(store: &Store, layouts: &[Arc<Layout>], rows: &[Vec<f64>], round: usize) -> Result<u64> {
    let mut samples = 0;
    for (target, layout) in layouts.iter().enumerate() {
        let frame = Frame {
            layout: layout.clone(),
            time: BEGIN + (round as u64 * PAGE_INTERVAL_MS) as i64 + target as i64 % 1000,
            values: rows[(target * 37 + round) % rows.len()].clone(),
            absent: Vec::new(),
            histograms: Vec::new(),
            exemplars: Vec::new(),
            starts: Arc::default(),
        };
        samples += store.append(&frame)?.samples;
    }
    store.sync()?;
    Ok(samples)
}

fn select(store: &Store) -> Result<Vec<Step>> {
    let one_metric = [Matcher::equal(METRIC_NAME, "node_load1")];
    let one_target = [Matcher::equal("instance", "host-7:9100")];
    let all = [Matcher::equal("job", "fleet")];
    [
        ("selecting one metric of all targets", &one_metric),
        ("selecting one target", &one_target),
        ("selecting all series", &all),
    ]
    .into_iter()
    .map(|(name, matchers)| step(name, || read(store, matchers)))
    .collect()
}

/// Reads every sample of every series that matches.
fn read(store: &Store, matchers: &[Matcher]) -> Result<u64> {
    let selection = store.select(matchers, Timestamp::MIN..=Timestamp::MAX)?;
    let mut samples = 0;
    for series in 0..selection.len() {
        samples += selection.read(series)?.len() as u64;
    }
    Ok(samples)
}

fn step(name: &str, work: impl FnOnce() -> Result<u64>) -> Result<Step> {
    let id = std::process::id();
    let (begun, cpu_begun) = (Instant::now(), process::cpu_seconds(id)?);
    let things = work().with_context(|| format!("{name} failed"))?;
    let (seconds, cpu_seconds) = (begun.elapsed().as_secs_f64(), process::cpu_seconds(id)? - cpu_begun);
    Ok(Step { name: name.to_owned(), seconds, cpu_seconds, things, pss_bytes: process::memory(id)?.pss })
}

fn targets(options: &Options, pages: &Pages) -> usize {
    options.series.div_ceil(pages.samples())
}

fn target_labels(target: usize) -> Labels {
    Labels::from_pairs([("instance", format!("host-{target}:9100").as_str()), ("job", "fleet")])
}

/// The points of the first page, and the values that each page has for them.
fn table_of(pages: &Pages) -> (Vec<Labels>, Vec<Vec<f64>>) {
    let lines = |page: &[u8]| -> Vec<(String, f64)> {
        let text = String::from_utf8_lossy(page);
        let samples =
            text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
        samples.map(|(series, value)| (series.to_owned(), value.parse().unwrap_or(f64::NAN))).collect()
    };
    let first = lines(&pages.bodies[0]);
    let points = first.iter().map(|(series, _)| point_labels(series)).collect();
    // A page on which a line is missing repeats the page before it: the table has no holes.
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for page in &pages.bodies {
        let page = lines(page);
        let same =
            page.len() == first.len() && page.iter().zip(&first).all(|(line, first)| line.0 == first.0);
        if same || rows.is_empty() {
            rows.push(page.into_iter().map(|(_, value)| value).collect());
        }
    }
    (points, rows)
}

/// The labels of `name{label="value",...}`; recorded pages have no escapes in them.
fn point_labels(series: &str) -> Labels {
    let (name, rest) = series.split_once('{').unwrap_or((series, ""));
    let pairs = rest.trim_end_matches('}').split("\",").filter_map(|pair| pair.split_once("=\""));
    let pairs = pairs.map(|(label, value)| (label, value.trim_end_matches('"')));
    Labels::from_pairs(std::iter::once((METRIC_NAME, name)).chain(pairs))
}

fn table(run: &Run) -> String {
    use std::fmt::Write;
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let samples = (run.series * run.rounds).max(1) as f64;
    let mut text = format!(
        "# A million series\n\n{} series, {} samples each; {}.\n{}.\n\n",
        run.series,
        run.rounds,
        run.pages,
        run.machine.describe()
    );
    let _ = writeln!(
        text,
        "The log takes {:.1} MiB before anything is sealed, {:.2} B a sample; sealed they are {:.1} MiB, {:.3} B a sample.\n",
        mebibytes(run.log_bytes),
        run.log_bytes as f64 / samples,
        mebibytes(run.part_bytes),
        run.part_bytes as f64 / samples,
    );
    text.push_str(
        "| | seconds | CPU, s | samples | ns per sample | memory after it, MiB |\n|---|---:|---:|---:|---:|---:|\n",
    );
    for step in &run.steps {
        let Step { name, seconds, cpu_seconds, things, pss_bytes } = step;
        let memory = mebibytes(*pss_bytes);
        let per = match things {
            0 => "- | -".to_owned(),
            _ => format!("{things} | {:.0}", seconds * 1e9 / *things as f64),
        };
        let _ = writeln!(text, "| {name} | {seconds:.3} | {cpu_seconds:.2} | {per} | {memory:.1} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_labels() {
        let labels = point_labels("a{b=\"c\",d=\"/e,f\"}");
        assert_eq!(labels, Labels::from_pairs([("__name__", "a"), ("b", "c"), ("d", "/e,f")]));
        assert_eq!(point_labels("up"), Labels::from_pairs([("__name__", "up")]));
    }
}
