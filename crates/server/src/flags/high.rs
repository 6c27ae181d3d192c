//! What the command line comes to: addresses, durations and sizes, each checked once, here.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::Parser;

use super::low::{self, Arguments, Command};
use super::size::parse_bytes;
use crate::commands::check::Check;
use crate::commands::dashboards::DashboardsCommand;
use crate::commands::query::Query;
use crate::commands::test::Test;
use crate::commands::tsdb::Tsdb;
use crate::demo::Fault;

/// What to do.
pub enum Meant {
    /// Collect, store and answer.
    Serve(Box<ServeOptions>),
    /// Check files.
    Check(Check),
    /// Ask a server.
    Query(Query),
    /// Run tests.
    Test(Test),
    /// Work on a data directory.
    Tsdb(Tsdb),
    /// Show it all, with this fault only.
    Demo(Box<ServeOptions>, Option<Fault>),
    /// Look at dashboards.
    Dashboards(DashboardsCommand),
    /// Say which version this is.
    Version(VersionFormat),
}

/// How the version is printed.
#[derive(Clone, Copy)]
pub enum VersionFormat {
    /// One line for people.
    Text,
    /// One JSON object.
    Json,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people, coloured when `colour`.
    Text {
        /// Whether the lines go to a terminal that wants colours.
        colour: bool,
    },
    /// One JSON object per line.
    Json,
}

/// Which log lines are written, and how.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// A level or a filter.
    pub filter: String,
    /// The form of a line.
    pub format: LogFormat,
}

/// What bounds a query.
#[derive(Clone, Debug)]
pub struct QueryLimits {
    /// How long it may take.
    pub timeout: Duration,
    /// How many samples it may hold.
    pub samples_max: u64,
    /// How many run at once.
    pub concurrency_max: usize,
    /// How far back an instant looks.
    pub lookback_millis: i64,
}

/// Everything `serve` was told.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The configuration file, if there is one.
    pub config: Option<PathBuf>,
    /// The data directory.
    pub data: PathBuf,
    /// Where HTTP is answered.
    pub listen: SocketAddr,
    /// Where OTLP over gRPC is taken, if anywhere, and whether that was asked for.
    pub listen_otlp: Option<SocketAddr>,
    /// Whether the OTLP address was typed; a default that is taken is only a warning.
    pub listen_otlp_required: bool,
    /// The web-config file, if there is one.
    pub web_config: Option<PathBuf>,
    /// The path of the URL people use, without a slash at its end; empty without a prefix.
    pub path_prefix: String,
    /// The host of that URL, where one was given.
    pub external_host: Option<String>,
    /// Which origins may call from browsers: an anchored regex.
    pub cors_origin: model::Regex,
    /// How many connections are open at once.
    pub connections_max: usize,
    /// How long a request may take to arrive.
    pub read_timeout: Duration,
    /// Whether the admin API is on.
    pub admin_api: bool,
    /// Whether the process may be stopped over HTTP.
    pub quit_allowed: bool,
    /// Whether local services are looked for.
    pub discover_local: bool,
    /// Whether this host's metrics are collected.
    pub host: bool,
    /// Whether that is so with a configuration, too.
    pub host_always: bool,
    /// How long samples are kept, if said.
    pub retention_time_millis: Option<i64>,
    /// How many bytes are kept, if said; 0 for no limit.
    pub retention_bytes_max: Option<u64>,
    /// The oldest samples are removed when the disk has less than this left; 0 for never.
    pub free_bytes_min: u64,
    /// The memory ceiling, if said.
    pub memory_bytes_max: Option<u64>,
    /// The out-of-order window, if said.
    pub out_of_order_millis: Option<i64>,
    /// What bounds a query.
    pub query: QueryLimits,
    /// Log lines.
    pub log: LogOptions,
    /// Features of Prometheus that were asked for by name; told at start, all are on or unknown.
    pub features: Vec<String>,
    /// The flags as the API shows them.
    pub shown: Vec<(String, String)>,
}

