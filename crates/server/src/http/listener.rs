//! Accepts connections and serves a router on them, with limits, and lets them finish when asked to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use super::door::Door;
use super::patience::Patient;
use super::switch::Switch;

/// How long a peer may take to complete the TLS handshake or the head of a request.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a peer may leave an answer unread before the connection is given up.
const UNREAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How many bytes the head of a request may take.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How many requests one HTTP/2 connection carries at once.
const HTTP2_STREAMS_MAX: u32 = 250;

/// What bounds a listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many connections are open at once; further ones wait in the kernel's queue.
    pub connections_max: usize,
}

/// A listener being served.
pub struct Listening {
    /// The address it is bound to.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

/// Binds an address, and says what to do where it is taken.
pub fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!("{address} is taken by another process; stop it, or choose another address with {flag}")
        }
        std::io::ErrorKind::PermissionDenied => {
            anyhow!("this user may not listen on {address}; choose a port above 1023 with {flag}")
        }
        _ => anyhow!("cannot listen on {address} ({flag}): {error}"),
    })?;
    listener.set_nonblocking(true).with_context(|| format!("preparing {address}"))?;
    Ok(listener)
}

impl Listening {
    /// Starts serving what `switch` holds, over TLS where the door says so.
    pub fn start(
        listener: std::net::TcpListener,
        door: Arc<Door>,
        switch: Switch,
        limits: Limits,
    ) -> anyhow::Result<Listening> {
        let listener = TcpListener::from_std(listener).context("registering the listener")?;
        let address = listener.local_addr().context("reading the listener's address")?;
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, door, switch, limits, stopped));
        Ok(Listening { address, stop, accepting })
    }

    /// Stops accepting, lets requests under way finish, and gives up on those that take longer than `patience`.
    pub async fn stop(self, patience: Duration) {
        // Nobody listens to the channel once the accept loop has ended by itself; then there is nothing to stop.
        let _ = self.stop.send(true);
        if tokio::time::timeout(patience, self.accepting).await.is_err() {
            tracing::warn!(address = %self.address, "gave up on requests that were still running");
        }
    }
}

async fn accept(
    listener: TcpListener,
    door: Arc<Door>,
    switch: Switch,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) {
    let slots = Arc::new(Semaphore::new(limits.connections_max));
    let connections = GracefulShutdown::new();
    loop {
        let slot = tokio::select! {
            slot = slots.clone().acquire_owned() => slot,
            _ = stopped.changed() => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: waiting lets others close.
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (door, switch, watcher) = (door.clone(), switch.clone(), connections.watcher());
        tokio::spawn(async move {
            let _slot = slot;
            handle(stream, peer, door, switch, watcher).await;
        });
    }
    drop(listener);
    connections.shutdown().await;
}

async fn handle(stream: TcpStream, peer: SocketAddr, door: Arc<Door>, switch: Switch, watcher: Watcher) {
    // Small responses should not wait for more; where the option cannot be set they merely wait.
    let _ = stream.set_nodelay(true);
    let web = door.web();
    let Some(tls) = &web.tls else {
        return serve_connection(stream, peer, door, switch, watcher).await;
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok(stream)) => serve_connection(stream, peer, door, switch, watcher).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
    }
}

async fn serve_connection<S>(stream: S, peer: SocketAddr, door: Arc<Door>, switch: Switch, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .keep_alive_interval(Duration::from_secs(60));
    let builder = if door.web().http2 { builder } else { builder.http1_only() };
    let service = service_fn(move |mut request: Request<Incoming>| {
        door.strip_prefix(&mut request);
        TowerToHyperService::new(switch.current()).call(request)
    });
    let stream = TokioIo::new(Patient::new(stream, HANDSHAKE_TIMEOUT, UNREAD_TIMEOUT));
    let connection = builder.serve_connection_with_upgrades(stream, service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "connection ended early");
    }
}
