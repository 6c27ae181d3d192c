//! Other people's programs speak to the real binary: official clients are scraped, an official SDK pushes, a real
//! Prometheus remote-writes, and what arrives is asked back through the query API.

mod harness;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{
    Directory, Process, encode, flightdeck, free_address, get, peer, python, wait_for_ready, wait_until,
};

#[test]
fn the_official_python_client_is_scraped_in_every_text_format() {
    let Some(python) = python() else { return };
    let (_client, target) =
        Process::start_and_read_line(Command::new(python).arg(peer_source("python_client.py")));
    for protocol in
        ["OpenMetricsText1.0.0", "OpenMetricsText0.0.1", "PrometheusText1.0.0", "PrometheusText0.0.4"]
    {
        let directory = Directory::new("python-client");
        let config = scrape_config(&target, &format!("scrape_protocols: [{protocol}]"));
        let (address, _server) = start(&directory, &config, &[]);
        wait_for_value(address, "up{job=\"peer\"}", 1.0);
        expect_value(address, "orders_total{method=\"card\"}", 3.0);
        expect_value(address, r#"orders_total{method="quote \" backslash \\ newline \n end"}"#, 2.0);
        expect_value(address, "queue_length", -1.5);
        expect_value(address, r#"order_duration_seconds_bucket{le="1.0"}"#, 2.0);
        expect_value(address, "order_duration_seconds_sum", 55.55);
        expect_value(address, "order_size_bytes_count", 1.0);
        expect_value(address, r#"build_info{version="1.2.3"}"#, 1.0);
        expect_value(address, r#"state{state="closed"}"#, 0.0);
        if protocol == "OpenMetricsText1.0.0" {
            let exemplars = get(address, "/api/v1/query_exemplars?query=orders_total&start=0&end=9999999999")
                .expect("answered");
            assert!(exemplars.text().contains("4bf92f3577b34da6a3ce929d0e0e4736"), "{}", exemplars.text());
            let metadata = get(address, "/api/v1/metadata?metric=orders").expect("answered").json();
            assert_eq!(metadata["data"]["orders"][0]["type"], "counter", "{metadata}");
        }
    }
}

#[test]
fn native_histograms_of_the_official_go_client_are_scraped_as_protobuf() {
    let Some(go) = peer("go") else { return };
    let directory = Directory::new("go-client");
    let program = directory.path().join("native-histograms");
    let built = Command::new(go)
        .current_dir(peer_source("native_histograms"))
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .status();
    assert!(built.is_ok_and(|status| status.success()), "the peer is built");
    let (_client, target) = Process::start_and_read_line(&mut Command::new(&program));
    let (address, _server) =
        start(&directory, &scrape_config(&target, "scrape_native_histograms: true"), &[]);
    wait_for_value(address, "up{job=\"peer\"}", 1.0);
    expect_value(address, r#"histogram_count(peer_native_duration_seconds{route="/orders/{id}"})"#, 1000.0);
    expect_value(address, "peer_requests_total", 7.0);
    // Half of the observations lie below 2^0, spread evenly over the exponents, so the median is 1 up to a bucket's width.
    let median =
        value(address, "histogram_quantile(0.5, peer_native_duration_seconds)").expect("there is a median");
    assert!((0.9..1.1).contains(&median), "{median}");
    // Native wins over classic where both are exposed.
    assert_eq!(value(address, "peer_both_duration_seconds_bucket"), None);
    expect_value(address, "histogram_count(peer_both_duration_seconds)", 1000.0);
}

#[test]
fn the_official_opentelemetry_sdk_pushes_over_http_and_grpc() {
    let Some(python) = python() else { return };
    let directory = Directory::new("opentelemetry");
    let grpc = free_address();
    let (address, _server) =
        start(&directory, "scrape_configs: []\n", &["--otlp-grpc-listen", &grpc.to_string()]);
    let send = |protocol: &str, endpoint: &str| {
        let sent = Command::new(&python)
            .arg(peer_source("opentelemetry_sdk.py"))
            .args([protocol, endpoint])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "{protocol}: everything is delivered");
    };
    send("http", &format!("http://{address}/api/v1/otlp/v1/metrics"));
    send("grpc", &format!("http://{grpc}"));
    for service in ["cumulative-http", "delta-http", "cumulative-grpc", "delta-grpc"] {
        let job = format!("job=\"shop/{service}\",instance=\"one\"");
        expect_value(address, &format!(r#"http_requests_total{{{job},route="/orders/{{id}}"}}"#), 10.0);
        expect_value(address, &format!("request_duration_seconds_count{{{job}}}"), 2.0);
        expect_value(address, &format!("histogram_count(exp_duration_seconds{{{job}}})"), 8.0);
        expect_value(address, &format!("queue_length{{{job}}}"), 4.0);
        expect_value(address, &format!(r#"target_info{{{job},cloud_region="here"}}"#), 1.0);
    }
}

#[test]
fn a_real_prometheus_remote_writes() {
    let Some(prometheus) = peer("prometheus") else { return };
    let directory = Directory::new("remote-write");
    let (address, _server) = start(&directory, "scrape_configs: []\n", &[]);
    let own = free_address();
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: prometheus\n  static_configs: [{{targets: ['{own}']}}]\nremote_write:\n- url: http://{address}/api/v1/write\n"
    );
    let config = directory.write("prometheus.yml", &config);
    let _prometheus = Process::start(
        Command::new(prometheus)
            .current_dir(directory.path())
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--web.listen-address={own}"))
            .arg("--storage.tsdb.path=prometheus"),
    );
    wait_for_value(address, "up{job=\"prometheus\"}", 1.0);
    let query = "count(prometheus_build_info{job=\"prometheus\"})";
    wait_for_value(address, query, 1.0);
    wait_until("several scrapes arrive", 30, || {
        value(address, "count_over_time(up{job=\"prometheus\"}[1m])") >= Some(3.0)
    });
    // What Prometheus answers for a sample that is old enough to have been sent, we answer too.
    let time = value(address, "timestamp(up{job=\"prometheus\"})").expect("it is there") - 1.0;
    let path = format!("/api/v1/query?query={}&time={time}", encode("sort(prometheus_http_requests_total)"));
    let (theirs, ours) =
        (get(own, &path).expect("answered").json(), get(address, &path).expect("answered").json());
    assert_eq!(
        theirs["data"]["result"].as_array().map(Vec::len),
        ours["data"]["result"].as_array().map(Vec::len)
    );
}

fn start(directory: &Directory, config: &str, arguments: &[&str]) -> (SocketAddr, Process) {
    let address = free_address();
    directory.write("flightdeck.yml", config);
    let server =
        Process::start(flightdeck(directory, address).args(["--config", "flightdeck.yml"]).args(arguments));
    wait_for_ready(address, "/-/ready");
    (address, server)
}

fn scrape_config(target: &str, extra: &str) -> String {
    format!(
        "scrape_configs:\n- job_name: peer\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  {extra}\n  static_configs:\n  - targets: ['{target}']\n"
    )
}

fn peer_source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers").join(name)
}

/// The value of the only series of an instant query.
fn value(address: SocketAddr, query: &str) -> Option<f64> {
    let answer = get(address, &format!("/api/v1/query?query={}", encode(query))).ok()?.json();
    let result = answer["data"]["result"].as_array()?;
    assert!(result.len() <= 1, "{query} has {} series: {answer}", result.len());
    result.first()?["value"][1].as_str()?.parse().ok()
}

fn expect_value(address: SocketAddr, query: &str, want: f64) {
    let found = value(address, query);
    assert!(found.is_some_and(|found| (found - want).abs() < 1e-9), "{query} is {found:?}, not {want}");
}

fn wait_for_value(address: SocketAddr, query: &str, want: f64) {
    wait_until(&format!("{query} is {want}"), 30, || value(address, query) == Some(want));
}
