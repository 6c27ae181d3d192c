//! The metrics of this machine beside those of node_exporter, where it is installed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use collect::config::Span;
use collect::host::{Host, HostConfig};
use model::{Labels, MetricType};
use wire::{Format, Options, Reader};

use crate::support::{client, fetch};

const EXPORTER: &str = "prometheus-node-exporter";

/// The corners of the kernel that both read.
const COLLECTORS: &str = "conntrack cpu diskstats entropy filefd filesystem loadavg meminfo netclass netdev netstat pressure \
    sockstat stat time uname vmstat";

/// Debian leaves out more than the exporter's authors do, and its release is older: what is left out is said here as they
/// say it today.
const SCOPE: &[&str] = &[
    "--collector.netdev.device-exclude=^$",
    "--collector.filesystem.mount-points-exclude=^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
    "--collector.netstat.fields=^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
];

/// What metrics begin with whose value is the moment's, on a machine where other tests run: they must be there, and may
/// say anything.
const FICKLE: &[&str] = &[
    "node_disk_io_now",
    "node_filefd_allocated",
    "node_load",
    "node_netstat_Tcp_CurrEstab",
    "node_nf_conntrack_entries",
    "node_procs_",
    "node_sockstat_",
    "node_time_seconds",
];

/// How far memory may move between two readings.
const MEMORY_SLACK_BYTES: f64 = (1u64 << 30) as f64;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a source says: type by family, value by series.
#[derive(Default)]
struct Said {
    kinds: BTreeMap<String, MetricType>,
    values: BTreeMap<Labels, f64>,
}

fn by_flightdeck(host: &mut Host, time: i64) -> Said {
    let mut said = Said::default();
    for frame in host.read(time) {
        for (name, metadata) in frame.layout.metadata.iter() {
            said.kinds.insert(name.clone(), metadata.kind);
        }
        for (point, value) in frame.layout.points.iter().zip(&frame.values) {
            if point.metric_name().starts_with("node_") {
                said.values.insert(point.clone(), *value);
            }
        }
    }
    said
}

async fn by_exporter(url: &str) -> Option<Said> {
    let body = fetch(&mut client(serde_json::json!({})), url).await;
    let page = Reader::new().read(body.as_bytes(), Format::Text, &Options::default()).ok()?;
    let said = Said {
        kinds: page.shape.metadata.iter().map(|(name, metadata)| (name.clone(), metadata.kind)).collect(),
        values: page.shape.series.iter().cloned().zip(page.values).collect(),
    };
    (!said.values.is_empty()).then_some(said)
}

fn start_exporter() -> Option<(Running, String)> {
    let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
    let child = Command::new(EXPORTER)
        .args(["--collector.disable-defaults", "--web.disable-exporter-metrics"])
        .args(COLLECTORS.split(' ').map(|name| format!("--collector.{name}")))
        .args(SCOPE)
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    Some((Running(child), format!("http://127.0.0.1:{port}/metrics")))
}

#[tokio::test]
async fn this_machine_is_told_as_node_exporter_tells_it() {
    let Some((_running, url)) = start_exporter() else {
        assert!(std::env::var("CI").is_err(), "{EXPORTER} is not installed");
        return println!("skipped: {EXPORTER} is not installed");
    };
    let mut host = Host::new(&HostConfig { interval: Span::from_secs(15) });
    let began = Instant::now();
    let (before, theirs) = loop {
        let before = by_flightdeck(&mut host, 1);
        match by_exporter(&url).await {
            Some(theirs) => break (before, theirs),
            None if began.elapsed() > Duration::from_secs(10) => panic!("{EXPORTER} does not answer"),
            None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let after = by_flightdeck(&mut host, 2);

    let mut differences = Vec::new();
    let names = |said: &Said| {
        said.values.keys().map(|series| series.metric_name().to_owned()).collect::<BTreeSet<_>>()
    };
    let shared: BTreeSet<String> = names(&before).intersection(&names(&theirs)).cloned().collect();
    for name in names(&before).difference(&shared) {
        differences.push(format!("{name}: {EXPORTER} does not have it"));
    }
    for name in &shared {
        if before.kinds.get(name) != theirs.kinds.get(name) {
            differences.push(format!(
                "{name}: {:?}, not {:?}",
                before.kinds.get(name),
                theirs.kinds.get(name)
            ));
        }
    }
    for (series, theirs) in theirs.values.iter().filter(|(series, _)| shared.contains(series.metric_name())) {
        match (before.values.get(series), after.values.get(series)) {
            (Some(&before), Some(&after)) if is_close(series, before, *theirs, after) => {}
            (Some(before), Some(after)) => {
                differences.push(format!("{series}: {before} and {after}, not {theirs}"))
            }
            _ => differences.push(format!("{series}: is missing")),
        }
    }
    for series in before.values.keys().filter(|series| shared.contains(series.metric_name())) {
        if !theirs.values.contains_key(series) {
            differences.push(format!("{series}: {EXPORTER} does not have it"));
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {} series:\n{}",
        differences.len(),
        before.values.len(),
        differences.join("\n")
    );
    assert!(shared.len() > 100, "only {} metrics are told by both", shared.len());
}

/// Whether a value lies between the two that were read around it, give or take what this machine does meanwhile.
fn is_close(series: &Labels, before: f64, theirs: f64, after: f64) -> bool {
    let name = series.metric_name();
    let (low, high) = (before.min(after), before.max(after));
    let memory = if name.starts_with("node_memory_") { MEMORY_SLACK_BYTES } else { 0.0 };
    let slack = 1.0 + memory + 0.1 * high.abs().max(low.abs());
    (low - slack..=high + slack).contains(&theirs) || FICKLE.iter().any(|prefix| name.starts_with(prefix))
}
