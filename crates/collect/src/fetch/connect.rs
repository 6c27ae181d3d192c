//! A connection: TCP or unix socket, through a proxy or not, in TLS or not, speaking HTTP/1 or HTTP/2.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::buffers::Buffer;
use super::http1::Http1;
use super::proxy::{Proxy, ProxyServer};
use super::response::{Body, Response};
use super::tls::TlsSource;
use super::{FetchError, with_causes};
use crate::target::Address;

/// How long the head of a proxy's answer may be.
const PROXY_HEAD_BYTES_MAX: usize = 16 << 10;

/// Whatever bytes go over: a socket, or TLS over one.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection.
pub(super) struct Connection {
    protocol: Protocol,
    /// Set where requests go to a plain HTTP proxy, which wants to be told the whole URL.
    forward: Option<ProxyServer>,
}

enum Protocol {
    Http1(Http1),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// What goes over a connection.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) at: &'a Address,
    pub(super) headers: &'a HeaderMap,
    pub(super) payload: Bytes,
}

impl Connection {
    /// Whether it can be used again, as far as this side knows.
    pub(super) fn is_open(&self) -> bool {
        match &self.protocol {
            Protocol::Http1(connection) => connection.is_usable(),
            Protocol::Http2(sender) => !sender.is_closed(),
        }
    }

    /// Sends a request and reads the response. `limit` says how long the body of a response may be.
    pub(super) async fn exchange(
        &mut self,
        request: &Request<'_>,
        limit: impl Fn(StatusCode) -> u64,
    ) -> Result<Response, FetchError> {
        match &mut self.protocol {
            Protocol::Http1(connection) => {
                connection.exchange(&request.bytes(self.forward.as_ref())?, limit).await
            }
            Protocol::Http2(sender) => exchange_http2(sender, request, limit).await,
        }
    }
}

impl Request<'_> {
    /// The request as HTTP/1 writes it.
    fn bytes(&self, forward: Option<&ProxyServer>) -> Result<Vec<u8>, FetchError> {
        let mut bytes = Vec::with_capacity(640);
        let mut push = |parts: &[&[u8]]| parts.iter().for_each(|part| bytes.extend_from_slice(part));
        let whole = forward.map(|_| self.at.uri());
        let target = whole.as_deref().unwrap_or(&self.at.path_and_query);
        // Both were read as parts of a URL; nothing that could end the line may come here some other way.
        if [target, self.at.host_port.as_str()]
            .iter()
            .any(|text| text.bytes().any(|byte| byte <= b' ' || byte == 0x7f))
        {
            return Err(FetchError::Address(self.at.uri(), "it contains a blank".to_owned()));
        }
        push(&[self.method.as_str().as_bytes(), b" ", target.as_bytes(), b" HTTP/1.1\r\nHost: "]);
        push(&[self.at.host_port.as_bytes(), b"\r\n"]);
        for (name, value) in self.headers {
            push(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
        }
        if let Some(authorization) = forward.and_then(|proxy| proxy.authorization.as_ref()) {
            push(&[b"Proxy-Authorization: ", authorization.as_bytes(), b"\r\n"]);
        }
        if !self.payload.is_empty() {
            push(&[b"Content-Length: ", self.payload.len().to_string().as_bytes(), b"\r\n"]);
        }
        push(&[b"\r\n", &self.payload]);
        Ok(bytes)
    }
}

async fn exchange_http2(
    sender: &mut http2::SendRequest<Full<Bytes>>,
    request: &Request<'_>,
    limit: impl Fn(StatusCode) -> u64,
) -> Result<Response, FetchError> {
    let uri = request.at.uri();
    let uri: Uri = uri.parse().map_err(|error| FetchError::Address(uri.clone(), format!("{error}")))?;
    let mut sent = http::Request::new(Full::new(request.payload.clone()));
    *sent.method_mut() = request.method.clone();
    *sent.uri_mut() = uri;
    *sent.headers_mut() = request.headers.clone();
    let failed = |error: hyper::Error| FetchError::Http(with_causes(&error));
    sender.ready().await.map_err(failed)?;
    let (head, mut incoming) = sender.send_request(sent).await.map_err(failed)?.into_parts();
    let body_bytes_max = limit(head.status);
    let mut buffer = Buffer::lend();
    let mut outcome = Ok(());
    while let Some(frame) = incoming.frame().await {
        let Ok(frame) = frame.map_err(|error| outcome = Err(failed(error))) else { break };
        let data = frame.data_ref().map_or(&[][..], |data| data);
        if (buffer.len() + data.len()) as u64 > body_bytes_max {
            outcome = Err(FetchError::BodySize(body_bytes_max));
            break;
        }
        if let Err(error) = buffer.grow(data.len()) {
            outcome = Err(error);
            break;
        }
        buffer.extend_from_slice(data);
    }
    let text =
        |name| head.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let range = 0..buffer.len();
    Ok(Response {
        status: head.status,
        content_type: text(CONTENT_TYPE),
        content_encoding: text(CONTENT_ENCODING)
            .map(|encoding| encoding.to_ascii_lowercase())
            .filter(|encoding| !encoding.is_empty() && encoding != "identity"),
        location: text(LOCATION),
        body: outcome.map(|()| Body { buffer, range }),
    })
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
        return Ok(over_http1(stream, forward));
    }
    let (stream, is_http2) = tls.wrap(&host, stream).await?;
    if is_http2 { over_http2(Box::new(stream)).await } else { Ok(over_http1(Box::new(stream), None)) }
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

fn over_http1(stream: Box<dyn Stream>, forward: Option<ProxyServer>) -> Connection {
    Connection { protocol: Protocol::Http1(Http1::new(stream)), forward }
}

async fn over_http2(stream: Box<dyn Stream>) -> Result<Connection, FetchError> {
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| FetchError::Http(with_causes(&error)))?;
    // HTTP/2 has pings and windows to tend to between requests, so it runs by itself until the sender is dropped.
    tokio::spawn(async move { drop(connection.await) });
    Ok(Connection { protocol: Protocol::Http2(sender), forward: None })
}
