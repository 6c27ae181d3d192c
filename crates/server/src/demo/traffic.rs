//! The people of the shop: real requests over real connections, about as many as planned.

use std::time::Duration;

use anyhow::Context;
use model::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::fault::Schedule;
use super::plan::{Chance, Endpoint, SERVICES, Service};
use crate::app::now_millis;

/// How many bytes of an answer are read; the shop's are empty.
const ANSWER_BYTES_MAX: usize = 4_096;
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a service is asked whether it is ready.
const PROBE_INTERVAL: Duration = Duration::from_secs(5);
/// How many requests of one endpoint are under way at once.
const AT_ONCE_MAX: usize = 64;

/// How much of the time before the start is made up for.
const MISSED_MAX_MS: i64 = 10_000;

/// The traffic, for as long as the value lives.
pub struct Traffic {
    _runtime: Runtime,
}

/// Starts it, as if it had been there since a time shortly before: what should have been asked meanwhile is asked at once.
pub fn start(addresses: Vec<String>, schedule: Schedule, since: Timestamp) -> anyhow::Result<Traffic> {
    let missed = Duration::from_millis((now_millis() - since).clamp(0, MISSED_MAX_MS).unsigned_abs());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("traffic")
        .enable_all()
        .build()
        .context("starting the traffic")?;
    for (service, address) in SERVICES.iter().zip(addresses) {
        runtime.spawn(keep_probing(address.clone()));
        for (at, endpoint) in service.endpoints.iter().enumerate() {
            let people = People { service, endpoint, address: address.clone(), schedule: schedule.clone() };
            runtime.spawn(people.keep_asking(at as u64, missed));
        }
    }
    Ok(Traffic { _runtime: runtime })
}

/// Asks whether the service is ready, as whatever spreads its requests would.
async fn keep_probing(address: String) {
    loop {
        let asked = tokio::time::timeout(PATIENCE, ask(&address, "GET", "/health/ready")).await;
        if let Ok(Err(error)) = asked {
            tracing::debug!(%error, address, "a probe of the demo failed");
        }
        tokio::time::sleep(PROBE_INTERVAL).await;
    }
}

/// Those who want something of one endpoint.
struct People {
    service: &'static Service,
    endpoint: &'static Endpoint,
    address: String,
    schedule: Schedule,
}

impl People {
    async fn keep_asking(self, seed: u64, missed: Duration) {
        let People { service, endpoint, address, schedule } = self;
        let mut chance = Chance::new(seed + 101);
        let turns = std::sync::Arc::new(tokio::sync::Semaphore::new(AT_ONCE_MAX));
        let mut due = tokio::time::Instant::now() - missed;
        loop {
            let rate = service.behaviour(endpoint, schedule.at(now_millis())).rate.max(0.01);
            // Between requests of many people the time is distributed like this.
            let wait = -(1.0 - chance.share()).ln() / rate;
            // What a busy machine does late is made up for, or there would be fewer requests than planned.
            due += Duration::from_secs_f64(wait.min(30.0));
            tokio::time::sleep_until(due).await;
            let Ok(turn) = turns.clone().try_acquire_owned() else { continue };
            let id = (chance.share() * 10_000.0) as u64;
            let path = endpoint.route.replace("{id}", &id.to_string());
            let address = address.clone();
            tokio::spawn(async move {
                let asked = tokio::time::timeout(PATIENCE, ask(&address, endpoint.method, &path)).await;
                if let Ok(Err(error)) = asked {
                    tracing::debug!(%error, path, "a request of the demo failed");
                }
                drop(turn);
            });
        }
    }
}

async fn ask(address: &str, method: &str, path: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let (mut read, mut buffer) = (0, [0; 512]);
    while read < ANSWER_BYTES_MAX {
        match stream.read(&mut buffer).await? {
            0 => break,
            bytes => read += bytes,
        }
    }
    Ok(())
}
