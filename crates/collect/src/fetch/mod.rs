//! An HTTP client for fetching the same page again and again: one kept connection, one lent buffer, every limit in its place.
//!
//! HTTP/1 is spoken by the task that waits for the answer (`http1.rs`); HTTP/2, which only comes after TLS, is hyper's.

mod buffers;
mod chunked;
mod connect;
mod credentials;
mod decode;
mod head;
mod http1;
mod proxy;
mod redirect;
mod response;
mod tls;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::config::{ConfigError, HttpClientConfig};
use crate::target::{Address, encode};
pub use buffers::limit_large_pages;
use connect::{Connection, Request};
use credentials::Token;
use proxy::Proxy;
pub use redirect::address_of;
pub(crate) use redirect::percent_decoded;
use redirect::{is_redirect, redirect_of};
pub use response::Answer;
use response::Response;
use tls::TlsSource;

/// How many redirects are followed.
pub const REDIRECTS_MAX: usize = 10;
/// How large a body may be where no smaller limit is configured.
pub const BODY_BYTES_MAX: u64 = 256 << 20;
/// How large the body of an answer may be that is no success: it is only for people to read.
const ERROR_BODY_BYTES_MAX: u64 = 64 << 10;
/// How large the answer to a form may be.
const FORM_ANSWER_BYTES_MAX: u64 = 1 << 20;
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
    /// The connection was closed before an answer came.
    #[error("HTTP: the connection was closed before an answer came")]
    Closed,
    /// The server answered, but not with success.
    #[error("server returned HTTP status {0}")]
    Status(StatusCode),
    /// Too many redirects, or one that leads nowhere.
    #[error("redirect: {0}")]
    Redirect(String),
    /// More bytes than the limit.
    #[error("body size limit exceeded: more than {0} bytes")]
    BodySize(u64),
    /// Other pages have the memory.
    #[error("pages that are being read fill the {0} bytes of memory there are for them")]
    Memory(u64),
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
        matches!(self, FetchError::Closed | FetchError::Http(_))
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

impl Ask {
    /// How large the body of a response may be.
    fn limit(&self, status: StatusCode) -> u64 {
        let body_bytes_max = if self.body_bytes_max == 0 { BODY_BYTES_MAX } else { self.body_bytes_max };
        if status == StatusCode::OK { body_bytes_max } else { body_bytes_max.min(ERROR_BODY_BYTES_MAX) }
    }
}

/// A client for one address.
pub struct Client {
    shared: Arc<Shared>,
    connections: Vec<(Address, Connection)>,
    token: Option<Token>,
}

impl Client {
    /// A client that is not connected yet.
    pub fn new(shared: Arc<Shared>) -> Client {
        Client { shared, connections: Vec::new(), token: None }
    }

    /// Closes the connections: what they still bring belongs to a request that was given up.
    pub fn disconnect(&mut self) {
        self.connections.clear();
    }

    /// Fetches `address`, following redirects.
    pub async fn fetch(&mut self, address: &Address, ask: &Ask) -> Result<Answer, FetchError> {
        let response = self.follow(address, ask).await?;
        match response.status {
            StatusCode::OK => Answer::new(response, ask.limit(StatusCode::OK)).await,
            status => Err(FetchError::Status(status)),
        }
    }

    /// Fetches `address` into `body`, following redirects. The body of an error status is there too, if it could be read.
    pub async fn get(
        &mut self,
        address: &Address,
        ask: &Ask,
        body: &mut Vec<u8>,
    ) -> Result<Answer, FetchError> {
        let response = self.follow(address, ask).await?;
        let status = response.status;
        let answer = Answer::new(response, ask.limit(status)).await;
        body.clear();
        body.extend_from_slice(answer.as_ref().map_or(&[], Answer::body));
        if status == StatusCode::OK { answer } else { Err(FetchError::Status(status)) }
    }

    /// The response to a request, or that to the last of its redirects.
    async fn follow(&mut self, address: &Address, ask: &Ask) -> Result<Response, FetchError> {
        let mut elsewhere: Option<Address> = None;
        for _ in 0..=REDIRECTS_MAX {
            let at = elsewhere.as_ref().unwrap_or(address);
            let own_host = at.scheme == address.scheme && at.host_port == address.host_port;
            let headers = self.headers(ask, own_host).await?;
            let request = Request { method: Method::GET, at, headers: &headers, payload: Bytes::new() };
            let response = self.send(&request, |status| ask.limit(status)).await?;
            if !is_redirect(response.status) || !self.shared.config.follow_redirects {
                return Ok(response);
            }
            elsewhere = Some(redirect_of(at, response.location.as_deref())?);
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
        request: &Request<'_>,
        limit: impl Fn(StatusCode) -> u64,
    ) -> Result<Response, FetchError> {
        let at = request.at;
        let kept = self.connections.iter_mut().find(|(origin, _)| same_origin(origin, at));
        if let Some((_, connection)) = kept.filter(|(_, connection)| connection.is_open()) {
            match connection.exchange(request, &limit).await {
                Err(error) if error.is_stale_connection() => {}
                response => return response,
            }
        }
        self.connections.retain(|(origin, _)| !same_origin(origin, at));
        let mut connection = connect::connect(at, &self.shared.tls, &self.shared.proxy).await?;
        let response = connection.exchange(request, &limit).await;
        if connection.is_open() {
            if self.connections.len() >= CONNECTIONS_MAX {
                self.connections.remove(0);
            }
            self.connections.push((at.clone(), connection));
        }
        response
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
    let request = Request { method: Method::POST, at: address, headers: &headers, payload };
    let response = client.send(&request, |_| FORM_ANSWER_BYTES_MAX).await?;
    let status = response.status;
    let answer = Answer::new(response, FORM_ANSWER_BYTES_MAX).await?;
    Ok((status, answer.body().to_vec()))
}
