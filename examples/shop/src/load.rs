//! Customers: they look at products, order, and look at their orders.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// How many customers, and for how long.
#[derive(Args)]
pub(crate) struct Options {
    /// Host and port of the shop.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    target: String,
    /// Customers at once.
    #[arg(long, value_name = "N", default_value_t = 4)]
    customers: u64,
    /// How long they come.
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// How long each waits between two requests.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pause_ms: u64,
}

#[derive(Default)]
struct Seen {
    answered: AtomicU64,
    failed: AtomicU64,
}

/// Sends customers until the time is over, and says what they got.
pub(crate) async fn run(options: &Options) -> Result<()> {
    let seen = Arc::new(Seen::default());
    let until = Instant::now() + Duration::from_secs(options.seconds);
    let customers: Vec<_> = (0..options.customers)
        .map(|number| {
            let pause = Duration::from_millis(options.pause_ms);
            tokio::spawn(customer(options.target.clone(), number, until, pause, seen.clone()))
        })
        .collect();
    for customer in customers {
        customer.await?;
    }
    println!(
        "{} requests answered, {} failed",
        seen.answered.load(Ordering::Relaxed),
        seen.failed.load(Ordering::Relaxed)
    );
    Ok(())
}

async fn customer(target: String, number: u64, until: Instant, pause: Duration, seen: Arc<Seen>) {
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let methods = ["card", "bank_transfer", "invoice"];
    let mut step = number;
    while Instant::now() < until {
        step += 1;
        let product = step * 7 % 1_000 + 1;
        let order = format!(r#"{{"product":{product},"payment_method":"{}"}}"#, methods[step as usize % 3]);
        let (method, path, body) = match step % 4 {
            0 => ("POST", "/orders".to_owned(), order),
            1 => ("GET", format!("/orders/{step}"), String::new()),
            _ => ("GET", format!("/products/{product}"), String::new()),
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{target}{path}"))
            .header("content-type", "application/json")
            .body(Full::from(body));
        let Ok(request) = request else { return };
        let succeeded = match client.request(request).await {
            Ok(response) => {
                let status = response.status();
                response.into_body().collect().await.is_ok() && !status.is_server_error()
            }
            Err(_) => false,
        };
        let counter = if succeeded { &seen.answered } else { &seen.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(pause).await;
    }
}
