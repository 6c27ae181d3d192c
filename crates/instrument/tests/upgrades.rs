//! WebSockets over axum, which nobody tells the layer of: each is a request of status 101, and a session until it ends.

#![cfg(feature = "axum")]

mod service;

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use flightdeck::Flightdeck;
use futures_util::{SinkExt, StreamExt};
use service::Service;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::tungstenite::protocol::Role;

const OPEN: &str = r#"http_sessions_in_progress{kind="websocket",route="/chat/{room}"}"#;
const ENDED: &str = r#"http_session_duration_seconds_count{kind="websocket",route="/chat/{room}"}"#;
const SECONDS: &str = r#"http_session_duration_seconds_sum{kind="websocket",route="/chat/{room}"}"#;
const REQUESTS: &str = r#"http_requests_total{method="GET",route="/chat/{room}",status="101"}"#;
const IN_PROGRESS: &str = r#"http_requests_in_progress{method="GET",route="/chat/{room}"}"#;

/// Says everything back until it is told to panic.
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        assert_ne!(message, Message::text("panic"));
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn chat(upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(16 << 20).max_frame_size(16 << 20).on_upgrade(echo)
}

async fn service() -> Service {
    let routes = Router::new()
        .route("/chat/{room}", any(chat))
        .route("/never", any(|_: WebSocketUpgrade| async { StatusCode::FORBIDDEN.into_response() }));
    Service::serve(Flightdeck::new("shop"), routes).await
}

fn request(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// A socket as a client has it.
async fn connect(service: &Service) -> WebSocketStream<TcpStream> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = service.connect().await;
    stream.write_all(request("/chat/7").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    // The answer to that key is in the specification.
    assert!(head.starts_with("HTTP/1.1 101") && head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    assert!(head.contains("x-request-id: "), "{head}");
    WebSocketStream::from_raw_socket(stream, Role::Client, None).await
}

/// Sends a message and waits for it to come back.
async fn say(socket: &mut WebSocketStream<TcpStream>, message: Wire) {
    let answer = async {
        socket.send(message.clone()).await.unwrap();
        socket.next().await.unwrap().unwrap()
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), answer).await.unwrap();
    assert!(answer == message, "something else came back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_websocket_is_a_session_until_it_ends() {
    let service = service().await;
    let mut socket = connect(&service).await;
    service.until(OPEN, 1.0).await;
    service.until(REQUESTS, 1.0).await;
    assert_eq!(service.value(IN_PROGRESS), Some(0.0));
    let began = std::time::Instant::now();
    for number in 0..100 {
        say(&mut socket, Wire::text(format!("message {number}"))).await;
    }
    // More than any buffer holds.
    say(&mut socket, Wire::binary(vec![7; 8 << 20])).await;
    let other = connect(&service).await;
    service.until(OPEN, 2.0).await;
    drop(other);
    service.until(OPEN, 1.0).await;
    assert_eq!(service.value(ENDED), Some(1.0));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let open = began.elapsed();
    socket.close(None).await.unwrap();
    service.until(OPEN, 0.0).await;
    service.until(ENDED, 2.0).await;
    assert!(service.value(SECONDS).unwrap() >= open.as_secs_f64(), "{:?}", service.value(SECONDS));
    // The latency of requests knows nothing of it.
    let latency = REQUESTS.replace("http_requests_total", "http_request_duration_seconds_sum");
    assert!(service.value(&latency).unwrap() < 0.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_whose_handler_panics_ends() {
    let service = service().await;
    let mut socket = connect(&service).await;
    service.until(OPEN, 1.0).await;
    socket.send(Wire::text("panic")).await.unwrap();
    service.until(OPEN, 0.0).await;
    service.until(ENDED, 1.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_is_no_session() {
    let service = service().await;
    let ask = async |path: &str| {
        let request = request(path).replace("connection: upgrade", "connection: upgrade, close");
        service.send(request.as_bytes()).await
    };
    let answer = ask("/never").await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    service.until(r#"http_requests_total{method="GET",route="/never",status="403"}"#, 1.0).await;
    // An upgrade that no handler takes up is an ordinary request.
    assert!(ask("/no/such").await.starts_with("HTTP/1.1 404"));
    let text = service.deck.registry().text();
    assert!(!text.contains("http_sessions_in_progress{"), "{text}");
    assert!(!text.contains("http_session_duration_seconds_count{"), "{text}");
    assert_eq!(service.value("flightdeck_instrumentation_errors_total"), Some(0.0));
}
