//! Flightdeck fed over OTLP by its own library: every kind of metric, by HTTP and gRPC, asked for with queries.

mod peers;

use std::time::Duration;

use flightdeck::otlp::{Exporter, OtlpOptions, Protocol, Resource};
use flightdeck::{Native, Registry};
use peers::Server;

/// One of every kind.
fn fill(registry: &Registry) {
    let orders = registry.counter("orders_created", "Orders taken.").labels(["method"]).unwrap();
    orders.get(&["card"]).add(3.0);
    orders.get(&["ünï \"code\" \\ \n"]).add(4.0);
    registry.gauge("queue_length", "Waiting.").register().unwrap().set(-1.5);
    let latency = registry.histogram("latency_seconds", "How long.").buckets(&[0.1, 1.0]).register().unwrap();
    let native =
        registry.histogram("size_bytes", "How large.").native_only(Native::default()).register().unwrap();
    for value in [0.05, 0.5, 0.5, 5.0] {
        latency.observe(value);
        native.observe(value);
    }
    let wait = registry.summary("wait_seconds", "Wait.").quantiles(&[0.5]).register().unwrap();
    wait.observe(2.0);
    registry.info("build", "The build.").register().unwrap().set(&[("revision", "abc")]);
    registry.state_set("mode", "The mode.", &["on", "off"]).register().unwrap().set("off");
}

/// What queries find of it, with `{}` for the labels of the job.
const WANT: [(&str, &str); 16] = [
    (r#"orders_created_total{method="card",@}"#, "3"),
    (r#"orders_created_total{method=~"ün.*",@}"#, "4"),
    (r#"count(orders_created_total{method="ünï \"code\" \\ \n",@})"#, "1"),
    ("queue_length{@}", "-1.5"),
    ("latency_seconds_count{@}", "4"),
    ("latency_seconds_sum{@}", "6.05"),
    (r#"latency_seconds_bucket{le="0.1",@}"#, "1"),
    (r#"latency_seconds_bucket{le="1",@}"#, "3"),
    (r#"latency_seconds_bucket{le="+Inf",@}"#, "4"),
    ("histogram_count(size_bytes{@})", "4"),
    ("histogram_sum(size_bytes{@})", "6.05"),
    // A bucket holds what is above its lower bound and at most its upper.
    ("histogram_fraction(0.4, 0.6, size_bytes{@})", "0.5"),
    ("wait_seconds_sum{@}", "2"),
    (r#"build_info{revision="abc",@}"#, "1"),
    (r#"mode{mode="off",@}"#, "1"),
    (r#"target_info{deployment_environment_name="test",@}"#, "1"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_exported_is_what_queries_find() {
    let Some(server) = Server::start() else { return };
    let collectors = [
        ("http", Protocol::Http, format!("http://{}", server.address), true),
        ("grpc", Protocol::Grpc, format!("http://{}", server.otlp_grpc), true),
        ("plain", Protocol::Http, format!("http://{}/api/v1/otlp", server.address), false),
    ];
    for (job, protocol, endpoint, gzip) in collectors {
        let registry = Registry::new();
        fill(&registry);
        let options = OtlpOptions {
            protocol,
            gzip,
            traces: false,
            logs: false,
            metrics_every: Duration::from_secs(3_600),
            ..OtlpOptions::to(&endpoint)
        };
        let resource =
            Resource::new(job).with("service.instance.id", "one").with("deployment.environment.name", "test");
        let exporter = Exporter::start(options, resource, &registry).unwrap();
        let flushed = tokio::task::spawn_blocking(move || exporter.flush(Duration::from_secs(10)));
        assert!(flushed.await.unwrap(), "{job}");
        let text = registry.text();
        assert!(text.contains(r#"flightdeck_export_items_total{outcome="sent",signal="metrics"}"#), "{text}");
        assert!(!text.contains(r#"outcome="refused""#), "{text}");
        for (query, want) in WANT {
            let labels = format!(r#"job="{job}",instance="one""#);
            server.sees(&query.replace('@', &labels), want).await;
        }
    }
}
