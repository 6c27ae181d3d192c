//! An HTTP client for fetching the same page again and again: one kept connection, one reused buffer, every limit in its place.
//!
//! The connection is driven by the task that waits for the answer, so that an HTTP/1 fetch neither wakes another
//! task nor crosses a thread.

mod connect;
mod credentials;
mod decode;
mod proxy;
mod tls;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, LOCATION, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use crate::config::{ConfigError, HttpClientConfig};
use crate::target::{Address, encode};
use connect::Connection;
use credentials::Token;
use proxy::Proxy;
use tls::TlsSource;

/// How many redirects are followed.
pub const REDIRECTS_MAX: usize = 10;
/// How large a body may be where no smaller limit is configured.
pub const BODY_BYTES_MAX: u64 = 1 << 30;
/// How many connections are kept: one for the address and one for where it redirects to.
const CONNECTIONS_MAX: usize = 2;

/// Why a page could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is not one.
    #[error("invalid address {0}: {1}")]
    Address(String, String),
    /// Nobody answers there.
    #[error("cannot connect to {0}: {1}")]
    Connect(String, std::io::Error),
    /// The name is unknown.
    #[error("cannot look up {0}: {1}")]
    Resolve(String, std::io::Error),
    /// Certificates or keys cannot be used.
    #[error("TLS: {0}")]
    Tls(String),
    /// A file with credentials cannot be read.
    #[error("cannot read credentials from {0}: {1}")]
    Credentials(String, String),
    /// The token server gives no token.
    #[error("oauth2: cannot fetch token from {0}: {1}")]
    Token(String, String),
    /// The proxy refuses.
    #[error("proxy {0}: {1}")]
    Proxy(String, String),
    /// The connection broke, or what came is not HTTP.
    #[error("HTTP: {0}")]
    Http(String),
    /// The server answered, but not with success.
    #[error("server returned HTTP status {0}")]
    Status(StatusCode),
    /// Too many redirects, or one that leads nowhere.
    #[error("redirect: {0}")]
    Redirect(String),
    /// More bytes than the limit.
    #[error("body size limit exceeded: more than {0} bytes")]
    BodySize(u64),
    /// The body is not what its `Content-Encoding` says.
    #[error("cannot decompress body: {0}")]
    Decode(String),
    /// It took too long.
    #[error("context deadline exceeded: no complete answer within {0}")]
    Timeout(crate::config::Span),
}

impl FetchError {
    /// Whether trying again on a new connection makes sense: the kept one may have been closed meanwhile.
    fn is_stale_connection(&self) -> bool {
        matches!(self, FetchError::Http(_))
    }
}

/// What the clients of one section share: settings, certificates, the proxy.
pub struct Shared {
    config: HttpClientConfig,
    tls: TlsSource,
    proxy: Proxy,
}

impl Shared {
    /// Prepares what `config` asks for. Files are read when they are needed, and again when they change.
    pub fn new(config: &HttpClientConfig) -> Result<Arc<Shared>, ConfigError> {
        Ok(Arc::new(Shared {
            config: config.clone(),
            tls: TlsSource::new(config.tls.clone(), config.enable_http2),
            proxy: Proxy::new(&config.proxy)?,
        }))
    }
}

/// What to ask for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The `Accept` header.
    pub accept: HeaderValue,
    /// Whether a compressed answer is asked for.
    pub compression: bool,
    /// Headers of this request alone.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How large the body may be, uncompressed; 0 for [`BODY_BYTES_MAX`].
    pub body_bytes_max: u64,
}

/// What came back; the body is in the buffer that was given.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The headers.
    pub headers: HeaderMap,
    /// How many bytes came over the wire.
    pub body_bytes_received: u64,
}

impl Answer {
    /// The `Content-Type`, as text.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
    }
}

/// A client for one address.
pub struct Client {
    shared: Arc<Shared>,
    connections: Vec<(Address, Connection)>,
    token: Option<Token>,
    compressed: Vec<u8>,
}

impl Client {
    /// A client that is not connected yet.
    pub fn new(shared: Arc<Shared>) -> Client {
        Client { shared, connections: Vec::new(), token: None, compressed: Vec::new() }
    }

    /// Closes the connections: what they still bring belongs to a request that was given up.
    pub fn disconnect(&mut self) {
        self.connections.clear();
    }

