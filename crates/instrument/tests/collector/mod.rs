//! A collector on a real socket that decodes what it is sent with the types of `opentelemetry-proto`, over HTTP and gRPC, and
//! that can be told to be slow, to refuse, or to ask for patience.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;

/// What was received, and how to behave.
#[derive(Default)]
pub struct Received {
    pub spans: Vec<Span>,
    pub records: Vec<LogRecord>,
    pub metrics: Vec<Metric>,
    pub resource: Vec<KeyValue>,
    pub headers: Vec<HeaderMap>,
    pub requests: u64,
    /// Answers before the usual: a status and seconds for `Retry-After`.
    pub refusals: Vec<(u16, Option<u64>)>,
    pub delay: Duration,
}

/// A collector that runs until the test ends.
#[derive(Clone)]
pub struct Collector {
    pub received: Arc<Mutex<Received>>,
    pub address: SocketAddr,
}

impl Collector {
    pub async fn http() -> Collector {
        let (collector, listener) = Collector::listen().await;
        let routes = axum::Router::new()
            .route("/v1/traces", post(over_http::<ExportTraceServiceRequest>))
            .route("/v1/logs", post(over_http::<ExportLogsServiceRequest>))
            .route("/v1/metrics", post(over_http::<ExportMetricsServiceRequest>))
            .with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        collector
    }

    pub async fn grpc() -> Collector {
        let (collector, listener) = Collector::listen().await;
        let gzip = tonic::codec::CompressionEncoding::Gzip;
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()).accept_compressed(gzip))
            .add_service(LogsServiceServer::new(collector.clone()).accept_compressed(gzip))
            .add_service(MetricsServiceServer::new(collector.clone()).accept_compressed(gzip));
        let incoming = tonic::transport::server::TcpIncoming::from(listener);
        tokio::spawn(async move { server.serve_with_incoming(incoming).await.unwrap() });
        collector
    }

    async fn listen() -> (Collector, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Collector { received: Arc::default(), address }, listener)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn refuse(&self, status: u16, after: Option<u64>) {
        self.received.lock().unwrap().refusals.push((status, after));
    }

    /// Waits until what was received is as it should be.
    pub async fn until(&self, is_so: impl Fn(&Received) -> bool) {
        for _ in 0..500 {
            if is_so(&self.received.lock().unwrap()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let received = self.received.lock().unwrap();
        panic!("not received: {:#?} {:#?} {:#?}", received.spans, received.records, received.metrics);
    }

    pub fn span(&self, name: &str) -> Option<Span> {
        self.received.lock().unwrap().spans.iter().find(|span| span.name == name).cloned()
    }

    async fn begin(&self, headers: HeaderMap) -> Option<(u16, Option<u64>)> {
        let delay = {
            let mut received = self.received.lock().unwrap();
            received.requests += 1;
            received.headers.push(headers);
            received.delay
        };
        tokio::time::sleep(delay).await;
        self.received.lock().unwrap().refusals.pop()
    }
}

/// A request of one of the three signals.
trait Signal: Message + Default {
    fn take(self, received: &mut Received);
}

impl Signal for ExportTraceServiceRequest {
    fn take(self, received: &mut Received) {
        for of_resource in self.resource_spans {
            received.resource = of_resource.resource.unwrap().attributes;
            received.spans.extend(of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
}

impl Signal for ExportLogsServiceRequest {
    fn take(self, received: &mut Received) {
        for of_resource in self.resource_logs {
            received.resource = of_resource.resource.unwrap().attributes;
            received.records.extend(of_resource.scope_logs.into_iter().flat_map(|scope| scope.log_records));
        }
    }
}

impl Signal for ExportMetricsServiceRequest {
    fn take(self, received: &mut Received) {
        for of_resource in self.resource_metrics {
            received.resource = of_resource.resource.unwrap().attributes;
            received.metrics.extend(of_resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics));
        }
    }
}

async fn over_http<S: Signal>(
    State(collector): State<Collector>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let gzip = headers.get("content-encoding").is_some_and(|coding| coding == "gzip");
    assert_eq!(headers["content-type"], "application/x-protobuf");
    if let Some((status, after)) = collector.begin(headers).await {
        let after = after.map(|after| [("retry-after", after.to_string())]);
        return (StatusCode::from_u16(status).unwrap(), after.into_iter().collect::<Vec<_>>().pop(), "no")
            .into_response();
    }
    let mut plain = body.to_vec();
    if gzip {
        plain.clear();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&body[..]), &mut plain).unwrap();
    }
    S::decode(&plain[..]).unwrap().take(&mut collector.received.lock().unwrap());
    StatusCode::OK.into_response()
}

impl Collector {
    async fn over_grpc<S: Signal>(&self, request: tonic::Request<S>) -> Result<(), tonic::Status> {
        let headers = request.metadata().clone().into_headers();
        if let Some((_, after)) = self.begin(headers).await {
            return Err(match after {
                // Status { code: 8, details: [RetryInfo { retry_delay: … }] }, as its schema has it.
                Some(_) => tonic::Status::with_details(tonic::Code::ResourceExhausted, "full", retry_info()),
                None => tonic::Status::unavailable("down"),
            });
        }
        request.into_inner().take(&mut self.received.lock().unwrap());
        Ok(())
    }
}

/// A `google.rpc.Status` with a `RetryInfo` of 100 ms.
fn retry_info() -> Bytes {
    let mut any = vec![0x0a, 40];
    any.extend_from_slice(b"type.googleapis.com/google.rpc.RetryInfo");
    any.extend_from_slice(&[0x12, 7, 0x0a, 5, 0x10, 0x80, 0xc2, 0xd7, 0x2f]);
    let mut status = vec![0x08, 8, 0x1a, any.len() as u8];
    status.extend(any);
    status.into()
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        self.over_grpc(request).await.map(|()| tonic::Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportLogsServiceRequest>,
    ) -> Result<tonic::Response<ExportLogsServiceResponse>, tonic::Status> {
        self.over_grpc(request).await.map(|()| tonic::Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportMetricsServiceRequest>,
    ) -> Result<tonic::Response<ExportMetricsServiceResponse>, tonic::Status> {
        self.over_grpc(request).await.map(|()| tonic::Response::new(Default::default()))
    }
}

/// The value of an attribute, as text.
pub fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    Some(text(found.value.as_ref()?))
}

pub fn text(value: &AnyValue) -> String {
    match value.value.as_ref() {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        Some(any_value::Value::DoubleValue(number)) => number.to_string(),
        Some(any_value::Value::BoolValue(truth)) => truth.to_string(),
        Some(any_value::Value::ArrayValue(list)) => {
            list.values.iter().map(text).collect::<Vec<_>>().join(",")
        }
        other => format!("{other:?}"),
    }
}
