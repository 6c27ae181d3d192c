//! `flightdeck check`: configurations, expositions and web configurations, before they are put in force.
//!
//! Exit code 0 when all is well, 1 when something is not; every problem is one line that names its place.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use collect::config::{HttpClientConfig, ScrapeJob};
use collect::target::{Outcome, discovered_labels, resolve};
use model::Labels;
use wire::Format;

use super::out::say;
use super::paint;
use crate::config::{Config, load_file};

/// How large an exposition may be.
const PAGE_BYTES_MAX: u64 = 1 << 30;

/// What to check.
#[derive(Subcommand)]
pub enum Check {
    /// Configuration files.
    Config(ConfigArguments),
    /// Expositions, from files or from standard input.
    Metrics(MetricsArguments),
    /// Web configuration files: TLS and users.
    WebConfig {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Arguments of `check config`.
#[derive(Args)]
pub struct ConfigArguments {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Show step by step what the relabelling of this job does to --target.
    #[arg(long, value_name = "JOB", requires = "target")]
    job: Option<String>,
    /// Do not look at the files that a configuration names: certificates, credentials, lists of targets.
    #[arg(long)]
    syntax_only: bool,
    /// An address, or labels such as '{__address__="10.0.0.1:9100",env="prod"}'.
    #[arg(long, value_name = "TARGET", requires = "job")]
    target: Option<String>,
}

/// Arguments of `check metrics`.
#[derive(Args)]
pub struct MetricsArguments {
    /// The files; none, or `-`, for standard input.
    files: Vec<PathBuf>,
    /// The format to check against.
    #[arg(long, value_enum, default_value = "text")]
    format: PageFormat,
}

/// The formats of an exposition.
#[derive(Clone, Copy, ValueEnum)]
enum PageFormat {
    Text,
    Openmetrics,
    Protobuf,
}

/// Runs the command.
pub fn run(what: Check) -> anyhow::Result<ExitCode> {
    let good = match what {
        Check::Config(arguments) => config(&arguments)?,
        Check::Metrics(arguments) => metrics(&arguments)?,
        Check::WebConfig { files } => web_config(&files),
    };
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn config(arguments: &ConfigArguments) -> anyhow::Result<bool> {
    let mut good = true;
    for file in &arguments.files {
        match load_file(file) {
            Err(problem) => {
                good = false;
                say!("{} {problem}", paint::bad("bad"));
            }
            Ok(config) => {
                let jobs = match config.jobs.len() {
                    1 => "1 scrape job".to_owned(),
                    count => format!("{count} scrape jobs"),
                };
                say!("{} {}: {jobs}", paint::good("good"), file.display());
                for note in &config.notes {
                    say!("  {} {note}", paint::notable("note"));
                }
                for problem in config.jobs.iter().filter(|_| !arguments.syntax_only).flat_map(file_problems) {
                    good = false;
                    say!("  {} {problem}", paint::bad("bad"));
                }
                if let (Some(job), Some(target)) = (&arguments.job, &arguments.target) {
                    relabel(&config, job, target)?;
                }
            }
        }
    }
    Ok(good)
}

/// What is wrong with the files that a job names. A server starts without them, and its scrapes fail.
fn file_problems(job: &Arc<ScrapeJob>) -> Vec<String> {
    let clients = [&job.client].into_iter().chain(job.http_sd_configs.iter().map(|(_, client)| client));
    let unreadable = clients.flat_map(HttpClientConfig::files).filter_map(|file| {
        let error = std::fs::File::open(file).err()?;
        Some(format!("job {}: cannot read {}: {error}", job.name, file.display()))
    });
    let lists = job.file_sd_configs.iter().flat_map(collect::discovery::file::problems);
    unreadable.chain(lists.map(|problem| format!("job {}: file_sd {problem}", job.name))).collect()
}

/// Shows what a job's relabelling makes of a target.
fn relabel(config: &Config, name: &str, target: &str) -> anyhow::Result<()> {
    let Some(job) = config.jobs.iter().find(|job| job.name == name) else {
        let names: Vec<&str> = config.jobs.iter().map(|job| job.name.as_str()).collect();
        bail!("there is no job {name:?}; there are {}", names.join(", "));
    };
    let discovered = discovered_labels(job, &Labels::empty(), &target_labels(target)?);
    say!("  before: {discovered}");
    for (index, step) in collect::relabel::trace(&job.relabel, &discovered).iter().enumerate() {
        let after = if !step.kept {
            paint::bad("dropped")
        } else if step.after == step.before {
            paint::faint("unchanged")
        } else {
            step.after.to_string()
        };
        say!("  relabel_configs[{index}] {}: {after}", step.rule.action.name());
    }
    say!("  {}", outcome(job, discovered));
    Ok(())
}

fn outcome(job: &Arc<ScrapeJob>, discovered: Labels) -> String {
    match resolve(job, discovered) {
        Outcome::Target(target) => format!("scraped at {} as {}", target.address.uri(), target.labels),
        Outcome::Dropped(_) => paint::notable("not scraped: relabelling drops it"),
        Outcome::Invalid { reason, .. } => format!("{}: {reason}", paint::bad("cannot be scraped")),
    }
}

fn target_labels(text: &str) -> anyhow::Result<Labels> {
    if !text.trim_start().starts_with('{') {
        return Ok(Labels::from_pairs([("__address__", text)]));
    }
    promql::parse::parse_labels(text).map_err(|error| anyhow!("--target {text}: {error}"))
}

fn metrics(arguments: &MetricsArguments) -> anyhow::Result<bool> {
    let format = match arguments.format {
        PageFormat::Text => Format::Text,
        PageFormat::Openmetrics => Format::OpenMetrics,
        PageFormat::Protobuf => Format::Protobuf,
    };
    let standard_input = [PathBuf::from("-")];
    let files = if arguments.files.is_empty() { &standard_input[..] } else { &arguments.files };
    let mut good = true;
    for file in files {
        let problems = wire::check::check(&read_page(file)?, format);
        for problem in &problems {
            say!("{} {}: {problem}", paint::bad("bad"), file.display());
        }
        if problems.is_empty() {
            say!("{} {}", paint::good("good"), file.display());
        }
        good &= problems.is_empty();
    }
    Ok(good)
}

fn read_page(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(PAGE_BYTES_MAX).read_to_end(&mut body)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(PAGE_BYTES_MAX).read_to_end(&mut body))
    };
    read.with_context(|| format!("reading {}", file.display()))?;
    Ok(body)
}

fn web_config(files: &[PathBuf]) -> bool {
    let mut good = true;
    for file in files {
        match crate::http::WebConfig::load(file) {
            Ok(_) => say!("{} {}", paint::good("good"), file.display()),
            Err(problem) => {
                good = false;
                say!("{} {problem}", paint::bad("bad"));
            }
        }
    }
    good
}