    /// Fetches `address` into `body`, following redirects. The body of an error status is there too, if it could be read.
    pub async fn get(
        &mut self,
        address: &Address,
        ask: &Ask,
        body: &mut Vec<u8>,
    ) -> Result<Answer, FetchError> {
        let mut at = address.clone();
        for _ in 0..=REDIRECTS_MAX {
            let own_host = at.scheme == address.scheme && at.host_port == address.host_port;
            let headers = self.headers(ask, own_host).await?;
            let response = self.send(&at, Method::GET, headers, Bytes::new()).await?;
            match response.status() {
                StatusCode::OK => return self.receive(&at, response, ask, body).await,
                status if is_redirect(status) && self.shared.config.follow_redirects => {
                    at = redirect_of(&at, &response)?;
                }
                status => {
                    // What the server has to say is for whoever wants to show it, and leaves the connection usable.
                    let _ = self.receive(&at, response, ask, body).await;
                    return Err(FetchError::Status(status));
                }
            }
        }
        Err(FetchError::Redirect(format!("stopped after {REDIRECTS_MAX}")))
    }

    /// The headers of a request. Credentials and configured headers go to the configured host and nowhere else.
    async fn headers(&mut self, ask: &Ask, own_host: bool) -> Result<HeaderMap, FetchError> {
        static AGENT: HeaderValue =
            HeaderValue::from_static(concat!("Flightdeck/", env!("CARGO_PKG_VERSION")));
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(USER_AGENT, AGENT.clone());
        headers.insert(ACCEPT, ask.accept.clone());
        let encodings = if ask.compression { "zstd,gzip" } else { "identity" };
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encodings));
        headers.extend(
            ask.headers
                .iter()
                .map(|(name, value)| (Some(name.clone()), value.clone()))
                .map(|(name, value)| (name.unwrap_or(ACCEPT), value)),
        );
        if own_host {
            credentials::add_configured(&self.shared.config, &mut headers).await?;
            if let Some(oauth2) = &self.shared.config.oauth2 {
                let token = credentials::token(oauth2, &mut self.token).await?;
                headers.insert(AUTHORIZATION, token);
            }
        }
        Ok(headers)
    }

    /// Sends a request over a kept connection, or over a new one where there is none or it turns out to be closed.
    async fn send(
        &mut self,
        at: &Address,
        method: Method,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<Response<Incoming>, FetchError> {
        let kept = self
            .connections
            .iter()
            .position(|(origin, connection)| same_origin(origin, at) && connection.is_open());
        if let Some(index) = kept {
            let request = self.request(at, &self.connections[index].1, &method, &headers, &payload)?;
            match self.connections[index].1.send(request).await {
                Err(error) if error.is_stale_connection() => drop(self.connections.remove(index)),
                answer => return answer,
            }
        }
        self.connections.retain(|(origin, _)| !same_origin(origin, at));
        let connection = connect::connect(at, &self.shared.tls, &self.shared.proxy).await?;
        if self.connections.len() >= CONNECTIONS_MAX {
            self.connections.remove(0);
        }
        let request = self.request(at, &connection, &method, &headers, &payload)?;
        self.connections.push((at.clone(), connection));
        let (_, connection) = self.connections.last_mut().expect("a connection was just pushed");
        connection.send(request).await
    }

    fn request(
        &self,
        at: &Address,
        connection: &Connection,
        method: &Method,
        headers: &HeaderMap,
        payload: &Bytes,
    ) -> Result<Request<Full<Bytes>>, FetchError> {
        let invalid = |error: &dyn std::fmt::Display| FetchError::Address(at.uri(), error.to_string());
        let uri = if connection.wants_full_uri() { at.uri() } else { at.path_and_query.clone() };
        let uri: Uri = uri.parse().map_err(|error| invalid(&error))?;
        let mut request = Request::new(Full::new(payload.clone()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers.clone();
        if !connection.is_http2() {
            let host = HeaderValue::from_str(&at.host_port).map_err(|error| invalid(&error))?;
            request.headers_mut().insert(HOST, host);
        }
        if let Some(authorization) = connection.proxy_authorization() {
            request.headers_mut().insert(http::header::PROXY_AUTHORIZATION, authorization.clone());
        }
        Ok(request)
    }

    /// Reads the body into `body`, uncompressed and within the limit.
    async fn receive(
        &mut self,
        at: &Address,
        response: Response<Incoming>,
        ask: &Ask,
        body: &mut Vec<u8>,
    ) -> Result<Answer, FetchError> {
        let (parts, mut incoming) = response.into_parts();
        let body_bytes_max = if ask.body_bytes_max == 0 { BODY_BYTES_MAX } else { ask.body_bytes_max };
        let encoding = parts.headers.get(CONTENT_ENCODING).map(|value| value.as_bytes().to_vec());
        let encoding = encoding.filter(|encoding| !encoding.is_empty() && encoding != b"identity");
        let raw = if encoding.is_some() { &mut self.compressed } else { &mut *body };
        raw.clear();
        let connection = self.connections.iter_mut().find(|(origin, _)| same_origin(origin, at));
        let (_, connection) = connection.expect("the answer came over a kept connection");
        while let Some(frame) = connection.drive(incoming.frame()).await {
            let frame = frame.map_err(|error| FetchError::Http(with_causes(&error)))?;
            if let Some(data) = frame.data_ref() {
                if (raw.len() + data.len()) as u64 > body_bytes_max {
                    let at = at.clone();
                    self.connections.retain(|(origin, _)| !same_origin(origin, &at));
                    return Err(FetchError::BodySize(body_bytes_max));
                }
                raw.extend_from_slice(data);
            }
        }
        let body_bytes_received = raw.len() as u64;
        if let Some(encoding) = encoding {
            decode::decode(&encoding, &self.compressed, body_bytes_max, body)?;
        }
        Ok(Answer { headers: parts.headers, body_bytes_received })
    }
}

/// An error with what caused it: hyper keeps the interesting half in the source.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn same_origin(a: &Address, b: &Address) -> bool {
    a.scheme == b.scheme && a.host_port == b.host_port && a.unix_socket == b.unix_socket
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads: an absolute URL, another path on the same host, or a path relative to the last one.
fn redirect_of(at: &Address, response: &Response<Incoming>) -> Result<Address, FetchError> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| FetchError::Redirect("without a Location".to_owned()))?;
    resolve_location(at, location)
        .ok_or_else(|| FetchError::Redirect(format!("to {location:?}, which is not an HTTP address")))
}

