//! The layer around a real service: what each kind of request is recorded as.

#![cfg(feature = "axum")]

mod service;

use std::time::Duration;

use flightdeck::Flightdeck;
use flightdeck::http::HttpNames;
use service::Service;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn check(service: &Service, method: &str, path: &str, labels: &str) {
    let sample = format!("http_requests_total{{{labels}}}");
    let before = service.value(&sample).unwrap_or(0.0);
    service.ask(method, path, "content-length: 0\r\n").await;
    service.until(&sample, before + 1.0).await;
    let count = sample.replace("http_requests_total", "http_request_duration_seconds_count");
    assert_eq!(service.value(&count), Some(before + 1.0), "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_are_templates_and_never_paths() {
    let service = Service::start().await;
    check(&service, "GET", "/", r#"method="GET",route="/",status="200""#).await;
    check(&service, "GET", "/orders/17?x=y", r#"method="GET",route="/orders/{id}",status="200""#).await;
    check(&service, "GET", "/orders/18", r#"method="GET",route="/orders/{id}",status="200""#).await;
    check(&service, "POST", "/orders/18", r#"method="POST",route="/orders/{id}",status="200""#).await;
    check(&service, "HEAD", "/orders/18", r#"method="HEAD",route="/orders/{id}",status="200""#).await;
    check(&service, "DELETE", "/orders/18", r#"method="DELETE",route="/orders/{id}",status="405""#).await;
    check(&service, "BREW", "/orders/18", r#"method="_OTHER",route="/orders/{id}",status="405""#).await;
    check(&service, "GET", "/api/v1/inner/3", r#"method="GET",route="/api/v1/inner/{z}",status="200""#).await;
    check(&service, "GET", "/api/v1/outer/3", r#"method="GET",route="unmatched",status="404""#).await;
    check(&service, "GET", "/files/a/b.css", r#"method="GET",route="/files/*",status="200""#).await;
    check(&service, "GET", "/wp-login.php", r#"method="GET",route="unmatched",status="404""#).await;
    check(&service, "GET", "/fails", r#"method="GET",route="/fails",status="500""#).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_counts_once_however_often_routers_are_layered() {
    use axum::routing::any;
    use tower_layer::Layer;
    let deck = Flightdeck::new("shop");
    let inner = axum::Router::new().route("/orders/{id}", any(|| async { "order" })).layer(deck.layer());
    let api = axum::Router::new().nest("/v1", inner).layer(deck.layer());
    let routes = axum::Router::new()
        .nest("/api", api)
        .route("/any/{*path}", any(|| async { "any" }))
        .route_service("/whole", any(|| async { "whole" }))
        .layer(deck.layer());
    // And around all of it, where no route can be known.
    let app = deck.layer().layer(routes);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = Service { deck, address };
    let app = axum::Router::new().fallback_service(app);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    // A method that nobody else uses who may find the port.
    for path in ["/api/v1/orders/7", "/any/a/b", "/whole", "/nowhere", "/api/v1/nowhere"] {
        service.ask("OPTIONS", path, "").await;
    }
    for (route, status, count) in [
        ("/api/v1/orders/{id}", 200, 1.0),
        ("/any/{*path}", 200, 1.0),
        ("/whole", 200, 1.0),
        ("unmatched", 404, 2.0),
    ] {
        let labels = format!("method=\"OPTIONS\",route=\"{route}\",status=\"{status}\"");
        service.until(&format!("http_requests_total{{{labels}}}"), count).await;
    }
}

/// A body that gives a piece and then panics.
struct Breaks(bool);

impl http_body::Body for Breaks {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        assert!(!std::mem::replace(&mut self.0, true), "on purpose");
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data("piece".into()))))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_panics_is_no_client_that_went_away() {
    let route = axum::routing::get(|| async { axum::body::Body::new(Breaks(false)) });
    let routes = axum::Router::new().route("/breaks", route);
    let service = Service::serve(Flightdeck::new("shop"), routes).await;
    service.get("/breaks").await;
    service.until(r#"http_requests_total{method="GET",route="/breaks",status="200"}"#, 1.0).await;
    assert_eq!(service.value(r#"http_request_panics_total{method="GET",route="/breaks"}"#), Some(1.0));
    assert_eq!(service.value(r#"http_requests_in_progress{method="GET",route="/breaks"}"#), Some(0.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn durations_fall_into_buckets_of_ones_own_choice() {
    let deck = Flightdeck::builder("shop")
        .latency_buckets(&[0.25, 2.0])
        .native_latency(flightdeck::Native::default())
        .build();
    let service = Service::with(deck).await;
    service.get("/").await;
    let labels = r#"method="GET",route="/",status="200""#;
    service.until(&format!("http_requests_total{{{labels}}}"), 1.0).await;
    let text = service.deck.registry().text();
    let buckets = text.lines().filter(|line| {
        line.starts_with("http_request_duration_seconds_bucket{") && line.contains(r#"route="/""#)
    });
    assert_eq!(buckets.count(), 3, "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_500_and_leaves_nothing_in_progress() {
    let service = Service::start().await;
    check(&service, "GET", "/panics", r#"method="GET",route="/panics",status="500""#).await;
    assert_eq!(service.value(r#"http_request_panics_total{method="GET",route="/panics"}"#), Some(1.0));
    assert_eq!(service.value(r#"http_requests_in_progress{method="GET",route="/panics"}"#), Some(0.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_is_499() {
    let service = Service::start().await;
    for path in ["/waits", "/endless"] {
        let mut stream = service.connect().await;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
        let in_progress = format!("http_requests_in_progress{{method=\"GET\",route=\"{path}\"}}");
        service.until(&in_progress, 1.0).await;
        if path == "/endless" {
            stream.read_exact(&mut [0; 300]).await.unwrap();
        }
        drop(stream);
        service.until(&in_progress, 0.0).await;
        let requests = format!("http_requests_total{{method=\"GET\",route=\"{path}\",status=\"499\"}}");
        service.until(&requests, 1.0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_byte_and_the_last_are_timed_apart() {
    let service = Service::start().await;
    let answer = service.get("/stream").await;
    assert_eq!(answer.matches("data: piece").count(), 3);
    let labels = r#"{method="GET",route="/stream",status="200"}"#;
    service.until(&format!("http_requests_total{labels}"), 1.0).await;
    let duration = service.value(&format!("http_request_duration_seconds_sum{labels}")).unwrap();
    let first_byte = service.value(&format!("http_response_first_byte_seconds_sum{labels}")).unwrap();
    assert!((0.1..5.0).contains(&duration), "{duration}");
    assert!(first_byte < duration / 2.0, "{first_byte} {duration}");
    let size = service.value(r#"http_response_size_bytes_sum{method="GET",route="/stream"}"#);
    assert_eq!(size, Some(39.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_stream_is_a_session_and_no_slow_request() {
    let service = Service::start().await;
    let mut stream = service.connect().await;
    stream.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    service.until(r#"http_sessions_in_progress{kind="sse",route="/events"}"#, 1.0).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(stream);
    service.until(r#"http_sessions_in_progress{kind="sse",route="/events"}"#, 0.0).await;
    let labels = r#"{method="GET",route="/events",status="200"}"#;
    service.until(&format!("http_requests_total{labels}"), 1.0).await;
    let duration = service.value(&format!("http_request_duration_seconds_sum{labels}")).unwrap();
    assert!(duration < 0.1, "{duration}");
    let session = service.value(r#"http_session_duration_seconds_sum{kind="sse",route="/events"}"#).unwrap();
    assert!(session >= 0.1, "{session}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sizes_of_bodies_are_those_that_were_sent() {
    let service = Service::start().await;
    let body = "x".repeat(1_000);
    let request = format!(
        "POST /upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1000\r\n\r\n{body}"
    );
    assert!(service.send(request.as_bytes()).await.ends_with("1000"));
    service.until(r#"http_request_size_bytes_sum{method="POST",route="/upload"}"#, 1_000.0).await;
    service.until(r#"http_response_size_bytes_sum{method="POST",route="/upload"}"#, 4.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_only_announced_counts_for_nothing() {
    let service = Service::start().await;
    let request =
        "GET /orders/1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 999999999999999\r\n\r\nx";
    assert!(service.send(request.as_bytes()).await.starts_with("HTTP/1.1 200"));
    service.until(r#"http_request_size_bytes_count{method="GET",route="/orders/{id}"}"#, 1.0).await;
    let bytes = service.value(r#"http_request_size_bytes_sum{method="GET",route="/orders/{id}"}"#).unwrap();
    assert!(bytes <= 1.0, "{bytes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_in_pieces_is_as_large_as_what_was_read() {
    let service = Service::start().await;
    let request = "POST /upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
        5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
    assert!(service.send(request.as_bytes()).await.contains("11"));
    service.until(r#"http_request_size_bytes_sum{method="POST",route="/upload"}"#, 11.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_has_an_id_and_a_trace() {
    let service = Service::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let headers = format!("x-request-id: order-17\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01\r\n");
    let answer = service.ask("GET", "/who", &headers).await;
    assert!(answer.contains("x-request-id: order-17\r\n"), "{answer}");
    assert!(answer.ends_with(&format!("order-17 {trace} order-17")), "{answer}");
    // What is not sane is replaced, in the answer and for handlers.
    let answer = service.ask("GET", "/who", "x-request-id: a b\r\ntraceparent: 00-x\r\n").await;
    let id = answer.split("x-request-id: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap();
    assert_eq!(id.len(), 36);
    assert!(answer.contains(&format!("{id} ")) && !answer.contains(trace), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exemplars_come_from_the_sampled_request() {
    let service = Service::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    service.ask("GET", "/orders/1", &format!("traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n")).await;
    service.until(r#"http_requests_total{method="GET",route="/orders/{id}",status="200"}"#, 1.0).await;
    let answer =
        service.ask("GET", "/metrics", "accept: application/openmetrics-text; version=1.0.0\r\n").await;
    assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0"), "{answer}");
    let exemplar = format!("trace_id=\"{trace}\"");
    assert!(
        answer.lines().any(|line| line.starts_with("http_request_duration") && line.contains(&exemplar)),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_telemetry_names_follow_its_conventions() {
    let deck = Flightdeck::builder("shop").http_names(HttpNames::Both).build();
    let service = Service::with(deck).await;
    service.get("/fails").await;
    service.get("/no/such").await;
    let labels = "error_type=\"500\",http_request_method=\"GET\",http_response_status_code=\"500\",\
        http_route=\"/fails\",network_protocol_version=\"1.1\",url_scheme=\"http\"";
    service.until(&format!("http_server_request_duration_seconds_count{{{labels}}}"), 1.0).await;
    let labels = "error_type=\"\",http_request_method=\"GET\",http_response_status_code=\"404\",\
        http_route=\"\",network_protocol_version=\"1.1\",url_scheme=\"http\"";
    service.until(&format!("http_server_request_duration_seconds_count{{{labels}}}"), 1.0).await;
    service.until(r#"http_requests_total{method="GET",route="/fails",status="500"}"#, 1.0).await;
    assert_eq!(
        service.value(r#"http_server_active_requests{http_request_method="GET",url_scheme="http"}"#),
        Some(0.0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_are_metrics_though_nobody_probes() {
    let service = Service::start().await;
    service.deck.check("database", || async { Err::<(), _>("refused") });
    assert!(service.get("/metrics").await.starts_with("HTTP/1.1 200"));
    service.until(r#"health_check_status{check="database"}"#, 0.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_answers_probes() {
    let service = Service::start().await;
    service.deck.check("database", || async { Err::<(), _>("connection to db.internal refused") });
    let answer = service.get("/health/ready").await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains(r#""name":"database","status":"fail""#),
        "{answer}"
    );
    assert!(!answer.contains("db.internal"), "details are not for everybody: {answer}");
    assert!(service.get("/health/live").await.starts_with("HTTP/1.1 200"));
    let answer = service.ask("GET", "/health", "accept: application/health+json\r\n").await;
    assert!(
        answer.contains("content-type: application/health+json") && answer.contains("database:responseTime")
    );
    assert_eq!(service.value(r#"health_check_status{check="database"}"#), Some(0.0));
    let answer = service.get("/metrics/cardinality").await;
    assert!(answer.contains(r#""metric":"http_requests","series":"#), "{answer}");
}