impl ServeOptions {
    /// Serves other files than were typed, and shows that.
    pub fn move_to(&mut self, config: PathBuf, data: PathBuf) {
        for (name, path) in [("config", &config), ("data", &data)] {
            let shown = self.shown.iter_mut().filter(|(known, _)| known == name);
            shown.for_each(|(_, value)| *value = path.display().to_string());
        }
        (self.config, self.data) = (Some(config), data);
    }
}

/// Turns what was typed into what is meant.
pub(super) fn meant(typed: Arguments) -> anyhow::Result<Meant> {
    if typed.version {
        return Ok(Meant::Version(VersionFormat::Text));
    }
    match typed.command {
        None => Ok(Meant::Serve(Box::new(serve(typed.serve)?))),
        Some(Command::Serve(serve_flags)) => Ok(Meant::Serve(Box::new(serve(*serve_flags)?))),
        Some(Command::Check(what)) => Ok(Meant::Check(what)),
        Some(Command::Query(what)) => Ok(Meant::Query(what)),
        Some(Command::Test(what)) => Ok(Meant::Test(what)),
        Some(Command::Tsdb(what)) => Ok(Meant::Tsdb(what)),
        Some(Command::Demo { listen, fault }) => {
            Ok(Meant::Demo(Box::new(serve(demo_flags(&listen)?)?), fault))
        }
        Some(Command::Dashboards(what)) => Ok(Meant::Dashboards(what)),
        Some(Command::Version { format }) => Ok(Meant::Version(match format {
            low::VersionFormat::Text => VersionFormat::Text,
            low::VersionFormat::Json => VersionFormat::Json,
        })),
    }
}

/// What a demo serves with: the defaults, on an address of its own, without the ports of a server beside it.
fn demo_flags(listen: &str) -> anyhow::Result<low::Serve> {
    let words = ["flightdeck", "--listen", listen, "--otlp-grpc-listen", "off", "--log-level", "warn"];
    Ok(Arguments::try_parse_from(words)?.serve)
}

fn serve(typed: low::Serve) -> anyhow::Result<ServeOptions> {
    let shown = shown(&typed);
    let (external_host, path_prefix) = external(typed.external_url.as_deref())?;
    let listen = address(&typed.listen).context("--listen")?;
    let listen_otlp_required = typed.otlp_grpc_listen.is_some();
    let listen_otlp = match typed.otlp_grpc_listen.as_deref() {
        None => Some(SocketAddr::new(listen.ip(), 4317)),
        Some("off") => None,
        Some(text) => Some(address(text).context("--otlp-grpc-listen")?),
    };
    if typed.connections_max == 0 || typed.query_concurrency_max == 0 {
        bail!("--connections-max and --query-concurrency-max must be at least 1");
    }
    let bytes = |name: &str, text: Option<String>| {
        text.map(|text| parse_bytes(&text)).transpose().map_err(|error| anyhow!("{name}: {error}"))
    };
    let millis_if = |name: &str, text: Option<String>| text.map(|text| millis(name, &text)).transpose();
    Ok(ServeOptions {
        config: typed.config,
        data: typed.data.components().collect(),
        listen,
        listen_otlp,
        listen_otlp_required,
        web_config: typed.web_config,
        external_host,
        path_prefix,
        cors_origin: model::Regex::new(&typed.cors_origin).context("--cors-origin")?,
        connections_max: typed.connections_max,
        read_timeout: duration("--read-timeout", &typed.read_timeout)?,
        admin_api: typed.admin_api,
        quit_allowed: typed.enable_quit,
        discover_local: !typed.no_discover_local,
        host: !typed.no_host,
        host_always: false,
        retention_time_millis: millis_if("--retention-time", typed.retention_time)?,
        retention_bytes_max: bytes("--retention-size", typed.retention_size)?,
        free_bytes_min: bytes("--retention-free", Some(typed.retention_free))?.unwrap_or(0),
        memory_bytes_max: bytes("--memory-max", typed.memory_max)?,
        out_of_order_millis: millis_if("--out-of-order-window", typed.out_of_order_window)?,
        query: QueryLimits {
            timeout: duration("--query-timeout", &typed.query_timeout)?,
            samples_max: typed.query_samples_max,
            concurrency_max: typed.query_concurrency_max,
            lookback_millis: millis("--query-lookback", &typed.query_lookback)?,
        },
        log: LogOptions { filter: typed.log_level, format: log_format(typed.log_format) },
        features: typed.features,
        shown,
    })
}

