//! The collector as a whole: targets found, scraped, changed by a reload, and ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Server, header, job, page};
use collect::scrape::Health;
use collect::{Collector, Extras};
use http_body_util::Full;
use model::{Frame, is_stale_nan};
use parking_lot::Mutex;
use serde_json::json;

/// Every frame that was handed over.
pub(crate) type Seen = Arc<Mutex<Vec<Frame>>>;

/// A collector, and what it brings.
pub(crate) fn start() -> (Collector, Seen) {
    let seen = Seen::default();
    let into = seen.clone();
    (Collector::start(Arc::new(move |frames: &[Frame]| into.lock().extend_from_slice(frames))), seen)
}

/// The values of one series in the order they came; staleness markers as `None`.
pub(crate) fn values(seen: &Seen, series: &str) -> Vec<Option<f64>> {
    let frames = seen.lock();
    let all = frames.iter().flat_map(|frame| {
        let said = (0..frame.values.len()).filter(|column| !frame.absent.contains(&(*column as u32)));
        said.filter(|&column| frame.layout.series(column).to_string() == series)
            .map(|column| frame.values[column])
    });
    all.map(|value| (!is_stale_nan(value)).then_some(value)).collect()
}

/// Waits until a condition holds.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(10), "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_is_scraped_fails_and_goes_away() {
    let (count, broken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (counter, is_broken) = (count.clone(), broken.clone());
    let server = Server::start(move |request| {
        assert_eq!(header(request, "x-prometheus-scrape-timeout-seconds"), "0.2");
        assert_eq!(header(request, "accept-encoding"), "identity");
        let count = counter.fetch_add(1, Ordering::SeqCst);
        if is_broken.load(Ordering::SeqCst) { page("broken{") } else { page(format!("n {count}\n")) }
    })
    .await;
    let section = |targets: Vec<String>| {
        job(json!({
            "job_name": "j", "scrape_interval": "200ms", "scrape_timeout": "200ms",
            "static_configs": [{"targets": targets, "labels": {"instance": "i"}}],
        }))
    };
    let (collector, seen) = start();
    collector.apply(vec![section(vec![server.address.to_string()])], Extras::default()).await;
    let n = r#"n{instance="i", job="j"}"#;
    until("three scrapes", || values(&seen, n).len() >= 3).await;
    assert_eq!(values(&seen, n)[..3], [Some(0.0), Some(1.0), Some(2.0)]);

    // A reload that changes nothing leaves the loop and its connection alone.
    collector.apply(vec![section(vec![server.address.to_string()])], Extras::default()).await;
    broken.store(true, Ordering::SeqCst);
    let up = r#"up{instance="i", job="j"}"#;
    until("a failure", || values(&seen, up).last() == Some(&Some(0.0))).await;
    assert_eq!(values(&seen, n).last(), Some(&None));
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    until("the failure to be shown", || collector.status()[0].targets[0].state.health == Health::Down).await;
    let state = collector.status()[0].targets[0].state.clone();
    assert!(state.last_error.is_some_and(|error| error.starts_with("line 1, column")));

    collector.apply(vec![section(vec![])], Extras::default()).await;
    until("the end of up", || values(&seen, up).last() == Some(&None)).await;
    let said = seen.lock().len();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(seen.lock().len(), said, "nothing is said after the end");
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn targets_come_from_a_web_server_and_limits_hold() {
    let metrics = Server::start(|_| page("n 1\n")).await;
    let address = metrics.address.to_string();
    let list = Server::start(move |_| {
        let body = json!([{"targets": [address, "dropped:1"], "labels": {"zone": "z"}}]).to_string();
        http::Response::builder()
            .header("content-type", "application/json")
            .body(Full::new(body.into()))
            .unwrap()
    })
    .await;
    let section = |limit: u64| {
        job(json!({
            "job_name": "web", "scrape_interval": "100ms", "scrape_timeout": "100ms", "sample_limit": limit,
            "http_sd_configs": [{"url": list.url("/")}],
            "relabel_configs": [{"source_labels": ["__address__"], "regex": "dropped.*", "action": "drop"}],
        }))
    };
    let (collector, seen) = start();
    collector.apply(vec![section(1)], Extras::default()).await;
    let n = format!(r#"n{{instance="{}", job="web", zone="z"}}"#, metrics.address);
    until("a scrape", || !values(&seen, &n).is_empty()).await;
    let status = collector.status();
    assert_eq!((status[0].targets.len(), status[0].dropped_count), (1, 1));
    assert_eq!(status[0].dropped[0].value("__meta_url"), list.url("/"));
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn this_machine_is_a_job_of_its_own() {
    let (collector, seen) = start();
    let host = collect::host::HostConfig { interval: collect::config::Span::from_secs(1) };
    collector.apply(vec![], Extras { host: Some(host), ..Extras::default() }).await;
    until("a reading", || !seen.lock().is_empty()).await;
    assert_eq!(seen.lock()[0].layout.target.value("job"), "host");
    collector.stop().await;
}