fn resolve_location(at: &Address, location: &str) -> Option<Address> {
    let location = location.split('#').next().unwrap_or("");
    if let Some(rest) = location.strip_prefix("//") {
        return resolve_location(at, &format!("{}://{rest}", at.scheme));
    }
    if location.contains("://") {
        let uri: Uri = location.parse().ok()?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?.to_owned();
        // User information in a redirect is nothing this client would send.
        let authority = uri.authority()?.as_str();
        let host_port = authority.rsplit('@').next().unwrap_or(authority).to_owned();
        let path_and_query = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let same_host = scheme == at.scheme && host_port == at.host_port;
        let unix_socket = at.unix_socket.clone().filter(|_| same_host);
        return Some(Address { scheme, host_port, path_and_query, unix_socket });
    }
    let path_and_query = match location.as_bytes().first() {
        Some(b'/') => location.to_owned(),
        Some(b'?') => format!("{}{location}", at.path_and_query.split('?').next().unwrap_or("/")),
        _ => {
            let path = at.path_and_query.split('?').next().unwrap_or("/");
            let directory = path.rfind('/').map_or("/", |slash| &path[..=slash]);
            format!("{directory}{location}")
        }
    };
    Some(Address { path_and_query, ..at.clone() })
}

/// Splits a URL of a configuration file into an address.
pub fn address_of(url: &str) -> Result<Address, FetchError> {
    let uri: Uri = url
        .parse()
        .map_err(|error: http::uri::InvalidUri| FetchError::Address(url.to_owned(), error.to_string()))?;
    let scheme = uri.scheme_str().unwrap_or("http").to_owned();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host_port = authority.rsplit('@').next().unwrap_or(authority).to_owned();
    let path_and_query = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    Ok(Address { scheme, host_port, path_and_query, unix_socket: None })
}

/// Posts a form and reads a small answer; for token servers.
async fn post_form(
    client: &mut Client,
    address: &Address,
    authorization: Option<HeaderValue>,
    form: &[(&str, &str)],
) -> Result<(StatusCode, Vec<u8>), FetchError> {
    let encoded: Vec<String> =
        form.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let payload = Bytes::from(encoded.join("&"));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(authorization) = authorization {
        headers.insert(AUTHORIZATION, authorization);
    }
    let response = client.send(address, Method::POST, headers, payload).await?;
    let status = response.status();
    let ask = Ask {
        accept: HeaderValue::from_static("*/*"),
        compression: false,
        headers: vec![],
        body_bytes_max: 1 << 20,
    };
    let mut body = Vec::new();
    client.receive(address, response, &ask, &mut body).await?;
    Ok((status, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_resolved_against_the_last_address() {
        let at = address_of("http://a:1/x/y?z=1").unwrap();
        let check = |location: &str, want: Option<&str>| {
            assert_eq!(resolve_location(&at, location).map(|to| to.uri()).as_deref(), want, "{location}");
        };
        check("/m", Some("http://a:1/m"));
        check("m?q", Some("http://a:1/x/m?q"));
        check("?q=2", Some("http://a:1/x/y?q=2"));
        check("https://user:pw@b/m#f", Some("https://b/m"));
        check("//b:2/m", Some("http://b:2/m"));
        check("ftp://b/m", None);
        check("http://", None);
    }
}
