//! A small HTTP server on a free port, and what tests ask of the collector.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use collect::config::{GlobalConfig, HttpClientSection, ScrapeConfig, ScrapeJob};
use collect::fetch::{Ask, Client, Shared, address_of};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

/// An answer.
pub(crate) type Answer = Response<Full<Bytes>>;

/// A server that runs until the test ends.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// How many connections it took.
    pub(crate) connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers every request with what `handler` makes of it.
    pub(crate) async fn start(
        handler: impl Fn(&Request<Incoming>) -> Answer + Clone + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, handler.clone()));
            }
        });
        Server { address, connections }
    }

    /// A URL on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Speaks HTTP/1 over any stream.
pub(crate) async fn serve<S>(
    stream: S,
    handler: impl Fn(&Request<Incoming>) -> Answer + Clone + Send + Sync + 'static,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let answer = handler(&request);
        async move { Ok::<_, std::convert::Infallible>(answer) }
    });
    // A client that goes away is no failure of the test.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Speaks HTTP/2 over any stream.
pub(crate) async fn serve_http2<S>(
    stream: S,
    handler: impl Fn(&Request<Incoming>) -> Answer + Clone + Send + Sync + 'static,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let answer = handler(&request);
        async move { Ok::<_, std::convert::Infallible>(answer) }
    });
    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    // A client that goes away is no failure of the test.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

/// An exposition in the text format.
pub(crate) fn page(body: impl Into<Bytes>) -> Answer {
    let builder = Response::builder().header("content-type", "text/plain; version=0.0.4");
    builder.body(Full::new(body.into())).unwrap()
}

/// An answer without a body.
pub(crate) fn status(code: u16) -> Answer {
    Response::builder().status(code).body(Full::default()).unwrap()
}

/// A header of a request, or the empty text.
pub(crate) fn header(request: &Request<Incoming>, name: &str) -> String {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned()
}

/// A client with the given fields of a section.
pub(crate) fn client(section: serde_json::Value) -> Client {
    let section: HttpClientSection = serde_json::from_value(section).unwrap();
    Client::new(Shared::new(&section.http_client(Path::new("/")).unwrap()).unwrap())
}

/// What to ask for, with a limit on the body.
pub(crate) fn ask(body_bytes_max: u64) -> Ask {
    Ask { accept: HeaderValue::from_static("*/*"), compression: true, headers: Vec::new(), body_bytes_max }
}

/// Fetches and shows: the body, or the error.
pub(crate) async fn fetch(client: &mut Client, url: &str) -> String {
    fetch_within(client, url, 0).await
}

/// As `fetch`, with a limit on the body.
pub(crate) async fn fetch_within(client: &mut Client, url: &str, body_bytes_max: u64) -> String {
    let mut body = Vec::new();
    match client.get(&address_of(url).unwrap(), &ask(body_bytes_max), &mut body).await {
        Ok(_) => String::from_utf8_lossy(&body).into_owned(),
        Err(error) => error.to_string(),
    }
}

/// A job of the given section.
pub(crate) fn job(section: serde_json::Value) -> Arc<ScrapeJob> {
    let section: ScrapeConfig = serde_json::from_value(section).unwrap();
    Arc::new(section.resolve(&GlobalConfig::default(), Path::new("/")).unwrap())
}