fn millis(name: &str, text: &str) -> anyhow::Result<i64> {
    model::duration::parse_millis(text).with_context(|| name.to_owned())
}

fn duration(name: &str, text: &str) -> anyhow::Result<Duration> {
    Ok(Duration::from_millis(millis(name, text)?.unsigned_abs()))
}

/// The host and the path of an external URL; requests may come with the path in front, when a proxy leaves it there.
fn external(url: Option<&str>) -> anyhow::Result<(Option<String>, String)> {
    let Some(url) = url else { return Ok((None, String::new())) };
    let uri: axum::http::Uri = url.parse().with_context(|| format!("--external-url {url:?}"))?;
    match (uri.scheme(), uri.host()) {
        (Some(_), Some(host)) => Ok((Some(host.to_owned()), uri.path().trim_end_matches('/').to_owned())),
        _ => bail!("--external-url {url:?} is not a URL; write https://host/path"),
    }
}

/// Log lines go to standard error, so that is the terminal that counts.
fn log_format(typed: low::LogFormat) -> LogFormat {
    let terminal = std::io::stderr().is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none();
    match typed {
        low::LogFormat::Auto if terminal => LogFormat::Text { colour },
        low::LogFormat::Auto | low::LogFormat::Json => LogFormat::Json,
        low::LogFormat::Text => LogFormat::Text { colour },
    }
}

/// Reads `host:port`, `:port` (every address) or a name this machine resolves.
fn address(text: &str) -> anyhow::Result<SocketAddr> {
    if let Some(port) = text.strip_prefix(':') {
        let port = port.parse().with_context(|| format!("{port:?} is not a port"))?;
        return Ok(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port));
    }
    let mut resolved = std::net::ToSocketAddrs::to_socket_addrs(text)
        .with_context(|| format!("{text:?} is not an address; write host:port, such as 127.0.0.1:9090"))?;
    resolved.next().ok_or_else(|| anyhow!("{text:?} resolves to no address"))
}

/// The flags by name for `/api/v1/status/flags`, as typed or by default.
fn shown(typed: &low::Serve) -> Vec<(String, String)> {
    let path =
        |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let log_format = match typed.log_format {
        low::LogFormat::Auto => "auto",
        low::LogFormat::Text => "text",
        low::LogFormat::Json => "json",
    };
    [
        ("config", path(&typed.config)),
        ("connections-max", typed.connections_max.to_string()),
        ("cors-origin", typed.cors_origin.clone()),
        ("data", typed.data.display().to_string()),
        ("enable-quit", typed.enable_quit.to_string()),
        ("enable-feature", typed.features.join(",")),
        ("admin-api", typed.admin_api.to_string()),
        ("external-url", text(&typed.external_url)),
        ("listen", typed.listen.clone()),
        ("otlp-grpc-listen", text(&typed.otlp_grpc_listen)),
        ("log-format", log_format.to_owned()),
        ("log-level", typed.log_level.clone()),
        ("memory-max", text(&typed.memory_max)),
        ("no-discover-local", typed.no_discover_local.to_string()),
        ("no-host", typed.no_host.to_string()),
        ("out-of-order-window", text(&typed.out_of_order_window)),
        ("query-concurrency-max", typed.query_concurrency_max.to_string()),
        ("query-lookback", typed.query_lookback.clone()),
        ("query-samples-max", typed.query_samples_max.to_string()),
        ("query-timeout", typed.query_timeout.clone()),
        ("read-timeout", typed.read_timeout.clone()),
        ("retention-free", typed.retention_free.clone()),
        ("retention-size", text(&typed.retention_size)),
        ("retention-time", text(&typed.retention_time)),
        ("web-config", path(&typed.web_config)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}
