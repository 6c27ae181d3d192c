//! The shop as it runs somewhere else: its program, told by the environment where its metrics, spans and lines go, with a
//! Redis as its cache, until it is stopped.

#[path = "../../../crates/instrument/tests/collector/mod.rs"]
mod collector;
mod peers;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use collector::{Collector, Received, attribute, text};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{metric, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use peers::{Postgres, Redis, ask, programs, value};

/// The program `shop`, and the lines it writes.
struct Shop {
    process: Child,
    address: String,
    lines: mpsc::Receiver<String>,
}

impl Shop {
    fn start(postgres: &Postgres, redis: Option<&Redis>, collector: &Collector) -> Shop {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", &postgres.url()]);
        if let Some(redis) = redis {
            command.args(["--cache", &redis.url()]);
        }
        let mut process = command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url())
            .env("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=web%20shop")
            .env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
            .env("OTEL_METRIC_EXPORT_INTERVAL", "200")
            .env("OTEL_SERVICE_NAME", "shop-7")
            .env("OTEL_RESOURCE_ATTRIBUTES", "team=web,service.version=1.2,service.name=other")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut written = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = written.next().unwrap().unwrap();
        let address = first.rsplit("http://").next().unwrap().to_owned();
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || written.map_while(Result::ok).all(|line| send.send(line).is_ok()));
        Shop { process, address, lines }
    }

    /// Asks until the shop is open: it listens before its tables are made.
    async fn opened(&self) {
        for _ in 0..100 {
            let asked = ask(&self.address, "GET", "/health/ready", "");
            if tokio::time::timeout(Duration::from_secs(1), asked).await.is_ok() {
                return;
            }
        }
        panic!("the shop does not open");
    }

    /// Stops it as a person would; whether it ended in order.
    fn stop(&mut self) -> bool {
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        self.process.wait().unwrap().success()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn find<'a>(received: &'a Received, name: &str, parent: &[u8]) -> &'a Span {
    let found = received.spans.iter().find(|span| span.name == name && span.parent_span_id == parent);
    found.unwrap_or_else(|| panic!("no {name} below {parent:?}: {:#?}", received.spans))
}

fn check_what_arrived(received: &Received) {
    for (key, want) in [("service.name", "shop-7"), ("service.version", "1.2"), ("team", "web")] {
        assert_eq!(attribute(&received.resource, key).as_deref(), Some(want), "{key}");
    }
    assert!(received.headers.iter().all(|headers| headers["x-tenant"] == "web shop"));
    // The request, the work inside it, and the call to the payment service.
    let parent = 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes();
    let order = find(received, "POST /orders", &parent);
    let charge = find(received, "charge", &order.span_id);
    let call = find(received, "POST", &charge.span_id);
    assert_eq!(find(received, "POST /payment", &call.span_id).trace_id, order.trace_id);
    // Lines of sqlx have fields and no message.
    let says =
        |record: &&LogRecord| record.body.as_ref().is_some_and(|body| text(body) == "an order was paid");
    let line = received.records.iter().find(says);
    let line = line.expect("the request asked for lines of level debug");
    assert_eq!((&line.trace_id, &line.span_id), (&order.trace_id, &order.span_id));
    let orders = received.metrics.iter().rev().find(|metric| metric.name == "orders_created").unwrap();
    let Some(metric::Data::Sum(orders)) = &orders.data else { panic!("{orders:?}") };
    assert_eq!(orders.data_points[0].value, Some(number_data_point::Value::AsDouble(2.0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_tells_a_collector_what_it_does_until_it_ends() {
    let Some(programs) = programs() else { return };
    let postgres = Postgres::start(&programs);
    let mut redis = Redis::start();
    let collector = Collector::http().await;
    postgres.answers().await;
    let mut shop = Shop::start(&postgres, redis.as_ref(), &collector);
    shop.opened().await;
    let headers =
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nx-log-level: debug\r\n";
    let order = r#"{"product":7,"payment_method":"card"}"#;
    for _ in 0..2 {
        let answer = peers::ask_with(&shop.address, "POST", "/orders", headers, order).await;
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
    let served =
        format!(r#"external_api_requests_total{{host="{}",method="POST",status="200"}}"#, shop.address);
    assert_eq!(value(&shop.address, &served).await, 2.0);
    if let Some(redis) = &mut redis {
        let commands = |operation: &str, outcome: &str| {
            format!(r#"redis_command_duration_seconds_count{{operation="{operation}",outcome="{outcome}"}}"#)
        };
        assert_eq!(value(&shop.address, &commands("get", "ok")).await, 2.0);
        assert!(value(&shop.address, &commands("set", "ok")).await >= 1.0);
        assert!(value(&shop.address, r#"cache_requests_total{cache="prices",outcome="miss"}"#).await >= 1.0);
        // The shop can do without it, and says that it does.
        redis.stop();
        let answer =
            ask(&shop.address, "POST", "/orders", r#"{"product":8,"payment_method":"invoice"}"#).await;
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        assert!(value(&shop.address, &commands("get", "error")).await >= 1.0);
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        let answer = ask(&shop.address, "GET", "/health/ready", "").await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains(r#""name":"cache","status":"warn""#),
            "{answer}"
        );
    }
    // What is left goes out at the end.
    let last = ask(&shop.address, "GET", "/products/9?token=hunter2", "").await;
    assert!(last.starts_with("HTTP/1.1 200"), "{last}");
    assert!(shop.stop());
    let received = collector.received.lock().unwrap();
    check_what_arrived(&received);
    let everything = format!("{:?}{:?}", received.spans, received.records);
    assert!(everything.contains("GET /products/{id}") && !everything.contains("hunter2"));
    let lines: Vec<String> = shop.lines.try_iter().collect();
    assert!(lines.iter().any(|line| line.contains(r#""message":"an order was paid""#)), "{lines:#?}");
}
