//! A service with one of everything that goes wrong, on a real socket, and a client that says what it is told to.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use flightdeck::Flightdeck;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The service, served until the test ends.
pub struct Service {
    pub deck: Flightdeck,
    pub address: SocketAddr,
}

/// A body of pieces with pauses between them.
struct Pieces {
    left: u32,
    pause: Pin<Box<tokio::time::Sleep>>,
    every: Duration,
}

impl Pieces {
    fn body(count: u32, every: Duration) -> Body {
        Body::new(Pieces { left: count, pause: Box::pin(tokio::time::sleep(every)), every })
    }
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if self.pause.as_mut().poll(task).is_pending() {
            return Poll::Pending;
        }
        let next = tokio::time::Instant::now() + self.every;
        self.pause.as_mut().reset(next);
        self.left -= 1;
        Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(b"data: piece\n\n")))))
    }
}

/// Every route the tests ask for.
fn router() -> Router {
    let inner = Router::new().route("/inner/{z}", get(|| async { "inner" }));
    Router::new()
        .route("/", get(|| async { "root" }))
        .route("/orders/{id}", get(|| async { "order" }).post(|body: Bytes| async move { body }))
        .route("/fails", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/panics", get(panics))
        // A server that has not read a request to its end does not notice that the client is gone.
        .route("/waits", get(|| tokio::time::sleep(Duration::from_secs(5))))
        .route("/stream", get(|| async { Pieces::body(3, Duration::from_millis(50)) }))
        .route("/endless", get(|| async { Pieces::body(u32::MAX, Duration::from_millis(5)) }))
        .route("/events", get(|| async { events() }))
        .route("/upload", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/who", get(who))
        .nest("/api/v1", inner)
        .nest_service("/files", Router::new().fallback(|| async { "file" }))
}

async fn panics() -> StatusCode {
    panic!("on purpose")
}

/// Answers with the context as handlers see it.
async fn who(headers: HeaderMap) -> String {
    let context = flightdeck::correlate::current().expect("the layer makes one");
    let again = headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("none");
    format!("{} {:032x} {again}", context.request_id(), context.trace().trace_id)
}

fn events() -> Response {
    ([("content-type", "text/event-stream")], Pieces::body(u32::MAX, Duration::from_millis(5)))
        .into_response()
}

impl Service {
    pub async fn start() -> Service {
        Service::with(Flightdeck::builder("shop").mount("/files").build()).await
    }

    pub async fn with(deck: Flightdeck) -> Service {
        Service::serve(deck, router()).await
    }

    /// Serves other routes than the usual.
    pub async fn serve(deck: Flightdeck, routes: Router) -> Service {
        let app = routes.layer(deck.layer()).merge(deck.routes());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Service { deck, address }
    }

    /// Sends a request without a body and reads the whole answer.
    pub async fn ask(&self, method: &str, path: &str, headers: &str) -> String {
        self.send(
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n").as_bytes(),
        )
        .await
    }

    pub async fn get(&self, path: &str) -> String {
        self.ask("GET", path, "").await
    }

    /// Sends bytes and reads until the server closes, or says nothing for a while.
    pub async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // A server may refuse what it has seen the beginning of.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// The value of a sample that the service exposes.
    pub fn value(&self, sample: &str) -> Option<f64> {
        let text = self.deck.registry().text();
        text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
    }

    /// Waits until a sample has a value: what a server notices, it notices a little later.
    pub async fn until(&self, sample: &str, want: f64) {
        for _ in 0..500 {
            if self.value(sample) == Some(want) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{sample} is {:?}, not {want}\n{}", self.value(sample), self.deck.registry().text());
    }
}
