//! What the command line may say, word for word. Nothing is decided here: see `high`.
//!
//! Flags have short names of our own; the longer names Prometheus gives them are understood too, so that a unit
//! file can be pointed at this binary.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::check::Check;
use crate::commands::dashboards::DashboardsCommand;
use crate::commands::query::Query;
use crate::commands::test::Test;
use crate::commands::tsdb::Tsdb;
use crate::demo::Fault;

/// Collects, stores, queries and shows the metrics of HTTP APIs.
#[derive(Parser)]
#[command(name = "flightdeck", disable_version_flag = true, args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: Serve,
    /// Print the version and exit.
    #[arg(long, short = 'V', exclusive = true)]
    pub(super) version: bool,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Collect, store and answer; the default.
    Serve(Box<Serve>),
    /// Check files before they are put in force.
    #[command(subcommand)]
    Check(Check),
    /// Ask a server.
    #[command(subcommand)]
    Query(Query),
    /// Run tests that are files.
    #[command(subcommand)]
    Test(Test),
    /// Look at a data directory, check it, bring data in and out.
    #[command(subcommand)]
    Tsdb(Tsdb),
    /// Show it all: a server with a small shop beside it, traffic, faults, and two hours of history.
    Demo {
        /// Address to answer HTTP on.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9090")]
        listen: String,
        /// One fault that holds all the time, instead of one after the other.
        #[arg(long, value_enum, value_name = "FAULT")]
        fault: Option<Fault>,
    },
    /// Look at dashboards.
    #[command(subcommand)]
    Dashboards(DashboardsCommand),
    /// Print the version.
    Version {
        /// How to print it.
        #[arg(long, value_enum, default_value = "text")]
        format: VersionFormat,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum VersionFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum LogFormat {
    /// For people on a terminal, JSON otherwise.
    Auto,
    /// For people.
    #[value(alias = "logfmt")]
    Text,
    /// One JSON object per line.
    Json,
}

#[derive(Args)]
pub(super) struct Serve {
    /// Configuration file: flightdeck.yml or prometheus.yml. Without one: this process, this host and local services.
    #[arg(long, value_name = "FILE", alias = "config.file")]
    pub(super) config: Option<PathBuf>,
    /// Where everything is kept.
    #[arg(long, value_name = "DIR", default_value = "./flightdeck-data", alias = "storage.tsdb.path")]
    pub(super) data: PathBuf,
    /// Address to answer HTTP on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9090", alias = "web.listen-address")]
    pub(super) listen: String,
    /// Address to take OTLP over gRPC on; `off` closes it. By default 4317 on the host of --listen.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) otlp_grpc_listen: Option<String>,
    /// TLS, users and headers of the HTTP server, in Prometheus's web-config format.
    #[arg(long, value_name = "FILE", alias = "web.config.file")]
    pub(super) web_config: Option<PathBuf>,
    /// The URL people reach this server under, when a proxy stands before it.
    #[arg(long, value_name = "URL", alias = "web.external-url")]
    pub(super) external_url: Option<String>,
    /// Regex of the origins that scripts in browsers may call the API from (CORS).
    #[arg(long, value_name = "REGEX", default_value = ".*", alias = "web.cors.origin")]
    pub(super) cors_origin: String,
    /// How many HTTP connections are open at once.
    #[arg(long, value_name = "N", default_value_t = 512, alias = "web.max-connections")]
    pub(super) connections_max: usize,
    /// How long a request may take to arrive.
    #[arg(long, value_name = "DURATION", default_value = "5m", alias = "web.read-timeout")]
    pub(super) read_timeout: String,
    /// Allow deleting series and taking snapshots over HTTP.
    #[arg(long, aliases = ["web.enable-admin-api", "enable-admin-api"])]
    pub(super) admin_api: bool,
    /// Do not look for services on this machine.
    #[arg(long)]
    pub(super) no_discover_local: bool,
    /// Do not collect this host's metrics.
    #[arg(long)]
    pub(super) no_host: bool,
    /// How long samples are kept (default 15d, or as the configuration says).
    #[arg(long, value_name = "DURATION", alias = "storage.tsdb.retention.time")]
    pub(super) retention_time: Option<String>,
    /// How many bytes of samples are kept; 0 for no limit.
    #[arg(long, value_name = "SIZE", alias = "storage.tsdb.retention.size")]
    pub(super) retention_size: Option<String>,
    /// Remove the oldest samples when the disk has less than this left; 0 for never.
    #[arg(long, value_name = "SIZE", default_value = "0")]
    pub(super) retention_free: String,
    /// Memory this process may use (default: 75 % of what the machine or cgroup has).
    #[arg(long, value_name = "SIZE")]
    pub(super) memory_max: Option<String>,
    /// How old a sample may be when a newer one of its series is there already (default 1h).
    #[arg(long, value_name = "DURATION")]
    pub(super) out_of_order_window: Option<String>,
    /// How long a query may take.
    #[arg(long, value_name = "DURATION", default_value = "2m", alias = "query.timeout")]
    pub(super) query_timeout: String,
    /// How many samples a query may hold in memory.
    #[arg(long, value_name = "N", default_value_t = 50_000_000, alias = "query.max-samples")]
    pub(super) query_samples_max: u64,
    /// How many queries run at once.
    #[arg(long, value_name = "N", default_value_t = 20, alias = "query.max-concurrency")]
    pub(super) query_concurrency_max: usize,
    /// How far back a query looks for the newest sample of a series.
    #[arg(long, value_name = "DURATION", default_value = "5m", alias = "query.lookback-delta")]
    pub(super) query_lookback: String,
    /// Which log lines to write: error, warn, info, debug, trace, or a filter such as `info,collect=debug`.
    #[arg(long, value_name = "LEVEL", default_value = "info", alias = "log.level")]
    pub(super) log_level: String,
    /// How to write log lines.
    #[arg(long, value_enum, default_value = "auto", alias = "log.format")]
    pub(super) log_format: LogFormat,
    /// Allow stopping the process over HTTP (`POST /-/quit`). Reloading over HTTP is always on.
    #[arg(long, alias = "web.enable-lifecycle")]
    pub(super) enable_quit: bool,
    /// Accepted because Prometheus has it: the receiver is always on.
    #[arg(long = "web.enable-remote-write-receiver", hide = true)]
    pub(super) _remote_write: bool,
    /// Accepted because Prometheus has it: the receiver is always on.
    #[arg(long = "web.enable-otlp-receiver", hide = true)]
    pub(super) _otlp: bool,
    /// Features that change what queries mean, off unless named: promql-delayed-name-removal (names are taken off
    /// once a query is done, rather than by each function), use-start-timestamps (counters begin at zero at their
    /// start time) and type-and-unit-labels (a counter is told by its label __type__). What else Prometheus keeps
    /// behind features is always on
    #[arg(long = "enable-feature", value_name = "NAME")]
    pub(super) features: Vec<String>,
}
