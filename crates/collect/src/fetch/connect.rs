//! A connection: TCP or unix socket, through a proxy or not, in TLS or not, speaking HTTP/1 or HTTP/2.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::proxy::{Proxy, ProxyServer};
use super::tls::TlsSource;
use super::{FetchError, with_causes};
use crate::target::Address;

/// How long the head of a proxy's answer may be.
const PROXY_HEAD_BYTES_MAX: usize = 16 << 10;

/// Whatever bytes go over: a socket, or TLS over one.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An open connection and, for HTTP/1, the future that moves its bytes.
pub(super) struct Connection {
    sender: Sender,
    driver: Option<Driver>,
    /// Set where requests go to a plain HTTP proxy, which wants to be told the whole URL.
    forward: Option<ProxyServer>,
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Connection {
    pub(super) fn is_open(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender) => self.driver.is_some() && !sender.is_closed(),
            Sender::Http2(sender) => !sender.is_closed(),
        }
    }

    pub(super) fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }

    pub(super) fn wants_full_uri(&self) -> bool {
        self.is_http2() || self.forward.is_some()
    }

    pub(super) fn proxy_authorization(&self) -> Option<&HeaderValue> {
        self.forward.as_ref().and_then(|proxy| proxy.authorization.as_ref())
    }

    /// Sends a request and waits for the head of the answer.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, FetchError> {
        let answer = match &mut self.sender {
            Sender::Http1(sender) => {
                let answer = async {
                    sender.ready().await?;
                    sender.send_request(request).await
                };
                drive(&mut self.driver, answer).await
            }
            Sender::Http2(sender) => match sender.ready().await {
                Ok(()) => sender.send_request(request).await,
                Err(error) => Err(error),
            },
        };
        answer.map_err(|error| FetchError::Http(with_causes(&error)))
    }

    /// Moves the connection's bytes while `work` waits for them.
    pub(super) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        drive(&mut self.driver, work).await
    }
}

async fn drive<T>(driver: &mut Option<Driver>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        let Some(running) = driver else { return Poll::Pending };
        if running.as_mut().poll(context).is_ready() {
            *driver = None;
        }
        // What the driver just did may be what the work waits for; asking now saves a turn of the scheduler.
        work.as_mut().poll(context)
    })
    .await
}

/// Connects to `address`.
pub(super) async fn connect(
    address: &Address,
    tls: &TlsSource,
    proxy: &Proxy,
) -> Result<Connection, FetchError> {
    let is_https = address.scheme == "https";
    let (host, port) = address.host_and_port();
    let proxy = match &address.unix_socket {
        Some(_) => None,
        None => proxy.server_for(is_https, &host, port)?,
    };
    let stream: Box<dyn Stream> = match (&address.unix_socket, &proxy) {
        (Some(path), _) => {
            let stream = UnixStream::connect(path).await;
            Box::new(stream.map_err(|error| FetchError::Connect(path.clone(), error))?)
        }
        (None, Some(server)) => proxy_stream(server, is_https.then_some((host.as_str(), port)), tls).await?,
        (None, None) => Box::new(tcp(&host, port).await?),
    };
    let forward = proxy.filter(|_| !is_https);
    if !is_https {
        return handshake_http1(stream, forward).await;
    }
    let (stream, is_http2) = tls.wrap(&host, stream).await?;
    if is_http2 {
        handshake_http2(Box::new(stream)).await
    } else {
        handshake_http1(Box::new(stream), None).await
    }
}

async fn tcp(host: &str, port: u16) -> Result<TcpStream, FetchError> {
    let name = format!("{host}:{port}");
    let addresses: Vec<_> = match host.parse::<std::net::IpAddr>() {
        Ok(ip) => vec![(ip, port).into()],
        Err(_) => tokio::net::lookup_host((host, port))
            .await
            .map_err(|error| FetchError::Resolve(host.to_owned(), error))?
            .collect(),
    };
    let mut last = std::io::Error::other("the name has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // A request is one small packet; waiting to fill it would only add latency.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(FetchError::Connect(name, last))
}

/// Connects to a proxy and, where `tunnel` names a host, asks it for a tunnel there.
async fn proxy_stream(
    server: &ProxyServer,
    tunnel: Option<(&str, u16)>,
    tls: &TlsSource,
) -> Result<Box<dyn Stream>, FetchError> {
    let tcp = tcp(&server.host, server.port).await?;
    let mut stream: Box<dyn Stream> = match server.is_https {
        true => Box::new(tls.wrap_http1(&server.host, Box::new(tcp)).await?),
        false => Box::new(tcp),
    };
    let Some((host, port)) = tunnel else { return Ok(stream) };
    let failed = |message: String| FetchError::Proxy(format!("{}:{}", server.host, server.port), message);
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let mut head = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    for (name, value) in server.connect_headers() {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await.map_err(|error| failed(error.to_string()))?;
    let mut answer = Vec::with_capacity(256);
    while !answer.ends_with(b"\r\n\r\n") {
        // Byte by byte, because what follows the head belongs to the tunnel.
        let byte = stream.read_u8().await.map_err(|error| failed(error.to_string()))?;
        answer.push(byte);
        if answer.len() > PROXY_HEAD_BYTES_MAX {
            return Err(failed("the answer to CONNECT does not end".to_owned()));
        }
    }
    let status = String::from_utf8_lossy(&answer);
    let status = status.lines().next().unwrap_or("");
    if status.split(' ').nth(1).is_some_and(|code| code.starts_with('2')) {
        return Ok(stream);
    }
    Err(failed(format!("refused the tunnel: {status}")))
}

async fn handshake_http1(
    stream: Box<dyn Stream>,
    forward: Option<ProxyServer>,
) -> Result<Connection, FetchError> {
    let (sender, connection) = http1::Builder::new()
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| FetchError::Http(with_causes(&error)))?;
    // What went wrong is told to whoever waits for the answer.
    let driver: Driver = Box::pin(async move { drop(connection.await) });
    Ok(Connection { sender: Sender::Http1(sender), driver: Some(driver), forward })
}

async fn handshake_http2(stream: Box<dyn Stream>) -> Result<Connection, FetchError> {
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| FetchError::Http(with_causes(&error)))?;
    // HTTP/2 has pings and windows to tend to between requests, so it runs by itself until the sender is dropped.
    tokio::spawn(async move { drop(connection.await) });
    Ok(Connection { sender: Sender::Http2(sender), driver: None, forward: None })
}
