//! Calls to another service that does everything an answer can do, by hyper's client and by reqwest's.

#![cfg(all(feature = "axum", feature = "otlp", feature = "reqwest"))]

mod collector;

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use collector::{Collector, attribute};
use flightdeck::Registry;
use flightdeck::correlate::{Context, TraceContext};
use flightdeck::http::{ExternalApi, HttpNames, MeasuredClient, TrackedBody};
use flightdeck::otlp::{Exporter, OtlpOptions, Resource};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;

/// How long the other service pauses within an answer.
const PAUSE: Duration = Duration::from_millis(100);

/// The other service; its address.
async fn peer() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move { answer(BufReader::new(stream)).await.ok() });
        }
    });
    address
}

/// Reads one request and answers as its path says. The connection is closed after each.
async fn answer(mut stream: BufReader<TcpStream>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_until(b'\n', &mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8(head).unwrap();
    let header = |name: &str| {
        head.lines().find_map(|line| line.split_once(": ").filter(|pair| pair.0 == name)).map(|pair| pair.1)
    };
    if let Some(length) = header("content-length") {
        stream.read_exact(&mut vec![0; length.parse().unwrap()]).await?;
    }
    if header("transfer-encoding").is_some() {
        let mut line = String::new();
        while line != "0\r\n" {
            line.clear();
            stream.read_line(&mut line).await?;
        }
    }
    let id = header("x-request-id").unwrap_or("none");
    let close = format!("connection: close\r\nx-seen-id: {id}\r\n");
    let path = head.split(' ').nth(1).unwrap().split('?').next().unwrap();
    let parts: &[&str] = match path {
        "/fails" => &["HTTP/1.1 503 No\r\n{close}content-length: 4\r\n\r\nsad\n"],
        "/slow" => &["HTTP/1.1 200 OK\r\n{close}content-length: 10\r\n\r\nhello", "world"],
        "/broken" => &["HTTP/1.1 200 OK\r\n{close}content-length: 10\r\n\r\nhello", ""],
        "/chunks" => {
            &["HTTP/1.1 200 OK\r\n{close}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "0\r\n\r\n"]
        }
        "/events" => &["HTTP/1.1 200 OK\r\n{close}content-type: text/event-stream\r\n\r\n", "data: 1\n\n"],
        "/empty" => &["HTTP/1.1 204 No Content\r\n{close}\r\n"],
        "/same" => &["HTTP/1.1 304 Not Modified\r\n{close}content-length: 10\r\n\r\n"],
        "/head" => &["HTTP/1.1 200 OK\r\n{close}content-length: 10\r\n\r\n"],
        "/moved" => &["HTTP/1.1 302 Found\r\n{close}location: /slow?a=b\r\ncontent-length: 0\r\n\r\n"],
        "/grpc" => &[
            "HTTP/1.1 200 OK\r\n{close}content-type: application/grpc\r\ngrpc-status: 5\r\ncontent-length: 0\r\n\r\n",
        ],
        "/silent" => &["", "", "", "", "", ""],
        _ => panic!("{path}"),
    };
    for part in parts {
        stream.write_all(part.replace("{close}", &close).as_bytes()).await?;
        stream.flush().await?;
        if parts.len() > 1 {
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// A client of hyper's, of the other service, and what it counts.
struct Calls {
    registry: Registry,
    api: ExternalApi,
    client: MeasuredClient<Client<HttpConnector, Body>>,
    address: String,
}

impl Calls {
    async fn start(names: HttpNames) -> Calls {
        let registry = Registry::new();
        let client = Client::builder(TokioExecutor::new()).build_http();
        let api = ExternalApi::with_names(&registry, names).unwrap();
        Calls { client: api.measure(client), api, registry, address: peer().await }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn call(&mut self, method: &str, path: &str) -> Response<TrackedBody<Incoming>> {
        let request = Request::builder().method(method).uri(self.url(path)).body(Body::empty()).unwrap();
        self.client.call(request).await.unwrap()
    }

    /// A sample by a name and what labels it has beside the host.
    fn value(&self, name: &str, labels: &str) -> f64 {
        let sample = format!("{name}{{host=\"{}\",{labels}}} ", self.address);
        let text = self.registry.text();
        text.lines().find_map(|line| line.strip_prefix(&sample)).map_or(0.0, |value| value.parse().unwrap())
    }

    #[track_caller]
    fn check(&self, name: &str, labels: &str, want: f64) {
        assert_eq!(self.value(name, labels), want, "{name} {labels}\n{}", self.registry.text());
    }

    /// Nothing broke off, and nothing was left unread.
    #[track_caller]
    fn check_complete(&self) {
        let text = self.registry.text();
        assert!(!text.contains(&format!("{INCOMPLETE}{{")), "{text}");
    }

    /// How long until head and end, and how many were measured.
    fn durations(&self) -> (f64, f64, f64) {
        let labels = r#"method="GET",status="200""#;
        (
            self.value("external_api_response_first_byte_seconds_sum", labels),
            self.value("external_api_request_duration_seconds_sum", labels),
            self.value("external_api_request_duration_seconds_count", labels),
        )
    }
}

const IN_PROGRESS: (&str, &str) = ("external_api_requests_in_progress", r#"method="GET""#);
const INCOMPLETE: &str = "external_api_responses_incomplete_total";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_over_with_the_last_byte_of_its_answer() {
    for path in ["/slow", "/chunks"] {
        let mut calls = Calls::start(HttpNames::Prometheus).await;
        let answer = calls.call("GET", path).await;
        calls.check(IN_PROGRESS.0, IN_PROGRESS.1, 1.0);
        calls.check("external_api_requests_total", r#"method="GET",status="200""#, 0.0);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        calls.check(IN_PROGRESS.0, IN_PROGRESS.1, 0.0);
        calls.check("external_api_requests_total", r#"method="GET",status="200""#, 1.0);
        calls.check("external_api_response_size_bytes_sum", r#"method="GET""#, body.len() as f64);
        calls.check("external_api_request_size_bytes_count", r#"method="GET""#, 1.0);
        let (first, last, count) = calls.durations();
        assert!(first < 0.09 && last >= 0.1 && count == 1.0, "{first} {last} {count}");
        calls.check_complete();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_breaks_off_or_is_not_read_is_seen_and_keeps_its_status() {
    let mut calls = Calls::start(HttpNames::Prometheus).await;
    let broken = calls.call("GET", "/broken").await;
    assert!(broken.into_body().collect().await.is_err());
    calls.check(INCOMPLETE, r#"method="GET",reason="error""#, 1.0);
    let mut half = calls.call("GET", "/slow").await.into_body();
    half.frame().await.unwrap().unwrap();
    drop(half);
    drop(calls.call("GET", "/fails").await);
    calls.check(INCOMPLETE, r#"method="GET",reason="dropped""#, 2.0);
    calls.check("external_api_response_size_bytes_sum", r#"method="GET""#, 10.0);
    calls.check("external_api_requests_total", r#"method="GET",status="200""#, 2.0);
    calls.check("external_api_requests_total", r#"method="GET",status="503""#, 1.0);
    // Nobody waits for the head.
    let url = calls.url("/silent");
    let request = Request::get(url).body(Body::empty()).unwrap();
    assert!(tokio::time::timeout(PAUSE, calls.client.call(request)).await.is_err());
    calls.check("external_api_requests_total", r#"method="GET",status="cancelled""#, 1.0);
    let refused = Request::get("http://127.0.0.1:1/").body(Body::empty()).unwrap();
    assert!(calls.client.call(refused).await.is_err());
    let refused = r#"external_api_requests_total{host="127.0.0.1:1",method="GET",status="error"} 1.0"#;
    assert!(calls.registry.text().contains(refused));
    calls.check(IN_PROGRESS.0, IN_PROGRESS.1, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_without_a_body_are_over_with_their_head() {
    let mut calls = Calls::start(HttpNames::Prometheus).await;
    let held = [
        calls.call("GET", "/empty").await,
        calls.call("GET", "/same").await,
        calls.call("HEAD", "/head").await,
    ];
    for (method, status) in [("GET", 204), ("GET", 304), ("HEAD", 200)] {
        let labels = format!("method=\"{method}\",status=\"{status}\"");
        calls.check("external_api_requests_total", &labels, 1.0);
    }
    calls.check("external_api_response_size_bytes_sum", r#"method="GET""#, 0.0);
    drop(held);
    calls.check_complete();
    assert!(calls.registry.text().contains("requests_in_progress{"));
    calls.check("external_api_requests_in_progress", r#"method="HEAD""#, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_long_a_stream_is_open_is_no_latency() {
    let mut calls = Calls::start(HttpNames::Prometheus).await;
    let mut events = calls.call("GET", "/events").await.into_body();
    events.frame().await.unwrap().unwrap();
    calls.check(IN_PROGRESS.0, IN_PROGRESS.1, 1.0);
    drop(events);
    calls.check(IN_PROGRESS.0, IN_PROGRESS.1, 0.0);
    let (first, last, count) = calls.durations();
    assert!(first == last && count == 1.0, "{first} {last} {count}");
    // Whoever reads a stream goes away at some time.
    calls.check_complete();
}

/// A body in two pieces whose length nobody knows.
fn pieces() -> Body {
    let pieces = ["hello", "again"].map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
    Body::from_stream(futures_util::stream::iter(pieces))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_sent_are_sized() {
    let mut calls = Calls::start(HttpNames::Prometheus).await;
    for body in [Body::from("1234"), pieces()] {
        let request = Request::post(calls.url("/empty")).body(body).unwrap();
        calls.client.call(request).await.unwrap();
    }
    let client = reqwest::Client::new();
    for body in [reqwest::Body::from("1234"), reqwest::Body::wrap(pieces_of_reqwest())] {
        let request = client.post(calls.url("/empty")).body(body).build().unwrap();
        calls.api.execute(&client, request).await.unwrap();
    }
    calls.check("external_api_request_size_bytes_sum", r#"method="POST""#, 28.0);
    calls.check("external_api_request_size_bytes_count", r#"method="POST""#, 4.0);
}

/// The same as a body that may be shared by threads.
fn pieces_of_reqwest() -> impl http_body::Body<Data = Bytes, Error = std::io::Error> + Send + Sync {
    let pieces = ["hello", "again"].map(|piece| Ok(http_body::Frame::data(Bytes::from(piece))));
    http_body_util::StreamBody::new(futures_util::stream::iter(pieces))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reqwest_is_measured_as_hyper_is() {
    let calls = Calls::start(HttpNames::Prometheus).await;
    let client = reqwest::Client::new();
    let get = |path| client.get(calls.url(path)).build().unwrap();
    // What callers see of an answer is what they would see without the layer.
    let moved = calls.api.execute(&client, get("/moved")).await.unwrap();
    assert_eq!((moved.url().as_str(), moved.content_length()), (calls.url("/slow?a=b").as_str(), Some(10)));
    assert!(moved.remote_addr().is_some());
    calls.check(IN_PROGRESS.0, IN_PROGRESS.1, 1.0);
    assert_eq!(moved.text().await.unwrap(), "helloworld");
    let (first, last, count) = calls.durations();
    assert!(first < 0.09 && last >= 0.1 && count == 1.0, "{first} {last} {count}");
    let broken = calls.api.measure(client.clone()).call(get("/broken")).await.unwrap();
    assert!(broken.bytes().await.is_err());
    calls.check(INCOMPLETE, r#"method="GET",reason="error""#, 1.0);
    let mut slow = client.get(calls.url("/slow")).timeout(PAUSE / 2).build().unwrap();
    slow.headers_mut().insert("x-request-id", "own".parse().unwrap());
    let slow = calls.api.execute(&client, slow).await.unwrap();
    assert_eq!(slow.headers()["x-seen-id"], "own");
    assert!(slow.bytes().await.unwrap_err().is_timeout());
    calls.check(INCOMPLETE, r#"method="GET",reason="error""#, 2.0);
    calls.check(IN_PROGRESS.0, IN_PROGRESS.1, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_of_open_telemetry() {
    let mut calls = Calls::start(HttpNames::OpenTelemetry).await;
    calls.call("GET", "/slow").await.into_body().collect().await.unwrap();
    drop(calls.call("GET", "/fails").await);
    let text = calls.registry.text();
    let port = calls.address.split(':').nth(1).unwrap();
    for (name, error, status) in [
        ("http_client_request_duration_seconds_count", "error_type=\"\",", 200),
        ("http_client_request_duration_seconds_count", "error_type=\"503\",", 503),
        ("http_client_response_body_size_bytes_count", "error_type=\"\",", 200),
    ] {
        let sample = format!(
            "{name}{{{error}http_request_method=\"GET\",http_response_status_code=\"{status}\",\
             network_protocol_version=\"1.1\",server_address=\"127.0.0.1\",server_port=\"{port}\",\
             url_scheme=\"http\"}} 1.0\n"
        );
        assert!(text.contains(&sample), "{sample}\n{text}");
    }
    assert!(!text.contains("external_api_requests_total"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_ends_with_the_body() {
    let collector = Collector::http().await;
    let options = OtlpOptions {
        metrics: false,
        logs: false,
        ..OtlpOptions::to(&format!("http://{}", collector.address))
    };
    let mut calls = Calls::start(HttpNames::Prometheus).await;
    let exporter = Exporter::start(options, Resource::new("orders"), &calls.registry).unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    calls.client = calls.api.clone().exported_by(&exporter, &[]).measure(client);
    let context = Context::new("order-17".to_owned(), TraceContext::new_root(1.0));
    for path in ["/slow?token=abc", "/broken", "/fails", "/grpc"] {
        let request = Request::get(calls.url(path)).body(Body::empty()).unwrap();
        let call = {
            let _entered = context.enter();
            calls.client.call(request)
        };
        let answer = call.await.unwrap();
        assert_eq!(answer.headers()["x-seen-id"], "order-17");
        let _ = answer.into_body().collect().await;
    }
    assert!(tokio::task::spawn_blocking(move || exporter.flush(Duration::from_secs(5))).await.unwrap());
    let spans = collector.received.lock().unwrap().spans.clone();
    let said = |path: &str, name: &str| {
        let of_path = |span: &&opentelemetry_proto::tonic::trace::v1::Span| {
            attribute(&span.attributes, "url.full").unwrap().contains(path)
        };
        attribute(&spans.iter().find(of_path).unwrap().attributes, name)
    };
    let slow = spans.iter().find(|span| span.end_time_unix_nano - span.start_time_unix_nano >= 100_000_000);
    let slow = slow.expect("one took its time");
    assert_eq!(slow.status.as_ref().map_or(0, |status| status.code), 0);
    assert_eq!(said("/slow", "http.response.body.size").as_deref(), Some("10"));
    assert!(said("/slow", "url.full").unwrap().ends_with("/slow?token=[redacted]"));
    assert_eq!(said("/slow", "error.type"), None);
    assert_eq!(said("/broken", "error.type").as_deref(), Some("body_error"));
    assert_eq!(said("/fails", "error.type").as_deref(), Some("503"));
    assert_eq!(said("/grpc", "error.type").as_deref(), Some("NOT_FOUND"));
    calls.check("external_api_grpc_duration_seconds_count", "", 0.0);
    assert!(calls.registry.text().contains("external_api_grpc_duration_seconds_count{code=\"NOT_FOUND\""));
}
