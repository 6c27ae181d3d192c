//! Export over OTLP, as a collector sees it: what is said, and what happens when the collector is slow, full or gone.

#![cfg(all(feature = "axum", feature = "logs", feature = "otlp"))]

mod collector;
mod service;

use std::time::{Duration, Instant};

use collector::{Collector, attribute};
use flightdeck::otlp::{Exporter, OtlpOptions, Protocol, Resource};
use flightdeck::{Native, Registry};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric, number_data_point};
use service::Service;

fn options(collector: &Collector, protocol: Protocol) -> OtlpOptions {
    OtlpOptions {
        protocol,
        batch_delay: Duration::from_millis(20),
        metrics_every: Duration::from_secs(3_600),
        ..OtlpOptions::to(&collector.url())
    }
}

fn flush(exporter: &Exporter) -> impl Future<Output = bool> {
    let exporter = exporter.clone();
    async move { tokio::task::spawn_blocking(move || exporter.flush(Duration::from_secs(5))).await.unwrap() }
}

fn value(registry: &Registry, sample: &str) -> f64 {
    let text = registry.text();
    let found = text.lines().find_map(|line| line.strip_prefix(sample)?.trim().parse().ok());
    found.unwrap_or_else(|| panic!("{sample}: {text}"))
}

/// One of every kind.
fn fill(registry: &Registry) {
    registry.counter("orders_created", "Orders taken.").labels(["method"]).unwrap().get(&["card"]).add(3.0);
    registry.gauge("queue_length", "Waiting.").register().unwrap().set(-1.5);
    let latency = registry.histogram("latency_seconds", "How long.").buckets(&[0.1, 1.0]).register().unwrap();
    let native = registry.histogram("size_bytes", "How large.").native(Native::default()).register().unwrap();
    for value in [0.05, 0.5, 0.5, 5.0] {
        latency.observe(value);
        native.observe(value);
    }
    registry.summary("wait_seconds", "Wait.").quantiles(&[0.5]).register().unwrap().observe(2.0);
    registry.info("build", "The build.").register().unwrap().set(&[("revision", "abc")]);
    registry.state_set("mode", "The mode.", &["on", "off"]).register().unwrap();
}

