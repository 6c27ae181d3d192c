//! What goes wrong inside the layer, and that no request notices.

#![cfg(all(feature = "axum", feature = "logs"))]

mod service;

use flightdeck::Flightdeck;
use service::Service;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;

/// Panics at every line, those of the layer included.
struct Broken;

impl<S: tracing::Subscriber> Layer<S> for Broken {
    fn on_event(&self, _: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        panic!("on purpose");
    }
}

// One thread does everything, so that the subscriber of the test is that of the service.
#[tokio::test]
async fn a_failure_inside_the_layer_never_changes_the_response() {
    let whole = Service::start().await;
    let broken = Service::with(Flightdeck::builder("shop").mount("/files").build()).await;
    let ask = async |service: &Service, path: &str| {
        let answer = service.ask("GET", path, "x-request-id: one\r\n").await;
        let lines: Vec<&str> = answer.lines().filter(|line| !line.starts_with("date: ")).collect();
        lines.join("\n")
    };
    for path in ["/orders/1", "/fails", "/stream", "/no/such", "/files/a"] {
        let want = ask(&whole, path).await;
        let errors = broken.value("flightdeck_instrumentation_errors_total").unwrap();
        {
            let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(Broken));
            assert_eq!(ask(&broken, path).await, want, "{path}");
        }
        broken.until("flightdeck_instrumentation_errors_total", errors + 1.0).await;
    }
    // Each was counted all the same, and none is left in progress.
    let text = broken.deck.registry().text();
    assert!(text.contains(r#"http_requests_total{method="GET",route="/stream",status="200"} 1.0"#), "{text}");
    let in_progress: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("http_requests_in_progress{") && !line.ends_with(" 0.0"))
        .collect();
    assert!(in_progress.is_empty(), "{in_progress:#?}");
}
