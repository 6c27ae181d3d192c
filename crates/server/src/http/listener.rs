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
use super::idle::Activity;
use super::lenient::Lenient;
use super::patience::Patient;
use super::switch::Switch;
use super::unread::Unread;

/// How long a peer may take to complete the TLS handshake or the head of a request.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How many bytes the head of a request may take.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How many requests one HTTP/2 connection carries at once.
const HTTP2_STREAMS_MAX: u32 = 100;

/// What bounds a listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many connections are open at once; further ones wait in the kernel's queue.
    pub connections_max: usize,
    /// How long a peer may leave an answer unread before its connection is given up.
    pub unread_timeout: Duration,
    /// How long a connection may be open without a request.
    pub idle_timeout: Duration,
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
        let serving = Serving { peer, door, switch, watcher, limits };
        tokio::spawn(async move {
            let _slot = slot;
            serving.handle(stream).await;
        });
    }
    drop(listener);
    connections.shutdown().await;
}

/// One connection, and what it is served with.
struct Serving {
    peer: SocketAddr,
    door: Arc<Door>,
    switch: Switch,
    watcher: Watcher,
    limits: Limits,
}

impl Serving {
    async fn handle(self, stream: TcpStream) {
        // Small responses should not wait for more; where the option cannot be set they merely wait.
        let _ = stream.set_nodelay(true);
        let web = self.door.web();
        let Some(tls) = &web.tls else {
            return self.serve(stream).await;
        };
        let peer = self.peer;
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        }
    }

    async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Serving { peer, door, switch, watcher, limits } = self;
        let builder = builder();
        let builder = if door.web().http2 { builder } else { builder.http1_only() };
        let (unread, activity) = (Arc::new(Unread::default()), Activity::new());
        let (watching, active) = (unread.clone(), activity.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            door.strip_prefix(&mut request);
            let answered = TowerToHyperService::new(switch.current()).call(request);
            let (unread, busy) = (watching.clone(), active.begin());
            async move { answered.await.map(|response| response.map(|body| unread.watch(body, busy))) }
        });
        let stream = Patient::new(Lenient::new(stream), HANDSHAKE_TIMEOUT, limits.unread_timeout);
        let stream = TokioIo::new(stream);
        let connection = builder.serve_connection_with_upgrades(stream, service).into_owned();
        let ended = tokio::select! {
            ended = watcher.watch(connection) => ended,
            () = activity.idle(limits.idle_timeout) => return,
            () = unread.too_long(limits.unread_timeout) => {
                tracing::debug!(%peer, "gave up on a connection that leaves an answer unread");
                return;
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "connection ended early");
        }
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
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
    builder
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http_body_util::{BodyExt, Empty};
    use hyper::body::{Body as HttpBody, Bytes, Frame};

    use super::*;

    /// So many pieces, and what is held until they are out.
    struct Large {
        left: u32,
        _held: Arc<()>,
    }

    impl HttpBody for Large {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
            self.left = left;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![0; PIECE_BYTES])))))
        }
    }

    const PIECES: u32 = 1_000;
    const PIECE_BYTES: usize = 64 << 10;

    #[tokio::test]
    async fn a_reader_of_http2_that_allows_no_next_byte_is_given_up() {
        let held = Arc::new(());
        let handed = held.clone();
        let router = Router::new()
            .route("/", get(async move || Body::new(Large { left: PIECES, _held: handed.clone() })));
        let door = Door::open(None, String::new()).expect("opens");
        let timeouts = (Duration::from_millis(200), Duration::from_secs(60));
        let limits = Limits { connections_max: 8, unread_timeout: timeouts.0, idle_timeout: timeouts.1 };
        let listener = bind("127.0.0.1:0".parse().expect("an address"), "--listen").expect("binds");
        let listening = Listening::start(listener, door, Switch::new(router), limits).expect("starts");

        let ask = async || {
            let stream = TcpStream::connect(listening.address).await.expect("connects");
            let io = TokioIo::new(stream);
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.expect("shakes hands");
            tokio::spawn(connection);
            let request = Request::get(format!("http://{}/", listening.address)).body(Empty::<Bytes>::new());
            (sender.send_request(request.expect("a request")).await.expect("is answered"), sender)
        };
        let (read, _sender) = ask().await;
        let whole = read.into_body().collect().await.expect("who reads gets all").to_bytes();
        assert_eq!(whole.len(), PIECES as usize * PIECE_BYTES);
        let (unread, _other_sender) = ask().await;
        assert_eq!(Arc::strong_count(&held), 3, "the answer is being held");
        let freed = async {
            while Arc::strong_count(&held) > 2 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), freed)
            .await
            .expect("what the answer held is free again");
        assert!(unread.into_body().collect().await.is_err(), "nobody takes a part for the whole");
    }
}
