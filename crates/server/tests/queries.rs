//! Queries that run: listed, stopped by their number, by their time and by their caller going away; and what they used.

mod harness;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use harness::{
    Directory, Process, Response, encode, flightdeck, free_address, get, post, request, wait_for_ready,
    wait_until,
};
use serde_json::{Value, json};

/// A query that would take minutes.
const SLOW: &str = "sum_over_time(sum_over_time(vector(time())[1d:1s])[1d:1s])";

/// How long a query that was stopped may go on, on a machine that does other things too.
const STOP_MAX: Duration = Duration::from_secs(3);

struct Server {
    address: SocketAddr,
    process: Process,
    _directory: Directory,
}

impl Server {
    fn start(name: &str) -> Server {
        let (directory, address) = (Directory::new(name), free_address());
        let mut command = flightdeck(&directory, address);
        let process = Process::start(command.args(["--otlp-grpc-listen", "off", "--retention-time", "100y"]));
        wait_for_ready(address, "/-/ready");
        Server { address, process, _directory: directory }
    }

    fn get(&self, path: &str) -> Response {
        get(self.address, &format!("/api/v1/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn data(&self, path: &str) -> Value {
        let response = self.get(path);
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.json()["data"].take()
    }

    /// Asks on a thread of its own.
    fn ask(&self, path: String) -> JoinHandle<Response> {
        let address = self.address;
        std::thread::spawn(move || get(address, &format!("/api/v1/{path}")).expect("an answer"))
    }

    /// The queries that run.
    fn running(&self) -> Vec<Value> {
        self.data("queries").as_array().cloned().unwrap_or_default()
    }
}

fn check_error(response: &Response, status: u16, kind: &str, message: &str) {
    let body = response.json();
    assert_eq!(response.status, status, "{body}");
    assert_eq!((&body["status"], &body["errorType"]), (&json!("error"), &json!(kind)), "{body}");
    assert_eq!(body["error"], message);
}

#[test]
fn a_query_is_listed_and_stopped_by_its_number() {
    let server = Server::start("queries-stop");
    assert!(server.running().is_empty());
    let asking = server.ask(format!("query?query={}", encode(SLOW)));
    wait_until("the query runs", 5, || !server.running().is_empty());
    let listed = server.running();
    assert_eq!((&listed[0]["query"], &listed[0]["cancelled"]), (&json!(SLOW), &json!(false)));
    let stopped = Instant::now();
    let path = format!("/api/v1/queries/{}", listed[0]["id"]);
    let answer = request(server.address, "DELETE", &path, &[], b"").expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let response = asking.join().expect("it is answered");
    assert!(stopped.elapsed() < STOP_MAX, "it went on for {:?}", stopped.elapsed());
    check_error(&response, 499, "canceled", "query was canceled in expression evaluation");
    wait_until("the query is gone", 5, || server.running().is_empty());
}

#[test]
fn a_query_has_the_time_it_asks_for() {
    let server = Server::start("queries-timeout");
    let asked = Instant::now();
    let response = server.get(&format!("query?timeout=100ms&query={}", encode(SLOW)));
    check_error(&response, 503, "timeout", "query timed out in expression evaluation");
    assert!(asked.elapsed() < STOP_MAX, "it went on for {:?}", asked.elapsed());
}

#[test]
fn a_query_ends_when_its_caller_goes_away() {
    let server = Server::start("queries-gone");
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    write!(stream, "GET /api/v1/query?query={} HTTP/1.1\r\nHost: here\r\n\r\n", encode(SLOW)).expect("sent");
    wait_until("the query runs", 5, || !server.running().is_empty());
    drop(stream);
    wait_until("the query is gone", 3, || server.running().is_empty());
    let busy = || server.data("query?query=1")["resultType"].clone();
    assert_eq!(busy(), "scalar");
}

/// Series of one sample each, and the steps they are asked at: an answer of many megabytes from little data.
const MANY: usize = 400;
const STEPS: usize = 11_000;
/// What the values of that answer take while they are evaluated.
const EVALUATED_BYTES: u64 = (MANY * STEPS * size_of::<f64>()) as u64;

/// A server, and a question with a large answer.
fn with_a_large_answer(name: &str) -> (Server, String) {
    let server = Server::start(name);
    let page: String = (0..MANY).map(|number| format!("probe{{number=\"{number}\"}} 0.5 600000\n")).collect();
    let imported =
        post(server.address, "/api/v1/import/prometheus", &[], page.as_bytes()).expect("an answer");
    assert!(imported.status < 300, "{}", imported.text());
    let range = format!("start=600&end={}&step=1", 600 + STEPS - 1);
    (server, format!("/api/v1/query_range?{range}&query={}", encode("probe @ 600")))
}

/// The most memory the server had so far.
fn peak_bytes(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it has memory");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

#[test]
fn a_large_answer_takes_no_more_memory_than_its_evaluation() {
    for encoding in ["identity", "gzip", "zstd"] {
        let (server, path) = with_a_large_answer("queries-large");
        let before = peak_bytes(&server);
        let headers = [("Accept-Encoding", encoding)];
        let answer = request(server.address, "GET", &path, &headers, b"").expect("an answer");
        assert_eq!((answer.status, answer.header("content-length")), (200, None), "{encoding}");
        if encoding == "identity" {
            assert!(answer.body.len() as u64 > EVALUATED_BYTES * 3 / 2, "{} bytes", answer.body.len());
            assert!(answer.body.ends_with(b"]}]}}"), "nothing is missing");
        }
        let grown = peak_bytes(&server) - before;
        assert!(grown < EVALUATED_BYTES * 3 / 2, "{encoding}: {grown} bytes for {EVALUATED_BYTES}");
        let small = server.get("query_range?start=600&end=660&step=1&query=1");
        assert!(small.header("content-length").is_some(), "{:?}", small.headers);
    }
}

#[test]
fn an_answer_that_nobody_reads_any_more_is_not_written_to_its_end() {
    let (server, path) = with_a_large_answer("queries-unread");
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: here\r\n\r\n").expect("sent");
    stream.read_exact(&mut [0; 1_000]).expect("it begins");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(server.running().len(), 1, "the rest waits for its reader");
    drop(stream);
    wait_until("the query is gone", 3, || server.running().is_empty());
}

#[test]
fn samples_are_counted_as_often_as_steps_look_at_them() {
    let server = Server::start("queries-samples");
    let mut page = "# TYPE probe_total counter\n".to_owned();
    for minute in 0..60 {
        for side in ["left", "right"] {
            page.push_str(&format!("probe_total{{side=\"{side}\"}} {minute} {}\n", minute * 60_000));
        }
    }
    let imported =
        post(server.address, "/api/v1/import/prometheus", &[], page.as_bytes()).expect("an answer");
    assert!(imported.status < 300, "{}", imported.text());
    // No more are held at once than Prometheus does.
    let check = |query: &str, total: u64, read: u64, peak_max: u64, by_step: &[u64]| {
        let path = format!("query_range?start=600&end=780&step=60&stats=all&query={}", encode(query));
        let samples = server.data(&path)["stats"]["samples"].take();
        let [got_total, got_read, peak] = ["totalQueryableSamples", "samplesRead", "peakSamples"]
            .map(|name| samples[name].as_u64().unwrap_or_default());
        assert_eq!((got_total, got_read), (total, read), "{query}");
        assert!((1..=peak_max).contains(&peak), "{query}: {peak}");
        let want: Vec<Value> =
            by_step.iter().enumerate().map(|(step, samples)| json!([600 + 60 * step, samples])).collect();
        assert_eq!(samples["totalQueryableSamplesPerStep"], json!(want), "{query}");
    };
    check("probe_total", 8, 8, 8, &[2, 2, 2, 2]);
    check("probe_total @ 600", 8, 2, 8, &[2, 2, 2, 2]);
    check("rate(probe_total[5m])", 40, 16, 13, &[10, 10, 10, 10]);
    check("max_over_time(probe_total[5m:1m])", 40, 16, 29, &[10, 10, 10, 10]);
    check("probe_total + probe_total", 16, 16, 28, &[4, 4, 4, 4]);
    let totals = server.data("query?query=probe_total&time=600&stats=true")["stats"]["samples"].take();
    assert_eq!(totals, json!({"totalQueryableSamples": 2, "samplesRead": 2, "peakSamples": 2}));
}
