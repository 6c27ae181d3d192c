//! Upgraded connections: how long a WebSocket is open, though neither the service nor the server tells the layer.
//!
//! hyper leaves the promise of a connection with a request that may be upgraded, and whoever takes the promise has the
//! connection. The layer takes it, and leaves another in its place: that of a small server of its own, which has read
//! a request already and answers it when hyper has kept its promise. Then the service gets a connection as it would have,
//! with a [`Session`] inside that ends with it. Bytes pass through without being copied.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::header::SEC_WEBSOCKET_VERSION;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use tokio::sync::oneshot;

use super::families::Session;
use crate::lock;

/// What the small server is asked.
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";

/// What an upgrade is for, as a label.
pub(super) fn kind(headers: &HeaderMap) -> &'static str {
    if headers.contains_key(SEC_WEBSOCKET_VERSION) { "websocket" } else { "upgrade" }
}

/// Whether hyper promised a connection.
pub(super) fn is_possible<B>(request: &Request<B>) -> bool {
    request.extensions().get::<OnUpgrade>().is_some()
}

/// A connection that may be upgraded once it is known what the service answers. Dropped, it will not be.
pub(super) struct Upgrade {
    is_connect: bool,
    accept: oneshot::Sender<()>,
}

impl Upgrade {
    /// This is what the service answers.
    pub(super) fn answered(self, status: StatusCode) {
        if status == StatusCode::SWITCHING_PROTOCOLS || (self.is_connect && status.is_success()) {
            // Whoever waits for it went away with the runtime.
            let _ = self.accept.send(());
        }
    }
}

/// Sees to it that `begin` is called when the connection of this request is upgraded, if it ever is, and that what it
/// returns lives as long as the connection. Changes nothing where that cannot be had.
pub(super) fn watch<B>(
    request: &mut Request<B>,
    begin: impl FnOnce() -> Option<Session> + Send + 'static,
) -> Option<Upgrade> {
    let runtime = tokio::runtime::Handle::try_current().ok()?;
    let promise = request.extensions().get::<OnUpgrade>()?.clone();
    let (accept, accepted) = oneshot::channel();
    let arriving = Arc::default();
    let stream = Stream::Expected { request: REQUEST, arriving: Arc::clone(&arriving) };
    let replaced = Arc::new(Mutex::new(None));
    let work = Mutex::new(Some((accepted, promise, begin)));
    let answer = service_fn({
        let replaced = replaced.clone();
        move |asked: Request<Incoming>| {
            *lock(&replaced) = Some(hyper::upgrade::on(asked));
            let (work, arriving) = (lock(&work).take(), Arc::clone(&arriving));
            async move {
                let (accepted, promise, begin) = work.ok_or_else(|| io::Error::other("asked twice"))?;
                // hyper keeps its promise whatever the answer was, and to whom it was refused it has just ended.
                accepted.await.map_err(io::Error::other)?;
                let upgraded = promise.await.map_err(io::Error::other)?;
                *lock(&arriving) = Some(Open { upgraded, _session: begin() });
                let mut response = Response::new(String::new());
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                Ok::<_, io::Error>(response)
            }
        }
    });
    let mut server = Box::pin(http1::Builder::new().serve_connection(stream, answer).with_upgrades());
    // The request is there already, so that it is read now. Nobody has to be woken: the task below asks again.
    let mut task = Context::from_waker(std::task::Waker::noop());
    let _ = server.as_mut().poll(&mut task);
    let replaced = lock(&replaced).take()?;
    request.extensions_mut().insert(replaced);
    // When there is no upgrade the server fails, and whoever waits for the connection is told so.
    runtime.spawn(async move { server.await.ok() });
    Some(Upgrade { is_connect: request.method() == Method::CONNECT, accept })
}

/// What the small server reads from and writes to.
enum Stream {
    /// It is to read what is left of a request, and its answer is for nobody.
    Expected { request: &'static [u8], arriving: Arc<Mutex<Option<Open>>> },
    /// It has answered, and this is the upgraded connection.
    Open(Open),
}

/// A connection that was upgraded.
struct Open {
    upgraded: Upgraded,
    _session: Option<Session>,
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Stream::Expected { request: [], .. } => Poll::Pending,
            Stream::Expected { request, .. } => {
                let (now, later) = request.split_at(buffer.remaining().min(request.len()));
                buffer.put_slice(now);
                *request = later;
                Poll::Ready(Ok(()))
            }
            Stream::Open(open) => Pin::new(&mut open.upgraded).poll_read(task, buffer),
        }
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut *self {
            Stream::Expected { arriving, .. } => {
                // The head is written at once, and nothing but a head is written before the upgrade.
                let arrived = lock(arriving).take();
                if let Some(open) = arrived.filter(|_| bytes.ends_with(b"\r\n\r\n")) {
                    *self = Stream::Open(open);
                }
                Poll::Ready(Ok(bytes.len()))
            }
            Stream::Open(open) => Pin::new(&mut open.upgraded).poll_write(task, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Stream::Expected { .. } => Poll::Ready(Ok(())),
            Stream::Open(open) => Pin::new(&mut open.upgraded).poll_flush(task),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Stream::Expected { .. } => Poll::Ready(Ok(())),
            Stream::Open(open) => Pin::new(&mut open.upgraded).poll_shutdown(task),
        }
    }

    fn is_write_vectored(&self) -> bool {
        matches!(self, Stream::Open(open) if open.upgraded.is_write_vectored())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Stream::Expected { .. } => {
                let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
                self.poll_write(task, first)
            }
            Stream::Open(open) => Pin::new(&mut open.upgraded).poll_write_vectored(task, slices),
        }
    }
}
