//! Clients of Prometheus's HTTP API ask the real binary: promtool, a Python package, and a Prometheus that reads remotely.

mod harness;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use harness::{
    Directory, Process, encode, flightdeck, free_address, get, peer, post, python, wait_for_ready, wait_until,
};

#[test]
fn promtool_queries_and_checks() {
    let Some(promtool) = peer("promtool") else { return };
    let directory = Directory::new("promtool");
    let (address, _server) = start_with_data(&directory);
    let url = format!("http://{address}");
    let ask = |arguments: &[&str]| {
        let output = Command::new(&promtool).args(arguments).output().expect("promtool runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("promtool prints text")
    };
    // Releases before 2.43 cannot check a server.
    if ask(&["--help"]).contains("check healthy") {
        assert!(ask(&["check", "healthy", &format!("--url={url}")]).contains("SUCCESS"));
        assert!(ask(&["check", "ready", &format!("--url={url}")]).contains("SUCCESS"));
    }
    let instant = ask(&["query", "instant", &url, "client_probe{side=\"left\"}"]);
    assert!(instant.contains("client_probe{") && instant.contains("=> 1 @["), "{instant}");
    let range = ask(&["query", "range", &url, "sum(client_probe)"]);
    assert!(range.contains("3 @["), "{range}");
    let series = ask(&["query", "series", "--match=client_probe", &url]);
    assert_eq!(series.matches("client_probe").count(), 2, "{series}");
    assert_eq!(ask(&["query", "labels", &url, "side"]).trim(), "left\nright");
}

#[test]
fn a_python_package_finds_everything() {
    let Some(python) = python() else { return };
    let directory = Directory::new("api-client");
    let (address, _server) = start_with_data(&directory);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/api_client.py");
    let output =
        Command::new(python).arg(script).arg(format!("http://{address}")).output().expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!((&told["alive"], &told["has_metric"]), (&true.into(), &true.into()), "{told}");
    assert_eq!(told["values"], serde_json::json!(["left", "right"]));
    assert!(told["labels"].as_array().is_some_and(|labels| labels.contains(&"side".into())), "{told}");
    assert_eq!(told["instant"].as_array().map(Vec::len), Some(2), "{told}");
    assert_eq!(told["range"].as_array().map(Vec::len), Some(2), "{told}");
    assert_eq!(told["current"][0]["value"][1], "1", "{told}");
    assert_eq!(told["raw"].as_array().map(Vec::len), Some(2), "{told}");
}

#[test]
fn a_prometheus_reads_remotely() {
    let Some(prometheus) = peer("prometheus") else { return };
    let directory = Directory::new("remote-read");
    let (address, _server) = start_with_data(&directory);
    let own = free_address();
    let config = directory.write(
        "prometheus.yml",
        &format!("remote_read:\n- url: http://{address}/api/v1/read\n  read_recent: true\n"),
    );
    let _prometheus = Process::start(
        Command::new(prometheus)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--web.listen-address={own}"))
            .arg(format!("--storage.tsdb.path={}", directory.path().join("prometheus").display())),
    );
    wait_for_ready(own, "/-/ready");
    let path = format!("/api/v1/query?query={}", encode("sort(client_probe)"));
    wait_until("the peer finds our samples", 20, || {
        let answer = get(own, &path).expect("it answers").json();
        answer["data"]["result"]
            .as_array()
            .is_some_and(|result| result.len() == 2 && result[1]["value"][1] == "2")
    });
    let path = format!("/api/v1/query?query={}", encode("count_over_time(client_probe{side=\"left\"}[10m])"));
    let answer = get(own, &path).expect("it answers").json();
    assert_eq!(answer["data"]["result"][0]["value"][1], "20", "{answer}");
}

/// A server that holds twenty samples of two series, the last of them a moment ago.
fn start_with_data(directory: &Directory) -> (SocketAddr, Process) {
    let address = free_address();
    directory.write("flightdeck.yml", "scrape_configs: []\n");
    let server = Process::start(flightdeck(directory, address).args(["--config", "flightdeck.yml"]));
    wait_for_ready(address, "/-/ready");
    let now =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis() as i64;
    let mut body = String::new();
    for age in (0..20).rev() {
        let time = now - age * 10_000;
        body.push_str(&format!(
            "client_probe{{side=\"left\"}} 1 {time}\nclient_probe{{side=\"right\"}} 2 {time}\n"
        ));
    }
    let response =
        post(address, "/api/v1/import/prometheus", &[], body.as_bytes()).expect("the import is answered");
    assert_eq!(response.status / 100, 2, "{}", response.text());
    (address, server)
}
