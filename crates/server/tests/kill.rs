//! The real binary, killed without warning again and again while it scrapes a real exporter and takes pushes: whatever it
//! acknowledged, and every scrape older than the sync interval, is there afterwards.
//!
//! `FLIGHTDECK_KILLS` says how often (4 by default, 50 for the long form).

mod harness;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use harness::{Directory, Process, encode, flightdeck, free_address, get, peer, post, wait_for_ready};

/// How old a scrape must be to have been made durable: the sync interval and as much again for a busy machine.
const SCRAPE_DURABLE_AFTER_SECONDS: f64 = 2.0;
const WRITERS: usize = 4;

/// Samples by series and time.
type Samples = BTreeMap<(String, String), f64>;

#[test]
fn nothing_acknowledged_is_lost_to_kill_9() {
    let Some(exporter) = peer("prometheus-node-exporter") else { return };
    let kills: u32 = std::env::var("FLIGHTDECK_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(4);
    let directory = Directory::new("kill");
    let (address, exporter_address) = (free_address(), free_address());
    let _exporter =
        Process::start(Command::new(exporter).arg(format!("--web.listen-address={exporter_address}")));
    let config = format!(
        "scrape_configs:\n- job_name: node\n  scrape_interval: 250ms\n  scrape_timeout: 250ms\n  static_configs:\n  - targets: ['{exporter_address}']\n"
    );
    directory.write("flightdeck.yml", &config);

    let acknowledged = Arc::new(Mutex::new(Samples::new()));
    let mut scraped = Samples::new();
    for round in 0..kills {
        let mut server = Process::start(flightdeck(&directory, address).args(["--config", "flightdeck.yml"]));
        wait_for_ready(address, "/-/ready");
        expect_all(address, "kill_probe", &acknowledged.lock().expect("no writer panicked"));
        expect_all(address, "node_cpu_seconds_total", &scraped);

        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (stop, acknowledged) = (stop.clone(), acknowledged.clone());
                std::thread::spawn(move || write_until(&stop, address, writer, &acknowledged))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(2_600 + u64::from(round * 337 % 700)));
        let seen = (Instant::now(), now_seconds(), samples_of(address, "node_cpu_seconds_total"));
        server.kill();
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.join().expect("the writer ends");
        }
        let durable =
            |time: &str| time.parse::<f64>().is_ok_and(|time| time < seen.1 - SCRAPE_DURABLE_AFTER_SECONDS);
        scraped.extend(seen.2.into_iter().filter(|((_, time), _)| durable(time)));
    }
    let _server = Process::start(flightdeck(&directory, address).args(["--config", "flightdeck.yml"]));
    wait_for_ready(address, "/-/ready");
    let acknowledged = acknowledged.lock().expect("no writer panicked");
    expect_all(address, "kill_probe", &acknowledged);
    expect_all(address, "node_cpu_seconds_total", &scraped);
    println!("{kills} kills, {} pushes and {} scraped samples kept", acknowledged.len(), scraped.len());
    assert!(acknowledged.len() as u32 > kills * 10, "the writers wrote: {}", acknowledged.len());
    assert!(!scraped.is_empty(), "the exporter was scraped");
}

/// Pushes one sample after the other and notes those that were answered with success.
fn write_until(stop: &AtomicBool, address: SocketAddr, writer: usize, acknowledged: &Mutex<Samples>) {
    let mut number = 0.0;
    while !stop.load(Ordering::Relaxed) {
        number += 1.0;
        let milliseconds = (now_seconds() * 1000.0) as i64;
        let body = format!("kill_probe{{writer=\"{writer}\"}} {number} {milliseconds}\n");
        match post(address, "/api/v1/import/prometheus", &[], body.as_bytes()) {
            Ok(response) if response.status / 100 == 2 => {
                let series = format!("{{\"__name__\":\"kill_probe\",\"writer\":\"{writer}\"}}");
                let key = (series, format!("{}", milliseconds as f64 / 1000.0));
                acknowledged.lock().expect("no writer panicked").insert(key, number);
            }
            Ok(response) => panic!("a push was refused: {} {}", response.status, response.text()),
            // The server has been killed under this request: whether it was kept is nobody's promise.
            Err(_) => {}
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn expect_all(address: SocketAddr, metric: &str, expected: &Samples) {
    let found = samples_of(address, metric);
    let missing: Vec<_> =
        expected.iter().filter(|(key, value)| found.get(key) != Some(value)).take(5).collect();
    assert!(
        missing.is_empty(),
        "{metric}: {} were acknowledged, {} are there, missing {missing:?}",
        expected.len(),
        found.len()
    );
}

/// Every raw sample of a metric in the last hour.
fn samples_of(address: SocketAddr, metric: &str) -> Samples {
    let response = get(address, &format!("/api/v1/query?query={}", encode(&format!("{metric}[1h]"))))
        .expect("the query is answered");
    let answer = response.json();
    let mut samples = Samples::new();
    for series in answer["data"]["result"].as_array().unwrap_or_else(|| panic!("no result: {answer}")) {
        let labels = series["metric"].to_string();
        for pair in series["values"].as_array().into_iter().flatten() {
            let value =
                pair[1].as_str().and_then(|value| value.parse().ok()).expect("a value is a number in quotes");
            samples.insert((labels.clone(), pair[0].to_string()), value);
        }
    }
    samples
}

fn now_seconds() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is past 1970").as_secs_f64()
}