fn check_metrics(metrics: &[Metric]) {
    let find = |name: &str| {
        metrics.iter().find(|metric| metric.name == name).unwrap_or_else(|| panic!("{name}: {metrics:#?}"))
    };
    let Some(metric::Data::Sum(sum)) = &find("orders_created").data else { panic!() };
    let point = &sum.data_points[0];
    assert!(sum.is_monotonic && sum.aggregation_temporality == 2);
    assert_eq!(point.value, Some(number_data_point::Value::AsDouble(3.0)));
    assert_eq!(attribute(&point.attributes, "method").as_deref(), Some("card"));
    assert!(
        point.start_time_unix_nano > 1_700_000_000_000_000_000
            && point.time_unix_nano >= point.start_time_unix_nano
    );
    let Some(metric::Data::Gauge(gauge)) = &find("queue_length").data else { panic!() };
    assert_eq!(gauge.data_points[0].value, Some(number_data_point::Value::AsDouble(-1.5)));
    let latency = find("latency_seconds");
    assert_eq!((latency.unit.as_str(), latency.description.as_str()), ("s", "How long."));
    let Some(metric::Data::Histogram(histogram)) = &latency.data else { panic!() };
    let point = &histogram.data_points[0];
    assert_eq!((point.count, point.sum), (4, Some(6.05)));
    assert_eq!((&point.bucket_counts[..], &point.explicit_bounds[..]), (&[1, 2, 1][..], &[0.1, 1.0][..]));
    let Some(metric::Data::ExponentialHistogram(histogram)) = &find("size_bytes").data else { panic!() };
    let point = &histogram.data_points[0];
    let positive = point.positive.as_ref().unwrap();
    assert_eq!((point.count, positive.bucket_counts.iter().sum::<u64>()), (4, 4));
    // The first bucket holds the smallest number: base^offset < 0.05 <= base^(offset + 1).
    let base = 2f64.powf(2f64.powi(-point.scale));
    assert!(base.powi(positive.offset) < 0.05 && 0.05 <= base.powi(positive.offset + 1), "{point:?}");
    let Some(metric::Data::Summary(summary)) = &find("wait_seconds").data else { panic!() };
    assert_eq!((summary.data_points[0].count, summary.data_points[0].quantile_values.len()), (1, 1));
    let Some(metric::Data::Gauge(info)) = &find("build_info").data else { panic!() };
    assert_eq!(attribute(&info.data_points[0].attributes, "revision").as_deref(), Some("abc"));
    let Some(metric::Data::Gauge(states)) = &find("mode").data else { panic!() };
    assert_eq!(states.data_points.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_of_every_kind_arrive_over_http_and_grpc() {
    for (collector, protocol, gzip) in [
        (Collector::http().await, Protocol::Http, false),
        (Collector::http().await, Protocol::Http, true),
        (Collector::grpc().await, Protocol::Grpc, false),
        (Collector::grpc().await, Protocol::Grpc, true),
    ] {
        let registry = Registry::new();
        fill(&registry);
        let headers = vec![("x-tenant".to_owned(), "shop".to_owned())];
        let options = OtlpOptions { gzip, headers, ..options(&collector, protocol) };
        let resource = Resource::new("orders").with("deployment.environment.name", "test");
        let exporter = Exporter::start(options, resource, &registry).unwrap();
        assert!(flush(&exporter).await);
        let received = collector.received.lock().unwrap();
        check_metrics(&received.metrics);
        assert_eq!(attribute(&received.resource, "service.name").as_deref(), Some("orders"));
        assert_eq!(received.headers[0]["x-tenant"], "shop");
        assert!(value(&registry, r#"flightdeck_export_items_total{outcome="sent",signal="metrics"}"#) >= 8.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_series_go_in_several_requests() {
    let collector = Collector::grpc().await;
    let registry = Registry::new();
    let family = registry.counter("hits", "Hits.").series_max(50_000).labels(["path"]).unwrap();
    let padding = "x".repeat(100);
    (0..30_000).for_each(|number| family.get(&[format!("{number}{padding}").as_str()]).inc());
    let exporter =
        Exporter::start(options(&collector, Protocol::Grpc), Resource::new("orders"), &registry).unwrap();
    assert!(flush(&exporter).await);
    let received = collector.received.lock().unwrap();
    let points =
        received.metrics.iter().filter(|metric| metric.name == "hits").map(|metric| match &metric.data {
            Some(metric::Data::Sum(sum)) => sum.data_points.len(),
            _ => 0,
        });
    assert_eq!(points.sum::<usize>(), 30_000);
    assert!(received.requests >= 2, "{}", received.requests);
}

/// A service whose requests are traced, and its exporter.
async fn traced(options: OtlpOptions, sample_ratio: f64) -> (Service, Exporter) {
    let deck = flightdeck::Flightdeck::builder("shop")
        .otlp(options)
        .sample_ratio(sample_ratio)
        .mount("/files")
        .build();
    let exporter = deck.exporter().unwrap().clone();
    (Service::with(deck).await, exporter)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_a_server_span_under_the_stable_names() {
    for (collector, protocol) in
        [(Collector::http().await, Protocol::Http), (Collector::grpc().await, Protocol::Grpc)]
    {
        let (service, exporter) = traced(options(&collector, protocol), 1.0).await;
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let headers = format!(
            "traceparent: 00-{trace}-00f067aa0ba902b7-01\r\nuser-agent: test/1\r\nx-request-id: r-1\r\n"
        );
        service.ask("GET", "/orders/17?page=2&token=abc", &headers).await;
        service.ask("GET", "/fails", "").await;
        service.ask("BREW", "/no/such", "").await;
        service.ask("GET", "/panics", "").await;
        // The connection of a handler that panics may be closed before the request is over.
        service.until(r#"http_request_panics_total{method="GET",route="/panics"}"#, 1.0).await;
        assert!(flush(&exporter).await);
        let span = collector.span("GET /orders/{id}").unwrap();
        assert_eq!(span.trace_id, u128::from_str_radix(trace, 16).unwrap().to_be_bytes());
        assert_eq!(span.parent_span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
        assert_eq!((span.kind, span.status.clone().unwrap_or_default().code, span.flags), (2, 0, 1));
        for (key, want) in [
            ("http.request.method", "GET"),
            ("http.route", "/orders/{id}"),
            ("http.response.status_code", "200"),
            ("url.path", "/orders/17"),
            ("url.query", "page=2&token=[redacted]"),
            ("url.scheme", "http"),
            ("server.address", "x"),
            ("user_agent.original", "test/1"),
            ("network.protocol.version", "1.1"),
            ("request_id", "r-1"),
        ] {
            assert_eq!(attribute(&span.attributes, key).as_deref(), Some(want), "{key}");
        }
        let failed = collector.span("GET /fails").unwrap();
        assert_eq!(failed.status.unwrap().code, 2);
        assert_eq!(attribute(&failed.attributes, "error.type").as_deref(), Some("500"));
        let odd = collector.span("HTTP").unwrap();
        assert_eq!(attribute(&odd.attributes, "http.request.method_original").as_deref(), Some("BREW"));
        assert_eq!(attribute(&odd.attributes, "http.route"), None);
        let panicked = collector.span("GET /panics").unwrap();
        assert_eq!(attribute(&panicked.attributes, "error.type").as_deref(), Some("panic"));
        // The duration of the span is that of the metric, and the metric names the span.
        let received = collector.received.lock().unwrap();
        let durations =
            received.metrics.iter().find(|metric| metric.name == "http_request_duration_seconds").unwrap();
        let Some(metric::Data::Histogram(durations)) = &durations.data else { panic!() };
        let exemplars: Vec<_> = durations.data_points.iter().flat_map(|point| &point.exemplars).collect();
        let exemplar = exemplars.iter().find(|exemplar| exemplar.trace_id == span.trace_id).unwrap();
        assert_eq!(exemplar.span_id, span.span_id);
        assert!(
            matches!(exemplar.value, Some(opentelemetry_proto::tonic::metrics::v1::exemplar::Value::AsDouble(seconds))
            if (seconds - (span.end_time_unix_nano - span.start_time_unix_nano) as f64 / 1e9).abs() < 1e-6)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_sampled_is_kept_when_it_fails() {
    let collector = Collector::http().await;
    let (service, exporter) = traced(options(&collector, Protocol::Http), 0.0).await;
    service.get("/orders/1").await;
    service.get("/fails").await;
    // A caller's decision is obeyed, but for errors.
    service
        .ask("GET", "/orders/2", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n")
        .await;
    service.until(r#"http_requests_total{method="GET",route="/fails",status="500"}"#, 1.0).await;
    assert!(flush(&exporter).await);
    assert!(collector.span("GET /fails").is_some());
    assert!(collector.span("GET /orders/{id}").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_asks_for_patience_gets_it() {
    for (collector, protocol) in
        [(Collector::http().await, Protocol::Http), (Collector::grpc().await, Protocol::Grpc)]
    {
        let options = OtlpOptions { metrics: false, ..options(&collector, protocol) };
        let (service, exporter) = traced(options, 1.0).await;
        collector.refuse(429, Some(1));
        collector.refuse(503, None);
        let began = Instant::now();
        service.get("/orders/1").await;
        assert!(flush(&exporter).await);
        assert!(collector.span("GET /orders/{id}").is_some());
        let patience = if protocol == Protocol::Http { 1_000 } else { 100 };
        assert!(began.elapsed() >= Duration::from_millis(patience), "{:?}", began.elapsed());
        assert_eq!(service.value(r#"flightdeck_export_retries_total{signal="traces"}"#), Some(2.0));
        assert_eq!(
            service.value(r#"flightdeck_export_items_total{outcome="sent",signal="traces"}"#),
            Some(1.0)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_counted_and_not_repeated() {
    let collector = Collector::http().await;
    let (service, exporter) =
        traced(OtlpOptions { metrics: false, ..options(&collector, Protocol::Http) }, 1.0).await;
    collector.refuse(400, None);
    service.get("/orders/1").await;
    assert!(flush(&exporter).await);
    assert_eq!(
        service.value(r#"flightdeck_export_items_total{outcome="refused",signal="traces"}"#),
        Some(1.0)
    );
    assert_eq!(collector.received.lock().unwrap().requests, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_slow_or_gone_holds_up_nobody() {
    let slow = Collector::http().await;
    slow.received.lock().unwrap().delay = Duration::from_secs(60);
    let gone = Collector { address: "127.0.0.1:1".parse().unwrap(), ..slow.clone() };
    for collector in [slow, gone] {
        let limits = OtlpOptions {
            queue_items_max: 20,
            batch_items_max: 5,
            metrics: false,
            request_timeout: Duration::from_millis(300),
            retry_for: Duration::from_secs(1),
            ..options(&collector, Protocol::Http)
        };
        let (service, exporter) = traced(limits, 1.0).await;
        let began = Instant::now();
        for _ in 0..100 {
            assert!(service.get("/orders/1").await.starts_with("HTTP/1.1 200"));
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let outcome = |outcome: &str| {
            let sample = format!("flightdeck_export_items_total{{outcome=\"{outcome}\",signal=\"traces\"}}");
            service.value(&sample).unwrap_or(0.0)
        };
        let waiting = service.value(r#"flightdeck_export_queue_items{signal="traces"}"#).unwrap();
        assert!(waiting <= 20.0 && outcome("dropped") >= 50.0, "{waiting} {}", outcome("dropped"));
        assert!(
            !tokio::task::spawn_blocking(move || exporter.flush(Duration::from_millis(50))).await.unwrap()
        );
        for _ in 0..400 {
            if outcome("expired") >= 5.0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(outcome("expired") >= 5.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_sampled_is_kept_when_it_is_slow_and_not_otherwise() {
    let collector = Collector::http().await;
    let deck = flightdeck::Flightdeck::builder("shop")
        .otlp(options(&collector, Protocol::Http))
        .sample_ratio(0.0)
        .traces(|traces| traces.keep_slower_than(Some(Duration::from_millis(100))))
        .build();
    let service = Service::with(deck).await;
    // Somebody else's decision is obeyed as well, and a slow request is kept against it.
    let unsampled = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n";
    for path in ["/orders/1", "/stream"] {
        service.get(path).await;
        service.ask("GET", path, unsampled).await;
    }
    service.until(r#"http_requests_total{method="GET",route="/stream",status="200"}"#, 2.0).await;
    assert!(service.deck.shutdown().await);
    let received = collector.received.lock().unwrap();
    let names: Vec<&str> = received.spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["GET /stream", "GET /stream"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_tell_no_secrets_unless_they_are_to() {
    use flightdeck::logs::Paths;
    let key = "T7b9XqLk2vWpR4sYdN8mZc";
    for (paths, want) in [
        (Paths::Raw, [Some("/reset/k7s9"), Some("/T7b9XqLk2vWpR4sYdN8mZc")]),
        (Paths::Redacted, [Some("/reset/[redacted]"), Some("/[redacted]")]),
        (Paths::Template, [Some("/reset/{token}"), None]),
    ] {
        let collector = Collector::http().await;
        let deck = flightdeck::Flightdeck::builder("shop")
            .otlp(options(&collector, Protocol::Http))
            .paths(paths)
            .build();
        let routes = axum::Router::new().route("/reset/{token}", axum::routing::get(|| async { "done" }));
        let service = Service::serve(deck, routes).await;
        service.get("/reset/k7s9").await;
        service.get(&format!("/{key}")).await;
        service.until(r#"http_requests_total{method="GET",route="unmatched",status="404"}"#, 1.0).await;
        assert!(service.deck.shutdown().await);
        for (name, want) in ["GET /reset/{token}", "GET"].into_iter().zip(want) {
            let span = collector.span(name).unwrap();
            assert_eq!(attribute(&span.attributes, "url.path").as_deref(), want);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn baggage_is_passed_on_where_it_is_wanted() {
    use flightdeck::correlate::Propagation;
    for baggage in [true, false] {
        let deck =
            flightdeck::Flightdeck::builder("shop").propagation(Propagation { trace: true, baggage }).build();
        let api = deck.external_api().unwrap();
        let ask = async move || {
            let mut headers = axum::http::HeaderMap::new();
            api.begin(&axum::http::Method::GET, &"http://x/".parse().unwrap(), &mut headers).answered(200);
            headers.get("baggage").map_or("none".to_owned(), |value| value.to_str().unwrap().to_owned())
        };
        let routes = axum::Router::new().route("/", axum::routing::get(move || async move { ask().await }));
        let service = Service::serve(deck, routes).await;
        let answer = service.ask("GET", "/", "baggage: tenant=7\r\nbaggage: plan=gold\r\n").await;
        assert!(answer.ends_with(if baggage { "tenant=7,plan=gold" } else { "none" }), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_sees_metrics_of_http_under_the_names_of_the_conventions() {
    let collector = Collector::http().await;
    let deck = flightdeck::Flightdeck::builder("shop")
        .otlp(options(&collector, Protocol::Http))
        .http_names(flightdeck::http::HttpNames::OpenTelemetry)
        .build();
    let api = deck.external_api().unwrap();
    api.begin(&axum::http::Method::GET, &"https://pay.example/".parse().unwrap(), &mut Default::default())
        .answered(503);
    let service = Service::with(deck).await;
    service.get("/orders/1").await;
    assert!(service.deck.shutdown().await);
    let received = collector.received.lock().unwrap();
    let find = |name: &str| received.metrics.iter().find(|metric| metric.name == name).unwrap();
    let attributes = |name: &str| {
        let Some(metric::Data::Histogram(histogram)) = &find(name).data else { panic!("{name}") };
        let mut attributes: Vec<String> = histogram.data_points[0]
            .attributes
            .iter()
            .map(|pair| format!("{}={:?}", pair.key, pair.value.as_ref().unwrap().value.as_ref().unwrap()))
            .collect();
        attributes.sort();
        attributes
    };
    assert_eq!(
        attributes("http.server.request.duration"),
        [
            "http.request.method=StringValue(\"GET\")",
            "http.response.status_code=IntValue(200)",
            "http.route=StringValue(\"/orders/{id}\")",
            "network.protocol.version=StringValue(\"1.1\")",
            "url.scheme=StringValue(\"http\")",
        ]
    );
    assert_eq!(
        attributes("http.client.request.duration"),
        [
            "error.type=StringValue(\"503\")",
            "http.request.method=StringValue(\"GET\")",
            "http.response.status_code=IntValue(503)",
            "server.address=StringValue(\"pay.example\")",
            "server.port=IntValue(443)",
            "url.scheme=StringValue(\"https\")",
        ]
    );
    let active = find("http.server.active_requests");
    assert!(matches!(&active.data, Some(metric::Data::Sum(sum)) if !sum.is_monotonic), "{active:?}");
    assert_eq!(
        (active.unit.as_str(), find("http.client.request.duration").unit.as_str()),
        ("{request}", "s")
    );
    assert!(received.metrics.iter().all(|metric| !metric.name.contains("http_server")));
}

/// Charges a customer: a span of its own, with a call to another service and a line within.
async fn checkout(axum::extract::State(api): axum::extract::State<flightdeck::http::ExternalApi>) -> String {
    use tracing::Instrument;
    let charge = async {
        let mut headers = axum::http::HeaderMap::new();
        let uri = "http://pay.example:8080/charge?token=abc".parse().unwrap();
        api.begin(&axum::http::Method::POST, &uri, &mut headers).answered(200);
        tracing::info!(order = 7, iban = "DE00", "paid");
        tracing::debug!("details");
        headers["traceparent"].to_str().unwrap().to_owned()
    };
    charge.instrument(tracing::info_span!("charge", amount = 12.5, password = "hunter2")).await
}

// One thread does everything, so that the subscriber of the test is that of the service.
#[tokio::test]
async fn lines_and_spans_of_a_request_belong_together() {
    let collector = Collector::http().await;
    let deck = flightdeck::Flightdeck::builder("shop")
        .otlp(options(&collector, Protocol::Http))
        .redact(&["iban"])
        .log_level_header("X-Log-Level")
        .build();
    let subscriber = deck.logs().subscriber(std::io::sink).unwrap();
    let _subscriber = tracing::subscriber::set_default(subscriber);
    let routes = axum::Router::new()
        .route("/checkout", axum::routing::post(checkout))
        .with_state(deck.external_api().unwrap());
    let service = Service::serve(deck, routes).await;
    service.ask("POST", "/checkout", "content-length: 0\r\nx-request-id: quiet\r\n").await;
    let answer = service
        .ask("POST", "/checkout", "content-length: 0\r\nx-request-id: loud\r\nx-log-level: debug\r\n")
        .await;
    assert!(service.deck.shutdown().await);
    let received = collector.received.lock().unwrap();
    let by_id = |id: &str| received.spans.iter().find(|span| hex(&span.span_id) == id).unwrap();
    // What is sent to the other service names the span of the call, which is in that of tracing, in that of the request.
    let sent: Vec<&str> = answer.lines().last().unwrap().split('-').collect();
    let call = by_id(sent[2]);
    assert_eq!((hex(&call.trace_id).as_str(), call.kind, call.name.as_str()), (sent[1], 3, "POST"));
    assert_eq!(
        attribute(&call.attributes, "url.full").as_deref(),
        Some("http://pay.example:8080/charge?token=[redacted]")
    );
    assert_eq!(attribute(&call.attributes, "server.port").as_deref(), Some("8080"));
    let charge = by_id(&hex(&call.parent_span_id));
    assert_eq!((charge.name.as_str(), charge.kind), ("charge", 1));
    assert!(received.spans.iter().all(|span| attribute(&span.attributes, "request_id").is_some()));
    assert_eq!(attribute(&charge.attributes, "amount").as_deref(), Some("12.5"));
    assert_eq!(attribute(&charge.attributes, "password").as_deref(), Some("[redacted]"));
    let server = by_id(&hex(&charge.parent_span_id));
    assert_eq!((server.name.as_str(), server.kind), ("POST /checkout", 2));
    // Lines.
    let lines: Vec<_> = received
        .records
        .iter()
        .map(|record| {
            let id = attribute(&record.attributes, "request_id").unwrap();
            (id, collector::text(record.body.as_ref().unwrap()), record)
        })
        .collect();
    let said = |id: &str| -> Vec<&str> {
        lines.iter().filter(|(of, _, _)| of == id).map(|(_, message, _)| message.as_str()).collect()
    };
    assert_eq!((said("quiet"), said("loud")), (vec!["paid", "request"], vec!["paid", "details", "request"]));
    let (_, _, paid) = lines.iter().find(|(id, message, _)| id == "loud" && message == "paid").unwrap();
    assert_eq!((&paid.trace_id, &paid.span_id), (&charge.trace_id, &charge.span_id));
    assert_eq!((paid.severity_number, paid.severity_text.as_str()), (9, "INFO"));
    assert_eq!(attribute(&paid.attributes, "order").as_deref(), Some("7"));
    assert_eq!(attribute(&paid.attributes, "iban").as_deref(), Some("[redacted]"));
    let everything = format!("{:?}{:?}", received.spans, received.records);
    assert!(!everything.contains("hunter2") && !everything.contains("DE00"), "{everything}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
