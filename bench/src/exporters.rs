//! Simulated exporters: many listeners of one thread that answer every request with the page of the moment.
//!
//! They speak just enough HTTP/1.1 to be scraped over connections that stay open. Responses are made beforehand, so that
//! what a scrape costs is what it costs the server that scrapes.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex, PoisonError};
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

/// Exporters that run until they are dropped.
pub(crate) struct Exporters {
    addresses: Vec<SocketAddr>,
    served: Arc<Mutex<BTreeMap<String, u64>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What all exporters share.
struct Shared {
    plain: Vec<Vec<u8>>,
    /// The same pages compressed; empty when they never are.
    compressed: Vec<Vec<u8>>,
    begun: Instant,
    served: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Exporters {
    /// Listens on `targets` ports of loopback that are free.
    pub(crate) fn start(pages: &Pages, targets: usize, gzip: bool) -> Result<Exporters> {
        let served = Arc::new(Mutex::new(BTreeMap::new()));
        let shared = Arc::new(Shared {
            plain: pages.bodies.iter().map(|body| response(body, "")).collect(),
            compressed: if gzip {
                pages.bodies.iter().map(|body| compressed(body)).collect::<Result<_>>()?
            } else {
                Vec::new()
            },
            begun: Instant::now(),
            served: served.clone(),
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
        let thread = std::thread::Builder::new().name("exporters".into()).spawn(move || {
            runtime.block_on(async move {
                for (target, listener) in listeners.into_iter().enumerate() {
                    tokio::spawn(listen(listener, target, shared.clone()));
                }
                // Either word means that the run is over.
                let _ = stopped.await;
            });
        })?;
        Ok(Exporters { addresses, served, stop: Some(stop), thread: Some(thread) })
    }

    /// Where they listen.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// How many pages were served to the program whose `User-Agent` begins so.
    pub(crate) fn served_to(&self, agent: &str) -> u64 {
        let served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let matching = served.iter().filter(|(name, _)| name.to_ascii_lowercase().starts_with(agent));
        matching.map(|(_, pages)| pages).sum()
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

    fn count(&self, agent: &str) {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        match served.get_mut(agent) {
            Some(pages) => *pages += 1,
            None => drop(served.insert(agent.to_owned(), 1)),
        }
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
        shared.count(header(&text, "user-agent").unwrap_or("unknown"));
        let gzip = header(&text, "accept-encoding").is_some_and(|encodings| encodings.contains("gzip"));
        let response = shared.response(target, gzip);
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

    fn ask(stream: &mut TcpStream, headers: &str, bytes: usize) -> String {
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: a\r\n{headers}\r\n").unwrap();
        let mut answer = vec![0; bytes];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[test]
    fn a_connection_is_served_again_and_again_and_counted() {
        let pages = Pages { bodies: vec![b"a 1\n".to_vec()], origin: String::new() };
        let exporters = Exporters::start(&pages, 2, true).unwrap();
        let mut stream = TcpStream::connect(exporters.addresses()[1]).unwrap();
        let plain = response(b"a 1\n", "");
        for _ in 0..3 {
            let answer = ask(&mut stream, "User-Agent: Prometheus/2\r\n", plain.len());
            assert_eq!(answer.as_bytes(), plain);
        }
        let packed = compressed(b"a 1\n").unwrap().len();
        assert!(ask(&mut stream, "Accept-Encoding: gzip\r\n", packed).contains("Content-Encoding: gzip"));
        assert_eq!((exporters.served_to("prometheus"), exporters.served_to("unknown")), (3, 1));
    }
}
