//! Simulated exporters: many listeners of one thread that answer every request with the page of the moment.
//!
//! They speak just enough HTTP/1.1 to be scraped over connections that stay open. Responses are made beforehand, so that
//! what a scrape costs is what it costs the server that scrapes. Each server under test has a path of its own: programs
//! of this machine that look for metrics by themselves find none here, and are not counted.

use std::io::Write;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::pages::{PAGE_INTERVAL_MS, Pages};

/// A request longer than this is not one of a scraper.
const REQUEST_BYTES_MAX: usize = 8 << 10;

const NOT_FOUND: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

/// Exporters that run until they are dropped.
pub(crate) struct Exporters {
    addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What all exporters share.
struct Shared {
    plain: Vec<Vec<u8>>,
    /// The same pages compressed; empty when they never are.
    compressed: Vec<Vec<u8>>,
    begun: Instant,
    /// The paths that are answered, and how often each was.
    served: Vec<(String, AtomicU64)>,
}

impl Exporters {
    /// Listens on `targets` ports of loopback that are free, and answers requests for any of `paths`.
    pub(crate) fn start(pages: &Pages, targets: usize, gzip: bool, paths: &[&str]) -> Result<Exporters> {
        let shared = Arc::new(Shared {
            plain: pages.bodies.iter().map(|body| response(body, "")).collect(),
            compressed: if gzip {
                pages.bodies.iter().map(|body| compressed(body)).collect::<Result<_>>()?
            } else {
                Vec::new()
            },
            begun: Instant::now(),
            served: paths.iter().map(|path| ((*path).to_owned(), AtomicU64::new(0))).collect(),
        });
        let mut listeners = Vec::with_capacity(targets);
        for _ in 0..targets {
            let listener = StdListener::bind("127.0.0.1:0").context("cannot listen on loopback")?;
            listener.set_nonblocking(true)?;
            listeners.push(listener);
        }
        let addresses = listeners.iter().map(StdListener::local_addr).collect::<Result<_, _>>()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serving = shared.clone();
        let thread = std::thread::Builder::new().name("exporters".into()).spawn(move || {
            runtime.block_on(async move {
                for (target, listener) in listeners.into_iter().enumerate() {
                    tokio::spawn(listen(listener, target, serving.clone()));
                }
                // Either word means that the run is over.
                let _ = stopped.await;
            });
        })?;
        Ok(Exporters { addresses, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where they listen.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// How many pages were served at a path.
    pub(crate) fn served_at(&self, path: &str) -> u64 {
        self.shared.counter(path).map_or(0, |served| served.load(Ordering::Relaxed))
    }
}

impl Drop for Exporters {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// The response of the moment: each target began at another page.
    fn response(&self, target: usize, gzip: bool) -> &[u8] {
        let pages = if gzip && !self.compressed.is_empty() { &self.compressed } else { &self.plain };
        let passed = self.begun.elapsed().as_millis() as u64 / PAGE_INTERVAL_MS;
        &pages[(passed as usize + target * 37) % pages.len()]
    }

    fn counter(&self, path: &str) -> Option<&AtomicU64> {
        self.served.iter().find(|(known, _)| known == path).map(|(_, served)| served)
    }
}

async fn listen(listener: StdListener, target: usize, shared: Arc<Shared>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, target, shared.clone()));
    }
}

/// Answers the requests of one connection until it closes or says something that is not a request.
async fn serve(mut stream: TcpStream, target: usize, shared: Arc<Shared>) {
    let mut request = Vec::with_capacity(1024);
    loop {
        let Some(end) = memchr::memmem::find(&request, b"\r\n\r\n") else {
            match stream.read_buf(&mut request).await {
                Ok(bytes) if bytes > 0 && request.len() <= REQUEST_BYTES_MAX => continue,
                _ => return,
            }
        };
        let text = String::from_utf8_lossy(&request[..end]);
        let gzip = header(&text, "accept-encoding").is_some_and(|encodings| encodings.contains("gzip"));
        let response = match shared.counter(text.split(' ').nth(1).unwrap_or_default()) {
            Some(served) => {
                served.fetch_add(1, Ordering::Relaxed);
                shared.response(target, gzip)
            }
            None => NOT_FOUND,
        };
        if stream.write_all(response).await.is_err() {
            return;
        }
        request.drain(..end + 4);
    }
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = request.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn response(body: &[u8], extra: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\n{extra}\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn compressed(body: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    Ok(response(&encoder.finish()?, "Content-Encoding: gzip\r\n"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    fn ask(stream: &mut TcpStream, path: &str, headers: &str, bytes: usize) -> String {
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n").unwrap();
        let mut answer = vec![0; bytes];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[test]
    fn a_connection_is_served_again_and_again_and_counted() {
        let pages = Pages { bodies: vec![b"a 1\n".to_vec()], origin: String::new() };
        let exporters = Exporters::start(&pages, 2, true, &["/one", "/two"]).unwrap();
        let mut stream = TcpStream::connect(exporters.addresses()[1]).unwrap();
        let plain = response(b"a 1\n", "");
        for _ in 0..3 {
            assert_eq!(ask(&mut stream, "/one", "", plain.len()).as_bytes(), plain);
        }
        let packed = compressed(b"a 1\n").unwrap().len();
        let answer = ask(&mut stream, "/two", "Accept-Encoding: gzip\r\n", packed);
        assert!(answer.contains("Content-Encoding: gzip"));
        assert_eq!(ask(&mut stream, "/metrics", "", NOT_FOUND.len()).as_bytes(), NOT_FOUND);
        assert_eq!(["/one", "/two", "/metrics"].map(|path| exporters.served_at(path)), [3, 1, 0]);
    }
}
