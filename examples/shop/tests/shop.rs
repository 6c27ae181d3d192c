//! The shop with a real PostgreSQL: what is measured when all is well, and what is said when it is not.

mod peers;

use std::time::Duration;

use peers::{Postgres, Server, ask, programs, until, value};
use shop::app::{Options, build};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_is_measured_in_good_times_and_bad() {
    let Some(programs) = programs() else { return };
    let mut postgres = Postgres::start(&programs);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let deck = shop::app::deck();
    postgres.answers().await;
    let options = Options { database: postgres.url(), cache: None, payment: address.clone() };
    let app = build(options, &deck).await.unwrap();
    let server = Server::start();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

    let order = r#"{"product":7,"payment_method":"bank_transfer"}"#;
    for _ in 0..3 {
        let answer = ask(&address, "POST", "/orders", order).await;
        assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("x-request-id: "), "{answer}");
    }
    assert!(ask(&address, "GET", "/orders/1", "").await.starts_with("HTTP/1.1 200"));
    assert!(ask(&address, "GET", "/orders/999", "").await.starts_with("HTTP/1.1 404"));
    for (sample, want) in [
        (r#"orders_created_total{payment_method="bank_transfer"}"#, 3.0),
        ("order_total_dollars_sum", 36.0),
        ("active_users", 0.0),
        (r#"http_requests_total{method="POST",route="/orders",status="201"}"#, 3.0),
        (r#"db_query_duration_seconds_count{operation="insert_order",outcome="ok"}"#, 3.0),
        (&format!(r#"external_api_requests_total{{host="{address}",method="POST",status="200"}}"#), 3.0),
        (r#"pool_connections_max{pool="shop"}"#, 5.0),
        (r#"pool_waiting{pool="shop"}"#, 0.0),
        ("tokio_workers", 2.0),
    ] {
        until(&address, sample, want).await;
    }
    assert!(value(&address, r#"cache_requests_total{cache="prices",outcome="hit"}"#).await >= 1.0);
    assert!(ask(&address, "GET", "/health/ready", "").await.starts_with("HTTP/1.1 200"));
    if let Some(server) = server {
        // The machine may have other shops.
        let (_, port) = address.rsplit_once(':').unwrap();
        let orders =
            format!(r#"orders_created_total{{payment_method="bank_transfer",instance=~".*:{port}"}}"#);
        server.sees(&orders, "3").await;
        let requests =
            format!(r#"http_requests_total{{route="/orders",status="201",instance=~".*:{port}"}}"#);
        server.sees(&requests, "3").await;
    }

    ask(&address, "POST", "/faults", r#"{"slow_query_ms":200}"#).await;
    ask(&address, "GET", "/orders/1", "").await;
    let slow = value(&address, r#"db_query_duration_seconds_sum{operation="slow_query",outcome="ok"}"#).await;
    assert!(slow >= 0.2, "{slow}");
    ask(&address, "POST", "/faults", r#"{"error_share":1.0}"#).await;
    assert!(ask(&address, "GET", "/orders/1", "").await.starts_with("HTTP/1.1 500"));
    ask(&address, "POST", "/faults", r#"{"held_connections":5}"#).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(ask(&address, "GET", "/orders/1", "").await.starts_with("HTTP/1.1 500"), "no connection is left");
    assert_eq!(value(&address, r#"pool_connections{pool="shop",state="idle"}"#).await, 0.0);
    ask(&address, "POST", "/faults", "{}").await;

    postgres.stop();
    let answer = ask(&address, "GET", "/health/ready", "").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("last_error"), "{answer}");
}
