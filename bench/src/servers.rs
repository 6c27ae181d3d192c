//! The servers that are compared: how each is configured, started, asked and stopped.

use std::fmt::Write;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde_json::Value;

use crate::http;
use crate::machine::first_line;

const READY_TIMEOUT: Duration = Duration::from_secs(20);
const STOP_TIMEOUT: Duration = Duration::from_secs(60);
const QUERY_TIMEOUT: Duration = Duration::from_secs(120);

/// A server that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// This project's.
    Flightdeck,
    /// Prometheus.
    Prometheus,
    /// VictoriaMetrics, single node.
    VictoriaMetrics,
}

/// A server that is running; dropped, it is killed.
pub(crate) struct Server {
    /// Which it is.
    pub(crate) kind: Kind,
    /// What it says its version is.
    pub(crate) version: String,
    /// Where its data is.
    pub(crate) data: PathBuf,
    address: SocketAddr,
    child: Child,
}

impl Kind {
    /// Every one there is, ours first.
    pub(crate) fn all() -> Vec<Kind> {
        vec![Kind::Flightdeck, Kind::Prometheus, Kind::VictoriaMetrics]
    }

    /// Its name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Flightdeck => "Flightdeck",
            Kind::Prometheus => "Prometheus",
            Kind::VictoriaMetrics => "VictoriaMetrics",
        }
    }

    /// The path at which it alone scrapes.
    pub(crate) fn scraped_path(self) -> &'static str {
        match self {
            Kind::Flightdeck => "/for/flightdeck",
            Kind::Prometheus => "/for/prometheus",
            Kind::VictoriaMetrics => "/for/victoria-metrics",
        }
    }

    /// The program, if it is there: ours lies beside this one, peers on the path.
    pub(crate) fn program(self) -> Option<PathBuf> {
        let name = match self {
            Kind::Flightdeck => {
                let beside = std::env::current_exe().ok()?.with_file_name("flightdeck");
                return beside.is_file().then_some(beside);
            }
            Kind::Prometheus => "prometheus",
            Kind::VictoriaMetrics => "victoria-metrics",
        };
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|directory| directory.join(name)).find(|program| program.is_file())
    }

    fn version(self, program: &Path) -> String {
        let flag = if self == Kind::VictoriaMetrics { "-version" } else { "--version" };
        let said = first_line(&program.display().to_string(), &[flag]);
        if !said.is_empty() {
            return said;
        }
        // Some builds do not know their version, but the package they came in does.
        let package = program.file_name().unwrap_or_default().to_string_lossy();
        format!("{package} {}", first_line("dpkg-query", &["--show", "--showformat=${Version}", &package]))
    }

    fn arguments(self, config: &Path, data: &Path, address: SocketAddr) -> Vec<String> {
        let (config, data) = (config.display(), data.display());
        match self {
            Kind::Flightdeck => vec![
                format!("--config={config}"),
                format!("--data={data}"),
                format!("--listen={address}"),
                "--otlp-grpc-listen=off".into(),
                "--no-discover-local".into(),
                "--no-host".into(),
                "--log-level=warn".into(),
            ],
            Kind::Prometheus => vec![
                format!("--config.file={config}"),
                format!("--storage.tsdb.path={data}"),
                format!("--web.listen-address={address}"),
                "--log.level=warn".into(),
            ],
            Kind::VictoriaMetrics => vec![
                format!("-promscrape.config={config}"),
                format!("-storageDataPath={data}"),
                format!("-httpListenAddr={address}"),
                "-loggerLevel=WARN".into(),
                // By default it hides the last half minute from queries.
                "-search.latencyOffset=1s".into(),
            ],
        }
    }

    fn ready_path(self) -> &'static str {
        if self == Kind::VictoriaMetrics { "/health" } else { "/-/ready" }
    }
}

impl Server {
    /// Starts it in `directory`, scraping `targets`, and waits until it is ready.
    pub(crate) fn start(
        kind: Kind,
        program: &Path,
        directory: &Path,
        targets: &[SocketAddr],
        interval: u64,
    ) -> Result<Server> {
        let config = configuration(kind, targets, interval);
        Server::launch(kind, program, &directory.join(kind.name()), &config, &[])
    }

