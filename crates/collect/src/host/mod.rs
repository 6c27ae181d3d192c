//! The machine this process runs on: what node_exporter would say of it, read from `/proc` and `/sys` without an agent.
//!
//! Each file below reads one corner of the kernel with pure functions, text in and readings out. A corner that cannot
//! be read (another kernel, a container) is left out; the others are told all the same.

mod disk;
mod filesystem;
mod memory;
mod network;
mod readings;
mod sockets;
mod stat;
mod system;

use std::sync::Arc;
use std::time::Instant;

use model::{Frame, Labels, Timestamp};
use tokio::sync::watch;
use wire::{Page, Shape};

use crate::config::{NameScheme, ScrapeLimits, Span};
use crate::dress::{Dresser, Report, Style};
use crate::scrape::{Order, Sink, now_millis, sleep_until};
use readings::Readings;

/// The name of the job that the machine's own metrics carry.
pub const HOST_JOB: &str = "host";

/// How this machine is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct HostConfig {
    /// How often.
    pub interval: Span,
}

/// The machine's metrics on their way into frames.
pub struct Host {
    dresser: Dresser,
    shape: Option<Arc<Shape>>,
    timeout_seconds: f64,
}

impl Host {
    /// Nothing read yet.
    pub fn new(config: &HostConfig) -> Host {
        let target = Labels::from_pairs([("job", HOST_JOB), ("instance", &system::host_name())]);
        let style = Style {
            target,
            rules: Vec::new(),
            honor_labels: false,
            honor_timestamps: true,
            track_timestamps: false,
            limits: ScrapeLimits::default(),
            names: NameScheme::Utf8,
            extra_metrics: false,
        };
        Host {
            dresser: Dresser::new(style),
            shape: None,
            timeout_seconds: config.interval.millis as f64 / 1_000.0,
        }
    }

    /// Reads the machine once. The same list of series shares one layout from one reading to the next.
    pub fn read(&mut self, time: Timestamp) -> Vec<Frame> {
        let clock = Instant::now();
        let (series, values, metadata) = read_all(time).into_parts();
        let shape = match &self.shape {
            Some(shape) if *shape.series == *series => shape.clone(),
            _ => self.shape.insert(Shape::new(series, metadata)).clone(),
        };
        let page = Page {
            shape,
            values,
            absent: Vec::new(),
            times: Vec::new(),
            histograms: Vec::new(),
            exemplars: Vec::new(),
            starts: Arc::from([]),
            duplicates: 0,
        };
        let report = Report {
            duration_seconds: clock.elapsed().as_secs_f64(),
            timeout_seconds: self.timeout_seconds,
            body_bytes: 0,
        };
        match self.dresser.dress(page, time, report) {
            Ok((frames, _)) => frames,
            Err(refusal) => {
                tracing::error!(%refusal, "the metrics of this machine cannot be kept");
                Vec::new()
            }
        }
    }
}

fn read_all(time: Timestamp) -> Readings {
    let mut readings = Readings::default();
    stat::read(&mut readings);
    memory::read(&mut readings);
    disk::read(&mut readings);
    filesystem::read(&mut readings);
    network::read(&mut readings);
    sockets::read(&mut readings);
    system::read(&mut readings, time);
    readings
}

/// Reads the machine again and again. Reading may wait (a file system that hangs), so it has a thread of its own.
pub(crate) async fn run(config: HostConfig, sink: Sink, mut orders: watch::Receiver<Order>) {
    let interval = config.interval.millis.max(1);
    let mut host = Host::new(&config);
    let mut due = now_millis();
    loop {
        tokio::select! {
            () = sleep_until(due) => {}
            _ = orders.wait_for(|order| *order != Order::Run) => return,
        }
        let reading = tokio::task::spawn_blocking(move || {
            let frames = host.read(due);
            (host, frames)
        });
        let Ok((returned, frames)) = reading.await else { return };
        host = returned;
        sink(&frames);
        // Moments are multiples of the interval, so that restarts do not shift them.
        due = (now_millis() / interval + 1) * interval;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_be_read_and_keeps_its_layout() {
        let mut host = Host::new(&HostConfig { interval: Span::from_secs(15) });
        let first = host.read(1_000);
        let names: Vec<&str> = first[0].layout.points.iter().map(|point| point.metric_name()).collect();
        for name in [
            "node_cpu_seconds_total",
            "node_memory_MemTotal_bytes",
            "node_load1",
            "node_boot_time_seconds",
            "up",
        ] {
            assert!(names.contains(&name), "{name}");
        }
        let second = host.read(2_000);
        assert_eq!(first[0].layout.id(), second[0].layout.id());
    }
}
