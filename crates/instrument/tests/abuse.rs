//! A hostile client: random paths, methods, headers and bodies, requests that are given up. The number of series stays
//! bounded, nothing stays in progress, memory stays flat.
//!
//! What is open takes memory, so memory is read when nothing is: after a first half, in which the process takes what it
//! keeps for later, and after a second one of the same size.
//!
//! `FLIGHTDECK_TEST_LONG=1` sends a hundred thousand requests instead of four thousand.

#![cfg(feature = "axum")]

mod service;

use std::time::Duration;

use service::Service;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Connections at once.
const CLIENTS: u64 = 8;

/// What the second half may add: the allocator does not give back every page, but a leak of a hundred bytes a request is
/// more in the long form.
const GROWTH_BYTES_MAX: f64 = 4e6;

/// How long connections may take to end; the slowest handler sleeps for five seconds.
const PATIENCE: Duration = Duration::from_secs(30);

fn requests() -> u64 {
    if std::env::var_os("FLIGHTDECK_TEST_LONG").is_some() { 100_000 } else { 4_000 }
}

/// Numbers that look like chance and are the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn word(&mut self, alphabet: &[u8], length: u64) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len() as u64) as usize])).collect()
    }
}

/// One request as nobody should send it.
fn request(chance: &mut Chance) -> Vec<u8> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let odd = b"abz019%-_.~!$&'()*+,;=:@\"\\{}<>\xc3\xa4";
    let method = match chance.below(3) {
        0 => "GET".to_owned(),
        1 => "POST".to_owned(),
        _ => {
            let length = 1 + chance.below(12);
            chance.word(letters, length)
        }
    };
    let path = match chance.below(6) {
        0 => format!("/orders/{}", chance.below(1_000_000)),
        1 => "/panics".to_owned(),
        2 => "/endless".to_owned(),
        3 => "/waits".to_owned(),
        _ => {
            let length = chance.below(60);
            format!("/{}", chance.word(b"abcxyz0189-_.~%/?&=", length))
        }
    };
    let header = {
        let length = chance.below(200);
        chance.word(odd, length)
    };
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {header}\r\nx-request-id: {header}\r\ntraceparent: {header}\r\nuser-agent: {header}\r\n"
    );
    match chance.below(4) {
        // A body that never comes.
        0 => request.push_str("content-length: 1000000\r\n\r\nx"),
        1 => request.push_str("transfer-encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense"),
        2 => request.push_str("content-length: 5\r\n\r\nhello"),
        _ => request.push_str("\r\n"),
    }
    request.into_bytes()
}

/// A connection, whatever else the machine is busy with: a request that is not sent proves nothing.
async fn connect(address: std::net::SocketAddr) -> tokio::net::TcpStream {
    for _ in 0..500 {
        if let Ok(stream) = tokio::net::TcpStream::connect(address).await {
            return stream;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{address} takes no connection");
}

async fn client(address: std::net::SocketAddr, seed: u64, count: u64) {
    let mut chance = Chance(seed);
    for _ in 0..count {
        let mut stream = connect(address).await;
        let bytes = request(&mut chance);
        let end = if chance.below(10) == 0 { chance.below(bytes.len() as u64) as usize } else { bytes.len() };
        let (first, slowly) = match chance.below(50) {
            0 => bytes[..end].split_at(end.saturating_sub(6)),
            _ => (&bytes[..end], &[][..]),
        };
        // A server may refuse what it has seen the beginning of.
        let _ = stream.write_all(first).await;
        for byte in slowly {
            tokio::time::sleep(Duration::from_millis(2)).await;
            let _ = stream.write_all(&[*byte]).await;
        }
        let patience = Duration::from_millis(chance.below(4));
        let _ = tokio::time::timeout(patience, stream.read(&mut [0; 1_024])).await;
    }
}

fn in_progress(service: &Service) -> f64 {
    let text = service.deck.registry().text();
    let lines = text.lines().filter(|line| line.starts_with("http_requests_in_progress{"));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// Tasks of the runtime: one for each connection, and those that are always there.
fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// How many lines the exposition has and how many bytes the process, with nothing open.
#[derive(Clone, Copy, Debug)]
struct Rest {
    lines: usize,
    memory_bytes: f64,
}

/// Attacks, and waits until the last connection has ended.
async fn attack(service: &Service, seed: u64, count: u64, tasks_before: usize) -> Rest {
    let clients: Vec<_> =
        (0..CLIENTS).map(|at| tokio::spawn(client(service.address, seed + at, count / CLIENTS))).collect();
    for client in clients {
        client.await.unwrap();
    }
    let until = std::time::Instant::now() + PATIENCE;
    while tasks() > tasks_before || in_progress(service) != 0.0 {
        assert!(std::time::Instant::now() < until, "{} tasks\n{}", tasks(), service.deck.registry().text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let memory_bytes = service.value("process_resident_memory_bytes").unwrap();
    let rest = Rest { lines: service.deck.registry().text().lines().count(), memory_bytes };
    println!("after {count} requests: {rest:?}");
    rest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_client_changes_nothing_that_lasts() {
    // What panics says so on stderr, with a backtrace if asked, which takes more memory than everything else here.
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = tokio::spawn(survive()).await;
    let _ = std::panic::take_hook();
    outcome.unwrap();
}

async fn survive() {
    let service = Service::start().await;
    // The server is a task once it has been asked something.
    service.get("/").await;
    let tasks_before = tasks();
    let first = attack(&service, 1, requests() / 2, tasks_before).await;
    let second = attack(&service, 1_000, requests() / 2, tasks_before).await;
    // Routes, known methods and a handful of statuses: nothing that a client can make up.
    assert!(second.lines <= first.lines + 400, "{first:?} became {second:?}");
    assert!(second.lines < 4_000, "{}", service.deck.registry().text());
    assert!(second.memory_bytes < first.memory_bytes + GROWTH_BYTES_MAX, "{first:?} became {second:?}");
    assert!(service.get("/orders/1").await.starts_with("HTTP/1.1 200"));
    assert_eq!(service.value("flightdeck_instrumentation_errors_total"), Some(0.0));
}