    /// Starts it in `directory` with nothing to scrape, ready to be given samples of the past.
    pub(crate) fn start_empty(kind: Kind, program: &Path, directory: &Path) -> Result<Server> {
        // What lies further back than an hour of its own samples is refused unless it is expected.
        const EXPECTS_THE_PAST: &str = "storage: {tsdb: {out_of_order_time_window: 30h}}\n";
        let (configuration, more): (&str, &[&str]) = match kind {
            Kind::Flightdeck => (EXPECTS_THE_PAST, &[]),
            Kind::Prometheus => ("global: {}\n", &["--web.enable-remote-write-receiver"]),
            Kind::VictoriaMetrics => ("global: {}\n", &["-search.maxUniqueTimeseries=1000000"]),
        };
        Server::launch(kind, program, directory, configuration, more)
    }

    /// Starts ours on a store that is there, whatever its age, with nothing to scrape.
    pub(crate) fn start_on(data: &Path) -> Result<Server> {
        let program = Kind::Flightdeck.program().context("the server was not built")?;
        let directory = data.parent().context("the data lie in a directory")?;
        Server::launch(Kind::Flightdeck, &program, directory, "global: {}\n", &["--retention-time=100y"])
    }

    fn launch(
        kind: Kind,
        program: &Path,
        directory: &Path,
        configuration: &str,
        more: &[&str],
    ) -> Result<Server> {
        let data = directory.join("data");
        fs::create_dir_all(&data)?;
        let config = directory.join("prometheus.yml");
        fs::write(&config, configuration)?;
        let log = File::create(directory.join("log"))?;
        // Whoever binds the port after this may lose it to another program; the server then says so and the run ends.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(program)
            .args(kind.arguments(&config, &data, address))
            .args(more)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Server { kind, version: kind.version(program), data, address, child };
        let log = || fs::read_to_string(directory.join("log")).unwrap_or_default();
        server.wait_until_ready().with_context(|| format!("{} did not start:\n{}", kind.name(), log()))?;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How many samples of the fleet it had at `time`, asked metric by metric: without names, series would be the same.
    pub(crate) fn samples(&self, time: f64) -> Result<u64> {
        let path = "/api/v1/label/__name__/values";
        let answer: Value = serde_json::from_str(&http::get(self.address, path, QUERY_TIMEOUT)?)?;
        let names = answer["data"].as_array().context("there are no metric names")?;
        let mut samples = 0.0;
        for name in names.iter().filter_map(Value::as_str) {
            // Other jobs, such as the server's own, have metrics that the fleet does not have.
            let query = format!("sum(count_over_time({name}{{job=\"fleet\"}}[1d])) or vector(0)");
            samples += self.number(&query, time)?;
        }
        Ok(samples as u64)
    }

    /// How many series of the fleet had a sample at `time`.
    pub(crate) fn series(&self, time: f64) -> Result<u64> {
        self.number(r#"count({job="fleet"})"#, time).map(|number| number as u64)
    }

    /// The one number that a query yields at `time`.
    fn number(&self, query: &str, time: f64) -> Result<f64> {
        let path = format!("/api/v1/query?query={}&time={time:.3}&timeout=110s", http::encoded(query));
        let answer: Value = serde_json::from_str(&http::get(self.address, &path, QUERY_TIMEOUT)?)?;
        let value = answer.pointer("/data/result/0/value/1").and_then(Value::as_str);
        value.context("the query has no result")?.parse().context("the result is not a number")
    }

    /// Ends it in order and returns how long that took.
    pub(crate) fn stop(&mut self) -> Result<Duration> {
        let begun = Instant::now();
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        if !sent.success() {
            bail!("{} was gone before it was stopped", self.kind.name());
        }
        while self.child.try_wait()?.is_none() {
            if begun.elapsed() > STOP_TIMEOUT {
                bail!("{} did not stop within {} s", self.kind.name(), STOP_TIMEOUT.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(begun.elapsed())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}");
            }
            match http::get(self.address, self.kind.ready_path(), Duration::from_secs(2)) {
                Ok(_) => return Ok(()),
                Err(error) if begun.elapsed() > READY_TIMEOUT => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(kind: Kind, targets: &[SocketAddr], interval: u64) -> String {
    let mut text = format!(
        "global:\n  scrape_interval: {interval}s\n  scrape_timeout: {interval}s\nscrape_configs:\n- job_name: fleet\n  metrics_path: {}\n  static_configs:\n  - targets:\n",
        kind.scraped_path()
    );
    for target in targets {
        let _ = writeln!(text, "    - '{target}'");
    }
    text
}
