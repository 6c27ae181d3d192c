//! The layer around servers that are not axum's: hyper with an upgrade, and tonic.

#![cfg(all(feature = "axum", feature = "otlp"))]

mod collector;

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use collector::Collector;
use flightdeck::Registry;
use flightdeck::http::{DeckLayer, ExternalApi, HttpOptions, set_route};
use flightdeck::otlp::{Exporter, OtlpOptions, Protocol, Resource};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::TraceServiceServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower_layer::Layer;
use tower_service::Service;

async fn until(registry: &Registry, sample: &str, want: f64) {
    for _ in 0..500 {
        let text = registry.text();
        let found =
            text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse::<f64>().ok());
        if found == Some(want) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{sample} is not {want}\n{}", registry.text());
}

/// Answers with the body it was sent, and speaks an own protocol after an upgrade.
async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() == "/chat" {
        set_route(request.extensions(), "/chat");
        tokio::spawn(async move {
            let Ok(upgraded) = hyper::upgrade::on(&mut request).await else { return };
            let mut stream = TokioIo::new(upgraded);
            let mut word = [0; 4];
            while stream.read_exact(&mut word).await.is_ok() && stream.write_all(&word).await.is_ok() {}
        });
        let response = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
        return Ok(response
            .header("connection", "upgrade")
            .header("upgrade", "echo")
            .body(Full::default())
            .unwrap());
    }
    set_route(request.extensions(), "/echo");
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Ok(Response::new(Full::from(body)))
}

async fn hyper_server(registry: &Registry) -> String {
    let layer = DeckLayer::register(registry, HttpOptions::default()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(layer.layer(tower_fn(answer)));
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            tokio::spawn(connection);
        }
    });
    address
}

/// A function as a `tower` service.
#[derive(Clone)]
struct TowerFn<F>(F);

fn tower_fn<F>(function: F) -> TowerFn<F> {
    TowerFn(function)
}

impl<F, Fut, R> Service<R> for TowerFn<F>
where
    F: FnMut(R) -> Fut,
    Fut: Future<Output = Result<Response<Full<Bytes>>, Infallible>>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Fut;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Fut {
        (self.0)(request)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_is_a_request_of_101_and_a_session_while_it_is_open() {
    let registry = Registry::new();
    let address = hyper_server(&registry).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = "GET /chat HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    stream.write_all(b"ping").await.unwrap();
    let mut word = [0; 4];
    stream.read_exact(&mut word).await.unwrap();
    assert_eq!(&word, b"ping");
    until(&registry, r#"http_requests_total{method="GET",route="/chat",status="101"}"#, 1.0).await;
    until(&registry, r#"http_sessions_in_progress{kind="upgrade",route="/chat"}"#, 1.0).await;
    let text = registry.text();
    assert!(
        text.lines()
            .filter(|line| line.starts_with("http_requests_in_progress{"))
            .all(|line| line.ends_with(" 0.0"))
    );
    drop(stream);
    until(&registry, r#"http_sessions_in_progress{kind="upgrade",route="/chat"}"#, 0.0).await;
    until(&registry, r#"http_session_duration_seconds_count{kind="upgrade",route="/chat"}"#, 1.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_of_any_kind_have_the_size_that_they_announce() {
    let registry = Registry::new();
    let mut stream = TcpStream::connect(hyper_server(&registry).await).await.unwrap();
    stream
        .write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
    until(&registry, r#"http_requests_total{method="POST",route="/echo",status="200"}"#, 1.0).await;
    until(&registry, r#"http_request_size_bytes_sum{method="POST",route="/echo"}"#, 5.0).await;
    until(&registry, r#"http_response_size_bytes_sum{method="POST",route="/echo"}"#, 5.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_of_tonic_are_measured_by_what_their_trailers_say() {
    let (collector, registry) = (Collector::grpc().await, Registry::new());
    let channel = tonic::transport::Channel::from_shared(collector.url()).unwrap().connect().await.unwrap();
    let api = ExternalApi::register(&registry).unwrap().at("collector:4317");
    let mut client = TraceServiceClient::new(api.measure(channel));
    client.export(ExportTraceServiceRequest::default()).await.unwrap();
    collector.refuse(503, None);
    assert!(client.export(ExportTraceServiceRequest::default()).await.is_err());
    for code in ["OK", "UNAVAILABLE"] {
        let ended =
            format!("external_api_grpc_duration_seconds_count{{code=\"{code}\",host=\"collector:4317\"}}");
        until(&registry, &ended, 1.0).await;
    }
    let labels = r#"host="collector:4317",method="POST""#;
    until(&registry, &format!("external_api_requests_in_progress{{{labels}}}"), 0.0).await;
    until(&registry, &format!("external_api_requests_total{{{labels},status=\"200\"}}"), 2.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tonic_is_measured_and_its_trailers_pass() {
    let registry = Registry::new();
    let mounts = vec!["/opentelemetry.proto.collector.trace.v1.TraceService".to_owned()];
    let layer = DeckLayer::register(&registry, HttpOptions { mounts, ..HttpOptions::default() }).unwrap();
    let collector = Collector::http().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    let server = tonic::transport::Server::builder()
        .layer(layer)
        .add_service(TraceServiceServer::new(collector.clone()));
    tokio::spawn(async move { server.serve_with_incoming(incoming).await.unwrap() });
    // The client is our own exporter: a span of a request to another service is what it sends.
    let traced = Registry::new();
    let options =
        OtlpOptions { protocol: Protocol::Grpc, metrics: false, logs: false, ..OtlpOptions::to(&url) };
    let exporter = Exporter::start(options, Resource::new("orders"), &traced).unwrap();
    let api = ExternalApi::register(&traced).unwrap().exported_by(&exporter, &[]);
    let context = flightdeck::correlate::Context::new(
        "r".to_owned(),
        flightdeck::correlate::TraceContext::new_root(1.0),
    );
    {
        let _entered = context.enter();
        api.begin(&hyper::Method::GET, &"http://x/".parse().unwrap(), &mut Default::default()).answered(200);
    }
    // The first answer is that the service is down, and only its trailers say so.
    collector.refuse(503, None);
    assert!(tokio::task::spawn_blocking(move || exporter.flush(Duration::from_secs(5))).await.unwrap());
    assert!(collector.span("GET").is_some());
    until(&traced, r#"flightdeck_export_items_total{outcome="sent",signal="traces"}"#, 1.0).await;
    let route = "/opentelemetry.proto.collector.trace.v1.TraceService/*";
    until(
        &registry,
        &format!("http_requests_total{{method=\"POST\",route=\"{route}\",status=\"200\"}}"),
        2.0,
    )
    .await;
    for code in ["UNAVAILABLE", "OK"] {
        let ended = format!("grpc_request_duration_seconds_count{{code=\"{code}\",route=\"{route}\"}}");
        until(&registry, &ended, 1.0).await;
    }
    until(&registry, &format!("http_requests_in_progress{{method=\"POST\",route=\"{route}\"}}"), 0.0).await;
}
